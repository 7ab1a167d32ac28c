//! `facade!`: what it says.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, Attribute, Error, Expr, Generics, Ident, Path, Result, Signature, Token, Type,
    Visibility, WhereClause, braced, parenthesized, token,
};

use super::attrs;
use super::errors::{CfgErrors, mistake};
use super::implement::SignatureMember;
use super::options::{AttributePlace, FacadeOptions, MethodOptions};
use super::registry::EntryKind;

/// The whole list.
pub(super) struct List {
    pub(super) krate: TokenStream,
    pub(super) handle: Option<Expr>,
    pub(super) error: Option<Path>,
    pub(super) facades: Vec<Declared>,
    pub(super) functions: Vec<FreeFunction>,
    pub(super) imported: Vec<Imported>,
    /// Whether one could not be read.
    pub(super) is_broken: bool,
    pub(super) errors: CfgErrors,
}

/// One facade.
pub(super) struct Declared {
    pub(super) attrs: Vec<Attribute>,
    /// Defaults of its methods.
    pub(super) defaults: MethodOptions,
    pub(super) vis: Visibility,
    pub(super) name: Ident,
    pub(super) generics: Generics,
    /// The async type.
    pub(super) of: Type,
    pub(super) implements: Vec<Implements>,
    /// The signatures of a type whose impls are not in this crate.
    pub(super) members: Option<Vec<SignatureMember>>,
}

/// A free function: `pub async fn connect(…) -> Client = crate::connect;`
pub(super) struct FreeFunction {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    /// The async one.
    pub(super) of: Path,
}

/// A facade of another list: `pub use other::blocking::Client(other::Client);`
pub(super) struct Imported {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) path: Path,
    pub(super) generics: Generics,
    /// The async type.
    pub(super) of: Type,
}

impl Imported {
    pub(super) fn name(&self) -> Ident {
        let last = self.path.segments.last();
        last.map_or_else(|| Ident::new("_", Span::call_site()), |last| last.ident.clone())
    }
}

enum ListItem {
    Facade(Box<Declared>),
    Function(Box<FreeFunction>),
    Imported(Box<Imported>),
}

/// One of what stands after the colon.
pub(super) struct Implements {
    pub(super) name: Ident,
    pub(super) arguments: Option<AngleBracketedGenericArguments>,
    /// `Drop(rollback)`, `Async(inner, into_inner)`
    pub(super) methods: Vec<Ident>,
}

impl Declared {
    pub(super) fn drops(&self) -> bool {
        self.implements.iter().any(|implements| implements.name == "Drop")
    }

    pub(super) fn iterates(&self) -> bool {
        self.implements.iter().any(|implements| implements.name == "Iterator")
    }

    /// Whether its items are those of a `Stream`.
    pub(super) fn streams(&self) -> bool {
        self.implements.iter().any(|implements| implements.name == "Iterator" && implements.methods.is_empty())
    }

    pub(super) fn kind(&self) -> EntryKind {
        if self.drops() { EntryKind::Drops } else { EntryKind::Plain }
    }
}

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut list = List::new(quote!(::bridge));
        while !input.is_empty() {
            // Each by itself: one mistake hides no other.
            let (tokens, is_option) = item(input)?;
            if is_option {
                let option = (|input: ParseStream<'_>| list.option(input)).parse2(tokens);
                list.errors.take(option);
                continue;
            }
            match list.errors.take(syn::parse2(tokens)) {
                Some(ListItem::Facade(declared)) => list.facades.push(*declared),
                Some(ListItem::Function(function)) => list.functions.push(*function),
                Some(ListItem::Imported(imported)) => list.imported.push(*imported),
                None => list.is_broken = true,
            }
        }
        Ok(list)
    }
}

