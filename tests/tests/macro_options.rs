//! Each option of the attribute, but for the handle's and the errors'.

use std::time::Duration;

use bridge::{Error, EventLoop, Task, threadsafe};
use bridge_tests::{HANGS, handle};

async fn tick() {
    tokio::task::yield_now().await;
}

#[threadsafe(name = fetch_now)]
async fn fetch(id: u64) -> u64 {
    tick().await;
    id
}

#[test]
fn name() {
    assert_eq!(fetch_now(&handle(), 7), 7);
}

mod inner {
    #[bridge::threadsafe(vis = pub(super))]
    async fn private(id: u64) -> u64 {
        id
    }

    #[bridge::threadsafe(vis = pub(self), name = hidden)]
    pub(crate) async fn open(id: u64) -> u64 {
        id
    }

    pub(crate) fn call_hidden(id: u64) -> u64 {
        hidden(bridge::global(), id)
    }
}

#[test]
fn vis() {
    assert_eq!(inner::private_blocking(&handle(), 7), 7);
    assert_eq!(inner::call_hidden(7), 7);
    assert_eq!(handle().block_on(inner::open(7)).unwrap(), 7);
}

macro_rules! of_visibility {
    ($vis:vis, $name:ident) => {
        #[bridge::threadsafe(vis = $vis, local)]
        pub(crate) async fn $name(id: u64) -> u64 {
            id
        }
    };
}

/// Hands it on.
macro_rules! of_the_same {
    ($vis:vis, $name:ident) => {
        of_visibility!($vis, $name);
    };
}

mod of_macros {
    of_visibility!(pub(crate), seen);
    of_visibility!(, first);
    of_the_same!(, second);

    pub(crate) fn call(id: u64) -> u64 {
        first_blocking(bridge::global(), id) + second_blocking(bridge::global(), id)
    }
}

/// Names that are private in `of_macros`, or which of the two is meant would not be clear.
mod beside {
    pub(crate) fn first_blocking() {}
    pub(crate) fn second_blocking() {}
}

#[test]
fn vis_that_a_macro_leaves_empty() {
    use beside::*;
    use of_macros::*;

    first_blocking();
    second_blocking();
    assert_eq!(seen_blocking(&handle(), 7), 7);
    assert_eq!((call(7), handle().block_on(async { first(1).await + second(2).await }).unwrap()), (14, 3));
}

struct Quiet;

struct Fragments;

/// Each option with the kind of fragment that fits it.
macro_rules! of_fragments {
    (
        $name:ident, $vis:vis, $handle:expr, $timeout:expr, $bridge:path, $submit:ident, $attr:meta, $bound:ty, $mode:ident,
        $suffix:literal
    ) => {
        #[threadsafe(
            name = $name, vis = $vis, handle = $handle, timeout = $timeout, crate = $bridge, submit = $submit, attr($attr),
            bound($bound: Send, Vec<$bound>: Send), fallible = $mode
        )]
        async fn of_fragments(id: u64) -> u64 {
            tick().await;
            id
        }

        #[threadsafe(suffix = $suffix, handle = $handle, crate = $bridge)]
        impl Fragments {
            $vis async fn twice(&self, id: u64) -> u64 {
                tick().await;
                2 * id
            }
        }
    };
}

mod exports {
    #[allow(clippy::single_component_path_imports, reason = "a path of two names is the point")]
    pub(crate) use bridge;
}

of_fragments!(
    call_fragments, pub(crate), bridge::global(), Duration::from_secs(60), self::exports::bridge, later, inline, Vec<u8>,
    wrap, "_now"
);

#[test]
fn every_fragment_of_a_macro_as_a_value() {
    assert_eq!(call_fragments(1).unwrap(), 1);
    assert_eq!(later(2).result().unwrap(), 2);
    assert_eq!(Fragments.twice_now(3), 6);
}

