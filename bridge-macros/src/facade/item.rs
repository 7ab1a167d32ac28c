//! An annotated impl or trait: its head, and the signatures in it; bodies stay the tokens that they are.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Error, FnArg, Generics, Ident, Meta, Path, Result, ReturnType, Signature, Token, TraitItemType, Type,
    TypeParamBound, Visibility, WhereClause, WherePredicate, braced,
};

use super::attrs::{self, Own};
use super::errors::{CfgErrors, mistake};
use super::options::{AttributePlace, FacadeOptions};
use super::{docs, future};
use crate::ast::types;

/// What the attribute stands on.
pub(super) struct AnnotatedItem {
    pub(super) kind: ItemKind,
    pub(super) generics: Generics,
    pub(super) members: Vec<ItemMember>,
}

pub(super) enum ItemKind {
    Impl(Type),
    Trait { attrs: Vec<Attribute>, vis: Visibility, name: Ident },
}

pub(super) enum ItemMember {
    Function(Box<ItemFunction>),
    /// An associated type of a trait.
    Type(Box<TraitItemType>),
    /// A macro, which may make functions that nobody sees.
    Macro(Path),
    Other,
}

pub(super) struct ItemFunction {
    attrs: Vec<Attribute>,
    own: Vec<Own>,
    vis: Visibility,
    sig: Signature,
    has_body: bool,
}

impl AnnotatedItem {
    pub(super) fn place(&self) -> AttributePlace {
        match &self.kind {
            ItemKind::Impl(_) => AttributePlace::Impl,
            ItemKind::Trait { .. } => AttributePlace::Trait,
        }
    }
}

impl Parse for AnnotatedItem {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        let unsafety: Option<Token![unsafe]> = input.parse()?;
        if input.peek(Token![trait]) {
            return trait_item(input, attrs, vis);
        }
        if !input.peek(Token![impl]) || unsafety.is_some() {
            let first: TokenTree = input.parse()?;
            input.parse::<TokenStream>()?;
            return Err(mistake(
                first,
                "`#[threadsafe(facade)]` goes on an impl or on a trait",
                "annotate the `impl` that has the async type's methods; a free function stands in the list, \
                 `pub async fn connect(…) -> Client = crate::connect;`",
            ));
        }
        input.parse::<Token![impl]>()?;
        let mut generics: Generics = input.parse()?;
        let ty: Type = input.parse()?;
        if let Some(token) = input.parse::<Option<Token![for]>>()? {
            input.parse::<TokenStream>()?;
            return Err(mistake(
                quote!(#ty #token),
                "a facade does not need the impls of a trait",
                "annotate the trait: every facade of a type that implements it then has its methods; for a trait of \
                 std, name it after the colon in `facade!`",
            ));
        }
        generics.where_clause = input.parse::<Option<WhereClause>>()?;
        let members = members(input, false)?;
        Ok(AnnotatedItem { kind: ItemKind::Impl(ty), generics, members })
    }
}

fn trait_item(input: ParseStream<'_>, attrs: Vec<Attribute>, vis: Visibility) -> Result<AnnotatedItem> {
    input.parse::<Token![trait]>()?;
    let name = input.parse()?;
    let mut generics: Generics = input.parse()?;
    while !input.is_empty() && !input.peek(Token![where]) && !input.peek(syn::token::Brace) {
        input.parse::<TokenTree>()?;
    }
    generics.where_clause = input.parse()?;
    remove_supertraits(&mut generics);
    let members = members(input, true)?;
    Ok(AnnotatedItem { kind: ItemKind::Trait { attrs, vis, name }, generics, members })
}

/// Removes `where Self: Trait`, which says what `trait Name: Trait` does, from the clause of a trait. Any facade is
/// `Sized`, and a signature may need that.
fn remove_supertraits(generics: &mut Generics) {
    let Some(clause) = &mut generics.where_clause else { return };
    let is_sized =
        |bound: &TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if types::ends_in(&bound.path, "Sized"));
    clause.predicates = std::mem::take(&mut clause.predicates)
        .into_iter()
        .filter_map(|mut predicate| match &mut predicate {
            WherePredicate::Type(of) if types::as_ident(&of.bounded_ty).is_some_and(|name| name == "Self") => {
                of.bounds = std::mem::take(&mut of.bounds).into_iter().filter(is_sized).collect();
                (!of.bounds.is_empty()).then_some(predicate)
            }
            _ => Some(predicate),
        })
        .collect();
}

fn members(input: ParseStream<'_>, in_trait: bool) -> Result<Vec<ItemMember>> {
    let content;
    braced!(content in input);
    content.call(Attribute::parse_inner)?;
    let mut members = Vec::new();
    while !content.is_empty() {
        members.push(member(&content, in_trait)?);
    }
    Ok(members)
}

