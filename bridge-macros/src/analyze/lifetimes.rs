//! Lifetimes that were left out mean in a companion what they meant in the async fn.
//!
//! A companion has one reference more than its async fn: the handle. Where an elided lifetime of
//! the output would then be ambiguous, or be the handle's, it gets a name.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Lifetime;

use crate::model::{BlockKind, Function, GenericKind, Lifetimes, Piece, Place, ReceiverKind, Reference, Ty};
use crate::parse::is_punct;

pub(super) fn of(function: &Function, place: Place<'_>, is_owned: bool, handle: bool) -> Lifetimes {
    if is_owned {
        return owned(function);
    }
    let mut result = Lifetimes::default();
    let inputs = Inputs::of(function, place);
    let in_impl = elides_in_impl(function);
    if in_impl {
        result.inputs = inputs.names(place);
    }
    let Some(output) = &function.output else { return result };
    if output.has_impl() {
        let names = inputs.names(place);
        if let Some(impls) = captures(function, place, &names, output) {
            result.inputs = names;
            result.impls = (0..count_impls(function))
                .map(|index| Ident::new(&format!("Arg{index}"), Span::mixed_site()))
                .collect();
            let mut all = impls;
            all.extend(result.impls.iter().map(|name| name.to_token_stream()));
            result.captures = Some(all);
        }
    }
    if !output.elides() {
        return result;
    }
    if let Some(reference) = function.receiver.as_ref().and_then(|receiver| borrowed_self(&receiver.kind)) {
        // Elided, they mean the receiver's lifetime, with a handle or without. Where that got a name, they get it too.
        if !result.inputs.is_empty() {
            let named = reference.lifetime.clone().filter(|lifetime| lifetime.ident != "_");
            result.output = named.or_else(|| result.inputs.first().cloned());
        }
        return result;
    }
    if !handle && result.inputs.is_empty() {
        return result;
    }
    // The one lifetime that the inputs have. Where they have none or several, the async fn itself
    // is in error, and `'static` keeps the companion from saying so a second time.
    let fixed = || Lifetime::new("'static", Span::mixed_site());
    if result.inputs.is_empty() {
        result.inputs = inputs.names(place);
    }
    result.output = Some(match (&*inputs.named, &*result.inputs) {
        ([], [elided]) => elided.clone(),
        ([named], []) => named.clone(),
        _ => fixed(),
    });
    if inputs.named.len() + inputs.elided != 1 && !in_impl {
        result.inputs.clear();
    }
    result
}

/// Names for a function that is no longer async, where it needs them.
pub(super) fn of_promise(function: &Function, place: Place<'_>) -> Lifetimes {
    if elides_in_impl(function) { of(function, place, false, false) } else { Lifetimes::default() }
}

/// Whether an argument is `impl Into<&T>`, say: outside of an async fn, such a lifetime needs a name.
fn elides_in_impl(function: &Function) -> bool {
    function.args.iter().any(|arg| arg.ty.elides_in_impl())
}

/// The reference by which a receiver holds `self`, the first in `self: Pin<&mut Self>`, too.
fn borrowed_self(receiver: &ReceiverKind) -> Option<&Reference> {
    match receiver {
        ReceiverKind::Value => None,
        ReceiverKind::Reference(reference) => Some(reference),
        ReceiverKind::Typed(ty) => {
            let mut first = None;
            ty.visit(&mut |piece| {
                if let (Piece::Reference(reference, _), None) = (piece, first) {
                    first = Some(reference);
                }
            });
            first
        }
    }
}

/// Arguments that are moved to the loop for good.
fn owned(function: &Function) -> Lifetimes {
    let fixed = Lifetime::new("'static", Span::mixed_site());
    let inputs = Inputs::of(function, Place::Free);
    Lifetimes { inputs: vec![fixed.clone(); inputs.elided], output: Some(fixed), ..Lifetimes::default() }
}

/// The lifetimes of a function's arguments.
struct Inputs {
    elided: usize,
    /// Each once.
    named: Vec<Lifetime>,
    /// Names that are taken.
    taken: Vec<String>,
}

