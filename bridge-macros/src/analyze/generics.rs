//! What a companion asks of type parameters: what crosses threads must be able to.

use proc_macro2::{TokenStream, TokenTree};

use super::need::Need;
use super::projections;
use crate::model::{
    Ask, Block, Function, GenericKind, GenericParam, Interface, Piece, Place, ReceiverKind, Returns, Subject, Ty,
};
use crate::parse::is_punct;

pub(super) fn asks<'a>(function: &'a Function, place: Place<'a>, need: Need) -> Vec<Ask<'a>> {
    let block = if let Place::Block(block) = place { Some(block) } else { None };
    let interface = block.and_then(Block::interface);
    let uses = Uses::of(function, need);
    // An impl cannot ask anything of a function's own parameters: its trait has to, even where it has no body.
    let own_need = if need == Need::Output { Need::All } else { need };
    let own_uses = Uses::of(function, own_need);
    // `Self` is made of an impl's parameters, but not of a trait's.
    let is_made_of = |own: bool| !own && interface.is_none();
    let ask = |param: &'a GenericParam, own: bool| {
        let GenericKind::Type(name) = &param.kind else { return None };
        let text = name.to_string();
        let (uses, need) = if own { (&own_uses, own_need) } else { (&uses, need) };
        let shared = uses.has_shared(&text) || (is_made_of(own) && uses.has_shared("Self"));
        let crosses = need == Need::All || uses.has(&text) || (is_made_of(own) && uses.has("Self"));
        let has = |bound: &str| has_bound(&param.bounds, bound) || has_predicate(&function.predicates, &text, bound);
        Some(Ask {
            subject: if own { Subject::Own(name) } else { Subject::Outer(name) },
            sized: false,
            send: crosses && !has("Send"),
            sync: crosses && shared && !has("Sync"),
        })
    };
    let mut asks: Vec<Ask<'a>> = function.generics.iter().filter_map(|param| ask(param, true)).collect();
    if let Some(block) = block {
        asks.extend(block.generics.iter().filter_map(|param| ask(param, false)));
    }
    asks.extend(projections::asks(function, block, own_need, need));
    if let (Some(block), Some(interface)) = (block, interface) {
        asks.extend(block.associated().filter_map(|name| {
            let path = format!("Self::{name}");
            let (send, sync) = (uses.has(&path), uses.has_shared(&path));
            send.then_some(Ask { subject: Subject::Associated(name), sized: false, send, sync })
        }));
        asks.push(of_self(function, interface, &uses));
    }
    asks
}

/// What is asked of a trait's `Self`.
fn of_self<'a>(function: &Function, interface: &Interface, uses: &Uses) -> Ask<'a> {
    let by_value = matches!(&function.receiver, Some(receiver) if matches!(receiver.kind, ReceiverKind::Value));
    let by_value = by_value || function.args.iter().any(|arg| arg.ty.is_self());
    let says_sized = [&interface.supertraits, &interface.predicates, &function.predicates]
        .into_iter()
        .any(|bounds| super::mentions(bounds, "Sized"));
    let is = |bound| has_bound(&interface.supertraits, bound) || has_predicate(&interface.predicates, "Self", bound);
    // What `#[async_trait]` asks of a default body that has no `self` to go by.
    let of_async_trait = (interface.async_trait.is_some() || function.returns == Returns::AsyncTrait)
        && function.has_body
        && function.receiver.is_none();
    Ask {
        subject: Subject::This,
        sized: by_value && !says_sized,
        send: (uses.has_owned("Self") || of_async_trait) && !is("Send"),
        sync: uses.has_shared("Self") && !is("Sync"),
    }
}

/// Whether a where clause has `param: … bound …`.
fn has_predicate(predicates: &TokenStream, param: &str, bound: &str) -> bool {
    bounds_of(predicates, param).iter().any(|bounds| has_bound(bounds, bound))
}

/// Whether a where clause asks of `Self` a trait that may have functions, as a supertrait may.
pub(crate) fn has_supertrait(predicates: &TokenStream) -> bool {
    let has_functions = |bounds: &TokenStream| {
        let mut follows_tick = false;
        bounds.clone().into_iter().any(|tree| {
            let found = matches!(&tree, TokenTree::Ident(word)
                if !follows_tick && !["Sized", "Send", "Sync", "Unpin"].iter().any(|marker| word == marker));
            follows_tick = is_punct(&tree, '\'');
            found
        })
    };
    bounds_of(predicates, "Self").iter().any(has_functions)
}

