//! From tokens to tokens, without a compiler.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::rewrite;

// Compiled with the feature, too, and looked at.
#[cfg(not(feature = "facade"))]
use crate::facade as no_facade;
#[cfg(feature = "facade")]
#[path = "no_facade.rs"]
mod no_facade;

/// What is generated for `item`, without docs, as one line.
fn companion(options: &str, item: &str) -> String {
    let (before, after) = (tokens(item), rewritten(options, item));
    let companion: TokenStream = after.into_iter().skip(before.into_iter().count()).collect();
    // `#[doc = "…"]`, which comes first.
    plain(companion.into_iter().skip(2).collect())
}

fn rewritten(options: &str, item: &str) -> TokenStream {
    rewrite(tokens(options), tokens(item))
}

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap()
}

/// Without spaces, which `TokenStream` sets as it likes.
fn plain(tokens: TokenStream) -> String {
    let mut text = tokens.to_string();
    text.retain(|char| char != ' ' && char != '\n');
    text
}

#[track_caller]
fn assert_companion(options: &str, item: &str, expected: &str) {
    assert_eq!(companion(options, item), plain(tokens(expected)));
}

/// The messages of the `compile_error!`s in it.
fn errors(options: &str, item: &str) -> Vec<String> {
    errors_in(rewritten(options, item))
}

fn errors_in(tokens: TokenStream) -> Vec<String> {
    fn collect(tokens: TokenStream, into: &mut Vec<String>) {
        let mut name = String::new();
        for tree in tokens {
            match tree {
                TokenTree::Ident(ident) => name = ident.to_string(),
                TokenTree::Group(group) if name == "compile_error" => into.push(group.stream().to_string()),
                TokenTree::Group(group) => collect(group.stream(), into),
                _ => {}
            }
        }
    }
    let mut messages = Vec::new();
    collect(tokens, &mut messages);
    messages
}

#[test]
fn a_function() {
    assert_companion(
        "",
        "pub async fn fetch(id: u64, name: &str) -> io::Result<String> { body }",
        r#"#[track_caller]
        pub fn fetch_blocking(handle: &impl ::bridge::AsHandle, id: u64, name: &str) -> io::Result<String> {
            ::bridge::__private::call("fetch_blocking", handle, fetch(id, name))
        }"#,
    );
}

#[test]
fn the_item_stays_as_it_is_and_its_body_is_not_looked_into() {
    let item = "#[doc(hidden)] async fn fetch<T>((a, b): (u8, T)) where T: Copy { this is = no; ( Rust # ) }";
    let after = plain(rewritten("", item));
    assert!(after.starts_with(&plain(tokens(item))), "{after}");
}

#[test]
fn an_elided_lifetime_of_the_output_gets_the_inputs_name() {
    assert_companion(
        "",
        "async fn first(text: &str) -> &str {}",
        r#"#[track_caller]
        fn first_blocking<'a>(handle: &impl ::bridge::AsHandle, text: &'a str) -> &'a str {
            ::bridge::__private::call("first_blocking", handle, first(text))
        }"#,
    );
}

#[test]
fn a_name_that_is_taken_is_not_given_to_a_lifetime() {
    let companion = companion("", "async fn first<'a, T: Bound<'a>>(text: &str, t: T) -> &str {}");
    assert!(companion.contains("text:&'bstr"), "{companion}");
}

#[test]
fn with_a_receiver_elided_lifetimes_are_the_receivers() {
    assert_companion(
        "",
        "async fn first(&self, text: &str) -> &str {}",
        r#"#[track_caller]
        fn first_blocking(&self, handle: &impl ::bridge::AsHandle, text: &str) -> &str {
            ::bridge::__private::call("first_blocking", handle, Self::first(self, text))
        }"#,
    );
}

#[test]
fn a_hidden_output_says_what_it_holds() {
    assert_companion(
        "",
        "async fn show<T>(text: &str, value: T, n: impl Into<u8>) -> impl Display {}",
        r#"#[track_caller]
        fn show_blocking<'a, T: ::core::marker::Send, Arg0: Into<u8> + ::core::marker::Send>(
            handle: &dyn ::bridge::AsHandle, text: &'a str, value: T, n: Arg0
        ) -> impl Display + use<'a, T, Arg0> {
            ::bridge::__private::call("show_blocking", handle, show::<T>(text, value, n))
        }"#,
    );
}

#[test]
fn what_the_user_says_of_a_hidden_output_is_enough() {
    assert_companion(
        "",
        "async fn show(text: &str) -> impl Display + use<> {}",
        r#"#[track_caller]
        fn show_blocking(handle: &dyn ::bridge::AsHandle, text: &str) -> impl Display + use<> {
            ::bridge::__private::call("show_blocking", handle, show(text))
        }"#,
    );
}

#[test]
fn what_is_behind_a_shared_reference_must_be_sync() {
    assert_companion(
        "",
        "async fn show<T: Send, U>(t: &T, u: Arc<U>, v: &impl Display, w: &mut T) {}",
        r#"#[track_caller]
        fn show_blocking<T: Send + ::core::marker::Sync, U: ::core::marker::Send + ::core::marker::Sync>(
            handle: &impl ::bridge::AsHandle, t: &T, u: Arc<U>,
            v: &(impl Display + ::core::marker::Send + ::core::marker::Sync), w: &mut T
        ) {
            ::bridge::__private::call("show_blocking", handle, show::<T, U>(t, u, v, w))
        }"#,
    );
}

#[test]
fn bounds_inside_the_bounds_of_a_parameter_are_not_its_own() {
    let companion = companion(
        "",
        "async fn f<M: Maker<dyn Fn() -> u8 + Send>, N>(m: M, n: N) where N: Maker<dyn Fn() -> u8 + Send> {}",
    );
    assert!(companion.contains("<M:Maker<dynFn()->u8+Send>+::core::marker::Send,N>"), "{companion}");
    assert!(companion.contains("whereN:::core::marker::Send,N:Maker<dynFn()->u8+Send>{"), "{companion}");
}

