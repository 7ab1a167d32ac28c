//! Call async code from threads that block.
//!
//! A thread calls an async function: it polls the future itself, or has a loop poll it, and returns the value once the future has
//! finished and has been dropped.
//! Nothing of the future is left when the call returns, so the future may borrow from the caller's stack.
//!
//! `#[threadsafe]` (feature `macros`, on by default) adds a *blocking companion* to an async fn: a plain function with the
//! same arguments.
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
//! # Which loop
//!
//! | loop | a scoped call (`block_on`, a companion) polls its future | a submitted task runs | choose it for |
//! | --- | --- | --- | --- |
//! | [`SharedLoop`], [`shared`], [`next_shared`] | on the calling thread, which drives the loop while it waits | on the thread that drives the loop: a waiting caller, else the loop's own thread | a library's blocking API, network clients, programs of threads, scripts |
//! | [`EventLoop`], [`global`] | on the loop's own thread | on the loop's own thread | state that is not `Send` and that several threads use; a GUI thread, which submits and never waits |
//! | [`run`] | on the thread that called `run` | on the same thread | a program that is async at its root, as with `asyncio.run` |
//! | a tokio runtime of yours: [`Handle::from`] it, or [`Handle::current`] inside it | on the calling thread; the runtime's threads serve its timers and sockets | as a task of the runtime | a program that has a runtime, e.g. `rayon` inside `#[tokio::main]` |
//!
//! If in doubt, use [`shared`]. A call costs 0.1 µs if its future is ready, else what its sockets and timers cost. A call on an
//! [`EventLoop`] costs two thread switches as well, about 10 µs.
//!
//! The thread that polls a future decides whose thread-locals the future sees, and what it delays if it computes for long:
//! its caller alone, or everything on an [`EventLoop`].
//!
//! # Which call
//!
//! | | the future | the thread |
//! | --- | --- | --- |
//! | a blocking companion, [`Handle::block_on`] | is `Send`, may borrow | waits until it has finished and has been dropped |
//! | [`LocalHandle::block_on_local`] | is made on the loop, need not be `Send`, may borrow | the same |
//! | [`Handle::submit`], [`LocalHandle::submit_local`] | is `'static` | goes on, with a [`Task`] to ask, await or cancel |
//! | [`Handle::call_soon`] | is a plain function | goes on |
//!
//! [`wait`](wait()) and [`as_completed`] wait for many tasks at once. A call that waits is ended by a timeout
//! ([`Handle::with_timeout`]), from outside ([`Handle::with_canceller`]), or with its loop ([`EventLoop::close`]).
//! [`blocked()`] lists the threads that are parked in a call.
//!
//! # Features
//!
//! - `macros`, on by default: `#[threadsafe]`.
//! - `facade`, on by default: `facade!`, `#[threadsafe(facade)]` and `Facade`, for blocking types over async ones. Without it the
//!   macros build in half the time.
//! - `stream`: `Handle::iter`, a stream as an iterator; adds `futures-core`.
//! - `tracing`: the caller's span is current wherever its future is polled or dropped. Logs an error for a panic that nobody
//!   waits for, and a warning for a loop whose thread is blocked, a call that no loop has started within a second, a slow
//!   poll, and a call that a loop still holds a second after its timeout. Each line of yours is logged once in ten seconds at
//!   most.
//!
//! This crate enables tokio's `rt` and `rt-multi-thread` only. Enable what your futures use (`time`, `net`, …) in your own
//! dependency on tokio; the loops then have it.
//!
#![doc = include_str!("guarantees.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

mod deadlock;
mod error;
mod event_loop;
#[cfg(feature = "facade")]
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

#[cfg(all(any(doc, doctest), feature = "facade"))]
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
#[cfg(feature = "facade")]
#[cfg_attr(docsrs, doc(cfg(feature = "facade")))]
pub use facade::Facade;
pub use handle::{AsHandle, EnterGuard, Handle, LocalHandle};
pub use shared_loop::{SharedLoop, next_shared, shared, try_next_shared, try_shared};
#[cfg(feature = "stream")]
#[cfg_attr(docsrs, doc(cfg(feature = "stream")))]
pub use stream::Iter;
pub use task::canceller::Canceller;
pub use task::wait::{AsCompleted, ReturnWhen, Waited, as_completed, wait};
pub use task::{CancelOnDrop, Task};

#[cfg(feature = "facade")]
#[cfg_attr(docsrs, doc(cfg(feature = "facade")))]
pub use bridge_macros::facade;
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use bridge_macros::threadsafe;
