//! Macros that people write beside `#[threadsafe]`, in either order.

use std::fmt::Debug;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use async_recursion::async_recursion;
use async_trait::async_trait;
use bridge::{Handle, threadsafe};
use bridge_tests::handle;
use tracing::instrument;

async fn tick() {
    tokio::task::yield_now().await;
}

macro_rules! async_trait_tests {
    ($($module:ident: #[$first:meta] #[$second:meta];)*) => {$(
        mod $module {
            use super::*;

            #[$first]
            #[$second]
            pub(super) trait Store {
                type Id: Debug + Send;

                /// Gets.
                async fn get(&self, key: &str, other: &str) -> Option<String>;

                async fn set(&mut self, key: &str, value: String);

                async fn borrow<'a>(&'a self, key: &'a str, _other: &str) -> &'a str;

                async fn elided(&self, _other: &str) -> &str;

                async fn id(&self) -> Result<Self::Id, bridge::Error>;

                async fn counted(self: Arc<Self>) -> usize {
                    Arc::strong_count(&self)
                }

                async fn both(&self, key: &str, (a, mut b): (u64, u64)) -> Option<String> {
                    b += a;
                    let first = self.get(key, key).await?;
                    Some(format!("{first}{b}"))
                }

                async fn generic<T>(&self, value: T) -> T
                where
                    T: Send + 'static,
                    Self: Sized,
                {
                    tick().await;
                    value
                }

                async fn make() -> Self
                where
                    Self: Sized;

                fn plain(&self) -> u64 {
                    3
                }
            }

            struct Memory(String);

            #[async_trait]
            impl Store for Memory {
                type Id = u64;

                async fn get(&self, key: &str, other: &str) -> Option<String> {
                    tick().await;
                    (key == "a").then(|| format!("{}{other}", self.0))
                }

                async fn set(&mut self, _: &str, value: String) {
                    tick().await;
                    self.0 = value;
                }

                async fn borrow<'a>(&'a self, key: &'a str, _: &str) -> &'a str {
                    tick().await;
                    if key.is_empty() { &self.0 } else { key }
                }

                async fn elided(&self, _: &str) -> &str {
                    tick().await;
                    &self.0
                }

                async fn id(&self) -> Result<u64, bridge::Error> {
                    Ok(7)
                }

                async fn make() -> Self {
                    tick().await;
                    Memory("1".into())
                }
            }

            #[test]
            fn companions_through_dyn() {
                let mut store = Memory::make_blocking(&handle());
                {
                    let store: &mut dyn Store<Id = u64> = &mut store;
                    assert_eq!(store.get_blocking(&handle(), "a", "x").as_deref(), Some("1x"));
                    store.set_blocking(&handle(), "a", "2".into());
                    assert_eq!(store.borrow_blocking(&handle(), "", &String::from("gone")), "2");
                    assert_eq!(store.elided_blocking(&handle(), &String::from("gone")), "2");
                    assert_eq!(store.id_blocking(&handle()).unwrap(), 7);
                    assert_eq!(store.plain(), 3);
                }
                let store: Arc<dyn Store<Id = u64> + Send + Sync> = Arc::new(store);
                assert_eq!(store.both_blocking(&handle(), "a", (1, 2)).as_deref(), Some("2a3"));
                assert_eq!(store.counted_blocking(&handle()), 1);
                assert_eq!(Memory("x".into()).generic_blocking(&handle(), 7), 7);
            }
        }
    )*};
}

async_trait_tests! {
    threadsafe_first: #[threadsafe] #[async_trait];
    threadsafe_last: #[async_trait] #[threadsafe];
}

mod not_send {
    use super::*;

    #[threadsafe(local)]
    #[async_trait(?Send)]
    trait OursFirst {
        async fn get(&self) -> u64;
    }

    #[async_trait(?Send)]
    #[threadsafe(local)]
    trait OursLast {
        async fn get(&self) -> u64 {
            let shared = Rc::new(3);
            tick().await;
            *shared
        }
    }

