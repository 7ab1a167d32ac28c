//! The bounds that a companion adds: what crosses threads must be `Send`, and `Sync` behind a shared reference.

use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{ReceiverKind, Token, Type, TypeParam, TypeParamBound, WherePredicate};

use super::projections;
use super::scope::Scope;
use crate::ast::types::{self, Part, Reach, as_ident, has_bound};
use crate::ast::{Block, Function, Returns, Trait, predicates, tokens};
use crate::plan::{AddedBound, Place, Subject};

pub(super) fn added<'a>(function: &'a Function, place: Place<'a>, scope: Scope) -> Vec<AddedBound<'a>> {
    let block = place.block();
    let own_generics = &function.sig.generics;
    if block.is_none() && own_generics.params.is_empty() {
        return Vec::new();
    }
    let interface = block.and_then(Block::as_trait);
    let uses = Uses::of(function, scope);
    // An impl cannot add bounds to a function's own parameters: its trait has to, even where it has no body.
    let own_scope = if scope == Scope::Output { Scope::All } else { scope };
    let own_uses = Uses::of(function, own_scope);
    // `Self` is made of an impl's parameters, but not of a trait's.
    let is_made_of = |own: bool| !own && interface.is_none();
    let bound = |param: &'a TypeParam, own: bool| {
        let name = &param.ident;
        let text = name.to_string();
        let (uses, scope) = if own { (&own_uses, own_scope) } else { (&uses, scope) };
        let reach = uses.reach(&text).or(if is_made_of(own) { uses.reach("Self") } else { None });
        let shared = reach.is_some_and(|reach| reach.shared) || is_made_of(own) && uses.is_shared("Self");
        let crosses = scope == Scope::All || reach.is_some();
        let of_where = || bounds_of(function.predicates(), &text);
        let has = |bound: &str| has_bound(&param.bounds, bound) || of_where().any(|bounds| has_bound(bounds, bound));
        // An unsized value is only behind what borrows or owns it.
        let is_lent = !is_made_of(own)
            && reach.is_some_and(|reach| !reach.owned)
            && (types::is_maybe_unsized(&param.bounds) || of_where().any(types::is_maybe_unsized));
        AddedBound {
            subject: if own { Subject::Own(name) } else { Subject::Outer(name) },
            sized: false,
            send: crosses && !is_lent && !has("Send"),
            sync: crosses && shared && !has("Sync"),
        }
    };
    let mut added: Vec<AddedBound<'a>> = own_generics.type_params().map(|param| bound(param, true)).collect();
    if let Some(block) = block {
        added.extend(block.generics.type_params().map(|param| bound(param, false)));
    }
    added.extend(projections::added(function, block, own_scope, scope));
    if let (Some(block), Some(interface)) = (block, interface) {
        added.extend(block.associated().filter_map(|name| {
            let reach = uses.reach(&format!("Self::{name}"))?;
            Some(AddedBound { subject: Subject::Associated(name), sized: false, send: true, sync: reach.shared })
        }));
        added.push(of_self(function, block, interface, &uses));
    }
    added
}

/// The bound of a trait's `Self`.
fn of_self<'a>(function: &Function, block: &Block, interface: &Trait, uses: &Uses) -> AddedBound<'a> {
    let by_value = matches!(function.receiver(), Some(receiver) if matches!(receiver.kind, ReceiverKind::Value));
    let by_value = by_value || function.args().any(|arg| as_ident(&arg.ty).is_some_and(|name| name == "Self"));
    let of_trait = || bounds_of(predicates(&block.generics), "Self").chain([&interface.supertraits]);
    let is = |bound| of_trait().any(|bounds| has_bound(bounds, bound));
    // Asked for by name only, so that what implies it is found in any where clause.
    let says_sized = || {
        let clauses = [&block.generics.where_clause, &function.sig.generics.where_clause];
        is("Sized") || clauses.iter().any(|clause| tokens::mentions(&clause.to_token_stream(), "Sized"))
    };
    // The bound that `#[async_trait]` adds to a default body that has no `self`.
    let of_async_trait = (interface.async_trait.is_some() || function.returns == Returns::AsyncTrait)
        && function.has_body
        && function.receiver().is_none();
    AddedBound {
        subject: Subject::This,
        sized: by_value && !says_sized(),
        send: (uses.is_owned("Self") || of_async_trait) && !is("Send"),
        sync: uses.is_shared("Self") && !is("Sync"),
    }
}

