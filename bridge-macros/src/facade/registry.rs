//! The list of facades, as the registry macro carries it from `facade!` to each impl.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{
    Error, Expr, GenericArgument, Generics, Path, PathArguments, Result, Token, Type, TypePath, braced, bracketed,
    parenthesized, parse_quote,
};

use super::errors::mistake;
use super::implement::arguments;
use super::list::{Declared, Imported};
use super::options::{AttributePlace, FacadeOptions, MethodOptions};
use super::tokens::{Located as _, at, ungrouped};
use super::unify::Pattern;

/// The facades that an impl may name, and where they are.
pub(super) struct Registry {
    /// `::bridge`
    pub(super) krate: TokenStream,
    /// The module that has the `facade!`; none where the type is beside the impl.
    pub(super) module: Option<Path>,
    pub(super) handle: Handle,
    /// What converts errors of the bridge, where nothing else is said.
    pub(super) error: Option<Path>,
    /// Whether it is that of a `facade!`, which has a mark for the probe.
    pub(super) is_list: bool,
    /// Whether one of the facades is an iterator over a stream, and so the crate has the feature `stream` by itself.
    pub(super) has_streams: bool,
    pub(super) entries: Vec<Entry>,
}

/// Where a fn without `self` takes its handle from.
#[derive(Clone)]
pub(super) enum Handle {
    /// From its caller.
    Parameter,
    /// From the fn `__handle` of the module.
    Module,
    /// From an expression.
    Expr(TokenStream),
}

/// One facade.
pub(super) struct Entry {
    /// The names of the async type's path, without `crate` and the like.
    path: Vec<String>,
    /// These.
    root: Vec<String>,
    /// Where the async type's arguments are not just the facade's parameters.
    pattern: Option<Pattern>,
    pub(super) name: Ident,
    pub(super) kind: EntryKind,
    /// Whether it holds a `Pin<Box<_>>` of the async type.
    pub(super) is_pinned: bool,
    /// Whether it is an `Iterator`.
    pub(super) iterates: bool,
    /// What `#[threadsafe(…)]` on it says for all of its methods.
    pub(super) error: Option<Path>,
    pub(super) timeout: Option<Expr>,
}

/// What the docs of a method may link to beside it.
pub(super) struct Linked<'a> {
    /// The async type, and its path, where `Self` is one.
    pub(super) name: &'a str,
    pub(super) path: Option<String>,
    /// The methods that the facade has under the names of the async ones, and whether it has them under every `cfg`.
    pub(super) methods: &'a [(String, bool)],
}

/// Where a facade comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Plain,
    /// It may have a `Drop`, and so cannot be taken apart.
    Drops,
    /// It is of another list, or of another crate, and may have one as well.
    Imported,
}

/// The facade that a type names.
pub(super) struct NamedFacade<'a> {
    pub(super) entry: &'a Entry,
    pub(super) ty: Type,
    /// The path to make one by.
    pub(super) path: TokenStream,
}

impl Entry {
    pub(super) fn new(of: &Type, generics: &Generics, name: Ident, kind: EntryKind) -> Result<Entry> {
        let pinned = pinned(of);
        let Type::Path(TypePath { qself: None, path, .. }) = ungrouped(pinned.unwrap_or(of)) else {
            return Err(has_no_path(of));
        };
        let pattern = Pattern::of(path, generics);
        let (root, path) = root_and_names(path);
        let is_pinned = pinned.is_some();
        Ok(Entry { path, root, pattern, name, kind, is_pinned, iterates: false, error: None, timeout: None })
    }

    pub(super) fn of(declared: &Declared) -> Result<Entry> {
        let Declared { of, generics, name, defaults, .. } = declared;
        let entry = Entry::new(of, generics, name.clone(), declared.kind())?;
        Ok(Entry { iterates: declared.iterates(), ..entry }.with_defaults(defaults))
    }

    /// With what is said for all of its methods.
    fn with_defaults(mut self, defaults: &MethodOptions) -> Entry {
        (self.error, self.timeout) = (defaults.error.clone(), defaults.timeout.clone());
        self
    }

