//! `Iterator`, by a stream or by an async method; `IntoFuture` as a method that runs.

use std::iter;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericArgument, PathArguments, PathSegment, Result, ReturnType, Signature, Type};

use super::super::errors::mistake;
use super::super::implement::SignatureMember;
use super::super::list::Implements;
use super::super::map::{Mapper, Output};
use super::super::structs::with_predicates;
use super::super::tokens::{at, ungrouped};
use super::super::{probe, timeout};
use super::{Of, folds};

/// The output of a stream or an action: as it is, or where the list says it, as a facade.
struct Given {
    /// The facade's side.
    ty: TokenStream,
    /// Whether it is said to be another type than `Result`.
    is_other: bool,
    output: Output,
    probe: TokenStream,
}

fn given(facade: &Of<'_>, implements: &Implements, key: &str, otherwise: TokenStream) -> Result<Given> {
    let Some(arguments) = &implements.arguments else {
        let probe = probe::of_type(&otherwise, facade.registry);
        return Ok(Given { ty: otherwise, is_other: false, output: Output::Same, probe });
    };
    let mut ty = match arguments.args.first() {
        Some(GenericArgument::AssocType(it)) if it.ident == key && arguments.args.len() == 1 => it.ty.clone(),
        _ => {
            let name = &implements.name;
            return Err(mistake(
                arguments,
                format!("`{name}` takes `{key}` here, and nothing else"),
                format!("write `{name}<{key} = …>`"),
            ));
        }
    };
    let mapper = Mapper { registry: facade.registry, in_trait: false, is_pinned: false, own: None, items: None };
    let output = mapper.output(&mut ty)?;
    let is_result = last(&ty).is_some_and(|last| last.ident.to_string().ends_with("Result"));
    Ok(Given { ty: ty.to_token_stream(), is_other: !is_result, output, probe: TokenStream::new() })
}

/// The `T` of `Iterator<Item = T>`.
fn said(implements: &Implements) -> Option<&Type> {
    match implements.arguments.as_ref()?.args.first()? {
        GenericArgument::AssocType(it) => Some(&it.ty),
        _ => None,
    }
}

/// Where an iterator has its items from.
struct Items {
    /// The type of an item, where the list does not say it.
    otherwise: TokenStream,
    /// What becomes of an error of the bridge, before the list's `error` is seen.
    folds: TokenStream,
    next: TokenStream,
    /// What is asked of an async type with parameters: what its impl asks for, and not the parameters' bounds.
    predicates: Vec<TokenStream>,
}

