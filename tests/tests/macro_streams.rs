//! `stream`: functions that return streams, and their companions that give iterators.

use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::{fmt, io};

use bridge::{Error, EventLoop, Iter, LocalHandle, threadsafe};
use bridge_tests::handle;
use futures::stream::{self, BoxStream, Stream, StreamExt as _};

async fn tick() {
    tokio::task::yield_now().await;
}

#[threadsafe(stream)]
fn numbers(end: u64) -> impl Stream<Item = u64> {
    stream::iter(0..end).then(|number| async move {
        tick().await;
        number
    })
}

#[test]
fn an_impl_stream() {
    let numbers: Iter<u64> = numbers_blocking(&handle(), 3);
    assert_eq!(numbers.collect::<Vec<_>>(), [0, 1, 2]);
}

#[threadsafe(stream)]
fn boxed<'a>(text: &'a str) -> BoxStream<'a, char> {
    stream::iter(text.chars()).boxed()
}

#[test]
fn what_the_stream_borrows_must_live_for_ever() {
    assert_eq!(boxed_blocking(&handle(), "text").collect::<String>(), "text");
}

#[threadsafe(stream)]
fn owned(text: &str) -> BoxStream<'static, char> {
    stream::iter(text.to_owned().chars().collect::<Vec<_>>()).boxed()
}

#[threadsafe(stream)]
fn captures_nothing(text: &str) -> impl Stream<Item = char> + use<> {
    stream::iter(text.to_owned().chars().collect::<Vec<_>>())
}

#[threadsafe(stream)]
fn pinned(text: &str) -> Pin<Box<dyn Stream<Item = Result<char, String>> + Send>> {
    stream::iter(text.to_owned().chars().map(Ok).collect::<Vec<_>>()).boxed()
}

#[test]
fn a_stream_that_borrows_nothing_is_made_of_borrowed_arguments() {
    let text = String::from("text");
    assert_eq!(owned_blocking(&handle(), &text).collect::<String>(), "text");
    assert_eq!(captures_nothing_blocking(&handle(), &text).collect::<String>(), "text");
    assert_eq!(pinned_blocking(&handle(), &text).collect::<Result<String, _>>().unwrap(), "text");
}

#[threadsafe(stream, fallible)]
fn ticks() -> impl Stream<Item = u64> {
    // Needs the loop's runtime where it is made.
    let mut interval = tokio::time::interval(Duration::from_millis(1));
    let made_on = thread::current().id();
    stream::poll_fn(move |cx| {
        assert_eq!(thread::current().id(), made_on);
        interval.poll_tick(cx).map(|_| Some(1))
    })
}

#[test]
fn the_stream_is_made_and_polled_on_the_loop() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(ticks_blocking(&event_loop).unwrap().take(3).sum::<u64>(), 3);
    let handle = event_loop.handle().clone();
    drop(event_loop);
    assert!(matches!(ticks_blocking(&handle), Err(Error::Closed)));
}

#[test]
#[should_panic(expected = "`numbers_blocking`: ")]
fn on_a_closed_loop_the_companion_is_named() {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    drop(event_loop);
    drop(numbers_blocking(&handle, 3));
}

// The call that makes the stream has the timeout as well, and is to succeed.
#[threadsafe(stream, timeout = Duration::from_millis(500))]
fn hangs() -> impl Stream<Item = u64> {
    stream::pending()
}

#[test]
fn a_timeout_holds_for_every_item() {
    let mut never = hangs_blocking(&handle()).unwrap();
    assert!(matches!(never.next_timeout(Duration::MAX), Err(Error::TimedOut(_))));
}

#[test]
fn timeout_replaces_that_of_the_handle() {
    for of_handle in [Duration::from_millis(1), Duration::from_secs(60)] {
        let mut never = hangs_blocking(&handle().with_timeout(of_handle)).unwrap();
        let own = Duration::from_millis(500);
        assert!(matches!(never.next_timeout(Duration::MAX), Err(Error::TimedOut(given)) if given == own));
    }
}

struct Client {
    names: Vec<String>,
    handle: LocalHandle,
}

#[threadsafe(handle = self.handle)]
impl Client {
    #[threadsafe(stream, name = names_iter)]
    async fn names(self: Arc<Self>, start: usize) -> impl Stream<Item = String> + Send {
        tick().await;
        stream::iter(start..self.names.len()).map(move |index| self.names[index].clone())
    }

