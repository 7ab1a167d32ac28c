//! `#[threadsafe(facade)]`: hands an impl or a trait to the registry, or declares the one facade that it is about.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    GenericArgument, GenericParam, Generics, Path, PathArguments, Result, Type, TypePath, Visibility, parse_quote,
};

use super::errors::{CfgErrors, mistake};
use super::implement::{self, SignatureBlock};
use super::item::{self, AnnotatedItem, ItemKind};
use super::list::{self, Declared, List};
use super::options::{AttributePlace, Facade, FacadeOptions, MethodOptions};
use super::registry::{self, Entry, EntryKind, Handle, Registry};
use super::structs;
use super::tokens::{Located as _, ungrouped};
use crate::analyze::param_name;
use crate::rewrite::{promise, rewrite};

/// What the attribute makes of an item: the item, and its part of the facade.
pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let read = match syn::parse2::<AnnotatedItem>(item.clone()) {
        Ok(read) => read,
        Err(error) => {
            let (item, error) = (item::without_own(item), error.to_compile_error());
            return quote!(#item #error);
        }
    };
    let options = match FacadeOptions::parse(options, read.place()) {
        Ok(options) => options,
        Err(error) => {
            let (item, error) = (item::without_own(item), error.to_compile_error());
            return quote!(#item #error);
        }
    };
    let is_trait = read.place() == AttributePlace::Trait;
    let itself = if options.companions.is_some() {
        let for_companions = &options.for_companions;
        rewrite(quote!(#(#for_companions),*), item::for_companions(item))
    } else if is_trait {
        promise(options.krate.as_ref(), item::without_own(item))
    } else {
        item::without_own(item)
    };
    let mut errors = CfgErrors::default();
    let part = Annotated { item: &read, options: &options }.part(&mut errors);
    let part = errors.take(part);
    quote!(#itself #part #errors)
}

struct Annotated<'a> {
    item: &'a AnnotatedItem,
    options: &'a FacadeOptions,
}

/// Where the facade of an impl is.
enum FacadePath<'a> {
    /// In the list of this module.
    Listed(Path),
    /// It has this name, in this module if it is not beside the impl, and no list.
    Single(Option<Path>, &'a Ident),
    /// It is declared here.
    Declared(&'a Visibility, Option<&'a Ident>, &'a Ident),
}

impl Annotated<'_> {
    fn part(&self, errors: &mut CfgErrors) -> Result<TokenStream> {
        let options = self.options;
        let Some(facade) = &options.facade else { return Ok(TokenStream::new()) };
        let target = target(facade)?;
        self.check(&target)?;
        let block = self.block(errors);
        let conditions = self.conditions();
        match target {
            FacadePath::Listed(module) => Ok(self.invocation(facade, &module, &conditions, &block)),
            FacadePath::Single(module, name) => {
                let (ty, generics) = self.own_type(facade)?;
                let registry = self.registry(module, Entry::new(ty, &generics, name.clone(), EntryKind::Drops)?);
                self.direct(&registry, &conditions, block)
            }
            FacadePath::Declared(vis, Some(module), name) => {
                let inside = self.declared(facade, vis, name, true)?;
                let list = List { handle: options.handle.clone(), facades: vec![inside], ..List::new(self.krate()) };
                let list = structs::all(list);
                let path: Path = parse_quote!(self::#module);
                let invocation = self.invocation(facade, &path, &conditions, &block);
                let docs = super::docs::literal(&format!(
                    "The blocking form of [`{}`](super::{0}).",
                    item::name_of(&self.item.kind)
                ));
                Ok(quote! {
                    #(#conditions)* #docs #vis mod #module {
                        #[allow(unused_imports)]
                        use super::*;
                        #list
                    }
                    #invocation
                })
            }
            FacadePath::Declared(vis, None, name) => {
                let declared = self.declared(facade, vis, name, false)?;
                let registry = self.registry(None, Entry::of(&declared)?);
                let declared = structs::one(declared, &registry, errors);
                let methods = self.direct(&registry, &conditions, block)?;
                Ok(quote!(#declared #methods))
            }
        }
    }

    /// Options that have no place where the facade stands in a list.
    fn check(&self, target: &FacadePath<'_>) -> Result<()> {
        let options = self.options;
        if let (Some(handle), FacadePath::Listed(_)) = (&options.handle, target) {
            return Err(mistake(
                handle,
                "the facades of a list have one loop",
                "give it in `facade!`, as `handle = bridge::shared();`",
            ));
        }
        let is_declared = matches!(target, FacadePath::Declared(..));
        let attr = options.facade_attrs.first().map(ToTokens::to_token_stream);
        if let Some(tokens) = attr.or_else(|| options.implements.clone()).filter(|_| !is_declared) {
            return Err(mistake(
                tokens,
                "this is about the facade's struct, which is not declared here",
                "write it in `facade!`, or declare the struct here with `facade = pub …`",
            ));
        }
        Ok(())
    }

    fn krate(&self) -> TokenStream {
        self.options.krate.as_ref().map_or_else(|| quote!(::bridge), ToTokens::to_token_stream)
    }

    /// `attr(cfg(…))`
    fn conditions(&self) -> Vec<TokenStream> {
        let attrs = self.options.method.attrs.iter();
        attrs.filter(|attr| is_cfg(attr)).map(|attr| quote!(#[#attr])).collect()
    }

    /// `[options] impl … { signatures }`
    fn block(&self, errors: &mut CfgErrors) -> TokenStream {
        let AnnotatedItem { kind, generics, .. } = self.item;
        let of = item::name_of(kind);
        let place =
            if self.options.companions.is_some() { AttributePlace::MethodOfBoth } else { AttributePlace::Method };
        let content = item::signatures(self.item, &of, place, errors);
        let mut defaults = self.options.method.clone();
        defaults.attrs.retain(|attr| !is_cfg(attr));
        let name = self.options.name.iter();
        let where_clause = &generics.where_clause;
        let head = match kind {
            ItemKind::Impl(ty) => quote!(impl #generics #ty #where_clause),
            ItemKind::Trait { attrs, vis, name } => {
                let vis = defaults.vis.take().unwrap_or_else(|| vis.clone());
                let docs = super::docs::of_trait(attrs, name);
                let supertraits = self.options.supertraits.iter();
                quote!(#docs #vis trait #name #generics : #(#supertraits)+* #where_clause)
            }
        };
        quote!([#defaults #(name = #name,)*] #head { #content })
    }

    /// The call of the registry macro. Where the module has none, rustc says so at what names the module.
    fn invocation(
        &self,
        facade: &Facade,
        module: &Path,
        conditions: &[TokenStream],
        block: &TokenStream,
    ) -> TokenStream {
        let last = facade.path.as_ref().and_then(|path| path.segments.last());
        let (name, module) = match last {
            Some(last) => (registry::name(last.ident.span()), module.to_token_stream()),
            None => (registry::name(facade.word.span()), module.located_at(facade.word.span())),
        };
        quote!(#(#conditions)* #module::#name! { [#module] #block })
    }

    /// Without a registry: the methods right here.
    fn direct(&self, registry: &Registry, conditions: &[TokenStream], block: TokenStream) -> Result<TokenStream> {
        let mut block: SignatureBlock = syn::parse2(block)?;
        block.attrs.extend_from_slice(conditions);
        Ok(implement::block(registry, block))
    }

    fn registry(&self, module: Option<Path>, entry: Entry) -> Registry {
        let handle = match &self.options.handle {
            Some(handle) => Handle::Expr(handle.to_token_stream()),
            None => Handle::Parameter,
        };
        Registry {
            krate: self.krate(),
            module,
            handle,
            error: None,
            is_list: false,
            has_streams: false,
            entries: vec![entry],
        }
    }

    /// The type of the impl, and its parameters, which are all that it has.
    fn own_type(&self, facade: &Facade) -> Result<(&Type, Generics)> {
        let ItemKind::Impl(ty) = &self.item.kind else {
            return Err(mistake(
                &facade.path,
                "a trait has no facade of its own: every facade of a type that implements it has its methods",
                "name the module that has the `facade!`, as `facade = crate::blocking`",
            ));
        };
        let generics = bare(&self.item.generics);
        let own: Vec<String> = generics.params.iter().map(|param| param_name(param).to_string()).collect();
        let written: Vec<String> = match ungrouped(ty) {
            Type::Path(TypePath { qself: None, path, .. }) => match path.segments.last().map(|last| &last.arguments) {
                Some(PathArguments::AngleBracketed(arguments)) => arguments.args.iter().map(name_of_argument).collect(),
                _ => Vec::new(),
            },
            _ => return Err(registry::has_no_path(ty)),
        };
        if own == written {
            return Ok((ty, generics));
        }
        Err(mistake(
            ty,
            "a facade that is declared here has the parameters of its impl, and this type's arguments are others",
            "list it in a `facade!`, as `pub struct Name<T>(crate::Type<T, Other>);`",
        ))
    }

    fn declared(&self, facade: &Facade, vis: &Visibility, name: &Ident, in_module: bool) -> Result<Declared> {
        let (ty, generics) = self.own_type(facade)?;
        let mut of = ungrouped(ty).clone();
        let mut vis = vis.clone();
        if in_module {
            if let Type::Path(path) = &mut of {
                let first = path.path.segments.first().map(|first| first.ident.to_string()).unwrap_or_default();
                if path.path.leading_colon.is_none() && !["crate", "super"].contains(&&*first) {
                    let inner = &path.path;
                    path.path = parse_quote!(super::#inner);
                }
            }
            if matches!(vis, Visibility::Restricted(_)) {
                vis = parse_quote!(pub(crate));
            }
        }
        let mut attrs: Vec<syn::Attribute> = Vec::new();
        for meta in &self.options.facade_attrs {
            attrs.push(parse_quote!(#[#meta]));
        }
        let conditions = if in_module { Vec::new() } else { self.conditions() };
        for tokens in conditions {
            use syn::parse::Parser as _;
            attrs.extend(syn::Attribute::parse_outer.parse2(tokens)?);
        }
        let implements = match &self.options.implements {
            Some(tokens) => syn::parse::Parser::parse2(list::implements, tokens.clone())?,
            None => Vec::new(),
        };
        Ok(Declared {
            attrs,
            defaults: MethodOptions::default(),
            vis,
            name: name.clone(),
            generics,
            of,
            implements,
            members: None,
        })
    }
}

fn is_cfg(attr: &TokenStream) -> bool {
    matches!(attr.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "cfg")
}

/// Where the facade is: a name in capitals is a type's.
fn target(facade: &Facade) -> Result<FacadePath<'_>> {
    let Some(path) = &facade.path else {
        return Ok(FacadePath::Listed(parse_quote!(crate::blocking)));
    };
    let Some(last) = path.segments.last() else { return Ok(FacadePath::Listed(path.clone())) };
    let is_type = last.ident.to_string().chars().next().is_some_and(char::is_uppercase);
    if let Some(vis) = &facade.vis {
        let names: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        return match &*names {
            [name] if is_type => Ok(FacadePath::Declared(vis, None, name)),
            [module, name] if is_type && !is_keyword(module) => Ok(FacadePath::Declared(vis, Some(module), name)),
            _ => Err(mistake(
                path,
                "a facade is declared beside its impl, or in a module there",
                "write `facade = pub BlockingClient`, or `facade = pub blocking::Client`",
            )),
        };
    }
    if !is_type {
        return Ok(FacadePath::Listed(path.clone()));
    }
    let mut module = path.clone();
    module.segments.pop();
    module.segments.pop_punct();
    if module.segments.iter().any(|segment| !is_keyword(&segment.ident)) {
        return Ok(FacadePath::Listed(module));
    }
    Ok(FacadePath::Single(Some(module).filter(|module| !module.segments.is_empty()), &last.ident))
}

fn is_keyword(name: &Ident) -> bool {
    ["crate", "self", "super"].iter().any(|word| name == word)
}

/// Parameters without bounds.
fn bare(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.where_clause = None;
    for param in &mut generics.params {
        match param {
            GenericParam::Type(param) => {
                param.bounds.clear();
                param.colon_token = None;
            }
            GenericParam::Lifetime(param) => {
                param.bounds.clear();
                param.colon_token = None;
            }
            GenericParam::Const(_) => {}
        }
    }
    generics
}

fn name_of_argument(argument: &GenericArgument) -> String {
    argument.to_token_stream().to_string()
}
