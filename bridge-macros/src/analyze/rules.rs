//! What may stand where, and what excludes what.

use proc_macro2::{Ident, Span};

use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Path, Type};

use super::forward::{self, MAX_CFGS};
use crate::ast::tokens::mentions;
use crate::ast::types::{self, ends_in};
use crate::ast::{Block, Function, Member, Returns, Trait};
use crate::attr::{FallibleMode, Key, Options};
use crate::error::Errors;
use crate::plan::{Companion, Kind, Place, PlannedMember};

/// Options of a function that is annotated by itself.
pub(super) fn on_function(options: &Options, errors: &mut Errors) {
    for (key, written) in &options.written {
        match key {
            Key::Suffix => {
                errors.push(written.span(), "`suffix` is for a whole impl: on one function write `name = …`")
            }
            Key::Skip => errors.push(
                written.span(),
                "`skip` is for a function inside an annotated impl, where it is written `#[threadsafe(skip)]` and by no other name: elsewhere, remove the attribute instead",
            ),
            _ => {}
        }
    }
}

/// Options of an impl or a trait, which are defaults for its functions.
pub(super) fn on_block(block: &Block, options: &Options, errors: &mut Errors) {
    let word = block.word();
    for (key, written) in &options.written {
        let message = match key {
            Key::Name => format!(
                "`name` is for one function: on {word} write `suffix = \"_sync\"`, say, or put `#[threadsafe(name = …)]` on the function"
            ),
            Key::Skip => format!(
                "`skip` is for a function inside {the}: to make no companion at all, remove `#[threadsafe]`",
                the = word.replacen("an ", "the ", 1).replacen("a ", "the ", 1)
            ),
            Key::Stream => {
                format!("`stream` is for one function, not for {word}: put `#[threadsafe(stream)]` on that function")
            }
            Key::Docs => format!(
                "`docs` is for one function: on {word} each companion would have the same text, so put `#[threadsafe(docs = …)]` on the function"
            ),
            Key::Vis if block.as_trait().is_some() => NO_VIS.to_owned(),
            _ => continue,
        };
        errors.push(written.span(), message);
    }
    if let Some(submit) = options.submit.as_ref().filter(|submit| submit.name.is_some()) {
        errors.push(
            submit.span,
            format!("one name cannot serve {word}: write plain `submit` here", word = block.whole()),
        );
    }
}

const NO_VIS: &str = "what is in a trait is as visible as the trait: remove `vis`";

impl Block {
    fn word(&self) -> &'static str {
        if self.as_trait().is_some() { "a trait" } else { "an impl" }
    }

    fn whole(&self) -> &'static str {
        if self.as_trait().is_some() { "a whole trait" } else { "a whole impl" }
    }
}

/// Options of a function inside an annotated impl or trait.
pub(super) fn on_member(block: &Block, options: &Options, errors: &mut Errors) {
    for (key, written) in &options.written {
        match key {
            Key::Skip => {}
            _ if options.skip.is_some() => errors.push(
                written.span(),
                format!("`{written}` says how the companion is, and `skip` that there is none: remove one of the two"),
            ),
            Key::Suffix => {
                errors.push(written.span(), "`suffix` is for a whole impl: on one function write `name = …`")
            }
            Key::Vis if block.as_trait().is_some() => errors.push(written.span(), NO_VIS),
            _ => {}
        }
    }
}

pub(super) fn nothing_async(block: &Block, errors: &mut Errors) {
    let word = if block.as_trait().is_some() { "trait" } else { "impl" };
    // Of an impl's plain functions nothing was read but their tokens.
    let mentions_fn = block.members.iter().any(|member: &Member| mentions(&member.tokens, "fn"));
    // A future may have another name.
    let names = if mentions_fn {
        "; futures are known by `impl Future<Output = T>`, `Pin<Box<dyn Future<Output = T>>>` and `BoxFuture<'_, T>`"
    } else {
        ""
    };
    errors.push(
        block.span,
        format!("this {word} has no `async fn`, so there is nothing to make a blocking companion of: add one, or remove `#[threadsafe]`{names}"),
    );
}

