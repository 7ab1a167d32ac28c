//! What a facade does with the async value: `Drop`, `From`, `AsRef`, and what forwards to the async type's own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{AngleBracketedGenericArguments, GenericArgument, Result, Type, parse_quote};

use super::super::list::Implements;
use super::super::map::{Mapper, Output, Passed};
use super::Of;

pub(super) fn drop_with(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
    let (krate, of) = (facade.registry.krate(here), facade.of);
    let Some(method) = implements.methods.first() else { return Ok(TokenStream::new()) };
    Ok(facade.std_trait(
        quote_spanned!(here=> ::core::ops::Drop),
        quote_spanned! {here=>
            #[allow(unused_mut)]
            fn drop(&mut self) {
                let held = self.__held.take();
                // Whether the method takes `self` or `&mut self`, its call is the same.
                #krate::__private::facade::drop_with(held, #krate::__private::facade::DROP_TIMEOUT, |mut value: #of| async move {
                    value.#method().await
                });
            }
        },
    ))
}

/// Methods of the facade's own that give the async value: by reference, by value.
pub(super) fn async_value(facade: &Of<'_>, implements: &Implements, here: Span) -> TokenStream {
    let Of { name, vis, generics, of, conditions, registry, .. } = facade;
    let krate = registry.krate(here);
    let (impl_generics, arguments, where_clause) = generics.split_for_impl();
    let mut methods = implements.methods.iter();
    let by_reference = methods.next().map(|method| {
        quote_spanned! {here=>
            /// The async value.
            #vis fn #method(&self) -> &#of { self.__held.get() }
        }
    });
    let by_value = methods.next().map(|method| {
        quote_spanned! {here=>
            /// The async value.
            #vis fn #method(self) -> #of { #krate::Facade::into_async(self) }
        }
    });
    quote_spanned!(here=> #conditions impl #impl_generics #name #arguments #where_clause { #by_reference #by_value })
}

fn argument(arguments: Option<&AngleBracketedGenericArguments>) -> Option<Type> {
    match arguments?.args.first()? {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

pub(super) fn from(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
    let Some(from) = argument(implements.arguments.as_ref()) else { return Ok(TokenStream::new()) };
    let of = facade.of;
    let value = Ident::new("value", here);
    // From the async type itself.
    if implements.name == "From" && from.to_token_stream().to_string() == of.to_token_stream().to_string() {
        let made = facade.of_nothing(&implements.name)?(value.to_token_stream());
        return Ok(facade.std_trait(
            quote_spanned!(here=> ::core::convert::From<#from>),
            quote_spanned!(here=> fn from(#value: #from) -> Self { #made }),
        ));
    }
    let mut ty = from.clone();
    let Passed { value: passed, facade: parent } =
        Mapper { registry: facade.registry, in_trait: false, is_pinned: false, own: None, items: None }
            .argument(&mut ty, &value)?;
    // One that is made of another facade has that one's loop.
    let krate = facade.registry.krate(here);
    let parent = parent.map(
        |parent| quote_spanned!(here=> let on = ::core::clone::Clone::clone(#krate::Facade::__held(#parent).on());),
    );
    // And what makes it may need the loop's context.
    let within = |call: TokenStream| match &parent {
        Some(_) => quote_spanned!(here=> on.within(move || #call)),
        None => call,
    };
    let made = |value: TokenStream| match &parent {
        Some(_) => Ok(quote_spanned!(here=> Self { __held: #krate::__private::facade::Held::new(#value, on) })),
        None => facade.of_nothing(&implements.name).map(|made| made(value)),
    };
    if implements.name == "From" {
        let made = made(within(quote_spanned!(here=> <#of as ::core::convert::From<#from>>::from(#passed))))?;
        return Ok(facade.std_trait(
            quote_spanned!(here=> ::core::convert::From<#ty>),
            quote_spanned!(here=> fn from(#value: #ty) -> Self { #parent #made }),
        ));
    }
    let call = within(quote_spanned!(here=> <#of as ::core::convert::TryFrom<#from>>::try_from(#passed)));
    let made = made(value.to_token_stream())?;
    Ok(facade.std_trait(
        quote_spanned!(here=> ::core::convert::TryFrom<#ty>),
        quote_spanned! {here=>
            type Error = <#of as ::core::convert::TryFrom<#from>>::Error;
            fn try_from(#value: #ty) -> ::core::result::Result<Self, Self::Error> {
                #parent
                #call.map(|#value| #made)
            }
        },
    ))
}

pub(super) fn as_ref(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
    let Some(ty) = argument(implements.arguments.as_ref()) else { return Ok(TokenStream::new()) };
    let mut mapped: Type = parse_quote!(&#ty);
    let output = Mapper { registry: facade.registry, in_trait: false, is_pinned: false, own: None, items: None }
        .output(&mut mapped)?;
    debug_assert!(output.is_same() || matches!(output, Output::This));
    Ok(facade.std_trait(
        quote_spanned!(here=> ::core::convert::AsRef<#ty>),
        quote_spanned!(here=> fn as_ref(&self) -> &#ty { ::core::convert::AsRef::as_ref(self.__held.get()) }),
    ))
}

/// What a derive would be, of the async value.
pub(super) fn derived(facade: &Of<'_>, name: &Ident, here: Span) -> TokenStream {
    let text = name.to_string();
    let (path, body) = match &*text {
        "Clone" => (
            quote_spanned!(here=> ::core::clone::Clone),
            quote_spanned!(here=> fn clone(&self) -> Self { Self { __held: ::core::clone::Clone::clone(&self.__held) } }),
        ),
        "Debug" => (
            quote_spanned!(here=> ::core::fmt::Debug),
            quote_spanned! {here=>
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Debug::fmt(self.__held.get(), f)
                }
            },
        ),
        "PartialEq" => (
            quote_spanned!(here=> ::core::cmp::PartialEq),
            quote_spanned!(here=> fn eq(&self, other: &Self) -> bool { self.__held.get() == other.__held.get() }),
        ),
        "Eq" => (quote_spanned!(here=> ::core::cmp::Eq), TokenStream::new()),
        "PartialOrd" => (
            quote_spanned!(here=> ::core::cmp::PartialOrd),
            quote_spanned! {here=>
                fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
                    ::core::cmp::PartialOrd::partial_cmp(self.__held.get(), other.__held.get())
                }
            },
        ),
        "Ord" => (
            quote_spanned!(here=> ::core::cmp::Ord),
            quote_spanned! {here=>
                fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
                    ::core::cmp::Ord::cmp(self.__held.get(), other.__held.get())
                }
            },
        ),
        _ => (
            quote_spanned!(here=> ::core::hash::Hash),
            quote_spanned! {here=>
                fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                    ::core::hash::Hash::hash(self.__held.get(), state);
                }
            },
        ),
    };
    facade.forwarded(&text, path, body)
}
