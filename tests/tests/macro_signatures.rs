//! Every signature that Rust has.

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use bridge::{LocalHandle, threadsafe};
use bridge_tests::handle;

async fn tick() {
    tokio::task::yield_now().await;
}

struct Point {
    x: u64,
    y: u64,
}

#[threadsafe]
#[allow(clippy::too_many_arguments, clippy::toplevel_ref_arg, reason = "they are what is tested")]
async fn patterns(
    mut a: u64,
    (b, c): (u64, u64),
    Point { x, .. }: Point,
    _: u64,
    ref d: String,
    e @ 0..: u64,
    [f, g]: [u64; 2],
    &h: &u64,
) -> u64 {
    a += 1;
    tick().await;
    a + b + c + x + d.len() as u64 + e + f + g + h
}

#[test]
fn argument_patterns() {
    let point = Point { x: 4, y: 0 };
    assert_eq!(point.y, 0);
    let sum = patterns_blocking(&handle(), 0, (2, 3), point, 99, "12345".into(), 6, [7, 8], &9);
    assert_eq!(sum, 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9);
}

#[threadsafe]
async fn collect<T: Default + Copy, const N: usize>() -> [T; N] {
    tick().await;
    [T::default(); N]
}

#[test]
fn generics_that_only_a_turbofish_fixes() {
    assert_eq!(collect_blocking::<u8, 3>(&handle()), [0; 3]);
}

#[threadsafe]
async fn mixed<T: From<u8> + Debug>(text: impl Into<String>, shown: &impl Display) -> (T, String) {
    tick().await;
    (T::from(7), format!("{}{shown}", text.into()))
}

#[test]
fn named_generics_beside_impl_trait() {
    assert_eq!(mixed_blocking::<u64>(&handle(), "a", &1), (7, "a1".into()));
}

#[threadsafe]
async fn apply<F>(function: F, text: &str) -> usize
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    tick().await;
    function(text).len()
}

#[test]
fn higher_ranked_bounds() {
    assert_eq!(apply_blocking(&handle(), |text| &text[1..], "four"), 3);
}

#[threadsafe]
async fn cut(text: &str, by: impl for<'a> Fn(&'a str) -> &'a str + Copy) -> &str {
    tick().await;
    by(text)
}

