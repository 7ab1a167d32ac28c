//! What an impl's header may say, and what an output may be said to hold.

use std::fmt::Display;

use bridge::{EventLoop, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;

async fn tick() {
    tokio::task::yield_now().await;
}

struct View<'a, T>(&'a [T]);

#[threadsafe]
impl<T: Clone> View<'_, T> {
    async fn first(&self) -> Option<&T> {
        tick().await;
        self.0.first()
    }

    async fn both(&self, other: &[T]) -> Vec<T> {
        tick().await;
        self.0.iter().chain(other).cloned().collect()
    }

    async fn items(&self) -> impl Iterator<Item = &T> + '_ {
        tick().await;
        self.0.iter()
    }

    // What is behind its reference, no attribute can see.
    #[threadsafe(bound(T: Sync))]
    async fn count(self, other: &str) -> usize {
        tick().await;
        self.0.len() + other.len()
    }
}

struct Block<const N: usize, T = u8>([T; N]);

#[threadsafe]
impl<const N: usize, T> Block<N, T>
where
    T: Clone,
{
    async fn whole(&self) -> [T; N] {
        tick().await;
        self.0.clone()
    }

    async fn mapped<U, F: Fn(&T) -> U>(&self, with: F) -> Vec<U> {
        tick().await;
        self.0.iter().map(with).collect()
    }
}

#[threadsafe]
impl Block<3, String> {
    async fn longest<'s>(&'s self, other: &'s str) -> &'s str {
        tick().await;
        self.0.iter().map(String::as_str).chain([other]).max_by_key(|text| text.len()).unwrap_or(other)
    }
}

struct Noted(u64);

#[threadsafe]
impl Noted {
    //! A note inside.
    #![allow(clippy::unused_self, reason = "an attribute that is inside is what is tested")]

    async fn first(&self) -> u64 {
        tick().await;
        self.0
    }

    async fn second(&self) -> u64 {
        self.first().await + 1
    }
}

#[threadsafe]
trait Note {
    //! A note inside.
    #![deny(unused_variables)]

    async fn note(&self) -> u64;
}

impl Note for u64 {
    async fn note(&self) -> u64 {
        *self
    }
}

#[threadsafe]
async fn length(text: &str) -> impl Fn() -> usize + use<'_> {
    tick().await;
    move || text.len()
}

#[threadsafe]
async fn owned<T: Display>(value: T, text: &str) -> impl Fn() -> String + use<T> {
    tick().await;
    let text = format!("{value}{text}");
    move || text.clone()
}

#[threadsafe]
async fn size<T>() -> usize {
    tick().await;
    size_of::<T>()
}

#[test]
fn lifetimes_without_a_name_in_the_header() {
    let event_loop = EventLoop::new().unwrap();
    let numbers = [1, 2];
    let view = View(&numbers);
    assert_eq!(view.first_blocking(&event_loop), Some(&1));
    assert_eq!(view.both_blocking(&event_loop, &[3]), [1, 2, 3]);
    assert_eq!(view.items_blocking(&event_loop).count(), 2);
    assert_eq!(view.count_blocking(&event_loop, "ab"), 4);
}

#[test]
fn attributes_inside_an_impl() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(Noted(7).first_blocking(&event_loop), 7);
    assert_eq!(Noted(7).second_blocking(&event_loop), 8);
}

#[test]
fn attributes_inside_a_trait() {
    assert_eq!(7.note_blocking(&EventLoop::new().unwrap()), 7);
}

#[test]
fn constants_in_the_header() {
    let event_loop = EventLoop::new().unwrap();
    let block = Block([1_u8, 2]);
    assert_eq!(block.whole_blocking(&event_loop), [1, 2]);
    assert_eq!(block.mapped_blocking(&event_loop, |item| item + 1), [2, 3]);
}

#[test]
fn an_impl_of_one_type() {
    let event_loop = EventLoop::new().unwrap();
    let block = Block(["a", "bb", "c"].map(String::from));
    assert_eq!(block.longest_blocking(&event_loop, "ddd"), "ddd");
}

#[test]
fn what_an_output_is_said_to_hold() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(length_blocking(&event_loop, "four")(), 4);
    let give = owned_blocking(&event_loop, 7, &String::from("a"));
    drop(event_loop);
    assert_eq!(give(), "7a");
}

#[test]
fn a_parameter_that_only_a_turbofish_gives() {
    assert_eq!(size_blocking::<u64>(bridge::global()), 8);
}
