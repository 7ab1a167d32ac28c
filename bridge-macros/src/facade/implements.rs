//! The traits of std that a facade implements by what its async type does.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    AngleBracketedGenericArguments, Expr, GenericArgument, Generics, Path, Result, Type, Visibility, parse_quote,
};

use super::errors::mistake;
use super::list::Implements;
use super::map::{Mapper, Output, Passed};
use super::registry::{Handle, Registry};
use super::structs::with_predicates;
use super::tokens::{Located as _, at, ungrouped};
use super::{probe, timeout};

/// The facade that implements something.
pub(super) struct Of<'a> {
    pub(super) name: &'a Ident,
    pub(super) vis: &'a Visibility,
    pub(super) generics: &'a Generics,
    /// The async type.
    pub(super) of: &'a Type,
    pub(super) conditions: &'a TokenStream,
    pub(super) registry: &'a Registry,
    /// What converts errors of the bridge.
    pub(super) error: Option<&'a Path>,
    /// The timeout of its calls, in the place of the handle's.
    pub(super) timeout: Option<&'a Expr>,
}

/// What a derive of these would be about is the async value.
const DERIVED: [&str; 8] = ["Clone", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

pub(super) fn is_derived(name: &Ident) -> bool {
    DERIVED.iter().any(|derived| name == derived)
}

/// One impl.
pub(super) fn one(facade: &Of<'_>, implements: &Implements) -> Result<TokenStream> {
    let name = &implements.name;
    let here = at(name.span());
    check_form(facade, implements)?;
    Ok(match &*name.to_string() {
        "Read" => facade.std_trait(quote_spanned!(here=> ::std::io::Read), read(facade, here)),
        "Write" => facade.std_trait(quote_spanned!(here=> ::std::io::Write), write(facade, here)),
        "BufRead" => facade.std_trait(quote_spanned!(here=> ::std::io::BufRead), buf_read(facade, here)),
        "Seek" => facade.std_trait(quote_spanned!(here=> ::std::io::Seek), seek(facade, here)),
        "Iterator" => iterator(facade, implements, here)?,
        "IntoFuture" => run(facade, implements, here)?,
        "Drop" => drop_with(facade, implements, here)?,
        "Async" => async_value(facade, implements, here),
        "Default" => {
            let made = facade.of_nothing(name)?;
            let of = facade.of;
            let made = made(quote_spanned!(here=> <#of as ::core::default::Default>::default()));
            facade.forwarded(
                "Default",
                quote_spanned!(here=> ::core::default::Default),
                quote_spanned!(here=> fn default() -> Self { #made }),
            )
        }
        "From" | "TryFrom" => from(facade, implements, here)?,
        "FromStr" => {
            let made = facade.of_nothing(name)?;
            let of = facade.of;
            let made = made(Ident::new("value", here).to_token_stream());
            facade.std_trait(
                quote_spanned!(here=> ::core::str::FromStr),
                quote_spanned! {here=>
                    type Err = <#of as ::core::str::FromStr>::Err;
                    fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                        <#of as ::core::str::FromStr>::from_str(text).map(|value| #made)
                    }
                },
            )
        }
        "AsRef" => as_ref(facade, implements, here)?,
        "Display" => facade.std_trait(
            quote_spanned!(here=> ::core::fmt::Display),
            quote_spanned! {here=>
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(self.__held.get(), f)
                }
            },
        ),
        _ => derived(facade, name, here),
    })
}

/// What else may stand after the colon.
const KNOWN: [&str; 13] = [
    "AsRef",
    "Async",
    "BufRead",
    "Display",
    "Drop",
    "From",
    "FromStr",
    "IntoFuture",
    "Iterator",
    "Read",
    "Seek",
    "TryFrom",
    "Write",
];

/// Refuses names that are not known, and what a name does not take.
fn check_form(facade: &Of<'_>, implements: &Implements) -> Result<()> {
    let Implements { name, arguments, methods } = implements;
    let text = name.to_string();
    if !KNOWN.contains(&&*text) && !is_derived(name) {
        return Err(mistake(
            name,
            format!("a facade cannot implement `{name}` by itself"),
            format!(
                "what may stand here is `Read`, `Write`, `BufRead`, `Seek`, `Iterator`, `IntoFuture`, `Default`, `From<T>`, \
                 `TryFrom<T>`, `FromStr`, `AsRef<T>`, `Display`, `Drop(method)` and `Async(inner, into_inner)`; write other impls \
                 by hand, for `{}`",
                facade.name
            ),
        ));
    }
    let takes_type = ["AsRef", "From", "TryFrom"].contains(&&*text);
    if takes_type && !matches!(arguments, Some(arguments) if arguments.args.len() == 1) {
        return Err(mistake(name, format!("`{name}` needs a type"), format!("write `{name}<T>`")));
    }
    let takes_output = ["Iterator", "IntoFuture"].contains(&&*text);
    if let Some(arguments) = arguments.as_ref().filter(|_| !takes_type && !takes_output) {
        return Err(mistake(arguments, format!("`{name}` takes no type here"), "remove it"));
    }
    check_methods(name, methods)
}

/// Refuses methods where none is taken, and the other way round.
fn check_methods(name: &Ident, methods: &[Ident]) -> Result<()> {
    match &*name.to_string() {
        "Async" if (1..=2).contains(&methods.len()) => Ok(()),
        "Async" => Err(mistake(
            name,
            "`Async` names one method or two, that give the async value",
            "write `Async(inner, into_inner)`, the first by reference, the second by value",
        )),
        "Drop" if methods.is_empty() => Err(mistake(
            name,
            "a facade drops its value by itself, in the context of the loop, and waits for nothing",
            "name the method that a drop is to await, `Drop(rollback)`, or remove it",
        )),
        "Drop" | "Iterator" => Ok(()),
        _ => match methods.first() {
            Some(method) => Err(mistake(method, format!("`{name}` takes no method"), "remove it")),
            None => Ok(()),
        },
    }
}

impl Of<'_> {
    /// `impl Trait for Name`
    fn std_trait(&self, of: TokenStream, body: TokenStream) -> TokenStream {
        self.bounded(of, Vec::new(), body)
    }

    /// The same, where a generic async value has the trait.
    fn forwarded(&self, name: &str, path: TokenStream, body: TokenStream) -> TokenStream {
        let of = self.of;
        let is_generic = self.is_generic();
        // To a parameter's own bounds it would be a repetition, to nobody's harm.
        let predicate = (is_generic && DERIVED.contains(&name)).then(|| quote!(#of: #path));
        self.bounded(path, predicate.into_iter().collect(), body)
    }

    fn is_generic(&self) -> bool {
        self.generics.type_params().next().is_some()
    }

    fn bounded(&self, path: TokenStream, predicates: Vec<TokenStream>, body: TokenStream) -> TokenStream {
        let Of { name, generics, conditions, .. } = self;
        let (impl_generics, arguments, _) = generics.split_for_impl();
        let where_clause = with_predicates(generics, predicates);
        quote!(#conditions impl #impl_generics #path for #name #arguments #where_clause { #body })
    }

    /// What makes a facade of a value that is made of nothing that has a loop.
    fn of_nothing(&self, name: &Ident) -> Result<impl Fn(TokenStream) -> TokenStream> {
        if matches!(self.registry.handle, Handle::Parameter) {
            return Err(mistake(
                name,
                format!("`{name}` makes a facade where no handle can be given"),
                "name the loop in `facade!`, as `handle = bridge::shared();`, or make it with `Facade::wrap`",
            ));
        }
        let krate = self.registry.krate(name.span());
        let here = at(name.span());
        let on = self.registry.lazy(here);
        Ok(
            move |value: TokenStream| quote_spanned!(here=> Self { __held: #krate::__private::facade::Held::new(#value, #on) }),
        )
    }

    fn text(&self, method: &str) -> String {
        format!("{}::{method}", self.name)
    }
}

fn read(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, name) = (facade.registry.krate(here), facade.text("read"));
    quote_spanned! {here=>
        #[track_caller]
        fn read(&mut self, buf: &mut [u8]) -> ::std::io::Result<usize> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::read(#name, on, value, buf)
        }
    }
}

fn write(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, write, flush) = (facade.registry.krate(here), facade.text("write"), facade.text("flush"));
    quote_spanned! {here=>
        #[track_caller]
        fn write(&mut self, buf: &[u8]) -> ::std::io::Result<usize> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::write(#write, on, value, buf)
        }
        #[track_caller]
        fn flush(&mut self) -> ::std::io::Result<()> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::flush(#flush, on, value)
        }
    }
}

fn buf_read(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, name) = (facade.registry.krate(here), facade.text("fill_buf"));
    quote_spanned! {here=>
        #[track_caller]
        fn fill_buf(&mut self) -> ::std::io::Result<&[u8]> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::fill_buf(#name, on, value)
        }
        fn consume(&mut self, amount: usize) {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::consume(on, value, amount);
        }
    }
}

fn seek(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, name) = (facade.registry.krate(here), facade.text("seek"));
    quote_spanned! {here=>
        #[track_caller]
        fn seek(&mut self, pos: ::std::io::SeekFrom) -> ::std::io::Result<u64> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::seek(#name, on, value, pos)
        }
    }
}

/// What becomes of an error of the bridge, where an output may be a `Result`.
fn folds(of: TokenStream, error: Option<&Path>, here: Span) -> TokenStream {
    match error.map(|error| error.located_at(here)) {
        Some(error) => quote_spanned!(here=> #of.with(#error)),
        None => quote_spanned!(here=> #of.fold()),
    }
}

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
    let is_result = matches!(ungrouped(&ty), Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result")));
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
            folds: quote_spanned!(here=> #krate::__private::facade::folds_items(&*value)),
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
        let (krate, of, name) = (facade.registry.krate(here), facade.of, facade.text("next"));
        let called = at(method.span());
        let next = quote_spanned!(called=> #krate::__private::facade::IntoItem::into_item(value.#method().await));
        Ok(Items {
            otherwise: item.to_token_stream(),
            folds: quote_spanned!(here=> <#krate::__private::facade::Folds<#item> as ::core::default::Default>::default()),
            next: quote_spanned!(called=> #krate::__private::facade::next_of(#name, on, is_over, async move { #next }, fold)),
            predicates: vec![
                quote_spanned!(here=> #of: ::core::marker::Send),
                quote_spanned!(here=> #item: ::core::marker::Send),
            ],
        })
    }
}

fn iterator(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
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
    Ok(facade.bounded(
        quote_spanned!(here=> ::core::iter::Iterator),
        predicates.into_iter().filter(|_| facade.is_generic()).collect(),
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
    ))
}

/// `IntoFuture`: an action, which a method runs.
fn run(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
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

fn drop_with(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
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
fn async_value(facade: &Of<'_>, implements: &Implements, here: Span) -> TokenStream {
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

fn from(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
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

fn as_ref(facade: &Of<'_>, implements: &Implements, here: Span) -> Result<TokenStream> {
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
fn derived(facade: &Of<'_>, name: &Ident, here: Span) -> TokenStream {
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
