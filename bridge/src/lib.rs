//! Call async code from threads that block.
//!
//! An *event loop* is one thread that polls futures. A *caller* is any other thread: it hands the loop a future,
//! blocks until the future is finished and dropped, and gets its value. Because nothing of the future is left when
//! the call returns, the future may borrow from the caller's stack.
//!
//! `#[threadsafe]` (feature `macros`, on by default) writes the blocking function for you, the *companion* of an
//! async one:
//!
#![cfg_attr(feature = "macros", doc = "```")]
#![cfg_attr(not(feature = "macros"), doc = "```ignore")]
//! use bridge::{Handle, threadsafe};
//!
//! #[threadsafe]
//! async fn greet(name: &str) -> String {
//!     format!("hello, {name}")
//! }
//!
//! fn blocking_code(handle: &Handle) {
//!     let name = String::from("thread");
//!     assert_eq!(greet_blocking(handle, &name), "hello, thread");
//! }
//!
//! bridge::run(async {
//!     let handle = Handle::current();
//!     tokio::task::spawn_blocking(move || blocking_code(&handle)).await.unwrap();
//! });
//! ```
//!
//! # Features
//!
//! - `macros`, on by default: `#[threadsafe]`.
//! - `stream`: `Handle::iter`, a stream as an iterator; adds `futures-core`.
//! - `tracing`: the span that is current at a call is current wherever its future runs, while it is polled and while it
//!   is dropped. And what no caller hears is told: an `error!` for a panic that nobody waited for, a `warn!` where the
//!   thread of a loop is blocked by a call to another, and one where no loop has picked up a call for a second.
//!
//! Of tokio this crate asks for its schedulers alone. What your futures use (`time`, `net`, …) is turned on by your own
//! dependency on tokio, and the loops then have it.
//!
//! # Which loop
//!
//! | you have | you take |
//! | --- | --- |
//! | a program that is async at its root | [`run`], and [`Handle::current`] inside it |
//! | a program of threads that wants a loop beside it | [`EventLoop`] |
//! | a library that wants one and has nowhere to keep it | [`global`] |
//! | a tokio runtime already | [`Handle::from`] it, or [`Handle::current`] inside it |
//!
//! # Which call
//!
//! | | the future | the thread |
//! | --- | --- | --- |
//! | a companion, [`Handle::block_on`] | is `Send`, may borrow | waits until it is finished and dropped |
//! | [`LocalHandle::block_on_local`] | is made on the loop, need not be `Send`, may borrow | the same |
//! | [`Handle::submit`], [`LocalHandle::submit_local`] | is `'static` | goes on, with a [`Task`] to ask, await or cancel |
//! | [`Handle::call_soon`] | is a plain function | goes on |
//!
//! For many tasks at once there are [`wait`](wait()) and [`as_completed`].
//!
#![doc = include_str!("promises.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod core_id;
#[allow(unsafe_code)]
mod fork;
#[allow(unsafe_code)]
mod frame;
#[allow(unsafe_code)]
mod job;
#[allow(unsafe_code)]
mod link;
#[allow(unsafe_code)]
mod owner;
#[allow(unsafe_code)]
mod park;
#[allow(unsafe_code)]
mod pending;
#[allow(unsafe_code)]
mod queue;
#[allow(unsafe_code)]
mod slot;
#[allow(unsafe_code)]
mod spare;

mod callback;
mod circle;
mod context;
mod driver;
mod error;
mod event_loop;
mod handle;
#[cfg(feature = "stream")]
mod iter;
mod local_handle;
mod lookout;
mod patience;
mod registry;
mod running;
mod spin;
mod state;
#[cfg(feature = "stream")]
mod streams;
mod sync;
mod task;
mod trace;
mod wait;

#[cfg(all(test, bridge_loom))]
#[allow(unsafe_code)]
mod models;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::{Deadlock, Error, Panic};
pub use event_loop::{Builder, EventLoop, global, run};
pub use handle::Handle;
#[cfg(feature = "stream")]
#[cfg_attr(docsrs, doc(cfg(feature = "stream")))]
pub use iter::Iter;
pub use local_handle::LocalHandle;
pub use task::{CancelOnDrop, Canceller, Task};
pub use wait::{AsCompleted, ReturnWhen, Waited, as_completed, wait};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use bridge_macros::threadsafe;