macro_rules! of_attributes {
    ($(#[$attr:meta])* $name:ident) => {
        #[threadsafe]
        impl Quiet {
            $(#[$attr])*
            async fn $name(&self) -> u64 {
                7
            }
        }
    };
}

of_attributes! {
    #[inline]
    #[threadsafe(name = shout)]
    whisper
}

#[test]
fn a_members_own_options_from_a_macro() {
    assert_eq!(Quiet.shout(&handle()), 7);
}

struct Client;

#[threadsafe(suffix = "_sync", fallible)]
impl Client {
    async fn fetch(&self, id: u64) -> u64 {
        id
    }

    #[threadsafe(name = load)]
    async fn store(&self, id: u64) -> u64 {
        id
    }

    #[threadsafe(skip)]
    async fn skipped(&self) {}
}

/// Has the name that `skipped`'s companion would have.
#[allow(dead_code, reason = "it is enough that it is there")]
impl Client {
    fn skipped_sync(&self) {
        drop(self.skipped());
    }
}

#[test]
fn suffix_and_defaults_for_an_impl() {
    assert_eq!(Client.fetch_sync(&handle(), 7).unwrap(), 7);
}

#[test]
fn a_functions_own_options_beside_the_impls() {
    assert_eq!(Client.load(&handle(), 7).unwrap(), 7);
}

#[test]
fn skip() {
    Client.skipped_sync();
}

#[threadsafe(bound(I::Item: Send))]
async fn count<I: Iterator>(mut items: I) -> usize {
    let first = items.next();
    tick().await;
    usize::from(first.is_some()) + items.count()
}

#[test]
fn bound() {
    assert_eq!(count_blocking(&handle(), [1, 2].into_iter()), 2);
}

mod vendored {
    pub(crate) use bridge as event_loops;
}

#[threadsafe(crate = crate::vendored::event_loops)]
async fn through_another_path(id: u64) -> u64 {
    id
}

#[test]
fn crate_path() {
    assert_eq!(through_another_path_blocking(&handle(), 7), 7);
}

#[threadsafe(submit)]
async fn length(text: &str) -> usize {
    tick().await;
    text.len()
}

#[threadsafe(submit = start, local)]
async fn generic<T: Clone>(values: Vec<T>) -> usize {
    let shared = std::rc::Rc::new(values.clone());
    tick().await;
    shared.len()
}

#[test]
fn submit_gives_a_task() {
    let task: Task<usize> = length_submit(&handle(), "text");
    assert_eq!(task.result().unwrap(), 4);
    assert_eq!(length_blocking(&handle(), &String::from("text")), 4);
}

#[test]
fn submit_with_a_name_and_local() {
    assert_eq!(start(&handle(), vec![1, 2]).result().unwrap(), 2);
}

#[threadsafe(timeout = Duration::from_millis(millis))]
async fn wait(millis: u64, end: bool) -> u64 {
    if !end {
        std::future::pending::<()>().await;
    }
    millis
}

#[test]
fn timeout_replaces_that_of_the_handle() {
    let event_loop = EventLoop::new().unwrap();
    let own = Duration::from_millis(10);
    for of_handle in [Duration::from_millis(1), HANGS] {
        let handle = event_loop.with_timeout(of_handle);
        assert!(matches!(wait_blocking(&handle, 10, false), Err(Error::TimedOut(given)) if given == own));
    }
}

#[test]
fn timeout_may_use_an_argument() {
    let event_loop = EventLoop::new().unwrap();
    let timeout = Duration::from_millis(5);
    assert!(matches!(wait_blocking(&event_loop, 5, false), Err(Error::TimedOut(given)) if given == timeout));
    assert_eq!(wait_blocking(&event_loop, 60_000, true).unwrap(), 60_000);
}

struct Timeouts;

trait Timeout<A, B> {
    const LONG: bool;
}

impl Timeout<u8, u16> for Timeouts {
    const LONG: bool = true;
}

#[threadsafe(timeout = if <Timeouts as Timeout<u8, u16>>::LONG { Duration::MAX } else { Duration::ZERO }, submit)]
async fn of_a_timeout(id: u64) -> u64 {
    tick().await;
    id
}

#[test]
fn a_value_has_commas_in_its_generics() {
    assert_eq!(of_a_timeout_blocking(&handle(), 7).unwrap(), 7);
    assert_eq!(of_a_timeout_submit(&handle(), 7).result().unwrap(), 7);
}

#[threadsafe(attr(must_use, cfg(not(any()))), attr(doc(alias = "obtain")))]
async fn there(id: u64) -> u64 {
    id
}

#[threadsafe(attr(cfg(any())))]
async fn not_there(id: u64) -> u64 {
    id
}

/// Has the name that the companion would have.
fn not_there_blocking() -> u64 {
    handle().block_on(not_there(8)).unwrap()
}

#[test]
fn attr_is_for_the_companion_alone() {
    assert_eq!(there_blocking(&handle(), 7), 7);
    assert_eq!(not_there_blocking(), 8);
}

#[threadsafe(local)]
async fn on_the_loop(text: &str, numbers: &mut Vec<usize>) -> usize {
    let shared = std::rc::Rc::new(text.len());
    tick().await;
    numbers.push(*shared);
    let child = tokio::task::spawn_local(async move { *shared });
    child.await.unwrap()
}

#[test]
fn local_futures_stay_on_the_loop_and_borrow_all_the_same() {
    let mut numbers = Vec::new();
    assert_eq!(on_the_loop_blocking(&handle(), &String::from("text"), &mut numbers), 4);
    assert_eq!(numbers, [4]);
}
