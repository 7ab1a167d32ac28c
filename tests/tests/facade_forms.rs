//! The forms of a facade: of a type of another crate, of one type without a list, with handles as parameters, of generic
//! traits, and with options.

#![forbid(unsafe_code)]
#![allow(dead_code, unreachable_pub)]

// Its timeout ends a test that hangs.
use bridge_tests as _;

mod foreign {
    //! Types of tokio's, which nobody here can annotate.

    use std::io::{self, BufRead as _, Read as _, Seek as _, Write as _};
    use std::net::SocketAddr;
    use std::thread;

    mod net {
        use std::io;
        use std::net::SocketAddr;
        use std::path::Path;

        bridge::facade! {
            handle = bridge::shared();

            /// Listens.
            #[derive(Debug)]
            pub(crate) struct TcpListener(tokio::net::TcpListener) {
                pub async fn bind(address: &str) -> io::Result<Self>;
                pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)>;
                pub fn local_addr(&self) -> io::Result<SocketAddr>;
            }

            #[derive(Debug)]
            pub(crate) struct TcpStream(tokio::net::TcpStream): Read + Write {
                pub async fn connect(address: SocketAddr) -> io::Result<Self>;
                pub fn set_nodelay(&self, on: bool) -> io::Result<()>;
                pub async fn peek(&self, into: &mut [u8]) -> io::Result<usize>;
            }

            pub(crate) struct Lines(tokio::io::BufReader<tokio::net::TcpStream>): Read + BufRead {
                #[threadsafe(skip)]
                pub fn buffer(&self) -> &[u8];
                pub fn new(stream: TcpStream) -> Self;
                pub fn into_inner(self) -> TcpStream;
            }

            pub(crate) struct File(tokio::fs::File): Read + Write + Seek {
                pub async fn create(path: &Path) -> io::Result<Self>;
                pub async fn open(path: impl AsRef<Path>) -> io::Result<File>;
                pub async fn sync_all(&self) -> io::Result<()>;
            }

            pub(crate) struct Receiver<T>(tokio::sync::mpsc::Receiver<T>) {
                pub async fn recv(&mut self) -> Option<T>;
                #[threadsafe(name = shut)]
                pub fn close(&mut self);
            }

            pub(crate) struct Numbers(tokio::sync::mpsc::Sender<u64>) {
                #[threadsafe(error = super::full)]
                pub async fn send(&self, number: u64) -> Result<(), tokio::sync::mpsc::error::SendError<u64>>;
            }
        }
    }

    fn full(_: bridge::Error) -> tokio::sync::mpsc::error::SendError<u64> {
        tokio::sync::mpsc::error::SendError(0)
    }

    #[test]
    fn sockets() {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = net::TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.write_all(b"one\ntwo\n").unwrap();
            });
            let (stream, _) = listener.accept().unwrap();
            let mut lines = net::Lines::new(stream);
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            assert_eq!(line, "one\n");
            let mut rest = Vec::new();
            lines.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"two\n");
            assert_eq!(lines.into_inner().peek(&mut [0]).unwrap(), 0);
        });
    }

    #[test]
    fn files() -> io::Result<()> {
        let path = std::env::temp_dir().join(format!("facade_forms_{}", std::process::id()));
        let mut file = net::File::create(&path)?;
        file.write_all(b"text")?;
        file.flush()?;
        file.sync_all()?;
        let mut file = net::File::open(&path)?;
        assert_eq!(file.seek(io::SeekFrom::Start(2))?, 2);
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        assert_eq!(text, "xt");
        std::fs::remove_file(path)
    }

    #[test]
    fn channels() {
        use bridge::Facade as _;
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let mut receiver = net::Receiver::wrap(receiver, bridge::shared());
        let sender = net::Numbers::wrap(sender, bridge::shared());
        thread::scope(|scope| {
            scope.spawn(|| sender.send(3).unwrap());
            assert_eq!(receiver.recv(), Some(3));
        });
        receiver.shut();
        assert_eq!(receiver.recv(), None);
    }
}

mod single {
    //! One type, without a list.

    use bridge::{Facade as _, threadsafe};

    #[derive(Clone, Debug)]
    pub(crate) struct Counter<T> {
        value: T,
    }

    #[threadsafe(facade = pub(crate) blocking::Counter, handle = bridge::shared(), facade_attr(derive(Clone, Debug)))]
    impl<T: Clone> Counter<T> {
        pub async fn new(value: T) -> Self {
            tokio::task::yield_now().await;
            Counter { value }
        }

        pub async fn value(&self) -> T {
            tokio::task::yield_now().await;
            self.value.clone()
        }

        pub fn with<U>(self, value: U) -> Counter<U> {
            Counter { value }
        }
    }

    #[threadsafe(facade = blocking::Counter)]
    impl Counter<u8> {
        pub async fn add(&mut self, by: u8) -> &mut Self {
            self.value += by;
            self
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Clock(u64);

    #[threadsafe(facade = pub(crate) BlockingClock, facade_attr(doc = "A clock that blocks."), implements(AsRef<u64>))]
    impl Clock {
        pub async fn tick(&mut self) -> u64 {
            tokio::task::yield_now().await;
            self.0 += 1;
            self.0
        }

        pub async fn start() -> Clock {
            Clock(5)
        }
    }

    #[threadsafe(facade = BlockingClock)]
    impl Clock {
        pub fn boxed() -> Option<Clock> {
            Some(Clock(7))
        }
    }

    impl AsRef<u64> for Clock {
        fn as_ref(&self) -> &u64 {
            &self.0
        }
    }

    #[test]
    fn in_a_module_beside_the_impl() {
        let mut counter = blocking::Counter::new(1_u8);
        assert_eq!(counter.add(2).value(), 3);
        assert_eq!(counter.clone().with("text").value(), "text");
        assert_eq!(format!("{counter:?}"), "Counter { value: 3 }");
    }

    #[test]
    fn beside_the_type_with_a_handle_as_a_parameter() {
        assert_eq!(BlockingClock::start(bridge::shared()).tick(), 6);
        let mut clock = BlockingClock::boxed(bridge::shared()).unwrap();
        assert_eq!(clock.tick(), 8);
        assert_eq!(*clock.as_ref(), 8);
        let mut clock = BlockingClock::wrap(Clock(3), bridge::global());
        assert_eq!(clock.tick(), 4);
    }
}

mod parameter {
    //! A list without a loop.

    use bridge::{Facade as _, threadsafe};

    #[derive(Debug)]
    pub(crate) struct Text<'a>(&'a str);

    #[threadsafe(facade = blocking)]
    impl<'a> Text<'a> {
        pub async fn load(text: &'a str) -> Text<'a> {
            Text(text)
        }

        pub async fn first(handle: &str) -> Option<&str> {
            handle.get(..1)
        }

        pub fn made(text: &str) -> Text<'_> {
            Text(text)
        }

        pub fn len(&self) -> usize {
            self.0.len()
        }
    }

    pub(crate) mod blocking {
        bridge::facade! {
            pub(crate) struct Text<'a>(super::Text<'a>);
        }
    }

    #[test]
    fn fns_without_self_take_a_handle() {
        let event_loop = bridge::EventLoop::new().unwrap();
        let text = String::from("text");
        assert_eq!(blocking::Text::load(&event_loop, &text).len(), 4);
        let made = blocking::Text::made(&event_loop, &text);
        assert_eq!(made.len(), 4);
        assert_eq!(format!("{:?}", made.handle()), format!("{:?}", **event_loop.handle()));
        assert_eq!(blocking::Text::first(&event_loop, &text), Some("t"));
    }

    #[test]
    fn the_handle_may_be_a_tokio_runtime() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        assert_eq!(blocking::Text::load(&runtime, "text").len(), 4);
        let made = blocking::Text::made(runtime.handle(), "text");
        assert_eq!(format!("{:?}", made.handle()), format!("{:?}", bridge::Handle::from(&runtime)));
    }
}

mod free_functions {
    //! Functions without a type, as signatures of the list.

    use std::io;
    use std::time::Duration;

    use bridge::{Error, Facade as _};
    use futures::Stream;
    use tokio::task::yield_now;

    #[derive(Debug)]
    pub(crate) struct Client(String);

    pub(crate) async fn connect<N: AsRef<str> + Send>(name: N, more: &str) -> Result<Client, Error> {
        yield_now().await;
        Ok(Client(format!("{}{more}", name.as_ref())))
    }

    pub(crate) async fn name(client: &Client) -> &str {
        yield_now().await;
        &client.0
    }

    pub(crate) fn made(name: &str) -> Client {
        Client(name.into())
    }

    pub(crate) async fn never() -> Result<(), io::Error> {
        std::future::pending().await
    }

