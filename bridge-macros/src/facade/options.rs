//! What `#[threadsafe(facade, …)]` says, and the attributes of single methods.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{
    Error, Expr, Meta, Path, Result, Token, Type, TypeParamBound, Visibility, WherePredicate, parenthesized, token,
};

use super::errors::mistake;

/// The options of one attribute.
#[derive(Default)]
pub(super) struct FacadeOptions {
    pub(super) facade: Option<Facade>,
    pub(super) companions: Option<Ident>,
    pub(super) krate: Option<Path>,
    pub(super) handle: Option<Expr>,
    /// `facade_attr(…)`: attributes of the declared struct.
    pub(super) facade_attrs: Vec<Meta>,
    /// `implements(…)`: what follows the colon of a struct in `facade!`.
    pub(super) implements: Option<TokenStream>,
    pub(super) name: Option<Ident>,
    /// The traits that the blocking form of a trait has for supertraits.
    pub(super) supertraits: Vec<TypeParamBound>,
    pub(super) skip: Option<Ident>,
    pub(super) method: MethodOptions,
    /// Those of the companions, where there are both.
    pub(super) for_companions: Vec<TokenStream>,
    written: Vec<Ident>,
}

/// How one method of a facade calls the async fn.
#[derive(Clone, Default)]
pub(super) struct MethodOptions {
    pub(super) timeout: Option<Expr>,
    pub(super) error: Option<Path>,
    /// Whether that is said of the impl, and so only of the methods that return a `Result`.
    pub(super) is_default_error: bool,
    pub(super) local: Option<Ident>,
    /// Whether the types of the signature stay the async ones.
    pub(super) as_is: Option<Ident>,
    /// Whether a function that is not async starts the loop, and runs in its context.
    pub(super) in_context: Option<Ident>,
    /// Whether the list's `handle` is evaluated for each call, while the facade is on no loop.
    pub(super) new_handle: Option<Ident>,
    /// The visibility of the facade's method, where it is not that of the async one.
    pub(super) vis: Option<Visibility>,
    pub(super) attrs: Vec<TokenStream>,
    pub(super) bounds: Vec<WherePredicate>,
    pub(super) with: Vec<With>,
}

/// `T = Type`: a type parameter that has one type in the facade.
#[derive(Clone)]
pub(super) struct With {
    pub(super) param: Ident,
    eq: Token![=],
    pub(super) ty: Type,
    /// Whether it is said of the impl, and so only of the methods that have such a parameter.
    pub(super) is_default: bool,
}

impl With {
    /// `Self = type`
    pub(super) fn of_self(ty: &TokenStream) -> With {
        let param = Ident::new("Self", Span::mixed_site());
        With { param, eq: Token![=](Span::mixed_site()), ty: Type::Verbatim(ty.clone()), is_default: false }
    }
}

impl Parse for With {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(With { param: input.parse()?, eq: input.parse()?, ty: input.parse()?, is_default: false })
    }
}

impl ToTokens for With {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let With { param, eq, ty, .. } = self;
        tokens.extend(quote!(#param #eq #ty));
    }
}

/// `facade`, `facade = path`, `facade = pub path`.
pub(super) struct Facade {
    pub(super) word: Ident,
    /// Where the type is declared by this attribute.
    pub(super) vis: Option<Visibility>,
    pub(super) path: Option<Path>,
}

/// What an attribute stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributePlace {
    Impl,
    Trait,
    /// A struct of `facade!`.
    Struct,
    Method,
    /// A method of an impl or trait that has companions too.
    MethodOfBoth,
}

const OF_COMPANIONS: [&str; 6] = ["docs", "fallible", "stream", "submit", "suffix", "vis"];

/// Whether what is generated there has a visibility, which may be another than the async one.
fn has_vis(place: AttributePlace) -> bool {
    matches!(place, AttributePlace::Method | AttributePlace::Trait)
}

impl FacadeOptions {
    pub(super) fn parse(tokens: TokenStream, place: AttributePlace) -> Result<FacadeOptions> {
        let options = (|input: ParseStream<'_>| {
            let mut options = FacadeOptions::default();
            while !input.is_empty() {
                options.option(input, place)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(options)
        })
        .parse2(tokens)?;
        let companions = options.companions.is_some() || place == AttributePlace::MethodOfBoth;
        let of_companions =
            |word: &&Ident| OF_COMPANIONS.iter().any(|name| *word == name) && !(has_vis(place) && *word == "vis");
        if let Some(word) = options.written.iter().find(of_companions).filter(|_| !companions) {
            return Err(mistake(
                word,
                format!("`{word}` is an option of companions, and this attribute makes none"),
                format!("remove `{word}`, or add `companions` beside `facade`"),
            ));
        }
        Ok(options)
    }

