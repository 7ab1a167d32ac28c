//! What to add to a list for a type that it has no facade of: a line to paste, as far as it follows from the list's other lines.

use syn::{Error, GenericParam, Generics, Type, TypePath};

use super::errors::mistake;
use super::registry::Registry;
use super::tokens::text;

/// The error at a type that is not listed. `generics`: those of its impl.
pub(super) fn error(registry: &Registry, ty: &Type, path: &TypePath, generics: &Generics) -> Error {
    let name = path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string());
    let help = if registry.entries.iter().any(|entry| entry.name == name) {
        format!(
            "`{name}` of its `facade!` is the facade of another type, or of this one with other arguments: give that facade, or \
             this type's, another name, or write the functions by hand beside it"
        )
    } else {
        format!("add `{}` to its `facade!`", line(registry, path, &name, generics))
    };
    mistake(ty, format!("`{name}` has no facade in `{}`", registry.place()), help)
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

/// Where the list would find the type: where the impl says that it is, from the root or from the list's own module; or where all
/// other types are that it has.
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
