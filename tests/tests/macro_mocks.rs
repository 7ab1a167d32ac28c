//! `mockall` and `trait_variant` beside `#[threadsafe]`, in the orders that the docs of `#[threadsafe]` name.

use bridge::{Handle, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;
use mockall::{automock, mock, predicate};

async fn tick() {
    tokio::task::yield_now().await;
}

mod of_an_impl {
    use super::*;

    pub(crate) struct Store;

    #[threadsafe]
    #[automock]
    #[allow(dead_code)]
    impl Store {
        pub(crate) async fn get(&self, key: u32) -> u32 {
            tick().await;
            key + 1
        }
    }

    #[test]
    fn automock_stands_below() {
        assert_eq!(Store.get_blocking(bridge::shared(), 1), 2);
        let mut mock = MockStore::new();
        mock.expect_get().with(predicate::eq(5)).returning(|_| 7);
        assert_eq!(bridge::shared().block_on(async { mock.get(5).await }).unwrap(), 7);
    }
}

mod of_a_trait {
    use super::*;

    #[threadsafe]
    pub(crate) trait Store {
        async fn get(&self, key: &str) -> Option<String>;

        async fn has(&self, key: &str) -> bool
        where
            Self: Sync,
        {
            self.get(key).await.is_some()
        }
    }

    mock! {
        pub(crate) Store {}
        impl Store for Store {
            async fn get(&self, key: &str) -> Option<String>;
        }
    }

    #[test]
    fn a_mock_beside_it_has_the_companions() {
        let mut mock = MockStore::new();
        mock.expect_get().with(predicate::eq("key")).times(2).returning(|_| Some(String::from("value")));
        assert_eq!(mock.get_blocking(bridge::shared(), "key").as_deref(), Some("value"));
        assert!(mock.has_blocking(bridge::shared(), "key"));
    }
}

mod of_an_async_trait {
    use async_trait::async_trait;

    use super::*;

    #[threadsafe]
    #[async_trait]
    pub(crate) trait Store {
        async fn get(&self, key: &str) -> Option<String>;
    }

    mock! {
        pub(crate) Store {}
        #[async_trait]
        impl Store for Store {
            async fn get(&self, key: &str) -> Option<String>;
        }
    }

    #[test]
    fn a_mock_beside_it_has_the_companions() {
        let mut mock = MockStore::new();
        mock.expect_get().returning(|_| None);
        let mock: &(dyn Store + Send + Sync) = &mock;
        assert_eq!(mock.get_blocking(bridge::shared(), "key"), None);
    }
}

mod variants {
    use super::*;

    #[threadsafe]
    #[trait_variant::make(Send)]
    pub(crate) trait Above {
        async fn get(&self) -> u32;
    }

    #[trait_variant::make(Send)]
    #[threadsafe]
    pub(crate) trait Below {
        async fn get(&self) -> u32;
    }

    #[threadsafe]
    #[trait_variant::make(Named: Send)]
    #[allow(dead_code)]
    pub(crate) trait Local {
        async fn get(&self) -> u32;
    }

    struct Seven;

    impl Above for Seven {
        async fn get(&self) -> u32 {
            tick().await;
            7
        }
    }

    impl Below for Seven {
        async fn get(&self) -> u32 {
            tick().await;
            8
        }
    }

    impl Named for Seven {
        async fn get(&self) -> u32 {
            tick().await;
            9
        }
    }

    fn handle() -> &'static Handle {
        bridge::shared()
    }

    #[test]
    fn of_a_trait_that_is_send_stand_above_or_below() {
        assert_eq!(Above::get_blocking(&Seven, handle()), 7);
        assert_eq!(Below::get_blocking(&Seven, handle()), 8);
    }

    #[test]
    fn of_another_name_stand_below() {
        assert_eq!(Named::get_blocking(&Seven, handle()), 9);
    }
}