impl Items {
    /// A `Stream`'s.
    fn of_stream(facade: &Of<'_>, implements: &Implements, here: Span) -> Items {
        let (krate, name, of) = (facade.registry.krate(here), facade.text("next"), facade.of);
        let stream = quote_spanned!(here=> #krate::__private::facade::Stream);
        Items {
            otherwise: quote_spanned!(here=> <#of as #stream>::Item),
            // The items of the list may be `Result`s of the stream's.
            folds: match said(implements) {
                Some(item) => {
                    quote_spanned!(here=> <#krate::__private::facade::Folds<#item> as ::core::default::Default>::default())
                }
                None => quote_spanned!(here=> #krate::__private::facade::folds_items(&*value)),
            },
            next: quote_spanned!(here=> #krate::__private::facade::next(#name, on, value, is_over, fold)),
            // Not without the type of the items, of which rustc would know nothing then.
            predicates: said(implements).map_or_else(Vec::new, |item| {
                vec![
                    quote_spanned!(here=> #of: #stream<Item = #item> + ::core::marker::Send + ::core::marker::Unpin),
                    quote_spanned!(here=> #item: ::core::marker::Send),
                ]
            }),
        }
    }

    /// Those that an async method gives, one by one.
    fn of_method(facade: &Of<'_>, implements: &Implements, method: &Ident, here: Span) -> Result<Items> {
        let Some(item) = said(implements) else {
            return Err(mistake(
                &implements.name,
                "the type of the items is not known from a method",
                format!("write `Iterator<Item = …>({method})`"),
            ));
        };
        let (krate, name) = (facade.registry.krate(here), facade.text("next"));
        let called = at(method.span());
        let verb = if converts(facade, method, item) { "next_into" } else { "next_of" };
        let verb = Ident::new(verb, called);
        Ok(Items {
            otherwise: item.to_token_stream(),
            folds: quote_spanned!(here=> <#krate::__private::facade::Folds<#item> as ::core::default::Default>::default()),
            next: quote_spanned!(called=> #krate::__private::facade::#verb(#name, on, is_over, value.#method(), fold)),
            predicates: sent(facade, item)
                .iter()
                .map(|part| quote_spanned!(here=> #part: ::core::marker::Send))
                .collect(),
        })
    }
}

/// Whether the error of the items may be of another type than the async method's: where the list has the method's
/// signature, `Result<Option<T>, E>`, and the items are `Result<T, E>`.
fn converts(facade: &Of<'_>, method: &Ident, item: &Type) -> bool {
    let output = facade.members.iter().find_map(|member| match member {
        SignatureMember::Function { sig: Signature { ident, output: ReturnType::Type(_, ty), .. }, .. }
            if ident == method =>
        {
            Some(&**ty)
        }
        _ => None,
    });
    let of_result = |ty: &Type| match last(ty) {
        Some(last) if last.ident == "Result" => {
            parts(ty).nth(1).and_then(self::last).map(|last| last.ident.to_string())
        }
        _ => None,
    };
    let gives_option = output.and_then(of_result).is_some_and(|inner| inner == "Option");
    // `Result<Result<T, Theirs>, E>` has the method's own inside.
    gives_option
        && last(item).is_some_and(|last| last.ident == "Result")
        && !of_result(item).is_some_and(|inner| inner.ends_with("Result"))
}

/// What is to be `Send` for a method to be called whose return type is not known: nothing, if a `where` clause of the
/// list says what is. Of an async type with lifetimes it is its parameters: where a predicate is about a type with
/// lifetimes, rustc does not see any more that it holds for all of them, as it has to for a future that keeps such a
/// value over an `.await`.
fn sent(facade: &Of<'_>, item: &Type) -> Vec<TokenStream> {
    let generics = facade.generics;
    if generics.where_clause.is_some() {
        return Vec::new();
    }
    let mut sent: Vec<TokenStream> = match generics.lifetimes().next() {
        None => vec![facade.of.to_token_stream()],
        Some(_) => generics.type_params().map(|param| param.ident.to_token_stream()).collect(),
    };
    sent.extend(parts(item).map(ToTokens::to_token_stream));
    sent
}

/// A type, and its type arguments: `Result<T, E>`, `T` and `E`.
fn parts(ty: &Type) -> impl Iterator<Item = &Type> {
    let arguments = last(ty).and_then(|last| match &last.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    });
    let types = arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    iter::once(ty).chain(types)
}

/// The last name of a path.
fn last(ty: &Type) -> Option<&PathSegment> {
    if let Type::Path(path) = ungrouped(ty) { path.path.segments.last() } else { None }
}

pub(super) fn iterator(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
    let Items { otherwise, folds: of, next, predicates } = match implements.methods.first() {
        Some(method) => Items::of_method(facade, implements, method, here)?,
        None if cfg!(feature = "stream") => Items::of_stream(facade, implements, here),
        None => {
            return Err(mistake(
                &implements.name,
                "`Iterator` over a `Stream` needs the feature `stream` of `bridge`",
                "add `features = [\"stream\"]` to the dependency",
            ));
        }
    };
    let krate = facade.registry.krate(here);
    let Given { ty, is_other, output, probe } = given(facade, implements, "Item", otherwise)?;
    let on = quote_spanned!(here=> on);
    let (limit, through) = timeout::rebind(&on, facade.timeout, here);
    let error = facade.error.filter(|_| !is_other);
    let fold = folds(of, error, here);
    let next = match &output {
        Output::Same => next,
        output => {
            let wrapped = output.wrap(&krate, quote_spanned!(here=> value), &on, here);
            quote_spanned!(here=> #next.map(|value| #wrapped))
        }
    };
    let predicates: Vec<TokenStream> = predicates.into_iter().filter(|_| facade.is_generic()).collect();
    let fused = quote_spanned!(here=> ::core::iter::FusedIterator);
    let fused = facade.bounded(fused, predicates.clone(), TokenStream::new());
    let iterator = facade.bounded(
        quote_spanned!(here=> ::core::iter::Iterator),
        predicates,
        quote_spanned! {here=>
            type Item = #ty;
            #[track_caller]
            fn next(&mut self) -> ::core::option::Option<Self::Item> {
                #[allow(unused_imports)]
                use #krate::__private::facade::Unfolded as _;
                #probe
                #limit
                let (value, on, is_over) = self.__held.stream_parts();
                #through
                let fold = #fold;
                #next
            }
        },
    );
    Ok(quote!(#iterator #fused))
}

/// `IntoFuture`: an action, which a method runs.
pub(super) fn run(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
    let Of { name, vis, generics, of, conditions, registry, .. } = facade;
    let krate = registry.krate(here);
    let text = facade.text("run");
    let otherwise = quote_spanned!(here=> <#of as ::core::future::IntoFuture>::Output);
    let Given { ty, is_other, output, probe } = given(facade, implements, "Output", otherwise)?;
    let error = facade.error.filter(|_| !is_other);
    let fold = folds(quote_spanned!(here=> #krate::__private::facade::folds_action(&value)), error, here);
    let run = quote_spanned!(here=> #krate::__private::facade::run(#text, on, value, fold));
    let run = output.wrap(&krate, run, &quote_spanned!(here=> on), here);
    let action = quote_spanned!(here=> ::core::future::IntoFuture);
    // As of an iterator.
    let predicates = said(implements).filter(|_| facade.is_generic()).map(|output| {
        [
            quote_spanned!(here=> #of: #action<Output = #output> + ::core::marker::Send),
            quote_spanned!(here=> <#of as #action>::IntoFuture: ::core::marker::Send),
            quote_spanned!(here=> #output: ::core::marker::Send),
        ]
    });
    let where_clause = with_predicates(generics, predicates.into_iter().flatten());
    let (impl_generics, arguments, _) = generics.split_for_impl();
    Ok(quote_spanned! {here=>
        #conditions
        impl #impl_generics #name #arguments #where_clause {
            /// Runs it, and waits for what comes of it.
            #[track_caller]
            #vis fn run(self) -> #ty {
                #[allow(unused_imports)]
                use #krate::__private::facade::Unfolded as _;
                #probe
                let (value, on) = #krate::Facade::__into_held(self).into_parts();
                let on = &on;
                let fold = #fold;
                #run
            }
        }
    })
}
