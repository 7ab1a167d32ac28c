//! One method of a facade: the async fn's signature with the facade's types, and a body that calls it.

use std::cell::RefCell;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, FnArg, GenericArgument, Pat, PatType, Path, PathArguments, ReceiverKind, Result, ReturnType, Safety,
    Signature, Token, Type, Visibility, parse_quote,
};

use super::body::Call;
use super::errors::{conditions, mistake};
use super::map::{Mapper, Output, Passed, StreamsOf};
use super::options::MethodOptions;
use super::registry::{Handle, Registry};
use super::tokens::{at, ungrouped};
use super::{elided, future, probe, sends, with};
use crate::analyze::{is_text, mistakes_of_callbacks};
use crate::ast::Block;
use crate::ast::tokens::mentions;
use crate::ast::types::{self, Part};
use crate::expand::any_handle;
use crate::plan::Place;

/// A signature of the async type's, and what is said of it.
pub(super) struct Method {
    /// The docs, and what else is carried.
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) name: Option<Ident>,
    pub(super) options: MethodOptions,
}

/// What the methods belong to.
pub(super) struct Owner<'a> {
    pub(super) registry: &'a Registry,
    /// What the async fns are called on: `Client`, `F::Async as Trait`. Or the path of the one function.
    pub(super) target: TokenStream,
    /// `Self`, in the async fns.
    pub(super) this: TokenStream,
    /// The type, or the trait. Empty where it is neither.
    pub(super) name: String,
    /// What its methods are called on: the facade, the blocking trait.
    pub(super) called: Option<String>,
    /// The impl.
    pub(super) block: Option<&'a Block>,
    pub(super) kind: OwnerKind,
    /// The facade, where there is one.
    pub(super) facade: Option<&'a Type>,
    /// Whether the signatures are the list's, and not those of the async fns: their errors may be of other types.
    pub(super) is_listed: bool,
    /// Whether rustc is asked of types that are not known.
    pub(super) probes: bool,
    pub(super) errors: ErrorPlaces,
}

/// The method that is the first to return an error, for each name of one.
#[derive(Default)]
pub(super) struct ErrorPlaces(RefCell<Vec<(String, Span)>>);

