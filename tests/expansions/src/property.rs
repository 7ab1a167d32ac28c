//! What holds of every expansion, whatever the tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{AttrStyle, Attribute, ImplItem, Item, Signature, TraitItem};

use crate::written::{self, Said, Written, bare};
use crate::{attr, facades, rewrite};

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has its companions.
    Expanded,
    /// The macro reported an error.
    Refused,
    /// It was no Rust, which rustc says before any macro runs; or the value of an option was none, which it says
    /// afterwards.
    NotRust,
}

/// Runs the macro, and looks at what comes out: an item that was Rust, with options whose values were, is followed by
/// its companions, or by the macro's own errors, and either way all of it is Rust again. Where the options name `facade`, a
/// `facade! { … }` may stand before the item, and what is looked at are the facades.
///
/// # Errors
///
/// Says what does not hold.
pub fn check(options: &TokenStream, item: &TokenStream) -> Result<Verdict, String> {
    if attr::facade_word(options).is_some() {
        return facades::check(options, item);
    }
    let output = rewrite(options.clone(), item.clone());
    if hides_options(item.clone()) {
        return check_copies(options, output);
    }
    let is_refused =
        written::invokes(output.clone(), "compile_error") && !written::invokes(item.clone(), "compile_error");
    let fail = |what: String| Err(format!("{what}\n\n  options: {options}\n\n  item: {item}\n\n  output: {output}"));
    let written = Written::item(item);
    if !begins_with(output.clone(), item.clone()) {
        return fail("the item has changed".to_owned());
    }
    let written = written.filter(written::options_of_members);
    let (Some(written), Some(said)) = (written, written::options(options)) else {
        return Ok(if is_refused { Verdict::Refused } else { Verdict::NotRust });
    };
    let functions = match written.functions(output.clone()) {
        Ok(functions) => functions,
        Err(error) => return fail(format!("the output is no Rust: {error}")),
    };
    if let Err(what) = members_are_kept(&written, &output, written::is_own) {
        return fail(what);
    }
    if is_refused {
        return Ok(Verdict::Refused);
    }
    if let Some(source) = written.signature()
        && let Err(what) = companions_are_there(source, &said, &functions)
    {
        return fail(what);
    }
    Ok(Verdict::Expanded)
}

/// Whether options stand in a `cfg_attr` in there, be it of a member or not.
fn hides_options(item: TokenStream) -> bool {
    item.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => {
            let mut trees = bare(group.stream()).into_iter();
            let is_conditional = matches!(trees.next(), Some(TokenTree::Ident(word)) if word == "cfg_attr");
            is_conditional && trees.any(|tree| written::invokes(tree.into(), "threadsafe"))
                || hides_options(group.stream())
        }
        _ => false,
    })
}

/// What the macro is given again, under each of the two conditions.
fn check_copies(options: &TokenStream, output: TokenStream) -> Result<Verdict, String> {
    let Ok(file) = syn::parse2::<syn::File>(output) else { return Ok(Verdict::NotRust) };
    let mut verdict = Verdict::NotRust;
    for mut copy in file.items {
        let attributes = match &mut copy {
            Item::Impl(block) => &mut block.attrs,
            Item::Trait(block) => &mut block.attrs,
            _ => continue,
        };
        if attributes.len() < 2 || !attributes[0].path().is_ident("cfg") || !written::is_own(&attributes[1]) {
            continue;
        }
        attributes.drain(..2);
        verdict = check(options, &copy.into_token_stream())?;
    }
    Ok(verdict)
}

fn is_block(item: &Item) -> bool {
    matches!(item, Item::Impl(_) | Item::Trait(_))
}

/// Token for token; of what may be an impl or a trait, up to its braces.
pub(crate) fn begins_with(output: TokenStream, item: TokenStream) -> bool {
    let is_word = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "impl" || word == "trait");
    let (mut output, mut item) = (bare(output).into_iter(), bare(item));
    if item.iter().any(is_word) {
        item.pop();
    }
    item.into_iter().all(|tree| output.next().is_some_and(|other| tree.to_string() == other.to_string()))
}

