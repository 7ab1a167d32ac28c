//! What the registry hands on becomes the facade's own impl, or a blocking trait and its blanket impl.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, GenericParam, Generics, Receiver, ReceiverKind, Result, Signature, Token, TraitItemType, Type,
    TypeParamBound, TypePath, Visibility, braced, bracketed, parse_quote, token,
};

use super::errors::{CfgErrors, conditions};
use super::list::FreeFunction;
use super::method::{ErrorPlaces, Generated, Method, Owner, OwnerKind, unfinished};
use super::options::{AttributePlace, FacadeOptions, MethodOptions};
use super::registry::{self, EntryKind, Linked, NamedFacade, Registry};
use super::tokens::{at, path_text, ungrouped};
use super::{attrs, docs, unlisted, with};
use crate::analyze::param_name;
use crate::ast;
use crate::ast::tokens::mentions;

/// What the registry macro was called with.
pub(super) struct RegistryInput {
    pub(super) registry: Registry,
    pub(super) block: SignatureBlock,
}

impl Parse for RegistryInput {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(RegistryInput { registry: input.parse()?, block: input.parse()? })
    }
}

/// An impl or a trait of signatures: `[options] impl … { … }`.
pub(super) struct SignatureBlock {
    pub(super) kind: SignatureBlockKind,
    pub(super) generics: Generics,
    /// The attributes of the facade's impl.
    pub(super) attrs: Vec<TokenStream>,
    /// Defaults of the methods.
    pub(super) defaults: MethodOptions,
    pub(super) members: Vec<SignatureMember>,
    /// Whether it stands in the list.
    pub(super) is_listed: bool,
}

pub(super) enum SignatureBlockKind {
    Impl(Type),
    Trait {
        docs: Vec<Attribute>,
        vis: Visibility,
        name: Ident,
        twin: Ident,
        supertraits: Punctuated<TypeParamBound, Token![+]>,
    },
}

pub(super) enum SignatureMember {
    Function {
        attrs: Vec<Attribute>,
        vis: Visibility,
        sig: Signature,
        /// Of a trait: whether it has a body, which is not handed on.
        has_default: bool,
    },
    Type(TraitItemType),
}

impl Parse for SignatureBlock {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let options;
        bracketed!(options in input);
        let docs = input.call(Attribute::parse_outer)?;
        let is_trait = !input.peek(Token![impl]);
        let place = if is_trait { AttributePlace::Trait } else { AttributePlace::Impl };
        let options = FacadeOptions::parse(options.parse()?, place)?;
        let (kind, mut generics) = if is_trait {
            let vis: Visibility = input.parse()?;
            input.parse::<Token![trait]>()?;
            let name: Ident = input.parse()?;
            let twin = options.name.unwrap_or_else(|| format_ident!("{name}Blocking"));
            let generics = input.parse::<Generics>()?;
            input.parse::<Token![:]>()?;
            let mut supertraits = Punctuated::new();
            while !input.peek(Token![where]) && !input.peek(token::Brace) {
                supertraits.push_value(input.parse()?);
                if input.peek(Token![+]) {
                    supertraits.push_punct(input.parse()?);
                }
            }
            (SignatureBlockKind::Trait { docs, vis, name, twin, supertraits }, generics)
        } else {
            input.parse::<Token![impl]>()?;
            let generics: Generics = input.parse()?;
            (SignatureBlockKind::Impl(input.parse()?), generics)
        };
        generics.where_clause = input.parse()?;
        let content;
        braced!(content in input);
        let mut members = Vec::new();
        while !content.is_empty() {
            members.push(content.parse()?);
        }
        let mut defaults = options.method;
        let attrs = std::mem::take(&mut defaults.attrs).into_iter().map(|attr| quote!(#[#attr])).collect();
        Ok(SignatureBlock { kind, generics, attrs, defaults, members, is_listed: false })
    }
}

impl Parse for SignatureMember {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        if input.peek(Token![type]) {
            let mut ty: TraitItemType = input.parse()?;
            ty.attrs = attrs;
            return Ok(SignatureMember::Type(ty));
        }
        let (vis, sig) = (input.parse()?, input.parse()?);
        let has_default = input.peek(token::Brace);
        if has_default {
            input.parse::<TokenTree>()?;
        } else {
            input.parse::<Token![;]>()?;
        }
        Ok(SignatureMember::Function { attrs, vis, sig, has_default })
    }
}