    #[async_trait(?Send)]
    impl OursFirst for u64 {
        async fn get(&self) -> u64 {
            let shared = Rc::new(*self);
            tick().await;
            *shared
        }
    }

    impl OursLast for u64 {}

    #[test]
    fn local_companions() {
        let both: &(dyn OursFirst + Sync) = &4;
        assert_eq!(both.get_blocking(&handle()), 4);
        let both: &(dyn OursLast + Sync) = &4;
        assert_eq!(both.get_blocking(&handle()), 3);
    }
}

#[threadsafe]
#[async_recursion]
async fn threadsafe_first(depth: u64, text: &str) -> u64 {
    tick().await;
    if depth == 0 { text.len() as u64 } else { 1 + threadsafe_first(depth - 1, text).await }
}

#[async_recursion]
#[threadsafe]
async fn threadsafe_last(depth: u64, text: &str) -> u64 {
    tick().await;
    if depth == 0 { text.len() as u64 } else { 1 + threadsafe_last(depth - 1, text).await }
}

struct Tree(Vec<Tree>);

#[threadsafe]
impl Tree {
    #[async_recursion]
    async fn size(&self) -> usize {
        tick().await;
        let mut size = 1;
        for tree in &self.0 {
            size += tree.size().await;
        }
        size
    }

    #[async_recursion(?Send)]
    #[threadsafe(local)]
    async fn deepest<'a>(&'a self, by: &Mutex<usize>) -> &'a Tree {
        let shared = Rc::new(1);
        tick().await;
        *by.lock().unwrap() += *shared;
        match self.0.first() {
            Some(tree) => tree.deepest(by).await,
            None => self,
        }
    }
}

#[test]
fn async_recursion_beside_threadsafe() {
    assert_eq!(threadsafe_first_blocking(&handle(), 3, "text"), 7);
    assert_eq!(threadsafe_last_blocking(&handle(), 3, "text"), 7);
    let tree = Tree(vec![Tree(vec![]), Tree(vec![Tree(vec![])])]);
    assert_eq!(tree.size_blocking(&handle()), 4);
    let depth = Mutex::new(0);
    assert_eq!(tree.deepest_blocking(&handle(), &depth).0.len(), 0);
    assert_eq!(depth.into_inner().unwrap(), 2);
}

/// Notes which spans are entered.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Spans {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.0.lock().unwrap().push(span.metadata().name().to_owned());
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[threadsafe]
#[instrument]
async fn instrumented_first(number: u64) -> u64 {
    tick().await;
    number
}

#[instrument]
#[threadsafe]
async fn instrumented_last(number: u64) -> u64 {
    tick().await;
    number
}

#[threadsafe]
trait Instrumented: Sync {
    #[instrument(skip(self))]
    async fn in_trait(&self, number: u64, (a, _): (u64, u64)) -> u64 {
        tick().await;
        number + a
    }

    #[instrument(skip(self), err, ret)]
    async fn with_err_and_ret(&self, number: u64) -> Result<u64, String> {
        tick().await;
        number.checked_sub(1).ok_or_else(|| "zero".to_owned())
    }
}

impl Instrumented for u8 {}

#[test]
fn instrument_beside_threadsafe() {
    let spans = Spans::default();
    let event_loop = bridge::EventLoop::new().unwrap();
    let on_the_loop = spans.clone();
    event_loop
        .block_on_local(move || async move { std::mem::forget(tracing::subscriber::set_default(on_the_loop)) })
        .unwrap();
    let handle: &Handle = &event_loop;
    assert_eq!(instrumented_first_blocking(handle, 1), 1);
    assert_eq!(instrumented_last_blocking(handle, 1), 1);
    assert_eq!(0_u8.in_trait_blocking(handle, 1, (2, 3)), 3);
    assert_eq!(0_u8.with_err_and_ret_blocking(handle, 1), Ok(0));
    // The companion has no span of its own: each is there once.
    assert_eq!(*spans.0.lock().unwrap(), ["instrumented_first", "instrumented_last", "in_trait", "with_err_and_ret"]);
}
