//! Traits: what becomes of their async fns, and the companions that they provide.

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bridge::{AsHandle, EventLoop, Handle, threadsafe};
use bridge_tests::handle;

async fn tick() {
    tokio::task::yield_now().await;
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[threadsafe]
trait Store {
    const LIMIT: usize = { 3 };

    /// Gets.
    async fn get(&self, key: &str) -> Option<String>;

    async fn set(&mut self, key: &str, value: impl Into<String> + Send);

    async fn first<'a>(&'a self, keys: &'a [&'a str]) -> Option<&'a str>;

    async fn has(&self, key: &str) -> bool {
        self.get(key).await.is_some()
    }

    async fn get_or<T>(&self, key: &str, default: T) -> Result<T, String>
    where
        T: From<String>,
    {
        if key.len() > Self::LIMIT {
            return Err("too long".into());
        }
        Ok(self.get(key).await.map_or(default, T::from))
    }

    async fn number(&self, text: &str) -> Result<u64, std::num::ParseIntError> {
        tick().await;
        let number: u64 = text.parse()?;
        Ok(number)
    }

    async fn boxed(&self) -> Box<dyn Display + Send> {
        tick().await;
        Box::new(3)
    }

    async fn into_it(self) -> Option<String>
    where
        Self: Sized,
    {
        self.get("a").await
    }

    fn plain(&self) -> u64 {
        3
    }
}

#[derive(Default)]
struct Memory(Vec<(String, String)>);

impl Store for Memory {
    async fn get(&self, key: &str) -> Option<String> {
        tick().await;
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    }

    async fn set(&mut self, key: &str, value: impl Into<String> + Send) {
        tick().await;
        self.0.push((key.into(), value.into()));
    }

    async fn first<'a>(&'a self, keys: &'a [&'a str]) -> Option<&'a str> {
        tick().await;
        keys.iter().find_map(|key| self.0.iter().find(|(name, _)| name == key)).map(|(_, value)| &**value)
    }
}

#[test]
fn required_and_default_bodied() {
    let mut store = Memory::default();
    store.set_blocking(&handle(), "a", "1");
    assert_eq!(store.get_blocking(&handle(), "a").as_deref(), Some("1"));
    assert_eq!(store.first_blocking(&handle(), &["b", "a"]), Some("1"));
    assert!(store.has_blocking(&handle(), "a") && !store.has_blocking(&handle(), "b"));
    assert_eq!(store.get_or_blocking(&handle(), "b", String::new()), Ok(String::new()));
    assert_eq!(store.get_or_blocking(&handle(), "long", String::new()), Err("too long".into()));
    assert!(store.number_blocking(&handle(), "x").is_err());
    assert_eq!(store.number_blocking(&handle(), "7"), Ok(7));
    assert_eq!(store.boxed_blocking(&handle()).to_string(), "3");
    assert_eq!(store.plain(), 3);
    assert_eq!(store.into_it_blocking(&handle()).as_deref(), Some("1"));
}

#[test]
fn any_type_that_implements_it_sends_its_futures() {
    fn has<S: Store + Sync>(store: &S) -> bool {
        drop(is_send(store.get("a")));
        drop(is_send(store.has("a")));
        store.has_blocking(&handle(), "a")
    }
    // What is required asks nothing of the type.
    fn get<S: Store>(store: &S) -> Option<String> {
        store.get_blocking(&handle(), "a")
    }
    assert!(!has(&Memory::default()) && get(&Memory::default()).is_none());
}

#[threadsafe(suffix = "_sync", fallible)]
trait Source<K, const N: usize>: Debug + Send + Sync
where
    K: Ord,
{
    type Item: Clone;
    type Error: From<bridge::Error> + Debug;

    async fn items(&self, keys: [K; N]) -> Result<Vec<Self::Item>, Self::Error>;

    async fn twice(&self, item: Self::Item) -> Result<(Self::Item, Self::Item), Self::Error> {
        tick().await;
        Ok((item.clone(), item))
    }

    #[threadsafe(skip)]
    async fn skipped(&self) -> u64 {
        3
    }

    #[threadsafe(name = make_one)]
    async fn make() -> Self::Item
    where
        Self: Sized;
}

