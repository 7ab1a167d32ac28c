//! What becomes of an error of the bridge that a facade's method has no other way to return.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Path;

/// Whether it is `error = panic`.
pub(super) fn panics(error: &Path) -> bool {
    error.is_ident("panic")
}

/// The method of `Folds` for an output that may be a `Result`.
pub(super) fn of(error: Option<&Path>, span: Span) -> TokenStream {
    match error {
        Some(error) if panics(error) => quote_spanned!(span=> __bridge_panics()),
        Some(error) => quote_spanned!(span=> __bridge_with(#error)),
        None => quote_spanned!(span=> __bridge_fold()),
    }
}
