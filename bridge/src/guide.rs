//! Guides: how to do a whole thing.

#[doc = include_str!("../docs/blocking-api.md")]
pub mod blocking_api {}
