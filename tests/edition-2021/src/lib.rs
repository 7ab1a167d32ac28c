//! The macro in a crate of edition 2021, and, included there, in one of edition 2018.

#![cfg(test)]

use bridge::threadsafe;
use std::fmt::Display;
use std::future::Future;
use std::sync::Mutex;

async fn tick() {
    tokio::task::yield_now().await;
}

#[threadsafe]
async fn first_word(text: &str) -> &str {
    tick().await;
    text.split(' ').next().unwrap_or(text)
}

#[threadsafe(fallible)]
async fn generic<T: Clone + Default>(value: &T, shown: impl Display) -> (T, String) {
    tick().await;
    (value.clone(), shown.to_string())
}

#[threadsafe]
async fn hidden(text: &str, number: impl Into<u64>) -> impl Display {
    tick().await;
    text.len() as u64 + number.into()
}

/// # Safety
///
/// None is needed.
#[threadsafe]
async unsafe fn trusted(number: u64) -> u64 {
    tick().await;
    number
}

struct Client {
    handle: bridge::LocalHandle,
    id: u64,
}

#[threadsafe(handle = self.handle)]
impl Client {
    async fn by_value(self) -> u64 {
        tick().await;
        self.id
    }

    #[threadsafe(local)]
    async fn by_mutable_reference(&mut self, id: u64) -> &u64 {
        tick().await;
        self.id = id;
        &self.id
    }
}

#[threadsafe]
#[allow(clippy::manual_async_fn)]
fn later(text: &str) -> impl Future<Output = usize> + Send + '_ {
    async move {
        tick().await;
        text.len()
    }
}

#[threadsafe]
trait Bodies {
    async fn tail(&self, mutex: Mutex<u64>, (other, _): (Mutex<u64>, u64)) -> u64 {
        *mutex.lock().unwrap() + *other.lock().unwrap()
    }

    async fn held(&self, guard: Mutex<u64>, _: Mutex<u64>) -> Result<u64, std::num::ParseIntError> {
        tick().await;
        "7".parse::<u64>()?;
        let _ = guard.into_inner();
        Ok(7)
    }

    async fn never(self) -> !
    where
        Self: Sized,
    {
        tick().await;
        panic!("on purpose")
    }

    /// # Safety
    ///
    /// None is needed.
    async unsafe fn trusted(&self) -> u64;
}

impl Bodies for u64 {
    async unsafe fn trusted(&self) -> u64 {
        *self
    }
}

#[test]
fn traits() {
    let handle = bridge::global();
    assert_eq!(1.tail_blocking(handle, Mutex::new(1), (Mutex::new(2), 3)), 3);
    assert_eq!(1.held_blocking(handle, Mutex::new(1), Mutex::new(2)), Ok(7));
    // SAFETY: it needs nothing.
    assert_eq!(unsafe { 7.trusted_blocking(handle) }, 7);
}

#[test]
#[should_panic(expected = "on purpose")]
fn a_trait_fn_without_a_value() {
    1.never_blocking(bridge::global());
}

#[test]
fn functions() {
    assert_eq!(later_blocking(bridge::global(), "text"), 4);
    let handle = bridge::global();
    assert_eq!(first_word_blocking(handle, "two words"), "two");
    assert_eq!(generic_blocking(handle, &7, 'x').unwrap(), (7, "x".to_string()));
    assert_eq!(hidden_blocking(handle, "abc", 4_u8).to_string(), "7");
    // SAFETY: it needs nothing.
    assert_eq!(unsafe { trusted_blocking(handle, 7) }, 7);
}

#[test]
fn methods() {
    let mut client = Client { handle: bridge::global().clone(), id: 7 };
    assert_eq!(*client.by_mutable_reference_blocking(8), 8);
    assert_eq!(client.by_value_blocking(), 8);
}
