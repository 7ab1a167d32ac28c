//! The traits of std that a facade implements by what its async type does.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Generics, Path, Result, Type, Visibility};

use super::errors::mistake;
use super::fold;
use super::implement::SignatureMember;
use super::list::Implements;
use super::registry::{Handle, Registry};
use super::structs::with_predicates;
use super::tokens::{Located as _, at};

mod io;
mod items;
mod values;

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
    /// The signatures that the list has of it.
    pub(super) members: &'a [SignatureMember],
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
        "Read" => facade.std_trait(quote_spanned!(here=> ::std::io::Read), io::read(facade, here)),
        "Write" => facade.std_trait(quote_spanned!(here=> ::std::io::Write), io::write(facade, here)),
        "BufRead" => facade.std_trait(quote_spanned!(here=> ::std::io::BufRead), io::buf_read(facade, here)),
        "Seek" => facade.std_trait(quote_spanned!(here=> ::std::io::Seek), io::seek(facade, here)),
        "Iterator" => items::iterator(facade, implements, here)?,
        "IntoFuture" => items::run(facade, implements, here)?,
        "Drop" => values::drop_with(facade, implements, here)?,
        "Async" => values::async_value(facade, implements, here),
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
        "From" | "TryFrom" => values::from(facade, implements, here)?,
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
        "AsRef" => values::as_ref(facade, implements, here)?,
        "Display" => facade.std_trait(
            quote_spanned!(here=> ::core::fmt::Display),
            quote_spanned! {here=>
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(self.__held.get(), f)
                }
            },
        ),
        _ => values::derived(facade, name, here),
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
        return Err(mistake(arguments, format!("`{name}` takes no type here"), format!("write `{name}`")));
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
            Some(method) => Err(mistake(
                method,
                format!("`{name}` takes no method"),
                format!("write `{name}`: the async type has a trait for it, or write the impl by hand"),
            )),
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

/// What becomes of an error of the bridge, where an output may be a `Result`.
fn folds(of: TokenStream, error: Option<&Path>, here: Span) -> TokenStream {
    let fold = fold::of(error, here).located_at(here);
    quote_spanned!(here=> #of.#fold)
}