    async fn count(&self) -> usize {
        tick().await;
        self.names.len()
    }
}

#[test]
fn methods_also_async_ones() {
    let client = Arc::new(Client { names: vec!["a".into(), "b".into()], handle: handle() });
    assert_eq!(client.count_blocking(), 2);
    assert_eq!(client.names_iter(1).collect::<Vec<_>>(), ["b"]);
}

#[threadsafe]
trait Source {
    async fn count(&self) -> u64;

    #[threadsafe(stream)]
    fn items(&self) -> BoxStream<'static, u64>;
}

impl Source for u64 {
    async fn count(&self) -> u64 {
        *self
    }

    fn items(&self) -> BoxStream<'static, u64> {
        stream::iter(0..*self).boxed()
    }
}

#[test]
fn in_a_trait() {
    assert_eq!(3_u64.count_blocking(&handle()), 3);
    assert_eq!(3_u64.items_blocking(&handle()).sum::<u64>(), 3);
}

#[threadsafe(stream)]
fn generic<T: Clone, I: IntoIterator<Item = T> + Send>(items: I) -> impl Stream<Item = T>
where
    I::IntoIter: Send,
{
    stream::iter(items)
}

#[test]
fn generics() {
    assert_eq!(generic_blocking(&handle(), [1, 2]).collect::<Vec<u8>>(), [1, 2]);
}

#[threadsafe(stream, fallible)]
fn lines(end: u64) -> impl Stream<Item = io::Result<u64>> {
    stream::iter(0..end).map(Ok).chain(stream::pending())
}

#[test]
fn where_the_items_are_results_an_error_of_the_bridge_is_the_last_item() {
    let event_loop = EventLoop::new().unwrap();
    let mut lines: Iter<io::Result<u64>> = lines_blocking(&event_loop, 1);
    assert_eq!(lines.next().unwrap().unwrap(), 0);
    event_loop.close();
    assert_eq!(lines.next().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert!(lines.next().is_none());
}

#[test]
fn where_the_items_are_results_a_stream_that_cannot_be_made_is_an_iterator_of_that_error() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.close();
    let kinds = lines_blocking(&event_loop, 1).map(|line| line.unwrap_err().kind());
    assert_eq!(kinds.collect::<Vec<_>>(), [io::ErrorKind::BrokenPipe]);
}

#[threadsafe(stream, timeout = Duration::from_millis(5))]
fn silent() -> impl Stream<Item = io::Result<u64>> {
    stream::pending()
}

#[test]
fn where_the_items_are_results_a_timeout_is_the_last_item() {
    let kinds = silent_blocking(&handle()).map(|item| item.unwrap_err().kind());
    assert_eq!(kinds.collect::<Vec<_>>(), [io::ErrorKind::TimedOut]);
}

fn to_fmt_error(_: Error) -> fmt::Error {
    fmt::Error
}

struct Rows;

#[threadsafe(fallible = to_fmt_error)]
impl Rows {
    #[threadsafe(stream)]
    fn all(&self) -> BoxStream<'static, Result<u64, fmt::Error>> {
        stream::iter([Ok(1)]).boxed()
    }

    #[threadsafe(stream)]
    fn plain(&self) -> BoxStream<'static, u64> {
        stream::iter([1]).boxed()
    }

    #[threadsafe(stream, fallible = wrap)]
    fn wrapped(&self) -> BoxStream<'static, Result<u64, fmt::Error>> {
        stream::iter([Ok(1)]).boxed()
    }

    async fn count(&self) -> Result<u64, fmt::Error> {
        Ok(1)
    }
}

#[test]
fn a_function_that_is_named_converts_the_last_item_and_plain_items_are_wrapped() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(Rows.all_blocking(&event_loop).collect::<Vec<_>>(), [Ok(1)]);
    event_loop.close();
    assert_eq!(Rows.all_blocking(&event_loop).collect::<Vec<_>>(), [Err(fmt::Error)]);
    assert!(matches!(Rows.plain_blocking(&event_loop), Err(Error::Closed)));
    assert!(matches!(Rows.wrapped_blocking(&event_loop), Err(Error::Closed)));
    assert_eq!(Rows.count_blocking(&event_loop), Err(fmt::Error));
}