impl Inputs {
    fn of(function: &Function, place: Place<'_>) -> Inputs {
        let declared = function.generics.iter().chain(match place {
            Place::Block(block) => &block.generics[..],
            Place::Free | Place::Method => &[],
        });
        let declared = declared.filter_map(|param| match &param.kind {
            GenericKind::Lifetime(lifetime) => Some(lifetime.ident.to_string()),
            _ => None,
        });
        let declared: Vec<String> = declared.collect();
        let mut inputs = Inputs { elided: 0, named: Vec::new(), taken: bound_inside(function) };
        if let Some(receiver) = &function.receiver {
            match &receiver.kind {
                ReceiverKind::Value => {}
                ReceiverKind::Reference(reference) => inputs.add(reference.lifetime.as_ref()),
                ReceiverKind::Typed(ty) => inputs.add_all(ty),
            }
        }
        for arg in &function.args {
            inputs.add_all(&arg.ty);
        }
        // `for<'a>` binds names that are no inputs, and an impl out of sight may have its own.
        if !matches!(place, Place::Method) {
            inputs
                .named
                .retain(|lifetime| lifetime.ident == "static" || declared.contains(&lifetime.ident.to_string()));
        }
        inputs.taken.extend(declared);
        inputs
    }

    fn add_all(&mut self, ty: &Ty) {
        ty.visit(&mut |piece| match piece {
            Piece::Reference(reference, _) => self.add(reference.lifetime.as_ref()),
            Piece::Lifetime(lifetime) => self.add(Some(lifetime)),
            _ => {}
        });
    }

    fn add(&mut self, lifetime: Option<&Lifetime>) {
        match lifetime {
            Some(lifetime) if lifetime.ident != "_" => {
                if !self.named.contains(lifetime) {
                    self.named.push(lifetime.clone());
                }
            }
            _ => self.elided += 1,
        }
    }

    /// A name for each that has none: `'a`, `'b`, …, or, beside an impl that is out of sight and
    /// may have those, `'arg0`, `'arg1`, ….
    fn names(&self, place: Place<'_>) -> Vec<Lifetime> {
        let letters = ('a'..='z').map(|letter| letter.to_string()).filter(|_| !matches!(place, Place::Method));
        let numbered = (0..).map(|index: usize| format!("arg{index}"));
        let free = letters.chain(numbered).filter(|name| !self.taken.contains(name));
        free.take(self.elided).map(|name| Lifetime::new(&format!("'{name}"), Span::mixed_site())).collect()
    }
}

/// The names that a `for<'a>` in the signature binds, which a name of ours must not shadow: all that are in what has
/// lifetimes of its own.
fn bound_inside(function: &Function) -> Vec<String> {
    let mut names = Vec::new();
    let types = function.args.iter().map(|arg| &arg.ty).chain(&function.output);
    for ty in types {
        ty.visit(&mut |piece| {
            if let Piece::Opaque(tokens) = piece {
                collect(tokens.clone(), &mut names);
            }
        });
    }
    for tokens in function.generics.iter().map(|param| &param.bounds).chain([&function.predicates]) {
        collect(tokens.clone(), &mut names);
    }
    names
}

fn collect(tokens: TokenStream, names: &mut Vec<String>) {
    let mut follows_tick = false;
    for tree in tokens {
        match &tree {
            TokenTree::Ident(name) if follows_tick => names.push(name.to_string()),
            TokenTree::Group(group) => collect(group.stream(), names),
            _ => {}
        }
        follows_tick = is_punct(&tree, '\'');
    }
}

/// Everything that the async fn's future holds, for `use<…>`: all but the handle. None where the
/// impl has a lifetime without a name, which could not be listed, or the user said it all.
fn captures(function: &Function, place: Place<'_>, names: &[Lifetime], output: &Ty) -> Option<Vec<TokenStream>> {
    let of_impl = match place {
        Place::Block(block) => match &block.kind {
            BlockKind::Impl(target) if target.elides() => return None,
            BlockKind::Impl(_) => &block.generics[..],
            // In a trait it holds all there is, and `use<…>` is newer there than our oldest compiler.
            BlockKind::Trait(_) => return None,
        },
        Place::Free | Place::Method => &[],
    };
    if output.any(|piece| matches!(piece, Piece::Ident(ident) if ident == "use")) {
        return None;
    }
    let declared = || of_impl.iter().chain(&function.generics);
    let lifetimes = declared().filter_map(|param| match &param.kind {
        GenericKind::Lifetime(lifetime) => Some(lifetime.to_token_stream()),
        _ => None,
    });
    let others = declared().filter_map(|param| match &param.kind {
        GenericKind::Type(ident) | GenericKind::Const(_, ident) => Some(ident.to_token_stream()),
        GenericKind::Lifetime(_) => None,
    });
    Some(names.iter().map(|name| name.to_token_stream()).chain(lifetimes).chain(others).collect())
}

fn count_impls(function: &Function) -> usize {
    let mut count = 0;
    for arg in &function.args {
        arg.ty.visit(&mut |piece| count += usize::from(matches!(piece, Piece::Impl(..))));
    }
    count
}