    pub(crate) async fn numbers(end: u32) -> io::Result<impl Stream<Item = u32> + Send + 'static> {
        yield_now().await;
        Ok(futures::stream::iter(0..end))
    }

    pub(crate) mod blocking {
        use super::*;

        bridge::facade! {
            handle = bridge::shared();

            #[derive(Debug)]
            pub(crate) struct Client(super::Client);

            pub(crate) async fn connect<N: AsRef<str> + Send>(name: N, more: &str) -> Result<super::Client, Error>
                = super::connect;
            pub(crate) async fn name(client: &super::Client) -> &str = super::name;
            pub(crate) fn made(name: &str) -> super::Client = super::made;
            #[threadsafe(timeout = LIMIT)]
            pub(crate) async fn never() -> Result<(), io::Error> = super::never;
            pub(crate) async fn numbers(end: u32) -> io::Result<impl Stream<Item = u32> + Send + 'static> = super::numbers;
        }

        const LIMIT: Duration = Duration::from_millis(5);
    }

    mod with_a_handle {
        bridge::facade! {
            pub(super) struct Client(super::Client);
            pub(super) async fn connect(name: &str, more: &str) -> Result<super::Client, super::Error> = super::connect;
        }
    }

    #[test]
    fn make_facades_on_the_loop_of_the_list() {
        let client: blocking::Client = blocking::connect("on", "e").unwrap();
        assert_eq!(format!("{:?}", client.handle()), format!("{:?}", bridge::shared()));
        assert_eq!(blocking::made("two").as_async().0, "two");
    }

    #[test]
    fn take_facades() {
        let client = blocking::made("three");
        assert_eq!(blocking::name(&client), "three");
    }

    #[test]
    fn have_timeouts_of_their_own() {
        assert_eq!(blocking::never().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn return_iterators_for_streams() {
        assert_eq!(blocking::numbers(3).unwrap().sum::<u32>(), 3);
    }

    #[test]
    fn take_a_handle_where_the_list_has_none() {
        let event_loop = bridge::EventLoop::new().unwrap();
        let client = with_a_handle::connect(&event_loop, "a", "b").unwrap();
        assert_eq!(format!("{:?}", client.handle()), format!("{:?}", **event_loop.handle()));
    }
}

mod made_of_a_facade {
    //! Facades that are made of others, which have their loop and their handle's timeout.

    use std::time::Duration;

    use bridge::{Error, Facade, threadsafe};
    use tokio::task::yield_now;

    #[derive(Clone)]
    pub(crate) struct Client;

    pub(crate) struct Proxy(Client);

    #[threadsafe(facade = blocking)]
    impl Client {}

    #[threadsafe(facade = blocking)]
    impl Proxy {
        pub async fn new(client: &Client) -> Result<Proxy, Error> {
            yield_now().await;
            Ok(Proxy(client.clone()))
        }

        pub async fn owning(name: &str, client: Client) -> Option<Proxy> {
            yield_now().await;
            (!name.is_empty()).then_some(Proxy(client))
        }

        pub fn spawned(client: &mut Client) -> Proxy {
            drop(tokio::spawn(async {}));
            Proxy(client.clone())
        }
    }

    impl From<&Client> for Proxy {
        fn from(client: &Client) -> Proxy {
            drop(tokio::spawn(async {}));
            Proxy(client.clone())
        }
    }

    impl TryFrom<Client> for Proxy {
        type Error = Error;

        fn try_from(client: Client) -> Result<Proxy, Error> {
            Ok(Proxy(client))
        }
    }

    pub(crate) async fn open(client: &Client) -> Proxy {
        yield_now().await;
        Proxy(client.clone())
    }

    pub(crate) mod blocking {
        // No loop is named, and none is needed.
        bridge::facade! {
            #[derive(Clone)]
            pub(crate) struct Client(super::Client);
            pub(crate) struct Proxy(super::Proxy): From<&super::Client> + TryFrom<super::Client> + Async(inner, into_inner);
            pub(crate) async fn open(client: &super::Client) -> super::Proxy = super::open;
        }
    }

    #[test]
    fn give_their_async_values_by_methods_of_the_list() {
        let proxy = blocking::Proxy::from(&blocking::Client::wrap(Client, bridge::shared()));
        let inner: &Proxy = proxy.inner();
        assert!(std::ptr::eq(inner, proxy.as_async()));
        let _: Proxy = proxy.into_inner();
    }

    #[test]
    fn have_its_loop_and_its_timeout() {
        let event_loop = bridge::EventLoop::builder().thread_name("its").build().unwrap();
        let handle = event_loop.handle().with_timeout(Duration::from_secs(1234));
        let mut client = blocking::Client::wrap(Client, &handle);
        let made = [
            blocking::Proxy::new(&client).unwrap(),
            blocking::Proxy::owning("one", client.clone()).unwrap(),
            blocking::Proxy::spawned(&mut client),
            blocking::Proxy::from(&client),
            blocking::Proxy::try_from(client.clone()).unwrap(),
            blocking::open(&client),
        ];
        for proxy in made {
            let shown = format!("{:?}", proxy.handle());
            assert!(shown.contains("its") && shown.contains("1234"), "{shown}");
        }
    }
}

mod in_context {
    //! Functions that are not async, and need the loop's context.

    use bridge::{Error, threadsafe};
    use tokio::runtime::Handle as TokioHandle;
    use tokio::sync::{mpsc, oneshot};

    pub(crate) struct Client(mpsc::Sender<oneshot::Sender<u8>>);

    #[threadsafe(facade = blocking)]
    impl Client {
        #[threadsafe(in_context)]
        pub fn new() -> Result<Client, Error> {
            let (send, mut receive) = mpsc::channel::<oneshot::Sender<u8>>(1);
            tokio::spawn(async move {
                while let Some(answer) = receive.recv().await {
                    answer.send(7).unwrap();
                }
            });
            Ok(Client(send))
        }

        pub async fn get(&self) -> u8 {
            let (answer, answered) = oneshot::channel();
            self.0.send(answer).await.unwrap();
            answered.await.unwrap()
        }

        #[threadsafe(in_context)]
        pub fn is_in_context(&self) -> bool {
            TokioHandle::try_current().is_ok()
        }

        #[threadsafe(name = ask, vis = pub(crate))]
        async fn ask_async(&self) -> u8 {
            self.get().await
        }

        #[threadsafe(in_context)]
        pub fn is_there_one() -> bool {
            TokioHandle::try_current().is_ok()
        }
    }

    pub(crate) mod blocking {
        bridge::facade! { handle = bridge::shared(); pub(crate) struct Client(super::Client); }
    }

    #[test]
    fn find_the_loop_of_the_list_on_any_thread() {
        let calls = || {
            let client = blocking::Client::new().unwrap();
            (client.get(), client.is_in_context(), blocking::Client::is_there_one())
        };
        assert_eq!(calls(), (7, true, true));
        // Not that of the runtime that the thread drives, which stands still during the call.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(async { calls() }), (7, true, true));
    }
}

mod outside {
    //! Where what is private elsewhere is not seen.

    #[test]
    fn a_private_function_has_a_method_that_is_not() {
        assert_eq!(super::in_context::blocking::Client::new().unwrap().ask(), 7);
    }
}

mod several_loops {
    //! Clients of which each is on the next of the process's shared loops.

    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::Duration;

    use bridge::{Error, Facade as _, threadsafe};
    use tokio::runtime::{Handle as TokioHandle, Id};

    #[derive(Clone)]
    pub(crate) struct Config;

    pub(crate) struct Client(Id);

    #[threadsafe(facade = blocking)]
    impl Config {
        pub fn new() -> Config {
            Config
        }

        #[threadsafe(new_handle)]
        pub async fn connect(&self) -> Result<Client, Error> {
            Client::connect().await
        }

        #[threadsafe(new_handle)]
        pub async fn current(&mut self) -> Id {
            TokioHandle::current().id()
        }

        pub async fn resolve(&self) -> Id {
            TokioHandle::current().id()
        }

        #[threadsafe(new_handle, in_context)]
        pub fn open(&self) -> Client {
            Client(TokioHandle::current().id())
        }
    }

    #[threadsafe(facade = blocking)]
    impl Client {
        pub async fn connect() -> Result<Client, Error> {
            Ok(Client(TokioHandle::current().id()))
        }

        pub async fn is_where_it_was_made(&self) -> bool {
            self.0 == TokioHandle::current().id()
        }
    }

    pub(crate) mod blocking {
        bridge::facade! {
            handle = bridge::next_shared();

            #[derive(Clone)]
            pub(crate) struct Config(super::Config);
            pub(crate) struct Client(super::Client);
        }
    }

    /// The loops are given out in turn: a test that gets two must not get every other one.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(client: &blocking::Client) -> Id {
        assert!(client.is_where_it_was_made());
        client.as_async().0
    }

    #[test]
    fn two_constructors_make_clients_on_two_loops() {
        let _alone = alone();
        let make = || blocking::Client::connect().unwrap();
        let [first, second] = [make(), make()];
        assert_ne!(id(&first), id(&second));
    }

    #[test]
    fn a_method_with_a_new_handle_makes_clients_on_two_loops() {
        let _alone = alone();
        let mut config = blocking::Config::new();
        let [first, second] = [config.connect().unwrap(), config.connect().unwrap()];
        assert_ne!(id(&first), id(&second));
        let [first, second] = [config.open(), config.open()];
        assert_ne!(id(&first), id(&second));
        let [first, second] = [config.current(), config.current()];
        assert_ne!(first, second);
    }

    #[test]
    fn a_method_with_a_new_handle_keeps_the_loop_that_the_facade_has() {
        let _alone = alone();
        let handle = bridge::shared().with_timeout(Duration::from_secs(1234));
        let mut config = blocking::Config::new().on(&handle);
        let [first, second] = [config.connect().unwrap(), config.connect().unwrap()];
        assert_eq!(id(&first), id(&second));
        assert_eq!(first.handle().timeout(), Some(Duration::from_secs(1234)));
        assert_eq!(id(&config.open()), config.current());

        let config = blocking::Config::new();
        let own = config.resolve();
        assert_eq!([id(&config.connect().unwrap()), id(&config.connect().unwrap())], [own; 2]);
    }
}

mod two_lists {
    //! A list that takes the facades of another.

    use bridge::{Error, threadsafe};
    use tokio::task::yield_now;

    pub(crate) struct Connection(u32);

    pub(crate) struct Page<T>(T);

    pub(crate) mod connection {
        use super::*;

        pub(crate) struct Builder;

        #[threadsafe(facade = super::blocking::connection)]
        impl Builder {
            pub async fn build(&self) -> Result<Connection, Error> {
                yield_now().await;
                Ok(Connection(7))
            }

            pub async fn page<T: Send>(&self, item: T) -> Option<Page<T>> {
                yield_now().await;
                Some(Page(item))
            }

            pub fn like(connection: Connection) -> (u32, Connection) {
                (connection.0, connection)
            }
        }

        #[threadsafe(facade = super::blocking::connection)]
        impl Connection {
            pub fn into_number(self) -> u32 {
                self.0
            }
        }
    }

    #[threadsafe(facade = blocking)]
    impl Connection {
        pub async fn close(&mut self) {
            yield_now().await;
        }

        pub async fn number(&self) -> u32 {
            yield_now().await;
            self.0
        }
    }

