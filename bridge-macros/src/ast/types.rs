//! What companions ask about a type: its references, lifetimes, `impl Trait`s and paths.
//!
//! `syn::visit` is not used: its feature is not among those that `tokio-macros` builds `syn` with, and each visitor
//! would bring code for all of `syn`'s tree.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    AngleBracketedGenericArguments, CapturedParam, GenericArgument, Lifetime, Macro, NamedArg, Path, PathArguments,
    ReturnType, Token, Type, TypeImplTrait, TypeParamBound, TypePath, TypeReference, WherePredicate,
};

use super::tokens::is_punct;

/// How the parts of a type are reached.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    /// By value, or by `&mut`.
    pub(crate) owned: bool,
    /// Through a shared reference, or an `Arc`.
    pub(crate) shared: bool,
    /// In how many other types.
    pub(crate) depth: usize,
}

impl Reach {
    pub(crate) const VALUE: Reach = Reach { owned: true, shared: false, depth: 0 };
    pub(crate) const SHARED: Reach = Reach { owned: false, shared: true, depth: 1 };

    /// Behind that reference.
    pub(crate) fn behind(self, reference: &TypeReference) -> Reach {
        let depth = self.depth + 1;
        if reference.mutability.is_some() { Reach { depth, ..self } } else { Reach { depth, ..Reach::SHARED } }
    }

    /// In the arguments of a type of that name. The content of an `Arc` is `Send` only where it is `Sync` too.
    pub(crate) fn inside(self, name: &Ident) -> Reach {
        let is_counted = name == "Arc" || name == "Weak";
        Reach { owned: self.owned, shared: self.shared || is_counted, depth: self.depth + 1 }
    }

    fn deeper(self) -> Reach {
        Reach { depth: self.depth + 1, ..self }
    }
}

