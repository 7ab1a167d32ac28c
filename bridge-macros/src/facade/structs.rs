//! The structs of `facade!`, and what makes each of them a facade.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Generics, Meta, Path, Token, Type, Visibility, WhereClause, parse_quote};

use super::attrs;
use super::docs;
use super::errors::CfgErrors;
use super::implement::{self, SignatureBlock, SignatureBlockKind};
use super::list::{Declared, FreeFunction, Implements, Imported, List};
use super::registry::{self, Entry, EntryKind, Handle, Registry};
use super::std_traits::{self, Of};
use super::tokens::{at, path_text, text, ungrouped};

/// All that `facade!` makes in its module.
pub(super) fn all(list: List) -> TokenStream {
    let List { krate, handle, error, facades, functions, imported, is_broken, mut errors } = list;
    let registry = Registry {
        krate,
        module: Some(parse_quote!(self)),
        error,
        handle: if handle.is_some() { Handle::Module } else { Handle::Parameter },
        is_list: true,
        has_streams: facades.iter().any(Declared::streams),
        entries: entries(&facades, &imported, &mut errors),
    };
    let listed: Vec<TokenStream> =
        facades.iter().map(registry::entry).chain(imported.iter().map(registry::imported)).collect();
    let definition = registry::definition(&registry, (!is_broken).then_some(&*listed));
    let handle = handle.map(|handle| {
        let here = at(handle.span());
        let krate = registry.krate(handle.span());
        let given = registry.given(&handle.to_token_stream(), here);
        quote_spanned! {here=>
            #[doc(hidden)]
            #[allow(dead_code)]
            #[track_caller]
            pub(crate) fn __handle() -> ::core::result::Result<#krate::Handle, #krate::Error> {
                #given
            }
        }
    });
    let structs: Vec<TokenStream> = facades.into_iter().map(|declared| one(declared, &registry, &mut errors)).collect();
    let krate = &registry.krate;
    let imported = imported.iter().map(|imported| import(imported, &registry));
    let functions: Vec<TokenStream> =
        functions.into_iter().map(|function| free(function, &registry, &mut errors)).collect();
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, missing_debug_implementations)]
        pub(crate) struct __FacadeList;
        impl #krate::__private::facade::List for __FacadeList {}
        #handle
        #(#imported)*
        #(#structs)*
        #(#functions)*
        #definition
        #errors
    }
}

/// What impls find a facade by.
fn entries(facades: &[Declared], imported: &[Imported], errors: &mut CfgErrors) -> Vec<Entry> {
    let declared = facades.iter().map(Entry::of);
    let imported = imported.iter().map(|it| Entry::new(&it.of, &it.generics, it.name(), EntryKind::Imported));
    declared.chain(imported).filter_map(|entry| errors.take(entry)).collect()
}

/// A facade of another list, under its name in this one.
fn import(imported: &Imported, registry: &Registry) -> TokenStream {
    let Imported { attrs, vis, path, generics, of } = imported;
    let here = at(path.span());
    let krate = registry.krate(path.span());
    // The impls of its module use it.
    let vis = if matches!(vis, Visibility::Inherited) { quote!(pub(crate)) } else { vis.to_token_stream() };
    let of = registry::pinned(of).unwrap_or(of);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let mark = registry.path_of(&Ident::new("__FacadeList", here), here);
    quote_spanned! {here=>
        #(#attrs)*
        #[allow(unused_imports)]
        #vis use #path;
        #(#attrs)*
        impl #impl_generics #krate::__private::facade::Faced<#mark> for #of #where_clause {}
    }
}

/// The blocking form of a free function.
fn free(mut function: FreeFunction, registry: &Registry, errors: &mut CfgErrors) -> TokenStream {
    document(&mut function.attrs, &function.of, false);
    implement::free(registry, function, errors)
}