#[derive(Debug)]
struct Numbers;

impl<K: Ord + Into<u64> + Send, const N: usize> Source<K, N> for Numbers {
    type Item = u64;
    type Error = bridge::Error;

    async fn items(&self, keys: [K; N]) -> Result<Vec<u64>, bridge::Error> {
        tick().await;
        Ok(keys.into_iter().map(Into::into).collect())
    }

    async fn make() -> u64 {
        tick().await;
        7
    }
}

#[test]
fn generic_with_associated_types_and_supertraits() {
    assert_eq!(Numbers.items_sync(&handle(), [1_u32, 2]).unwrap(), [1, 2]);
    assert_eq!(<Numbers as Source<u64, 3>>::twice_sync(&Numbers, &handle(), 3).unwrap(), (3, 3));
    drop(is_send(<Numbers as Source<u64, 3>>::skipped(&Numbers)));
    assert_eq!(<Numbers as Source<u64, 3>>::make_one(&handle()).unwrap(), 7);
}

#[test]
fn a_supertraits_function_of_the_same_name_is_another() {
    trait Above {
        #[allow(dead_code, reason = "it is only in the way")]
        fn get(&self) -> u64 {
            1
        }
    }
    #[threadsafe]
    trait Below: Above {
        async fn get(&self) -> u64;
    }
    impl Above for u8 {}
    impl Below for u8 {
        async fn get(&self) -> u64 {
            u64::from(*self)
        }
    }
    assert_eq!(Below::get_blocking(&2_u8, &handle()), 2);
}

#[test]
fn a_function_of_the_same_name_of_a_supertrait_in_a_where_clause_is_another() {
    trait Above {
        #[allow(dead_code, reason = "it is only in the way")]
        fn get(&self) -> u64 {
            1
        }
    }
    #[threadsafe]
    trait OfAll
    where
        Self: Above + Sync,
    {
        async fn get(&self) -> u64 {
            2
        }
    }
    #[threadsafe]
    trait OfOne {
        async fn get(&self) -> u64
        where
            Self: Above;
    }
    impl Above for u8 {}
    impl OfAll for u8 {}
    impl OfOne for u8 {
        async fn get(&self) -> u64 {
            3
        }
    }
    assert_eq!((OfAll::get_blocking(&0, &handle()), OfOne::get_blocking(&0, &handle())), (2, 3));
}

#[threadsafe(local)]
trait Local {
    async fn get(&self, by: u64) -> u64;

    async fn twice(&self) -> u64 {
        let shared = Rc::new(Cell::new(0));
        shared.set(self.get(2).await);
        tick().await;
        shared.get()
    }
}

impl Local for u64 {
    async fn get(&self, by: u64) -> u64 {
        let shared = Rc::new(*self);
        tick().await;
        *shared * by
    }
}

#[test]
fn local_promises_nothing() {
    assert_eq!(3.get_blocking(&handle(), 3), 9);
    assert_eq!(3.twice_blocking(&handle()), 6);
}

#[threadsafe(handle = self.handle(), submit)]
trait Service: Send + Sync {
    #[threadsafe(skip)]
    async fn idle(&self) {
        tick().await;
    }

    fn handle(&self) -> Handle;

    async fn id(self: Arc<Self>) -> u64;

    #[threadsafe(timeout = std::time::Duration::from_millis(5))]
    async fn hangs(self: Arc<Self>) -> u64
    where
        Self: 'static,
    {
        std::future::pending().await
    }
}

struct Served(u64);

impl Service for Served {
    fn handle(&self) -> Handle {
        Handle::clone(&handle())
    }

    async fn id(self: Arc<Self>) -> u64 {
        tick().await;
        self.0
    }
}

#[test]
fn options_as_on_an_impl() {
    let served = Arc::new(Served(3));
    assert_eq!(Arc::clone(&served).id_blocking(), 3);
    assert_eq!(Arc::clone(&served).id_submit().result().unwrap(), 3);
    assert!(matches!(served.hangs_blocking(), Err(bridge::Error::TimedOut(_))));
}

/// Notes when it is dropped.
struct Noted<'a>(&'static str, &'a Mutex<Vec<&'static str>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