    pub(crate) mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(crate) struct Connection(super::Connection): Drop(close);
            pub(crate) struct Page<T>(super::Page<T>): Async(inner);
        }

        pub(crate) mod connection {
            bridge::facade! {
                handle = bridge::shared();
                pub(crate) struct Builder(crate::two_lists::connection::Builder): From<crate::two_lists::connection::Builder>;
                use super::Connection(crate::two_lists::Connection);
                pub(crate) use super::Page<T>(crate::two_lists::Page<T>);
            }
        }
    }

    #[test]
    fn one_returns_and_takes_the_facades_of_the_other() {
        let builder = blocking::connection::Builder::from(connection::Builder);
        let connection: blocking::Connection = builder.build().unwrap();
        assert_eq!(connection.number(), 7);
        let (number, connection) = blocking::connection::Builder::like(connection);
        assert_eq!((number, connection.number()), (7, 7));
        assert_eq!(connection.into_number(), 7);
        let page: blocking::Page<&str> = builder.page("one").unwrap();
        assert_eq!(page.inner().0, "one");
    }
}

mod items_of_a_method {
    //! Iterators over what an async method gives, one by one.

    use std::collections::VecDeque;
    use std::io;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use bridge::{Error, Facade as _, threadsafe};
    use tokio::sync::{Mutex, mpsc};
    use tokio::task::yield_now;

    pub(crate) struct Lines(VecDeque<io::Result<u32>>);

    #[derive(Debug, PartialEq)]
    pub(crate) struct Line(u32);

    impl Lines {
        pub async fn next_line(&mut self) -> io::Result<Option<Line>> {
            yield_now().await;
            self.0.pop_front().transpose().map(|line| line.map(Line))
        }
    }

    #[threadsafe(facade = blocking)]
    impl Line {
        pub fn number(&self) -> u32 {
            self.0
        }
    }

    pub(crate) trait Adapter<'a, S>: Send + Sync + 'a {
        fn adapt(&self, item: u8) -> u8;
    }

    /// Borrows, and is held over an `.await` behind a trait object.
    pub(crate) struct Adapted<'a, S>(Arc<Mutex<Box<dyn Adapter<'a, S> + 'a>>>, u8);

    impl<'a, S: Send + Sync + 'a> Adapted<'a, S> {
        pub async fn next(&mut self) -> Result<Option<u8>, Error> {
            let adapter = Arc::clone(&self.0).lock_owned().await;
            self.1 += 1;
            Ok(Some(adapter.adapt(self.1)).filter(|item| *item < 10))
        }
    }

    /// Its `next` gives what the iterator's does not.
    pub(crate) struct Counter(u32);

    // A facade has what is `pub`.
    #[allow(unreachable_pub)]
    #[threadsafe(facade = blocking)]
    impl Counter {
        pub async fn next(&mut self) -> Result<Option<u32>, Error> {
            yield_now().await;
            self.0 += 1;
            Ok(Some(self.0).filter(|number| *number < 3))
        }

        #[threadsafe(name = skip_one)]
        pub async fn skip(&mut self) -> Result<u32, Error> {
            self.0 += 1;
            Ok(self.0)
        }
    }

    /// A stream with a `next` of its own.
    pub(crate) struct Events(u32);

    impl futures::Stream for Events {
        type Item = Result<u32, Error>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0 += 1;
            Poll::Ready(Some(Ok(self.0)).filter(|_| self.0 < 3))
        }
    }

    #[allow(unreachable_pub)]
    #[threadsafe(facade = pub(crate) BlockingEvents, implements(Iterator), handle = bridge::shared())]
    impl Events {
        pub async fn next(&mut self) -> Result<Option<u32>, Error> {
            Ok(None)
        }

        pub fn of(from: u32) -> Events {
            Events(from)
        }
    }

    pub(crate) mod blocking {
        use std::io;

        bridge::facade! {
            handle = bridge::shared();
            pub(crate) struct Counter(super::Counter): Iterator<Item = Result<u32, bridge::Error>>(next);
            pub(crate) struct Adapted<'a, S>(super::Adapted<'a, S>): Iterator<Item = Result<u8, bridge::Error>>(next)
                where S: Send + Sync + 'a;
            pub(crate) struct Receiver<T>(tokio::sync::mpsc::Receiver<T>): Iterator<Item = T>(recv);
            pub(crate) struct Bytes(tokio::sync::mpsc::UnboundedReceiver<u8>): Iterator<Item = Result<u8, bridge::Error>>(recv);
            pub(crate) struct Ticks(futures::stream::Pending<u8>): Iterator<Item = io::Result<u8>>;
            pub(crate) struct Lines(super::Lines): From<super::Lines> + Iterator<Item = io::Result<super::Line>>(next_line);
            #[derive(Debug)]
            pub(crate) struct Line(super::Line);
        }
    }

    #[test]
    fn come_from_a_generic_type_that_borrows() {
        struct Adds<'a>(&'a u8);
        impl<'a> Adapter<'a, u16> for Adds<'a> {
            fn adapt(&self, item: u8) -> u8 {
                item + self.0
            }
        }
        let by = 5;
        let adapted = Adapted(Arc::new(Mutex::new(Box::new(Adds(&by)))), 0);
        let items: Vec<u8> = blocking::Adapted::wrap(adapted, bridge::shared()).map(Result::unwrap).collect();
        assert_eq!(items, [6, 7, 8, 9]);
    }

    #[test]
    fn are_what_next_gives_where_the_method_has_that_name() {
        let mut counter = blocking::Counter::wrap(Counter(0), bridge::shared());
        let first: Option<Result<u32, Error>> = counter.next();
        assert_eq!(first.unwrap().unwrap(), 1);
        assert_eq!(counter.skip_one().unwrap(), 2);
        assert!(counter.next().is_none());
    }

    #[test]
    fn of_a_stream_are_what_next_gives_whatever_method_of_that_name_it_has() {
        let mut events = BlockingEvents::of(0);
        let first: Option<Result<u32, Error>> = events.next();
        assert_eq!(first.unwrap().unwrap(), 1);
        assert_eq!(events.map(Result::unwrap).sum::<u32>(), 2);
    }

    #[test]
    fn end_with_the_first_none() {
        let (send, receiver) = mpsc::channel(4);
        (0..3).for_each(|number| send.try_send(number).unwrap());
        drop(send);
        assert_eq!(blocking::Receiver::wrap(receiver, bridge::shared()).sum::<i32>(), 3);
    }

    #[test]
    fn are_results_of_a_method_that_returns_one_and_become_facades() {
        let lines = Lines([Ok(1), Err(io::ErrorKind::InvalidData.into()), Ok(3)].into());
        let lines: Vec<io::Result<u32>> =
            blocking::Lines::from(lines).map(|line| line.map(|line| line.number())).collect();
        assert!(matches!(&*lines, [Ok(1), Err(error), Ok(3)] if error.kind() == io::ErrorKind::InvalidData));
    }

    #[test]
    fn are_results_of_what_the_async_type_gives_where_the_list_says_so() {
        let (send, receiver) = mpsc::unbounded_channel();
        send.send(1).unwrap();
        let hasty = bridge::shared().with_timeout(Duration::from_millis(1));
        let mut bytes = blocking::Bytes::wrap(receiver, &hasty);
        assert_eq!(bytes.next().unwrap().unwrap(), 1);
        assert!(matches!(bytes.next(), Some(Err(Error::TimedOut(_)))));
        let mut ticks = blocking::Ticks::wrap(futures::stream::pending(), &hasty);
        assert_eq!(ticks.next().unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn have_the_errors_of_the_bridge_among_them_or_panic() {
        let event_loop = bridge::EventLoop::new().unwrap();
        let lines = Lines([Ok(1)].into());
        let mut lines = blocking::Lines::wrap(lines, &event_loop);
        let (send, receiver) = mpsc::channel::<u32>(1);
        let mut receiver = blocking::Receiver::wrap(receiver, &event_loop.with_timeout(Duration::from_millis(5)));
        let timed_out = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| receiver.next()));
        assert!(timed_out.is_err());
        receiver.set_handle(&event_loop);
        send.try_send(2).unwrap();
        assert_eq!(receiver.next(), Some(2));
        drop(event_loop);
        let error = lines.next().unwrap().unwrap_err();
        assert!(matches!(error.get_ref().and_then(|error| error.downcast_ref()), Some(Error::Closed)), "{error:?}");
        assert!(lines.next().is_none());
    }
}

mod arguments_of_a_listed_type {
    //! A listed type whose arguments are not just the parameters of its facade is known however these are written.

    use bridge::{Facade as _, threadsafe};

    pub(crate) struct Sqlite;
    pub(crate) struct Args<'q>(&'q str);
    pub(crate) struct Query<'q, D, A>(A, std::marker::PhantomData<(&'q (), D)>);
    pub(crate) struct Page<'a, T>(&'a str, Vec<T>);
    pub(crate) struct Rows<T>(Vec<T>);
    pub(crate) struct Pool;

    pub(crate) fn query(text: &str) -> Query<'_, Sqlite, Args<'_>> {
        Query(Args(text), std::marker::PhantomData)
    }

    #[threadsafe(facade = blocking)]
    impl Pool {
        pub async fn other_letter<'a>(&self, query: Query<'a, Sqlite, Args<'a>>) -> usize {
            query.0.0.len()
        }

        pub async fn elided(&self, query: Query<'_, Sqlite, Args<'_>>) -> usize {
            query.0.0.len()
        }

        #[allow(elided_lifetimes_in_paths)]
        pub fn left_out(&self, query: &Query<Sqlite, Args>) -> usize {
            query.0.0.len()
        }

        pub async fn page<'b>(&self, text: &'b str) -> Page<'b, &'b str> {
            Page(text, vec![text])
        }

        pub async fn nested<U: Send + Sync>(&self, item: U) -> Rows<Vec<U>> {
            Rows(vec![vec![item]])
        }

        pub async fn nested_and_fixed(&self) -> Rows<Vec<u8>> {
            Rows(vec![vec![1, 2]])
        }
    }

    #[threadsafe(facade = blocking)]
    impl<'a> Page<'a, &'a str> {
        pub fn text(&self) -> &'a str {
            self.1[0]
        }
    }

    #[threadsafe(facade = blocking)]
    impl<T> Rows<Vec<T>> {
        pub fn count(&self) -> usize {
            self.0.iter().map(Vec::len).sum()
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(crate) struct Pool(super::Pool);
            pub(crate) struct Query<'q>(super::Query<'q, super::Sqlite, super::Args<'q>>);
            pub(crate) struct Page<'a>(super::Page<'a, &'a str>);
            pub(crate) struct Rows<T>(super::Rows<Vec<T>>);
        }
    }

    #[test]
    fn are_found_by_their_shape() {
        let pool = blocking::Pool::wrap(Pool, bridge::shared());
        let query = |text| blocking::Query::wrap(query(text), bridge::shared());
        assert_eq!(pool.other_letter(query("one")) + pool.elided(query("three")) + pool.left_out(&query("x")), 9);
        assert_eq!(pool.page("text").text(), "text");
        assert_eq!(pool.nested(1).count() + pool.nested_and_fixed().count(), 3);
    }
}