/// The tokens up to `;`, or of a struct to the end of its braces; whether they are `key = value;`.
fn item(input: ParseStream<'_>) -> Result<(TokenStream, bool)> {
    let is_option = input.peek(Ident::peek_any) && input.peek2(Token![=]);
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let tree: TokenTree = input.parse()?;
        let ends = match &tree {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !is_option,
            _ => false,
        };
        tokens.extend([tree]);
        if ends {
            break;
        }
    }
    Ok((tokens, is_option))
}

impl List {
    /// Of nothing yet.
    pub(super) fn new(krate: TokenStream) -> List {
        List {
            krate,
            handle: None,
            error: None,
            facades: Vec::new(),
            functions: Vec::new(),
            imported: Vec::new(),
            is_broken: false,
            errors: CfgErrors::default(),
        }
    }

    fn option(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        match &*key.to_string() {
            "handle" => self.handle = Some(input.parse()?),
            "error" => self.error = Some(input.parse()?),
            "crate" => self.krate = input.call(Path::parse_mod_style)?.to_token_stream(),
            _ => {
                return Err(mistake(
                    &key,
                    format!("`facade!` has no option named `{key}`"),
                    "the options are `handle = …;`, the loop of the fns that have no `self`, `error = …;`, which converts errors of \
                     the bridge, and `crate = …;`",
                ));
            }
        }
        input.parse::<Token![;]>()?;
        Ok(())
    }
}

impl Parse for ListItem {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        let words = [ahead.peek(Token![async]), ahead.peek(Token![const]), ahead.peek(Token![unsafe])];
        if ahead.peek(Token![fn]) || ahead.peek(Token![extern]) || words.contains(&true) {
            return Ok(ListItem::Function(input.parse()?));
        }
        if ahead.peek(Token![use]) {
            return Ok(ListItem::Imported(input.parse()?));
        }
        Ok(ListItem::Facade(input.parse()?))
    }
}

impl Parse for Imported {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        input.parse::<Token![use]>()?;
        let path = input.call(Path::parse_mod_style)?;
        let generics = input.parse()?;
        if !input.peek(token::Paren) {
            let name = path.segments.last().map_or_else(String::new, |last| last.ident.to_string());
            return Err(mistake(
                &path,
                format!("which async type is `{name}` the facade of?"),
                format!(
                    "write it in parentheses, `use path::to::{name}(other::{name});`; other imports stand outside of `facade!`"
                ),
            ));
        }
        let content;
        parenthesized!(content in input);
        let of = content.parse()?;
        input.parse::<Token![;]>()?;
        Ok(Imported { attrs, vis, path, generics, of })
    }
}

impl Parse for FreeFunction {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let (vis, sig) = (input.parse()?, input.parse::<Signature>()?);
        let name = &sig.ident;
        if let Some(receiver) = sig.receiver() {
            return Err(mistake(
                receiver,
                "a free function has no `self`",
                "the signatures of a type's methods stand in braces after the type: `pub struct Client(crate::Client) { … }`",
            ));
        }
        if !input.peek(Token![=]) {
            input.parse::<TokenStream>()?;
            return Err(mistake(
                name,
                format!("which async function is `{name}` the blocking form of?"),
                format!(
                    "end it with that function's path, `= crate::{name};`; one with a body stands outside of `facade!`"
                ),
            ));
        }
        input.parse::<Token![=]>()?;
        let of = input.call(Path::parse_mod_style)?;
        input.parse::<Token![;]>()?;
        Ok(FreeFunction { attrs, vis, sig, of })
    }
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let defaults = defaults(&mut attrs)?;
        let vis = input.parse()?;
        if !input.peek(Token![struct]) {
            let help = "write `pub struct Client(crate::Client);`, or `pub async fn connect(…) = crate::connect;`";
            return Err(input.error(format!("expected a facade\nhelp: {help}")));
        }
        input.parse::<Token![struct]>()?;
        let name: Ident = input.parse()?;
        let mut generics: Generics = input.parse()?;
        if !input.peek(token::Paren) {
            return Err(mistake(
                &name,
                format!("which async type is `{name}` the facade of?"),
                format!("write it in parentheses: `struct {name}(crate::{name});`"),
            ));
        }
        let of = {
            let content;
            parenthesized!(content in input);
            if content.peek(Token![pub]) {
                return Err(mistake(
                    content.parse::<Visibility>()?,
                    "the async value is no field of a facade",
                    "leave `pub` out; `Facade::as_async` borrows the value, or methods of your own do by `: Async(name)`",
                ));
            }
            let of = content.parse()?;
            let more: TokenStream = content.parse()?;
            if !more.is_empty() {
                return Err(mistake(more, "a facade is made of one async type", "remove the others"));
            }
            of
        };
        let implements = if input.parse::<Option<Token![:]>>()?.is_some() { implements(input)? } else { Vec::new() };
        generics.where_clause = input.parse::<Option<WhereClause>>()?;
        let members = if input.peek(token::Brace) {
            let content;
            braced!(content in input);
            let mut members = Vec::new();
            while !content.is_empty() {
                members.push(signature(&content)?);
            }
            Some(members)
        } else {
            end(input, &name)?;
            None
        };
        Ok(Declared { attrs, defaults, vis, name, generics, of, implements, members })
    }
}