#[threadsafe]
trait Drops: Sized + Send {
    async fn run(
        self,
        a: Noted<'_>,
        (b, _): (Noted<'_>, Noted<'_>),
        _: Noted<'_>,
        ref _e: Noted<'_>,
        notes: &Mutex<Vec<&'static str>>,
    ) {
        tick().await;
        notes.lock().unwrap().push("body");
        drop(a);
        let _ = &b;
    }
}

#[allow(clippy::toplevel_ref_arg, reason = "it is asked about")]
async fn run(
    _this: Noted<'_>,
    a: Noted<'_>,
    (b, _): (Noted<'_>, Noted<'_>),
    _: Noted<'_>,
    ref _e: Noted<'_>,
    notes: &Mutex<Vec<&'static str>>,
) {
    tick().await;
    notes.lock().unwrap().push("body");
    drop(a);
    let _ = &b;
}

impl Drops for Noted<'_> {}

#[test]
fn a_default_body_drops_its_arguments_when_and_as_an_async_fn_does() {
    let order = |polls: usize, free: bool| {
        let notes = Mutex::new(Vec::new());
        let note = |name| Noted(name, &notes);
        fn poll(future: impl Future<Output = ()>, polls: usize, notes: &Mutex<Vec<&'static str>>) {
            let mut future = Box::pin(future);
            notes.lock().unwrap().push("made");
            for _ in 0..polls {
                let _: Poll<()> = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
            notes.lock().unwrap().push("polled");
        }
        let args = (note("self"), note("a"), (note("b"), note("c")), note("d"), note("e"));
        if free {
            poll(run(args.0, args.1, args.2, args.3, args.4, &notes), polls, &notes);
        } else {
            poll(args.0.run(args.1, args.2, args.3, args.4, &notes), polls, &notes);
        }
        let notes = notes.lock().unwrap();
        notes.clone()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _context = runtime.enter();
    for polls in 0..3 {
        assert_eq!(order(polls, false), order(polls, true), "after {polls} polls");
    }
}

#[test]
fn what_a_pattern_under_a_cfg_leaves_of_an_argument_is_dropped_with_the_future() {
    #[threadsafe]
    trait Takes {
        async fn take(&self, #[cfg(not(any()))] (a, _): (Noted<'_>, Noted<'_>)) {
            let _ = &a;
        }
    }
    impl Takes for () {}
    let notes = Mutex::new(Vec::new());
    let future = ().take((Noted("a", &notes), Noted("b", &notes)));
    assert!(notes.lock().unwrap().is_empty());
    drop(future);
    assert_eq!(*notes.lock().unwrap(), ["a", "b"]);
}

#[threadsafe]
trait Bodies {
    async fn tail(&self, mutex: Mutex<u64>, (other, _): (Mutex<u64>, u64)) -> u64 {
        *mutex.lock().unwrap() + *other.lock().unwrap()
    }

    async fn mutable(&self, mut number: u64, #[allow(unused_mut)] mut text: &str, #[cfg(any())] no: NoSuchType) -> u64 {
        tick().await;
        number += text.len() as u64;
        number
    }

    async fn conditional(
        &self,
        #[cfg(not(any()))] kept: u64,
        #[cfg(any())] removed: NoSuchType,
        (a, b): (u64, u64),
    ) -> u64 {
        tick().await;
        kept + a + b
    }

    async fn opaque(&self, number: impl Display) -> impl Display {
        tick().await;
        number.to_string()
    }

    async fn never(&self) -> ! {
        tick().await;
        panic!("on purpose")
    }

    async fn must() -> !;

    async fn boxed(self: Box<Self>, _guard: Mutex<u64>) {
        tick().await;
        let _this = self;
    }

    async fn by_mut(&mut self) -> &mut Self {
        tick().await;
        self
    }

    #[cfg(any())]
    async fn removed(&self, no: NoSuchType);
}

impl Bodies for u64 {
    async fn must() -> ! {
        panic!("it must")
    }
}

#[test]
fn all_kinds_of_default_bodies() {
    assert_eq!(0.tail_blocking(&handle(), Mutex::new(1), (Mutex::new(2), 3)), 3);
    assert_eq!(0.mutable_blocking(&handle(), 1, "text"), 5);
    assert_eq!(0.conditional_blocking(&handle(), 1, (2, 3)), 6);
    assert_eq!(0.opaque_blocking(&handle(), 1).to_string(), "1");
    Box::new(0).boxed_blocking(&handle(), Mutex::new(0));
    let mut number = 1;
    *number.by_mut_blocking(&handle()) += 1;
    assert_eq!(number, 2);
}

#[test]
#[should_panic(expected = "on purpose")]
fn a_default_body_without_a_value() {
    0.never_blocking(&handle());
}

#[test]
#[should_panic(expected = "it must")]
fn a_required_fn_without_a_value() {
    u64::must_blocking(&handle());
}

#[threadsafe]
trait Returning {
    #[threadsafe]
    fn later(&self, by: u64) -> impl Future<Output = u64> + Send;

    async fn now(&self) -> u64;
}

impl Returning for u64 {
    async fn later(&self, by: u64) -> u64 {
        tick().await;
        self * by
    }

    async fn now(&self) -> u64 {
        tick().await;
        *self
    }
}

#[test]
fn a_fn_of_a_trait_that_returns_a_future() {
    assert_eq!(3.later_blocking(&handle(), 2), 6);
    assert_eq!(3.now_blocking(&handle()), 3);
}

#[test]
fn a_companion_may_be_written_otherwise() {
    struct Quick;
    impl Returning for Quick {
        async fn later(&self, by: u64) -> u64 {
            by
        }
        async fn now(&self) -> u64 {
            std::future::pending().await
        }
        fn now_blocking(&self, _: &dyn AsHandle) -> u64 {
            9
        }
    }
    assert_eq!(Quick.now_blocking(&handle()), 9);
    assert_eq!(Quick.later_blocking(&handle(), 3), 3);
    assert!(pin!(Quick.now()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(EventLoop::new().unwrap());
}

#[threadsafe]
trait Asks<'a, T: 'a> {
    async fn own<U: Display>(&self, own: &U, outer: &'a T, hidden: impl Debug) -> String;

    async fn merge(self, other: Self) -> Self
    where
        Self: Sized;

    async fn hidden(&self, function: Box<dyn Fn(&u8) -> &u8 + Send>) -> u8 {
        *function(&3)
    }
}

impl<'a> Asks<'a, u8> for String {
    async fn own<U: Display>(&self, own: &U, outer: &'a u8, hidden: impl Debug) -> String {
        tick().await;
        format!("{self}{own}{outer}{hidden:?}")
    }

    async fn merge(self, other: Self) -> Self {
        tick().await;
        self + &other
    }
}

#[test]
fn an_impl_need_not_ask_that_its_own_parameters_are_send() {
    let text = String::from("x");
    assert_eq!(text.own_blocking(&handle(), &1, &2, 3), "x123");
    assert_eq!(text.hidden_blocking(&handle(), Box::new(|number| number)), 3);
    assert_eq!(text.merge_blocking(&handle(), "y".into()), "xy");
}

macro_rules! returning {
    ($name:ident $type:ty) => {
        #[threadsafe]
        trait $name {
            async fn make(&self) -> $type {
                tick().await;
                panic!("on purpose")
            }
        }
    };
}
returning!(Never !);

impl Never for () {}

#[test]
#[should_panic(expected = "on purpose")]
fn a_default_body_that_never_returns_by_a_type_of_a_macro() {
    ().make_blocking(&handle());
}

#[threadsafe]
trait Counts: Sync {
    async fn count(&self, left: u32) -> u32 {
        left
    }
}

struct Text<'a>(&'a str);

impl Text<'_> {
    fn count_boxed(&self, left: u32) -> Pin<Box<dyn Future<Output = u32> + Send + '_>> {
        Box::pin(async move { if left == 0 { 0 } else { self.count(left - 1).await + self.0.len() as u32 } })
    }
}

impl Counts for Text<'_> {
    async fn count(&self, left: u32) -> u32 {
        tick().await;
        self.count_boxed(left).await
    }
}

#[test]
fn a_type_with_a_lifetime_overrides_a_default_body_and_calls_itself_as_the_docs_say() {
    assert_eq!(Text("ab").count_blocking(&handle(), 3), 6);
}
