//! What may stand where, and what excludes what.

use proc_macro2::Span;

use super::carry::{self, MAX_CFGS};
use crate::model::{Companion, Errors, FallibleMode, Function, Key, Kind, Options, Piece, Ty};

/// Options of a function that is annotated by itself.
pub(super) fn on_function(options: &Options, errors: &mut Errors) {
    for (key, written) in &options.written {
        match key {
            Key::Suffix => {
                errors.push(written.span(), "`suffix` is for a whole impl: on one function write `name = …`")
            }
            Key::Skip => errors.push(
                written.span(),
                "`skip` is for a function inside an annotated impl: here, remove `#[threadsafe]` instead",
            ),
            _ => {}
        }
    }
}

/// Options of an impl, which are defaults for its functions.
pub(super) fn on_impl(options: &Options, errors: &mut Errors) {
    for (key, written) in &options.written {
        match key {
            Key::Name => errors.push(
                written.span(),
                "`name` is for one function: on an impl write `suffix = \"_sync\"`, say, or put `#[threadsafe(name = …)]` on the function",
            ),
            Key::Skip => errors.push(
                written.span(),
                "`skip` is for a function inside the impl: to make no companion at all, remove `#[threadsafe]`",
            ),
            _ => {}
        }
    }
    if let Some(submit) = options.submit.as_ref().filter(|submit| submit.name.is_some()) {
        errors.push(submit.span, "one name cannot serve a whole impl: write plain `submit` here");
    }
}

/// Options of a function inside an annotated impl.
pub(super) fn on_member(options: &Options, errors: &mut Errors) {
    if options.skip.is_some() {
        for (_, written) in options.written.iter().filter(|(key, _)| *key != Key::Skip) {
            errors.push(
                written.span(),
                format!("`{written}` says how the companion is, and `skip` that there is none: remove one of the two"),
            );
        }
        return;
    }
    for (_, written) in options.written.iter().filter(|(key, _)| *key == Key::Suffix) {
        errors.push(written.span(), "`suffix` is for a whole impl: on one function write `name = …`");
    }
}

pub(super) fn is_async(function: &Function, errors: &mut Errors) {
    if function.asyncness.is_none() {
        errors.push(
            function.fn_token,
            format!(
                "`{}` is not async, so it needs no blocking companion: write `async fn`, or remove `#[threadsafe]`",
                function.name
            ),
        );
    }
}

/// The companions' names must differ from the function's and from each other. One that does not is dropped, or rustc
/// would say it again.
pub(super) fn names(function: &Function, companions: &mut Vec<Companion<'_>>, errors: &mut Errors) {
    let mut taken = vec![function.name.clone()];
    companions.retain(|companion| {
        let is_free = !taken.contains(&companion.name);
        if !is_free {
            let option = match companion.kind {
                Kind::Blocking => "name",
                Kind::Submit => "submit",
            };
            let other = if companion.name == function.name { "the async fn" } else { "the other companion" };
            errors.push(
                companion.name.span(),
                format!("{other} has this name already: choose another with `{option} = …`"),
            );
        }
        taken.push(companion.name.clone());
        is_free
    });
}

/// Where nothing is returned, nothing folds.
pub(super) fn fold(function: &Function, options: &Options, errors: &mut Errors) {
    let Some(fallible) = options.fallible.as_ref().filter(|fallible| fallible.mode == FallibleMode::Fold) else {
        return;
    };
    if function.output.is_none() {
        errors.push(
            fallible.span,
            format!(
                "`{}` returns no `Result` that an error could fold into: write `fallible`, or `fallible = wrap`",
                function.name
            ),
        );
    }
}

pub(super) fn cfgs(function: &Function, errors: &mut Errors) {
    if carry::cfgs(function).len() > MAX_CFGS {
        let span = function.args.first().map_or_else(Span::call_site, |arg| arg.span);
        errors.push(span, format!("more than {MAX_CFGS} different `cfg`s on parameters are not supported: write this companion by hand, with `Handle::block_on`"));
    }
}

/// Whether the last segment of a path is `Result`.
pub(super) fn is_result(ty: &Ty) -> bool {
    let mut last = None;
    for piece in &ty.0 {
        match piece {
            Piece::Ident(ident) if matches!(&*ident.to_string(), "dyn" | "impl" | "fn" | "unsafe" | "extern") => {
                return false;
            }
            Piece::Ident(ident) => last = Some(ident),
            Piece::Group(proc_macro2::Delimiter::None | proc_macro2::Delimiter::Parenthesis, _, inner)
                if ty.0.len() == 1 =>
            {
                return !inner.0.iter().any(|piece| matches!(piece, Piece::Raw(tree) if tree.to_string() == ","))
                    && is_result(inner);
            }
            Piece::Raw(_) | Piece::Angle(..) => {}
            _ => return false,
        }
    }
    last.is_some_and(|last| last == "Result")
}