#[test]
fn an_unsized_parameter_that_is_only_borrowed_must_be_sync_alone() {
    assert_companion(
        "",
        "async fn f<T: Display + ?Sized, U: ?Sized>(t: &T, u: &Box<U>, v: &(impl A + ?Sized), w: Arc<impl A + ?Sized>, x: U) {}",
        r#"#[track_caller]
        fn f_blocking<
            T: Display + ?Sized + ::core::marker::Sync,
            U: ?Sized + ::core::marker::Send + ::core::marker::Sync
        >(
            handle: &impl ::bridge::AsHandle, t: &T, u: &Box<U>, v: &(impl A + ?Sized + ::core::marker::Sync),
            w: Arc<impl A + ?Sized + ::core::marker::Send + ::core::marker::Sync>, x: U
        ) {
            ::bridge::__private::call("f_blocking", handle, f::<T, U>(t, u, v, w, x))
        }"#,
    );
}

/// `tokens` in the invisible delimiters of a `macro_rules!` fragment.
fn fragment(text: &str) -> TokenStream {
    TokenTree::from(proc_macro2::Group::new(Delimiter::None, tokens(text))).into()
}

#[test]
fn every_option_takes_the_fragments_that_fit_it() {
    for (before, value, after, expected) in [
        ("crate =", "a::b", "", "&impla::b::AsHandle"),
        ("crate =", "::a", "", "&impl::a::AsHandle"),
        ("crate =", "crate", ":: b", "&implcrate::b::AsHandle"),
        ("crate =", "a", ":: b, local", "&a::b::LocalHandle"),
        ("handle =", "a.b", ", local", "local_handle(&a.b)"),
        ("timeout =", "a < b", ", local", "timed_local(handle,a<b)"),
        ("vis =", "pub(crate)", "", "pub(crate)fnf_blocking"),
        ("vis =", "", ", name = x", "]fnx("),
        ("name =", "x", ", local", "fnx("),
        ("submit =", "x", "", "fnx("),
        ("bound(", "T", ": Send)", "whereT:Send"),
        ("attr(", "inline", ")", "#[inline]"),
        ("fallible =", "wrap", "", "call_wrap"),
    ] {
        let mut options = before.trim_end_matches('(').parse::<TokenStream>().unwrap();
        if before.ends_with('(') {
            let mut content = fragment(value);
            content.extend(tokens(after.trim_end_matches(')')));
            options.extend([TokenTree::from(proc_macro2::Group::new(Delimiter::Parenthesis, content))]);
        } else {
            options.extend(fragment(value));
            options.extend(tokens(after));
        }
        let after = plain(rewrite(options.clone(), tokens("async fn f() {}")));
        assert!(after.contains(expected) && !after.contains("compile_error"), "{options}: {after}");
    }
}

#[test]
fn the_function_of_fallible_is_a_path_or_a_fragment_of_one() {
    for path in ["a::b", "::a::b::<E>", "<E as A>::b", "b"] {
        for value in [tokens(path), fragment(path)] {
            let options: TokenStream = tokens("fallible =").into_iter().chain(value).collect();
            let after = plain(rewrite(options, tokens("async fn f() -> Kv {}")));
            let expected = format!("call_fold(\"f_blocking\",handle,f(),{})", plain(tokens(path)));
            assert!(after.contains(&expected), "{path}: {after}");
        }
    }
}

#[test]
fn a_pointer_to_a_hidden_type_has_it_in_parentheses() {
    let companion = companion("", "async fn show(t: *const impl Display) -> *mut impl Display {}");
    assert!(companion.contains("t:*constArg0"), "{companion}");
    assert!(companion.contains("->*mut(implDisplay+use<Arg0>)"), "{companion}");
    let companion = self::companion("", "async fn show(t: *const impl Display) {}");
    assert!(companion.contains("t:*const(implDisplay+::core::marker::Send)"), "{companion}");
}

#[test]
fn associated_types_that_the_signature_names_must_cross_too() {
    assert_companion(
        "",
        "async fn take<I: Iterator>(i: I, first: &I::Item) -> Vec<I::Item> where I::IntoIter: Debug {}",
        r#"#[track_caller]
        fn take_blocking<I>(handle: &impl ::bridge::AsHandle, i: I, first: &I::Item) -> Vec<I::Item>
        where
            I: Iterator + ::core::marker::Send,
            I::IntoIter: Debug,
            I::Item: ::core::marker::Send + ::core::marker::Sync,
            I::IntoIter: ::core::marker::Send
        {
            ::bridge::__private::call("take_blocking", handle, take::<I>(i, first))
        }"#,
    );
    // Only what crosses: the future stays, and so does what the where clause names.
    let local = companion("local", "async fn take<I>() -> <I as IntoIterator>::Item where I::IntoIter: Debug {}");
    assert!(local.contains("I::IntoIter:Debug,<IasIntoIterator>::Item:::core::marker::Send{"), "{local}");
    let other = companion("", "async fn take<I>() -> (I::Item<'static>, std::I::Item, Vec<I>::Item, Self::Item) {}");
    assert!(!other.contains("where"), "{other}");
}

#[test]
fn a_lifetime_that_is_left_out_in_an_impl_trait_gets_a_name() {
    assert_companion(
        "",
        "async fn find(&self, query: impl Into<&Query>, text: &str) -> &Row {}",
        r#"#[track_caller]
        fn find_blocking<'arg0, 'arg1, 'arg2>(
            &'arg0 self, handle: &impl ::bridge::AsHandle, query: impl Into<&'arg1 Query> + ::core::marker::Send, text: &'arg2 str
        ) -> &'arg0 Row {
            ::bridge::__private::call("find_blocking", handle, Self::find(self, query, text))
        }"#,
    );
}

#[test]
fn beside_another_macro_an_impls_companions_are_in_one_of_their_own() {
    let after = plain(rewritten("", "#[interface] #[cfg(unix)] /// Doc.\n impl<T> Bus<T> { async fn get(&self) {} }"));
    let (before, apart) = after.split_at(after.rfind("#[cfg(unix)]").unwrap());
    assert!(before.ends_with("impl<T>Bus<T>{asyncfnget(&self){}}"), "{after}");
    assert!(apart.starts_with("#[cfg(unix)]impl<T>Bus<T>{#[doc="), "{after}");
    let known = plain(rewritten("", "#[allow(x)] #[clippy::y] impl Bus { async fn get(&self) {} }"));
    assert_eq!(known.matches("implBus").count(), 1, "{known}");
}