#[threadsafe]
async fn cut_by_all(text: &str, by: &[for<'a, 'b> fn(&'a str, &'b str) -> &'a str]) -> impl Display
where
    u64: for<'c> std::ops::Add<&'c u64>,
{
    tick().await;
    by.iter().fold(text, |text, by| by(text, "")).to_owned()
}

#[test]
fn names_that_a_higher_ranked_bound_has_taken() {
    assert_eq!(cut_blocking(&handle(), "four", |text| &text[1..]), "our");
    assert_eq!(cut_by_all_blocking(&handle(), "four", &[|text, _| text.trim()]).to_string(), "four");
}

#[threadsafe]
async fn pick<'a, 'b: 'a>(first: &'a str, second: &'b str, take_first: bool) -> &'a str {
    tick().await;
    if take_first { first } else { second }
}

#[test]
fn lifetimes_with_bounds() {
    assert_eq!(pick_blocking(&handle(), "first", "second", false), "second");
}

#[threadsafe]
async fn rest(mut items: std::slice::Iter<'_, u8>) -> std::slice::Iter<'_, u8> {
    tick().await;
    items.next();
    items
}

#[test]
fn an_anonymous_lifetime_in_a_path() {
    let items = [1, 2, 3];
    assert_eq!(rest_blocking(&handle(), items.iter()).as_slice(), [2, 3]);
}

#[threadsafe]
#[allow(clippy::type_complexity, reason = "it is what is tested")]
async fn run_all(functions: &[Box<dyn Fn(&str) -> usize + Send + Sync>], pointer: fn(&u8) -> &u8) -> usize {
    tick().await;
    functions.iter().map(|function| function("ab")).sum::<usize>() + usize::from(*pointer(&1))
}

#[test]
fn lifetimes_inside_function_types_stay_theirs() {
    assert_eq!(run_all_blocking(&handle(), &[Box::new(str::len)], |number| number), 3);
}

#[threadsafe]
#[allow(clippy::needless_lifetimes, reason = "a named one beside an elided one is what is tested")]
async fn characters<'a, T: Debug>(text: &'a str, after: &T, between: impl Display) -> impl Iterator<Item = String> {
    tick().await;
    let tail = format!("{between}{after:?}");
    text.chars().map(move |character| format!("{character}{tail}"))
}

#[test]
fn an_impl_trait_output_beside_impl_trait_arguments() {
    let all: Vec<String> = characters_blocking(&handle(), "ab", &1, '-').collect();
    assert_eq!(all, ["a-1", "b-1"]);
}

#[threadsafe]
async fn share<T>(shared: Arc<T>) -> usize {
    tick().await;
    Arc::strong_count(&shared)
}

#[test]
fn a_type_parameter_in_an_arc() {
    assert_eq!(share_blocking(&handle(), Arc::new(7)), 1);
}

trait Maker<F: ?Sized> {
    fn make(&self) -> u8;
}

struct Three;

impl Maker<dyn Fn() -> u8 + Send> for Three {
    fn make(&self) -> u8 {
        3
    }
}

#[threadsafe]
async fn made_by<M: Maker<dyn Fn() -> u8 + Send>>(maker: M) -> u8 {
    tick().await;
    maker.make()
}

#[threadsafe]
async fn made_by_both<M, N>(maker: M, other: N) -> u8
where
    M: Maker<dyn Fn() -> u8 + Send>,
    N: Maker<dyn Fn() -> u8 + Send> + Send,
{
    tick().await;
    maker.make() + other.make()
}

#[test]
fn bounds_inside_the_bounds_of_a_parameter_are_not_its_own() {
    assert_eq!(made_by_blocking(&handle(), Three), 3);
    assert_eq!(made_by_both_blocking(&handle(), Three, Three), 6);
}

#[threadsafe]
async fn show_all<T, U>(shown: &T, others: &[&U], hidden: &(impl Display + ?Sized)) -> String
where
    T: Display + ?Sized,
    U: Display + ?Sized + Sync,
{
    tick().await;
    let others: Vec<String> = others.iter().map(|other| other.to_string()).collect();
    format!("{shown}{}{hidden}", others.concat())
}

#[threadsafe]
async fn show_owned<T: Display + ?Sized>(shown: &T, owned: Box<T>) -> String {
    tick().await;
    format!("{shown}{owned}")
}

#[test]
fn an_unsized_parameter_that_is_only_borrowed_need_not_be_send() {
    let shown: &(dyn Display + Sync) = &1;
    assert_eq!(show_all_blocking(&handle(), shown, &[shown, &2], shown), "1121");
    let owned: Box<dyn Display + Send + Sync> = Box::new(3);
    assert_eq!(show_owned_blocking(&handle(), &*(Box::new(2) as Box<dyn Display + Send + Sync>), owned), "23");
}

#[threadsafe]
async fn never() -> ! {
    tick().await;
    panic!("on purpose")
}

#[test]
#[should_panic(expected = "on purpose")]
fn no_output_at_all() {
    never_blocking(&handle());
}

#[threadsafe]
async fn conditional(
    #[cfg(not(any()))] kept: u64,
    #[cfg(any())] removed: NoSuchType,
    #[cfg(not(any()))] kept_too: u64,
    #[allow(unused_variables)] unused: u64,
) -> u64 {
    tick().await;
    kept + kept_too
}

#[test]
fn parameters_under_cfg() {
    assert_eq!(conditional_blocking(&handle(), 1, 2, 3), 3);
}

#[cfg(any())]
#[threadsafe]
async fn nowhere(no: NoSuchType) {}

#[threadsafe]
#[cfg(any())]
async fn nowhere_either(no: NoSuchType) {}

#[threadsafe]
async fn r#match(r#type: u64) -> u64 {
    tick().await;
    r#type
}

#[test]
fn raw_identifiers() {
    assert_eq!(match_blocking(&handle(), 7), 7);
}

#[threadsafe]
async fn sum(handle: u64, sum: u64, _used: u64) -> u64 {
    tick().await;
    handle + sum + _used
}

#[test]
fn arguments_named_like_the_handle_and_like_the_function() {
    assert_eq!(sum_blocking(&handle(), 1, 2, 3), 6);
}

/// # Safety
///
/// `number` must be 7.
#[threadsafe]
async unsafe fn trust(number: u64) -> u64 {
    tick().await;
    number
}

#[test]
fn an_unsafe_fn_has_an_unsafe_companion() {
    // SAFETY: it is 7.
    assert_eq!(unsafe { trust_blocking(&handle(), 7) }, 7);
}

#[test]
fn a_function_inside_a_function() {
    #[threadsafe]
    async fn inner(text: &str) -> &str {
        tick().await;
        text
    }
    assert_eq!(inner_blocking(&handle(), "inner"), "inner");
}

macro_rules! getter {
    ($(#[$attr:meta])* $vis:vis $name:ident($arg:ident: $ty:ty, $pattern:pat, $lifetime:lifetime) -> $out:ty $body:block) => {
        $(#[$attr])*
        #[threadsafe]
        $vis async fn $name<$lifetime>($arg: &$lifetime $ty, hidden: u64, $pattern: (u64, u64)) -> $out {
            tick().await;
            assert_eq!(hidden, 3);
            $body
        }
    };
}

getter! {
    /// Made by a macro.
    pub made(hidden: [u64], (_, _), 'a) -> Option<&'a u64> { hidden.first() }
}

#[test]
fn names_and_types_from_a_macro_stay_apart_from_the_macros_own() {
    assert_eq!(made_blocking(&handle(), &[7], 3, (1, 2)), Some(&7));
}

struct Looped(LocalHandle);

macro_rules! on_self {
    ($($item:item)*) => {
        #[threadsafe(handle = self.0, timeout = Duration::from_secs({ let _: &Looped = self; 60 }))]
        impl Looped {
            $($item)*
        }
    };
}

on_self! {
    async fn get(&self) -> u64 {
        tick().await;
        7
    }
}

#[test]
fn the_self_of_options_that_a_macro_wrote_around_functions_of_its_caller() {
    assert_eq!(Looped(handle()).get_blocking().unwrap(), 7);
}

struct Twice<T>(T);

macro_rules! of_fragments {
    ($target:ty, $bound:path, $path:path, $plain:ty, $count:expr, $sized:literal, $value:expr, $vis:vis $name:ident) => {
        #[allow(clippy::multiple_bound_locations, reason = "a fragment in each place")]
        #[threadsafe]
        impl $target {
            $vis async fn $name<T: $bound>(&self, from: &T, all: [$path; $count], one: &$plain) -> ($plain, $path)
            where
                T: $bound + Sync,
                $plain: Copy,
            {
                tick().await;
                (*one, format!("{from}{}{}{}", all.concat(), self.0.len(), $value + $sized))
            }
        }
    };
}

of_fragments!(Twice<Vec<u8>>, Display, String, u64, 1 + 1, 2, 3, pub(crate) fragments);

#[test]
fn every_fragment_of_a_macro_in_a_signature() {
    let all = ["a".to_owned(), "b".to_owned()];
    assert_eq!(Twice(vec![0_u8]).fragments_blocking(&handle(), &0, all, &7), (7, "0ab15".to_owned()));
}

macro_rules! annotate {
    ($item:item) => {
        #[threadsafe]
        $item
    };
}

annotate! {
    async fn whole(number: u64) -> u64 {
        tick().await;
        number
    }
}

#[test]
fn an_item_from_a_macro() {
    assert_eq!(whole_blocking(&handle(), 7), 7);
}

/// Types that are written as no type is.
macro_rules! Of {
    (&) => { u64 };
    (<) => { u8 };
    ($key:ty => $value:ty) => { Vec<($key, $value)> };
}

#[threadsafe]
async fn pairs(pairs: Of!(&str => u64), by: Of![&]) -> Of!(String => u64) {
    tick().await;
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value + by)).collect()
}

#[test]
fn types_that_a_macro_makes() {
    assert_eq!(pairs_blocking(&handle(), vec![("a", 1)], 2), [("a".to_owned(), 3)]);
}

struct Pairs(Of!(String => u64));

#[threadsafe]
impl Pairs {
    async fn all(&self) -> Of![String => u64] {
        tick().await;
        self.0.clone()
    }

    #[threadsafe(submit)]
    async fn key(pairs: Of!(&str => Of!(<)), at: usize) -> Option<(String, Of!(<))> {
        tick().await;
        pairs.get(at).map(|(key, value)| ((*key).to_owned(), *value))
    }

    async fn first(pairs: Of! { &str => u64 }) -> &str {
        tick().await;
        pairs[0].0
    }

    async fn last(&self) -> Of! { & } {
        tick().await;
        self.0[self.0.len() - 1].1
    }

    async fn end(&self) -> ! {
        tick().await;
        panic!("on purpose")
    }
}

#[test]
fn types_that_a_macro_makes_in_an_impl() {
    let pairs = Pairs(vec![("a".to_owned(), 1)]);
    assert_eq!(pairs.all_blocking(&handle()), [("a".to_owned(), 1)]);
    assert_eq!(pairs.last_blocking(&handle()), 1);
}

#[test]
fn lifetimes_in_a_macros_type_are_those_of_the_function() {
    assert_eq!(Pairs::first_blocking(&handle(), vec![("a", 1)]), "a");
    assert_eq!(Pairs::key_submit(&handle(), vec![("a", 1)], 0).result().unwrap(), Some(("a".to_owned(), 1)));
}

struct Borrowed<'a>(&'a str);

#[threadsafe]
impl Borrowed<'_> {
    const LIMIT: u64 = { 3 };

    async fn get(&self) -> &str {
        tick().await;
        self.0
    }

    async fn shown(&self, other: &str) -> impl Display {
        tick().await;
        format!("{}{other}", self.0)
    }

    fn plain(&self) -> u64 {
        Self::LIMIT
    }
}

