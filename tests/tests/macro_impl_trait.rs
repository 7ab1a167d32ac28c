//! `impl Trait` arguments whose lifetimes are left out, as only an async fn may have them.

use std::fmt::Display;

use async_trait::async_trait;
use bridge::threadsafe;
use bridge_tests::handle;

async fn tick() {
    tokio::task::yield_now().await;
}

struct Text<'a>(&'a str);

impl<'a> From<&'a String> for Text<'a> {
    fn from(text: &'a String) -> Text<'a> {
        Text(text)
    }
}

#[threadsafe]
async fn length(text: impl Into<Text<'_>>, by: &usize) -> usize {
    let text = text.into();
    tick().await;
    text.0.len() * by
}

struct Store(String);

#[threadsafe]
impl Store {
    async fn get(&self, text: impl Into<Option<&String>>) -> &str {
        let text: Option<&String> = text.into();
        tick().await;
        if text.is_some() { &self.0 } else { "" }
    }
}

#[threadsafe]
trait Find {
    async fn find(&self, text: impl Into<Option<&String>> + Send) -> &str;
}

impl Find for Store {
    async fn find(&self, text: impl Into<Option<&String>> + Send) -> &str {
        tick().await;
        self.get(text.into()).await
    }
}

#[test]
fn lifetimes_in_impl_trait_get_names() {
    let text = " four".to_owned();
    assert_eq!(length_blocking(&handle(), &text, &2), 10);
    let store = Store("stored".into());
    assert_eq!(store.get_blocking(&handle(), &text), "stored");
    assert_eq!(store.find_blocking(&handle(), None), "");
}

macro_rules! behind_references {
    ($name:ident, $ty:ty) => {
        #[threadsafe]
        async fn $name(shown: &$ty, other: &mut $ty) -> String {
            tick().await;
            format!("{shown}{other}")
        }
    };
}

behind_references!(show, impl Display);

#[test]
fn an_impl_trait_that_a_macro_puts_behind_a_reference() {
    assert_eq!(show_blocking(&handle(), &1, &mut 'a'), "1a");
}

#[threadsafe]
#[async_trait]
trait Hooks: Sized + 'static {
    async fn after(text: <Self as std::ops::Deref>::Target) -> usize
    where
        Self: std::ops::Deref<Target: Sized + Into<String> + Send>,
    {
        tick().await;
        text.into().len()
    }
}

impl Hooks for Box<String> {}

#[test]
fn a_default_body_of_async_trait_without_self() {
    assert_eq!(<Box<String> as Hooks>::after_blocking(&handle(), "four".to_owned()), 4);
}
