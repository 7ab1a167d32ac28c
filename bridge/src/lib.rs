//! Call async code from threads that block.
//!
//! An *event loop* is one thread that polls futures. A *caller* is any other thread: it hands the loop a future,
//! blocks until the future is finished and dropped, and gets its value. Because nothing of the future is left when
//! the call returns, the future may borrow from the caller's stack.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod slot;
#[allow(unsafe_code)]
mod frame;
#[allow(unsafe_code)]
mod job;
#[allow(unsafe_code)]
mod owner;
#[allow(unsafe_code)]
mod park;
#[allow(unsafe_code)]
mod queue;

mod context;
mod driver;
mod error;
mod event_loop;
mod handle;
mod local_handle;
mod registry;
mod state;
mod sync;
mod task;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::{Deadlock, Error, Panic};
pub use event_loop::{Builder, EventLoop, global, run};
pub use handle::Handle;
pub use local_handle::LocalHandle;
pub use task::{CancelOnDrop, Canceller, Task};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use bridge_macros::threadsafe;
