//! Which types of a signature have a facade, and how their values cross.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{
    Error, GenericArgument, Generics, Path, PathArguments, Result, Type, TypeParamBound, TypePath, TypeReference,
    WherePredicate, parse_quote,
};

use super::errors::mistake;
use super::registry::{EntryKind, NamedFacade, Registry};
use super::tokens::{at, ungrouped};
use super::{fold, future};
use crate::ast::types::{self, Part};

/// How an output becomes one of the facade's.
pub(super) enum Output {
    /// It is one.
    Same,
    /// What to make the facade by that it is wrapped in.
    Facade(Maker),
    /// The same, of one that holds its value pinned.
    Pinned(Maker),
    /// `Result` and `Option`.
    Map(Box<Output>),
    /// An alias of `Result`.
    MapAlias(Box<Output>),
    /// `Box`
    Boxed(Box<Output>),
    Vec(Box<Output>),
    Tuple(Vec<Output>),
    /// A stream whose type has no name, by what its items become and what becomes of an error of the bridge.
    Items {
        method: String,
        error: Option<Path>,
        item: Box<Output>,
        /// Whether the items are `Result`s whose error may be of another type than the stream's.
        converts: bool,
    },
    /// A reference to the receiver, which the facade's own takes the place of.
    This,
    /// `Result<&Self, E>`
    ResultOfThis,
}

impl Output {
    /// Whether a stream without a name is in it, whose items the facade asks for.
    pub(super) fn has_items(&self) -> bool {
        match self {
            Output::Items { .. } => true,
            Output::Map(inner) | Output::MapAlias(inner) | Output::Boxed(inner) => inner.has_items(),
            _ => false,
        }
    }
}

/// What a facade is made by.
pub(super) enum Maker {
    /// Its path.
    Struct(TokenStream),
    /// `Facade`: it is a parameter, or of another crate, whose field is not seen here.
    Trait,
}

impl Maker {
    /// Makes one of a `Held`.
    fn of(&self, krate: &TokenStream, held: &TokenStream, span: Span) -> TokenStream {
        match self {
            Maker::Struct(path) => quote_spanned!(span=> #path { __held: #held }),
            Maker::Trait => quote_spanned!(span=> #krate::Facade::__from_held(#held)),
        }
    }
}

/// A place that no facade comes out of.
const CALLBACK: &str = "a callback";

/// How an argument becomes one of the async fn's.
enum ArgumentForm {
    Same,
    Value,
    Reference,
    Mutable,
    Option(Box<ArgumentForm>),
    Boxed(Box<ArgumentForm>),
    Vec(Box<ArgumentForm>),
    Tuple(Vec<ArgumentForm>),
}

/// An argument of the facade's, for the async fn.
pub(super) struct Passed {
    pub(super) value: TokenStream,
    /// A reference to it, where it is a facade itself.
    pub(super) facade: Option<TokenStream>,
}

/// Maps the types of signatures.
pub(super) struct Mapper<'a> {
    pub(super) registry: &'a Registry,
    /// Where `Self` is a type parameter of a blanket impl.
    pub(super) in_trait: bool,
    /// Whether `Self` holds its value pinned.
    pub(super) is_pinned: bool,
    /// The facade that the method is of.
    pub(super) own: Option<&'a Type>,
    /// Where streams become iterators.
    pub(super) items: Option<StreamsOf<'a>>,
}

/// A method that may return streams.
#[derive(Clone, Copy)]
pub(super) struct StreamsOf<'a> {
    pub(super) method: &'a str,
    pub(super) error: Option<&'a Path>,
    /// Whether its signature is a list's: errors may be of other types.
    pub(super) is_listed: bool,
}

const SEEN_THROUGH: &str = "`Result`, `Option`, `Box`, `Vec` and tuples are seen through; `#[threadsafe(skip)]` leaves this \
    method out, to be written by hand in an `impl` of the facade";

