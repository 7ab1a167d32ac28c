//! What a companion asks of type parameters: what crosses threads must be able to.

use proc_macro2::{TokenStream, TokenTree};

use crate::model::{Ask, Function, GenericKind, GenericParam, Piece, Place, ReceiverKind, Ty};

pub(super) fn asks<'a>(function: &'a Function, place: Place<'a>, local: bool) -> Vec<Ask<'a>> {
    let of_impl = match place {
        Place::Impl(item) => &item.generics[..],
        Place::Free | Place::Method => &[],
    };
    let uses = Uses::of(function);
    let ask = |param: &'a GenericParam, own: bool| {
        let GenericKind::Type(name) = &param.kind else { return None };
        let text = name.to_string();
        let shared = uses.has_shared(&text) || (!own && uses.has_shared("Self"));
        // With a `Send` future all that it holds crosses; else the arguments and the output do.
        let crosses = !local || uses.has(&text) || (!own && uses.has("Self"));
        Some(Ask {
            param: name,
            own,
            send: crosses && !has_bound(&param.bounds, "Send"),
            sync: crosses && shared && !has_bound(&param.bounds, "Sync"),
        })
    };
    let own = function.generics.iter().filter_map(|param| ask(param, true));
    own.chain(of_impl.iter().filter_map(|param| ask(param, false))).collect()
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
    fn of(function: &Function) -> Uses {
        let mut uses = Uses::default();
        match function.receiver.as_ref().map(|receiver| &receiver.kind) {
            None => {}
            Some(ReceiverKind::Value) => uses.add("Self", false),
            Some(ReceiverKind::Reference(reference)) => uses.add("Self", reference.mutable.is_none()),
            Some(ReceiverKind::Typed(ty)) => uses.collect(ty, false),
        }
        for arg in &function.args {
            uses.collect(&arg.ty, false);
        }
        if let Some(output) = &function.output {
            uses.collect(output, false);
        }
        uses
    }

    fn collect(&mut self, ty: &Ty, shared: bool) {
        let mut counted = false;
        for piece in &ty.0 {
            match piece {
                Piece::Ident(ident) => {
                    self.add(&ident.to_string(), shared);
                    // What is counted is `Send` only where it is `Sync` too.
                    counted = ident == "Arc" || ident == "Weak";
                }
                Piece::Reference(reference, inner) => self.collect(inner, shared || reference.mutable.is_none()),
                Piece::Angle(_, inner, _) => self.collect(inner, shared || counted),
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

    fn has_shared(&self, name: &str) -> bool {
        self.0.iter().any(|(used, shared)| *shared && used == name)
    }
}
