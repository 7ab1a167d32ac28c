//! Whether a type that is written in a signature is one that a list has, and what stands there for its parameters.
//!
//! The listed type is a pattern: `Query<'q, Sqlite, Args<'q>>`, of a facade with the parameter `'q`, is also written
//! `Query<'a, Sqlite, Args<'a>>`, `Query<'_, Sqlite, Args<'_>>` and `Query<Sqlite, Args>`. Paths are compared by their
//! ends.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Generics, Lifetime, Path, PathArguments, Type, TypePath,
    parse_quote,
};

use super::registry::names;
use super::tokens::{text, ungrouped};
use crate::analyze::param_name;

/// The arguments of a listed type, unless they are just the facade's parameters, in order.
pub(super) struct Pattern {
    params: Vec<GenericArgument>,
    arguments: AngleBracketedGenericArguments,
}

impl Pattern {
    pub(super) fn of(path: &Path, generics: &Generics) -> Option<Pattern> {
        let params: Vec<GenericArgument> =
            generics.params.iter().map(param_name).map(|name| parse_quote!(#name)).collect();
        let arguments = match path.segments.last().map(|last| &last.arguments) {
            Some(PathArguments::AngleBracketed(arguments)) => arguments.clone(),
            _ => parse_quote!(<>),
        };
        let is_same = arguments.args.iter().map(text).eq(params.iter().map(text));
        (!is_same).then_some(Pattern { params, arguments })
    }

    /// The arguments as they are written in the list.
    pub(super) fn text(&self) -> String {
        if self.arguments.args.is_empty() { String::new() } else { text(&self.arguments) }
    }

    /// The facade's arguments where the listed type is written with these.
    pub(super) fn find(&self, written: &PathArguments) -> Option<PathArguments> {
        let mut found = Bindings { params: &self.params, bound: vec![None; self.params.len()] };
        if !found.arguments(Some(&self.arguments), written) {
            return None;
        }
        if self.params.is_empty() {
            return Some(PathArguments::None);
        }
        let bound = self.params.iter().zip(found.bound).map(|(param, bound)| match (param, bound) {
            (_, Some(bound)) => Some(bound),
            // It is in no place that is written.
            (GenericArgument::Lifetime(_), None) => Some(elided()),
            _ => None,
        });
        let bound: Punctuated<GenericArgument, syn::Token![,]> = bound.collect::<Option<_>>()?;
        Some(PathArguments::AngleBracketed(parse_quote!(<#bound>)))
    }
}

fn elided() -> GenericArgument {
    parse_quote!('_)
}

/// What has been found for the parameters so far.
struct Bindings<'a> {
    params: &'a [GenericArgument],
    bound: Vec<Option<GenericArgument>>,
}

impl Bindings<'_> {
    /// Takes `written` for a parameter that `listed` is. `None`: it is none.
    fn bind(&mut self, listed: &impl ToTokens, written: &GenericArgument) -> Option<bool> {
        let listed = text(listed);
        let index = self.params.iter().position(|param| text(param) == listed)?;
        let bound = &mut self.bound[index];
        let is_same = match bound {
            // Of two lifetimes in the places of one, rustc decides.
            Some(before) => matches!(written, GenericArgument::Lifetime(_)) || text(before) == text(written),
            None => true,
        };
        bound.get_or_insert_with(|| written.clone());
        Some(is_same)
    }

    fn arguments(&mut self, listed: Option<&AngleBracketedGenericArguments>, written: &PathArguments) -> bool {
        let written: Vec<&GenericArgument> = match written {
            PathArguments::AngleBracketed(written) => written.args.iter().collect(),
            PathArguments::None => Vec::new(),
            PathArguments::Parenthesized(_) => return false,
        };
        let listed: Vec<&GenericArgument> = listed.into_iter().flat_map(|listed| &listed.args).collect();
        let is_lifetime = |argument: &&GenericArgument| matches!(argument, GenericArgument::Lifetime(_));
        let are_left_out = !written.iter().any(is_lifetime);
        let mut written = written.into_iter();
        let all = listed.into_iter().all(|listed| match listed {
            GenericArgument::Lifetime(_) if are_left_out => self.bind(listed, &elided()).unwrap_or(false),
            _ => written.next().is_some_and(|written| self.argument(listed, written)),
        });
        all && written.next().is_none()
    }

    fn argument(&mut self, listed: &GenericArgument, written: &GenericArgument) -> bool {
        if let Some(is_same) = self.bind(listed, written) {
            return is_same;
        }
        match (listed, written) {
            (GenericArgument::Type(listed), GenericArgument::Type(written)) => self.ty(listed, written),
            _ => text(listed) == text(written),
        }
    }

    fn ty(&mut self, listed: &Type, written: &Type) -> bool {
        let (listed, written) = (ungrouped(listed), ungrouped(written));
        if let Some(is_same) = self.bind(listed, &GenericArgument::Type(written.clone())) {
            return is_same;
        }
        match (listed, written) {
            (Type::Path(listed), Type::Path(written)) => self.path(listed, written),
            (Type::Reference(listed), Type::Reference(written)) => {
                listed.mutability.is_some() == written.mutability.is_some()
                    && self.lifetime(listed.lifetime.as_ref(), written.lifetime.as_ref())
                    && self.ty(&listed.elem, &written.elem)
            }
            (Type::Slice(listed), Type::Slice(written)) => self.ty(&listed.elem, &written.elem),
            (Type::Tuple(listed), Type::Tuple(written)) => {
                let same_length = listed.elems.len() == written.elems.len();
                same_length && listed.elems.iter().zip(&written.elems).all(|(listed, written)| self.ty(listed, written))
            }
            _ => text(listed) == text(written),
        }
    }

    /// Of a reference.
    fn lifetime(&mut self, listed: Option<&Lifetime>, written: Option<&Lifetime>) -> bool {
        let written = written.map_or_else(elided, |written| GenericArgument::Lifetime(written.clone()));
        match listed {
            Some(listed) => self.bind(listed, &written).unwrap_or_else(|| text(listed) == text(&written)),
            None => text(&written) == text(elided()),
        }
    }

    fn path(&mut self, listed: &TypePath, written: &TypePath) -> bool {
        if listed.qself.is_some() || written.qself.is_some() {
            return text(listed) == text(written);
        }
        let (long, short) = (names(&listed.path), names(&written.path));
        let (Some(listed), Some(written)) = (listed.path.segments.last(), written.path.segments.last()) else {
            return false;
        };
        let arguments = match &listed.arguments {
            PathArguments::AngleBracketed(arguments) => Some(arguments),
            PathArguments::None => None,
            PathArguments::Parenthesized(_) => return text(listed) == text(written),
        };
        (long.ends_with(&short) || short.ends_with(&long)) && self.arguments(arguments, &written.arguments)
    }
}
