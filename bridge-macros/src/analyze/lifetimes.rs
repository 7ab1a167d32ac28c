//! Lifetimes that were elided in the async fn mean the same in a companion.
//!
//! A companion has one reference more than its async fn: the handle. Where an elided lifetime of
//! the output would then be ambiguous, or be the handle's, it gets a name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens as _;
use syn::{GenericParam, Generics, Lifetime, Receiver, ReceiverKind, Type};

use crate::ast::types::{self, Part, Reach, is_anonymous};
use crate::ast::{Block, BlockKind, Function, tokens};
use crate::plan::{Lifetimes, Place};

pub(super) fn of(function: &Function, place: Place<'_>, is_owned: bool, handle: bool) -> Lifetimes {
    if is_owned {
        return owned(function);
    }
    let mut result = Lifetimes::default();
    let in_impl = elides_in_impl(function);
    let Some(output) = &function.output else {
        if in_impl {
            result.inputs = Inputs::of(function, place).names(function, place);
        }
        return result;
    };
    let (has_impl, elides) = (types::has_impl(output), types::elides(output));
    if !in_impl && !has_impl && !elides {
        return result;
    }
    let inputs = Inputs::of(function, place);
    let names = || inputs.names(function, place);
    if in_impl {
        result.inputs = names();
    }
    if has_impl {
        capture(&mut result, function, place, names(), output);
    }
    if elides {
        name_output(&mut result, function, &inputs, names, handle, in_impl);
    }
    result
}

/// The names that an `impl Trait` in the output captures.
fn capture(result: &mut Lifetimes, function: &Function, place: Place<'_>, names: Vec<Lifetime>, output: &Type) {
    let Some(mut captures) = captures(function, place, &names, output) else { return };
    result.inputs = names;
    result.impls =
        (0..count_impls(function)).map(|index| Ident::new(&format!("Arg{index}"), Span::mixed_site())).collect();
    captures.extend(result.impls.iter().map(|name| name.to_token_stream()));
    result.captures = Some(captures);
}

/// The name of the output's elided lifetimes.
fn name_output(
    result: &mut Lifetimes,
    function: &Function,
    inputs: &Inputs,
    names: impl Fn() -> Vec<Lifetime>,
    handle: bool,
    in_impl: bool,
) {
    if let Some(lifetime) = function.receiver().and_then(lifetime_of_self) {
        // Elided, they mean the receiver's lifetime, with a handle or without. Where that got a name, they get it too.
        if !result.inputs.is_empty() {
            let named = lifetime.filter(|lifetime| lifetime.ident != "_").cloned();
            result.output = named.or_else(|| result.inputs.first().cloned());
        }
        return;
    }
    if !handle && result.inputs.is_empty() {
        return;
    }
    // The one lifetime that the inputs have. Where they have none or several, the async fn itself
    // is in error, and `'static` keeps rustc from reporting that a second time.
    let fixed = || Lifetime::new("'static", Span::mixed_site());
    if result.inputs.is_empty() {
        result.inputs = names();
    }
    result.output = Some(match (&*inputs.named, &*result.inputs) {
        ([], [elided]) => elided.clone(),
        ([named], []) => named.clone(),
        _ => fixed(),
    });
    if inputs.named.len() + inputs.elided != 1 && !in_impl {
        result.inputs.clear();
    }
}

/// Names for a function that is no longer async, where it needs them.
pub(super) fn of_trait_fn(function: &Function, place: Place<'_>) -> Lifetimes {
    if elides_in_impl(function) { of(function, place, false, false) } else { Lifetimes::default() }
}

/// Whether an argument is `impl Into<&T>`, say: outside of an async fn, such a lifetime needs a name.
fn elides_in_impl(function: &Function) -> bool {
    function.args().any(|arg| types::elides_in_impl(&arg.ty))
}

/// The lifetime of the reference by which a receiver holds `self`; of the first one in `self: Pin<&mut Self>`, too.
#[expect(clippy::option_option, reason = "a reference, or none; and its lifetime, or none")]
fn lifetime_of_self(receiver: &Receiver) -> Option<Option<&Lifetime>> {
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => Some(lifetime.as_ref()),
        ReceiverKind::Typed(_, ty) => {
            let mut first = None;
            types::walk(ty, Reach::VALUE, &mut |part, _| {
                if let (Part::Reference(reference), None) = (part, first) {
                    first = Some(reference.lifetime.as_ref());
                }
            });
            first
        }
        _ => None,
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
}