#[test]
fn options_in_a_cfg_attr_are_there_under_its_condition_and_not_under_its_opposite() {
    for (options, item, expected) in [
        (
            "suffix = \"_sync\"",
            "/// Doc.\n impl<T> Client<T> { const A: u8 = 1; \
                #[cfg_attr(a, inline, bridge::threadsafe(skip), must_use)] #[b] async fn get(&self) {} \
                #[cfg_attr(a, threadsafe)] #[cfg_attr(a, cold)] async fn set(&self) {} }",
            "#[cfg(a)] #[::bridge::__private::threadsafe(suffix = \"_sync\")] \
                /// Doc.\n impl<T> Client<T> { const A: u8 = 1; \
                #[inline] #[bridge::threadsafe(skip)] #[must_use] #[b] async fn get(&self) {} \
                #[threadsafe] #[cfg_attr(a, cold)] async fn set(&self) {} } \
            #[cfg(not(a))] #[::bridge::__private::threadsafe(suffix = \"_sync\")] \
                /// Doc.\n impl<T> Client<T> { const A: u8 = 1; \
                #[b] async fn get(&self) {} #[cfg_attr(a, cold)] async fn set(&self) {} }",
        ),
        (
            "crate = x::y",
            "trait Store { #[cfg_attr(any(a, b), cfg_attr(c, threadsafe(name = z)))] async fn get(&self); \
                #[cfg_attr(c, threadsafe(local))] async fn set(&self); }",
            "#[cfg(any(a, b))] #[x::y::__private::threadsafe(crate = x::y)] \
                trait Store { #[cfg_attr(c, threadsafe(name = z))] async fn get(&self); \
                #[cfg_attr(c, threadsafe(local))] async fn set(&self); } \
            #[cfg(not(any(a, b)))] #[x::y::__private::threadsafe(crate = x::y)] \
                trait Store { async fn get(&self); #[cfg_attr(c, threadsafe(local))] async fn set(&self); }",
        ),
    ] {
        assert_eq!(plain(rewritten(options, item)), plain(tokens(expected)));
    }
}

#[test]
fn a_cfg_attr_inside_of_a_functions_body_is_not_looked_at() {
    let item = "async fn get() { #[cfg_attr(a, threadsafe(skip))] async fn inner() {} }";
    let after = plain(rewritten("", item));
    assert!(after.starts_with(&plain(tokens(item))) && !after.contains("cfg("), "{after}");
}

#[test]
fn a_handle_that_is_in_what_is_moved_is_cloned_first() {
    assert_companion(
        "handle = self.handle, timeout = limit::<A, B>(self), local",
        "async fn close(self) {}",
        r#"#[track_caller]
        fn close_blocking(self) -> ::core::result::Result<(), ::bridge::Error> {
            let handle = ::bridge::__private::timed_local(::bridge::__private::local_handle(&self.handle), limit::<A, B>(self));
            ::bridge::__private::call_local_wrap("close_blocking", &handle, move || Self::close(self))
        }"#,
    );
    let cloned = companion("handle = self.handle", "async fn close(self) {}");
    assert!(cloned.contains("Clone::clone"), "{cloned}");
    let borrowed = companion("handle = self.handle", "async fn close(&self) {}");
    assert!(!borrowed.contains("Clone::clone"), "{borrowed}");
    let called = companion("handle = self.lock().handle", "async fn close(&self) {}");
    assert!(called.contains("Clone::clone"), "{called}");
}

#[test]
fn parameters_under_cfg_are_passed_where_they_are_there() {
    assert_companion(
        "",
        "async fn fetch(#[cfg(unix)] fd: u8, id: u8) {}",
        r#"#[track_caller]
        fn fetch_blocking(handle: &impl ::bridge::AsHandle, #[cfg(unix)] fd: u8, id: u8) {
            #[cfg(not(unix))] { ::bridge::__private::call("fetch_blocking", handle, fetch(id)) }
            #[cfg(unix)] { ::bridge::__private::call("fetch_blocking", handle, fetch(fd, id)) }
        }"#,
    );
}

#[test]
fn attributes_of_the_function_and_for_the_companion() {
    let companion = companion(
        "attr(inline), attr(cfg(a), cfg(b))",
        "#[instrument] #[must_use] #[expect(dead_code)] #[cfg_attr(x, cold, allow(y))] #[doc(hidden)] async fn f() {}",
    );
    let expected =
        "#[must_use] #[allow(dead_code)] #[cfg_attr(x, allow(y))] #[doc(hidden)] #[inline] #[cfg(a)] #[cfg(b)]";
    assert!(companion.starts_with(&plain(tokens(expected))), "{companion}");
}

#[test]
fn docs_are_the_first_paragraph_and_the_links_it_needs() {
    let item =
        "/// One [a], and\n/// two.\n///\n/// ```\n/// code\n/// ```\n///\n/// [a]: b\n/// [c]: d\nasync fn fetch() {}";
    let text = plain(rewritten("", item));
    let companion = text.split("fetch(){}").nth(1).unwrap();
    assert!(companion.contains("[`fetch`]") && companion.contains("One[a],and\\ntwo."), "{companion}");
    assert!(companion.contains("[a]:b") && !companion.contains("[c]") && !companion.contains("code"), "{companion}");
}

#[test]
fn what_opens_a_block_is_not_cut_out_of_the_docs() {
    for docs in [
        "///     let code = 1;\n///\n/// Text.",
        "/// ```",
        "/// <div>",
        "/// # Title",
        "/// Is used as `fetch().await`.",
    ] {
        let text = plain(rewritten("", &format!("{docs}\nasync fn fetch() {{}}")));
        let companion = text.split("fetch(){}").nth(1).unwrap();
        assert!(companion.contains("untilitreturns.\\n\\n#Panics"), "{companion}");
    }
}