fn member(input: ParseStream<'_>, in_trait: bool) -> Result<ItemMember> {
    let ahead = input.fork();
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    if is_function(input) {
        let sig: Signature = input.parse()?;
        // The body.
        let has_body = input.parse::<Option<Token![;]>>()?.is_none();
        if has_body {
            input.parse::<TokenTree>()?;
        }
        let own = attrs::take_own(&mut attrs);
        return Ok(ItemMember::Function(Box::new(ItemFunction { attrs, own, vis, sig, has_body })));
    }
    if in_trait && input.peek(Token![type]) {
        let ty = Box::new(ahead.parse()?);
        rest(input)?;
        return Ok(ItemMember::Type(ty));
    }
    let is_named = !input.peek(Token![const]) && !input.peek(Token![type]);
    let path = is_named.then(|| input.fork().call(Path::parse_mod_style).ok()).flatten();
    let mut rest = rest(input)?.into_iter();
    let is_macro = rest.any(|tree| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == '!'));
    Ok(path.filter(|_| is_macro).map_or(ItemMember::Other, ItemMember::Macro))
}

fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let is_qualifier =
        |input: ParseStream<'_>| input.peek(Token![async]) || input.peek(Token![unsafe]) || input.peek(Token![const]);
    while is_qualifier(&ahead) {
        let _ = ahead.parse::<TokenTree>();
    }
    if ahead.peek(Token![extern]) {
        return true;
    }
    ahead.peek(Token![fn])
}

/// The tokens of a member that is no function.
fn rest(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let tree: TokenTree = input.parse()?;
        let ends = match &tree {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !input.peek(Token![;]),
            _ => false,
        };
        tokens.extend([tree]);
        if ends {
            break;
        }
    }
    Ok(tokens)
}

/// The item without our attributes in it.
pub(super) fn without_own(item: TokenStream) -> TokenStream {
    with_own(item, &|_| None)
}