impl Inputs {
    fn of(function: &Function, place: Place<'_>) -> Inputs {
        let mut inputs = Inputs { elided: 0, named: Vec::new() };
        match function.receiver().map(|receiver| &receiver.kind) {
            Some(ReceiverKind::Reference(_, lifetime, _)) => inputs.add(lifetime.as_ref()),
            Some(ReceiverKind::Typed(_, ty)) => inputs.add_all(ty),
            _ => {}
        }
        for arg in function.args() {
            inputs.add_all(&arg.ty);
        }
        // `for<'a>` binds names that are no inputs, and an impl out of sight may have its own.
        if !matches!(place, Place::Method) {
            let of_block = place.block().map(|block| &block.generics);
            let is_declared = |lifetime: &Lifetime| {
                let mut declared = of_block.into_iter().chain([&function.sig.generics]).flat_map(Generics::lifetimes);
                declared.any(|param| param.lifetime == *lifetime)
            };
            inputs.named.retain(|lifetime| lifetime.ident == "static" || is_declared(lifetime));
        }
        inputs
    }

    fn add_all(&mut self, ty: &Type) {
        types::walk(ty, Reach::VALUE, &mut |part, _| types::each_lifetime(part, &mut |lifetime| self.add(lifetime)));
    }

    fn add(&mut self, lifetime: Option<&Lifetime>) {
        match lifetime.filter(|lifetime| !is_anonymous(Some(lifetime))) {
            Some(lifetime) => {
                if !self.named.contains(lifetime) {
                    self.named.push(lifetime.clone());
                }
            }
            None => self.elided += 1,
        }
    }

    /// A name for each that has none: `'a`, `'b`, …, or, beside an impl that is out of sight and
    /// may have those, `'arg0`, `'arg1`, ….
    fn names(&self, function: &Function, place: Place<'_>) -> Vec<Lifetime> {
        if self.elided == 0 {
            return Vec::new();
        }
        // Also those that a `for<'a>` binds, which a name of ours must not shadow.
        let mut taken = Vec::new();
        tokens::lifetimes(function.head.iter().cloned(), &mut taken);
        let of_block = place.block().into_iter().flat_map(|block| block.generics.lifetimes());
        taken.extend(of_block.map(|param| param.lifetime.ident.to_string()));
        let letters = ('a'..='z').map(|letter| letter.to_string()).filter(|_| !matches!(place, Place::Method));
        let numbered = (0..).map(|index: usize| format!("arg{index}"));
        let free = letters.chain(numbered).filter(|name| !taken.contains(name));
        free.take(self.elided).map(|name| Lifetime::new(&format!("'{name}"), Span::mixed_site())).collect()
    }
}

/// Everything that the async fn's future holds, for `use<…>`: all but the handle. None where the
/// impl has a lifetime without a name, which could not be listed, or the user wrote it.
fn captures(function: &Function, place: Place<'_>, names: &[Lifetime], output: &Type) -> Option<Vec<TokenStream>> {
    let of_impl = match place.block() {
        Some(Block { kind: BlockKind::Impl(target), .. }) if types::elides(target) => return None,
        // In a trait it holds all there is, and `use<…>` is newer there than our oldest compiler.
        Some(Block { kind: BlockKind::Trait(_), .. }) => return None,
        block => block.map(|block| &block.generics),
    };
    if types::any(output, |part| matches!(part, Part::Capture)) {
        return None;
    }
    let declared = || of_impl.into_iter().chain([&function.sig.generics]).flat_map(|generics| &generics.params);
    let is_lifetime = |param: &&GenericParam| matches!(param, GenericParam::Lifetime(_));
    let params = declared().filter(is_lifetime).chain(declared().filter(|param| !is_lifetime(param)));
    Some(names.iter().map(|name| name.to_token_stream()).chain(params.map(super::param_name)).collect())
}

fn count_impls(function: &Function) -> usize {
    let mut count = 0;
    for arg in function.args() {
        types::walk(&arg.ty, Reach::VALUE, &mut |part, _| count += usize::from(matches!(part, Part::Impl(_))));
    }
    count
}