#[test]
fn the_stars_of_a_block_comment_are_no_list() {
    let text = plain(rewritten("", "/**\n * Fetches\n * it.\n */\nasync fn fetch() {}"));
    let companion = text.split("fetch(){}").nth(1).unwrap();
    assert!(companion.contains("untilitreturns.\\n\\nFetches\\nit.\\n\\n#Panics"), "{companion}");
}

#[test]
fn docs_have_errors_where_the_companion_returns_them() {
    let has_errors = |options: &str, item: &str| plain(rewritten(options, item)).contains("#Errors");
    assert!(has_errors("", "async fn read() -> io::Result<u8> {}"));
    assert!(has_errors("fallible", "async fn read() {}"));
    assert!(!has_errors("", "async fn read() {}"));
    assert!(!has_errors("stream", "fn read() -> BoxStream<'static, io::Result<u8>> {}"));
}

/// The docs of the first companion of `item`.
fn docs(options: &str, item: &str) -> String {
    let after: Vec<TokenTree> = rewritten(options, item).into_iter().collect();
    let mut docs = Vec::new();
    for brackets in &after[tokens(item).into_iter().count()..] {
        let TokenTree::Group(brackets) = brackets else { continue };
        match &brackets.stream().into_iter().collect::<Vec<_>>()[..] {
            [TokenTree::Ident(doc), TokenTree::Punct(_), TokenTree::Literal(text)] if doc == "doc" => {
                docs.push(syn::parse_str::<syn::LitStr>(&text.to_string()).unwrap().value());
            }
            _ => break,
        }
    }
    docs.join("\n")
}

#[test]
fn docs_name_the_reasons_that_the_companion_has() {
    let sections = |options: &str, item: &str| docs(options, item).split_once("\n\n").unwrap().1.to_owned();
    for (options, expected) in [
        (
            "",
            "# Panics\n\nPanics if [`f`] panics, the loop of `handle` is closed, a timeout or a canceller of `handle` \
             ends the call, or the call would deadlock.",
        ),
        (
            "fallible",
            "# Errors\n\nReturns a `bridge::Error` if the loop of `handle` is closed, a timeout or a canceller of \
             `handle` ends the call, or the call would deadlock.",
        ),
        (
            "timeout = SECOND",
            "# Errors\n\nReturns a `bridge::Error` if the loop of `handle` is closed, the call takes longer than its \
             timeout, a canceller of `handle` ends the call, or the call would deadlock.",
        ),
        (
            "handle = LOOP, timeout = SECOND",
            "# Errors\n\nReturns a `bridge::Error` if the loop is closed, the call takes longer than its timeout, a \
             canceller of its handle ends the call, or the call would deadlock.",
        ),
        (
            "handle = LOOP?, timeout = SECOND",
            "# Errors\n\nReturns a `bridge::Error` if there is no loop to run it on, the loop is closed, the call \
             takes longer than its timeout, a canceller of its handle ends the call, or the call would deadlock.",
        ),
        (
            "handle = bridge::shared(), fallible",
            "# Errors\n\nReturns a `bridge::Error` if the loop cannot be started or the call would deadlock.",
        ),
        (
            "handle = LOOP",
            "# Panics\n\nPanics if [`f`] panics, the loop is closed, a timeout or a canceller of its handle ends the call, or \
             the call would deadlock.",
        ),
        // Never closed, and without a timeout.
        (
            "handle = bridge::global()",
            "# Panics\n\nPanics if [`f`] panics, the loop cannot be started, or the call would deadlock.",
        ),
    ] {
        assert_eq!(sections(options, "async fn f() {}"), expected, "{options}");
    }
}

#[test]
fn docs_of_a_fn_that_returns_a_result_name_its_own_errors() {
    let sections = |options: &str, item: &str| docs(options, item).split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(
        sections("handle = LOOP, fallible", "async fn f() -> io::Result<()> {}"),
        "# Errors\n\nReturns the errors of [`f`]. Also returns an error, converted from `bridge::Error`, if the loop is \
         closed, a timeout or a canceller of its handle ends the call, or the call would deadlock."
    );
    assert_eq!(
        sections("handle = LOOP", "async fn f() -> io::Result<()> {}"),
        "# Errors\n\nReturns the errors of [`f`].\n\n# Panics\n\nPanics if [`f`] panics, the loop is closed, a timeout or a \
         canceller of its handle ends the call, or the call would deadlock."
    );
}

#[test]
fn docs_name_the_reasons_of_a_stream() {
    let sections = |options: &str| {
        let docs = docs(options, "fn f() -> BoxStream<'static, io::Result<u8>> {}");
        docs.split_once("\n\n").unwrap().1.to_owned()
    };
    assert_eq!(
        sections("stream, handle = LOOP"),
        "# Panics\n\nPanics, in this call or in the iterator's `next`, if [`f`] or its stream panics, the loop is closed, \
         a timeout or a canceller of its handle ends the call, or the call would deadlock."
    );
    assert_eq!(
        sections("stream, handle = LOOP, fallible = wrap, timeout = SECOND"),
        "# Errors\n\nReturns a `bridge::Error` if the loop is closed, the call takes longer than its timeout, a canceller of \
         its handle ends the call, or the call would deadlock.\n\n# Panics\n\nThe iterator's `next` panics for the same reasons; its `next_timeout` returns the error."
    );
    assert_eq!(
        sections("stream, handle = LOOP, fallible"),
        "# Errors\n\nThe iterator yields the errors of the stream. Its last item is an error, converted from `bridge::Error`, \
         if the loop is closed, a timeout or a canceller of its handle ends the call, or the call would deadlock."
    );
}

#[test]
fn docs_name_the_loop() {
    let first = |options: &str, item: &str| docs(options, item).lines().next().unwrap().to_owned();
    for (options, on) in [
        ("", "the loop of `handle`"),
        ("handle = self.client.handle", "the loop of `self`"),
        ("handle = bridge::global()", "the process-wide event loop"),
        ("handle = ::bridge::shared()", "the process-wide shared loop"),
        ("handle = other::shared(), crate = other", "the process-wide shared loop"),
        ("handle = bridge::next_shared()", "one of the process-wide shared loops"),
        ("handle = other::shared()", "a loop"),
    ] {
        let expected = format!("Blocking companion of [`f`](Self::f): runs it on {on}, and blocks until it returns.");
        assert_eq!(first(options, "async fn f(&self) {}"), expected, "{options}");
    }
    let expected = "Blocking companion of [`f`]: runs it on the loop of `loop_handle`, and blocks until it returns.";
    assert_eq!(first("", "async fn f(handle: u8) {}"), expected);
}

