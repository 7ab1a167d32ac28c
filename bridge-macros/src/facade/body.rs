//! The body of a facade's method: it calls the async fn, and waits.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Token;

use super::map::Output;
use super::method::{Awaited, MethodReturns, Owner, OwnerKind, Receiver};
use super::options::MethodOptions;
use super::tokens::Located as _;
use super::{fold, timeout};

/// The body of a method.
pub(super) struct Call<'a> {
    pub(super) owner: &'a Owner<'a>,
    /// The async fn.
    pub(super) source: &'a Ident,
    /// What the call is named in errors and reports.
    pub(super) called: String,
    pub(super) span: Span,
    pub(super) is_unsafe: bool,
    /// Whether its ABI is another than Rust's.
    pub(super) is_extern: bool,
    pub(super) receiver: Receiver,
    pub(super) this: Option<Token![self]>,
    pub(super) args: Vec<TokenStream>,
    /// A facade among the arguments, where there is no receiver. What is made of it goes where its calls go.
    pub(super) parent: Option<TokenStream>,
    /// The arguments of the async fn's own parameters.
    pub(super) turbofish: Vec<TokenStream>,
    pub(super) awaited: Option<Awaited>,
    pub(super) returns: MethodReturns,
    /// The name of the error that it returns.
    pub(super) error_name: Option<String>,
    pub(super) output: Output,
    pub(super) options: &'a MethodOptions,
    /// The parameter that has it.
    pub(super) handle: Option<Ident>,
}

impl Call<'_> {
    pub(super) fn body(&self) -> TokenStream {
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
        let MethodOptions { local, new_handle, .. } = self.options;
        let is_bound = local.is_some() || new_handle.is_some() || self.awaited == Some(Awaited::Future);
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
        let reads = receiver == Receiver::Shared && self.returns != MethodReturns::Nothing;
        let start = self.options.in_context.as_ref().map(|_| self.start());
        match output {
            _ if start.is_some() => {}
            Output::Same if receiver == Receiver::None => return self.converted(None),
            // A getter: nothing is made that would need the loop's context.
            Output::Same if reads => {
                let held = self.held();
                return self.converted(Some(quote_spanned!(span=> #held.get())));
            }
            Output::Facade(_) if receiver == Receiver::Value && self.is_builder() => return self.builder(),
            // No loop is there yet.
            output if receiver == Receiver::None && self.handle.is_none() && self.parent.is_none() => {
                let parts = self.parts();
                let wrapped = self.wrap(output, self.converted(None), &on.to_token_stream());
                return quote!(#parts #wrapped);
            }
            _ => {}
        }
        let parts = self.parts();
        let call = self.converted((receiver != Receiver::None).then(|| value.to_token_stream()));
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

    /// The call of a fn that is not async, with the error of its signature, which may be of another type where that is
    /// a list's.
    fn converted(&self, value: Option<TokenStream>) -> TokenStream {
        let (call, span) = (self.call(value), self.span);
        if !self.owner.is_listed || self.returns != MethodReturns::Result {
            return call;
        }
        let krate = self.krate();
        quote_spanned!(span=> #krate::__private::facade::convert(#call))
    }

    /// Starts the loop, for a call that is to find it.
    fn start(&self) -> TokenStream {
        let (span, on) = (self.span, self.on());
        if self.returns != MethodReturns::Result || self.options.error.as_ref().is_some_and(fold::panics) {
            return quote_spanned!(span=> let _ = #on.handle(););
        }
        let hold = self.options.error.as_ref().map_or_else(|| self.hold(), ToTokens::to_token_stream);
        quote_spanned! {span=>
            if let ::core::result::Result::Err(error) = #on.try_handle() {
                return ::core::result::Result::Err(#hold(error));
            }
        }
    }

    /// Binds `on` to the loop with the timeout of the method, for an output that is a stream without a name: it holds
    /// for each item.
    fn through(&self, output: &Output) -> (Option<TokenStream>, Option<TokenStream>) {
        let span = self.span;
        timeout::rebind(self.on(), self.options.timeout.as_ref().filter(|_| output.has_items()), span)
    }

    /// Whether the output is the facade itself, changed.
    fn is_builder(&self) -> bool {
        let in_impl = matches!(self.owner.kind, OwnerKind::Impl { .. });
        // Passed on as a value, it has to be a `FnOnce`.
        let is_function = !self.is_unsafe && !self.is_extern;
        in_impl && self.returns == MethodReturns::This && is_function && self.args.len() <= 4
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
        let name = &self.called;
        let future = match (&self.options.local, self.awaited) {
            (Some(_), _) => quote_spanned!(span=> move || #call),
            (None, Some(Awaited::Future)) => quote_spanned!(span=> #krate::__private::future(move || #call)),
            (None, _) => call.clone(),
        };
        let local = if self.options.local.is_some() { "_local" } else { "" };
        let error = self.options.error.as_ref();
        // It is of this method alone, which may return a value of its own for such an error.
        let own = error.filter(|error| !self.options.is_default_error && !fold::panics(error));
        let fold = match (self.returns, own) {
            (MethodReturns::Result, _) => None,
            (_, Some(own)) => Some(quote_spanned!(span=> __bridge_with_own(#own))),
            (MethodReturns::Alias, None) => Some(fold::of(error, span)),
            _ => None,
        };
        if let Some(fold) = fold {
            let verb = format_ident!("call{local}_or", span = span);
            let folds = if self.options.local.is_some() { "folds_made" } else { "folds" };
            let folds = format_ident!("{folds}", span = span);
            return quote_spanned! {span=> {
                #[allow(unused_imports)]
                use #krate::__private::facade::Unfolded as _;
                let future = #future;
                let fold = #krate::__private::facade::#folds(&future).#fold;
                #krate::__private::facade::#verb(#name, #on, future, fold)
            }};
        }
        let convert = match error {
            _ if self.returns != MethodReturns::Result => None,
            Some(error) if fold::panics(error) => None,
            Some(error) => Some(error.to_token_stream()),
            None => Some(self.hold()),
        };
        let with = match &convert {
            None => "",
            Some(_) if self.owner.is_listed && local.is_empty() => "_into",
            Some(_) => "_with",
        };
        let convert = convert.into_iter();
        let verb = format_ident!("call{local}{with}", span = span);
        quote_spanned!(span=> #krate::__private::facade::#verb(#name, #on, #future #(, #convert)*))
    }

    /// What makes the method's error of the bridge's, by its `From`. For each error type it has one place in all
    /// methods of an impl, the first of them, so that rustc says once, and not for each, that there is no such `From`.
    fn hold(&self) -> TokenStream {
        let span = self.error_name.as_ref().map_or(self.span, |name| self.owner.errors.first(name, self.span));
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
        let mut parts = self.own_parts();
        if self.options.new_handle.is_some() {
            let on = self.on();
            // A clone of one that is on no loop is on none, and asks for its own.
            parts.extend(quote_spanned!(self.span=> let #on = &::core::clone::Clone::clone(#on);));
        }
        parts
    }

    /// The same, where `on` is that of the facade.
    fn own_parts(&self) -> TokenStream {
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