impl Mapper<'_> {
    fn find(&self, path: &TypePath) -> Option<NamedFacade<'_>> {
        self.registry.find(path)
    }

    /// Makes `ty`, which comes out, the facade's, and says how its value does.
    pub(super) fn output(&self, ty: &mut Type) -> Result<Output> {
        let is_listed = matches!(ungrouped(ty), Type::Path(path) if self.find(path).is_some());
        let items = self.items.filter(|_| !is_listed).and_then(|streams| Some((streams, future::items(ty)?)));
        if let Some((StreamsOf { method, error, is_listed }, mut item)) = items {
            let converts = is_listed && is_result(&item);
            let output = Box::new(self.output(&mut item)?);
            future::iterates(ty, &item);
            return Ok(Output::Items { method: method.to_owned(), error: error.cloned(), item: output, converts });
        }
        match ty {
            Type::Group(group) => self.output(&mut group.elem),
            Type::Paren(paren) => self.output(&mut paren.elem),
            Type::Tuple(tuple) => {
                let elems: Vec<Output> = tuple.elems.iter_mut().map(|elem| self.output(elem)).collect::<Result<_>>()?;
                if let Some(index) = elems.iter().position(|elem| matches!(elem, Output::This | Output::ResultOfThis)) {
                    return Err(self.no_reference(&tuple.elems[index]));
                }
                Ok(if elems.iter().all(Output::is_same) { Output::Same } else { Output::Tuple(elems) })
            }
            Type::Reference(reference) => {
                if is_self(&reference.elem) {
                    return Ok(Output::This);
                }
                if let Some(span) = self.own(&reference.elem) {
                    let this = Ident::new("Self", span);
                    *reference.elem = parse_quote!(#this);
                    return Ok(Output::This);
                }
                if let Some(name) = self.named(&reference.elem) {
                    return Err(no_reference_to(reference, &name));
                }
                self.refuse_inside(&reference.elem, kind(&reference.elem))?;
                Ok(Output::Same)
            }
            Type::Path(path) if path.qself.is_none() => self.output_path(ty),
            Type::ImplTrait(it) => {
                self.refuse_in_bounds(&it.bounds)?;
                for bound in &it.bounds {
                    let TypeParamBound::Trait(bound) = bound else { continue };
                    self.refuse_in_segments(&bound.path, "impl ")?;
                }
                Ok(Output::Same)
            }
            other => {
                self.refuse_inside(other, kind(other))?;
                Ok(Output::Same)
            }
        }
    }

    fn output_path(&self, ty: &mut Type) -> Result<Output> {
        let Type::Path(path) = ty else { return Ok(Output::Same) };
        if path.path.is_ident("Self") {
            let maker = if self.in_trait { Maker::Trait } else { Maker::Struct(path.to_token_stream()) };
            return Ok(if self.is_pinned { Output::Pinned(maker) } else { Output::Facade(maker) });
        }
        self.registry.refuse_ambiguous(path)?;
        if let Some(found) = self.find(path) {
            let imported = found.entry.kind == EntryKind::Imported;
            let maker = if imported { Maker::Trait } else { Maker::Struct(found.path) };
            let (mapped, pinned) = (found.ty, found.entry.is_pinned);
            self.refuse_in_own_arguments(&mapped)?;
            *ty = mapped;
            return Ok(if pinned { Output::Pinned(maker) } else { Output::Facade(maker) });
        }
        let wrapper = wrapper(&path.path);
        let Some((wrapper, first)) = wrapper.zip(first_argument(path)) else {
            self.refuse_in_arguments(path)?;
            return Ok(Output::Same);
        };
        let inner = match (wrapper, self.output(first)?) {
            (Wrapper::Result | Wrapper::Alias, Output::This) => return Ok(Output::ResultOfThis),
            (_, Output::This | Output::ResultOfThis) => return Err(self.no_reference(first)),
            (_, inner) => inner,
        };
        // The error of a `Result`.
        self.refuse_in_other_arguments(path)?;
        Ok(match (wrapper, inner) {
            (_, Output::Same) => Output::Same,
            (Wrapper::Vec, inner) => Output::Vec(Box::new(inner)),
            (Wrapper::Boxed, inner) => Output::Boxed(Box::new(inner)),
            (Wrapper::Result | Wrapper::Option, inner) => Output::Map(Box::new(inner)),
            (Wrapper::Alias, inner) => Output::MapAlias(Box::new(inner)),
        })
    }

    fn no_reference(&self, ty: &Type) -> Error {
        no_reference_to(ty, "Self")
    }

    /// Makes the type of an argument the facade's, and gives the expression that is passed on.
    pub(super) fn argument(&self, ty: &mut Type, name: &Ident) -> Result<Passed> {
        let input = self.input(ty)?;
        let here = at(name.span());
        let facade = match input {
            ArgumentForm::Value => Some(quote_spanned!(here=> &#name)),
            ArgumentForm::Reference => Some(name.to_token_stream()),
            ArgumentForm::Mutable => Some(quote_spanned!(here=> &*#name)),
            ArgumentForm::Boxed(ref inner) if matches!(**inner, ArgumentForm::Value) => {
                Some(quote_spanned!(here=> &*#name))
            }
            _ => None,
        };
        Ok(Passed { value: self.pass(&input, name.to_token_stream(), name.span()), facade })
    }

    fn input(&self, ty: &mut Type) -> Result<ArgumentForm> {
        match ty {
            Type::Group(group) => self.input(&mut group.elem),
            Type::Paren(paren) => self.input(&mut paren.elem),
            Type::Tuple(tuple) => {
                let elems: Vec<ArgumentForm> =
                    tuple.elems.iter_mut().map(|elem| self.input(elem)).collect::<Result<_>>()?;
                let same = elems.iter().all(|elem| matches!(elem, ArgumentForm::Same));
                Ok(if same { ArgumentForm::Same } else { ArgumentForm::Tuple(elems) })
            }
            Type::Reference(reference) => self.input_reference(reference),
            Type::Path(path) if path.qself.is_none() => self.input_path(ty),
            Type::ImplTrait(it) => {
                self.refuse_in_bounds(&it.bounds)?;
                Ok(ArgumentForm::Same)
            }
            other => {
                self.refuse_inside(other, kind(other))?;
                Ok(ArgumentForm::Same)
            }
        }
    }

    fn input_reference(&self, reference: &mut TypeReference) -> Result<ArgumentForm> {
        let mut elem = ungrouped(&reference.elem).clone();
        let inner = match &mut elem {
            Type::Path(path) if path.path.is_ident("Self") => self.this(path)?,
            Type::Path(path) if self.find(path).is_some() => self.input_path(&mut elem)?,
            elem => {
                self.refuse_inside(elem, kind(elem))?;
                return Ok(ArgumentForm::Same);
            }
        };
        let ArgumentForm::Value = inner else { return Ok(ArgumentForm::Same) };
        *reference.elem = elem;
        Ok(if reference.mutability.is_some() { ArgumentForm::Mutable } else { ArgumentForm::Reference })
    }

    fn input_path(&self, ty: &mut Type) -> Result<ArgumentForm> {
        let Type::Path(path) = ty else { return Ok(ArgumentForm::Same) };
        if path.path.is_ident("Self") {
            return self.this(path);
        }
        self.registry.refuse_ambiguous(path)?;
        if let Some(found) = self.find(path) {
            if found.entry.is_pinned {
                return Err(is_pinned(path));
            }
            let mapped = found.ty;
            self.refuse_in_own_arguments(&mapped)?;
            *ty = mapped;
            return Ok(ArgumentForm::Value);
        }
        let is_taken = |wrapper: &Wrapper| matches!(wrapper, Wrapper::Option | Wrapper::Boxed | Wrapper::Vec);
        let wrapper = wrapper(&path.path).filter(is_taken);
        let Some((wrapper, first)) = wrapper.zip(first_argument(path)) else {
            self.refuse_in_arguments(path)?;
            return Ok(ArgumentForm::Same);
        };
        Ok(match (wrapper, self.input(first)?) {
            (_, ArgumentForm::Same) => ArgumentForm::Same,
            (Wrapper::Vec, inner) => ArgumentForm::Vec(Box::new(inner)),
            (Wrapper::Boxed, inner) => ArgumentForm::Boxed(Box::new(inner)),
            (_, inner) => ArgumentForm::Option(Box::new(inner)),
        })
    }

    /// A `Self` that goes in.
    fn this(&self, path: &TypePath) -> Result<ArgumentForm> {
        if self.is_pinned { Err(is_pinned(path)) } else { Ok(ArgumentForm::Value) }
    }

    fn pass(&self, input: &ArgumentForm, value: TokenStream, span: Span) -> TokenStream {
        let krate = self.registry.krate(span);
        let here = at(span);
        match input {
            ArgumentForm::Same => value,
            ArgumentForm::Value => quote_spanned!(here=> #krate::Facade::into_async(#value)),
            ArgumentForm::Reference => quote_spanned!(here=> #krate::Facade::as_async(#value)),
            ArgumentForm::Mutable => quote_spanned!(here=> #krate::Facade::__held_mut(#value).get_mut()),
            ArgumentForm::Option(inner) => {
                let each = Ident::new("each", here);
                let inner = self.pass(inner, each.to_token_stream(), span);
                quote_spanned!(here=> #value.map(|#each| #inner))
            }
            ArgumentForm::Boxed(inner) => {
                let each = Ident::new("each", here);
                let inner = self.pass(inner, each.to_token_stream(), span);
                quote_spanned!(here=> { let #each = *#value; ::std::boxed::Box::new(#inner) })
            }
            ArgumentForm::Vec(inner) => {
                let each = Ident::new("each", here);
                let inner = self.pass(inner, each.to_token_stream(), span);
                quote_spanned!(here=> ::core::iter::Iterator::collect(
                    ::core::iter::Iterator::map(::core::iter::IntoIterator::into_iter(#value), |#each| #inner)
                ))
            }
            ArgumentForm::Tuple(inner) => {
                let names: Vec<Ident> =
                    (0..inner.len()).map(|index| format_ident!("each{index}", span = here)).collect();
                let values =
                    inner.iter().zip(&names).map(|(inner, name)| self.pass(inner, name.to_token_stream(), span));
                quote_spanned!(here=> { let (#(#names,)*) = #value; (#(#values,)*) })
            }
        }
    }

    /// The same of all bounds of a method's generics.
    pub(super) fn refuse_in_generics(&self, generics: &Generics) -> Result<()> {
        for param in generics.type_params() {
            self.refuse_in_bounds(&param.bounds)?;
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            if let WherePredicate::Type(predicate) = predicate {
                self.refuse_in_bounds(&predicate.bounds)?;
            }
        }
        Ok(())
    }

    /// Refuses a bound that names a facade's type where no value can be turned: in a callback's arguments or value.
    pub(super) fn refuse_in_bounds<'b>(&self, bounds: impl IntoIterator<Item = &'b TypeParamBound>) -> Result<()> {
        for bound in bounds {
            let TypeParamBound::Trait(bound) = bound else { continue };
            for segment in &bound.path.segments {
                let PathArguments::Parenthesized(arguments) = &segment.arguments else { continue };
                let place = CALLBACK;
                for input in &arguments.inputs {
                    self.refuse_inside(&input.ty, place)?;
                }
                if let syn::ReturnType::Type(_, ty) = &arguments.output {
                    self.refuse_inside(ty, place)?;
                }
            }
        }
        Ok(())
    }

    /// Of a facade: what the list has in the async type's arguments is the async type's.
    fn refuse_in_own_arguments(&self, facade: &Type) -> Result<()> {
        let Type::Path(facade) = facade else { return Ok(()) };
        self.refuse_in_arguments(facade)
    }

    fn refuse_in_arguments(&self, path: &TypePath) -> Result<()> {
        self.refuse_in_segments(&path.path, "")
    }

    fn refuse_in_segments(&self, path: &Path, before: &str) -> Result<()> {
        for segment in &path.segments {
            let place = format!("`{before}{}<…>`", segment.ident);
            for ty in types_in(&segment.arguments) {
                self.refuse_inside(ty, &place)?;
            }
        }
        Ok(())
    }

    fn refuse_in_other_arguments(&self, path: &TypePath) -> Result<()> {
        let Some(last) = path.path.segments.last() else { return Ok(()) };
        let place = format!("the second argument of `{}`", last.ident);
        types_in(&last.arguments).skip(1).try_for_each(|ty| self.refuse_inside(ty, &place))
    }

    /// Refuses a type with a facade's in it, in a place that values do not come out of.
    fn refuse_inside(&self, ty: &Type, place: &str) -> Result<()> {
        let mut found = None;
        types::walk_all(ty, &mut |part| match part {
            Part::Path(path) if found.is_none() => {
                // Elsewhere the `Self` of a trait is the facade's; a callback of the async trait takes the async one.
                let is_this = path.path.is_ident("Self") && (!self.in_trait || place == CALLBACK);
                let names = is_this || self.find(path).is_some();
                found = names.then_some(path);
            }
            _ => {}
        });
        match found {
            None => Ok(()),
            Some(path) => {
                let name = last_name(&path.path);
                Err(mistake(
                    path,
                    format!("`{name}` has a facade, and inside of {place} it cannot be turned into that"),
                    SEEN_THROUGH,
                ))
            }
        }
    }

    /// Where the type that the method is of stands by its name.
    fn own(&self, ty: &Type) -> Option<Span> {
        let Type::Path(path) = ungrouped(ty) else { return None };
        let text = |ty: &Type| ty.to_token_stream().to_string();
        let found = self.find(path).filter(|found| self.own.is_some_and(|own| text(own) == text(&found.ty)));
        found.and_then(|_| path.path.segments.last()).map(|last| last.ident.span())
    }

    /// The name of the facade's type that `ty` is.
    fn named(&self, ty: &Type) -> Option<String> {
        match ungrouped(ty) {
            Type::Path(path) => self.find(path).map(|_| last_name(&path.path)),
            _ => None,
        }
    }
}

impl Output {
    pub(super) fn is_same(&self) -> bool {
        matches!(self, Output::Same)
    }

    /// `value`, on the facade's side, with a loop that is behind the reference `on`.
    pub(super) fn wrap(&self, krate: &TokenStream, value: TokenStream, on: &TokenStream, span: Span) -> TokenStream {
        match self {
            Output::Same | Output::This | Output::ResultOfThis => value,
            Output::Facade(maker) => {
                let held = quote_spanned!(span=> #krate::__private::facade::Held::with(#value, #on));
                maker.of(krate, &held, span)
            }
            Output::Pinned(maker) => {
                let held = quote_spanned!(span=> #krate::__private::facade::Held::pinned(#value, #on));
                maker.of(krate, &held, span)
            }
            Output::Map(inner) => {
                let name = Ident::new("value", span);
                let inner = inner.wrap(krate, name.to_token_stream(), on, span);
                quote_spanned!(span=> #value.map(|#name| #inner))
            }
            Output::Items { method, error, item, converts } => {
                let stream = Ident::new("stream", span);
                let items = if *converts {
                    items_into(krate, method, error.as_ref(), &stream, on, span)
                } else {
                    items(krate, method, error.as_ref(), &stream, on, span)
                };
                let items = map_items(items, item, krate, on, span);
                quote_spanned!(span=> { let #stream = #value; #items })
            }
            // What is no `Result` is an error that says so.
            Output::MapAlias(inner) => {
                let name = Ident::new("value", span);
                let inner = inner.wrap(krate, name.to_token_stream(), on, span);
                quote_spanned!(span=> ::core::result::Result::map(#value, |#name| #inner))
            }
            Output::Boxed(inner) => {
                let name = Ident::new("value", span);
                let inner = inner.wrap(krate, name.to_token_stream(), on, span);
                quote_spanned!(span=> { let #name = *#value; ::std::boxed::Box::new(#inner) })
            }
            Output::Vec(inner) => {
                let name = Ident::new("value", span);
                let inner = inner.wrap(krate, name.to_token_stream(), on, span);
                quote_spanned!(span=> ::core::iter::Iterator::collect(
                    ::core::iter::Iterator::map(::core::iter::IntoIterator::into_iter(#value), |#name| #inner)
                ))
            }
            Output::Tuple(inner) => {
                let names: Vec<Ident> =
                    (0..inner.len()).map(|index| format_ident!("value{index}", span = span)).collect();
                let values =
                    inner.iter().zip(&names).map(|(inner, name)| inner.wrap(krate, name.to_token_stream(), on, span));
                quote_spanned!(span=> { let (#(#names,)*) = #value; (#(#values,)*) })
            }
        }
    }
}

/// The iterator of a stream without a name.
fn items(
    krate: &TokenStream,
    method: &str,
    error: Option<&Path>,
    stream: &Ident,
    on: &TokenStream,
    span: Span,
) -> TokenStream {
    let fold = fold::of(error, span);
    quote_spanned! {span=> {
        #[allow(unused_imports)]
        use #krate::__private::facade::Unfolded as _;
        let fold = #krate::__private::facade::folds_items(&#stream).#fold;
        #krate::__private::facade::items(#method, #on, #stream, fold)
    }}
}

/// The same, with errors that are made of the stream's.
fn items_into(
    krate: &TokenStream,
    method: &str,
    error: Option<&Path>,
    stream: &Ident,
    on: &TokenStream,
    span: Span,
) -> TokenStream {
    let fold = match error {
        Some(error) if fold::panics(error) => quote_spanned!(span=> ::core::result::Result::Err),
        Some(error) => quote_spanned!(span=> |error| ::core::result::Result::Ok(#error(error))),
        None => quote_spanned! {span=>
            |error| ::core::result::Result::Ok(#krate::__private::facade::hold(error))
        },
    };
    quote_spanned!(span=> #krate::__private::facade::items_into(#method, #on, #stream, #fold))
}

/// An iterator, with items that become facades.
fn map_items(items: TokenStream, item: &Output, krate: &TokenStream, on: &TokenStream, span: Span) -> TokenStream {
    if item.is_same() {
        return items;
    }
    let (name, own) = (Ident::new("item", span), Ident::new("own", span));
    let item = item.wrap(krate, name.to_token_stream(), &quote_spanned!(span=> &#own), span);
    quote_spanned! {span=> {
        let #own = ::core::clone::Clone::clone(#on);
        ::core::iter::Iterator::map(#items, move |#name| #item)
    }}
}

/// Whether it is named `Result`.
fn is_result(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::Path(path) if wrapper(&path.path) == Some(Wrapper::Result))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    Result,
    /// What is named as an alias of it is, `RedisResult`.
    Alias,
    Option,
    Boxed,
    Vec,
}

/// The container that the last name of a path is, as std has it or an alias of one argument.
fn wrapper(path: &Path) -> Option<Wrapper> {
    let name = &path.segments.last()?.ident;
    [("Result", Wrapper::Result), ("Option", Wrapper::Option), ("Box", Wrapper::Boxed), ("Vec", Wrapper::Vec)]
        .into_iter()
        .find_map(|(word, wrapper)| (name == word).then_some(wrapper))
        .or_else(|| name.to_string().ends_with("Result").then_some(Wrapper::Alias))
}

fn first_argument(path: &mut TypePath) -> Option<&mut Type> {
    match &mut path.path.segments.last_mut()?.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter_mut().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    }
}

pub(super) fn types_in(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let args = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    args.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        GenericArgument::AssocType(it) => Some(&it.ty),
        _ => None,
    })
}

fn is_self(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::Path(path) if path.path.is_ident("Self"))
}

fn last_name(path: &Path) -> String {
    path.segments.last().map_or_else(String::new, |last| last.ident.to_string())
}

fn no_reference_to(ty: impl ToTokens, name: &str) -> Error {
    mistake(
        ty,
        format!("no reference to a `{name}` can be turned into one to its facade"),
        "`#[threadsafe(skip)]` leaves this method out; by hand, return a facade of a clone, by `Facade::wrap`",
    )
}

fn is_pinned(path: &TypePath) -> Error {
    mistake(
        path,
        format!("the facade of `{}` holds it pinned, so it cannot be passed on", last_name(&path.path)),
        "`#[threadsafe(skip)]` leaves this method out, to be written by hand in an `impl` of the facade",
    )
}

fn kind(ty: &Type) -> &'static str {
    match ty {
        Type::Slice(_) => "a slice",
        Type::Array(_) => "an array",
        Type::FnPtr(_) => CALLBACK,
        Type::Ptr(_) => "a pointer",
        Type::TraitObject(_) => "a trait object",
        _ => "this type",
    }
}
