//! Functions that return futures.

use std::fmt::Display;
use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use bridge::{EventLoop, threadsafe};
use bridge_tests::handle;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

async fn tick() {
    tokio::task::yield_now().await;
}

#[threadsafe]
fn plain(number: u64) -> impl Future<Output = u64> {
    ready(number + 1)
}

#[test]
fn an_impl_future() {
    let value: u64 = plain_blocking(&handle(), 1);
    assert_eq!(value, 2);
}

#[threadsafe]
fn first<'a>(text: &'a str, other: &str) -> impl Future<Output = &'a str> + Send + use<'a> {
    drop(other.to_owned());
    async move {
        tick().await;
        &text[..1]
    }
}

#[test]
fn an_output_that_borrows_from_an_argument() {
    let text = String::from("text");
    let first = first_blocking(&handle(), &text, &String::from("gone"));
    assert_eq!(first, "t");
}

#[threadsafe]
fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Option<&str>> + Send + '_>> {
    Box::pin(async move {
        tick().await;
        text.get(1..)
    })
}

#[test]
fn a_pinned_box() {
    assert_eq!(boxed_blocking(&handle(), "text"), Some("ext"));
}

#[threadsafe]
#[allow(unused_qualifications, unused_parens, reason = "they are what is tested")]
fn paths(text: String) -> std::pin::Pin<std::boxed::Box<(dyn std::future::Future<Output = String> + Send + 'static)>> {
    Box::pin(ready(text))
}

#[test]
fn whole_paths_and_parentheses() {
    assert_eq!(paths_blocking(&handle(), "text".into()), "text");
}

struct Client {
    name: String,
}

#[threadsafe]
impl Client {
    #[threadsafe]
    fn name(&self, _other: &str) -> BoxFuture<'_, &str> {
        Box::pin(async move {
            tick().await;
            &*self.name
        })
    }

    #[threadsafe]
    fn rename(&mut self, name: String) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            tick().await;
            self.name = name;
        })
    }

    #[threadsafe(submit)]
    fn counted(self: Arc<Self>) -> BoxFuture<'static, usize> {
        Box::pin(async move {
            tick().await;
            self.name.len()
        })
    }

    #[threadsafe(local)]
    fn local(&self) -> LocalBoxFuture<'_, usize> {
        Box::pin(async move {
            let shared = Rc::new(self.name.len());
            tick().await;
            *shared
        })
    }

    #[threadsafe]
    fn shown(&self, end: char) -> impl Future<Output = impl Display> + Send {
        let text = format!("{}{end}", self.name);
        async move {
            tick().await;
            text
        }
    }

    async fn length(&self) -> usize {
        tick().await;
        self.name.len()
    }
}

#[test]
fn methods() {
    let mut client = Client { name: "name".into() };
    assert_eq!(client.name_blocking(&handle(), &String::from("gone")), "name");
    client.rename_blocking(&handle(), "another".into());
    assert_eq!(client.local_blocking(&handle()), 7);
    assert_eq!(client.shown_blocking(&handle(), '!').to_string(), "another!");
    assert_eq!(client.length_blocking(&handle()), 7);
    let client = Arc::new(client);
    assert_eq!(Arc::clone(&client).counted_submit(&handle()).result().unwrap(), 7);
    assert_eq!(client.counted_blocking(&handle()), 7);
}

#[threadsafe(fallible)]
fn fails(good: bool) -> impl Future<Output = Result<u64, bridge::Error>> + Send {
    ready(if good { Ok(3) } else { Err(bridge::Error::Cancelled) })
}

#[threadsafe(fallible)]
fn wraps() -> BoxFuture<'static, u64> {
    Box::pin(ready(3))
}

#[test]
fn fallible_looks_at_the_value() {
    let closed = EventLoop::new().unwrap();
    let gone = closed.handle().clone();
    drop(closed);
    assert!(matches!(fails_blocking(&handle(), true), Ok(3)));
    assert!(matches!(fails_blocking(&handle(), false), Err(bridge::Error::Cancelled)));
    assert!(matches!(fails_blocking(&gone, true), Err(bridge::Error::Closed)));
    assert!(matches!(wraps_blocking(&handle()), Ok(3)));
    assert!(matches!(wraps_blocking(&gone), Err(bridge::Error::Closed)));
}

#[threadsafe(submit)]
fn makes_a_timer() -> impl Future<Output = thread::ThreadId> + Send + 'static {
    // Needs a runtime where it is made.
    let sleep = tokio::time::sleep(std::time::Duration::from_millis(1));
    let made_on = thread::current().id();
    async move {
        sleep.await;
        assert_eq!(thread::current().id(), made_on);
        made_on
    }
}

