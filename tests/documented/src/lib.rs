//! A library as its author would document it. `tests/pages.rs` reads what rustdoc makes of it.

#![deny(missing_docs, rustdoc::all)]

use std::io;
use std::pin::Pin;

use bridge::threadsafe;
use futures_core::Stream;

/// Fetches what is under `id`, as [`Client`] does; see [the book][book] and [`Self-made`][made].
///
/// Only the first paragraph is carried over, not this one, which says that `fetch(1).await` is how it is called.
///
/// ```
/// assert_eq!(bridge::run(bridge_tests_documented::fetch(1)).unwrap(), "1");
/// ```
///
/// # Errors
///
/// None.
///
/// [book]: https://doc.rust-lang.org/book/
/// [made]: Client::connect
#[threadsafe]
pub async fn fetch(id: u64) -> io::Result<String> {
    Ok(id.to_string())
}

/// Await it as `wait().await`, which a companion's reader cannot.
///
/// ```
/// bridge::run(bridge_tests_documented::wait());
/// ```
#[threadsafe(submit)]
pub async fn wait() {}

/// ```
/// assert_eq!(bridge::run(bridge_tests_documented::only_code()), 3);
/// ```
#[threadsafe(fallible)]
pub async fn only_code() -> u64 {
    3
}

///     assert_eq!(bridge::run(bridge_tests_documented::indented_code()), 3);
///
/// This is how it is used.
#[threadsafe]
pub async fn indented_code() -> u64 {
    3
}

/// # Safety
///
/// `pointer` must be valid.
#[threadsafe]
pub async unsafe fn read(pointer: &u64) -> u64 {
    *pointer
}

/// Says a raw name.
#[threadsafe]
pub async fn r#match() {}

/// Numbers up to `end`.
#[threadsafe(stream, fallible)]
pub fn numbers(end: u64) -> Pin<Box<dyn Stream<Item = u64> + Send>> {
    let _ = end;
    Box::pin(Empty)
}

struct Empty;

impl Stream for Empty {
    type Item = u64;

    fn poll_next(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<u64>> {
        std::task::Poll::Ready(None)
    }
}

/// Fetches it, and does not say how.
#[threadsafe(docs = concat!("Fetches it, ", "as the author says."))]
pub async fn described() {}

/// Fetches it, and says more.
#[threadsafe(attr(doc = "A paragraph of [`fetch`] and the author."))]
pub async fn described_in_part() {}

/// Not public, so that nothing public may link to it.
#[threadsafe(vis = pub)]
#[allow(dead_code)]
async fn private() {}

/// A client.
#[derive(Debug)]
pub struct Client;

#[threadsafe(suffix = "_sync")]
impl Client {
    /// Connects, and gives a [`Self`].
    ///
    /// ```
    /// bridge::run(bridge_tests_documented::Client::connect());
    /// ```
    pub async fn connect() -> Client {
        Client
    }

    /// Gets what [`connect`](Self::connect) made.
    pub async fn get(&self) -> u64 {
        1
    }

    /// Gets it as [`get`](Client::get) does, and as `get().await` would.
    pub async fn get_again(&self) -> u64 {
        1
    }
}

/// A store.
#[threadsafe]
pub trait Store {
    /// Loads, see [`Client`].
    ///
    /// ```
    /// use bridge_tests_documented::Store;
    ///
    /// struct Empty;
    ///
    /// impl Store for Empty {
    ///     async fn load(&self) -> Option<u64> {
    ///         None
    ///     }
    /// }
    ///
    /// assert_eq!(Empty.load_blocking(bridge::global()), None);
    /// ```
    async fn load(&self) -> Option<u64>;

    /// Whether there is anything.
    async fn has(&self) -> bool {
        self.load().await.is_some()
    }
}

/// A client of pages.
#[derive(Debug)]
pub struct Pages;

/// A page.
#[derive(Debug)]
pub struct Page;

#[threadsafe(facade)]
impl Pages {
    /// Opens the pages of a site, see [`Pages::get`] and [`Self::get`].
    ///
    /// Await it as `Pages::open("site").await`.
    ///
    /// # Examples
    ///
    /// For example:
    ///
    /// ```
    /// bridge::run(async { bridge_tests_documented::Pages::open("site").await.unwrap() });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the site.
    ///
    /// # Errors
    ///
    /// When there is none:
    ///
    /// ```text
    /// no site
    /// ```
    pub async fn open(site: &str) -> io::Result<Pages> {
        drop(site.to_owned());
        Ok(Pages)
    }

    /// Gets a [`Page`].
    #[threadsafe(attr(doc = "It may be empty."))]
    pub async fn get(&self) -> Page {
        Page
    }
}

pub mod blocking {
    //! Types that block.

    bridge::facade! {
        handle = bridge::shared();

        #[derive(Debug)]
        pub struct Pages(crate::Pages);

        /// A page, of a caller that blocks.
        #[derive(Debug)]
        pub struct Page(crate::Page);
    }
}

/// A site.
#[threadsafe(facade)]
pub trait Site {
    /// Visits it.
    ///
    /// ```
    /// use bridge_tests_documented::Site;
    /// async fn both(site: &impl Site) {
    ///     site.visit().await;
    /// }
    /// ```
    async fn visit(&self);
}