/// `#[automock]` on a trait, which mocks companions as well, and copies their attributes to where they cannot be; true
/// if that was reported.
pub(super) fn is_mocked(block: &Block, errors: &mut Errors) -> bool {
    let Some(interface) = block.as_trait() else { return false };
    let found = block.attrs.iter().find(|attr| ends_in(attr.path(), "automock"));
    if let Some(attr) = found {
        let name = &interface.name;
        errors.push(
            attr.bracket_token.span.join(),
            format!("`#[automock]` cannot mock a trait that has companions, above `#[threadsafe]` or below it: mock it by `mockall::mock! {{ pub {name} {{}} impl {name} for {name} {{ … }} }}`, with its async fns; the mock then has the companions"),
        );
    }
    found.is_some()
}

/// `#[async_trait(?Send)]` makes futures that cannot be sent to the loop. True: an error was added.
pub(super) fn is_refused_send(block: &Block, function: &Function, errors: &mut Errors) -> bool {
    let coming = block.as_trait().and_then(|interface: &Trait| interface.async_trait);
    let coming = coming.filter(|async_trait| !async_trait.is_send).map(|async_trait| async_trait.span);
    let refused = coming.or(function.not_send.filter(|_| function.returns == Returns::AsyncTrait));
    if let Some(span) = refused {
        errors.push(
            span,
            "with `?Send` futures cannot go to another thread: remove it, or write `#[threadsafe(local)]`, which makes them on the event loop",
        );
    }
    refused.is_some()
}

/// What a function must return.
pub(super) fn returns(function: &Function, place: Place<'_>, options: &Options, errors: &mut Errors) {
    let name = function.name();
    let fn_token = function.sig.fn_token.span;
    let output = function.output.as_ref().map_or(fn_token, types::first_span);
    match (options.stream, function.returns) {
        (Some(_), Returns::Value | Returns::Future | Returns::AsyncTrait) => errors.push(
            output,
            format!("`{name}` returns no stream that is seen as one: write `impl Stream<Item = T>` or `BoxStream<'_, T>`, or remove `stream`"),
        ),
        (Some(span), Returns::Stream) => stream(function, span, options, errors),
        (None, Returns::Value) if function.sig.asyncness.is_none() => {
            let message = if function.output.as_ref().is_some_and(is_stream) {
                format!("`{name}` returns a stream: write `#[threadsafe(stream)]`, and its companion gives an iterator")
            } else {
                format!("`{name}` is not async, and returns no future that is seen as one: write `async fn` or `-> impl Future<Output = T>`, or remove `#[threadsafe]`")
            };
            errors.push(fn_token, message);
        }
        (None, _) => {}
    }
    if options.local.is_some() || function.returns != Returns::Future {
        return;
    }
    let skip = if place.block().is_some() { ", or `#[threadsafe(skip)]`" } else { "" };
    let is_in_trait = place.block().and_then(Block::as_trait).is_some();
    if let Some(span) = function.not_send {
        errors.push(
            span,
            format!("this future is not `Send`, so it cannot go to the event loop's thread: return one that is (`dyn Future<…> + Send`, `BoxFuture`), or write `#[threadsafe(local)]`{skip}"),
        );
    } else if let Some(span) = function.unpromised.filter(|_| is_in_trait) {
        errors.push(
            span,
            format!("the trait does not say that this future is `Send`, so it cannot go to the event loop's thread: write `impl Future<…> + Send` or `async fn`, or `#[threadsafe(local)]`{skip}"),
        );
    }
}

/// Whether the companion's signature is: what a plain fn hides is no value of its own.
pub(super) fn is_known(function: &Function) -> bool {
    function.sig.asyncness.is_some()
        || function.returns != Returns::Value
        || !function.output.as_ref().is_some_and(types::has_impl)
}

fn stream(function: &Function, span: Span, options: &Options, errors: &mut Errors) {
    if !cfg!(feature = "stream") {
        errors.push(
            span,
            "`stream` needs the feature of this name: in Cargo.toml add `features = [\"stream\"]` to `bridge`",
        );
    }
    if let Some(span) = function.not_send {
        errors.push(span, "this stream is not `Send`, so it cannot go to the event loop's thread: return one that is (`dyn Stream<…> + Send`, `BoxStream`)");
    }
    if let Some(span) = options.local {
        errors.push(span, "`local` is not for streams, which must be `Send`: remove one of the two");
    }
    if let Some(submit) = &options.submit {
        errors.push(submit.span, "`submit` is for one value, and a stream has many: remove one of the two");
    }
}