    /// The async type as the list has it, without the facade's parameters.
    pub(super) fn of_text(&self) -> String {
        let arguments = self.pattern.as_ref().map(Pattern::text).unwrap_or_default();
        format!("{}{arguments}", [&*self.root, &*self.path].concat().join("::"))
    }

    /// Whether the last name of the async type's path is this.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.path.last().is_some_and(|last| last == name)
    }

    /// Whether the async type's path ends in this one.
    pub(super) fn ends_in(&self, path: &Path) -> bool {
        self.path.ends_with(&names(path))
    }

    /// The facade's arguments, where `path` is this entry's type.
    fn arguments(&self, path: &Path) -> Option<PathArguments> {
        let written = &path.segments.last()?.arguments;
        match &self.pattern {
            None => Some(written.clone()),
            Some(pattern) => pattern.find(written),
        }
    }
}

/// A reference, a tuple, a trait object.
pub(super) fn has_no_path(ty: &Type) -> Error {
    mistake(
        ty,
        "a facade is made of a type that has a path",
        "write the async type as `crate::Client` or `other::Client<T>`; of anything else, wrap it in a struct of your own",
    )
}

/// The `T` of a `Pin<Box<T>>`, of which the facade holds the box. One of a trait object is itself the async type.
pub(super) fn pinned(ty: &Type) -> Option<&Type> {
    in_pinned_box(ty).filter(|ty| !matches!(ungrouped(ty), Type::TraitObject(_)))
}

/// The `T` of any `Pin<Box<T>>`.
pub(super) fn in_pinned_box(ty: &Type) -> Option<&Type> {
    argument_of(argument_of(ty, "Pin")?, "Box")
}

/// The one argument of a type of that name.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(TypePath { qself: None, path, .. }) = ungrouped(ty) else { return None };
    match &path.segments.last().filter(|last| last.ident == name)?.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// `path`, in what only says where it begins, and the rest.
fn root_and_names(path: &Path) -> (Vec<String>, Vec<String>) {
    let mut names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let is_root = |name: &String| ["crate", "$crate", "self", "super"].contains(&&**name);
    let rest = names.split_off(names.iter().take_while(|name| is_root(name)).count());
    (names, rest)
}

/// `path`, without what only says where it begins.
pub(super) fn names(path: &Path) -> Vec<String> {
    root_and_names(path).1
}

impl Registry {
    pub(super) fn empty() -> Registry {
        Registry {
            krate: quote!(::bridge),
            module: None,
            handle: Handle::Parameter,
            error: None,
            is_list: true,
            has_streams: false,
            entries: Vec::new(),
        }
    }

    /// The path of the crate, shown at `span`.
    pub(super) fn krate(&self, span: Span) -> TokenStream {
        if self.krate.to_string() == ":: bridge" {
            // All of the macro's own: rustc shows an expression of two origins at the outermost macro call.
            let here = at(span);
            return quote_spanned!(here=> ::bridge);
        }
        self.krate.located_at(span)
    }

    /// The entries that `path` may name, with the facade's arguments: by the end of its path, since the rest may have
    /// been imported. One whose path it is comes first.
    fn entries_of(&self, path: &TypePath) -> Vec<(&Entry, PathArguments)> {
        let written = names(&path.path);
        if path.qself.is_some() || written.is_empty() {
            return Vec::new();
        }
        let entries = self.entries.iter().filter(|entry| entry.path.ends_with(&written));
        let mut found: Vec<_> = entries.filter_map(|entry| Some((entry, entry.arguments(&path.path)?))).collect();
        found.sort_by_key(|(entry, _)| entry.path.len() != written.len());
        found
    }

    /// Refuses a path that two listed types end in.
    pub(super) fn refuse_ambiguous(&self, path: &TypePath) -> Result<()> {
        let found = self.entries_of(path);
        let [(one, _), (other, _), ..] = &*found else { return Ok(()) };
        if one.path == other.path || one.path.len() == names(&path.path).len() {
            return Ok(());
        }
        let (one, other) = (one.path.join("::"), other.path.join("::"));
        Err(mistake(
            path,
            format!("this may be `{one}` or `{other}`, both of which have facades"),
            format!("write the path as far as `{one}`"),
        ))
    }

