//! Every rule of the attribute: from what was written to what is generated.

mod block;
mod bounds;
mod callbacks;
mod docs;
mod forward;
mod handle;
mod lifetimes;
mod projections;
mod rules;
mod scope;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{GenericParam, PatType};

pub(crate) use self::bounds::has_supertrait;
pub(crate) use self::callbacks::mistakes as mistakes_of_callbacks;
pub(crate) use self::docs::is_text;
pub(crate) use self::forward::{cfg_attributes, conditions_of, of_parameter};
pub(crate) use self::handle::attempt;
use self::scope::Scope;
use crate::ast::tokens::mentions;
use crate::ast::{Function, Item, Returns, binding};
use crate::attr::{FallibleMode, Options};
use crate::error::Errors;
use crate::plan::{AddedBound, Companion, Kind, Lifetimes, OnError, Param, Place, Plan, PlannedMember};

/// The bounds of a function that waits, of whose future nothing is known.
pub(crate) fn added<'a>(function: &'a Function, place: Place<'a>) -> Vec<AddedBound<'a>> {
    bounds::added(function, place, Scope::All)
}

/// The names that lifetimes of a function that waits need; `handle`: whether it has one as a parameter.
pub(crate) fn lifetimes(function: &Function, place: Place<'_>, handle: bool) -> Lifetimes {
    lifetimes::of(function, place, false, handle)
}

/// Plans the companions, and reports every mistake.
pub(crate) fn plan<'a>(item: &'a Item, options: &Options, errors: &mut Errors) -> Plan<'a> {
    match item {
        // As it was, it can be mocked.
        Item::Block(block) if rules::is_mocked(block, errors) => {
            Plan { members: block.members.iter().map(|_| PlannedMember::default()).collect(), split: None }
        }
        _ => plan_all(item, options, errors),
    }
}

/// As [`plan`], where companions may be left out.
pub(crate) fn plan_all<'a>(item: &'a Item, options: &Options, errors: &mut Errors) -> Plan<'a> {
    let members = match item {
        Item::Other(_) => Vec::new(),
        Item::Function(single) => {
            let function = &single.function;
            rules::on_function(options, errors);
            let method = function.receiver().is_some() || function.mentions_self();
            let place = if method { Place::Method } else { Place::Free };
            // `skip` is refused here; what is meant is clear all the same.
            let skips = options.skip.is_some();
            let companions = if skips { Vec::new() } else { companions(function, place, options, errors) };
            vec![PlannedMember { trait_fn: None, companions }]
        }
        Item::Block(block) => block::members(block, options, errors),
    };
    let split = match item {
        Item::Block(block) if block.as_trait().is_none() => forward::of_split_impl(&block.attrs),
        _ => None,
    };
    Plan { members, split }
}

impl Options {
    /// Takes from `defaults` what was not said here, and does for `function`: one without a receiver, a constructor,
    /// cannot take its handle from `self`, and one that returns a stream has no use for what is about one value.
    fn inherit(&mut self, defaults: &Options, function: &Function) {
        let mut other = defaults.clone();
        if function.receiver().is_none() {
            other.handle = other.handle.filter(|handle| !mentions(handle, "self"));
            other.timeout = other.timeout.filter(|timeout| !mentions(timeout, "self"));
        }
        if function.returns == Returns::Stream {
            // What is not for streams was meant for the others.
            (other.local, other.submit, other.timeout) = (None, None, None);
            other.fallible.iter_mut().for_each(|fallible| fallible.mode = FallibleMode::Auto);
        }
        // One name cannot serve several, which is reported.
        other.submit.iter_mut().for_each(|submit| submit.name = None);
        self.suffix = self.suffix.take().or(other.suffix);
        self.vis = self.vis.take().or(other.vis);
        self.handle = self.handle.take().or(other.handle);
        self.timeout = self.timeout.take().or(other.timeout);
        self.timeout_key = self.timeout_key.or(other.timeout_key);
        self.fallible = self.fallible.take().or(other.fallible);
        self.local = self.local.or(other.local);
        self.submit = self.submit.take().or(other.submit);
        self.krate = self.krate.take().or(other.krate);
        self.attrs.splice(0..0, other.attrs);
        self.bounds.splice(0..0, other.bounds);
    }
}

fn companions<'a>(
    function: &'a Function,
    place: Place<'a>,
    options: &Options,
    errors: &mut Errors,
) -> Vec<Companion<'a>> {
    rules::cfgs(function, errors);
    rules::entry_points(function, errors);
    rules::returns(function, place, options, errors);
    if !rules::is_known(function) {
        return Vec::new();
    }
    let kind = if function.returns == Returns::Stream { Kind::Stream } else { Kind::Blocking };
    let mut companions = vec![companion(function, place, options, kind)];
    handle::results(function, options, errors);
    callbacks::arguments(function, place, options, errors);
    if options.submit.is_some() && kind == Kind::Blocking {
        companions.push(companion(function, place, options, Kind::Submit));
    }
    rules::fold(function, options, errors);
    rules::names(function, &mut companions, errors);
    companions
}