mod generic {
    //! Listed types with parameters: what their impls ask for is asked where it is needed, and not of each facade.

    use std::future::{IntoFuture, Pending, pending};
    use std::io;
    use std::marker::PhantomData;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use bridge::{Facade as _, threadsafe};
    use futures::Stream;
    use tokio::task::yield_now;

    pub(crate) struct Client;

    /// An action with a future that has no name.
    pub(crate) struct Get<F> {
        future: F,
        twice: bool,
    }

    impl<F: Future<Output = u32>> IntoFuture for Get<F> {
        type Output = u32;
        type IntoFuture = futures::future::Map<F, fn(u32) -> u32>;

        fn into_future(self) -> Self::IntoFuture {
            use futures::FutureExt as _;
            let finish: fn(u32) -> u32 = if self.twice { |value| 2 * value } else { |value| value };
            self.future.map(finish)
        }
    }

    pub(crate) struct Changes<T>(Vec<T>);

    impl<T: Unpin> Stream for Changes<T> {
        type Item = T;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
            Poll::Ready(self.0.pop())
        }
    }

    #[threadsafe(facade = blocking)]
    impl Client {
        pub fn get_with(&self) -> Get<impl Future<Output = u32> + Send + use<>> {
            let future = async {
                yield_now().await;
                21
            };
            Get { future, twice: false }
        }

        pub async fn changes<T>(&self, changes: Vec<T>) -> Changes<T> {
            yield_now().await;
            Changes(changes)
        }
    }

    /// A stream, and an action, that come to nothing.
    pub(crate) struct Never<T>(PhantomData<T>);

    impl<T> IntoFuture for Never<T> {
        type Output = io::Result<T>;
        type IntoFuture = Pending<io::Result<T>>;

        fn into_future(self) -> Self::IntoFuture {
            pending()
        }
    }

    impl<T> Stream for Never<T> {
        type Item = io::Result<T>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<T>>> {
            Poll::Pending
        }
    }

    #[test]
    fn errors_of_the_bridge_are_returned_of_types_with_parameters_too() {
        let handle = bridge::shared().with_timeout(Duration::from_millis(5));
        let never = || blocking::Never::wrap(Never::<u8>(PhantomData), &handle);
        assert_eq!(never().run().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(never().next().unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[threadsafe(facade = blocking)]
    impl<F: Future> Get<F> {
        pub fn twice(mut self) -> Self {
            self.twice = true;
            self
        }
    }

    pub(crate) mod blocking {
        use std::io;

        bridge::facade! {
            handle = bridge::shared();
            pub(crate) struct Client(super::Client): From<super::Client>;
            pub(crate) struct Get<F>(super::Get<F>): IntoFuture<Output = u32>;
            pub(crate) struct Changes<T>(super::Changes<T>): Iterator<Item = T>;
            pub(crate) struct Never<T>(super::Never<T>): IntoFuture<Output = io::Result<T>> + Iterator<Item = io::Result<T>>;
        }
    }

    #[test]
    fn actions_of_futures_without_a_name_run() {
        assert_eq!(blocking::Client::from(Client).get_with().twice().run(), 42);
    }

    #[test]
    fn streams_are_iterators() {
        let changes = blocking::Client::from(Client).changes(vec![1, 2, 3]);
        assert_eq!(changes.collect::<Vec<_>>(), [3, 2, 1]);
    }
}

mod traits {
    //! A generic trait with associated types, default bodies and constructors.

    use bridge::threadsafe;

    #[threadsafe(facade = blocking, name = BlockingStore)]
    pub(crate) trait Store<K: Send> {
        type Value: Send;

        async fn get(&self, key: K) -> Option<Self::Value>;

        async fn has(&self, key: K) -> bool {
            self.get(key).await.is_some()
        }

        async fn fork(&self) -> Self
        where
            Self: Sized;

        async fn open(name: &str) -> Result<Self, std::io::Error>
        where
            Self: Sized;

        async fn close(self) -> usize
        where
            Self: Sized;

        #[threadsafe(skip)]
        fn keys(&self) -> usize {
            0
        }
    }

    #[derive(Debug)]
    pub(crate) struct Memory(Vec<(u8, String)>);

    impl Store<u8> for Memory {
        type Value = String;

        async fn get(&self, key: u8) -> Option<String> {
            tokio::task::yield_now().await;
            self.0.iter().find(|(other, _)| *other == key).map(|(_, text)| text.clone())
        }

        async fn fork(&self) -> Self {
            Memory(self.0.clone())
        }

        async fn open(name: &str) -> Result<Self, std::io::Error> {
            Ok(Memory(vec![(1, name.into())]))
        }

        async fn close(self) -> usize {
            self.0.len()
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            #[derive(Debug)]
            pub(crate) struct Memory(super::Memory);
        }
    }

    /// One that is blocking by itself.
    struct Mock;

    impl BlockingStore<u8> for Mock {
        type Value = u8;

        fn get(&self, key: u8) -> Option<u8> {
            Some(key)
        }

        fn has(&self, _: u8) -> bool {
            true
        }

        fn fork(&self) -> Self {
            Mock
        }

        fn open(_: &str) -> Result<Self, std::io::Error> {
            Ok(Mock)
        }

        fn close(self) -> usize {
            1
        }
    }

    #[test]
    fn facades_and_others_implement_it() {
        fn first<S: BlockingStore<u8>>() -> Option<S::Value> {
            let store = S::open("one").unwrap();
            assert!(store.has(1));
            assert_eq!(store.fork().close(), 1);
            store.get(1)
        }
        assert_eq!(first::<blocking::Memory>().as_deref(), Some("one"));
        assert_eq!(first::<Mock>(), Some(1));
    }
}

mod supertraits {
    //! A blocking trait with the supertraits of the async one, a visibility of its own, and its docs.

    use bridge::Facade as _;

    pub(crate) mod kv {
        use bridge::threadsafe;

        /// Has an id.
        pub(crate) trait Id {
            fn id(&self) -> u8;
        }

        #[threadsafe(facade = super::blocking, name = BlockingReader, vis = pub(super), supertraits(Id, Send + 'static))]
        pub(crate) trait Reader: Id + Send + Sync + 'static {
            async fn read(&self) -> u8;
        }
    }

    use kv::{BlockingReader, Id, Reader};

    pub(crate) struct File(u8);

    impl Id for File {
        fn id(&self) -> u8 {
            self.0
        }
    }

    impl Reader for File {
        async fn read(&self) -> u8 {
            tokio::task::yield_now().await;
            self.0 + 1
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(crate) struct File(super::File);
        }
    }

    impl Id for blocking::File {
        fn id(&self) -> u8 {
            self.as_async().id()
        }
    }

    #[test]
    fn are_there_for_who_has_the_trait() {
        fn sum(reader: Box<dyn BlockingReader>) -> u8 {
            std::thread::spawn(move || reader.id() + reader.read()).join().unwrap()
        }
        assert_eq!(sum(Box::new(blocking::File::wrap(File(1), bridge::shared()))), 3);
    }
}

mod options {
    //! What is said of single methods.

    use std::time::Duration;

    use bridge::threadsafe;

    #[derive(Debug)]
    pub(crate) struct Client<T> {
        value: T,
    }

    #[derive(Debug, PartialEq)]
    pub(crate) enum Late {
        Bridge(String),
    }

    fn late(error: bridge::Error) -> Late {
        Late::Bridge(error.to_string())
    }

    #[threadsafe(facade = blocking, with(T = u64), error = late, attr(cfg(all())))]
    impl<T> Client<T>
    where
        T: Into<u64> + Copy + Send + Sync,
    {
        #[threadsafe(timeout = Duration::from_millis(1))]
        pub async fn never(&self) -> Result<(), Late> {
            std::future::pending().await
        }

        #[threadsafe(timeout = limit, name = limited)]
        pub async fn other(&mut self, limit: Duration) -> Result<T, Late> {
            let _ = limit;
            std::future::pending().await
        }

        #[threadsafe(with(U = u8))]
        pub async fn sum<U: Into<u64> + Send, V: Into<u64> + Send>(&self, one: U, two: V) -> Result<u64, Late> {
            tokio::task::yield_now().await;
            Ok(self.value.into() + one.into() + two.into())
        }

        #[threadsafe(attr(must_use, cfg(any())))]
        pub fn not_there(&self) {}

        #[cfg_attr(all(), threadsafe(skip))]
        pub fn skipped(&self) -> impl futures::Stream<Item = u8> {
            futures::stream::empty()
        }

        #[cfg_attr(any(), threadsafe(skip))]
        pub fn there(&self) -> u8 {
            1
        }

        #[cfg_attr(all(), must_use, threadsafe(name = renamed))]
        pub fn before(&self) -> u8 {
            2
        }

        #[threadsafe(skip)]
        pub fn new(value: T) -> Self {
            Client { value }
        }

        /// Private, and in the facade since it is annotated.
        #[threadsafe(name = inner)]
        fn private(&self) -> u64 {
            self.value.into()
        }

        #[threadsafe(bound(P: Send))]
        pub async fn bounded<P>(&self, _all: Vec<P>) -> Result<usize, Late>
        where
            P: Clone,
        {
            tokio::task::yield_now().await;
            Ok(1)
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Client(super::Client<u64>);
        }
    }

    #[test]
    fn are_what_the_method_does() {
        use bridge::Facade as _;
        let mut client = blocking::Client::wrap(Client::new(1), bridge::shared());
        assert!(matches!(client.never(), Err(Late::Bridge(text)) if text.contains("1ms")));
        assert!(client.limited(Duration::from_millis(1)).is_err());
        assert_eq!(client.sum(1, 2_u16), Ok(4));
        assert_eq!(client.there() + client.renamed(), 3);
        assert_eq!(client.inner(), 1);
        assert_eq!(client.bounded(vec![1]), Ok(1));
    }
}

mod beside_companions {
    //! An impl that has both.

    use bridge::threadsafe;

    #[derive(Clone, Debug)]
    pub(crate) struct Client(u8);

    #[threadsafe(facade = blocking, companions, suffix = "_sync", error = late)]
    impl Client {
        pub async fn get(&self) -> u8 {
            self.0
        }

        #[threadsafe(fallible = wrap, error = late)]
        pub async fn checked(&self) -> Result<u8, String> {
            Ok(self.0)
        }

        #[threadsafe(skip)]
        pub async fn skipped(&self) {}

        pub fn plain(&self) -> u8 {
            self.0
        }
    }

    fn late(error: bridge::Error) -> String {
        error.to_string()
    }

    #[threadsafe(facade = blocking, companions)]
    pub(crate) trait Get {
        async fn value(&self) -> u8;
    }

    impl Get for Client {
        async fn value(&self) -> u8 {
            self.0
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Client(super::Client);
        }
    }

    #[test]
    fn both_are_there() {
        use bridge::Facade as _;
        let client = Client(1);
        assert_eq!(client.get_sync(bridge::shared()), 1);
        assert_eq!(client.value_blocking(bridge::shared()), 1);
        assert!(matches!(client.checked_sync(bridge::shared()), Ok(Ok(1))));
        let facade = blocking::Client::wrap(client, bridge::shared());
        assert_eq!(facade.get() + facade.checked().unwrap() + facade.plain() + GetBlocking::value(&facade), 4);
    }
}

mod local {
    //! Futures that stay on the thread of an `EventLoop`.

    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    use bridge::{Facade as _, threadsafe};

    #[derive(Debug)]
    pub(crate) struct Client(u8);

    #[threadsafe(facade = pub(crate) LocalClient, local)]
    impl Client {
        pub async fn add(&mut self, by: u8) -> u8 {
            let by = Rc::new(by);
            tokio::task::spawn_local(async {}).await.unwrap();
            self.0 += *by;
            self.0
        }

        pub async fn checked(self) -> std::io::Result<Self> {
            let shared = Rc::new(self);
            tokio::task::yield_now().await;
            Rc::try_unwrap(shared).map_err(|_| std::io::Error::other("shared"))
        }
    }

    #[test]
    fn run_on_an_event_loop_alone() {
        let mut client = LocalClient::wrap(Client(1), bridge::global()).checked().unwrap();
        assert_eq!(client.add(2), 3);
        let mut client = client.on(bridge::shared());
        let panic = catch_unwind(AssertUnwindSafe(|| client.add(2))).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("`LocalClient::add` is `local`"));
    }
}