/// The bounds of each predicate that is about `subject`.
fn bounds_of<'a>(
    predicates: impl Iterator<Item = &'a WherePredicate>,
    subject: &str,
) -> impl Iterator<Item = &'a Punctuated<TypeParamBound, Token![+]>> {
    predicates.filter_map(move |predicate| match predicate {
        WherePredicate::Type(predicate) if as_ident(&predicate.bounded_ty).is_some_and(|name| name == subject) => {
            Some(&predicate.bounds)
        }
        _ => None,
    })
}

/// Whether a where clause asks of `Self` a trait that may have functions, as a supertrait may.
pub(crate) fn has_supertrait<'a>(predicates: impl Iterator<Item = &'a WherePredicate>) -> bool {
    const MARKERS: [&str; 4] = ["Sized", "Send", "Sync", "Unpin"];
    bounds_of(predicates, "Self").flatten().any(|bound| {
        matches!(bound, TypeParamBound::Trait(bound) if !MARKERS.iter().any(|marker| types::ends_in(&bound.path, marker)))
    })
}

/// The names in a signature's types, and how each is reached.
#[derive(Default)]
struct Uses(Vec<(String, Reach)>);

impl Uses {
    fn of(function: &Function, scope: Scope) -> Uses {
        let mut uses = Uses::default();
        if scope != Scope::Output {
            match function.receiver().map(|receiver| &receiver.kind) {
                Some(ReceiverKind::Typed(_, ty)) => uses.collect(ty),
                Some(ReceiverKind::Reference(_, _, None)) => {
                    uses.0.push(("Self".to_owned(), Reach::SHARED));
                }
                Some(_) => uses.0.push(("Self".to_owned(), Reach::VALUE)),
                None => {}
            }
            function.args().for_each(|arg| uses.collect(&arg.ty));
        }
        function.output.iter().for_each(|output| uses.collect(output));
        uses
    }

    fn collect(&mut self, ty: &Type) {
        types::walk(ty, Reach::VALUE, &mut |part, reach| self.see(part, reach));
    }

    fn see(&mut self, part: Part<'_>, reach: Reach) {
        match part {
            Part::Path(path) if path.qself.is_none() => {
                let mut segments = path.path.segments.iter();
                match (segments.next(), segments.next()) {
                    (Some(name), None) => self.0.push((name.ident.to_string(), reach)),
                    (Some(root), Some(name)) if root.ident == "Self" => {
                        self.0.push((format!("Self::{}", name.ident), reach));
                    }
                    // `T::Name` is no `T`.
                    _ => {}
                }
            }
            Part::Macro(invocation) => {
                let mut names = Vec::new();
                tokens::idents(invocation.tokens.clone(), &mut names);
                self.0.extend(names.into_iter().map(|name| (name, reach)));
            }
            _ => {}
        }
    }

    /// All ways to what has that name, or none.
    fn reach(&self, name: &str) -> Option<Reach> {
        let of_name = self.0.iter().filter(|(used, _)| used == name).map(|(_, reach)| *reach);
        of_name.reduce(|one, other| Reach {
            owned: one.owned || other.owned,
            shared: one.shared || other.shared,
            ..one
        })
    }

    fn is_owned(&self, name: &str) -> bool {
        self.reach(name).is_some_and(|reach| reach.owned)
    }

    fn is_shared(&self, name: &str) -> bool {
        self.reach(name).is_some_and(|reach| reach.shared)
    }
}
