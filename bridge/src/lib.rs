//! Call async code from threads that block.
//!
//! An *event loop* polls futures. A *caller* is a thread that is not async: it gives a loop a future, blocks until the
//! future is finished and dropped, and gets its value. Because nothing of the future is left when the call returns, the
//! future may borrow from the caller's stack.
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
//! blocking_code(bridge::shared());
//! ```
//!
//! # Features
//!
//! - `macros`, on by default: `#[threadsafe]`.
//! - `stream`: `Handle::iter`, a stream as an iterator; adds `futures-core`.
//! - `tracing`: the span that is current at a call is current wherever its future runs, while it is polled and while it
//!   is dropped. What no caller gets is logged: an `error!` for a panic that nobody waited for, a `warn!` where the
//!   thread of a loop is blocked by a call to another, where no loop has started a call for a second, where a future is slow
//!   in one poll, and where a loop still holds a call a second after its timeout. Of each line there is one in ten seconds.
//!
//! This crate enables only tokio's schedulers (`rt`, `rt-multi-thread`). Enable what your futures use (`time`, `net`, …) in
//! your own dependency on tokio; the loops then have it.
//!
//! # Which loop
//!
//! | loop | a scoped call (`block_on`, a companion) runs | a submitted task runs | take it for |
//! | --- | --- | --- | --- |
//! | [`SharedLoop`], [`shared`] | on the calling thread, which drives the loop while it waits | on the thread that drives the loop: one that waits for it, else the loop's own | a library's blocking API, programs of threads, scripts, network clients: no switch to another thread |
//! | [`EventLoop`], [`global`] | on the loop's own thread | on the loop's own thread | state that is not `Send` or that one thread has to own; calls that go on while their callers are busy |
//! | [`run`] | on the thread that called `run` | the same | a program that is async at its root, as with `asyncio.run` |
//! | a tokio runtime of yours: [`Handle::from`] it, or [`Handle::current`] inside it | on the calling thread; the runtime's threads see to its timers and sockets | as a task of the runtime | a program that has a runtime, e.g. `rayon` inside `#[tokio::main]` |
//!
//! A call on an [`EventLoop`] costs two switches between threads, some 10 µs; one that the calling thread polls for itself
//! costs 0.1 µs if its future is ready, and else what its sockets and timers cost. Where a future runs decides whose
//! thread-locals it sees, and what a future that computes for long holds up: the calling thread alone, or all of an
//! [`EventLoop`].
//!
//! # Which call
//!
//! | | the future | the thread |
//! | --- | --- | --- |
//! | a blocking companion, [`Handle::block_on`] | is `Send`, may borrow | waits until it is finished and dropped |
//! | [`LocalHandle::block_on_local`] | is made on the loop, need not be `Send`, may borrow | the same |
//! | [`Handle::submit`], [`LocalHandle::submit_local`] | is `'static` | goes on, with a [`Task`] to ask, await or cancel |
//! | [`Handle::call_soon`] | is a plain function | goes on |
//!
//! For many tasks at once there are [`wait`](wait()) and [`as_completed`]. Calls that wait are ended by a timeout
//! ([`Handle::with_timeout`]), from outside ([`Handle::with_canceller`]), or with their loop ([`EventLoop::close`]).
//! [`blocked()`] lists the threads that are parked in one.
//!
#![doc = include_str!("promises.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

mod deadlock;
mod error;
mod event_loop;
mod facade;
#[allow(unsafe_code)]
mod fork;
mod handle;
mod instrument;
mod loom;
mod park;
mod shared_loop;
#[cfg(feature = "stream")]
mod stream;
mod task;
mod unwind;

#[cfg(all(any(doc, doctest), feature = "macros"))]
pub mod guide;

#[cfg(all(test, bridge_loom))]
#[allow(unsafe_code)]
mod models;

#[doc(hidden)]
#[path = "macro_support.rs"]
pub mod __private;

pub use deadlock::blocked::{Blocked, BlockedState, blocked};
pub use error::{Deadlock, Error, Panic};
pub use event_loop::{Builder, EventLoop, global, run, run_timeout, try_global};
pub use facade::Facade;
pub use handle::{EnterGuard, Handle, LocalHandle};
pub use shared_loop::{SharedLoop, shared, try_shared};
#[cfg(feature = "stream")]
#[cfg_attr(docsrs, doc(cfg(feature = "stream")))]
pub use stream::Iter;
pub use task::canceller::Canceller;
pub use task::wait::{AsCompleted, ReturnWhen, Waited, as_completed, wait};
pub use task::{CancelOnDrop, Task};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use bridge_macros::{facade, threadsafe};