mod other_methods {
    //! What is left of the kinds of methods.

    use std::borrow::Cow;
    use std::fmt::Display;

    use bridge::{Facade as _, threadsafe};
    use futures::future::BoxFuture;

    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Client<T, const N: usize>(T);

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            #[derive(Clone, Debug, PartialEq)]
            pub(super) struct Client<T, const N: usize>(super::Client<T, N>);
        }
    }

    #[threadsafe(facade = blocking)]
    impl<T: Clone + PartialEq, const N: usize> Client<T, N> {
        pub fn boxed<'a>(&'a self, other: &'a Self) -> BoxFuture<'a, bool>
        where
            T: Send + Sync,
        {
            Box::pin(async move { *self == *other })
        }

        pub async fn merge(self, others: Vec<Self>, last: Option<&Self>, pair: (Self, u8)) -> usize {
            others.len() + last.iter().len() + usize::from(pair.1) + N
        }

        pub async fn swap(&mut self, other: &mut Self) {
            std::mem::swap(self, other);
        }

        pub fn nested(&self) -> Option<Vec<(Self, u8)>> {
            Some(vec![(self.clone(), 1)])
        }

        pub async fn r#type(&self) -> &T {
            &self.0
        }

        pub async fn maybe<U: Display + ?Sized>(&self, text: &U, _: &(impl Display + ?Sized)) -> String {
            text.to_string()
        }

        pub async fn items<I>(&self, items: I) -> Vec<I::Item>
        where
            I: IntoIterator<Item: Send, IntoIter: Send>,
        {
            tokio::task::yield_now().await;
            items.into_iter().collect()
        }

        pub fn shown(&self) -> impl Display + use<T, N> {
            N
        }

        pub async fn named(&self, text: &str, name: impl Into<Cow<'_, str>>) -> &T {
            tokio::task::yield_now().await;
            assert_eq!(text, name.into());
            &self.0
        }

        /** Of a
         * block comment. */
        pub async fn parse<U: std::str::FromStr<Err: Send>>(&self, text: &str) -> Result<U, std::io::Error> {
            text.parse().map_err(|_| std::io::Error::other("no"))
        }
    }

    macro_rules! with_getters {
        ($ty:ty, $($name:ident),*) => {
            #[threadsafe(facade = blocking)]
            impl<const N: usize> $ty {
                $(pub async fn $name(&self, value: u8) -> u8 { value })*
            }
        };
    }
    with_getters!(Client<u8, N>, one, two);

    #[test]
    fn work() {
        type Facade = blocking::Client<u8, 2>;
        let wrap = |value| Facade::wrap(Client(value), bridge::shared());
        let (mut client, mut other) = (wrap(1), wrap(2));
        assert!(client.boxed(&wrap(1)));
        client.swap(&mut other);
        assert_eq!(*client.r#type(), 2);
        assert_eq!(client.nested().unwrap(), [(wrap(2), 1)]);
        assert_eq!(client.maybe("text", &1), "text");
        assert_eq!(client.items([1, 2]), [1, 2]);
        assert_eq!(client.shown().to_string(), "2");
        assert_eq!(client.named("name", "name"), &2);
        assert_eq!(client.parse::<u16>("7").unwrap(), 7);
        assert_eq!(client.one(1) + client.two(2), 3);
        assert_eq!(client.merge(vec![wrap(1), wrap(2)], Some(&other), (wrap(3), 4)), 9);
    }
}

mod errors_of_signatures {
    //! Signatures in a list may have an error of the user's own, which is made of the async one and of the bridge's.

    use std::fmt::{self, Debug};
    use std::future::pending;
    use std::time::Duration;

    use bridge::Facade as _;
    use futures::stream::{self, BoxStream};
    use futures::{Stream, StreamExt as _};

    /// As of a crate that lets nobody else make one.
    #[derive(Debug)]
    pub(crate) struct ForeignError(());

    #[derive(Debug)]
    pub(crate) struct Foreign(bool);

    impl Foreign {
        pub(crate) async fn get(&self) -> Result<u8, ForeignError> {
            if self.0 { pending().await } else { Err(ForeignError(())) }
        }

        pub(crate) fn new(works: bool) -> Result<Foreign, ForeignError> {
            if works { Ok(Foreign(true)) } else { Err(ForeignError(())) }
        }

        pub(crate) fn works(&self) -> Result<&bool, ForeignError> {
            if self.0 { Ok(&self.0) } else { Err(ForeignError(())) }
        }

        pub(crate) fn fails(&mut self) -> Result<&mut Foreign, ForeignError> {
            if std::mem::take(&mut self.0) { Ok(self) } else { Err(ForeignError(())) }
        }
    }

    /// A number, and an error.
    #[derive(Debug)]
    pub(crate) struct Messages(u8);

    impl Messages {
        pub(crate) async fn next(&mut self) -> Result<Option<u8>, ForeignError> {
            tokio::task::yield_now().await;
            self.0 += 1;
            if self.0 == 1 { Ok(Some(1)) } else { Err(ForeignError(())) }
        }

        pub(crate) async fn lines(
            &self,
        ) -> Result<impl Stream<Item = Result<Foreign, ForeignError>> + use<>, ForeignError> {
            Ok(stream::iter([Ok(Foreign(true)), Err(ForeignError(()))]))
        }

