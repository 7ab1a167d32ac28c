//! A `timeout` of a method or a struct, in what is generated.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

/// Binds it, before the value and its loop are borrowed.
pub(super) fn bind(timeout: Option<&Expr>, span: Span) -> Option<TokenStream> {
    timeout.map(|timeout| quote_spanned!(span=> let limit: ::core::time::Duration = #timeout;))
}

/// The loop of `on` with the timeout that was bound.
pub(super) fn through(on: impl ToTokens, span: Span) -> TokenStream {
    quote_spanned!(span=> &#on.with_timeout(limit))
}

/// Both, where `on` is bound to that loop from then on.
pub(super) fn rebind(
    on: impl ToTokens,
    timeout: Option<&Expr>,
    span: Span,
) -> (Option<TokenStream>, Option<TokenStream>) {
    let limit = bind(timeout, span);
    let rebound = limit.as_ref().map(|_| {
        let through = through(&on, span);
        quote_spanned!(span=> let #on = #through;)
    });
    (limit, rebound)
}
