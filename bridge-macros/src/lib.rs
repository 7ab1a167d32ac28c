//! The macros of the `bridge` crate: `#[threadsafe]` and `facade!`.
//!
//! Depend on `bridge`, not on this crate: what the macros generate names `bridge`'s types, and `bridge` re-exports them.
#![forbid(unsafe_code)]
// Some of what is below serves facades alone.
#![cfg_attr(not(feature = "facade"), allow(dead_code, unused_imports))]

mod analyze;
mod ast;
mod attr;
mod error;
mod expand;
#[cfg_attr(not(feature = "facade"), path = "no_facade.rs")]
mod facade;
mod fallback;
mod plan;
mod rewrite;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use self::rewrite::rewrite;

/// Adds a blocking companion to an async fn: a function of the same arguments that runs the async one on an event
/// loop and waits for its value.
///
/// ```
/// use bridge::{EventLoop, threadsafe};
///
/// /// Says hello.
/// #[threadsafe]
/// async fn greet(name: &str) -> String {
///     format!("hello {name}")
/// }
///
/// let event_loop = EventLoop::new()?;
/// assert_eq!(greet_blocking(&event_loop, "you"), "hello you");
/// # std::io::Result::Ok(())
/// ```
///
/// The async fn stays as it is. What is added is
///
/// ```ignore
/// #[track_caller]
/// fn greet_blocking(handle: &impl ::bridge::AsHandle, name: &str) -> String {
///     ::bridge::__private::call("greet_blocking", handle, greet(name))
/// }
/// ```
///
/// The companion takes the arguments of the async fn, borrowed ones too, returns its value, and panics with its payload. When it
/// returns, nothing of the future is left. If the call itself fails (the loop is closed, the timeout runs out, the thread would
/// wait for itself), the companion panics at the caller's line, or returns an error where `fallible` says so.
///
/// The handle comes first, or after the receiver. The output never borrows from it: elided lifetimes mean what they mean in the
/// async fn. Pass `&event_loop`, `&shared_loop`, `&handle`, or a tokio runtime as `&runtime` or `runtime.handle()`. In a trait,
/// which may be `dyn`, and where the output is an `impl Trait`, the parameter is a `&dyn AsHandle`, which takes the same.
///
/// # Where it goes
///
/// On a free async fn, on a method, on a function that returns a future or, with `stream`, a stream; on a whole inherent
/// impl or on a trait, whose async fns and functions that return futures then all get a companion. An impl that
/// is generic is best annotated as a whole: a method's own annotation does not see the impl's parameters, and an
/// associated fn that has neither `self` nor `Self` in its signature looks like a free one.
///
/// ```
/// use bridge::{EventLoop, LocalHandle, threadsafe};
///
/// struct Counter<T> {
///     value: T,
///     handle: LocalHandle,
/// }
///
/// #[threadsafe(handle = self.handle, suffix = "_sync")]
/// impl<T: Clone> Counter<T> {
///     async fn value(&self) -> T {
///         self.value.clone()
///     }
///
///     #[threadsafe(name = set)]
///     async fn replace(&mut self, value: T) {
///         self.value = value;
///     }
///
///     #[threadsafe(skip)]
///     async fn background(&self) {}
/// }
///
/// let event_loop = EventLoop::new()?;
/// let mut counter = Counter { value: 1, handle: event_loop.handle().clone() };
/// counter.set(2);
/// assert_eq!(counter.value_sync(), 2);
/// # drop(counter.background());
/// # std::io::Result::Ok(())
/// ```
///
/// ## Functions that return futures
///
/// A function that returns `impl Future<Output = T>`, `Pin<Box<dyn Future<Output = T> + Send>>` or `BoxFuture<'_, T>` gets a
/// companion as an async fn does, also inside an annotated impl or trait. The macro recognizes these types by the last names of
/// their paths. The function runs on the loop, as the body of an async fn does, so it may start timers and tasks. The future
/// must be `Send`: write `impl Future<Output = T> + Send` in a trait.
///
/// ```
/// use bridge::threadsafe;
///
/// #[threadsafe]
/// fn length(text: &str) -> impl Future<Output = usize> + Send {
///     let text = text.trim();
///     async move { text.len() }
/// }
///
/// assert_eq!(length_blocking(bridge::global(), " four "), 4);
/// ```
///
/// ## Traits
///
/// An async fn of a trait becomes a function that returns a `Send` future, which an `async fn` in an impl satisfies, and gets
/// a companion with a default body.
///
/// ```
/// use bridge::threadsafe;
///
/// #[threadsafe]
/// trait Store {
///     async fn get(&self, key: &str) -> Option<String>;
///
///     async fn has(&self, key: &str) -> bool {
///         self.get(key).await.is_some()
///     }
/// }
///
/// struct Empty;
///
/// impl Store for Empty {
///     async fn get(&self, _: &str) -> Option<String> {
///         None
///     }
/// }
///
/// assert!(!Empty.has_blocking(bridge::global(), "key"));
/// ```
///
/// It is rewritten as
///
/// ```ignore
/// trait Store {
///     fn get(&self, key: &str) -> impl Future<Output = Option<String>> + Send;
///
///     #[track_caller]
///     fn get_blocking(&self, handle: &::bridge::Handle, key: &str) -> Option<String> {
///         ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
///     }
///
///     fn has(&self, key: &str) -> impl Future<Output = bool> + Send
///     where
///         Self: Sync,
///     {
///         async move { self.get(key).await.is_some() }
///     }
///
///     #[track_caller]
///     fn has_blocking(&self, handle: &::bridge::Handle, key: &str) -> bool
///     where
///         Self: Sync,
///     {
///         ::bridge::__private::call("has_blocking", handle, Self::has(self, key))
///     }
/// }
/// ```
///
/// Each function requires `Send` of its own type parameters and `impl Trait` arguments, which an impl could not add. A function
/// with a default body requires all that its future needs, as `Self: Sync` for `&self`. With `local` the future need not be
/// `Send`, and only the companion adds bounds. An impl may override a companion, whose handle is a `&dyn AsHandle`. Beside
/// `#[async_trait]`, in either order, the macro leaves the functions to that, and the trait with its companions stays
/// `dyn`-compatible. The attribute is refused on the impls of a trait.
///
/// Two limitations of rustc apply to impls of a trait whose futures must be `Send`. An `async fn` that calls itself, boxed, is a
/// cycle (E0391) unless an inherent function makes the box, a `Pin<Box<dyn Future<Output = T> + Send + '_>>`. An `async fn` that
/// overrides a default body with a `&self`, for a type that has a lifetime, is an error (E0803) unless the trait requires
/// `Sync`: `trait Store: Sync`.
///
/// ## `stream`
///
/// With the feature `stream` of `bridge`, a function that returns `impl Stream<Item = T>`, `BoxStream<'_, T>` or
/// `Pin<Box<dyn Stream<Item = T> + Send>>` has a companion that gives a `bridge::Iter<T>`. The stream lives on the loop, so
/// what it borrows must be `'static`; where its type says that it borrows nothing (`BoxStream<'static, T>`, `+ use<>`, in a
/// trait `+ 'static`), the arguments may be borrowed for the call. It may be an async fn. One that may fail before there is
/// a stream, and so returns a `Result` of it, has a plain companion instead: `handle.iter(subscribe_blocking(&handle)?)`.
/// A stream by itself begins with the first item that is asked for. So a subscription that is not to miss what comes right after
/// it takes that form: an async fn that returns once the server knows, and gives the stream; `Handle::iter` shows one.
///
/// ```ignore
/// #[threadsafe(stream)]
/// fn numbers(end: u64) -> impl Stream<Item = u64> {
///     stream::iter(0..end)
/// }
///
/// let sum: u64 = numbers_blocking(&handle, 3).sum();
/// ```
///
/// Nothing of the stream runs before the first item is asked for, or `Iter::buffered` asks ahead. With `fallible` the
/// companion returns a `Result<Iter<T>, bridge::Error>`: an error if there is no stream. Afterwards `next` panics if the call
/// fails, and `next_timeout` returns the error. Where the items are `Result`s, the companion returns an `Iter` of them instead,
/// and `next` does not panic: the error, converted as below, is the last item. `fallible = wrap` turns that off. A `timeout` of
/// the function holds for the call and for each `next`. A stream does not inherit `timeout`, `submit` and `local` from its impl
/// or trait.
///
/// # Options
///
/// | option | effect |
/// | --- | --- |
/// | `name = ident` | the companion's name; else that of the async fn and `_blocking`, without `r#` |
/// | `suffix = "_sync"` | on an impl or a trait, what the names end in |
/// | `vis = pub(crate)` | its visibility; else the same; not in a trait |
/// | `handle = expr` | no handle parameter; `expr` gives the handle |
/// | `timeout = expr` | a `Duration`, the call's timeout, in the place of the handle's; implies `fallible` |
/// | `fallible` | errors of the bridge are returned; `fallible = wrap`, `fallible = fold` and `fallible = path::to::function` say how |
/// | `local` | the future need not be `Send`: it is made on the loop, and the handle is a `&LocalHandle` |
/// | `submit` | also adds `…_submit`, or `submit = ident`, which returns a `Task` at once |
/// | `attr(…)` | attributes for the companion alone, separated by commas |
/// | `docs = "…"` | replaces the generated docs of the companion; takes what `#[doc = …]` takes: `docs = include_str!("fetch.md")` |
/// | `bound(…)` | where-predicates for the companion alone |
/// | `crate = path` | where `bridge` is, if it is renamed or re-exported |
/// | `stream` | the function returns a stream, and the companion an iterator |
/// | `skip` | in an impl or a trait: no companion for this function |
/// | `facade`, `facade = path`, `facade = pub path` | on an impl or a trait: fills a blocking type instead, see [`facade!`](macro@facade) |
///
/// Options on an impl or a trait are defaults for its functions; a function's own `#[threadsafe(…)]` wins, which is
/// known by that name. `attr` and `bound` may be repeated, and add up. `docs` is for one function.
///
/// A function's own attribute may stand in a `cfg_attr`, as that of the impl may, so that `bridge` can be an optional
/// dependency:
///
/// ```
/// # struct Client;
/// #[cfg_attr(feature = "blocking", bridge::threadsafe(handle = bridge::shared()))]
/// impl Client {
///     pub async fn get(&self, key: &str) -> Option<String> {
///         # let _ = key;
///         None
///     }
///
///     #[cfg_attr(feature = "blocking", threadsafe(skip))]
///     pub async fn serve(&self) {}
/// }
/// ```
///
/// rustc evaluates each condition by itself: where the function's holds, its options apply, and where it does not, they are
/// not there, whatever the condition of the impl is.
///
/// ## `handle`
///
/// A place or a value that `&` turns into a `&Handle`, by `Deref` if need be, so an `EventLoop` or an `Arc` of one does.
/// It may use `self` and the arguments, and is taken before they are moved; what else it makes, as the guard of a lock,
/// is dropped before the call begins. A client that connects asynchronously finds the loop it runs on with
/// `Handle::current()`, keeps it, and sets a timeout on it by `with_timeout`. As a default of an impl or a trait,
/// `handle = self.…` is for the functions that have a `self`: the others, constructors mostly, take a handle parameter.
///
/// ```
/// use bridge::threadsafe;
///
/// #[threadsafe(handle = bridge::global())]
/// async fn add(a: u64, b: u64) -> u64 {
///     a + b
/// }
///
/// assert_eq!(add_blocking(1, 2), 3);
/// ```
///
/// With `fallible`, a handle may be missing, and the companion returns an error:
///
/// - `bridge::global()` and `bridge::shared()`, written with the path of the crate, become `try_global` and `try_shared`, also
///   where methods are called on them, as in `bridge::shared().with_timeout(LIMIT)`. Where the loop cannot be started, the error
///   is `Error::NotStarted`, converted as any other. An imported `global()` is not rewritten, and panics.
/// - A call of any function whose name starts with `try_` may give a `Result` of a handle. Its error is an `io::Error`, which
///   becomes `Error::NotStarted`, or a type that converts into `bridge::Error`.
/// - The expression may end in `?`, which converts its error into the function's own, as `?` in the async fn would. Where the
///   companion returns a `bridge::Error`, or an iterator, `?` takes the errors that a `try_…` function may give.
///
/// A companion of `submit` has no error to return: there `bridge::global()` panics at the caller's line.
///
/// ```
/// use bridge::{Error, Handle, threadsafe};
///
/// struct Client {
///     handle: Option<Handle>,
/// }
///
/// impl Client {
///     fn handle(&self) -> Result<&Handle, Error> {
///         self.handle.as_ref().ok_or(Error::Closed)
///     }
/// }
///
/// #[threadsafe(handle = self.handle()?, fallible)]
/// impl Client {
///     async fn get(&self) -> u64 {
///         1
///     }
/// }
///
/// #[threadsafe(handle = bridge::global(), fallible)]
/// async fn add(a: u64, b: u64) -> std::io::Result<u64> {
///     Ok(a + b)
/// }
///
/// let client = Client { handle: None };
/// assert!(matches!(client.get_blocking(), Err(Error::Closed)));
/// assert_eq!(add_blocking(1, 2)?, 3);
/// # std::io::Result::Ok(())
/// ```
///
/// ## `fallible`
///
/// Where the return type's name (its path's last segment) ends in `Result`, as `io::Result` and `PyResult` do, the bridge's
/// errors become the function's own, by `From<bridge::Error>`. Any other type is wrapped: the companion returns
/// `Result<T, bridge::Error>`. `fallible = fold` and `fallible = wrap` decide by hand. For an error of another crate, which
/// can have no such `From`, `fallible = path::to::function` names a `fn(bridge::Error) -> E`.
///
/// ```
/// use std::io;
///
/// use bridge::threadsafe;
///
/// fn invalid(_: bridge::Error) -> std::fmt::Error {
///     std::fmt::Error
/// }
///
/// #[threadsafe(fallible = invalid)]
/// async fn write(id: u64) -> Result<u64, std::fmt::Error> {
///     Ok(id)
/// }
///
/// #[threadsafe(fallible)]
/// async fn read(id: u64) -> io::Result<u64> {
///     Ok(id)
/// }
///
/// #[threadsafe(fallible)]
/// async fn count() -> u64 {
///     3
/// }
///
/// let value: io::Result<u64> = read_blocking(bridge::global(), 7);
/// let count: Result<u64, bridge::Error> = count_blocking(bridge::global());
/// # assert_eq!((value.unwrap(), count.unwrap(), write_blocking(bridge::global(), 1)), (7, 3, Ok(1)));
/// ```
///
/// The last two are rewritten as
///
/// ```ignore
/// #[track_caller]
/// fn read_blocking(handle: &impl ::bridge::AsHandle, id: u64) -> io::Result<u64> {
///     ::bridge::__private::call_fold("read_blocking", handle, read(id), ::bridge::__private::fold)
/// }
///
/// #[track_caller]
/// fn count_blocking(handle: &impl ::bridge::AsHandle) -> ::core::result::Result<u64, ::bridge::Error> {
///     ::bridge::__private::call_wrap("count_blocking", handle, count())
/// }
/// ```
///
/// ## `local`
///
/// The future is made on the event loop's thread and stays there, so that it may hold what is not `Send`. Arguments and
/// output still cross threads. The loop has to be one of ours, not a foreign runtime: the handle is a `&LocalHandle`.
///
/// ```
/// use std::rc::Rc;
///
/// use bridge::threadsafe;
///
/// #[threadsafe(local)]
/// async fn length(text: &str) -> usize {
///     let shared = Rc::new(text.len());
///     std::future::ready(()).await;
///     *shared
/// }
///
/// assert_eq!(length_blocking(bridge::global(), "four"), 4);
/// ```
///
/// ## `submit`
///
/// ```
/// use bridge::{Task, threadsafe};
///
/// #[threadsafe(submit)]
/// async fn double(number: u64) -> u64 {
///     number * 2
/// }
///
/// let task: Task<u64> = double_submit(bridge::global(), 4);
/// assert_eq!(task.result()?, 8);
/// # Ok::<(), bridge::Error>(())
/// ```
///
/// Nobody waits, so nothing can be borrowed: the arguments must be `'static`, `self` too. So a method that is to be submitted
/// is written to take `self` by value or `self: Arc<Self>`; of one that takes `&self` the companion takes a `&'static self`,
/// which a client in a `static` has and others have not. Errors of the bridge come with the task. A `timeout` is the
/// limit of the blocking companion alone: a task is asked with `result_timeout`.
///
/// ## `timeout`
///
/// An expression that gives a `Duration`, and may use `self` and the arguments. `Duration::MAX` is no limit: `timeout =
/// self.limit.unwrap_or(Duration::MAX)`, or to take back an impl's default. As a default of an impl or a trait, `timeout =
/// self.…` is for the functions that have a `self`: the others have no limit, and are `fallible` only where that is said.
/// When the limit runs out, the future is dropped at
/// the `.await` it has come to, and the companion returns `bridge::Error::TimedOut`, converted where it folds.
///
/// ```
/// use std::time::Duration;
///
/// use bridge::threadsafe;
///
/// #[threadsafe(timeout = limit, handle = bridge::global())]
/// async fn nothing(limit: Duration) -> std::io::Result<()> {
///     std::future::pending().await
/// }
///
/// let error = nothing_blocking(Duration::from_millis(5)).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
/// ```
///
/// # Generics
///
/// Arguments, and with a `Send` future all that it holds, cross threads. So a companion asks more of type parameters
/// than its async fn: `Send` of its own, of the impl's, of `impl Trait` arguments, and of the associated types that its
/// signature names (`T::Item`), and `Sync` of those that are behind a shared reference or an `Arc`; of a `?Sized` one that
/// is only behind shared references `Sync` alone, so `&T` takes a `&(dyn Display + Sync)`. The async fn itself stays as
/// it is. What an attribute cannot see, an associated type that only the body has, held across an `.await`, is said
/// with `bound`. It takes a name to say it of: an argument `items: impl IntoIterator` becomes a parameter `I` first,
/// with `bound(I::IntoIter: Send, I::Item: Send)`. Of what no bound can name, as the futures of an `AsyncFn`, it is
/// `local` that asks nothing.
///
/// ```
/// use bridge::threadsafe;
///
/// #[threadsafe(bound(I::Item: Send))]
/// async fn count<I: Iterator>(mut items: I) -> usize {
///     let first = items.next();
///     std::future::ready(()).await;
///     usize::from(first.is_some()) + items.count()
/// }
///
/// assert_eq!(count_blocking(bridge::global(), 0..3), 3);
/// ```
///
/// # Docs
///
/// The generated docs link to the async fn, repeat its first paragraph, and list under `# Errors` or `# Panics` how this
/// companion fails: a timeout is mentioned where the companion has one, or has a handle parameter that may have one.
/// `docs = "…"` replaces all of that. `attr(doc = "…")` appends a paragraph; several in a row make up one paragraph, as the
/// lines of a doc comment do. The companion of `submit` keeps its generated docs.
///
/// ```
/// use bridge::threadsafe;
///
/// /// Fetches a page.
/// #[threadsafe(docs = "Fetches a page, and blocks until it is here.")]
/// pub async fn fetch() {}
///
/// /// Stores a page.
/// #[threadsafe(attr(doc = "Call it from one thread at a time."))]
/// pub async fn store() {}
/// ```
///
/// # What is carried over
///
/// Visibility, generics, where clauses, lifetimes, const generics, `impl Trait` on either side, `unsafe`, every
/// receiver, `cfg`s on the fn and on parameters, lint levels (`expect` as `allow`), `deprecated`, `must_use` and
/// `doc(hidden)`. An output that is an `impl Trait` may hold all that the async fn's does, and not the handle. Of the
/// docs, the first paragraph. Other macros' attributes stay with the async fn.
///
/// # Other attributes on the same item
///
/// An attribute macro sees the attributes below it, and not those above. So the order counts:
///
/// | attribute | where it stands |
/// | --- | --- |
/// | `#[async_trait]` on a trait | above or below |
/// | `#[automock]` of `mockall`, on an impl | below `#[threadsafe]`; the mock has no companions |
/// | `#[automock]` on a trait | neither: write `mockall::mock!` beside the trait, with an `impl` of it; the mock has the companions |
/// | `#[trait_variant::make(Send)]` | above or below; `#[threadsafe]` alone makes the futures `Send` as well |
/// | `#[trait_variant::make(Name: Send)]` | below `#[threadsafe]`; both traits have the companions, so import the one that you call |
/// | `#[instrument]`, `#[async_recursion]` and others on a function | above or below, if they leave an `async fn` or a function that returns a future |
/// | `#[tokio::main]`, `#[tokio::test]` | neither: they leave a plain function |
/// | any other on an impl, which takes each function for one of its kind | below `#[threadsafe]`: the companions are in an impl of their own, which it does not see |
///
/// ```ignore
/// #[threadsafe]
/// trait Store {
///     async fn get(&self, key: &str) -> Option<String>;
/// }
///
/// mockall::mock! {
///     Store {}
///     impl Store for Store {
///         async fn get(&self, key: &str) -> Option<String>;
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn threadsafe(options: TokenStream, item: TokenStream) -> TokenStream {
    let (options, item) = (options.into(), item.into());
    if attr::facade_word(&options).is_some() { facade::attribute(options, item) } else { rewrite(options, item) }.into()
}

#[doc = include_str!("facade/facade.md")]
#[cfg(feature = "facade")]
#[proc_macro]
pub fn facade(input: TokenStream) -> TokenStream {
    facade::list(input.into()).into()
}

/// What the registry macros of `facade!` expand to. No part of the public API.
#[doc(hidden)]
#[cfg(feature = "facade")]
#[proc_macro]
pub fn facade_impl(input: TokenStream) -> TokenStream {
    facade::implement(input.into()).into()
}
