//! What needs no compiler around it: docs, our own attributes, and which facade a path names.

use proc_macro2::TokenStream;
use syn::parse::Parser as _;
use syn::{Attribute, Generics, Type, TypePath, parse_quote, parse_str};

use super::registry::{Entry, EntryKind, Handle, Linked, Registry};
use super::{docs, item};

fn docs_of(text: &str) -> String {
    let attrs = Attribute::parse_outer.parse_str(text).unwrap();
    let docs = docs::carried(&attrs, || "otherwise".to_owned());
    Attribute::parse_outer.parse2(docs).unwrap().iter().filter_map(docs::text).collect()
}

#[test]
fn docs_come_along_but_for_what_awaits() {
    let text = "/// Sends.\n///\n/// It is called as `send().await`.\n///\n/// - one\n/// - two\n///\n/// ```\n/// send();\n/// ```";
    assert_eq!(docs_of(text), "Sends.\n\n- one\n- two\n\n```\nsend();\n```");
}

#[test]
fn of_a_paragraph_the_sentences_about_await_go_and_the_others_stay() {
    let text =
        "/// Returns a page (e.g. the first). `await` will return d[`Page`], and\n/// nothing else. Pages are cached.";
    assert_eq!(docs_of(text), "Returns a page (e.g. the first). Pages are cached.");
    assert_eq!(docs_of("/// Sends.\n///\n/// - as `send().await`\n/// - or not"), "Sends.");
}

#[test]
fn of_a_paragraph_that_leads_to_code_that_awaits_the_last_sentence_goes() {
    let text = "/// Closes it.\n///\n/// It may wait for long! For example:\n///\n/// ```\n/// close().await;\n/// ```";
    assert_eq!(docs_of(text), "Closes it.\n\nIt may wait for long!");
}

#[test]
fn code_that_awaits_goes_with_what_leads_to_it() {
    let text = "/// Sends.\n/// # Examples\n/// Like this:\n/// ```no_run\n/// # async fn run() {\n/// send()\n/// # }\n/// ```\n/// # Errors\n/// None.";
    assert_eq!(docs_of(text), "Sends.\n\n# Errors\n\nNone.");
}

#[test]
fn sections_on_cancelling_are_left_out_to_their_end() {
    let text = "/// Sends.\n///\n/// # Cancel safety\n///\n/// Safe.\n///\n/// ## More\n///\n/// Really.\n///\n/// # Panics\n///\n/// Never.";
    assert_eq!(docs_of(text), "Sends.\n\n# Panics\n\nNever.");
}

#[test]
fn what_is_in_code_is_no_heading_and_ends_no_code() {
    let text = "/// ````text\n/// # no heading\n/// ```\n///\n/// ~~~\n/// ````\n/// After.";
    assert_eq!(docs_of(text), "````text\n# no heading\n```\n\n~~~\n````\n\nAfter.");
}

#[test]
fn block_comments_lose_their_stars() {
    assert_eq!(docs_of("/** Sends.\n * And waits. */"), "Sends.\nAnd waits.");
}

#[test]
fn docs_of_which_nothing_is_left_are_replaced() {
    assert_eq!(docs_of("/// Call `get().await`."), "otherwise");
    assert_eq!(docs_of(""), "otherwise");
}

