//! Types, as marked tokens.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree, extra::DelimSpan};
use syn::{Lifetime, Token};

/// The start of a reference: all but what it points to.
pub(crate) struct Reference {
    pub(crate) and: Token![&],
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) mutable: Option<Ident>,
}

/// A type as it was written, with those places marked that a companion asks about or changes.
pub(crate) struct Ty(pub(crate) Vec<Piece>);

impl Ty {
    /// Its first and its last token.
    pub(crate) fn span(&self) -> (Span, Span) {
        (self.start(), self.end())
    }

    fn start(&self) -> Span {
        self.0.first().map_or_else(Span::call_site, Piece::start)
    }

    fn end(&self) -> Span {
        self.0.last().map_or_else(Span::call_site, Piece::end)
    }

    /// Every piece, from left to right.
    pub(crate) fn visit<'a>(&'a self, with: &mut dyn FnMut(&'a Piece)) {
        for piece in &self.0 {
            with(piece);
            match piece {
                Piece::Reference(_, inner)
                | Piece::Impl(_, inner)
                | Piece::Angle(_, inner, _)
                | Piece::Group(_, _, inner) => inner.visit(with),
                Piece::Raw(_) | Piece::Ident(_) | Piece::Lifetime(_) | Piece::Opaque(_) => {}
            }
        }
    }

    /// Whether a piece `is` what is looked for.
    pub(crate) fn any(&self, is: impl Fn(&Piece) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |piece| found |= is(piece));
        found
    }

    /// Without the invisible delimiters that a `$type:ty` brings.
    pub(crate) fn bare(&self) -> &[Piece] {
        match &self.0[..] {
            [Piece::Group(Delimiter::None, _, inner)] => inner.bare(),
            pieces => pieces,
        }
    }

    /// Whether it is `()`.
    pub(crate) fn is_unit(&self) -> bool {
        matches!(self.bare(), [Piece::Group(Delimiter::Parenthesis, _, inner)] if inner.0.is_empty())
    }

    /// Whether it is `!`.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self.bare(), [Piece::Raw(TokenTree::Punct(punct))] if punct.as_char() == '!')
    }

    /// Whether it is `Self`.
    pub(crate) fn is_self(&self) -> bool {
        matches!(self.bare(), [Piece::Ident(ident)] if ident == "Self")
    }

    /// Whether there is an `impl Trait` in it.
    pub(crate) fn has_impl(&self) -> bool {
        self.any(|piece| matches!(piece, Piece::Impl(..)))
    }

    /// Whether a lifetime is left out inside of an `impl Trait`, as only an async fn may.
    pub(crate) fn elides_in_impl(&self) -> bool {
        self.any(|piece| matches!(piece, Piece::Impl(_, bounds) if bounds.elides()))
    }

    /// Whether a lifetime is left out.
    pub(crate) fn elides(&self) -> bool {
        self.any(|piece| match piece {
            Piece::Reference(reference, _) => reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_"),
            Piece::Lifetime(lifetime) => lifetime.ident == "_",
            _ => false,
        })
    }
}

pub(crate) enum Piece {
    /// Copied as it is.
    Raw(TokenTree),
    /// A path segment or a keyword.
    Ident(Ident),
    /// `'a` or `'_`
    Lifetime(Lifetime),
    /// `&'a mut T`: the reference and, up to the end of the type, what it points to.
    Reference(Reference, Ty),
    /// `impl A + B`
    Impl(Ident, Ty),
    /// What is in `<…>`, with its brackets.
    Angle(Token![<], Ty, Token![>]),
    Group(Delimiter, DelimSpan, Ty),
    /// Tokens with lifetimes of their own: `fn(&T) -> &U`, `Fn(&T) -> &U` after its name, `for<'a>`.
    Opaque(TokenStream),
}

impl Piece {
    /// Its first and its last token.
    pub(crate) fn span(&self) -> (Span, Span) {
        (self.start(), self.end())
    }

    // Two ways down, not one that gives both: of `&&&T` each would be gone twice as often as the one before.
    fn start(&self) -> Span {
        match self {
            Piece::Raw(tree) => tree.span(),
            Piece::Ident(ident) | Piece::Impl(ident, _) => ident.span(),
            Piece::Lifetime(lifetime) => lifetime.apostrophe,
            Piece::Reference(reference, _) => reference.and.span,
            Piece::Angle(open, _, _) => open.span,
            // Invisible delimiters have no place of their own.
            Piece::Group(Delimiter::None, _, inner) => inner.start(),
            Piece::Group(_, span, _) => span.join(),
            Piece::Opaque(tokens) => tokens.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span()),
        }
    }

    fn end(&self) -> Span {
        match self {
            Piece::Raw(tree) => tree.span(),
            Piece::Ident(ident) => ident.span(),
            Piece::Lifetime(lifetime) => lifetime.ident.span(),
            Piece::Angle(_, _, close) => close.span,
            Piece::Reference(_, inner) | Piece::Impl(_, inner) | Piece::Group(Delimiter::None, _, inner) => inner.end(),
            Piece::Group(_, span, _) => span.join(),
            Piece::Opaque(tokens) => tokens.clone().into_iter().last().map_or_else(Span::call_site, |tree| tree.span()),
        }
    }
}
