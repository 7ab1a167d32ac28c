//! A crate that denies all it can: generated code trips nothing that the async fn itself does not.

#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, unused, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![deny(single_use_lifetimes, trivial_casts, unused_lifetimes, let_underscore_drop, redundant_lifetimes)]
#![deny(clippy::all, clippy::pedantic)]

// Its timeout ends a test that hangs.
use bridge_tests as _;

pub mod api {
    //! What such a crate would publish.

    use std::collections::HashMap;
    use std::error::Error;
    use std::fmt::{Debug, Display};
    use std::io;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};

    use bridge::{LocalHandle, threadsafe};

    async fn tick() {
        tokio::task::yield_now().await;
    }

    /// Fetches.
    ///
    /// ```compile_fail
    /// this block must not be repeated
    /// ```
    ///
    /// # Errors
    ///
    /// None.
    #[threadsafe]
    pub async fn fetch(id: u64, name: &str) -> io::Result<String> {
        tick().await;
        Ok(format!("{id}{name}"))
    }

    /// Stores, on a loop that the first call starts.
    ///
    /// # Errors
    ///
    /// None.
    #[threadsafe(handle = bridge::shared(), fallible)]
    pub async fn store(id: u64) -> io::Result<u64> {
        tick().await;
        Ok(id)
    }

    /// Seven arguments are as many as clippy lets pass, and the handle is one more.
    #[threadsafe]
    pub async fn many(a: u8, b: u8, c: u8, d: u8, _e: u8, _f: u8, _g: u8) -> u8 {
        tick().await;
        a + b + c + d
    }

    /// Generic, with bounds in both places.
    #[threadsafe(bound(T: Debug))]
    pub async fn both<T, U: Display>(value: &T, other: U) -> String
    where
        T: Clone,
    {
        tick().await;
        drop(value.clone());
        other.to_string()
    }

    /// Lifetimes in and out, see [the other][both].
    ///
    /// [both]: both
    #[threadsafe]
    pub async fn named<'a>(first: &'a str, second: &'a str) -> &'a str {
        tick().await;
        if first.is_empty() { second } else { first }
    }

    /// Elided.
    #[threadsafe]
    pub async fn elided(text: &str) -> Option<&str> {
        tick().await;
        text.get(1..)
    }

    /// Hidden.
    #[threadsafe]
    pub async fn hidden(text: &str) -> impl Display {
        tick().await;
        text.to_owned()
    }

    /// What the async fn hides is not too much for clippy.
    ///
    /// # Errors
    ///
    /// None.
    #[threadsafe(submit)]
    pub async fn complex()
    -> Result<HashMap<String, Vec<(u64, Option<Arc<Mutex<Vec<u8>>>>)>>, Box<dyn Error + Send + Sync>> {
        tick().await;
        Ok(HashMap::new())
    }

    /// Old, too.
    #[cfg_attr(all(), deprecated = "use `fetch`")]
    #[threadsafe]
    pub async fn older(id: u64) -> u64 {
        tick().await;
        id
    }

    macro_rules! with_a_body {
        ($name:ident $body:block) => {
            /// Of a macro.
            #[threadsafe]
            pub trait $name {
                /// Default-bodied.
                async fn get(&self) -> u64 $body
            }
        };
    }
    with_a_body!(WithABody { 1 });

    /// Old.
    #[deprecated = "use `fetch`"]
    #[must_use]
    #[threadsafe(submit)]
    pub async fn old(id: u64) -> u64 {
        tick().await;
        id
    }

    #[threadsafe(vis = pub, fallible)]
    async fn private(id: u64) -> u64 {
        tick().await;
        id
    }

    /// No companion of it is ever used.
    #[threadsafe]
    async fn unused_companion() {
        tick().await;
    }

    /// Uses the one above.
    pub async fn user() {
        unused_companion().await;
    }

    /// Returns a future.
    #[threadsafe]
    pub fn later(text: &str, times: usize) -> impl Future<Output = String> + Send {
        let text = text.repeat(times);
        async move {
            tick().await;
            text
        }
    }

    /// Returns a boxed one.
    #[must_use]
    #[threadsafe(submit)]
    pub fn boxed() -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async {
            tick().await;
            7
        })
    }

    /// A store.
    #[threadsafe]
    pub trait Store<T>: Debug {
        /// What is found.
        type Item;

        /// Required.
        async fn get(&self, key: &str, _other: T) -> Option<Self::Item>;

        /// Default-bodied, with patterns of all kinds.
        async fn has(&self, key: &str, (a, _): (u8, u8), mut number: u64, _guard: T, other: &T) -> bool {
            tick().await;
            number += u64::from(a);
            let _: &T = other;
            number > 3 && key.is_empty()
        }

        /// One that is deprecated.
        ///
        /// # Errors
        ///
        /// None.
        #[deprecated = "use `has`"]
        async fn old(&self, text: &str) -> Result<u64, std::num::ParseIntError> {
            tick().await;
            let number: u64 = text.parse()?;
            Ok(number)
        }

        /// Elided.
        async fn elided(&self, key: &str, count: usize) -> Option<&str> {
            tick().await;
            drop(key.to_owned());
            if count > 0 {
                return None;
            }
            Some("")
        }

        /// No companion.
        #[threadsafe(skip)]
        async fn skipped(&mut self) {
            tick().await;
        }

        /// By value.
        #[must_use]
        async fn by_value(self, pair: (String, T)) -> String
        where
            Self: Sized,
        {
            tick().await;
            pair.0
        }
    }

    #[threadsafe(local, fallible)]
    trait Private {
        async fn get(&self) -> u64 {
            tick().await;
            3
        }
    }

    #[threadsafe]
    trait Short {
        async fn one(&self) -> u8 {
            3
        }

        async fn none(&mut self, _by: u8) {}
    }

    impl Private for u8 {}

    impl Short for u8 {}

    /// Uses the one above.
    pub async fn private_user() -> u64 {
        let mut short = Short::one(&0_u8).await;
        short.none(short).await;
        Private::get(&0_u8).await
    }

    impl Store<u8> for u8 {
        type Item = u8;

        async fn get(&self, _: &str, other: u8) -> Option<u8> {
            tick().await;
            Some(other)
        }
    }

    /// A client.
    #[derive(Debug)]
    pub struct Client<'a, T> {
        value: T,
        name: &'a str,
        handle: LocalHandle,
    }

    #[threadsafe]
    impl<'a, T> Client<'a, T> {
        /// Makes one.
        #[must_use]
        pub async fn new(value: T, name: &'a str, handle: LocalHandle) -> Self {
            tick().await;
            Client { value, name, handle }
        }

        /// By reference.
        pub async fn value(&self) -> &T {
            tick().await;
            &self.value
        }

        /// By value.
        #[threadsafe(handle = self.handle)]
        pub async fn into_value(self) -> T {
            tick().await;
            self.value
        }

        /// Counted.
        #[threadsafe(local, fallible)]
        pub async fn counted(self: Arc<Self>) -> usize {
            tick().await;
            Arc::strong_count(&self)
        }

        /// Shown.
        pub async fn shown(&self, other: &str) -> impl Display + '_ {
            tick().await;
            drop(other.to_owned());
            self.name
        }

        async fn unused(&mut self) {
            tick().await;
        }

        /// Uses the one above.
        pub async fn uses(mut self) {
            self.unused().await;
        }
    }
}

#[test]
fn what_is_generated_works() {
    let handle = bridge::global();
    assert_eq!(api::fetch_blocking(handle, 7, "x").ok().as_deref(), Some("7x"));
    assert_eq!(api::store_blocking(7).ok(), Some(7));
    assert_eq!(api::both_blocking(handle, &1, 2), "2");
    assert_eq!(api::elided_blocking(handle, "text"), Some("ext"));
    assert_eq!(api::hidden_blocking(handle, "text").to_string(), "text");
    assert_eq!(api::later_blocking(handle, "x", 2), "xx");
    assert_eq!(api::boxed_blocking(handle), 7);
    assert_eq!(api::Store::get_blocking(&1, handle, "", 7), Some(7));
    assert!(!api::Store::has_blocking(&1, handle, "", (1, 1), 1, 1, &1));
    let client = api::Client::new_blocking(handle, 7, "name", handle.clone());
    assert_eq!(client.shown_blocking(handle, "").to_string(), "name");
    assert_eq!(client.into_value_blocking(), 7);
}
