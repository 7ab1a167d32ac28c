//! Every receiver that a method can have.

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;

use bridge::{EventLoop, threadsafe};
use bridge_tests::handle;

#[derive(Clone, Debug, PartialEq)]
struct Counter<T> {
    value: T,
}

async fn tick() {
    tokio::task::yield_now().await;
}

#[threadsafe]
impl<T: Clone> Counter<T> {
    async fn new(value: T) -> Self {
        tick().await;
        Counter { value }
    }
    async fn value(self) -> T {
        tick().await;
        self.value
    }
    async fn replaced(mut self, value: T) -> Self {
        self.value = value;
        tick().await;
        self
    }
    async fn reference(&self, _other: &str) -> &T {
        tick().await;
        &self.value
    }
    async fn mutable(&mut self, value: T) -> &mut T {
        self.value = value;
        tick().await;
        &mut self.value
    }
    async fn named<'a>(&'a self, other: &'a T, take_other: bool) -> &'a T {
        tick().await;
        if take_other { other } else { &self.value }
    }
    async fn boxed(self: Box<Self>) -> T {
        tick().await;
        self.value
    }
    async fn mutable_box(mut self: Box<Self>, value: T) -> T {
        self.value = value;
        tick().await;
        self.value
    }
    async fn counted(self: Arc<Self>) -> usize {
        tick().await;
        Arc::strong_count(&self)
    }
    async fn reference_to_counted(self: &Arc<Self>, _other: &str) -> &T {
        tick().await;
        &self.value
    }
    async fn pinned(self: Pin<&mut Self>, _other: &str) -> &T {
        tick().await;
        &self.into_ref().get_ref().value
    }
    #[allow(clippy::needless_arbitrary_self_type, reason = "it is what is tested")]
    async fn typed(self: &Self) -> T {
        tick().await;
        self.value.clone()
    }
}

#[test]
fn none() {
    assert_eq!(Counter::new_blocking(&handle(), 3), Counter { value: 3 });
}

#[test]
fn by_value() {
    assert_eq!(Counter { value: 3 }.value_blocking(&handle()), 3);
}

#[test]
fn by_mutable_value() {
    assert_eq!(Counter { value: 3 }.replaced_blocking(&handle(), 4).value, 4);
}

#[test]
fn by_reference_whose_lifetime_the_output_has() {
    let counter = Counter { value: String::from("x") };
    let value = counter.reference_blocking(&handle(), &String::from("gone"));
    assert_eq!(value, "x");
}

#[test]
fn by_mutable_reference_that_the_output_keeps() {
    let mut counter = Counter { value: 3 };
    *counter.mutable_blocking(&handle(), 4) += 1;
    assert_eq!(counter.value, 5);
}

#[test]
fn by_reference_with_a_named_lifetime() {
    let counter = Counter { value: 3 };
    assert_eq!(*counter.named_blocking(&handle(), &7, true), 7);
}

#[test]
fn by_box() {
    assert_eq!(Box::new(Counter { value: 3 }).boxed_blocking(&handle()), 3);
}

#[test]
fn by_mutable_box() {
    assert_eq!(Box::new(Counter { value: 3 }).mutable_box_blocking(&handle(), 4), 4);
}

#[test]
fn by_arc() {
    let counter = Arc::new(Counter { value: 3 });
    assert_eq!(Arc::clone(&counter).counted_blocking(&handle()), 2);
    assert_eq!(Arc::strong_count(&counter), 1);
}

#[test]
fn by_reference_to_an_arc_whose_lifetime_the_output_has() {
    let counter = Arc::new(Counter { value: 3 });
    assert_eq!(*counter.reference_to_counted_blocking(&handle(), &String::from("gone")), 3);
}

#[test]
fn by_pin_whose_lifetime_the_output_has() {
    let counter = pin!(Counter { value: 3 });
    assert_eq!(*counter.pinned_blocking(&handle(), &String::from("gone")), 3);
}

#[test]
fn by_reference_written_as_a_type() {
    assert_eq!(Counter { value: 3 }.typed_blocking(&handle()), 3);
}

struct Alone(u64);

impl Alone {
    #[threadsafe]
    async fn double(&self) -> u64 {
        tick().await;
        self.0 * 2
    }

    #[threadsafe]
    async fn make(value: u64) -> Self {
        tick().await;
        Alone(value)
    }
}

#[test]
fn a_method_that_is_annotated_alone() {
    assert_eq!(Alone::make_blocking(&handle(), 4).double_blocking(&handle()), 8);
}

#[test]
fn a_type_that_is_not_send_with_local_from_its_own_thread() {
    struct Shared(Rc<u64>);
    #[threadsafe(local)]
    impl Shared {
        async fn on_the_loop() -> u64 {
            let shared = Shared(Rc::new(3));
            tick().await;
            *shared.0
        }
    }
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(Shared::on_the_loop_blocking(&event_loop), 3);
}
