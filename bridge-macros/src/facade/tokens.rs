//! Small helpers on tokens.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Type;

/// Tokens that keep what they mean, and are shown elsewhere.
pub(super) trait Located {
    fn located_at(&self, span: Span) -> TokenStream;
}

impl<T: ToTokens> Located for T {
    fn located_at(&self, span: Span) -> TokenStream {
        let mut tokens = TokenStream::new();
        for mut tree in self.to_token_stream() {
            tree.set_span(tree.span().located_at(span));
            tokens.extend([tree]);
        }
        tokens
    }
}

/// Tokens as people write them.
pub(super) fn text(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, written) in
        [(" :: ", "::"), (":: ", "::"), (" <", "<"), ("< ", "<"), (" >", ">"), ("& ", "&"), (" ,", ",")]
    {
        text = text.replace(spaced, written);
    }
    text
}

/// The path of a type as docs link to it, without arguments.
pub(super) fn path_text(ty: &impl ToTokens) -> String {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    text.split('<').next().unwrap_or_default().to_owned()
}

/// Hygiene of the macro, shown at `span`.
pub(super) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A type without parentheses and without the invisible delimiters that a `$t:ty` brings.
pub(super) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}
