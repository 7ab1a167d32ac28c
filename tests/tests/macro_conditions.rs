//! Options of a function that stand in a `cfg_attr`. `all()` holds, and `any()` does not.

use std::future::{Future, ready};
use std::rc::Rc;

use bridge::{EventLoop, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;

struct Client;

#[cfg_attr(all(), threadsafe(handle = bridge::global(), suffix = "_sync"))]
impl Client {
    #[cfg_attr(all(), threadsafe(skip))]
    async fn skipped(&self) -> u8 {
        1
    }

    #[cfg_attr(any(), threadsafe(skip))]
    async fn kept(&self) -> u8 {
        2
    }

    #[cfg_attr(all(), must_use, bridge::threadsafe(name = renamed))]
    async fn before(&self) -> u8 {
        3
    }

    #[cfg_attr(all(), cfg_attr(all(), threadsafe(handle = handle)))]
    async fn nested(&self, handle: &EventLoop) -> bool {
        handle.is_closed()
    }

    #[cfg_attr(not(any()), threadsafe(stream))]
    fn numbers(&self, end: u8) -> impl futures::Stream<Item = u8> + use<> {
        futures::stream::iter(0..end)
    }

    #[cfg_attr(any(), threadsafe(stream))]
    fn no_stream(&self) -> impl futures::Stream<Item = u8> + use<> {
        futures::stream::empty()
    }

    #[cfg_attr(all(), threadsafe(fallible))]
    fn future(&self) -> impl Future<Output = u8> + Send {
        ready(4)
    }
}

impl Client {
    fn skipped_sync(&self) -> &str {
        "by hand"
    }

    fn no_stream_sync(&self) -> &str {
        "by hand"
    }
}

#[test]
fn options_in_a_cfg_attr_apply_where_its_condition_holds_whatever_that_of_the_impl_is() {
    assert_eq!(Client.skipped_sync(), "by hand");
    assert_eq!(Client.kept_sync(), 2);
    assert_eq!(Client.renamed(), 3);
    assert!(!Client.nested_sync(&EventLoop::new().unwrap()));
    assert_eq!(Client.numbers_sync(3).collect::<Vec<u8>>(), [0, 1, 2]);
    assert_eq!(Client.no_stream_sync(), "by hand");
    assert_eq!(Client.future_sync().unwrap(), 4);
    drop((Client.skipped(), Client.no_stream()));
}

#[cfg_attr(all(), threadsafe(handle = bridge::global()))]
trait Store {
    #[cfg_attr(all(), threadsafe(local))]
    async fn local(&self) -> u8;

    #[cfg_attr(any(), threadsafe(local))]
    async fn get(&self) -> u8 {
        2
    }
}

impl Store for Client {
    async fn local(&self) -> u8 {
        let held = Rc::new(1);
        tokio::task::yield_now().await;
        *held
    }
}

#[test]
fn in_a_trait_they_decide_what_its_functions_promise_too() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    assert_eq!(Client.local_blocking(), 1);
    assert_eq!(Client.get_blocking(), 2);
    drop(is_send(Client.get()));
}
