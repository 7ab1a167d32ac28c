//! In the place of `facade`, without the feature of that name.

use proc_macro2::{Span, TokenStream};

use crate::attr;
use crate::error::Errors;

/// The item as it was, and the error that `#[threadsafe(facade)]` is not there.
pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.push(
        attr::facade_word(&options).map_or_else(Span::call_site, |word| word.span()),
        "`facade` needs the feature of this name: in Cargo.toml add `features = [\"facade\"]` to `bridge`",
    );
    let mut tokens = item;
    tokens.extend(errors.into_compile_errors());
    tokens
}