#[test]
fn docs_may_be_replaced_or_added_to() {
    assert_eq!(docs("docs = \"Mine.\"", "/// Theirs.\nasync fn f() {}"), "Mine.");
    assert_eq!(docs("docs = \"Mine.\", attr(doc = \"Added.\")", "async fn f() {}"), "Mine.\n\nAdded.");
    let added = docs("attr(doc = \"Added.\", doc = \"Again.\")", "async fn f() {}");
    assert!(
        added.starts_with("Blocking companion of [`f`]: ") && added.ends_with("deadlock.\n\nAdded.\nAgain."),
        "{added}"
    );
    let text = plain(rewritten("docs = include_str!(\"f.md\")", "async fn f() {}"));
    assert!(text.contains("{}#[doc=include_str!(\"f.md\")]#[track_caller]fnf_blocking"), "{text}");
    // That of `submit` has its own.
    let text = plain(rewritten("docs = \"Mine.\", submit", "async fn f() {}"));
    assert_eq!((text.matches("Mine.").count(), text.matches("Submits[`f`]").count()), (1, 1), "{text}");
}

#[test]
fn docs_are_a_text() {
    for value in ["text", "3", "\"a\" + \"b\"", "b\"bytes\""] {
        let errors = errors(&format!("docs = {value}"), "async fn f() {}");
        assert!(matches!(&errors[..], [error] if error.contains("`docs` is written `docs = \\\"…\\\"`")), "{errors:?}");
    }
}

#[test]
fn a_callback_that_may_not_cross_threads_is_told_how_to_be_written() {
    let suggested = |options: &str, ty: &str| {
        let errors = errors(options, &format!("async fn f(by: {ty}) {{}}"));
        errors.first().map(|error| error.split('`').nth_back(1).unwrap().to_owned())
    };
    for (ty, write) in [
        ("&mut dyn FnMut(&str)", "&mut (dyn FnMut(&str) + Send)"),
        (
            "&'a mut (dyn FnMut(&'a str, u8) -> a::B<[u8; 4]> + 'a)",
            "&'a mut (dyn FnMut(&'a str, u8) -> a::B<[u8; 4]> + 'a + Send)",
        ),
        ("&dyn Fn()", "&(dyn Fn() + Sync)"),
        ("&(dyn Fn() + Send)", "&(dyn Fn() + Send + Sync)"),
        ("&mut &dyn Fn()", "&(dyn Fn() + Sync)"),
        ("& &mut dyn FnMut()", "&mut (dyn FnMut() + Sync)"),
        ("Option<Box<dyn for<'a> FnOnce(&'a u8)>>", "dyn for<'a> FnOnce(&'a u8) + Send"),
        ("(u8, [Vec<Box<dyn Fn()>>; 2])", "dyn Fn() + Send"),
        ("std::sync::Arc<dyn Fn() + Send>", "dyn Fn() + Send + Sync"),
    ] {
        for options in ["", "local", "submit"] {
            assert_eq!(suggested(options, ty).as_deref(), Some(write), "{ty}");
        }
    }
    for ty in [
        "&mut (dyn FnMut(&str) + Send)",
        "&(dyn Fn() + Sync)",
        "Arc<dyn Fn() + Send + Sync>",
        // Whatever these do.
        "&mut dyn Callback",
        "SendWrapper<Box<dyn Fn()>>",
        "fn(&dyn Fn())",
        "impl FnMut(&dyn Fn())",
    ] {
        assert_eq!(suggested("", ty), None, "{ty}");
    }
    // An impl may call it before it makes its future, which is `Send` by its type.
    assert!(errors("", "trait T { async fn f(&self, by: &mut dyn FnMut()); }").is_empty());
    assert!(!errors("", "trait T { async fn f(&self, by: &mut dyn FnMut()) {} }").is_empty());
    assert!(!errors("local", "trait T { async fn f(&self, by: &mut dyn FnMut()); }").is_empty());
    assert!(
        errors("", "impl T { #[threadsafe(skip)] async fn f(by: &mut dyn FnMut()) {} async fn g() {} }").is_empty()
    );
}

#[test]
fn a_handle_that_may_be_an_error_is_attempted_where_errors_are_returned() {
    let attempted = |options: &str, item: &str| {
        let text = plain(rewritten(options, item));
        text.split_once("Attempt::new(").map(|(_, rest)| rest.split_once(").outcome()").unwrap().0.to_owned())
    };
    let (value, result) = ("async fn f() {}", "async fn f() -> io::Result<()> {}");
    for (options, item, expected) in [
        ("handle = bridge::global(), fallible", value, Some("bridge::try_global()")),
        ("handle = (::bridge::shared()), fallible", result, Some("::bridge::try_shared()")),
        ("handle = bridge::next_shared(), fallible", value, Some("bridge::try_next_shared()")),
        ("handle = bridge::global(), timeout = SECOND", value, Some("bridge::try_global()")),
        ("handle = a::b::global(), crate = a::b, fallible", value, Some("a::b::try_global()")),
        ("handle = self.try_it(1), fallible", "async fn f(&self) {}", Some("self.try_it(1)")),
        ("handle = try_it(), fallible", result, Some("try_it()")),
        ("handle = it()?, fallible", value, Some("it()")),
        // `?` itself returns the function's own error.
        ("handle = it()?, fallible", result, None),
        // No error is returned.
        ("handle = bridge::global()", value, None),
        ("handle = it()?", result, None),
        // Functions of others, which have no `try_…` beside them.
        ("handle = global(), fallible", value, None),
        ("handle = other::shared(), fallible", value, None),
        ("handle = bridge::global(), crate = other, fallible", value, None),
        ("handle = bridge::other(), fallible", value, None),
        ("handle = bridge::global(1), fallible", value, None),
        ("handle = self.handle, fallible", "async fn f(&self) {}", None),
        ("fallible", value, None),
    ] {
        assert_eq!(attempted(options, item).as_deref(), expected, "{options}");
    }
}