/// The item for its companions, which take no options that are about the facade alone.
pub(super) fn for_companions(item: TokenStream) -> TokenStream {
    with_own(item, &|options| {
        // A mistake in them is reported where the facade is made.
        let options = FacadeOptions::parse(options, AttributePlace::MethodOfBoth).ok()?;
        let kept = options.for_companions;
        (!kept.is_empty()).then(|| quote!(#(#kept),*))
    })
}

fn with_own(item: TokenStream, keep: attrs::Keep<'_>) -> TokenStream {
    let mut trees: Vec<TokenTree> = item.clone().into_iter().collect();
    // What has no members is refused, and stays as it is. The item may be one group, of a `macro_rules!`.
    let is_block = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "impl" || word == "trait");
    if !trees.iter().any(is_block) && !matches!(&*trees, [TokenTree::Group(_)]) {
        return item;
    }
    let Some(TokenTree::Group(braces)) = trees.last_mut() else { return item };
    let Some(content) = attrs::with_own(braces.stream(), keep) else { return item };
    let mut cleaned = Group::new(braces.delimiter(), content);
    cleaned.set_span(braces.span());
    *braces = cleaned;
    trees.into_iter().collect()
}

impl ItemFunction {
    /// Whether the facade has it: what is public, and what has an attribute of its own.
    fn is_in_facade(&self, in_trait: bool) -> bool {
        in_trait || matches!(self.vis, Visibility::Public(_)) || !self.own.is_empty()
    }

    /// The signatures to hand on: one, none where it is skipped, or one for each set of conditions under which its
    /// options differ.
    fn signatures(&self, of: &str, place: AttributePlace, in_trait: bool, errors: &mut CfgErrors) -> TokenStream {
        let mut variants = vec![Variant::default()];
        for own in &self.own {
            let Some(options) = errors.take(FacadeOptions::parse(own.options.clone(), place)) else {
                return TokenStream::new();
            };
            let skips = options.skip.is_some();
            if own.condition.is_none() && variants.iter().any(|variant| variant.is_given) {
                errors.push(Error::new(
                    own.attr.span(),
                    "this function has a second `#[threadsafe]`\nhelp: write all options into one",
                ));
                return TokenStream::new();
            }
            let (name, method) = (options.name.iter(), &options.method);
            let options = quote!(#(name = #name,)* #method);
            variants = variants.into_iter().flat_map(|variant| variant.split(own, &options, skips)).collect();
        }
        for condition in parameter_conditions(&self.sig) {
            variants = variants.into_iter().flat_map(|variant| variant.split_by(&condition)).collect();
        }
        let ItemFunction { attrs, vis, sig, .. } = self;
        let docs = docs::carried(attrs, || documented(of, sig));
        let carried = attrs::carried(attrs);
        let end = if in_trait && self.has_body { quote!({}) } else { quote!(;) };
        let signature = |variant: &Variant| {
            let cfg = variant.condition();
            let options = variant.options.as_ref().map(|options| quote!(#[threadsafe(#options)]));
            let sig = variant.signature(sig);
            quote!(#cfg #docs #(#carried)* #options #vis #sig #end)
        };
        variants.iter().filter(|variant| !variant.skips).map(signature).collect()
    }
}

/// For a function without docs.
fn documented(of: &str, sig: &Signature) -> String {
    let name = sig.ident.unraw();
    let is_future = matches!(&sig.output, ReturnType::Type(_, ty) if future::output(ty).is_some());
    let what = if sig.asyncness.is_some() || is_future { "The blocking form of" } else { "As" };
    format!("{what} [`{of}::{name}`].")
}

/// A function under some conditions.
#[derive(Clone, Default)]
struct Variant {
    conditions: Vec<TokenStream>,
    options: Option<TokenStream>,
    is_given: bool,
    skips: bool,
    /// The conditions on parameters, and whether they hold.
    parameters: Vec<(String, bool)>,
}

impl Variant {
    /// With the options of `own`, and where that has a condition also without.
    fn split(self, own: &Own, options: &TokenStream, skips: bool) -> Vec<Variant> {
        let mut with = self.clone();
        with.skips |= skips;
        with.is_given = true;
        with.options = Some(match with.options {
            Some(before) => quote!(#before #options),
            None => options.clone(),
        });
        let Some(condition) = &own.condition else { return vec![with] };
        let mut without = self;
        with.conditions.push(condition.clone());
        without.conditions.push(quote!(not(#condition)));
        vec![with, without]
    }

    /// Where a condition on parameters holds, and where not.
    fn split_by(self, condition: &TokenStream) -> Vec<Variant> {
        let (mut with, mut without) = (self.clone(), self);
        with.conditions.push(condition.clone());
        with.parameters.push((condition.to_string(), true));
        without.conditions.push(quote!(not(#condition)));
        without.parameters.push((condition.to_string(), false));
        vec![with, without]
    }

    /// The signature with the parameters that are there.
    fn signature(&self, sig: &Signature) -> Signature {
        let mut sig = sig.clone();
        let is_there = |arg: &FnArg| {
            conditions_of(attributes(arg)).all(|condition| {
                let condition = condition.to_string();
                self.parameters.iter().any(|(other, holds)| *holds && *other == condition)
            })
        };
        sig.inputs = std::mem::take(&mut sig.inputs).into_iter().filter(is_there).collect();
        for arg in &mut sig.inputs {
            match arg {
                FnArg::Receiver(receiver) => receiver.attrs.clear(),
                FnArg::Typed(typed) => typed.attrs.clear(),
            }
        }
        sig
    }

    fn condition(&self) -> TokenStream {
        match &*self.conditions {
            [] => TokenStream::new(),
            [condition] => quote!(#[cfg(#condition)]),
            conditions => quote!(#[cfg(all(#(#conditions),*))]),
        }
    }
}

fn attributes(arg: &FnArg) -> &[Attribute] {
    match arg {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(typed) => &typed.attrs,
    }
}

/// What stands in the parentheses of each `cfg(…)`.
fn conditions_of(attrs: &[Attribute]) -> impl Iterator<Item = TokenStream> {
    attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => Some(list.tokens.clone()),
        _ => None,
    })
}

/// The distinct conditions under which parameters are there.
fn parameter_conditions(sig: &Signature) -> Vec<TokenStream> {
    let mut found: Vec<TokenStream> = Vec::new();
    for condition in sig.inputs.iter().flat_map(|arg| conditions_of(attributes(arg))) {
        if !found.iter().any(|other| other.to_string() == condition.to_string()) {
            found.push(condition);
        }
    }
    found
}

/// The item as it is handed on: signatures, without what is not in the facade.
pub(super) fn signatures(item: &AnnotatedItem, of: &str, place: AttributePlace, errors: &mut CfgErrors) -> TokenStream {
    let in_trait = matches!(item.kind, ItemKind::Trait { .. });
    let mut content = TokenStream::new();
    for member in &item.members {
        match member {
            ItemMember::Function(function) if function.is_in_facade(in_trait) => {
                content.extend(function.signatures(of, place, in_trait, errors));
            }
            ItemMember::Type(ty) => content.extend(ty.to_token_stream()),
            ItemMember::Macro(path) => errors.push(mistake(
                path,
                "what this macro makes is not seen, and would be missing from the facade",
                "put an `impl` with `#[threadsafe(facade)]` on it inside the macro",
            )),
            _ => {}
        }
    }
    content
}

/// The name of a type or trait, for messages and names of calls.
pub(super) fn name_of(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Impl(Type::Path(path)) => {
            path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string())
        }
        ItemKind::Impl(ty) => ty.to_token_stream().to_string(),
        ItemKind::Trait { name, .. } => name.to_string(),
    }
}
