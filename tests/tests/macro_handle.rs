//! `handle = …`: companions that need no handle from their caller.

use std::sync::Arc;

use bridge::{Error, EventLoop, Handle, LocalHandle, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;

struct Client {
    event_loop: Arc<EventLoop>,
    handle: Handle,
    local: LocalHandle,
    id: u64,
}

impl Client {
    fn new(id: u64) -> Client {
        let event_loop = Arc::new(EventLoop::new().unwrap());
        let local = event_loop.handle().clone();
        Client { handle: Handle::clone(&local), local, event_loop, id }
    }

    fn chosen(&self, which: u8) -> &Handle {
        if which == 0 { &self.handle } else { &self.event_loop }
    }
}

/// Which handle to take.
struct Choice<'a> {
    from: &'a Client,
}

impl Choice<'_> {
    fn handle(&self) -> &Handle {
        &self.from.handle
    }
}

#[threadsafe(handle = self.handle)]
impl Client {
    async fn by_reference(&self) -> &u64 {
        tokio::task::yield_now().await;
        &self.id
    }

    async fn by_mutable_reference(&mut self, id: u64) -> &u64 {
        tokio::task::yield_now().await;
        self.id = id;
        &self.id
    }

    async fn by_value(self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    #[threadsafe(handle = self.event_loop)]
    async fn through_an_event_loop(&self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    #[threadsafe(handle = match which { 0 => &self.local, _ => &**self.event_loop })]
    async fn by_a_branch(&self, which: u8) -> u64 {
        tokio::task::yield_now().await;
        self.id + u64::from(which)
    }

    #[threadsafe(handle = if text.is_empty() { self.event_loop.handle().clone() } else { self.local.clone() })]
    async fn by_a_value_of_a_branch(&mut self, text: &str) -> u64 {
        tokio::task::yield_now().await;
        self.id + text.len() as u64
    }

    #[threadsafe(handle = Choice { from: self }.handle())]
    async fn by_a_struct(&self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    #[threadsafe(handle = self.local, local)]
    async fn local_by_value(self) -> u64 {
        let shared = std::rc::Rc::new(self.id);
        tokio::task::yield_now().await;
        *shared
    }

    #[threadsafe(handle = self.event_loop, local)]
    async fn local_by_mutable_reference(&mut self) -> u64 {
        self.id += 1;
        let shared = std::rc::Rc::new(self.id);
        tokio::task::yield_now().await;
        *shared
    }

    #[threadsafe(handle = self.chosen(which))]
    async fn by_a_call(&self, which: u8) -> u64 {
        tokio::task::yield_now().await;
        self.id + u64::from(which)
    }

    #[threadsafe(submit, fallible)]
    async fn later(self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }
}

#[test]
fn of_self_by_reference() {
    assert_eq!(*Client::new(7).by_reference_blocking(), 7);
}

#[test]
fn of_self_by_mutable_reference() {
    assert_eq!(*Client::new(7).by_mutable_reference_blocking(8), 8);
}

#[test]
fn of_self_by_value() {
    let client = Client::new(7);
    // The loop must outlive the client, which owns it.
    let _event_loop = Arc::clone(&client.event_loop);
    assert_eq!(client.by_value_blocking(), 7);
}

#[test]
fn an_event_loop_in_an_arc() {
    assert_eq!(Client::new(7).through_an_event_loop_blocking(), 7);
}

#[test]
fn a_branch_that_derefs_to_a_handle() {
    let client = Client::new(5);
    assert_eq!((client.by_a_branch_blocking(0), client.by_a_branch_blocking(1)), (5, 6));
}

#[test]
fn a_branch_whose_value_derefs_to_a_handle() {
    let mut client = Client::new(5);
    assert_eq!((client.by_a_value_of_a_branch_blocking(""), client.by_a_value_of_a_branch_blocking("ab")), (5, 7));
}

#[test]
fn a_struct_made_in_place() {
    assert_eq!(Client::new(7).by_a_struct_blocking(), 7);
}

#[test]
fn local_of_self_by_value() {
    let client = Client::new(7);
    let _event_loop = Arc::clone(&client.event_loop);
    assert_eq!(client.local_by_value_blocking(), 7);
}

#[test]
fn local_of_self_by_mutable_reference() {
    assert_eq!(Client::new(7).local_by_mutable_reference_blocking(), 8);
}

#[test]
fn a_call_that_uses_an_argument() {
    assert_eq!(Client::new(7).by_a_call_blocking(0), 7);
    assert_eq!(Client::new(7).by_a_call_blocking(1), 8);
}

struct Shared {
    state: std::sync::Mutex<State>,
}

struct State {
    handle: Handle,
    timeout: std::time::Duration,
    id: u64,
}

#[threadsafe(handle = self.state.lock().unwrap().handle)]
impl Shared {
    /// Has no `self` to take a handle from.
    async fn connect(id: u64) -> Shared {
        let state = State { handle: Handle::current(), timeout: std::time::Duration::MAX, id };
        Shared { state: std::sync::Mutex::new(state) }
    }

    async fn locks(&self) -> u64 {
        self.state.lock().unwrap().id
    }

    #[threadsafe(timeout = self.state.lock().unwrap().timeout, fallible)]
    async fn locks_within_a_timeout(&self) -> u64 {
        self.state.lock().unwrap().id
    }
}

#[test]
fn a_lock_that_gives_the_handle_is_free_during_the_call() {
    let event_loop = EventLoop::new().unwrap();
    let shared = Shared::connect_blocking(&event_loop, 3);
    assert_eq!(shared.locks_blocking(), 3);
    assert_eq!(shared.locks_within_a_timeout_blocking().unwrap(), 3);
}

/// Puts expressions in as one each, which is in invisible delimiters then.
macro_rules! with {
    ($handle:expr, $timeout:expr, $item:item) => {
        #[threadsafe(handle = $handle, timeout = $timeout)]
        $item
    };
    ($handle:expr, $item:item) => {
        #[threadsafe(handle = $handle)]
        $item
    };
}

with! {
    self.state.lock().unwrap().handle,
    impl Shared {
        async fn locks_by_a_macro(&self) -> u64 {
            self.state.lock().unwrap().id
        }
    }
}

with! {
    self.state.lock().unwrap().handle,
    self.state.lock().unwrap().timeout,
    impl Shared {
        async fn locks_by_a_macro_within_a_timeout(&self) -> u64 {
            self.state.lock().unwrap().id
        }
    }
}

#[test]
fn a_lock_that_a_macros_expression_takes_is_free_during_the_call() {
    let event_loop = EventLoop::new().unwrap();
    let shared = Shared::connect_blocking(&event_loop, 3);
    assert_eq!(shared.locks_by_a_macro_blocking(), 3);
    assert_eq!(shared.locks_by_a_macro_within_a_timeout_blocking().unwrap(), 3);
}

with! {
    if first { self.event_loop.handle() } else { &self.local },
    impl Client {
        async fn by_a_macros_branch(&self, first: bool) -> u64 {
            tokio::task::yield_now().await;
            self.id + u64::from(first)
        }
    }
}

#[test]
fn a_branch_of_a_macros_expression_derefs_to_a_handle() {
    let client = Client::new(5);
    assert_eq!((client.by_a_macros_branch_blocking(false), client.by_a_macros_branch_blocking(true)), (5, 6));
}

with! {
    Choice { from: self }.handle(),
    impl Client {
        async fn by_a_macros_struct(&self) -> u64 {
            tokio::task::yield_now().await;
            self.id
        }
    }
}

#[test]
fn a_struct_made_in_a_macros_expression() {
    assert_eq!(Client::new(7).by_a_macros_struct_blocking(), 7);
}

#[test]
fn a_constructor_takes_a_handle_where_the_impls_default_is_of_self() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(Shared::connect_blocking(&event_loop, 4).locks_blocking(), 4);
}

#[test]
fn submit_of_self_by_value() {
    let client = Client::new(7);
    let _event_loop = Arc::clone(&client.event_loop);
    assert_eq!(client.later_submit().result().unwrap(), 7);
}

#[threadsafe(handle = bridge::global())]
async fn global(text: &str) -> &str {
    tokio::task::yield_now().await;
    text
}

#[test]
fn the_global_loop() {
    assert_eq!(global_blocking("text"), "text");
}

#[threadsafe(handle = event_loop)]
async fn argument(event_loop: Arc<EventLoop>, text: &str) -> usize {
    tokio::task::yield_now().await;
    // This one is not the last, or the loop would be dropped on its own thread.
    drop(event_loop);
    text.len()
}

#[test]
fn an_argument_that_is_moved_into_the_future() {
    let event_loop = Arc::new(EventLoop::new().unwrap());
    assert_eq!(argument_blocking(Arc::clone(&event_loop), "text"), 4);
}

#[threadsafe(handle = current::<u8, u16>(), fallible)]
async fn current_loop() -> u64 {
    7
}

#[allow(clippy::extra_unused_type_parameters, reason = "the comma between them is what is tested")]
fn current<A, B>() -> Handle {
    Handle::current()
}

#[test]
fn the_current_loop_from_a_thread_that_may_block() {
    let inner = bridge::global().block_on(async { tokio::task::spawn_blocking(current_loop_blocking).await.unwrap() });
    assert_eq!(inner.unwrap().unwrap(), 7);
}

/// A client that may have no event loop.
struct Lazy {
    handle: Option<LocalHandle>,
    id: u64,
}

impl Lazy {
    fn new(id: u64, is_connected: bool) -> Lazy {
        Lazy { handle: is_connected.then(|| bridge::global().clone()), id }
    }

    fn handle(&self) -> Result<&Handle, Error> {
        self.handle.as_deref().ok_or(Error::Cancelled)
    }

    fn local(&self) -> Result<&LocalHandle, Error> {
        self.handle.as_ref().ok_or(Error::Cancelled)
    }

    fn cloned(&self) -> Result<Arc<LocalHandle>, Error> {
        self.local().cloned().map(Arc::new)
    }
}

#[threadsafe(handle = self.handle()?, fallible)]
impl Lazy {
    async fn wrapped(&self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    async fn folded(&self) -> std::io::Result<u64> {
        tokio::task::yield_now().await;
        Ok(self.id)
    }

    async fn by_value(self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    #[threadsafe(timeout = std::time::Duration::MAX)]
    async fn timed(&mut self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    #[threadsafe(handle = (self.local()?))]
    async fn in_parentheses(&self) -> u64 {
        tokio::task::yield_now().await;
        self.id
    }

    #[threadsafe(handle = self.cloned()?)]
    async fn of_a_value(&self) -> std::io::Result<u64> {
        tokio::task::yield_now().await;
        Ok(self.id)
    }

    #[threadsafe(handle = self.local()?, local)]
    async fn on_its_thread(&self) -> std::io::Result<u64> {
        tokio::task::yield_now().await;
        Ok(self.id)
    }
}

with! {
    self.local()?,
    impl Lazy {
        async fn by_a_macros_expression(&self) -> std::io::Result<u64> {
            tokio::task::yield_now().await;
            Ok(self.id)
        }
    }
}

#[test]
fn a_handle_that_may_fail_is_asked_by_a_question_mark() {
    let client = || Lazy::new(7, true);
    assert_eq!(client().wrapped_blocking().unwrap(), 7);
    assert_eq!(client().folded_blocking().unwrap(), 7);
    assert_eq!(client().by_value_blocking().unwrap(), 7);
    assert_eq!(client().timed_blocking().unwrap(), 7);
    assert_eq!(client().in_parentheses_blocking().unwrap(), 7);
    assert_eq!(client().of_a_value_blocking().unwrap(), 7);
    assert_eq!(client().on_its_thread_blocking().unwrap(), 7);
    assert_eq!(client().by_a_macros_expression_blocking().unwrap(), 7);
}

#[test]
fn the_error_of_a_handle_is_returned() {
    let client = || Lazy::new(7, false);
    assert!(matches!(client().wrapped_blocking(), Err(Error::Cancelled)));
    assert!(matches!(client().by_value_blocking(), Err(Error::Cancelled)));
    assert!(matches!(client().timed_blocking(), Err(Error::Cancelled)));
    assert!(matches!(client().in_parentheses_blocking(), Err(Error::Cancelled)));
    for result in [
        client().folded_blocking(),
        client().of_a_value_blocking(),
        client().on_its_thread_blocking(),
        client().by_a_macros_expression_blocking(),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error.get_ref().and_then(|error| error.downcast_ref()), Some(Error::Cancelled)), "{error}");
    }
}

#[threadsafe(handle = bridge::global(), fallible)]
async fn hidden() -> std::io::Result<impl std::fmt::Display> {
    tokio::task::yield_now().await;
    Ok(7)
}

#[test]
fn a_loop_that_is_started_by_the_call_gives_what_has_no_name() {
    assert_eq!(hidden_blocking().unwrap().to_string(), "7");
}
