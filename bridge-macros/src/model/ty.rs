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
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => (first.span().0, last.span().1),
            _ => (Span::call_site(), Span::call_site()),
        }
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

    /// Whether it is `()`.
    pub(crate) fn is_unit(&self) -> bool {
        matches!(&self.0[..], [Piece::Group(Delimiter::Parenthesis, _, inner)] if inner.0.is_empty())
    }

    /// Whether it is `!`.
    pub(crate) fn is_never(&self) -> bool {
        matches!(&self.0[..], [Piece::Raw(TokenTree::Punct(punct))] if punct.as_char() == '!')
    }

    /// Whether it is `Self`.
    pub(crate) fn is_self(&self) -> bool {
        matches!(&self.0[..], [Piece::Ident(ident)] if ident == "Self")
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
    Angle(Token![<], Ty, Option<Token![>]>),
    Group(Delimiter, DelimSpan, Ty),
    /// Tokens with lifetimes of their own: `fn(&T) -> &U`, `Fn(&T) -> &U` after its name, `for<'a>`.
    Opaque(TokenStream),
}

impl Piece {
    /// Its first and its last token.
    pub(crate) fn span(&self) -> (Span, Span) {
        let one = |span| (span, span);
        match self {
            Piece::Raw(tree) => one(tree.span()),
            Piece::Ident(ident) => one(ident.span()),
            Piece::Lifetime(lifetime) => (lifetime.apostrophe, lifetime.ident.span()),
            Piece::Reference(reference, inner) => (reference.and.span, inner.span().1),
            Piece::Impl(ident, inner) => (ident.span(), inner.span().1),
            Piece::Angle(open, inner, close) => {
                (open.span, close.as_ref().map_or_else(|| inner.span().1, |close| close.span))
            }
            // Invisible delimiters have no place of their own.
            Piece::Group(Delimiter::None, _, inner) => inner.span(),
            Piece::Group(_, span, _) => one(span.join()),
            Piece::Opaque(tokens) => {
                let mut spans = tokens.clone().into_iter().map(|tree| tree.span());
                let first = spans.next().unwrap_or_else(Span::call_site);
                (first, spans.last().unwrap_or(first))
            }
        }
    }
}