/// Takes `#[threadsafe(…)]` out of a facade's attributes.
fn defaults(attrs: &mut Vec<Attribute>) -> Result<MethodOptions> {
    let mut defaults = MethodOptions::default();
    for own in attrs::take_own(attrs) {
        let options = FacadeOptions::parse(own.unconditional()?, AttributePlace::Struct)?;
        defaults = options.method.or(&defaults);
    }
    Ok(defaults)
}

fn end(input: ParseStream<'_>, name: &Ident) -> Result<()> {
    if input.parse::<Option<Token![;]>>()?.is_some() {
        return Ok(());
    }
    let help = "end it with `;`, or with signatures in braces; what it implements stands after a colon, and before a `where`: \
                `: Read + Write where T: Send;`";
    let span = if input.is_empty() { name.span() } else { input.span() };
    Err(Error::new(span, format!("this does not belong to the facade `{name}`\nhelp: {help}")))
}

/// A signature without its body.
fn signature(input: ParseStream<'_>) -> Result<SignatureMember> {
    let attrs = input.call(Attribute::parse_outer)?;
    let (vis, sig) = (input.parse()?, input.parse::<Signature>()?);
    if input.peek(token::Brace) {
        input.parse::<TokenTree>()?;
        input.parse::<TokenStream>()?;
        return Err(mistake(
            &sig.ident,
            format!("`{}` has a body, and in `facade!` stand the signatures of a type of another crate", sig.ident),
            "end it with `;`, or write it in an `impl` of the facade",
        ));
    }
    input.parse::<Token![;]>()?;
    Ok(SignatureMember::Function { attrs, vis, sig, has_default: false })
}

/// The `rollback` of `Drop(rollback)`.
fn method(input: ParseStream<'_>) -> Result<Ident> {
    let tokens: TokenStream = input.parse()?;
    syn::parse2(tokens.clone()).map_err(|_| {
        mistake(
            tokens,
            "what a drop awaits is a method of the async type, given by its name alone",
            "write `Drop(rollback)` for an `async fn rollback(self)`, or with `&mut self`; a function of your own can be a \
             method of a trait that is in scope",
        )
    })
}

/// `Read + From<T> + Drop(method)`
pub(super) fn implements(input: ParseStream<'_>) -> Result<Vec<Implements>> {
    let mut implements = Vec::new();
    loop {
        let name: Ident = input.parse()?;
        let arguments = if input.peek(Token![<]) { Some(input.parse()?) } else { None };
        let mut methods = Vec::new();
        if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            if name == "Async" {
                methods.extend(Punctuated::<Ident, Token![,]>::parse_terminated(&content)?);
            } else {
                methods.push(method(&content)?);
            }
        }
        implements.push(Implements { name, arguments, methods });
        if input.parse::<Option<Token![+]>>()?.is_none() {
            return Ok(implements);
        }
    }
}
