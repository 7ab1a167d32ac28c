//! The types of a signature whose names do not say that they have no facade: rustc is asked.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{FnArg, GenericArgument, PathArguments, ReturnType, Signature, Type, TypePath};

use super::registry::Registry;
use super::tokens::at;

/// What no import makes the name of a type that has a facade, or nobody would read the code.
const KNOWN: [&str; 35] = [
    "Box",
    "Duration",
    "Instant",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "OsStr",
    "OsString",
    "Path",
    "PathBuf",
    "SocketAddr",
    "String",
    "SystemTime",
    "Uuid",
    "bool",
    "char",
    "f32",
    "f64",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "str",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "Option",
    "Result",
    "Self",
    "Vec",
];

/// Asks rustc, in the body of a method, whether one of the types of its signature would leave the facade.
pub(super) fn of(sig: &Signature, outer: &[String], registry: &Registry, awaits: bool) -> TokenStream {
    let mut params: Vec<String> = sig.generics.type_params().map(|param| param.ident.to_string()).collect();
    params.extend_from_slice(outer);
    let mut probes = Probes { registry, seen: Vec::new(), tokens: TokenStream::new() };
    // First what may be a future as well.
    if let ReturnType::Type(_, ty) = &sig.output {
        let words = [("awaited", !awaits), ("unstreamed", registry.has_streams)];
        let words: Vec<&str> = words.into_iter().filter_map(|(word, asks)| asks.then_some(word)).collect();
        unknown(ty, &params, registry, &mut |ty| probes.add(ty, &words));
    }
    for input in &sig.inputs {
        if let FnArg::Typed(typed) = input {
            unknown(&typed.ty, &params, registry, &mut |ty| probes.add(ty, &[]));
        }
    }
    probes.tokens
}

/// The same for an associated type, where there is no signature.
pub(super) fn of_type(ty: &TokenStream, registry: &Registry) -> TokenStream {
    let mut probes = Probes { registry, seen: Vec::new(), tokens: TokenStream::new() };
    if registry.is_list {
        probes.add(&Type::Verbatim(ty.clone()), &["projected"]);
    }
    probes.tokens
}

/// A question for each type.
struct Probes<'a> {
    registry: &'a Registry,
    /// The types, as text.
    seen: Vec<String>,
    tokens: TokenStream,
}

impl Probes<'_> {
    fn add(&mut self, ty: &Type, words: &[&str]) {
        let text = ty.to_token_stream().to_string();
        if self.seen.contains(&text) {
            return;
        }
        self.seen.push(text);
        let span = ty.span();
        let krate = self.registry.krate(span);
        let here = at(span);
        let mark = self.registry.path_of(&Ident::new("__FacadeList", here), span);
        let words = words.iter().map(|word| Ident::new(word, here));
        self.tokens.extend(quote_spanned!(here=> #krate::__private::facade_probe!(#ty, #mark #(, #words)*);));
    }
}

/// Calls `found` with each type in `ty` that is not known.
fn unknown<'a>(ty: &'a Type, params: &[String], registry: &Registry, found: &mut dyn FnMut(&'a Type)) {
    match ty {
        Type::Path(path) => unknown_path(ty, path, params, registry, found),
        Type::Reference(reference) => unknown(&reference.elem, params, registry, found),
        Type::Slice(slice) => unknown(&slice.elem, params, registry, found),
        Type::Array(array) => unknown(&array.elem, params, registry, found),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| unknown(elem, params, registry, found)),
        Type::Group(group) => unknown(&group.elem, params, registry, found),
        Type::Paren(paren) => unknown(&paren.elem, params, registry, found),
        // A facade, or what is not a type of a name.
        _ => {}
    }
}

fn unknown_path<'a>(
    ty: &'a Type,
    path: &'a TypePath,
    params: &[String],
    registry: &Registry,
    found: &mut dyn FnMut(&'a Type),
) {
    let Some(last) = path.path.segments.last() else { return };
    let name = last.ident.to_string();
    let is_plain = path.qself.is_none() && path.path.segments.len() == 1;
    // Those of an alias of `Result` too.
    let is_known = is_plain && (KNOWN.contains(&&*name) || params.contains(&name)) || name == "Result";
    let has_impl = matches!(&last.arguments, PathArguments::AngleBracketed(arguments) if arguments.args.iter().any(
        |argument| matches!(argument, GenericArgument::Type(Type::ImplTrait(_)))
    ));
    // Of this list.
    let is_facade = registry.is_facade(&path.path);
    let of_param = path.qself.is_some()
        || path.path.segments.first().is_some_and(|first| params.contains(&first.ident.to_string()));
    match &last.arguments {
        _ if is_facade || has_impl || of_param && !is_plain => {}
        PathArguments::None if is_known && name != "Result" => {}
        PathArguments::AngleBracketed(arguments) if is_known => {
            for argument in arguments.args.iter().take(1) {
                if let GenericArgument::Type(ty) = argument {
                    unknown(ty, params, registry, found);
                }
            }
        }
        _ => found(ty),
    }
}
