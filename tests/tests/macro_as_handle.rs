//! What a companion takes as its handle.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bridge::{AsHandle, Error, EventLoop, Handle, Iter, SharedLoop, Task, threadsafe};
use bridge_tests::{event_loop, handle};
use futures::stream::{self, Stream};
use tokio::runtime::Runtime;

#[threadsafe(submit)]
async fn double(number: u64) -> u64 {
    tokio::task::yield_now().await;
    2 * number
}

#[threadsafe(timeout = Duration::from_millis(1))]
async fn never() {
    std::future::pending().await
}

#[threadsafe(stream)]
fn count(to: u64) -> impl Stream<Item = u64> {
    stream::iter(0..to)
}

#[test]
fn a_tokio_runtime() {
    assert_eq!(double_blocking(&Runtime::new().unwrap(), 2), 4);
}

#[test]
fn a_handle_of_a_tokio_runtime() {
    let runtime = Runtime::new().unwrap();
    assert_eq!(double_blocking(runtime.handle(), 2), 4);
    assert_eq!(double_blocking(&runtime.handle().clone(), 2), 4);
}

#[test]
fn a_tokio_runtime_with_a_timeout_a_stream_and_a_submission() {
    let runtime = Runtime::new().unwrap();
    assert!(matches!(never_blocking(&runtime), Err(Error::TimedOut(_))));
    assert_eq!(count_blocking(&runtime, 3).sum::<u64>(), 3);
    assert_eq!(double_submit(&runtime, 2).result().unwrap(), 4);
}

#[test]
fn a_call_through_a_runtime_runs_there() {
    #[threadsafe]
    async fn id() -> tokio::runtime::Id {
        tokio::runtime::Handle::current().id()
    }
    let runtime = Runtime::new().unwrap();
    assert_eq!(id_blocking(&runtime), runtime.handle().id());
}

#[test]
fn loops_and_handles() {
    let (event_loop, shared_loop) = (event_loop(), SharedLoop::new().unwrap());
    assert_eq!(double_blocking(&event_loop, 2), 4);
    assert_eq!(double_blocking(event_loop.handle(), 2), 4);
    assert_eq!(double_blocking(&shared_loop, 2), 4);
    assert_eq!(double_blocking(&Handle::from(&shared_loop), 2), 4);
    assert_eq!(double_blocking(bridge::global(), 2), 4);
    assert_eq!(double_blocking(bridge::shared(), 2), 4);
}

#[test]
fn what_the_standard_library_has_a_loop_in() {
    static LAZY: LazyLock<SharedLoop> = LazyLock::new(|| SharedLoop::new().unwrap());
    assert_eq!(double_blocking(&LAZY, 2), 4);
    assert_eq!(double_blocking(&Arc::new(event_loop()), 2), 4);
    assert_eq!(double_blocking(&Box::new(event_loop()), 2), 4);
    assert_eq!(double_blocking(&Mutex::new(event_loop()).lock().unwrap(), 2), 4);
    assert_eq!(double_blocking(&&event_loop(), 2), 4);
}

#[test]
fn a_type_of_ones_own() {
    struct Client(EventLoop);
    impl AsHandle for Client {
        fn as_handle(&self) -> Cow<'_, Handle> {
            self.0.as_handle()
        }
    }
    assert_eq!(double_blocking(&Client(event_loop()), 2), 4);
}

#[test]
fn a_companion_is_a_function_pointer_of_the_handle_that_it_will_get() {
    let of_a_handle: fn(&Handle, u64) -> u64 = double_blocking;
    assert_eq!(of_a_handle(&handle(), 2), 4);
    let of_a_loop: fn(&EventLoop, u64) -> u64 = double_blocking;
    assert_eq!(of_a_loop(&event_loop(), 2), 4);
    let object: &dyn Fn(&Handle, u64) -> u64 = &double_blocking;
    assert_eq!(object(&handle(), 2), 4);
    let submits: fn(&Handle, u64) -> Task<u64> = double_submit;
    assert_eq!(submits(&handle(), 2).result().unwrap(), 4);
    let iterates: fn(&Handle, u64) -> Iter<u64> = count_blocking;
    assert_eq!(iterates(&handle(), 3).sum::<u64>(), 3);
}

#[test]
fn a_companion_goes_where_a_function_is_asked_for() {
    fn apply(call: impl Fn(&Handle, u64) -> u64) -> u64 {
        call(&handle(), 2)
    }
    assert_eq!(apply(double_blocking), 4);
}

#[test]
fn the_parameters_of_a_generic_companion_may_be_given() {
    #[threadsafe]
    async fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
        text.parse().ok()
    }
    assert_eq!(parse_blocking::<u8>(&event_loop(), "7"), Some(7));
    assert_eq!(parse_blocking::<u8>(&Runtime::new().unwrap(), "7"), Some(7));
}

#[test]
fn the_companions_of_a_trait_take_whatever_is_a_handle_and_may_be_called_on_a_dyn() {
    #[threadsafe(submit)]
    #[async_trait::async_trait]
    trait Doubles: Send + Sync {
        async fn double(&self, number: u64) -> u64 {
            2 * number
        }

        #[threadsafe(timeout = Duration::from_millis(1))]
        async fn never(&self) -> Result<(), Error> {
            std::future::pending().await
        }

        #[threadsafe(stream)]
        fn count(&self, to: u64) -> stream::BoxStream<'static, u64> {
            Box::pin(stream::iter(0..to))
        }
    }
    struct Doubler;
    impl Doubles for Doubler {}
    let doubles: &dyn Doubles = &Doubler;
    let runtime = Runtime::new().unwrap();
    assert_eq!(doubles.double_blocking(&runtime, 2), 4);
    assert_eq!(doubles.double_blocking(runtime.handle(), 2), 4);
    assert!(matches!(doubles.never_blocking(&runtime), Err(Error::TimedOut(_))));
    assert_eq!(doubles.count_blocking(&runtime, 3).sum::<u64>(), 3);
    assert_eq!(doubles.double_blocking(&event_loop(), 2), 4);
    assert_eq!(doubles.double_blocking(&Arc::new(event_loop()), 2), 4);
    assert_eq!(doubles.double_blocking(bridge::global(), 2), 4);
    assert_eq!(doubles.double_blocking(&handle(), 2), 4);
    assert_eq!(Doubler.double_submit(&runtime, 2).result().unwrap(), 4);
}

#[test]
fn a_companion_that_returns_an_impl_trait_takes_whatever_is_a_handle() {
    #[threadsafe]
    async fn show<T: std::fmt::Display>(value: T) -> impl std::fmt::Display {
        format!("<{value}>")
    }
    assert_eq!(show_blocking(&Runtime::new().unwrap(), 1).to_string(), "<1>");
    assert_eq!(show_blocking(&event_loop(), 1).to_string(), "<1>");
    assert_eq!(show_blocking(&handle(), 1).to_string(), "<1>");
}
