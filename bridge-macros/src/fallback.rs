//! What is generated where something is wrong: the item as it was, companions that have the
//! signature they would have had, so that calls of them are no further errors, and the errors.

use proc_macro2::TokenStream;

use crate::ast::Item;
use crate::error::Errors;
use crate::expand;
use crate::plan::Plan;

pub(crate) fn item(item: &Item, plan: &Plan<'_>, errors: Errors) -> TokenStream {
    let mut tokens = expand::with(item, plan, expand::unfinished);
    tokens.extend(errors.into_compile_errors());
    tokens
}