        pub(crate) fn silent(&self) -> BoxStream<'_, Result<u8, ForeignError>> {
            stream::pending().boxed()
        }
    }

    pub(crate) fn check(foreign: &Foreign) -> Result<u8, ForeignError> {
        foreign.works().map(|works| (*works).into())
    }

    pub(crate) async fn connect(works: bool) -> Result<Foreign, ForeignError> {
        if works { Ok(Foreign(true)) } else { Err(ForeignError(())) }
    }

    #[derive(Debug)]
    pub(crate) enum AppError {
        Foreign(ForeignError),
        Bridge(bridge::Error),
    }

    impl From<ForeignError> for AppError {
        fn from(error: ForeignError) -> AppError {
            AppError::Foreign(error)
        }
    }

    impl From<bridge::Error> for AppError {
        fn from(error: bridge::Error) -> AppError {
            AppError::Bridge(error)
        }
    }

    impl fmt::Display for AppError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            Debug::fmt(self, f)
        }
    }

    mod blocking {
        use super::AppError;

        bridge::facade! {
            handle = bridge::shared();

            #[derive(Debug)]
            pub(super) struct Foreign(super::Foreign) {
                #[threadsafe(timeout = std::time::Duration::from_millis(1))]
                pub async fn get(&self) -> Result<u8, AppError>;
                pub fn new(works: bool) -> Result<Self, AppError>;
                #[threadsafe(in_context, name = spawned)]
                pub fn new(works: bool) -> Result<Self, AppError>;
                pub fn works(&self) -> Result<&bool, AppError>;
                #[threadsafe(name = works_or_not)]
                pub fn works(&self) -> Result<&bool, super::ForeignError>;
                pub fn fails(&mut self) -> Result<&mut Self, AppError>;
            }

            pub(super) struct Messages(super::Messages): Iterator<Item = Result<u8, AppError>>(next) {
                pub async fn next(&mut self) -> Result<Option<u8>, AppError>;
                pub async fn lines(&self) -> Result<impl Stream<Item = Result<super::Foreign, AppError>>, AppError>;
                pub fn silent(&self) -> BoxStream<'_, Result<u8, AppError>>;
                #[threadsafe(name = silent_until, error = AppError::Bridge, timeout = std::time::Duration::from_millis(2))]
                pub fn silent(&self) -> BoxStream<'_, Result<u8, AppError>>;
                #[threadsafe(name = silent_or_panic, error = panic)]
                pub fn silent(&self) -> BoxStream<'_, Result<u8, AppError>>;
            }

            pub(super) fn check(foreign: &super::Foreign) -> Result<u8, AppError> = super::check;
            pub(super) async fn connect(works: bool) -> Result<super::Foreign, AppError> = super::connect;
        }
    }

    #[test]
    fn are_made_of_either() {
        assert!(matches!(blocking::connect(false), Err(AppError::Foreign(_))));
        let late = blocking::connect(true).unwrap().get();
        assert!(matches!(late, Err(AppError::Bridge(bridge::Error::TimedOut(of))) if of == Duration::from_millis(1)));
        let foreign = blocking::Foreign::wrap(Foreign(false), bridge::shared());
        assert!(matches!(foreign.get(), Err(AppError::Foreign(_))));
    }

    #[test]
    fn are_made_of_those_of_items() {
        let mut messages = blocking::Messages::wrap(Messages(0), bridge::shared());
        assert!(matches!(messages.next(), Some(Ok(1))));
        assert!(matches!(messages.next(), Some(Err(AppError::Foreign(_)))));
        let mut lines = messages.lines().unwrap();
        let foreign: blocking::Foreign = lines.next().unwrap().unwrap();
        assert!(*foreign.works().unwrap());
        assert!(matches!(lines.next(), Some(Err(AppError::Foreign(_)))));
        assert!(lines.next().is_none());
        drop(lines);
        let messages = messages.on(&bridge::shared().with_timeout(Duration::from_millis(1)));
        let late = |item: Option<Result<u8, AppError>>| match item {
            Some(Err(AppError::Bridge(bridge::Error::TimedOut(of)))) => of.as_millis(),
            other => panic!("{other:?}"),
        };
        assert_eq!([late(messages.silent().next()), late(messages.silent_until().next())], [1, 2]);
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| messages.silent_or_panic().next()));
        assert!(panics.is_err());
    }

    #[test]
    fn are_made_of_that_of_a_fn_that_is_not_async() {
        for made in [blocking::Foreign::new(false), blocking::Foreign::spawned(false)] {
            assert!(matches!(made, Err(AppError::Foreign(_))));
        }
        let mut foreign = blocking::Foreign::new(true).unwrap();
        assert!(*foreign.works().unwrap() && *foreign.works_or_not().unwrap());
        assert_eq!(blocking::check(&foreign).unwrap(), 1);
        let error: AppError = foreign.fails().unwrap().fails().unwrap_err();
        assert!(matches!(error, AppError::Foreign(_)));
        assert!(matches!(blocking::check(&foreign), Err(AppError::Foreign(_))));
    }
}

mod errors_of_a_list {
    //! One conversion for all of a list, the outputs that it reaches, and those that it leaves.

    use std::future::{self, IntoFuture};
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use bridge::Facade as _;
    use futures::Stream;
    use futures::future::BoxFuture;

    #[derive(Debug, PartialEq)]
    pub(crate) struct Failed(String);

    /// As another crate names it.
    pub(crate) type AppResult<T> = Result<T, Failed>;
    pub(crate) type Reply<T> = Result<T, Failed>;

    /// Is none, in spite of its name.
    #[derive(Debug, PartialEq)]
    pub(crate) struct SearchResult(u8);

    #[derive(Debug)]
    pub(crate) struct Client(u8);

    #[derive(Debug)]
    pub(crate) struct Rows;

    impl Stream for Rows {
        type Item = AppResult<u8>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Pending
        }
    }

    #[derive(Debug)]
    pub(crate) struct Action;

    impl IntoFuture for Action {
        type Output = AppResult<Client>;
        type IntoFuture = BoxFuture<'static, AppResult<Client>>;

        fn into_future(self) -> Self::IntoFuture {
            Box::pin(future::pending())
        }
    }

    impl Client {
        pub(crate) async fn child(&self) -> AppResult<Client> {
            Ok(Client(self.0 + 1))
        }

        pub(crate) fn number(&self) -> u8 {
            self.0
        }

        pub(crate) async fn never(&self) -> AppResult<()> {
            future::pending().await
        }

        pub(crate) async fn silent(&self) -> Result<(), std::fmt::Error> {
            future::pending().await
        }

        pub(crate) async fn search(&self) -> SearchResult {
            SearchResult(self.0)
        }

        pub(crate) async fn search_for_ever(&self) -> SearchResult {
            future::pending().await
        }

        pub(crate) async fn count_for_ever(&self) -> u64 {
            future::pending().await
        }

        pub(crate) async fn reply<T: From<u8>>(&self) -> Reply<T> {
            Ok(self.0.into())
        }

        pub(crate) async fn with(&mut self, other: Self) -> &Client {
            self.0 += other.0;
            self
        }
    }

    fn failed(error: bridge::Error) -> Failed {
        Failed(error.to_string())
    }

    const SHORT: Duration = Duration::from_millis(1);

    fn silent(_: bridge::Error) -> std::fmt::Error {
        std::fmt::Error
    }

    fn not_found(_: bridge::Error) -> SearchResult {
        SearchResult(0)
    }

    fn none(_: bridge::Error) -> u64 {
        0
    }

    mod blocking {
        use super::{AppResult, Reply, SearchResult};

        bridge::facade! {
            handle = bridge::shared();
            error = super::failed;

            #[derive(Debug)]
            pub(super) struct Client(super::Client) {
                pub async fn child(&self) -> AppResult<Client>;
                pub fn number(&self) -> u8;
                pub async fn never(&self) -> AppResult<()>;
                #[threadsafe(error = super::silent)]
                pub async fn silent(&self) -> Result<(), std::fmt::Error>;
                #[threadsafe(name = silent_or_panic, error = panic)]
                pub async fn silent(&self) -> Result<(), std::fmt::Error>;
                pub async fn search(&self) -> SearchResult;
                #[threadsafe(name = search_in_time, error = super::not_found, timeout = super::SHORT)]
                pub async fn search_for_ever(&self) -> SearchResult;
                #[threadsafe(name = count_in_time, error = super::none, timeout = super::SHORT)]
                pub async fn count_for_ever(&self) -> u64;
                pub async fn reply<T: From<u8>>(&self) -> Reply<T>;
                #[threadsafe(as_is)]
                pub async fn with(&mut self, other: Self) -> &super::Client;
            }
            pub(super) struct Rows(super::Rows): Iterator;
            pub(super) struct Action(super::Action): IntoFuture<Output = AppResult<Client>>;
        }
    }

    mod panicking {
        bridge::facade! {
            handle = bridge::shared();
            error = panic;

            #[threadsafe(error = super::failed, timeout = std::time::Duration::from_millis(1))]
            pub(super) struct Client(super::Client) {
                pub async fn never(&self) -> super::AppResult<()>;
                #[threadsafe(error = panic)]
                pub async fn silent(&self) -> Result<(), std::fmt::Error>;
            }
            pub(super) struct Rows(super::Rows): Iterator;
            pub(super) struct Action(super::Action): IntoFuture<Output = super::AppResult<super::Client>>;
        }
    }

    fn limited() -> bridge::Handle {
        bridge::shared().with_timeout(Duration::from_millis(1))
    }

    #[test]
    fn are_those_of_every_method_with_an_alias_of_result() {
        let client = blocking::Client::wrap(Client(1), &limited());
        assert!(client.never().unwrap_err().0.contains("1ms"));
        assert_eq!(client.child().unwrap().number(), 2);
    }

    #[test]
    fn are_those_of_streams_and_actions() {
        assert!(blocking::Rows::wrap(Rows, &limited()).next().unwrap().unwrap_err().0.contains("1ms"));
        assert!(blocking::Action::wrap(Action, &limited()).run().unwrap_err().0.contains("1ms"));
    }

    #[test]
    fn are_not_those_of_a_method_that_has_its_own() {
        assert_eq!(blocking::Client::wrap(Client(1), &limited()).silent(), Err(std::fmt::Error));
    }

    #[test]
    fn of_one_struct_are_those_of_its_methods() {
        let client = panicking::Client::wrap(Client(1), bridge::shared());
        assert!(client.never().unwrap_err().0.contains("1ms"));
        assert!(std::panic::catch_unwind(|| client.silent()).is_err());
    }

    #[test]
    fn are_panics_at_the_callers_line_that_name_the_method() {
        let client = blocking::Client::wrap(Client(1), &limited());
        let panicked = std::panic::catch_unwind(|| client.silent_or_panic()).unwrap_err();
        let text = panicked.downcast_ref::<String>().unwrap();
        assert!(text.starts_with("`Client::silent_or_panic`: timed out after 1ms"), "{text}");
        let mut rows = panicking::Rows::wrap(Rows, &limited());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rows.next())).unwrap_err();
        assert!(panicked.downcast_ref::<String>().unwrap().starts_with("`Rows::next`"));
        let action = panicking::Action::wrap(Action, &limited());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| action.run())).err().unwrap();
        assert!(panicked.downcast_ref::<String>().unwrap().starts_with("`Action::run`"));
    }

    #[test]
    fn of_a_method_are_its_output_where_that_is_no_result() {
        let client = blocking::Client::wrap(Client(1), bridge::shared());
        assert_eq!(client.search_in_time(), SearchResult(0));
        assert_eq!(client.count_in_time(), 0);
    }

    #[test]
    fn leave_outputs_alone_that_are_no_result() {
        let client = blocking::Client::wrap(Client(1), bridge::shared());
        assert_eq!(client.search(), SearchResult(1));
        assert_eq!(client.reply::<u16>(), Ok(1));
    }

    #[test]
    fn as_is_leaves_the_types_of_a_signature_async() {
        let mut client = blocking::Client::wrap(Client(1), bridge::shared());
        let same: &Client = client.with(Client(2));
        assert_eq!(same.number(), 3);
    }
}

mod actions_as_they_are {
    //! A crate whose actions stay async types, with a `run` of its own: `as_is` on an impl.

    use bridge::{Facade as _, threadsafe};

    pub(crate) struct Client;
    pub(crate) struct Find(u8);

    #[threadsafe(facade = self::blocking, as_is)]
    impl Client {
        pub fn find(&self) -> Find {
            Find(1)
        }

