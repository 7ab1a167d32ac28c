//! One method of a facade: the async fn's signature with the facade's types, and a body that calls it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, FnArg, GenericArgument, Pat, PatType, PathArguments, ReceiverKind, Result, ReturnType, Safety,
    Signature, Token, Type, Visibility, parse_quote,
};

use super::errors::{conditions, mistake};
use super::map::{Mapper, Output, Passed};
use super::options::MethodOptions;
use super::registry::{Handle, Registry};
use super::tokens::{Located as _, at, ungrouped};
use super::{elided, future, probe, sends, timeout, with};
use crate::analyze::{attempt, is_text, mistakes_of_callbacks};
use crate::ast::Block;
use crate::ast::tokens::mentions;
use crate::ast::types::{self, Part};
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
    /// The impl.
    pub(super) block: Option<&'a Block>,
    pub(super) kind: OwnerKind,
    /// The facade, where there is one.
    pub(super) facade: Option<&'a Type>,
    /// Whether rustc is asked of types that are not known.
    pub(super) probes: bool,
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
enum Receiver {
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
        let mut call = self.prepare(&source, &mut sig, &options)?;
        let needs_loop = call.receiver == Receiver::None
            && (call.awaited.is_some() || !call.output.is_same() || options.in_context.is_some());
        if needs_loop && call.parent.is_none() && matches!(self.registry.handle, Handle::Parameter) {
            call.handle = Some(handle_parameter(&mut sig, self.registry));
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

    /// Makes the signature the facade's, and says how it calls the async fn.
    fn prepare<'a>(&'a self, source: &'a Ident, sig: &mut Signature, options: &'a MethodOptions) -> Result<Call<'a>> {
        let turbofish = with::substitute(sig, &options.with);
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
        let name = self.call_name(source);
        let items = (!in_trait && options.local.is_none()).then_some((&*name, options.error.as_ref()));
        let mapper = Mapper { registry: self.registry, in_trait, is_pinned, own: self.facade, items };
        let returns = Returns::of(&sig.output, &self.target);
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
            span: at(source.span()),
            is_unsafe: matches!(sig.safety, Safety::Unsafe(_)),
            receiver,
            this,
            args,
            parent: parent.filter(|_| receiver == Receiver::None),
            turbofish,
            awaited,
            returns,
            output,
            options,
            handle: None,
        })
    }

    /// What calls of a method are named.
    fn call_name(&self, source: &Ident) -> String {
        let of = if self.kind == OwnerKind::Free { String::new() } else { format!("{}::", self.name) };
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
enum Returns {
    Nothing,
    /// `Self`, also by its own name.
    This,
    /// What is named `Result`.
    Result,
    /// What has a name as an alias of `Result` may have, `RedisResult`.
    Alias,
    Other,
}

impl Returns {
    fn of(output: &ReturnType, of: &TokenStream) -> Returns {
        let ReturnType::Type(_, ty) = output else { return Returns::Nothing };
        match ungrouped(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Returns::Nothing,
            Type::Path(path) if path.path.is_ident("Self") => Returns::This,
            ty if ty.to_token_stream().to_string() == of.to_string() => Returns::This,
            Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result") => Returns::Result,
            Type::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result")) =>
            {
                Returns::Alias
            }
            _ => Returns::Other,
        }
    }
}

/// How a method comes to its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Async,
    /// A plain fn that returns a future.
    Future,
}

