//! The associated types in a signature, `T::Item` and `<T as Trait>::Item`: they cross threads as `T` does.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Generics, PathArguments, TypePath};

use super::scope::Scope;
use crate::ast::types::{self, Part, Reach};
use crate::ast::{Block, Function, tokens};
use crate::plan::{AddedBound, Subject};

/// The bounds of those of a function's own parameters, and of those of the block that it is in.
pub(super) fn added<'a>(
    function: &'a Function,
    block: Option<&'a Block>,
    own_scope: Scope,
    scope: Scope,
) -> Vec<AddedBound<'a>> {
    let in_trait = block.and_then(Block::as_trait).is_some();
    let mut added = Vec::new();
    let own = &function.sig.generics;
    for projection in named(function, own_scope) {
        if projection.is_of(own) {
            added.push(projection.bound(true));
        }
    }
    let Some(block) = block else { return added };
    for projection in named(function, scope) {
        let of_self = || in_trait && projection.names("Self") && !projection.is_declared(block);
        if !projection.is_of(own) && (projection.is_of(&block.generics) || of_self()) {
            added.push(projection.bound(false));
        }
    }
    added
}

/// A path to an associated type.
struct Projection<'a> {
    path: &'a TypePath,
    shared: bool,
}

impl<'a> Projection<'a> {
    /// The projection that `path` is: without arguments of its own, and without lifetimes, which may be bound where it
    /// is written.
    fn new(path: &'a TypePath, shared: bool) -> Option<Projection<'a>> {
        let segments = &path.path.segments;
        let is_projection = match &path.qself {
            None => {
                path.path.leading_colon.is_none()
                    && segments.len() == 2
                    && segments.iter().all(|segment| segment.arguments.is_none())
            }
            Some(qself) => {
                let has_name = segments.len() == qself.position + 1
                    && segments.last().is_some_and(|last| matches!(last.arguments, PathArguments::None));
                let mut is_simple = has_name;
                if has_name {
                    let mut see = |part: Part<'_>, _: Reach| {
                        is_simple &= matches!(part, Part::Path(_) | Part::Bound(_) | Part::Elements | Part::Macro(_))
                    };
                    types::walk(&qself.ty, Reach::VALUE, &mut see);
                    types::walk_path(&path.path, Reach::VALUE, &mut see);
                }
                is_simple
            }
        };
        is_projection.then_some(Projection { path, shared })
    }

    fn bound(&self, own: bool) -> AddedBound<'a> {
        let subject = Subject::Projection { path: self.path, own };
        AddedBound { subject, sized: false, send: true, sync: self.shared }
    }

    fn is_of(&self, generics: &Generics) -> bool {
        generics.type_params().any(|param| self.names(&param.ident.to_string()))
    }

    /// `T` and `Name` of `T::Name`.
    fn parts(&self) -> Option<(&Ident, &Ident)> {
        let segments = &self.path.path.segments;
        self.path.qself.is_none().then(|| (&segments[0].ident, &segments[1].ident))
    }

    /// Whether `name` is before the last `::`.
    fn names(&self, name: &str) -> bool {
        match (&self.path.qself, self.parts()) {
            (Some(qself), _) => {
                let mut found = tokens::mentions(&qself.ty.to_token_stream(), name);
                for segment in self.path.path.segments.iter().take(qself.position) {
                    found |= tokens::mentions(&segment.to_token_stream(), name);
                }
                found
            }
            (None, Some((root, _))) => root == name,
            (None, None) => false,
        }
    }

    /// Whether it is `Self::Name`, of a type that the trait itself declares.
    fn is_declared(&self, block: &Block) -> bool {
        self.parts().is_some_and(|(_, name)| block.associated().any(|declared| declared == name))
    }

    /// Whether both are the same `T::Name`.
    fn is_same(&self, other: &Projection<'_>) -> bool {
        self.parts().is_some() && self.parts() == other.parts()
    }
}

/// Those in that scope, each once.
fn named(function: &Function, scope: Scope) -> Vec<Projection<'_>> {
    let mut named: Vec<Projection<'_>> = Vec::new();
    let mut see = |part, reach: Reach| {
        let Part::Path(path) = part else { return };
        let Some(projection) = Projection::new(path, reach.shared) else { return };
        match named.iter_mut().find(|known| known.is_same(&projection)) {
            Some(known) => known.shared |= projection.shared,
            None => named.push(projection),
        }
    };
    if scope != Scope::Output {
        function.args().for_each(|arg| types::walk(&arg.ty, Reach::VALUE, &mut see));
    }
    function.output.iter().for_each(|output| types::walk(output, Reach::VALUE, &mut see));
    if scope == Scope::All {
        function.predicates().for_each(|predicate| types::walk_predicate(predicate, &mut see));
    }
    named
}