/// A member with its own options read; `None` for one that says `skip`.
pub(super) fn method(
    mut attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    defaults: &MethodOptions,
) -> Result<Option<Method>> {
    let mut options = FacadeOptions::default();
    for own in attrs::take_own(&mut attrs) {
        options = FacadeOptions::parse(own.unconditional()?, AttributePlace::Method)?;
    }
    if options.skip.is_some() {
        return Ok(None);
    }
    let vis = options.method.vis.take().unwrap_or(vis);
    Ok(Some(Method { attrs, vis, sig, name: options.name, options: options.method.or(defaults) }))
}

pub(super) fn block(registry: &Registry, mut block: SignatureBlock) -> TokenStream {
    let own = match &block.kind {
        SignatureBlockKind::Impl(ty) => facade_of(registry, ty, &block.generics).ok().map(|found| found.entry),
        SignatureBlockKind::Trait { .. } => None,
    };
    let defaults = &mut block.defaults;
    let error = || own.and_then(|own| own.error.clone()).or_else(|| registry.error.clone());
    defaults.error = defaults.error.take().or_else(error);
    defaults.timeout = defaults.timeout.take().or_else(|| own.and_then(|own| own.timeout.clone()));
    let mut errors = CfgErrors::default();
    let generated = match &block.kind {
        SignatureBlockKind::Impl(ty) => inherent(registry, &block, ty, &mut errors),
        SignatureBlockKind::Trait { .. } => super::traits::twin(registry, &block, &mut errors),
    };
    quote!(#generated #errors)
}

/// The impl of the facade of `ty`.
fn inherent(registry: &Registry, block: &SignatureBlock, ty: &Type, errors: &mut CfgErrors) -> TokenStream {
    let (mut generics, mut ty) = (block.generics.clone(), ty.clone());
    with::substitute_in_impl(&mut generics, &mut ty, &block.defaults.with);
    let Some(found) = errors.take(facade_of(registry, &ty, &generics)) else { return TokenStream::new() };
    let facade = found.ty;
    let Type::Path(path) = ungrouped(&ty) else { return TokenStream::new() };
    let last = path.path.segments.last().map(|last| last.ident.clone());
    let (name, span) = last.map_or_else(|| (String::new(), Span::mixed_site()), |last| (last.to_string(), last.span()));
    let target = quote!(#ty);
    let of_impl = ast::Block::new(ast::BlockKind::Impl(ty), generics);
    let owner = Owner {
        registry,
        this: target.clone(),
        target,
        name,
        called: Some(found.entry.name.to_string()),
        block: Some(&of_impl),
        kind: OwnerKind::Impl { drops: found.entry.kind != EntryKind::Plain, pinned: found.entry.is_pinned },
        facade: Some(&facade),
        is_listed: block.is_listed,
        probes: registry.is_list,
        errors: ErrorPlaces::default(),
    };
    let methods = methods(&owner, block, found.entry.iterates, errors);
    let (impl_generics, _, where_clause) = of_impl.generics.split_for_impl();
    let attrs = &block.attrs;
    quote_spanned!(at(span)=> #(#attrs)* impl #impl_generics #facade #where_clause { #methods })
}

/// The blocking form of a free function of the list.
pub(super) fn free(registry: &Registry, function: FreeFunction, errors: &mut CfgErrors) -> TokenStream {
    let FreeFunction { attrs, vis, sig, of } = function;
    let target = of.to_token_stream();
    let owner = Owner {
        registry,
        this: target.clone(),
        target,
        name: String::new(),
        called: None,
        block: None,
        kind: OwnerKind::Free,
        facade: None,
        is_listed: true,
        probes: registry.is_list,
        errors: ErrorPlaces::default(),
    };
    let defaults = MethodOptions { error: registry.error.clone(), ..MethodOptions::default() };
    whole(&owner, method(attrs, vis, sig, &defaults), &[], errors)
}

/// `iterates`: whether the facade is an `Iterator`. Its own `next` would be called in the place of that one's, and is
/// left out.
fn methods(owner: &Owner<'_>, block: &SignatureBlock, iterates: bool, errors: &mut CfgErrors) -> TokenStream {
    let mut methods = TokenStream::new();
    let names = names(&block.members);
    for member in &block.members {
        let SignatureMember::Function { attrs, vis, sig, .. } = member else { continue };
        let read = method(attrs.clone(), vis.clone(), sig.clone(), &block.defaults);
        if iterates && matches!(&read, Ok(Some(method)) if method.name.is_none() && is_next(sig)) {
            continue;
        }
        methods.extend(whole(owner, read, &names, errors));
    }
    methods
}

/// `fn next(&mut self)`, of whatever output.
fn is_next(sig: &Signature) -> bool {
    let by_reference = |receiver: &Receiver| matches!(receiver.kind, ReceiverKind::Reference(..));
    sig.ident == "next" && sig.inputs.len() == 1 && sig.receiver().is_some_and(by_reference)
}

/// A function and its body. `names`: the methods that are beside it.
fn whole(
    owner: &Owner<'_>,
    read: Result<Option<Method>>,
    names: &[(String, bool)],
    errors: &mut CfgErrors,
) -> TokenStream {
    let Some(mut method) = errors.take(read).flatten() else { return TokenStream::new() };
    let path = owner.block.map(|_| path_text(&owner.this));
    let linked = Linked { name: &owner.name, path, methods: names };
    docs::relink(&mut method.attrs, &|path| owner.registry.target(path, &linked));
    let (conditions, instead) = (conditions(&method.attrs), unfinished(&method));
    match owner.generate(method) {
        Ok(Generated { head, body }) => quote!(#head { #body }),
        Err(error) => {
            errors.push_under(conditions, error);
            instead
        }
    }
}

/// The methods that the facade has under the names of the async ones, and whether it has them under every `cfg`.
fn names(members: &[SignatureMember]) -> Vec<(String, bool)> {
    let says = |attr: &Attribute, word: &str| attrs::is_ours(attr.path()) && mentions(&attr.to_token_stream(), word);
    let is_renamed = |attr: &Attribute| says(attr, "name") || says(attr, "skip");
    let name = |member: &SignatureMember| match member {
        SignatureMember::Function { attrs, sig, .. } if !attrs.iter().any(is_renamed) => {
            Some((sig.ident.to_string(), !attrs.iter().any(|attr| attr.path().is_ident("cfg"))))
        }
        _ => None,
    };
    members.iter().filter_map(name).collect()
}

fn facade_of<'r>(registry: &'r Registry, ty: &Type, generics: &Generics) -> Result<NamedFacade<'r>> {
    let Type::Path(path @ TypePath { qself: None, .. }) = ungrouped(ty) else {
        return Err(registry::has_no_path(ty));
    };
    registry.refuse_ambiguous(path)?;
    registry.find(path).ok_or_else(|| unlisted::error(registry, ty, path, generics))
}

/// The arguments that stand for parameters.
pub(super) fn arguments(generics: &Generics) -> TokenStream {
    let params: Punctuated<TokenStream, Token![,]> = generics.params.iter().map(param_name).collect();
    if params.is_empty() { TokenStream::new() } else { quote!(<#params>) }
}

/// `T: Send`, as a parameter of an impl.
pub(super) fn param(name: &Ident) -> GenericParam {
    parse_quote!(#name)
}