    fn option(&mut self, input: ParseStream<'_>, place: AttributePlace) -> Result<()> {
        let key = input.call(Ident::parse_any)?;
        if self.written.contains(&key) && key != "attr" && key != "bound" && key != "facade_attr" {
            return Err(Error::new(key.span(), format!("`{key}` is already given")));
        }
        self.written.push(key.clone());
        let start = input.fork();
        let for_companions = match &*key.to_string() {
            "facade" | "companions" | "facade_attr" | "implements" | "crate" | "handle" | "supertraits" => {
                self.item_option(&key, input, place)?
            }
            "vis" if has_vis(place) => {
                self.method.vis = Some(value(&key, input, Visibility::parse)?);
                false
            }
            word if OF_COMPANIONS.contains(&word) => {
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
                true
            }
            _ => self.method_option(&key, input, place)?,
        };
        if for_companions {
            let value = between(&start, input)?;
            self.for_companions.push(quote!(#key #value));
        }
        Ok(())
    }
}

impl FacadeOptions {
    /// An option of an impl or a trait; whether companions have it as well.
    fn item_option(&mut self, key: &Ident, input: ParseStream<'_>, place: AttributePlace) -> Result<bool> {
        let on_item = matches!(place, AttributePlace::Impl | AttributePlace::Trait);
        match &*key.to_string() {
            "facade" if on_item => self.facade = Some(facade(key.clone(), input)?),
            "companions" if on_item => self.companions = Some(key.clone()),
            "facade_attr" if place == AttributePlace::Impl => {
                self.facade_attrs.extend(list(key, input, Meta::parse)?);
            }
            "implements" if place == AttributePlace::Impl => {
                let content;
                parenthesized!(content in input);
                self.implements = Some(content.parse()?);
            }
            "crate" if on_item => {
                self.krate = Some(value(key, input, Path::parse_mod_style)?);
                return Ok(true);
            }
            "supertraits" if place == AttributePlace::Trait => {
                let bounds = list(key, input, Punctuated::<TypeParamBound, Token![+]>::parse_separated_nonempty)?;
                self.supertraits.extend(bounds.into_iter().flatten());
            }
            "handle" if place == AttributePlace::Impl => {
                self.handle = Some(value(key, input, Expr::parse)?);
                return Ok(true);
            }
            _ => return Err(unknown(key, place)),
        }
        Ok(false)
    }

    /// An option of a method, which an impl or a trait may give as a default; whether companions have it as well.
    fn method_option(&mut self, key: &Ident, input: ParseStream<'_>, place: AttributePlace) -> Result<bool> {
        let on_item = matches!(place, AttributePlace::Impl | AttributePlace::Trait | AttributePlace::Struct);
        match &*key.to_string() {
            "attr" if place == AttributePlace::Struct => return Err(unknown(key, place)),
            "as_is" if !on_item || place == AttributePlace::Impl => self.method.as_is = Some(key.clone()),
            "in_context" if !on_item => self.method.in_context = Some(key.clone()),
            "new_handle" if !on_item => self.method.new_handle = Some(key.clone()),
            "name" if place == AttributePlace::MethodOfBoth => {
                return Err(mistake(
                    key,
                    "`name` would name the companion and the facade's method alike",
                    "rename the companions of the whole impl with `suffix`, or put the two attributes on two impls",
                ));
            }
            "name" if !matches!(place, AttributePlace::Impl | AttributePlace::Struct) => {
                self.name = Some(value(key, input, Ident::parse)?);
                if input.peek(Token![::]) {
                    return Err(mistake(
                        key,
                        "`name` is one name, of what stands beside the async one",
                        "re-export it where it is to be found: `pub use …`",
                    ));
                }
            }
            "error" => self.method.error = Some(value(key, input, Path::parse)?),
            "with" => self.method.with.extend(list(key, input, With::parse)?),
            "skip" if !on_item => {
                self.skip = Some(key.clone());
                return Ok(true);
            }
            "timeout" => {
                self.method.timeout = Some(value(key, input, Expr::parse)?);
                return Ok(true);
            }
            "local" => {
                self.method.local = Some(key.clone());
                return Ok(true);
            }
            "attr" => {
                self.method.attrs.extend(list(key, input, rest_of_attribute)?);
                return Ok(true);
            }
            "bound" => {
                self.method.bounds.extend(list(key, input, WherePredicate::parse)?);
                return Ok(true);
            }
            _ => return Err(unknown(key, place)),
        }
        Ok(false)
    }
}

impl MethodOptions {
    /// These, and what they leave out of the impl's.
    pub(super) fn or(mut self, defaults: &MethodOptions) -> MethodOptions {
        self.timeout = self.timeout.or_else(|| defaults.timeout.clone());
        if self.error.is_none() {
            self.error.clone_from(&defaults.error);
            self.is_default_error = true;
        }
        self.local = self.local.or_else(|| defaults.local.clone());
        self.as_is = self.as_is.or_else(|| defaults.as_is.clone());
        self.bounds.splice(0..0, defaults.bounds.iter().cloned());
        let with = defaults.with.iter().map(|with| With { is_default: true, ..with.clone() });
        self.with.splice(0..0, with);
        self
    }
}

/// As they are written.
impl ToTokens for MethodOptions {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let MethodOptions { timeout, error, local, as_is, in_context, new_handle, vis, attrs, bounds, with, .. } = self;
        let timeout = timeout.iter();
        let (error, vis) = (error.iter(), vis.iter());
        let local = local.iter().chain(as_is).chain(in_context).chain(new_handle);
        tokens.extend(quote! {
            #(timeout = #timeout,)* #(error = #error,)* #(vis = #vis,)* #(#local,)* #(attr(#attrs),)* #(bound(#bounds),)* #(with(#with),)*
        });
    }
}

fn facade(word: Ident, input: ParseStream<'_>) -> Result<Facade> {
    if !input.peek(Token![=]) {
        return Ok(Facade { word, vis: None, path: None });
    }
    input.parse::<Token![=]>()?;
    let vis: Visibility = input.parse()?;
    let vis = Some(vis).filter(|vis| !matches!(vis, Visibility::Inherited));
    let path = input.call(Path::parse_mod_style).map_err(|error| {
        mistake_at(
            error.span(),
            "`facade` takes the path of the module that has the `facade!`",
            "write it as `facade = crate::blocking`",
        )
    })?;
    Ok(Facade { word, vis, path: Some(path) })
}

fn mistake_at(span: Span, what: &str, help: &str) -> Error {
    Error::new(span, format!("{what}\nhelp: {help}"))
}

/// `= value`
fn value<T>(key: &Ident, input: ParseStream<'_>, parse: fn(ParseStream<'_>) -> Result<T>) -> Result<T> {
    if !input.peek(Token![=]) {
        return Err(mistake(key, format!("`{key}` needs a value"), format!("write `{key} = …`")));
    }
    input.parse::<Token![=]>()?;
    parse(input)
}