        pub async fn last(&self) -> Find {
            tokio::task::yield_now().await;
            Find(2)
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();

            pub(super) struct Client(super::Client);
            pub(super) struct Find(super::Find);
        }
    }

    #[test]
    fn as_is_on_an_impl_holds_for_all_of_its_functions() {
        let client = blocking::Client::wrap(Client, bridge::shared());
        let found: [Find; 2] = [client.find(), client.last()];
        assert_eq!(found.map(|find| find.0), [1, 2]);
    }
}

mod boxes {
    //! A `Box` of a listed type is one of its facade, in and out.

    use bridge::{Facade as _, threadsafe};
    use futures::{Stream, stream};

    pub struct Client(u8);

    #[threadsafe(facade = blocking)]
    impl Client {
        #[allow(clippy::unnecessary_box_returns)]
        pub fn new(number: u8) -> Result<Box<Client>, bridge::Error> {
            Ok(Box::new(Client(number)))
        }

        #[allow(clippy::unnecessary_box_returns)]
        pub async fn next(self) -> Box<Self> {
            tokio::task::yield_now().await;
            Box::new(Client(self.0 + 1))
        }

        pub async fn sum(self, others: Option<Box<Client>>) -> u8 {
            tokio::task::yield_now().await;
            self.0 + others.map_or(0, |other| other.0)
        }

        #[allow(clippy::boxed_local)]
        pub fn same(client: Box<Client>) -> Client {
            *client
        }

        pub fn number(&self) -> u8 {
            self.0
        }

        pub fn boxed(&self) -> Box<impl Stream<Item = u8> + use<>> {
            Box::new(stream::iter([self.0]))
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub struct Client(super::Client);
        }
    }

    #[test]
    fn are_seen_through() {
        let client: Box<blocking::Client> = blocking::Client::new(1).unwrap();
        assert_eq!(client.boxed().sum::<u8>(), 1);
        let client: Box<blocking::Client> = client.next();
        assert_eq!(client.number(), 2);
        assert_eq!(blocking::Client::new(1).unwrap().sum(Some(client)), 3);
    }

    #[test]
    fn bring_their_loop() {
        let own = bridge::SharedLoop::new().unwrap();
        let client = blocking::Client::wrap(Client(1), &own.with_timeout(std::time::Duration::from_secs(7)));
        let timeout = blocking::Client::same(Box::new(client)).handle().timeout();
        assert_eq!(timeout, Some(std::time::Duration::from_secs(7)));
    }
}

mod a_parameter_of_one_type {
    //! `with(R = Type)` on a method: an argument that a bound allows is a facade.

    use bridge::{Facade as _, threadsafe};

    pub trait Source: Send {
        fn number(self) -> u8;
    }

    pub struct Data(u8);

    impl Source for Data {
        fn number(self) -> u8 {
            self.0
        }
    }

    pub struct Client;

    #[threadsafe(facade = blocking)]
    impl Client {
        pub async fn open(&self) -> Data {
            Data(1)
        }

        #[threadsafe(with(R = Data))]
        pub async fn finish<R: Source>(&self, data: R) -> u8 {
            data.number()
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub struct Client(super::Client);
            pub struct Data(super::Data);
        }
    }

    #[test]
    fn is_an_argument_that_is_a_facade() {
        let client = blocking::Client::wrap(Client, bridge::shared());
        let data: blocking::Data = client.open();
        assert_eq!(client.finish(data), 1);
    }
}

mod drops {
    //! What a drop awaits.

    use std::sync::{Arc, Mutex};

    use bridge::Facade as _;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    #[derive(Debug)]
    pub(crate) struct Session(Log);

    impl Session {
        pub(crate) fn new(log: Log) -> Session {
            Session(log)
        }

        pub(crate) async fn close(&mut self) -> u8 {
            tokio::task::yield_now().await;
            self.0.lock().unwrap().push("closed");
            1
        }
    }

    /// For a type of another crate that has no such method.
    trait Logout {
        async fn logout(self);
    }

    impl Logout for Session {
        async fn logout(mut self) {
            self.close().await;
            self.0.lock().unwrap().push("logged out");
        }
    }

    mod closing {
        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Session(super::Session): Drop(close) + From<super::Session> {
                pub fn new(log: super::Log) -> Self;
            }
        }
    }

    mod logging_out {
        use super::Logout as _;

        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Session(super::Session): Drop(logout) {}
        }
    }

    #[test]
    fn await_a_method_that_borrows() {
        let log = Log::default();
        drop(closing::Session::wrap(Session(log.clone()), bridge::shared()));
        assert_eq!(*log.lock().unwrap(), ["closed"]);
    }

    #[test]
    fn await_it_of_a_facade_that_has_made_no_call() {
        let log = Log::default();
        drop(closing::Session::new(log.clone()));
        drop(closing::Session::from(Session(log.clone())));
        assert_eq!(*log.lock().unwrap(), ["closed"; 2]);
    }

    #[test]
    fn await_a_method_of_a_trait_in_scope() {
        let log = Log::default();
        drop(logging_out::Session::wrap(Session(log.clone()), bridge::shared()));
        assert_eq!(*log.lock().unwrap(), ["closed", "logged out"]);
    }
}

mod traits_with_supertraits {
    //! What an async trait asks of the types that implement it, its blocking form does not ask of their facades.

    use std::fmt::Debug;

    use bridge::{Facade as _, threadsafe};

    #[derive(Clone, Debug)]
    pub(crate) struct Client(u8);

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Client(super::Client);
        }
    }

    #[threadsafe(facade = blocking)]
    pub(crate) trait After<T: Send>: Clone {
        async fn after(&self, other: T) -> T;
    }

    #[threadsafe(facade = blocking)]
    pub(crate) trait Clause<T>
    where
        Self: Send + Sync + Clone + Sized,
        Self: Debug,
        T: Copy + Send,
    {
        async fn clause(&self, other: T) -> Result<(T, Self), bridge::Error>;
    }

    impl After<u8> for Client {
        async fn after(&self, other: u8) -> u8 {
            self.0 + other
        }
    }

    impl Clause<u8> for Client {
        async fn clause(&self, other: u8) -> Result<(u8, Self), bridge::Error> {
            Ok((self.0 + other, self.clone()))
        }
    }

    #[test]
    fn are_those_of_facades_without_them() {
        let client = blocking::Client::wrap(Client(1), bridge::shared());
        assert_eq!(client.after(1), 2);
        let (sum, client) = client.clause(2).unwrap();
        assert_eq!(sum + client.after(0), 4);
    }
}

mod traits_without_async_fns {
    //! Traits whose fns return futures.

    use bridge::{Facade as _, threadsafe};
    use futures::future::BoxFuture;

    #[derive(Debug)]
    pub(crate) struct Client(u8);

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Client(super::Client);
        }
    }

    #[threadsafe(facade = blocking)]
    pub(crate) trait Numbers {
        fn number(&self) -> BoxFuture<'_, u8>;
    }

    impl Numbers for Client {
        fn number(&self) -> BoxFuture<'_, u8> {
            Box::pin(async move { self.0 })
        }
    }

    #[test]
    fn have_a_blocking_form() {
        assert_eq!(blocking::Client::wrap(Client(1), bridge::shared()).number(), 1);
    }
}

mod streams_without_a_name {
    //! `impl Stream` and boxed streams, which come out as iterators.

    use std::pin::Pin;
    use std::time::Duration;

    use bridge::{Facade as _, threadsafe};
    use futures::stream::{self, BoxStream};
    use futures::{Stream, StreamExt as _};

    type Result<T, E = bridge::Error> = std::result::Result<T, E>;

    #[derive(Clone, Debug)]
    pub(crate) struct Row(u8);