fn is_stream(ty: &Type) -> bool {
    const NAMES: [&str; 3] = ["Stream", "BoxStream", "LocalBoxStream"];
    NAMES.iter().any(|name| mentions(&ty.to_token_stream(), name))
}

/// The companions' names must differ from the function's and from each other. One that does not is dropped, or rustc
/// would say it again.
pub(super) fn names(function: &Function, companions: &mut Vec<Companion<'_>>, errors: &mut Errors) {
    let mut taken = vec![function.name().clone()];
    companions.retain(|companion| {
        let is_free = !taken.contains(&companion.name);
        if !is_free {
            let other = if companion.name == *function.name() { "the async fn" } else { "the other companion" };
            errors.push(
                companion.name.span(),
                format!("{other} has this name already: choose another with `{} = …`", option(companion)),
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
    if function.output.is_none() && function.returns != Returns::Stream {
        errors.push(
            fallible.span,
            format!(
                "`{}` returns no `Result` that an error could fold into: write `fallible`, or `fallible = wrap`",
                function.name()
            ),
        );
    }
}

/// Among the members of a block, no two companions have one name. rustc itself reports two functions of one name.
pub(super) fn distinct(planned: &mut [PlannedMember<'_>], errors: &mut Errors) {
    let mut taken: Vec<(Ident, &Function)> = Vec::new();
    for companions in planned.iter_mut().map(|planned| &mut planned.companions) {
        companions.retain(|companion| {
            let function = companion.source;
            // Where one is there, another may not be.
            let has_cfg = |function: &Function| forward::cfg_attributes(&function.attrs).next().is_some();
            let other = taken.iter().find(|(name, other)| *name == companion.name && !has_cfg(other));
            let Some((_, other)) = other.filter(|_| !has_cfg(function)) else {
                taken.push((companion.name.clone(), function));
                return true;
            };
            if other.name() != function.name() {
                let message = format!(
                    "the companion of `{}` has this name already: choose another with `{} = …`",
                    other.name(),
                    option(companion)
                );
                errors.push(companion.name.span(), message);
            }
            false
        });
    }
}

/// What gives a companion its name.
fn option(companion: &Companion<'_>) -> &'static str {
    match companion.kind {
        Kind::Blocking | Kind::Stream => "name",
        Kind::Submit => "submit",
    }
}

/// What makes a plain function of an async one: `#[tokio::main]` and the like.
pub(super) fn entry_points(function: &Function, errors: &mut Errors) {
    let is_entry = |attr: &&Attribute| ends_in(attr.path(), "main") || ends_in(attr.path(), "test");
    if let Some(attr) = function.attrs.iter().find(is_entry).filter(|_| function.sig.asyncness.is_some()) {
        let message = format!(
            "`#[{}]` makes a plain function of `{}`, which then has no future to wait for: remove one of the two attributes",
            forward::path(attr.path()),
            function.name()
        );
        errors.push(attr.bracket_token.span.join(), message);
    }
}

pub(super) fn cfgs(function: &Function, errors: &mut Errors) {
    if forward::cfgs(function).len() > MAX_CFGS {
        let span = function.args().next().map_or_else(Span::call_site, |arg| arg.pat.span());
        errors.push(span, format!("more than {MAX_CFGS} different `cfg`s on parameters are not supported: write this companion by hand, with `Handle::block_on`"));
    }
}

/// Whether the last segment of a path is `Result`, or ends so, as aliases do: `PyResult`.
pub(super) fn is_result(ty: &Type) -> bool {
    let is_named = |path: &Path| path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result"));
    match ty {
        Type::Group(group) => is_result(&group.elem),
        Type::Paren(paren) => is_result(&paren.elem),
        Type::Path(path) => is_named(&path.path),
        // A macro's type is known by its name, too.
        Type::Macro(invocation) => is_named(&invocation.mac.path),
        _ => false,
    }
}