#[test]
fn links_lead_to_what_the_facade_has() {
    let registry = registry(&[("", "crate::Client", "Client"), ("", "crate::page::Page", "Sheet")]);
    let methods = [("get".to_owned(), true), ("put".to_owned(), false)];
    let linked = Linked { name: "Client", path: Some("super::Client".to_owned()), methods: &methods };
    let target = |path: &str| registry.target(path, &linked);
    let relinked = |text: &str| {
        let mut attrs = [parse_quote!(#[doc = #text])];
        docs::relink(&mut attrs, &target);
        docs::text(&attrs[0]).unwrap()
    };
    assert_eq!(relinked("As [`Client`] does."), "As [`Client`](crate::blocking::Client) does.");
    assert_eq!(
        relinked("[Client::get()], [it](crate::page::Page)"),
        "[Client::get()](crate::blocking::Client::get), [it](crate::blocking::Sheet)"
    );
    for same in
        ["[`Client::other`]", "[`Page::get`]", "[x](https://a)", "`[Client]`", "[Client]: x", "As [`Client::get`]."]
    {
        assert_eq!(relinked(same), same);
    }
    // No path, and no Rust.
    for same in ["[this](x.html#y)", "[that](b\"x)"] {
        assert_eq!(relinked(same), same);
    }
    // By the facade's name, where that is another, but in a text of the author's own.
    assert_eq!(
        relinked("[`Page`], [`crate::page::Page`]"),
        "[`Sheet`](crate::blocking::Sheet), [`Sheet`](crate::blocking::Sheet)"
    );
    assert_eq!(relinked("[`crate::Client`]"), "[`crate::Client`](crate::blocking::Client)");
    assert_eq!(relinked("[a `Page`](crate::page::Page)"), "[a `Page`](crate::blocking::Sheet)");
    // What the facade has by no name, or by another, is the async type's.
    assert_eq!(relinked("[`Self::other`]"), "[`Self::other`](super::Client::other)");
    for same in ["[`Self::get`]", "[it](Self::put)"] {
        assert_eq!(relinked(same), same);
    }
    assert_eq!(relinked("```\n[Client]\n```"), "```\n[Client]\n```");
}

#[test]
fn an_iterator_over_a_stream_needs_the_feature() {
    let list = super::list(tokens("pub struct Rows(crate::Rows): Iterator;")).to_string();
    let is_refused = list.contains("compile_error") && list.contains("add `features = [\\\"stream\\\"]`");
    assert_eq!(is_refused, !cfg!(feature = "stream"), "{list}");
}

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap()
}

#[test]
fn our_own_attributes_are_taken_off_and_no_others() {
    let before = "impl A { #[threadsafe(skip)] pub fn a() {} #[cfg_attr(p, must_use, bridge::threadsafe(skip), inline)] pub fn b() { #[threadsafe] fn c() {} } #[cfg_attr(p, threadsafe(skip))] #[inline] fn d() {} #[doc = threadsafe] fn e() {} }";
    let after = "impl A { pub fn a() {} #[cfg_attr(p, must_use, inline)] pub fn b() { #[threadsafe] fn c() {} } #[inline] fn d() {} #[doc = threadsafe] fn e() {} }";
    assert_eq!(item::without_own(tokens(before)).to_string(), tokens(after).to_string());
}

fn registry(entries: &[(&str, &str, &str)]) -> Registry {
    let entry = |(generics, of, name): &(&str, &str, &str)| {
        let generics: Generics = parse_str(generics).unwrap();
        Entry::new(&parse_str::<Type>(of).unwrap(), &generics, parse_str(name).unwrap(), EntryKind::Plain).unwrap()
    };
    Registry {
        krate: tokens("::bridge"),
        module: Some(parse_quote!(crate::blocking)),
        handle: Handle::Module,
        error: None,
        is_list: true,
        has_streams: false,
        entries: entries.iter().map(entry).collect(),
    }
}

#[track_caller]
fn assert_found(registry: &Registry, path: &str, facade: Option<&str>) {
    let path: TypePath = parse_str(path).unwrap();
    let found = registry.find(&path).map(|found| super::tokens::text(&found.ty).replace(' ', ""));
    assert_eq!(found.as_deref(), facade);
}

#[test]
fn a_path_names_the_facade_of_a_type_that_it_is_the_end_of() {
    let registry = registry(&[("", "crate::multipart::Form", "Form"), ("<'a, T>", "crate::Page<'a, T>", "Pages")]);
    for path in ["Form", "multipart::Form", "crate::multipart::Form", "self::Form", "super::multipart::Form"] {
        assert_found(&registry, path, Some("crate::blocking::Form"));
    }
    for path in ["other::Form", "http::multipart::Form", "multipart", "<T as multipart>::Form"] {
        assert_found(&registry, path, None);
    }
    assert_found(&registry, "Page<'_, u8>", Some("crate::blocking::Pages<'_,u8>"));
    assert_found(&registry, "Page<u8>", Some("crate::blocking::Pages<u8>"));
}

#[test]
fn arguments_tell_facades_of_one_generic_type_apart() {
    let registry = registry(&[
        ("", "crate::Client<Tcp>", "TcpClient"),
        ("<T>", "crate::Client<Unix, T>", "UnixClient"),
        ("", "std::pin::Pin<Box<crate::Rows>>", "Rows"),
    ]);
    assert_found(&registry, "Client<Tcp>", Some("crate::blocking::TcpClient"));
    assert_found(&registry, "Client<Unix, u8>", Some("crate::blocking::UnixClient<u8>"));
    for path in ["Client", "Client<Other>", "Client<Tcp, u8>"] {
        assert_found(&registry, path, None);
    }
    assert_found(&registry, "Rows", Some("crate::blocking::Rows"));
}

#[test]
fn what_is_not_listed_is_told_by_a_line_to_paste() {
    let line = |registry: &Registry, head: &str| {
        let block = format!("[] impl {head} {{}}");
        let output = super::implement::block(registry, parse_str(&block).unwrap()).to_string();
        output.split_once("add `").unwrap().1.split_once('`').unwrap().0.to_owned()
    };
    let one = registry(&[("", "crate::kv::Client", "Client"), ("", "crate::kv::Reply", "Reply")]);
    assert_eq!(line(&one, "Cursor"), "pub struct Cursor(crate::kv::Cursor);");
    assert_eq!(line(&one, "self::Cursor"), "pub struct Cursor(crate::kv::Cursor);");
    assert_eq!(line(&one, "crate::sql::Cursor"), "pub struct Cursor(crate::sql::Cursor);");
    assert_eq!(
        line(&one, "<T: Copy, const N: usize> Page<'_, T, N>"),
        "pub struct Page<'a, T, const N: usize>(crate::kv::Page<'a, T, N>);"
    );
    assert_eq!(line(&one, "<'a> Page<'_, 'a>"), "pub struct Page<'b, 'a>(crate::kv::Page<'b, 'a>);");
    assert_eq!(line(&one, "Page<u8>"), "pub struct Page(crate::kv::Page<u8>);");
    let two = registry(&[("", "crate::kv::Client", "Client"), ("", "crate::Reply", "Reply")]);
    assert_eq!(line(&two, "Cursor"), "pub struct Cursor(path::to::Cursor);");
    assert_eq!(line(&registry(&[]), "Cursor"), "pub struct Cursor(path::to::Cursor);");
    let beside = Registry { module: Some(parse_quote!(self)), ..registry(&[("", "kv::Client", "Client")]) };
    assert_eq!(line(&beside, "sql::Cursor"), "pub struct Cursor(sql::Cursor);");
    let same = registry(&[("", "super::Client", "Client")]);
    assert_eq!(line(&same, "Cursor"), "pub struct Cursor(super::Cursor);");
}

#[test]
fn what_has_no_members_is_refused_and_stays_as_it_is() {
    for item in ["other! { #[threadsafe(skip)] fn f(); }", "fn f() { #[threadsafe] fn g() {} }"] {
        let output = super::attribute(tokens("facade"), tokens(item)).to_string();
        assert!(output.starts_with(&tokens(item).to_string()), "{output}");
        assert!(output.contains("compile_error"), "{output}");
    }
}