/// A part of a type.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    /// `&'a mut`; the type that it points to follows.
    Reference(&'a TypeReference),
    /// `'a` or `'_` in a path or in bounds.
    Lifetime(&'a Lifetime),
    /// A type's path; the types in it follow.
    Path(&'a TypePath),
    /// The path of a trait in bounds; the types in it follow.
    Bound(&'a Path),
    /// A tuple, a slice or an array; its elements follow.
    Elements,
    /// Its bounds follow.
    Impl(&'a TypeImplTrait),
    /// `use<…>`; the lifetimes in it follow.
    Capture,
    Macro(&'a Macro),
    /// `fn(&T) -> &U` or the `(&T) -> &U` of `Fn(&T) -> &U`: elided lifetimes in there belong to it. It is not entered.
    Callable(Option<Callable<'a>>),
}

/// What a callable takes and returns, where it is parsed.
pub(crate) type Callable<'a> = (&'a Punctuated<NamedArg, Token![,]>, &'a ReturnType);

/// A function that is called for each part of a type, from left to right.
pub(crate) type See<'s, 'a> = &'s mut dyn FnMut(Part<'a>, Reach);

pub(crate) fn walk<'a>(ty: &'a Type, reach: Reach, see: See<'_, 'a>) {
    match ty {
        Type::Array(array) => {
            see(Part::Elements, reach);
            walk(&array.elem, reach.deeper(), see);
        }
        Type::Group(group) => walk(&group.elem, reach, see),
        Type::Paren(paren) => walk(&paren.elem, reach, see),
        Type::Ptr(pointer) => walk(&pointer.elem, reach, see),
        Type::Slice(slice) => {
            see(Part::Elements, reach);
            walk(&slice.elem, reach.deeper(), see);
        }
        Type::Tuple(tuple) => {
            see(Part::Elements, reach);
            tuple.elems.iter().for_each(|element| walk(element, reach.deeper(), see));
        }
        Type::Reference(reference) => {
            see(Part::Reference(reference), reach);
            walk(&reference.elem, reach.behind(reference), see);
        }
        Type::Path(path) => {
            see(Part::Path(path), reach);
            if let Some(qself) = &path.qself {
                walk(&qself.ty, reach, see);
            }
            walk_path(&path.path, reach, see);
        }
        Type::ImplTrait(hidden) => {
            see(Part::Impl(hidden), reach);
            walk_bounds(&hidden.bounds, reach.deeper(), see);
        }
        Type::TraitObject(object) => walk_bounds(&object.bounds, reach, see),
        Type::Macro(invocation) => see(Part::Macro(&invocation.mac), reach),
        Type::FnPtr(pointer) => see(Part::Callable(Some((&pointer.inputs, &pointer.output))), reach),
        Type::Verbatim(_) => see(Part::Callable(None), reach),
        _ => {}
    }
}

pub(crate) fn walk_path<'a>(path: &'a Path, reach: Reach, see: See<'_, 'a>) {
    for segment in &path.segments {
        match &segment.arguments {
            PathArguments::None => {}
            PathArguments::AngleBracketed(arguments) => walk_arguments(arguments, reach.inside(&segment.ident), see),
            PathArguments::Parenthesized(arguments) => {
                see(Part::Callable(Some((&arguments.inputs, &arguments.output))), reach);
            }
        }
    }
}

fn walk_arguments<'a>(arguments: &'a AngleBracketedGenericArguments, reach: Reach, see: See<'_, 'a>) {
    for argument in &arguments.args {
        match argument {
            GenericArgument::Lifetime(lifetime) => see(Part::Lifetime(lifetime), reach),
            GenericArgument::Type(ty) => walk(ty, reach, see),
            GenericArgument::AssocType(binding) => {
                binding.generics.iter().for_each(|arguments| walk_arguments(arguments, reach, see));
                walk(&binding.ty, reach, see);
            }
            GenericArgument::Constraint(constraint) => walk_bounds(&constraint.bounds, reach, see),
            _ => {}
        }
    }
}

pub(crate) fn walk_bounds<'a>(bounds: &'a Punctuated<TypeParamBound, Token![+]>, reach: Reach, see: See<'_, 'a>) {
    for bound in bounds {
        match bound {
            TypeParamBound::Trait(bound) => {
                see(Part::Bound(&bound.path), reach);
                walk_path(&bound.path, reach, see);
            }
            TypeParamBound::Lifetime(lifetime) => see(Part::Lifetime(lifetime), reach),
            TypeParamBound::PreciseCapture(capture) => {
                see(Part::Capture, reach);
                for param in &capture.params {
                    if let CapturedParam::Lifetime(lifetime) = param {
                        see(Part::Lifetime(lifetime), reach);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The types of a where clause's predicate.
pub(crate) fn walk_predicate<'a>(predicate: &'a WherePredicate, see: See<'_, 'a>) {
    if let WherePredicate::Type(predicate) = predicate {
        walk(&predicate.bounded_ty, Reach::VALUE, see);
        walk_bounds(&predicate.bounds, Reach::VALUE, see);
    }
}

/// Calls `see` with each part, and with those of callables.
pub(crate) fn walk_all<'a>(ty: &'a Type, see: &mut dyn FnMut(Part<'a>)) {
    walk(ty, Reach::VALUE, &mut |part, _| {
        see(part);
        let Part::Callable(Some((inputs, output))) = part else { return };
        inputs.iter().for_each(|input| walk_all(&input.ty, see));
        if let ReturnType::Type(_, ty) = output {
            walk_all(ty, see);
        }
    });
}

/// Whether there is a part that `is` accepts.
pub(crate) fn any(ty: &Type, mut is: impl FnMut(Part<'_>) -> bool) -> bool {
    let mut found = false;
    walk(ty, Reach::VALUE, &mut |part, _| found |= is(part));
    found
}

/// Whether there is an `impl Trait` in it.
pub(crate) fn has_impl(ty: &Type) -> bool {
    any(ty, |part| matches!(part, Part::Impl(_)))
}

/// Whether a lifetime is elided in it.
pub(crate) fn elides(ty: &Type) -> bool {
    any(ty, is_elided)
}

/// Whether a lifetime is elided inside of an `impl Trait`, which only an async fn may do.
pub(crate) fn elides_in_impl(ty: &Type) -> bool {
    any(ty, |part| {
        let mut found = false;
        if let Part::Impl(hidden) = part {
            walk_bounds(&hidden.bounds, Reach::VALUE, &mut |part, _| found |= is_elided(part));
        }
        found
    })
}

fn is_elided(part: Part<'_>) -> bool {
    let mut found = false;
    each_lifetime(part, &mut |lifetime| found |= is_anonymous(lifetime));
    found
}

/// Calls `see` with each lifetime of a part by itself; with `None` where it is left out.
pub(crate) fn each_lifetime(part: Part<'_>, see: &mut dyn FnMut(Option<&Lifetime>)) {
    match part {
        Part::Reference(reference) => see(reference.lifetime.as_ref()),
        Part::Lifetime(lifetime) => see(Some(lifetime)),
        Part::Macro(invocation) => {
            with_lifetimes(invocation.tokens.clone(), &mut |lifetime| {
                see(lifetime);
                None
            });
        }
        _ => {}
    }
}

/// Whether it is left out, or `'_`.
pub(crate) fn is_anonymous(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_none_or(|lifetime| lifetime.ident == "_")
}

/// The arguments of a macro that is a type, with the lifetimes that `name` gives for those in there; for `None` where a
/// reference has none.
pub(crate) fn with_lifetimes(
    tokens: TokenStream,
    name: &mut dyn FnMut(Option<&Lifetime>) -> Option<Lifetime>,
) -> TokenStream {
    let mut named = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match (&tree, trees.peek()) {
            (TokenTree::Punct(tick), Some(TokenTree::Ident(ident))) if tick.as_char() == '\'' => {
                let lifetime = Lifetime { apostrophe: tick.span(), ident: ident.clone() };
                trees.next();
                name(Some(&lifetime)).unwrap_or(lifetime).to_tokens(&mut named);
            }
            (TokenTree::Group(group), _) => {
                let mut inner = Group::new(group.delimiter(), with_lifetimes(group.stream(), name));
                inner.set_span(group.span());
                named.extend([TokenTree::from(inner)]);
            }
            (_, next) => {
                // Not the `&` of a macro's own grammar.
                let is_reference = is_punct(&tree, '&') && next.is_some_and(begins_type);
                named.extend([tree]);
                if is_reference {
                    name(None).to_tokens(&mut named);
                }
            }
        }
    }
    named
}

/// Whether a type without a lifetime before it may begin with `tree`.
fn begins_type(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Punct(punct) => "&*<:!".contains(punct.as_char()),
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Ident(_) => true,
        TokenTree::Literal(_) => false,
    }
}

/// Outside of the invisible delimiters that a `$type:ty` brings.
pub(crate) fn ungroup(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungroup(&group.elem),
        ty => ty,
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ungroup(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

pub(crate) fn is_never(ty: &Type) -> bool {
    matches!(ungroup(ty), Type::Never(_))
}

pub(crate) fn is_shared_reference(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if reference.mutability.is_none())
}

/// The name that a type's path is.
pub(crate) fn as_ident(ty: &Type) -> Option<&Ident> {
    match ungroup(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Whether `bounds` has the trait by that name.
pub(crate) fn has_bound(bounds: &Punctuated<TypeParamBound, Token![+]>, name: &str) -> bool {
    bounds.iter().any(
        |bound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_none() && ends_in(&bound.path, name)),
    )
}

/// Whether `bounds` has `?Sized`.
pub(crate) fn is_maybe_unsized(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    bounds.iter().any(|bound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some()))
}

/// Whether a path's last segment has that name.
pub(crate) fn ends_in(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

/// The span of its first token.
pub(crate) fn first_span(ty: &Type) -> Span {
    match ty {
        Type::Group(group) => first_span(&group.elem),
        Type::Path(path) => first_span_of_path(path),
        Type::Reference(reference) => reference.and_token.span,
        Type::Tuple(tuple) => tuple.paren_token.span.join(),
        Type::Paren(paren) => paren.paren_token.span.join(),
        ty => ty.to_token_stream().into_iter().next().map_or_else(|| ty.span(), |tree| tree.span()),
    }
}

pub(crate) fn first_span_of_path(path: &TypePath) -> Span {
    match (&path.qself, &path.path.leading_colon, path.path.segments.first()) {
        (Some(qself), _, _) => qself.lt_token.span,
        (None, Some(colons), _) => colons.spans[0],
        (None, None, first) => first.map_or_else(Span::call_site, |first| first.ident.span()),
    }
}

/// The span of its last token.
pub(crate) fn last_span(ty: &Type) -> Span {
    match ty {
        Type::Group(group) => last_span(&group.elem),
        Type::Reference(reference) => last_span(&reference.elem),
        Type::Tuple(tuple) => tuple.paren_token.span.join(),
        Type::Paren(paren) => paren.paren_token.span.join(),
        Type::Path(path) => path.path.segments.last().map_or_else(Span::call_site, |last| match &last.arguments {
            PathArguments::None => last.ident.span(),
            PathArguments::AngleBracketed(arguments) => arguments.gt_token.span,
            PathArguments::Parenthesized(arguments) => match &arguments.output {
                ReturnType::Default => arguments.paren_token.span.join(),
                ReturnType::Type(_, output) => last_span(output),
            },
        }),
        ty => ty.to_token_stream().into_iter().last().map_or_else(|| ty.span(), |tree| tree.span()),
    }
}