/// After the function come its companion and, with `submit`, the other one, each with the function's parameters and
/// the handle.
fn companions_are_there(source: &Signature, said: &Said, functions: &[Signature]) -> Result<(), String> {
    let blocking = 1 + usize::from(said.submit);
    if functions.len() != 1 + blocking {
        return Err(format!("{} functions where {} were expected", functions.len(), 1 + blocking));
    }
    let inputs = source.inputs.len() + usize::from(!said.handle);
    for companion in &functions[1..] {
        if companion.inputs.len() != inputs {
            return Err(format!("`{}` has {} parameters, not {inputs}", companion.ident, companion.inputs.len()));
        }
        let is_unsafe = |signature: &Signature| matches!(signature.safety, syn::Safety::Unsafe(_));
        if companion.asyncness.is_some() || is_unsafe(companion) != is_unsafe(source) {
            return Err(format!("`{}` has the wrong qualifiers", companion.ident));
        }
    }
    match &said.name {
        Some(name) if functions[1].ident != *name => Err(format!("the companion is called `{}`", functions[1].ident)),
        _ => Ok(()),
    }
}

/// What stands in an impl or a trait still does, in the same order, but for the attributes that `are_gone`; async fns of a
/// trait under their names.
pub(crate) fn members_are_kept(
    written: &Written,
    output: &TokenStream,
    are_gone: fn(&Attribute) -> bool,
) -> Result<(), String> {
    let Written::Item(before) = written else { return Ok(()) };
    if !is_block(before) {
        return Ok(());
    }
    let after: syn::File = syn::parse2(output.clone()).map_err(|error| error.to_string())?;
    let (before, after) = match (&**before, after.items.first()) {
        (Item::Impl(before), Some(Item::Impl(after))) => {
            (of_impl(&before.items, are_gone), of_impl(&after.items, are_gone))
        }
        (Item::Trait(before), Some(Item::Trait(after))) => {
            (of_trait(&before.items, are_gone), of_trait(&after.items, are_gone))
        }
        _ => return Err("the item is gone".to_owned()),
    };
    // What syn does not take apart, as `pub` in a trait, may differ; nothing was understood of it.
    let before = before.into_iter().flatten();
    let mut after = after.into_iter().flatten();
    for member in before {
        if !after.any(|other| other == member) {
            return Err(format!("this member is gone, or not where it was: {member}"));
        }
    }
    Ok(())
}

fn of_impl(members: &[ImplItem], are_gone: fn(&Attribute) -> bool) -> Vec<Option<String>> {
    let text = |member: &ImplItem| match member {
        ImplItem::Verbatim(_) => None,
        member => Some(without(member.to_token_stream(), written::attributes_of_method(member), are_gone)),
    };
    members.iter().map(text).collect()
}

fn of_trait(members: &[TraitItem], are_gone: fn(&Attribute) -> bool) -> Vec<Option<String>> {
    let text = |member: &TraitItem| match member {
        TraitItem::Fn(function) => Some(format!("fn {}", function.sig.ident)),
        TraitItem::Verbatim(_) => None,
        member => Some(without(member.to_token_stream(), written::attributes_of_required(member), are_gone)),
    };
    members.iter().map(text).collect()
}

/// As text without spaces, and without some of its attributes.
fn without(member: TokenStream, attributes: &[Attribute], are_gone: fn(&Attribute) -> bool) -> String {
    let before: Vec<&Attribute> =
        attributes.iter().filter(|attribute| matches!(attribute.style, AttrStyle::Outer)).collect();
    let count = before.iter().flat_map(|attribute| attribute.to_token_stream()).count();
    let kept = before.into_iter().filter(|attribute| !are_gone(attribute)).flat_map(ToTokens::to_token_stream);
    let rest: Vec<TokenTree> = member.into_iter().skip(count).collect();
    let mut text = kept.chain(rest).collect::<TokenStream>().to_string();
    text.retain(|char| !char.is_whitespace());
    text
}