#[test]
fn inner_attributes_of_an_impl_go_with_its_companions_where_these_are_apart() {
    let item = "#[bus] impl Bus { #![allow(x)] #![cfg(unix)] #![doc = \"docs\"] async fn send(&self) {} }";
    let after = plain(rewritten("", item));
    assert!(after.starts_with(&plain(tokens(item))), "{after}");
    assert!(after.contains("#[allow(x)]#[cfg(unix)]implBus{#[doc="), "{after}");
}

#[test]
fn inner_attributes_of_a_trait_come_first() {
    let after = plain(rewritten("", "trait Store { #![allow(x)] #![warn(y)] async fn get(&self); }"));
    assert!(after.starts_with("traitStore{#![allow(x)]#![warn(y)]fnget(&self)->"), "{after}");
}

#[test]
fn members_of_an_impl_are_cut_apart() {
    let item = "impl<T> S<{ N }, T> { \
        const A: u8 = { 3 }; type B = [u8; { 4 }]; m! {} n!(); \
        async fn f<const M: usize>() -> Foo<{ M }> where Foo<{ M }>: Sized {} \
        pub(crate) const C: fn(u8) -> bool = |a| { a > 3 }; \
        #[threadsafe(skip)] async fn g() {} }";
    let text = plain(rewritten("", item));
    assert_eq!(text.matches("track_caller").count(), 1, "{text}");
    assert!(!text.contains("threadsafe") && !text.contains("compile_error"), "{text}");
}

#[test]
fn every_mistake_is_reported() {
    let found = errors("name = \"x\", local, local, nmae = y, 3", "async fn fetch() {}");
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_slip_of_the_pen_is_taken_for_what_was_meant() {
    let text = plain(rewritten("falible", "async fn fetch() {}"));
    assert!(text.contains("didyoumean") && text.contains("Result<(),::bridge::Error>"), "{text}");
    let found = errors("thread", "async fn fetch() {}");
    assert!(!found[0].contains("did you mean"), "{found:?}");
}

#[test]
fn a_plain_fn_is_told_and_its_companion_is_there_all_the_same() {
    let text = plain(rewritten("", "fn fetch() -> u8 { 1 }"));
    assert!(text.contains("fnfetch_blocking") && text.contains("compile_error"), "{text}");
}

#[test]
fn a_function_that_returns_a_future_is_called_on_the_loop() {
    let expected = r#"#[track_caller]
        fn fetch_blocking<'a>(handle: &impl ::bridge::AsHandle, id: &'a str) -> Option<&'a str> {
            ::bridge::__private::call("fetch_blocking", handle, ::bridge::__private::future(move || fetch(id)))
        }"#;
    for output in [
        "impl Future<Output = Option<&str>>",
        "impl Send + core::future::Future<Output = Option<&str>> + '_",
        "Pin<Box<dyn Future<Output = Option<&str>> + Send + '_>>",
        "::std::pin::Pin<Box<(dyn Send + Future<Output = Option<&str>,> + '_)>>",
        "BoxFuture<'_, Option<&str>>",
        "futures::future::BoxFuture<'_, Option<&str>,>",
    ] {
        assert_companion("", &format!("fn fetch(id: &str) -> {output} {{ body }}"), expected);
    }
}

#[test]
fn a_constant_is_nothing_that_a_future_gives() {
    for output in ["BoxFuture<'_, { () }>", "BoxFuture<'_, -3>", "impl Future<Output = { 3 }>", "BoxFuture<'_>"] {
        let found = errors("", &format!("fn fetch() -> {output} {{}}"));
        assert!(found.len() == 1 && found[0].contains("returns no future"), "{found:?}");
    }
}

/// What is generated for an item that is changed, as one line.
#[track_caller]
fn assert_rewritten(options: &str, item: &str, expected: &str) {
    let mut text = String::new();
    for (index, part) in plain(rewritten(options, item)).split("#[doc=\"").enumerate() {
        text.push_str(if index == 0 { part } else { part.split_once("\"]").unwrap().1 });
    }
    assert_eq!(text, plain(tokens(expected)));
}

#[test]
fn a_required_fn_of_a_trait() {
    assert_rewritten(
        "",
        "pub trait Store<T> { #[cfg(x)] async fn get(&self, key: &str) -> Option<T>; fn plain(&self); }",
        r#"pub trait Store<T> {
            #[cfg(x)]
            fn get(&self, key: &str) -> impl ::core::future::Future<Output = Option<T>> + ::core::marker::Send;
            #[cfg(x)]
            #[track_caller]
            fn get_blocking(&self, handle: &dyn ::bridge::AsHandle, key: &str) -> Option<T>
            where T: ::core::marker::Send
            { ::bridge::__private::call("get_blocking", handle, Self::get(self, key)) }
            fn plain(&self);
        }"#,
    );
}

#[test]
fn a_visibility_that_has_no_place_in_a_trait_is_left_for_rustc_to_refuse() {
    let text = plain(rewritten("", "trait Store { #[threadsafe(skip)] pub async fn get(&self); async fn set(); }"));
    assert!(text.contains("pubfnget(&self)"), "{text}");
}

#[test]
fn a_default_bodied_fn_of_a_trait() {
    assert_rewritten(
        "",
        "trait Store { async fn get<T>(self: Arc<Self>, mut key: T, (a, _): (u8, u8), text: &str) -> u8 { this is = no } }",
        r#"trait Store {
            fn get<T: ::core::marker::Send>(self: Arc<Self>, key: T, arg1: (u8, u8), text: &str)
                -> impl ::core::future::Future<Output = u8> + ::core::marker::Send
            where Self: ::core::marker::Send + ::core::marker::Sync
            {
                async move {
                    let _ = &self;
                    if false { return ::bridge::__private::returned::<u8>(); }
                    match key { mut key => match arg1 { arg1 => match arg1 { (a, _) => { this is = no } } } }
                }
            }
            #[track_caller]
            fn get_blocking<T: ::core::marker::Send>(
                self: Arc<Self>, handle: &dyn ::bridge::AsHandle, key: T, arg1: (u8, u8), text: &str
            ) -> u8
            where Self: ::core::marker::Send + ::core::marker::Sync
            { ::bridge::__private::call("get_blocking", handle, Self::get::<T>(self, key, arg1, text)) }
        }"#,
    );
}