    #[derive(Debug)]
    pub(crate) struct Client(Vec<u8>);

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(super) struct Client(super::Client);
            pub(super) struct Row(super::Row);
        }
    }

    #[threadsafe(facade = blocking)]
    impl Row {
        pub async fn number(&self) -> u8 {
            tokio::task::yield_now().await;
            self.0
        }
    }

    #[threadsafe(facade = blocking)]
    impl Client {
        pub fn borrowed(&self) -> impl Stream<Item = u8> + '_ {
            stream::iter(&self.0).then(async |number| {
                tokio::task::yield_now().await;
                *number
            })
        }

        pub async fn rows(&mut self, from: &str, more: impl Into<u8>) -> Result<impl Stream<Item = Result<Row>>> {
            tokio::task::yield_now().await;
            let more = more.into() + u8::try_from(from.len()).unwrap();
            Ok(stream::iter(&self.0).map(move |number| Ok(Row(number + more))))
        }

        pub fn boxed(&self) -> BoxStream<'_, Row> {
            stream::iter(&self.0).map(|number| Row(*number)).boxed()
        }

        #[allow(clippy::type_complexity)]
        pub fn pinned<T>(&self, value: T) -> Option<Pin<Box<dyn Stream<Item = (T, Row)> + Send>>>
        where
            T: Clone + Send + 'static,
        {
            let row = Row(self.0.first().copied()?);
            Some(Box::pin(stream::repeat((value, row))))
        }

        pub fn silent(&self) -> impl Stream<Item = Result<u8>> + Send + use<> {
            stream::pending()
        }
    }

    fn client(handle: &bridge::Handle) -> blocking::Client {
        blocking::Client::wrap(Client(vec![1, 2]), handle)
    }

    #[test]
    fn are_iterators() {
        assert_eq!(client(bridge::shared()).borrowed().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn have_items_that_are_facades() {
        let mut client = client(bridge::shared());
        let rows = client.rows("a", 2).unwrap();
        assert_eq!(rows.map(|row| row.unwrap().number()).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(client.boxed().map(|row| row.number()).collect::<Vec<_>>(), [1, 2]);
        let (value, row) = client.pinned("text").unwrap().next().unwrap();
        assert_eq!((value, row.number()), ("text", 1));
    }

    #[test]
    fn have_the_errors_of_the_bridge_among_their_items() {
        let hasty = bridge::shared().with_timeout(Duration::from_millis(1));
        assert!(matches!(client(&hasty).silent().next(), Some(Err(bridge::Error::TimedOut(_)))));
    }
}

mod an_iterator {
    //! Whatever a facade iterates over, its end is the end.

    use std::iter::FusedIterator;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bridge::{Facade as _, threadsafe};
    use futures::Stream;

    /// One item, the end, and more items.
    pub struct Rows<T>(Vec<Option<T>>);

    pub struct Received<T>(Vec<Option<T>>);

    impl<T> Received<T> {
        pub async fn recv(&mut self) -> Option<T> {
            self.0.pop().expect("not asked after the end")
        }
    }

    impl<T: Unpin> Stream for Rows<T> {
        type Item = T;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
            Poll::Ready(self.0.pop().expect("not polled after the end"))
        }
    }

    pub struct Row(u8);

    pub struct Client;

    #[threadsafe(facade = blocking)]
    impl Client {
        pub fn rows(&self) -> Option<impl Stream<Item = Row> + use<>> {
            Some(Rows(vec![None, Some(Row(1))]))
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub struct Client(super::Client);
            pub struct Row(super::Row);
            pub struct Rows<T>(super::Rows<T>): Iterator<Item = T>;
            pub struct Bytes(futures::stream::Iter<std::option::IntoIter<u8>>): Iterator;
            pub struct Received<T>(super::Received<T>): Iterator<Item = Result<T, bridge::Error>>(recv);
        }
    }

    fn ends(mut items: impl FusedIterator) {
        assert_eq!([items.next().is_some(), items.next().is_some(), items.next().is_some()], [true, false, false]);
    }

    #[test]
    fn is_fused() {
        let handle = bridge::shared();
        ends(blocking::Client::wrap(Client, handle).rows().unwrap());
        ends(blocking::Rows::wrap(Rows(vec![None, Some(1)]), handle));
        ends(blocking::Bytes::wrap(futures::stream::iter(Some(1)), handle));
        ends(blocking::Received::wrap(Received(vec![None, Some(1)]), handle));
    }
}

mod boxed_trait_objects {
    //! A `Pin<Box<dyn Trait>>` in the list, written out.

    use std::pin::Pin;

    use bridge::{Facade as _, threadsafe};
    use futures::{Stream, stream};

    pub struct Client(Vec<u8>);

    #[threadsafe(facade = blocking)]
    impl Client {
        #[allow(clippy::type_complexity)]
        pub fn numbers(&self) -> Option<Pin<Box<dyn Stream<Item = Result<u8, bridge::Error>> + Send>>> {
            Some(Box::pin(stream::iter(self.0.clone().into_iter().map(Ok))))
        }

        pub async fn borrowed(&self) -> Pin<Box<dyn Stream<Item = u8> + Send + '_>> {
            Box::pin(stream::iter(self.0.iter().copied()))
        }

        pub fn count(numbers: Pin<Box<dyn Stream<Item = Result<u8, bridge::Error>> + Send>>) -> usize {
            numbers.size_hint().0
        }
    }

    mod blocking {
        use std::pin::Pin;

        use futures::Stream;

        bridge::facade! {
            handle = bridge::shared();
            pub struct Client(super::Client);
            pub struct Numbers(Pin<Box<dyn Stream<Item = Result<u8, bridge::Error>> + Send>>): Iterator;
            pub struct Borrowed<'a>(Pin<Box<dyn Stream<Item = u8> + Send + 'a>>): Iterator;
            pub struct Later(Pin<Box<dyn Future<Output = u8> + Send>>): IntoFuture;
        }
    }

    #[test]
    fn are_async_types_as_others() {
        let client = blocking::Client::wrap(Client(vec![1, 2]), bridge::shared());
        let numbers: blocking::Numbers = client.numbers().unwrap();
        assert_eq!(blocking::Client::count(numbers), 2);
        assert_eq!(client.numbers().unwrap().map(Result::unwrap).sum::<u8>(), 3);
        assert_eq!(client.borrowed().sum::<u8>(), 3);
        assert_eq!(blocking::Later::wrap(Box::pin(async { 4 }), bridge::shared()).run(), 4);
    }
}

mod of_a_struct {
    //! What `#[threadsafe(…)]` on a struct of the list says for all of its methods, wherever these are, and for its items.

    use std::future::pending;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use bridge::{Facade as _, threadsafe};
    use futures::{Stream, stream};

    const SHORT: Duration = Duration::from_millis(1);

    /// An error type with no `From<bridge::Error>`.
    #[derive(Debug, PartialEq)]
    pub struct Failure(&'static str);

    pub fn failed(_: bridge::Error) -> Failure {
        Failure("of the struct")
    }

    pub fn of_the_method(_: bridge::Error) -> Failure {
        Failure("of the method")
    }

    pub struct Slow;

    #[threadsafe(facade = blocking)]
    impl Slow {
        pub async fn never(&self) -> Result<(), Failure> {
            pending().await
        }

        #[threadsafe(error = of_the_method)]
        pub async fn otherwise(&self) -> Result<(), Failure> {
            pending().await
        }

        /// Its items come after a moment.
        #[threadsafe(timeout = Duration::MAX)]
        pub fn items(&self) -> impl Stream<Item = Result<u8, Failure>> + Send + use<> {
            stream::once(async {
                tokio::time::sleep(SHORT * 20).await;
                Ok(1)
            })
        }

        #[threadsafe(timeout = SHORT)]
        pub async fn later(&self) -> Result<impl Stream<Item = Result<u8, Failure>> + Send + use<>, Failure> {
            Ok(stream::pending())
        }
    }

    pub struct Silence;

    impl Stream for Silence {
        type Item = Result<u8, Failure>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<u8, Failure>>> {
            Poll::Pending
        }
    }

    mod blocking {
        bridge::facade! {
            handle = bridge::shared();

            #[threadsafe(error = crate::of_a_struct::failed, timeout = std::time::Duration::from_millis(1))]
            pub struct Slow(super::Slow);
            #[threadsafe(error = super::failed, timeout = std::time::Duration::from_millis(1))]
            pub struct Silence(super::Silence): Iterator;
        }
    }

    fn slow() -> blocking::Slow {
        blocking::Slow::wrap(Slow, bridge::shared())
    }

    #[test]
    fn a_timeout_and_an_error_hold_for_the_methods_of_annotated_impls() {
        assert_eq!(slow().never(), Err(Failure("of the struct")));
        assert_eq!(slow().otherwise(), Err(Failure("of the method")));
    }

    #[test]
    fn a_timeout_holds_for_each_item_of_an_iterator() {
        let mut silence = blocking::Silence::wrap(Silence, bridge::shared());
        assert_eq!(silence.next(), Some(Err(Failure("of the struct"))));
    }

    #[test]
    fn a_methods_timeout_holds_for_each_item_of_its_stream() {
        let slow = blocking::Slow::wrap(Slow, &bridge::shared().with_timeout(SHORT));
        assert_eq!(slow.items().next(), Some(Ok(1)));
        let slow = blocking::Slow::wrap(Slow, bridge::shared());
        assert_eq!(slow.later().unwrap().next(), Some(Err(Failure("of the struct"))));
    }
}

mod of_a_list_of_signatures {
    //! What a list says of types that are not the author's.

    use std::io;
    use std::sync::Arc;

    use bridge::Facade as _;

    pub(crate) mod foreign {
        use std::future::pending;
        use std::sync::Arc;

        pub(crate) struct Client;
        pub(crate) struct Half<S>(pub(crate) S, pub(crate) u32);

        impl Client {
            pub(crate) async fn itself(&self) -> Arc<Client> {
                Arc::new(Client)
            }

            pub(crate) async fn never(&self) -> std::io::Result<()> {
                pending().await
            }

            pub(crate) fn split(self) -> (Half<Client>, u32) {
                (Half(self, 7), 1)
            }
        }

        impl Half<Client> {
            pub(crate) async fn number(&mut self) -> u32 {
                self.1
            }

            pub(crate) fn join(self, other: Half<Client>) -> u32 {
                let _ = (self.0, other.0);
                self.1 + other.1
            }
        }

        pub(crate) async fn connect() -> Arc<Client> {
            Arc::new(Client)
        }
    }

    pub(crate) mod blocking {
        use std::io;
        use std::time::Duration;

        use super::foreign;

        bridge::facade! {
            handle = bridge::shared();

            pub(crate) struct Client(foreign::Client) {
                #[threadsafe(skip)]
                pub(crate) async fn itself(&self) -> Arc<foreign::Client>;
                #[bridge::threadsafe(timeout = Duration::from_millis(1))]
                pub(crate) async fn never(&self) -> io::Result<()>;
                pub(crate) fn split(self) -> (foreign::Half<foreign::Client>, u32);
            }

            #[cfg_attr(all(), derive(Debug), doc = "A name.")]
            #[cfg_attr(any(), derive(Debug))]
            pub(crate) struct Name(String) {}

            pub(crate) struct Half(foreign::Half<foreign::Client>) {
                pub(crate) async fn number(&mut self) -> u32;
                pub(crate) fn join(self, other: foreign::Half<foreign::Client>) -> u32;
            }

            #[threadsafe(skip)]
            pub(crate) async fn connect() -> Arc<foreign::Client> = foreign::connect;
        }

        impl Client {
            pub(crate) fn itself(&self) -> &Client {
                self
            }
        }

        pub(crate) fn connect() -> Client {
            drop(bridge::shared().block_on(foreign::connect()).unwrap());
            bridge::Facade::wrap(foreign::Client, bridge::shared())
        }
    }

    #[test]
    fn a_signature_that_says_skip_is_left_out() {
        let client = blocking::connect();
        assert!(std::ptr::eq(client.itself(), &client));
        let _: Arc<foreign::Client> = client.handle().block_on(client.as_async().itself()).unwrap();
    }

    #[test]
    fn options_may_be_those_of_the_whole_path() {
        let ended: io::Result<()> = blocking::connect().never();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_listed_type_may_have_another_as_its_argument() {
        let (mut half, number) = blocking::connect().split();
        assert_eq!((half.number(), number), (7, 1));
        let (other, _) = blocking::connect().split();
        assert_eq!(half.join(other), 14);
    }

    #[test]
    fn a_derive_under_a_condition_is_that_of_the_value() {
        let name: blocking::Name = bridge::Facade::wrap("a".to_owned(), bridge::shared());
        assert_eq!(format!("{name:?}"), "\"a\"");
    }
}
