//! What to add to a list for a type that it has no facade of: a line to paste, as far as it follows from the list's
//! other lines.

use syn::{Error, GenericParam, Generics, Type, TypePath};

use super::errors::mistake;
use super::registry::{Entry, Registry, names};
use super::tokens::text;

/// The error at a type that is not listed. `generics`: those of its impl.
pub(super) fn error(registry: &Registry, ty: &Type, path: &TypePath, generics: &Generics) -> Error {
    let name = path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string());
    let line = || line(registry, path, &name, generics);
    let same = registry.entries.iter().find(|entry| entry.is_named(&name));
    let help = match (same, registry.entries.iter().find(|entry| entry.name == name)) {
        (Some(entry), _) => of_same_name(entry, path, generics),
        (None, Some(entry)) => of_same_facade(entry, &name),
        (None, None) => format!("add `{}` to its `facade!`", line()),
    };
    mistake(ty, format!("`{name}` has no facade in `{}`", registry.place()), help)
}

/// Where the list has a type of that name: with other arguments, or by a path that does not end in this one.
fn of_same_name(entry: &Entry, path: &TypePath, generics: &Generics) -> String {
    let listed = entry.of_text();
    if !entry.ends_in(&path.path) {
        let path = names(&path.path).join("::");
        return format!("`facade!` has `{listed}`: where that is this type, write there a path that ends in `{path}`");
    }
    match generics.type_params().next() {
        Some(param) => format!(
            "`facade!` has `{listed}`: `with({} = …)` on this impl, beside `facade`, makes it an impl of that; or list the type with its \
             parameters",
            param.ident
        ),
        None => format!(
            "`facade!` has `{listed}`: list the type with the arguments of this impl as well, as a facade of another name"
        ),
    }
}

/// Where a facade of that name is of another type.
fn of_same_facade(entry: &Entry, name: &str) -> String {
    let listed = entry.of_text();
    let start = format!("`{name}` of its `facade!` is the facade of `{listed}`:");
    if listed.contains('<') {
        return format!(
            "{start} give that facade, or this type's, another name, or write the functions by hand beside it"
        );
    }
    format!(
        "{start} where that is this type, re-exported under another name, list it by a path that ends in `{name}`, as \
         `names::{name}` with a `mod names {{ pub use {listed} as {name}; }}`; else give one of the two facades another name"
    )
}

fn line(registry: &Registry, path: &TypePath, name: &str, generics: &Generics) -> String {
    let arguments = path.path.segments.last().map(|last| text(&last.arguments)).unwrap_or_default();
    let (arguments, mut params) = name_lifetimes(&arguments);
    params.extend(generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.to_string(),
        GenericParam::Type(param) => param.ident.to_string(),
        GenericParam::Const(param) => format!("const {}: {}", param.ident, text(&param.ty)),
    }));
    let params = if params.is_empty() { String::new() } else { format!("<{}>", params.join(", ")) };
    let module = module(registry, path).map_or_else(|| "path::to::".to_owned(), |module| module + "::");
    format!("pub struct {name}{params}({}{name}{arguments});", module.trim_start_matches("::"))
}

/// Where the list would find the type: where the impl says that it is, from the root or from the list's own module; or
/// where all other types are that it has.
fn module(registry: &Registry, path: &TypePath) -> Option<String> {
    let segments = &path.path.segments;
    let is_of_root = segments.len() > 1 && segments[0].ident == "crate";
    if is_of_root || registry.place() == "self" {
        let names: Vec<String> = segments.iter().map(|segment| segment.ident.to_string()).collect();
        return Some(names[..names.len() - 1].join("::"));
    }
    registry.common_module()
}

/// Arguments in which each `'_` has a name, and these names.
fn name_lifetimes(arguments: &str) -> (String, Vec<String>) {
    let mut unused = ('a'..='z').map(|letter| format!("'{letter}")).filter(|name| !arguments.contains(name.as_str()));
    let (mut named, mut names) = (String::new(), Vec::new());
    let mut rest = arguments;
    while let Some((before, after)) = rest.split_once("'_") {
        named += before;
        // A name may begin like that.
        let is_elided = !after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        match is_elided.then(|| unused.next()).flatten() {
            Some(name) => {
                named += &name;
                names.push(name);
            }
            None => named += "'_",
        }
        rest = after;
    }
    (named + rest, names)
}

#[cfg(test)]
mod tests {
    use super::name_lifetimes;

    #[test]
    fn elided_lifetimes_get_names_and_others_keep_theirs() {
        let (named, names) = name_lifetimes("<'_, '_a, '_, 'b>");
        assert_eq!((&*named, &*names), ("<'a, '_a, 'c, 'b>", &["'a".to_owned(), "'c".to_owned()][..]));
    }
}
