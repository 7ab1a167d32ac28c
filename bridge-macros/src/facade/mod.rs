//! Facades: blocking types over async ones.
//!
//! `facade!` ([`mod@list`], [`structs`]) declares the types and leaves a registry of them in its module, a macro. An
//! attribute on an impl or a trait of an async type ([`item`]) hands the signatures to that macro, which hands them,
//! with the list, to [`mod@implement`]: it writes the facade's methods where the async ones stand, so that every name
//! means what it meant.

mod attrs;
mod body;
mod declare;
mod docs;
mod elided;
mod errors;
mod fold;
mod future;
mod handle;
mod implement;
mod item;
mod list;
mod map;
mod method;
mod options;
mod probe;
mod registry;
mod sends;
mod std_traits;
mod structs;
#[cfg(test)]
mod tests;
mod timeout;
mod tokens;
mod traits;
mod unify;
mod unlisted;
mod with;

use proc_macro2::TokenStream;

pub(crate) use self::declare::attribute;

/// `facade! { … }`
pub(crate) fn list(input: TokenStream) -> TokenStream {
    match syn::parse2::<list::List>(input) {
        Ok(list) => structs::all(list),
        Err(error) => {
            let definition = registry::definition(&registry::Registry::empty(), None);
            let error = error.to_compile_error();
            quote::quote!(#error #definition)
        }
    }
}

/// What the registry macro expands to.
pub(crate) fn implement(input: TokenStream) -> TokenStream {
    match syn::parse2::<implement::RegistryInput>(input) {
        Ok(implement::RegistryInput { registry, block }) => implement::block(&registry, block),
        Err(error) => error.to_compile_error(),
    }
}
