//! Guides, one for each kind of user.

#[doc = include_str!("../docs/blocking-api.md")]
pub mod blocking_api {}

#[doc = include_str!("../docs/threads.md")]
pub mod threads {}

#[doc = include_str!("../docs/rayon.md")]
pub mod rayon {}

#[doc = include_str!("../docs/python.md")]
pub mod python {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