#[test]
fn a_required_fn_asks_what_an_impl_cannot() {
    assert_rewritten(
        "",
        "trait Store<T> { async fn set<U: Copy>(&self, u: &U, t: T, v: impl Display); }",
        r#"trait Store<T> {
            fn set<U: Copy + ::core::marker::Send + ::core::marker::Sync>(
                &self, u: &U, t: T, v: impl Display + ::core::marker::Send
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
            #[track_caller]
            fn set_blocking<U: Copy + ::core::marker::Send + ::core::marker::Sync>(
                &self, handle: &dyn ::bridge::AsHandle, u: &U, t: T, v: impl Display + ::core::marker::Send
            ) { ::bridge::__private::call("set_blocking", handle, Self::set::<U>(self, u, t, v)) }
        }"#,
    );
}

#[test]
fn local_promises_nothing_and_supertraits_are_told_apart() {
    assert_rewritten(
        "local",
        "trait Store<'a, T>: Base { async fn get(&self) {} }",
        r#"trait Store<'a, T>: Base {
            fn get(&self) -> impl ::core::future::Future<Output = ()> { async move {} }
            #[track_caller]
            fn get_blocking(&self, handle: &::bridge::LocalHandle) where Self: ::core::marker::Sync {
                ::bridge::__private::call_local(
                    "get_blocking", handle, move || <Self as Store<'a, T>>::get(self)
                )
            }
        }"#,
    );
}

#[test]
fn async_trait_is_left_to_do_its_part_and_recognized_when_it_has() {
    let companion = r#"#[track_caller]
        fn get_blocking(&self, handle: &dyn ::bridge::AsHandle) -> u8
        { ::bridge::__private::call("get_blocking", handle, Self::get(self)) }"#;
    assert_rewritten(
        "",
        "#[async_trait] trait Store { async fn get(&self) -> u8; }",
        &format!("#[async_trait] trait Store {{ async fn get(&self) -> u8; {companion} }}"),
    );
    let expanded = "fn get<'life0, 'async_trait>(&'life0 self) -> ::core::pin::Pin<Box<
        dyn ::core::future::Future<Output = u8> + ::core::marker::Send + 'async_trait>>
        where 'life0: 'async_trait, Self: Sized, Self: 'async_trait;";
    let companion = companion.replace("&self", "&'life0 self").replace("get_blocking(", "get_blocking<'life0>(");
    let companion = companion.replace("-> u8", "-> u8 where Self: Sized");
    assert_rewritten(
        "",
        &format!("trait Store {{ {expanded} }}"),
        &format!("trait Store {{ {expanded} {companion} }}"),
    );
}

#[test]
fn a_stream() {
    let item = "fn numbers(text: &str) -> BoxStream<'_, u8> {}";
    if cfg!(feature = "stream") {
        assert_companion(
            "stream",
            item,
            r#"#[track_caller]
            fn numbers_blocking(handle: &impl ::bridge::AsHandle, text: &'static str) -> ::bridge::Iter<u8> {
                ::bridge::__private::iter(
                    "numbers_blocking", handle, ::bridge::__private::made(move || numbers(text))
                )
            }"#,
        );
    } else {
        let found = errors("stream", item);
        assert!(found.len() == 1 && found[0].contains("features = ["), "{found:?}");
    }
}

#[test]
fn a_type_of_many_layers_takes_no_longer_than_it_is_long() {
    // Enough for what takes twice as long with each.
    let layers = 40;
    for output in [format!("{}u8", "&".repeat(layers)), format!("Box<{}u8", "<".repeat(layers))] {
        rewritten("", &format!("async fn fetch() -> {output} {{}}"));
    }
}

/// Small, and the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

/// Drops, doubles, swaps and moves tokens.
fn mutated(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    for tree in &mut trees {
        if let TokenTree::Group(group) = tree {
            let content = mutated(group.stream(), random);
            *group = proc_macro2::Group::new(group.delimiter(), content);
        }
    }
    if !trees.is_empty() && random.below(3) == 0 {
        let (at, to) = (random.below(trees.len()), random.below(trees.len()));
        match random.below(4) {
            0 => drop(trees.remove(at)),
            1 => trees.insert(to, trees[at].clone()),
            2 => trees.swap(at, to),
            _ => trees.truncate(at),
        }
    }
    trees.into_iter().collect()
}

#[test]
fn no_tokens_make_it_panic() {
    let items = [
        "#[doc = \"x\"] pub(crate) async fn f<'a, T: Fn(&u8) -> u8, const N: usize>(&'a self, (a, b): (u8, T), #[cfg(x)] c: [&u8; N]) -> Result<impl Iterator<Item = &'_ u8>, E> where T: Copy {}",
        "#[allow(x)] unsafe impl<'a, T: A<B<C>>, const N: usize> S<'a, T, { N }> where T: Copy { #[threadsafe(name = x)] async fn f(self: Pin<&mut Self>) -> &u8 {} const X: u8 = { 1 }; fn g() {} }",
        "impl<T> Trait for T {}",
        "#[async_trait] pub trait Tr<'a, T: A<B>>: Base<T> + Send where T: Copy { type Item: Copy; async fn f<U>(mut self, (a, b): (u8, U), #[cfg(x)] c: Self::Item) -> Result<Self::Item, E> where U: Copy { x } #[threadsafe(stream)] fn g<'async_trait>(&self) -> Pin<Box<dyn Stream<Item = &u8> + Send + 'async_trait>> where Self: 'async_trait; }",
        "fn f(a: &str) -> Pin<Box<dyn Future<Output = &str> + Send + '_>> {}",
        "pub struct S<T>(T);",
    ];
    let options = "name = x, suffix = \"y\", vis = pub(crate), handle = a::<b, c>(d), timeout = e, fallible = wrap, local, submit = f, attr(g, h(i)), bound(T: Send), crate = j::k, skip";
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..300 {
        for item in items {
            let (options, item) = (mutated(tokens(options), &mut random), mutated(tokens(item), &mut random));
            rewrite(options, item).to_string();
        }
    }
}