#[test]
fn an_impl_with_an_anonymous_lifetime() {
    let borrowed = Borrowed("text");
    assert_eq!(borrowed.get_blocking(&handle()), "text");
    assert_eq!(borrowed.shown_blocking(&handle(), "!").to_string(), "text!");
    assert_eq!(borrowed.plain(), 3);
}

struct Grid<T, const N: usize>([T; N]);

#[threadsafe]
impl<T, const N: usize> Grid<T, { N }>
where
    T: Clone,
{
    async fn cells(&self) -> [T; N] {
        tick().await;
        self.0.clone()
    }

    async fn with<U: From<T>, const M: usize>(&self, more: [U; M]) -> Vec<U> {
        tick().await;
        self.0.iter().cloned().map(U::from).chain(more).collect()
    }
}

#[test]
fn generics_of_an_impl_and_of_its_methods() {
    let grid = Grid([1_u8, 2]);
    assert_eq!(grid.cells_blocking(&handle()), [1, 2]);
    assert_eq!(grid.with_blocking::<u64, 1>(&handle(), [3]), [1, 2, 3]);
}

struct Cursor<'a, T> {
    items: &'a mut Vec<T>,
    at: usize,
}

#[threadsafe]
impl<T: Clone> Cursor<'_, T> {
    async fn advance(&mut self) -> Option<&mut T> {
        tick().await;
        self.at += 1;
        self.items.get_mut(self.at - 1)
    }

    async fn rest(&mut self, _other: &str) -> impl Iterator<Item = &mut T> + '_ {
        tick().await;
        self.items.iter_mut().skip(self.at)
    }

    async fn pair(&self, from: &Cursor<'_, T>) -> (usize, usize) {
        tick().await;
        (self.at, from.at)
    }
}

#[test]
fn outputs_borrowed_from_a_mutable_self_beside_an_anonymous_lifetime() {
    let mut items = vec![1, 2, 3];
    let mut cursor = Cursor { items: &mut items, at: 0 };
    *cursor.advance_blocking(&handle()).unwrap() = 7;
    for item in cursor.rest_blocking(&handle(), &String::from("gone")) {
        *item += 1;
    }
    let mut others = vec![];
    assert_eq!(cursor.pair_blocking(&handle(), &Cursor { items: &mut others, at: 5 }), (1, 5));
    assert_eq!(items, [7, 3, 4]);
}

#[threadsafe]
async fn shown(text: &str) -> impl Display + '_ {
    tick().await;
    text
}

#[threadsafe]
async fn words<'a>(text: &'a str, _other: &str) -> impl Iterator<Item = &'a str> + 'a {
    tick().await;
    text.split(' ')
}

#[test]
fn an_impl_trait_that_borrows() {
    let text = String::from("two words");
    assert_eq!(shown_blocking(&handle(), &text).to_string(), text);
    assert_eq!(words_blocking(&handle(), &text, "").count(), 2);
}