/// Whether the method waits; the output then is the future's.
fn awaited(sig: &mut Signature) -> Result<Option<Awaited>> {
    if let Some(variadic) = &sig.variadic {
        return Err(mistake(variadic, "a facade has no method of a variable number of arguments", LEAVE_OUT));
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

/// Adds the parameter for a handle, and gives its name.
fn handle_parameter(sig: &mut Signature, registry: &Registry) -> Ident {
    let taken = typed(sig).any(|arg| matches!(&*arg.pat, Pat::Ident(pat) if pat.ident == "handle"));
    let name = Ident::new(if taken { "loop_handle" } else { "handle" }, at(sig.ident.span()));
    let krate = registry.krate(sig.ident.span());
    sig.inputs.insert(0, parse_quote!(#name: &#krate::Handle));
    name
}

/// The body of a method.
struct Call<'a> {
    owner: &'a Owner<'a>,
    /// The async fn.
    source: &'a Ident,
    span: Span,
    is_unsafe: bool,
    receiver: Receiver,
    this: Option<Token![self]>,
    args: Vec<TokenStream>,
    /// A facade among the arguments, where there is no receiver. What is made of it goes where its calls go.
    parent: Option<TokenStream>,
    /// The arguments of the async fn's own parameters.
    turbofish: Vec<TokenStream>,
    awaited: Option<Awaited>,
    returns: Returns,
    output: Output,
    options: &'a MethodOptions,
    /// The parameter that has it.
    handle: Option<Ident>,
}

impl Call<'_> {
    fn body(&self) -> TokenStream {
        if self.awaited.is_some() { self.waiting() } else { self.forwarded() }
    }

    fn krate(&self) -> TokenStream {
        self.owner.registry.krate(self.span)
    }

    fn value(&self) -> Ident {
        Ident::new("value", self.span)
    }

    fn on(&self) -> Ident {
        Ident::new("on", self.span)
    }

    /// A call that waits.
    fn waiting(&self) -> TokenStream {
        let Call { span, this, ref output, .. } = *self;
        let (value, on) = (self.value(), self.on());
        let limit = timeout::bind(self.options.timeout.as_ref(), span);
        let through = |on: TokenStream| if limit.is_some() { timeout::through(&on, span) } else { on };
        // Without a binding, where the borrows need not be split, and no closure would hold the facade for its value.
        let is_bound = self.options.local.is_some() || self.awaited == Some(Awaited::Future);
        if self.receiver == Receiver::Shared && output.is_same() && !is_bound {
            let held = self.held();
            let call = self.call(Some(quote_spanned!(span=> #held.get())));
            let called = self.wait(&through(quote_spanned!(span=> #held.on())), &call);
            return quote!(#limit #called);
        }
        let parts = self.parts();
        let argument = (self.receiver != Receiver::None).then(|| value.to_token_stream());
        let (_, items_through) = self.through(output);
        let through = match &items_through {
            Some(_) => on.to_token_stream(),
            None => through(on.to_token_stream()),
        };
        let called = self.wait(&through, &self.call(argument));
        match output {
            Output::This => quote_spanned!(span=> #limit #parts let _ = #called; #this),
            Output::ResultOfThis => quote_spanned!(span=> #limit #parts #called.map(|_| ()).map(|()| #this)),
            output => {
                let wrapped = self.wrap(output, called, &on.to_token_stream());
                quote_spanned!(span=> #limit #parts #items_through #wrapped)
            }
        }
    }

    /// The call of a fn that is not async.
    fn forwarded(&self) -> TokenStream {
        let Call { span, this, ref output, receiver, .. } = *self;
        let (value, on) = (self.value(), self.on());
        let reads = receiver == Receiver::Shared && self.returns != Returns::Nothing;
        let start = self.options.in_context.as_ref().map(|_| self.start());
        match output {
            _ if start.is_some() => {}
            Output::Same if receiver == Receiver::None => return self.call(None),
            // A getter: nothing is made that would need the loop's context.
            Output::Same if reads => {
                let held = self.held();
                return self.call(Some(quote_spanned!(span=> #held.get())));
            }
            Output::Facade(_) if receiver == Receiver::Value && self.is_builder() => return self.builder(),
            // No loop is there yet.
            output if receiver == Receiver::None && self.handle.is_none() && self.parent.is_none() => {
                let parts = self.parts();
                let wrapped = self.wrap(output, self.call(None), &on.to_token_stream());
                return quote!(#parts #wrapped);
            }
            _ => {}
        }
        let parts = self.parts();
        let call = self.call((receiver != Receiver::None).then(|| value.to_token_stream()));
        match output {
            Output::This => quote_spanned!(span=> #parts #start #on.within(move || { let _ = #call; }); #this),
            Output::ResultOfThis => {
                quote_spanned!(span=> #parts #start #on.within(move || #call.map(|_| ())).map(|()| #this))
            }
            output => {
                let called = quote_spanned!(span=> #on.within(move || #call));
                let (limit, through) = self.through(output);
                let wrapped = self.wrap(output, called, &on.to_token_stream());
                quote_spanned!(span=> #limit #parts #start #through #wrapped)
            }
        }
    }

    /// Starts the loop, for a call that is to find it.
    fn start(&self) -> TokenStream {
        let (span, on) = (self.span, self.on());
        if self.returns != Returns::Result {
            return quote_spanned!(span=> let _ = #on.handle(););
        }
        let hold = self.options.error.as_ref().map_or_else(|| self.hold(), ToTokens::to_token_stream);
        quote_spanned! {span=>
            if let ::core::result::Result::Err(error) = #on.try_handle() {
                return ::core::result::Result::Err(#hold(error));
            }
        }
    }

    /// Binds `on` to the loop with the timeout of the method, for an output that is a stream without a name: it holds for each
    /// item.
    fn through(&self, output: &Output) -> (Option<TokenStream>, Option<TokenStream>) {
        let span = self.span;
        timeout::rebind(self.on(), self.options.timeout.as_ref().filter(|_| output.has_items()), span)
    }

    /// Whether the output is the facade itself, changed.
    fn is_builder(&self) -> bool {
        let in_impl = matches!(self.owner.kind, OwnerKind::Impl { .. });
        in_impl && self.returns == Returns::This && !self.is_unsafe && self.args.len() <= 4
    }

    fn builder(&self) -> TokenStream {
        let Call { span, this, ref args, source, .. } = *self;
        let krate = self.krate();
        let map = format_ident!("map{}", args.len(), span = span);
        let target = self.target();
        let turbofish = self.turbofish();
        quote_spanned!(span=> #krate::__private::facade::#map(#this, #target::#source #turbofish #(, #args)*))
    }

    fn target(&self) -> TokenStream {
        let target = self.owner.target.located_at(self.source.span());
        quote_spanned!(self.span=> <#target>)
    }

    /// The call of the async fn, on `value`.
    fn call(&self, value: Option<TokenStream>) -> TokenStream {
        let Call { span, source, ref args, .. } = *self;
        let target = self.target();
        let turbofish = self.turbofish();
        let value = value.map(|value| match (self.owner.kind, self.receiver) {
            (OwnerKind::Impl { pinned: true, .. }, Receiver::Pinned) => quote_spanned!(span=> #value.as_mut()),
            (OwnerKind::Impl { pinned: true, .. }, _) => quote_spanned!(span=> &**#value),
            (_, Receiver::Pinned) => {
                let krate = self.krate();
                quote_spanned!(span=> #krate::__private::facade::pinned(#value))
            }
            _ => value,
        });
        let value = value.into_iter();
        let function = match self.owner.kind {
            OwnerKind::Free => self.owner.target.clone(),
            OwnerKind::Impl { .. } | OwnerKind::Trait => quote_spanned!(span=> #target::#source),
        };
        let call = quote_spanned!(span=> #function #turbofish(#(#value,)* #(#args),*));
        // The generated block is sound: the facade's method is `unsafe` too, and asks of its caller what this one asks.
        if self.is_unsafe { quote_spanned!(span=> unsafe { #call }) } else { call }
    }

    fn turbofish(&self) -> TokenStream {
        let (params, span) = (&self.turbofish, self.span);
        if params.is_empty() { TokenStream::new() } else { quote_spanned!(span=> ::<#(#params),*>) }
    }

    /// Waits for what `call` gives, on the loop of `on`.
    fn wait(&self, on: &TokenStream, call: &TokenStream) -> TokenStream {
        let krate = self.krate();
        let span = self.span;
        let name = self.owner.call_name(self.source);
        let future = match (&self.options.local, self.awaited) {
            (Some(_), _) => quote_spanned!(span=> move || #call),
            (None, Some(Awaited::Future)) => quote_spanned!(span=> #krate::__private::future(move || #call)),
            (None, _) => call.clone(),
        };
        let local = if self.options.local.is_some() { "_local" } else { "" };
        if self.returns == Returns::Alias && (self.options.error.is_none() || self.options.is_default_error) {
            let verb = format_ident!("call{local}_or", span = span);
            let folds = if self.options.local.is_some() { "folds_made" } else { "folds" };
            let folds = format_ident!("{folds}", span = span);
            let fold = match &self.options.error {
                Some(error) => quote_spanned!(span=> with(#error)),
                None => quote_spanned!(span=> fold()),
            };
            return quote_spanned! {span=> {
                #[allow(unused_imports)]
                use #krate::__private::facade::Unfolded as _;
                let future = #future;
                let fold = #krate::__private::facade::#folds(&future).#fold;
                #krate::__private::facade::#verb(#name, #on, future, fold)
            }};
        }
        let is_result = self.returns == Returns::Result;
        let convert = match &self.options.error {
            Some(error) if is_result || !self.options.is_default_error => Some(error.to_token_stream()),
            _ => is_result.then(|| self.hold()),
        };
        let with = if convert.is_some() { "_with" } else { "" };
        let convert = convert.into_iter();
        let verb = format_ident!("call{local}{with}", span = span);
        quote_spanned!(span=> #krate::__private::facade::#verb(#name, #on, #future #(, #convert)*))
    }

    /// What makes the method's error of the bridge's, by its `From`. It has one place in all methods of an impl, the type, so that
    /// rustc says once, and not for each, that there is no such `From`.
    fn hold(&self) -> TokenStream {
        let span = match self.owner.kind {
            OwnerKind::Impl { .. } => Span::mixed_site().located_at(self.owner.target.span()),
            OwnerKind::Trait | OwnerKind::Free => self.span,
        };
        let krate = self.owner.registry.krate(span);
        quote_spanned!(span=> #krate::__private::facade::hold)
    }

    fn wrap(&self, output: &Output, value: TokenStream, on: &TokenStream) -> TokenStream {
        output.wrap(&self.krate(), value, on, self.span)
    }

    /// The place that has the value.
    fn held(&self) -> TokenStream {
        let Call { span, this, .. } = *self;
        let krate = self.krate();
        match (self.owner.kind, self.receiver) {
            (OwnerKind::Impl { .. }, _) => quote_spanned!(span=> #this.__held),
            (OwnerKind::Trait, Receiver::Mutable | Receiver::Pinned) => {
                quote_spanned!(span=> #krate::Facade::__held_mut(#this))
            }
            (OwnerKind::Trait | OwnerKind::Free, _) => quote_spanned!(span=> #krate::Facade::__held(#this)),
        }
    }

    /// Binds `value`, where there is a receiver, and `on`, a reference.
    fn parts(&self) -> TokenStream {
        let Call { span, this, .. } = *self;
        let (value, on) = (self.value(), self.on());
        let krate = self.krate();
        match self.receiver {
            Receiver::Shared => {
                let held = self.held();
                quote_spanned!(span=> let (#value, #on) = #held.parts();)
            }
            Receiver::Mutable | Receiver::Pinned => {
                let held = self.held();
                quote_spanned!(span=> let (#value, #on) = #held.parts_mut();)
            }
            Receiver::Value => {
                let held = match self.owner.kind {
                    OwnerKind::Impl { drops: false, .. } => quote_spanned!(span=> #this.__held),
                    _ => quote_spanned!(span=> #krate::Facade::__into_held(#this)),
                };
                quote_spanned!(span=> let (#value, #on) = #held.into_parts(); let #on = &#on;)
            }
            Receiver::None => {
                let made = match (&self.handle, &self.parent) {
                    (Some(handle), _) => quote_spanned!(span=> #krate::__private::facade::On::new(#handle)),
                    (None, Some(parent)) => {
                        quote_spanned!(span=> ::core::clone::Clone::clone(#krate::Facade::__held(#parent).on()))
                    }
                    (None, None) => self.owner.registry.lazy(span),
                };
                quote_spanned!(span=> let #on = &#made;)
            }
        }
    }
}

impl Registry {
    /// The handle that the expression gives, as a `Result`: of a loop that cannot be started.
    pub(super) fn given(&self, handle: &TokenStream, span: Span) -> TokenStream {
        let krate = self.krate(span);
        match attempt(handle, &self.krate) {
            Some(attempt) => quote_spanned! {span=>
                match #krate::__private::Attempt::new(#attempt).outcome() {
                    ::core::result::Result::Ok(place) => {
                        ::core::result::Result::Ok(::core::clone::Clone::clone(#krate::__private::handle(&place)))
                    }
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                }
            },
            None => quote_spanned! {span=>
                ::core::result::Result::Ok(::core::clone::Clone::clone(#krate::__private::handle(&#handle)))
            },
        }
    }

    /// An `On` that asks for its loop when it is needed.
    pub(super) fn lazy(&self, span: Span) -> TokenStream {
        let krate = self.krate(span);
        match &self.handle {
            Handle::Expr(expr) => {
                let given = self.given(expr, span);
                quote_spanned!(span=> #krate::__private::facade::On::lazy(|| #given))
            }
            Handle::Module | Handle::Parameter => {
                let path = self.path_of(&Ident::new("__handle", span), span);
                quote_spanned!(span=> #krate::__private::facade::On::lazy(#path))
            }
        }
    }
}

/// A method that only has its signature, so that those who call it are not told a second thing.
pub(super) fn unfinished(method: &Method) -> TokenStream {
    let Method { attrs, vis, sig, name, .. } = method;
    let conditions = conditions(attrs);
    let mut sig = sig.clone();
    // Only a value can stand for an `impl Trait`.
    if sig.output.to_token_stream().to_string().contains("impl ") {
        return TokenStream::new();
    }
    sig.asyncness = None;
    sig.constness = None;
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