/// `(a, b)`
fn list<T>(key: &Ident, input: ParseStream<'_>, parse: fn(ParseStream<'_>) -> Result<T>) -> Result<Vec<T>> {
    if !input.peek(token::Paren) {
        return Err(mistake(key, format!("`{key}` needs its values in parentheses"), format!("write `{key}(…)`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated_with(&content, parse)?.into_iter().collect())
}

/// What stands in the brackets of an attribute, up to the comma that ends it.
fn rest_of_attribute(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The tokens from `start` to where `end` is.
fn between(start: ParseStream<'_>, end: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while start.cursor() < end.cursor() {
        tokens.extend([start.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn unknown(key: &Ident, place: AttributePlace) -> Error {
    let known = match place {
        AttributePlace::Impl => {
            "`facade`, `timeout`, `error`, `local`, `as_is`, `attr`, `bound`, `with`, `crate`, `companions`, and where `facade = pub …` \
             declares the type, `handle`, `facade_attr` and `implements`"
        }
        AttributePlace::Struct => "`timeout`, `error`, `local`, `bound` and `with`",
        AttributePlace::Trait => {
            "`facade`, `name`, `vis`, `supertraits`, `timeout`, `error`, `attr`, `bound`, `crate` and `companions`"
        }
        AttributePlace::Method | AttributePlace::MethodOfBoth => {
            "`skip`, `name`, `vis`, `as_is`, `in_context`, `new_handle`, `timeout`, `error`, `local`, `attr`, `bound` and `with`"
        }
    };
    mistake(key, format!("no option of a facade is named `{key}` here"), format!("the options are {known}"))
}
