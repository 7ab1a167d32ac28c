//! The associated types that a signature names, `T::Item` and `<T as Trait>::Item`: they cross threads as `T` does.

use proc_macro2::TokenTree;

use super::need::Need;
use crate::model::{Ask, Block, Function, GenericKind, GenericParam, Piece, Subject, Ty};

/// What is asked of those of a function's own parameters, and of those of the block that it stands in.
pub(super) fn asks<'a>(function: &'a Function, block: Option<&'a Block>, own_need: Need, need: Need) -> Vec<Ask<'a>> {
    if function.generics.is_empty() && block.is_none() {
        return Vec::new();
    }
    let in_trait = block.and_then(Block::interface).is_some();
    let outer = block.map_or(&[][..], |block| &block.generics);
    let mut asks = Vec::new();
    for projection in named(function, own_need) {
        if projection.is_of(&function.generics) {
            asks.push(projection.ask(true));
        }
    }
    for projection in named(function, need) {
        let of_self = in_trait && projection.names("Self") && !projection.is_declared(block);
        if !projection.is_of(&function.generics) && (projection.is_of(outer) || of_self) {
            asks.push(projection.ask(false));
        }
    }
    asks
}

/// A path to an associated type, as it was written.
struct Projection<'a> {
    path: &'a [Piece],
    /// Whether it is behind a shared reference.
    shared: bool,
}

impl<'a> Projection<'a> {
    fn ask(&self, own: bool) -> Ask<'a> {
        let subject = Subject::Projection { path: self.path, own };
        Ask { subject, sized: false, send: true, sync: self.shared }
    }

    fn is_of(&self, params: &[GenericParam]) -> bool {
        params.iter().any(|param| matches!(&param.kind, GenericKind::Type(name) if self.names(&name.to_string())))
    }

    /// Whether `name` occurs before the `::`.
    fn names(&self, name: &str) -> bool {
        match self.path {
            [Piece::Ident(root), ..] => root == name,
            [Piece::Angle(_, inner, _), ..] => inner.any(|piece| matches!(piece, Piece::Ident(ident) if ident == name)),
            _ => false,
        }
    }

    /// Whether it is `Self::Name`, of a type that the trait itself declares.
    fn is_declared(&self, block: Option<&Block>) -> bool {
        match self.path {
            [Piece::Ident(_), .., Piece::Ident(name)] => {
                block.is_some_and(|block| block.associated().any(|declared| declared == name))
            }
            _ => false,
        }
    }

    /// The same text, as far as it is short.
    fn is_same(&self, other: &Projection<'_>) -> bool {
        match (self.path, other.path) {
            ([Piece::Ident(root), .., Piece::Ident(name)], [Piece::Ident(other_root), .., Piece::Ident(other)]) => {
                root == other_root && name == other
            }
            _ => false,
        }
    }
}

/// Those that `need` is about, each once.
fn named(function: &Function, need: Need) -> Vec<Projection<'_>> {
    let mut all = Vec::new();
    if need != Need::Output {
        function.args.iter().for_each(|arg| collect(&arg.ty, false, &mut all));
    }
    function.output.iter().for_each(|output| collect(output, false, &mut all));
    if need == Need::All {
        collect(&function.conditions, false, &mut all);
    }
    let mut named: Vec<Projection<'_>> = Vec::new();
    for projection in all {
        match named.iter_mut().find(|known| known.is_same(&projection)) {
            Some(known) => known.shared |= projection.shared,
            None => named.push(projection),
        }
    }
    named
}

fn collect<'a>(ty: &'a Ty, shared: bool, into: &mut Vec<Projection<'a>>) {
    let mut counted = false;
    for (index, piece) in ty.0.iter().enumerate() {
        if let Some(path) = path(&ty.0, index) {
            into.push(Projection { path, shared });
        }
        match piece {
            // What is counted is `Send` only where it is `Sync` too.
            Piece::Ident(ident) => counted = ident == "Arc" || ident == "Weak",
            Piece::Reference(reference, inner) => collect(inner, shared || reference.mutable.is_none(), into),
            Piece::Angle(_, inner, _) => collect(inner, shared || counted, into),
            Piece::Impl(_, inner) | Piece::Group(_, _, inner) => collect(inner, shared, into),
            Piece::Raw(_) | Piece::Lifetime(_) | Piece::Opaque(_) => {}
        }
    }
}

/// The path that begins at `index`, if one does: without arguments of its own, and without lifetimes, which may be bound
/// where it stands.
fn path(pieces: &[Piece], index: usize) -> Option<&[Piece]> {
    let before = index.checked_sub(1).map(|before| &pieces[before]);
    let path = pieces.get(index..index + 4)?;
    // A bound, `T: …`, has one colon.
    let follows = match pieces.get(index + 4..) {
        Some([Piece::Angle(..), ..]) => true,
        Some([first, second, ..]) => is_colon(first) && is_colon(second),
        _ => false,
    };
    let begins = index < 2 || !pieces[index - 2..index].iter().all(is_colon);
    match path {
        [Piece::Ident(_), first, second, Piece::Ident(_)] if is_colon(first) && is_colon(second) => {}
        [Piece::Angle(_, inner, _), first, second, Piece::Ident(_)] if is_colon(first) && is_colon(second) => {
            let is_argument = matches!(before, Some(Piece::Ident(_)));
            let is_simple = !inner.any(|piece| {
                matches!(piece, Piece::Lifetime(_) | Piece::Reference(..) | Piece::Impl(..) | Piece::Opaque(_))
            });
            if is_argument || !is_simple {
                return None;
            }
        }
        _ => return None,
    }
    (begins && !follows).then_some(path)
}

fn is_colon(piece: &Piece) -> bool {
    matches!(piece, Piece::Raw(TokenTree::Punct(punct)) if punct.as_char() == ':')
}
