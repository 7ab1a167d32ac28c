//! Mistakes, all of which are reported at once.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Error};

/// The mistakes of one use of a macro.
#[derive(Default)]
pub(super) struct CfgErrors(Vec<(Vec<Attribute>, Error)>);

impl CfgErrors {
    pub(super) fn push(&mut self, error: Error) {
        self.0.push((Vec::new(), error));
    }

    /// A mistake in what is there only under these `cfg`s.
    pub(super) fn push_under(&mut self, conditions: Vec<Attribute>, error: Error) {
        self.0.push((conditions, error));
    }

    /// The value, or nothing after its error was kept.
    pub(super) fn take<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }
}

impl ToTokens for CfgErrors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for (conditions, error) in &self.0 {
            let error = error.to_compile_error();
            tokens.extend(match &**conditions {
                [] => error,
                conditions => quote!(#(#conditions)* const _: () = { #error };),
            });
        }
    }
}

/// The `cfg`s among attributes.
pub(super) fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// An error at `tokens`: what is wrong, then what to do.
pub(super) fn mistake(tokens: impl ToTokens, what: impl std::fmt::Display, help: impl std::fmt::Display) -> Error {
    Error::new_spanned(tokens, format!("{what}\nhelp: {help}"))
}