/// The bounds of each predicate of a where clause that is about `subject`.
fn bounds_of(predicates: &TokenStream, subject: &str) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = predicates.clone().into_iter().collect();
    let mut depth = 0_usize;
    let of_predicates = trees.split(|tree| {
        match tree {
            tree if is_punct(tree, '<') => depth += 1,
            tree if is_punct(tree, '>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is_punct(tree, ',')
    });
    let bounds = |predicate: &[TokenTree]| match predicate {
        [TokenTree::Ident(word), colon, bounds @ ..] => {
            let has_one_colon = is_punct(colon, ':') && !bounds.first().is_some_and(|tree| is_punct(tree, ':'));
            (word == subject && has_one_colon).then(|| bounds.iter().cloned().collect())
        }
        _ => None,
    };
    of_predicates.filter_map(bounds).collect()
}

/// Whether `bounds` names the trait by itself.
fn has_bound(bounds: &TokenStream, name: &str) -> bool {
    let mut depth = 0_usize;
    bounds.clone().into_iter().any(|tree| match tree {
        TokenTree::Punct(punct) => {
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ => {}
            }
            false
        }
        TokenTree::Ident(ident) => depth == 0 && ident == name,
        _ => false,
    })
}

/// The names in a signature's types, and whether each is behind a shared reference.
#[derive(Default)]
struct Uses(Vec<(String, bool)>);

impl Uses {
    fn of(function: &Function, need: Need) -> Uses {
        let mut uses = Uses::default();
        if need != Need::Output {
            match function.receiver.as_ref().map(|receiver| &receiver.kind) {
                None => {}
                Some(ReceiverKind::Value) => uses.add("Self", false),
                Some(ReceiverKind::Reference(reference)) => uses.add("Self", reference.mutable.is_none()),
                Some(ReceiverKind::Typed(ty)) => uses.collect(ty, false),
            }
            for arg in &function.args {
                uses.collect(&arg.ty, false);
            }
        }
        if let Some(output) = &function.output {
            uses.collect(output, false);
        }
        uses
    }

    fn collect(&mut self, ty: &Ty, shared: bool) {
        let mut counted = false;
        for (index, piece) in ty.0.iter().enumerate() {
            match piece {
                Piece::Ident(ident) => {
                    match (ident == "Self", associated(&ty.0[index..])) {
                        (true, Some(name)) => self.add(&format!("Self::{name}"), shared),
                        // `T::Name` is no `T`.
                        (false, Some(_)) => {}
                        _ => self.add(&ident.to_string(), shared),
                    }
                    // What is counted is `Send` only where it is `Sync` too.
                    counted = ident == "Arc" || ident == "Weak";
                }
                Piece::Reference(reference, inner) => self.collect(inner, shared || reference.mutable.is_none()),
                Piece::Angle(_, inner, _) => {
                    self.collect(inner, shared || counted);
                    if counted && !shared {
                        self.collect(inner, false);
                    }
                }
                Piece::Impl(_, inner) | Piece::Group(_, _, inner) => self.collect(inner, shared),
                Piece::Raw(_) | Piece::Lifetime(_) | Piece::Opaque(_) => {}
            }
        }
    }

    fn add(&mut self, name: &str, shared: bool) {
        self.0.push((name.to_owned(), shared));
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(used, _)| used == name)
    }

    fn has_owned(&self, name: &str) -> bool {
        self.0.iter().any(|(used, shared)| !*shared && used == name)
    }

    fn has_shared(&self, name: &str) -> bool {
        self.0.iter().any(|(used, shared)| *shared && used == name)
    }
}

/// The `Name` of pieces that begin with `Self::Name`.
fn associated(pieces: &[Piece]) -> Option<&proc_macro2::Ident> {
    let is_colon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':');
    match pieces {
        [_, Piece::Raw(first), Piece::Raw(second), Piece::Ident(name), ..] if is_colon(first) && is_colon(second) => {
            Some(name)
        }
        _ => None,
    }
}