#[test]
fn of_a_mistake_in_the_syntax_rustc_has_reported() {
    for item in
        ["async fn fetch(id) {}", "async fn fetch(id: ) {}", "async fn fetch(ids: Vec<u8) {}", "async fn f<T(x: T) {}"]
    {
        assert_eq!(plain(rewritten("", item)), plain(tokens(item)), "{item}");
    }
}

#[test]
fn a_broken_function_leaves_the_others_of_its_impl_alone() {
    let after = plain(rewritten("", "impl Client { async fn broken(&self) -> {} async fn whole(&self) {} }"));
    assert!(after.starts_with("implClient{asyncfnwhole(&self){}"), "{after}");
    assert!(after.contains("fnwhole_blocking(") && !after.contains("compile_error"), "{after}");
}

#[test]
fn a_broken_parameter_keeps_its_function() {
    let after = plain(rewritten("", "trait Store { async fn broken(&self, id); }"));
    assert_eq!(after, "traitStore{asyncfnbroken(&self,id);}");
}

#[test]
fn a_plus_that_ends_bounds_is_no_trouble() {
    assert_companion(
        "",
        "async fn show<T: Display +>(value: T, other: impl Display +) {}",
        r#"#[track_caller]
        fn show_blocking<T: Display + ::core::marker::Send>(
            handle: &impl ::bridge::AsHandle, value: T, other: impl Display + ::core::marker::Send
        ) {
            ::bridge::__private::call("show_blocking", handle, show::<T>(value, other))
        }"#,
    );
}

#[test]
fn a_comma_that_was_forgotten_is_reported() {
    for (options, before) in [
        ("handle = self.handle fallible", "fallible"),
        ("timeout = limit(3) local", "local"),
        ("handle = self.handles[0] local", "local"),
        ("timeout = Duration::from_secs(1) handle = x", "handle"),
        ("fallible = wrap timeout = x", "timeout"),
        ("local submit", "submit"),
    ] {
        let found = errors(options, "async fn fetch(&self) {}");
        assert_eq!(found, [format!("{:?}", format!("a comma is missing before `{before}`"))]);
    }
    for options in ["handle = match handle { _ => &mut local }", "timeout = x as crate::Duration", "handle = *handle"] {
        assert!(errors(options, "async fn fetch(&self) {}").is_empty(), "{options}");
    }
}

#[test]
fn a_suffix_that_ends_no_identifier_is_reported() {
    for suffix in ["", "_sync ", "_sync//", "_sync/* */", "-sync", " sync"] {
        let found = errors(&format!("suffix = {suffix:?}"), "impl Client { async fn get(&self) {} }");
        assert!(found.len() == 1 && found[0].contains("a suffix ends an identifier"), "{suffix:?}: {found:?}");
    }
}

#[test]
fn a_comma_in_generics_ends_no_option() {
    for value in [
        "if <C as L<u8, u16>>::LONG { a } else { b }",
        "match <C as L<u8, u16>>::LONG { _ => a }",
        "ZERO * <C as L<A, B>>::N as u32",
        "ZERO * -<C as L<A, B>>::N < <D as L<A, B>>::N",
        "a < <C as L<A, B>>::N",
        "1 << <C as L<A, B>>::N >> 2",
        "*<M<A, B>>::get()",
        "<<C as L<A, B>>::D as L<A, B>>::get()",
        "get::<fn(A) -> B, C>()",
        "Map::<A, B>::get()",
        "&this as &Map<A, B>",
        "this as map::Map<A, B>",
    ] {
        let found = errors(&format!("timeout = {value}, local, nmae = x"), "async fn fetch(&self) {}");
        assert!(found.len() == 1 && found[0].contains("nmae"), "{value}: {found:?}");
    }
}

#[test]
fn a_comma_after_a_comparison_ends_the_option() {
    for value in [
        "a < b",
        "a() < b",
        "a[0] < b",
        "a? < b",
        "self < b",
        "1 < b",
        "a <= b",
        "a << b",
        "a <<= b",
        "a as u32 + b < c",
        "<C as L<A, B>>::N < b",
        "get::<A>() < b",
        "a as L<A, B> < b",
        "if a < b { c } else { d }",
        "a > b",
    ] {
        let found = errors(&format!("timeout = {value}, nmae = x"), "async fn fetch(&self) {}");
        assert!(found.len() == 1 && found[0].contains("nmae"), "{value}: {found:?}");
    }
}

#[test]
fn a_stream_of_a_block_inherits_what_is_for_streams() {
    let trait_ = "trait Source { async fn get(&self) -> Result<u8, E>; #[threadsafe(stream)] fn all(&self) -> BoxStream<'static, u8>; }";
    let after = plain(rewritten("fallible = fold, submit, timeout = limit()", trait_));
    assert!(!cfg!(feature = "stream") || after.matches("::timed(").count() == 1, "{after}");
    assert!(after.contains("fnall_blocking") && !after.contains("all_submit"), "{after}");
    assert!(!cfg!(feature = "stream") || !after.contains("compile_error"), "{after}");
}

#[test]
fn what_the_where_clause_asks_is_not_asked_again() {
    let companion =
        companion("", "async fn f<T, U>(t: &T, u: U) where T: Clone + Send + Sync, U: Into<Vec<u8>>, U: Send {}");
    assert!(companion.contains("f_blocking<T,U>("), "{companion}");
    assert!(companion.contains("whereT:Clone+Send+Sync,U:Into<Vec<u8>>,U:Send{"), "{companion}");
}

#[test]
fn without_its_feature_a_facade_is_an_error_that_names_it() {
    let item = "impl Client { async fn get(&self) {} }";
    let after = no_facade::attribute(tokens("timeout = LIMIT, facade"), tokens(item));
    let found = errors_in(after.clone());
    assert!(found.len() == 1 && found[0].contains("needs the feature of this name"), "{found:?}");
    assert!(plain(after).starts_with(&plain(tokens(item))));
}