/// A facade, and where its type is of another crate also the methods.
pub(super) fn one(declared: Declared, registry: &Registry, errors: &mut CfgErrors) -> TokenStream {
    let drops = declared.drops();
    let Declared { attrs, defaults, vis, name, generics, of, implements, members } = declared;
    let (derived, mut attrs) = derives(attrs);
    document(&mut attrs, &of, registry::in_pinned_box(&of).is_some_and(is_object));
    let conditions: Vec<&Attribute> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
    // In an impl of its own a lifetime of the struct may occur but once.
    let allow = generics.lifetimes().next().map(|_| quote!(#[allow(single_use_lifetimes)]));
    let conditions = quote!(#(#conditions)* #allow);
    let error = defaults.error.as_ref().or(registry.error.as_ref());
    let timeout = defaults.timeout.as_ref();
    let shape = Of {
        name: &name,
        vis: &vis,
        generics: &generics,
        of: &of,
        conditions: &conditions,
        registry,
        error,
        timeout,
        members: members.as_deref().unwrap_or_default(),
    };
    let facade = facade(&shape, &attrs, drops);
    let mut implemented = TokenStream::new();
    for Derived { implements, condition } in &derived {
        let condition = condition.iter();
        let conditions = quote!(#conditions #(#[cfg(#condition)])*);
        let under = Of { conditions: &conditions, ..shape };
        implemented.extend(errors.take(std_traits::one(&under, implements)));
    }
    implemented.extend(implements.iter().filter_map(|implements| errors.take(std_traits::one(&shape, implements))));
    let methods = members.map(|members| {
        let block = SignatureBlock {
            kind: SignatureBlockKind::Impl(registry::pinned(&of).unwrap_or(&of).clone()),
            generics: generics.clone(),
            attrs: vec![conditions.clone()],
            defaults,
            members,
            is_listed: true,
        };
        implement::block(registry, block)
    });
    quote!(#facade #implemented #methods)
}

/// The struct, and what leads from it to its value and back.
fn facade(shape: &Of<'_>, attrs: &[Attribute], drops: bool) -> TokenStream {
    let Of { name, vis, generics, of, conditions, registry, .. } = shape;
    let here = at(name.span());
    let krate = registry.krate(name.span());
    let (impl_generics, arguments, where_clause) = generics.split_for_impl();
    let this: TokenStream = quote_spanned!(here=> self);
    let (into_held, mutable) = if drops {
        (quote_spanned!(here=> #this.__held.take()), Some(quote!(mut)))
    } else {
        (quote_spanned!(here=> #this.__held), None)
    };
    let faced_of = registry::pinned(of).unwrap_or(of);
    let faced = registry.is_list.then(|| {
        let mark = registry.path_of(&Ident::new("__FacadeList", here), here);
        quote_spanned!(here=> #conditions impl #impl_generics #krate::__private::facade::Faced<#mark> for #faced_of #where_clause {})
    });
    let held = quote_spanned!(here=> #krate::__private::facade::Held<#of>);
    quote_spanned! {here=>
        #(#attrs)*
        #vis struct #name #generics #where_clause { pub(crate) __held: #held }
        #conditions
        impl #impl_generics #krate::Facade for #name #arguments #where_clause {
            type Async = #of;
            fn __held(&#this) -> &#held { &#this.__held }
            fn __held_mut(&mut #this) -> &mut #held { &mut #this.__held }
            fn __into_held(#mutable #this) -> #held { #into_held }
            fn __from_held(held: #held) -> Self { Self { __held: held } }
        }
        #conditions
        impl #impl_generics ::core::convert::From<#name #arguments> for #of #where_clause {
            fn from(facade: #name #arguments) -> Self { #krate::Facade::into_async(facade) }
        }
        #faced
    }
}

/// A derived trait that is the async value's, and the condition of its `cfg_attr`.
struct Derived {
    implements: Implements,
    condition: Option<TokenStream>,
}

/// The derived traits that are the async value's, and the attributes without them.
fn derives(attrs: Vec<Attribute>) -> (Vec<Derived>, Vec<Attribute>) {
    let (mut derived, mut rest) = (Vec::new(), Vec::new());
    for attr in attrs {
        match attrs::conditional(&attr) {
            None => {
                let others = take_derives(attr.meta, None, &mut derived);
                rest.extend(others.map(|meta| parse_quote!(#[#meta])));
            }
            Some((condition, metas)) => {
                let take = |meta| take_derives(meta, Some(&condition), &mut derived);
                let others: Vec<Meta> = metas.into_iter().filter_map(take).collect();
                if !others.is_empty() {
                    rest.push(parse_quote!(#[cfg_attr(#condition, #(#others),*)]));
                }
            }
        }
    }
    (derived, rest)
}

/// What is left of `meta` without these.
fn take_derives(meta: Meta, condition: Option<&TokenStream>, derived: &mut Vec<Derived>) -> Option<Meta> {
    let Meta::List(list) = &meta else { return Some(meta) };
    let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(list.tokens.clone());
    let (true, Ok(paths)) = (list.path.is_ident("derive"), paths) else { return Some(meta) };
    let (ours, others): (Vec<Path>, Vec<Path>) = paths
        .into_iter()
        .partition(|path| path.segments.last().is_some_and(|last| std_traits::is_derived(&last.ident)));
    let of_path = |path: Path| path.segments.last().map(|last| last.ident.clone());
    derived.extend(ours.into_iter().filter_map(of_path).map(|name| Derived {
        implements: Implements { name, arguments: None, methods: Vec::new() },
        condition: condition.cloned(),
    }));
    (!others.is_empty()).then(|| parse_quote!(derive(#(#others),*)))
}

/// Docs for what has none. Of a boxed trait object, whose path is that of `Pin`, they have no link.
fn document(attrs: &mut Vec<Attribute>, of: &impl ToTokens, is_boxed: bool) {
    if attrs.iter().any(|attr| attr.path().is_ident("doc")) {
        return;
    }
    let of = if is_boxed { format!("`{}`", text(of)) } else { format!("[`{}`]", path_text(of)) };
    let docs = docs::literal(&format!("The blocking form of {of}."));
    attrs.push(parse_quote!(#docs));
}

fn is_object(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::TraitObject(_))
}

/// A where clause with more predicates.
pub(super) fn with_predicates(
    generics: &Generics,
    predicates: impl IntoIterator<Item = TokenStream>,
) -> Option<WhereClause> {
    let mut generics = generics.clone();
    for predicate in predicates {
        generics.make_where_clause().predicates.push(parse_quote!(#predicate));
    }
    generics.where_clause
}