impl ErrorPlaces {
    /// `here`, if none has been before.
    pub(super) fn first(&self, name: &str, here: Span) -> Span {
        let mut places = self.0.borrow_mut();
        if let Some((_, place)) = places.iter().find(|(other, _)| other == name) {
            return *place;
        }
        places.push((name.to_owned(), here));
        here
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnerKind {
    Impl {
        /// Whether the facade has a `Drop`.
        drops: bool,
        /// Whether it holds its value pinned.
        pinned: bool,
    },
    Trait,
    /// None: it is a function, which the target is.
    Free,
}

/// A method in two parts, of which a trait has the first.
pub(super) struct Generated {
    pub(super) head: TokenStream,
    pub(super) body: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    None,
    Shared,
    Mutable,
    /// `Pin<&mut Self>`
    Pinned,
    Value,
}

impl Owner<'_> {
    pub(super) fn generate(&self, method: Method) -> Result<Generated> {
        let Method { attrs, vis, mut sig, name, options } = method;
        let source = sig.ident.clone();
        let called = self.call_name(name.as_ref().unwrap_or(&source));
        let mut call = self.prepare(&source, called, &mut sig, &options)?;
        // One that may not be there is no place for the errors of others.
        let is_there = !attrs.iter().any(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"));
        call.error_name = call.error_name.filter(|_| is_there);
        let needs_loop = call.receiver == Receiver::None
            && (call.awaited.is_some() || !call.output.is_same() || options.in_context.is_some());
        if needs_loop && call.parent.is_none() && matches!(self.registry.handle, Handle::Parameter) {
            call.handle = Some(self.handle_parameter(&mut sig));
        }
        let probe = if self.probes && options.as_is.is_none() {
            self.probe(&sig, call.awaited.is_some())
        } else {
            TokenStream::new()
        };
        let body = call.body();
        if let Some(name) = name {
            sig.ident = name;
        }
        (sig.asyncness, sig.constness, sig.abi) = (None, None, None);
        let tracked = call.awaited.is_some().then(|| quote_spanned!(call.span=> #[track_caller]));
        let more = &options.attrs;
        // A paragraph of its own.
        let apart = more.iter().any(is_text).then(|| quote!(#[doc = ""]));
        let deprecated = attrs.iter().any(|attr| mentions(&attr.meta.to_token_stream(), "deprecated"));
        let allow = deprecated.then(|| quote!(#[allow(deprecated)]));
        Ok(Generated {
            head: quote!(#(#attrs)* #apart #(#[#more])* #allow #tracked #vis #sig),
            body: quote!(#probe #body),
        })
    }

    /// Adds the parameter for a handle, and gives its name.
    fn handle_parameter(&self, sig: &mut Signature) -> Ident {
        let taken = typed(sig).any(|arg| matches!(&*arg.pat, Pat::Ident(pat) if pat.ident == "handle"));
        let name = Ident::new(if taken { "loop_handle" } else { "handle" }, at(sig.ident.span()));
        let krate = self.registry.krate(sig.ident.span());
        let output = if let ReturnType::Type(_, ty) = &sig.output { Some(&**ty) } else { None };
        let ty = any_handle(&krate, self.kind == OwnerKind::Trait, output);
        sig.inputs.insert(0, parse_quote!(#name: &#ty));
        name
    }

    /// Makes the signature the facade's, and says how it calls the async fn.
    fn prepare<'a>(
        &'a self,
        source: &'a Ident,
        called: String,
        sig: &mut Signature,
        options: &'a MethodOptions,
    ) -> Result<Call<'a>> {
        let turbofish = with::substitute(sig, &options.with)?;
        let (receiver, this) = receiver(sig)?;
        let awaited = awaited(sig)?;
        let place = self.block.map_or(Place::Free, Place::Block);
        elided::name(sig, place, receiver == Receiver::None && matches!(self.registry.handle, Handle::Parameter));
        let streams = matches!(&sig.output, ReturnType::Type(_, ty) if types::any(ty, |part| matches!(part, Part::Bound(path) if types::ends_in(path, "Stream"))));
        if awaited.is_some() || streams {
            sends::add(sig, place);
        }
        let is_pinned = matches!(self.kind, OwnerKind::Impl { pinned: true, .. });
        if is_pinned && matches!(receiver, Receiver::Mutable | Receiver::Value) {
            let what = "the facade holds its value pinned, and only `&self` and `Pin<&mut Self>` can be had of that";
            return Err(mistake(sig.receiver(), what, LEAVE_OUT));
        }
        let in_trait = self.kind == OwnerKind::Trait;
        if awaited.is_some() && !in_trait {
            callbacks(sig)?;
        }
        let items = self.streams(&called, options);
        let mapper = Mapper { registry: self.registry, in_trait, is_pinned, own: self.facade, items };
        let returns = MethodReturns::of(&sig.output, &self.target);
        let Mapped { args, parent, output } = if options.as_is.is_some() {
            with::replace_self(sig, &self.this);
            let names = typed(sig).enumerate().map(|(index, arg)| name_of(arg, index).into_token_stream());
            Mapped { args: names.collect(), parent: None, output: Output::Same }
        } else {
            mapped(sig, receiver, &mapper)?
        };
        if !options.bounds.is_empty() {
            sig.generics.make_where_clause().predicates.extend(options.bounds.iter().cloned());
        }
        Ok(Call {
            owner: self,
            source,
            called,
            span: at(source.span()),
            is_unsafe: matches!(sig.safety, Safety::Unsafe(_)),
            is_extern: sig.abi.is_some(),
            receiver,
            this,
            args,
            parent: parent.filter(|_| receiver == Receiver::None),
            turbofish,
            awaited,
            returns,
            error_name: returns.error_name(sig),
            output,
            options,
            handle: None,
        })
    }

    /// What is said of streams that a method returns, where they become iterators.
    fn streams<'a>(&self, method: &'a str, options: &'a MethodOptions) -> Option<StreamsOf<'a>> {
        let is_iterator = self.kind != OwnerKind::Trait && options.local.is_none();
        is_iterator.then_some(StreamsOf { method, error: options.error.as_ref(), is_listed: self.is_listed })
    }

    /// What calls of a method of that name are named in errors and reports: as the users of the facade know it.
    fn call_name(&self, source: &Ident) -> String {
        let of = self.called.as_ref().map_or_else(String::new, |called| format!("{called}::"));
        format!("{of}{}", source.unraw())
    }

    fn probe(&self, sig: &Signature, awaits: bool) -> TokenStream {
        let params = self.block.into_iter().flat_map(|block| block.generics.type_params());
        let outer: Vec<String> = params.map(|param| param.ident.to_string()).collect();
        probe::of(sig, &outer, self.registry, awaits)
    }
}

const LEAVE_OUT: &str =
    "`#[threadsafe(skip)]` leaves this method out, to be written by hand in an `impl` of the facade";

/// A signature whose types were made the facade's.
struct Mapped {
    /// What is passed on.
    args: Vec<TokenStream>,
    /// A reference to the first of them that is a facade.
    parent: Option<TokenStream>,
    /// How the output comes out.
    output: Output,
}

fn mapped(sig: &mut Signature, receiver: Receiver, mapper: &Mapper<'_>) -> Result<Mapped> {
    mapper.refuse_in_generics(&sig.generics)?;
    let (mut args, mut parent) = (Vec::new(), None);
    for (index, arg) in typed(sig).enumerate() {
        let name = name_of(arg, index);
        let Passed { value, facade } = mapper.argument(&mut arg.ty, &name)?;
        args.push(value);
        parent = parent.or(facade);
    }
    Ok(Mapped { args, parent, output: output(sig, receiver, mapper)? })
}

/// Makes the output the facade's.
fn output(sig: &mut Signature, receiver: Receiver, mapper: &Mapper<'_>) -> Result<Output> {
    let output = match &mut sig.output {
        ReturnType::Default => Output::Same,
        ReturnType::Type(_, ty) if is_unit(ty) => {
            sig.output = ReturnType::Default;
            Output::Same
        }
        ReturnType::Type(_, ty) => {
            let output = mapper.output(ty)?;
            future::refuse_unnamed(ty, mapper.registry)?;
            output
        }
    };
    if receiver == Receiver::None && matches!(output, Output::This | Output::ResultOfThis) {
        let what = "no reference to a `Self` can be turned into one to its facade";
        return Err(mistake(&sig.output, what, LEAVE_OUT));
    }
    Ok(output)
}

/// The kind of receiver, and its token; `mut self` becomes `self`.
fn receiver(sig: &mut Signature) -> Result<(Receiver, Option<Token![self]>)> {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first_mut() else { return Ok((Receiver::None, None)) };
    let kind = match &receiver.kind {
        ReceiverKind::Typed(_, ty) if is_pin_of_self(ty) => {
            receiver.kind = ReceiverKind::Reference(Token![&](ty.span()), None, Some(Token![mut](ty.span())));
            Receiver::Pinned
        }
        ReceiverKind::Value => Receiver::Value,
        ReceiverKind::Reference(_, _, None) => Receiver::Shared,
        ReceiverKind::Reference(_, _, Some(_)) => Receiver::Mutable,
        _ => {
            return Err(mistake(
                &receiver,
                "a facade has its value inside, so no method of it takes `self` in a pointer of its own",
                "take `self`, `&self`, `&mut self` or `Pin<&mut Self>`, or leave this method out with `#[threadsafe(skip)]`",
            ));
        }
    };
    receiver.mutability = None;
    Ok((kind, Some(receiver.self_token)))
}

/// `Pin<&mut Self>`
fn is_pin_of_self(ty: &Type) -> bool {
    let Type::Path(path) = ungrouped(ty) else { return false };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Pin") else { return false };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    matches!(arguments.args.first(), Some(GenericArgument::Type(Type::Reference(reference)))
        if reference.mutability.is_some()
            && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self")))
}

fn is_unit(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// What the facade's method returns, as far as it decides how.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodReturns {
    Nothing,
    /// `Self`, also by its own name.
    This,
    /// What is named `Result`.
    Result,
    /// What has a name as an alias of `Result` may have, `RedisResult`.
    Alias,
    Other,
}

impl MethodReturns {
    fn of(output: &ReturnType, of: &TokenStream) -> MethodReturns {
        let ReturnType::Type(_, ty) = output else { return MethodReturns::Nothing };
        match ungrouped(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => MethodReturns::Nothing,
            Type::Path(path) if path.path.is_ident("Self") => MethodReturns::This,
            ty if ty.to_token_stream().to_string() == of.to_string() => MethodReturns::This,
            Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result") => {
                MethodReturns::Result
            }
            Type::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result")) =>
            {
                MethodReturns::Alias
            }
            _ => MethodReturns::Other,
        }
    }

    /// The name of the error in a `Result`, or of the alias; none where it has arguments, which may differ, or is a
    /// parameter.
    fn error_name(self, sig: &Signature) -> Option<String> {
        let ReturnType::Type(_, ty) = &sig.output else { return None };
        let is_own = |path: &Path| sig.generics.type_params().any(|param| path.is_ident(&param.ident));
        let Type::Path(result) = ungrouped(ty) else { return None };
        if self != MethodReturns::Result {
            return None;
        }
        let PathArguments::AngleBracketed(arguments) = &result.path.segments.last()?.arguments else {
            return Some(names(&result.path));
        };
        match arguments.args.iter().nth(1) {
            None => Some(names(&result.path)),
            Some(GenericArgument::Type(Type::Path(error)))
                if error.qself.is_none()
                    && !is_own(&error.path)
                    && error.path.segments.iter().all(|segment| segment.arguments.is_none()) =>
            {
                Some(names(&error.path))
            }
            Some(_) => None,
        }
    }
}

fn names(path: &Path) -> String {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::")
}

/// How a method comes to its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Async,
    /// A plain fn that returns a future.
    Future,
}

/// Whether the method waits; the output then is the future's.
fn awaited(sig: &mut Signature) -> Result<Option<Awaited>> {
    if let Some(variadic) = &sig.variadic {
        return Err(mistake(variadic, "a facade has no function of a variable number of arguments", LEAVE_OUT));
    }
    if sig.asyncness.is_some() {
        return Ok(Some(Awaited::Async));
    }
    let ReturnType::Type(_, ty) = &mut sig.output else { return Ok(None) };
    let Some(output) = future::output(ty) else { return Ok(None) };
    **ty = output;
    Ok(Some(Awaited::Future))
}

fn typed(sig: &mut Signature) -> impl Iterator<Item = &mut PatType> {
    sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// The name of an argument, which is all that is left of its pattern.
fn name_of(arg: &mut PatType, index: usize) -> Ident {
    let mut name = match &*arg.pat {
        Pat::Ident(pat) if pat.subpat.is_none() => pat.ident.clone(),
        _ => format_ident!("arg{index}", span = at(arg.pat.span())),
    };
    // To the async fn it may be unused; here it is not, and no lint is to say so.
    if name.to_string().starts_with('_') {
        name.set_span(at(name.span()));
    }
    *arg.pat = parse_quote!(#name);
    name
}

/// A method that only has its signature, so that a call of it is no second error.
pub(super) fn unfinished(method: &Method) -> TokenStream {
    let Method { attrs, vis, sig, name, .. } = method;
    let conditions = conditions(attrs);
    let mut sig = sig.clone();
    // Only a value can stand for an `impl Trait`.
    if sig.output.to_token_stream().to_string().contains("impl ") {
        return TokenStream::new();
    }
    (sig.asyncness, sig.constness, sig.abi, sig.variadic) = (None, None, None, None);
    if let Some(name) = name {
        sig.ident = name.clone();
    }
    for (index, arg) in typed(&mut sig).enumerate() {
        name_of(arg, index);
    }
    quote!(#(#conditions)* #[allow(missing_docs, unused_variables)] #vis #sig { ::core::unreachable!() })
}

/// The arguments go to the loop, callbacks too.
fn callbacks(sig: &Signature) -> Result<()> {
    let args = sig.inputs.iter().filter_map(|input| if let FnArg::Typed(arg) = input { Some(arg) } else { None });
    let together = |mut first: syn::Error, second| {
        first.combine(second);
        first
    };
    mistakes_of_callbacks(args).into_iter().reduce(together).map_or(Ok(()), Err)
}