    /// The facade of the type that `path` names.
    pub(super) fn find(&self, path: &TypePath) -> Option<NamedFacade<'_>> {
        let (entry, arguments) = self.entries_of(path).into_iter().next()?;
        let span = path.path.segments.last()?.ident.span();
        let mut name = entry.name.clone();
        name.set_span(entry.name.span().located_at(span));
        let path = self.path_of(&name, span);
        Some(NamedFacade { entry, ty: Type::Path(parse_quote!(#path #arguments)), path })
    }

    /// Where the docs of a method of `own` link to for `path`: a facade, one of its methods, or what the async type
    /// alone has.
    pub(super) fn target(&self, path: &str, own: &Linked<'_>) -> Option<String> {
        if let Some(method) = path.strip_prefix("Self::") {
            let is_there = own.methods.iter().any(|(name, _)| name == method);
            return own.path.as_ref().filter(|_| !is_there).map(|path| format!("{path}::{method}"));
        }
        // rustc reports what is no token, though nobody asks it.
        let is_path = |path: &str| path.chars().all(|c| c.is_alphanumeric() || "_:".contains(c));
        let of_type = |path: &str| {
            let path: TypePath = syn::parse_str(Some(path).filter(|path| is_path(path))?).ok()?;
            let found = self.find(&path).filter(|_| path.path.segments.iter().all(|it| it.arguments.is_none()))?;
            let name = path.path.segments.last()?.ident.to_string();
            Some((name, found.path.to_string().replace(' ', "")))
        };
        if let Some((_, facade)) = of_type(path) {
            return Some(facade);
        }
        let (ty, method) = path.rsplit_once("::")?;
        let (name, facade) = of_type(ty)?;
        let is_there = name == own.name && own.methods.iter().any(|(name, is_sure)| *is_sure && name == method);
        is_there.then(|| format!("{facade}::{method}"))
    }

    /// The path of what the module has under that name, shown at `span`.
    pub(super) fn path_of(&self, name: &Ident, span: Span) -> TokenStream {
        match &self.module {
            None => name.to_token_stream(),
            Some(module) => {
                let mut path = module.located_at(span);
                path.extend(syn::Token![::](Span::mixed_site().located_at(span)).to_token_stream());
                name.to_tokens(&mut path);
                path
            }
        }
    }

    /// Whether `path` is that of a facade: what [`find`](Registry::find) gives.
    pub(super) fn is_facade(&self, path: &Path) -> bool {
        let Some(last) = path.segments.last() else { return false };
        let module = self.module.as_ref().map(|module| module.segments.iter()).into_iter().flatten();
        let prefix = path.segments.iter().take(path.segments.len() - 1);
        self.entries.iter().any(|entry| entry.name == last.ident)
            && prefix.map(|segment| &segment.ident).eq(module.map(|segment| &segment.ident))
    }

    /// The module that all listed types are in, if it is one.
    pub(super) fn common_module(&self) -> Option<String> {
        let module = |entry: &Entry| {
            let (_, names) = entry.path.split_last()?;
            Some([&entry.root, names].concat().join("::"))
        };
        let mut modules = self.entries.iter().filter(|entry| entry.kind != EntryKind::Imported).map(module);
        let first = modules.next()??;
        modules.all(|module| module.as_ref() == Some(&first)).then_some(first)
    }

    /// What users call the place of the list.
    pub(super) fn place(&self) -> String {
        self.module.as_ref().map_or_else(String::new, |module| module.to_token_stream().to_string().replace(' ', ""))
    }
}

/// What the registry macro says:
/// `{ [::bridge] [handle] [error] [<T> (crate::Page<T>) => Page ! * [timeout = LIMIT,], …] }`, with marks for a `Drop`
/// that awaits, an `Iterator` over a stream, and any `Iterator`, and the module, which the impl names:
/// `[crate::blocking]`.
impl Parse for Registry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (list, krate, handle, error, names, module);
        braced!(list in input);
        bracketed!(krate in list);
        let krate = krate.parse()?;
        bracketed!(handle in list);
        let handle: Option<Ident> = handle.parse()?;
        bracketed!(error in list);
        let error = if error.is_empty() { None } else { Some(error.parse()?) };
        bracketed!(names in list);
        let (mut entries, mut has_streams) = (Vec::new(), false);
        while !names.is_empty() {
            let generics: Generics = names.parse()?;
            let of;
            parenthesized!(of in names);
            let of: Type = of.parse()?;
            names.parse::<Token![=>]>()?;
            let name: Ident = names.parse()?;
            let kind = if names.parse::<Option<Token![!]>>()?.is_some() {
                EntryKind::Drops
            } else if names.parse::<Option<Token![use]>>()?.is_some() {
                EntryKind::Imported
            } else {
                EntryKind::Plain
            };
            has_streams |= names.parse::<Option<Token![*]>>()?.is_some();
            let iterates = names.parse::<Option<Token![..]>>()?.is_some();
            let defaults;
            bracketed!(defaults in names);
            let defaults = FacadeOptions::parse(defaults.parse()?, AttributePlace::Struct)?;
            names.parse::<Token![,]>()?;
            let entry = Entry { iterates, ..Entry::new(&of, &generics, name, kind)? };
            entries.push(entry.with_defaults(&defaults.method));
        }
        bracketed!(module in input);
        let module = Some(module.parse()?);
        let handle = if handle.is_some() { Handle::Module } else { Handle::Parameter };
        Ok(Registry { krate, module, handle, error, is_list: true, has_streams, entries })
    }
}

/// One facade, as [`Registry`] is parsed from.
pub(super) fn entry(declared: &Declared) -> TokenStream {
    let Declared { of, generics, name, defaults: MethodOptions { error, timeout, .. }, .. } = declared;
    let (error, timeout) = (error.iter(), timeout.iter());
    let mark = declared.drops().then(|| quote!(!));
    let streams = declared.streams().then(|| quote!(*));
    let options = quote!(#(error = #error,)* #(timeout = #timeout,)*);
    let iterates = declared.iterates().then(|| quote!(..));
    entry_of(of, generics, &quote!(#name #mark #streams #iterates), &options)
}

/// One of another list, the same.
pub(super) fn imported(imported: &Imported) -> TokenStream {
    let Imported { of, generics, .. } = imported;
    let name = imported.name();
    entry_of(of, generics, &quote!(#name use), &TokenStream::new())
}

fn entry_of(of: &Type, generics: &Generics, name: &TokenStream, options: &TokenStream) -> TokenStream {
    let params = arguments(generics);
    quote!(#params (#of) => #name [#options],)
}

/// The name of the registry macro. Where a module has none, rustc says "cannot find `…` in `module`", and what to do.
const REGISTRY: &str = "__needs_a_bridge_facade_list";

/// The same, where an impl names it.
pub(super) fn name(span: Span) -> Ident {
    Ident::new(REGISTRY, at(span))
}

/// The registry macro; one that drops what it is given, where the list has a mistake that is reported.
pub(super) fn definition(registry: &Registry, list: Option<&[TokenStream]>) -> TokenStream {
    let Registry { krate, handle, error, .. } = registry;
    let name = Ident::new(REGISTRY, Span::call_site());
    let dollar = proc_macro2::Punct::new('$', proc_macro2::Spacing::Alone);
    let body = list.map(|entries| {
        let handle = (!matches!(handle, Handle::Parameter)).then(|| quote!(handle));
        quote!(#krate::__private::facade_impl! { { [#krate] [#handle] [#error] [#(#entries)*] } #dollar(#dollar t)* })
    });
    quote! {
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! #name { (#dollar(#dollar t:tt)*) => { #body }; }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use #name;
    }
}
