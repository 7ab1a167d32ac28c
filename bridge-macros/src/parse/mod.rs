//! From tokens to the model. Bodies are never looked into.

mod angles;
mod attrs;
mod block;
mod cut;
mod function;
mod item;
mod options;
mod returns;
mod signature;
mod ty;
mod values;

pub(crate) use self::attrs::doc_text;
pub(crate) use self::cut::{commas, flat, is_punct};
pub(crate) use self::item::item;
pub(crate) use self::options::options;
