//! A future on its way through a loop, below the public [`Task`](crate::Task): its states, the memory that it lies in, the queue
//! that it is sent through, and how it completes. All that is unsafe about it is here, in
//! [`join`](super::join), [`latch`](super::latch) and [`block`](super::block).

pub(crate) mod cache;
pub(crate) mod completion;
pub(crate) mod core;
pub(crate) mod header;
pub(crate) mod job;
pub(crate) mod queue;
pub(crate) mod schedule;
pub(crate) mod slab;
pub(crate) mod state;
pub(crate) mod unpolled;