fn companion<'a>(function: &'a Function, place: Place<'a>, options: &Options, kind: Kind) -> Companion<'a> {
    let params = params(function, options);
    let owned = match kind {
        Kind::Blocking => false,
        Kind::Submit => true,
        Kind::Stream => !function.owned,
    };
    let mut companion = Companion {
        source: function,
        place,
        kind,
        name: name(function, options, kind),
        vis: options.vis.clone(),
        attrs: forward::of_function(&function.attrs),
        docs: TokenStream::new(),
        lifetimes: lifetimes::of(function, place, owned, options.handle.is_none()),
        added: bounds::added(function, place, Scope::of(function, place, options)),
        bounds: options.bounds.clone(),
        handle: handle::source(function, options, kind),
        timeout: options
            .timeout
            .as_ref()
            .filter(|_| kind != Kind::Submit)
            .map(|timeout| handle::value(function, timeout)),
        on_error: on_error(function, options),
        convert: convert(options),
        local: options.local,
        owned,
        bridge: bridge(options),
        is_bridge_given: options.krate.is_some(),
        cfgs: forward::cfgs(function),
        params,
    };
    let given = options.docs.clone().filter(|_| kind != Kind::Submit);
    companion.docs = given.unwrap_or_else(|| docs::of(&companion).to_token_stream());
    if options.attrs.iter().any(is_text) {
        // A paragraph of its own.
        companion.attrs.push(quote!(doc = ""));
    }
    companion.attrs.extend(options.attrs.iter().cloned());
    companion
}

fn name(function: &Function, options: &Options, kind: Kind) -> Ident {
    let given = match kind {
        Kind::Blocking | Kind::Stream => options.name.as_ref(),
        Kind::Submit => options.submit.as_ref().and_then(|submit| submit.name.as_ref()),
    };
    if let Some(name) = given {
        return name.clone();
    }
    let suffix = match (kind, &options.suffix) {
        (Kind::Submit, _) => "_submit".to_owned(),
        (_, Some(suffix)) => suffix.clone(),
        (_, None) => "_blocking".to_owned(),
    };
    // Of the macro, so that lints leave it alone; where the async fn is, so that messages point there.
    let span = Span::mixed_site().located_at(function.name().span());
    Ident::new(&format!("{}{suffix}", function.name().unraw()), span)
}

/// Each argument under its own name, or, where its pattern gives it none, under one of ours.
fn params<'a>(function: &'a Function, options: &Options) -> Vec<Param<'a>> {
    let values = [&options.handle, &options.timeout];
    let in_sight = |name: &Ident| values.into_iter().flatten().any(|value| mentions(value, &name.to_string()));
    let param = |(index, arg): (usize, &'a PatType)| {
        let name = match binding(arg) {
            Some(pattern) => {
                let mut name = pattern.ident.clone();
                // In `handle = …` the user names the arguments. Elsewhere only our own body does, and there a name
                // must not hide the function that is called, nor `_name` be taken for unused.
                if !in_sight(&name) && (name == *function.name() || name.to_string().starts_with('_')) {
                    name.set_span(Span::mixed_site().located_at(name.span()));
                }
                name
            }
            None => Ident::new(&format!("arg{index}"), Span::mixed_site().located_at(arg.pat.span())),
        };
        Param { arg, name }
    };
    function.args().enumerate().map(param).collect()
}

/// Folds by the type's name, unless it was decided by hand.
fn on_error(function: &Function, options: &Options) -> OnError {
    // Of a stream it is the items' type.
    let by_type = if function.output.as_ref().is_some_and(rules::is_result) { OnError::Fold } else { OnError::Wrap };
    match options.fallible.as_ref().map(|fallible| fallible.mode) {
        Some(FallibleMode::Wrap) => OnError::Wrap,
        Some(FallibleMode::Fold) => OnError::Fold,
        Some(FallibleMode::Auto) => by_type,
        None if options.timeout.is_some() => by_type,
        None => OnError::Panic,
    }
}

/// What makes the function's error of the bridge's. `fold`, where no function is named, has one place in all functions
/// of an impl, the option itself, so that rustc says once, and not for each, that it does not know how.
fn convert(options: &Options) -> TokenStream {
    let fallible = options.fallible.as_ref();
    if let Some(function) = fallible.and_then(|fallible| fallible.convert.clone()) {
        return function;
    }
    let span = fallible.map(|fallible| fallible.span).or(options.timeout_key).unwrap_or_else(Span::call_site);
    let span = Span::mixed_site().located_at(span);
    let bridge = options.krate.clone().unwrap_or_else(|| quote_spanned!(span=> ::bridge));
    quote_spanned!(span=> #bridge::__private::fold)
}

/// The path of the crate `bridge`.
pub(crate) fn bridge(options: &Options) -> TokenStream {
    options.krate.clone().unwrap_or_else(|| quote_spanned!(Span::mixed_site()=> ::bridge))
}

/// A generic parameter as an argument.
pub(crate) fn param_name(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    }
}