#[test]
fn the_function_runs_on_the_loop_as_an_async_fn_does() {
    let event_loop = EventLoop::new().unwrap();
    assert_ne!(makes_a_timer_blocking(&event_loop), thread::current().id());
    assert_ne!(makes_a_timer_submit(&event_loop).result().unwrap(), thread::current().id());
}

#[threadsafe]
#[allow(clippy::manual_async_fn, reason = "it is what is tested")]
fn generic<T: From<u8> + 'static>(number: u8) -> impl Future<Output = T> {
    async move {
        tick().await;
        T::from(number)
    }
}

#[test]
fn generics() {
    assert_eq!(generic_blocking::<u64>(&handle(), 7), 7);
}

#[threadsafe]
#[allow(clippy::unused_unit, reason = "people write it")]
fn nothing() -> impl Future<Output = ()> + Send {
    ready(())
}

#[test]
fn no_value() {
    nothing_blocking(&handle());
}

macro_rules! returns {
    ($name:ident, $ty:ty) => {
        #[threadsafe]
        fn $name(number: u64) -> $ty {
            Box::pin(ready(number))
        }
    };
}

returns!(from_a_macro, BoxFuture<'static, u64>);

#[test]
fn a_return_type_from_a_macro() {
    assert_eq!(from_a_macro_blocking(&handle(), 7), 7);
}

#[test]
#[should_panic(expected = "while it is made")]
fn a_panic_while_the_future_is_made() {
    #[threadsafe]
    fn panics() -> impl Future<Output = u64> {
        assert!(bridge::Handle::try_current().is_none(), "while it is made");
        ready(3)
    }
    panics_blocking(&handle());
}

struct Reader;

#[threadsafe]
impl Reader {
    fn hidden(&self, text: &str) -> impl Future<Output = usize> + Send {
        let length = text.len();
        async move {
            tick().await;
            length
        }
    }

    fn boxed<'a>(&'a self, text: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
        Box::pin(async move { &text[1..] })
    }

    fn alias(&mut self) -> BoxFuture<'_, u8> {
        Box::pin(async { 3 })
    }

    fn unpinned(&self) -> Box<dyn Future<Output = u8> + Send + Unpin> {
        Box::new(ready(4))
    }

    #[threadsafe(skip)]
    fn skipped(&self) -> LocalBoxFuture<'_, u8> {
        Box::pin(async { 5 })
    }

    /// To be pinned by who asks for it: no future, and no companion.
    fn fixed(&self) -> Box<dyn Future<Output = u8> + Send> {
        Box::new(async { 6 })
    }

    /// A name that only ends like that of the trait.
    fn named(&self) -> ReadFuture {
        ReadFuture
    }
}

struct ReadFuture;

impl Reader {
    fn skipped_blocking(&self) -> &str {
        "by hand"
    }

    fn fixed_blocking(&self) -> &str {
        "by hand"
    }

    fn named_blocking(&self) -> &str {
        "by hand"
    }
}

#[test]
fn in_an_annotated_impl_a_function_that_returns_a_future_has_a_companion() {
    let mut reader = Reader;
    assert_eq!(reader.hidden_blocking(&handle(), "four"), 4);
    assert_eq!(reader.boxed_blocking(&handle(), "text"), "ext");
    assert_eq!(reader.alias_blocking(&handle()), 3);
    assert_eq!(reader.unpinned_blocking(&handle()), 4);
}

#[test]
fn in_an_annotated_impl_a_function_that_is_skipped_or_returns_another_type_has_none() {
    assert_eq!(Reader.skipped_blocking(), "by hand");
    assert_eq!(Reader.fixed_blocking(), "by hand");
    assert_eq!(Reader.named_blocking(), "by hand");
    let (_skipped, _fixed, _named) = (Reader.skipped(), Reader.fixed(), Reader.named());
}

#[threadsafe]
trait Source {
    fn hidden(&self) -> impl Future<Output = u8> + Send;

    fn boxed<'a>(&'a self, text: &'a str) -> BoxFuture<'a, &'a str> {
        Box::pin(ready(text))
    }

    #[threadsafe(local)]
    fn on_the_loop(&self) -> LocalBoxFuture<'_, u8>;
}

impl Source for Reader {
    async fn hidden(&self) -> u8 {
        tick().await;
        1
    }

    fn on_the_loop(&self) -> LocalBoxFuture<'_, u8> {
        let number = Rc::new(2);
        Box::pin(async move {
            tick().await;
            *number
        })
    }
}

#[test]
fn in_an_annotated_trait_a_function_that_returns_a_future_has_a_companion() {
    assert_eq!(Source::hidden_blocking(&Reader, &handle()), 1);
    assert_eq!(Source::boxed_blocking(&Reader, &handle(), "text"), "text");
    assert_eq!(Reader.on_the_loop_blocking(&handle()), 2);
}
