//! Loops that cannot start: no file descriptors, no room for a thread's stack. An `Err`, nothing leaks, and
//! the next one works. And loops that have ended, which hold none of these. Each is tried in a process of its own, whose
//! limits the shell sets.

mod common;

use std::fs::File;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use bridge::__private::facade::{Held, On};
use bridge_tests::kinds::{AnyLoop, Kind};
use bridge_tests::load::Threads;
use bridge_tests::wait_until;
use common::{line, panic_of};

/// Set in the child.
const CHILD: &str = "BRIDGE_TESTS_CHILD";

/// Runs this very test in a process of its own, below the shell's `ulimit` with `limit`, where `child` is run for each kind
/// of loop.
fn limited(test: &str, limit: &str, stack: &str, child: fn(Kind)) {
    if std::env::var_os(CHILD).is_some() {
        return Kind::LOOPS.into_iter().for_each(|kind| {
            println!("on {kind:?}");
            child(kind);
        });
    }
    let program = std::env::current_exe().unwrap();
    let (test, limit, stack) = (test.to_owned(), limit.to_owned(), stack.to_owned());
    let script = format!("ulimit {limit} && exec \"$0\" --exact {test} --nocapture --test-threads=1");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(program).env(CHILD, "1").env("RUST_MIN_STACK", stack);
    let out = shell.output().unwrap();
    let output = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && output.contains("1 passed"), "{output}");
}

fn open_files() -> usize {
    // The directory that is read is one of them, each time.
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn assert_works(kind: Kind) {
    let on = AnyLoop::start(kind);
    assert_eq!(on.block_on(async { 1 }).unwrap(), 1);
    on.shutdown(None).unwrap();
}

#[test]
fn a_loop_that_gets_no_file_descriptor_is_an_error_and_the_next_one_works() {
    limited("a_loop_that_gets_no_file_descriptor_is_an_error_and_the_next_one_works", "-n 100", "2097152", |kind| {
        assert_works(kind);
        let (files, before) = (open_files(), Threads::now());
        let mut all: Vec<_> = std::iter::repeat_with(|| File::open("/dev/null")).map_while(Result::ok).collect();
        // From none on, one more each time, it fails at another place, until there are enough.
        let mut failed = 0;
        while let Err(error) = AnyLoop::try_start(kind) {
            assert!(error.raw_os_error().is_some(), "{error}");
            failed += 1;
            all.pop().expect("it does not need as many as that");
            let held = all.len();
            let left: Vec<_> = std::iter::repeat_with(|| File::open("/dev/null")).map_while(Result::ok).collect();
            assert_eq!(left.len(), failed, "a start that failed keeps descriptors open, besides {held}");
        }
        assert!(failed > 0);
        drop(all);
        assert_eq!(open_files(), files);
        // A thread that is joined takes a moment to leave the list.
        wait_until(|| before.started_since() == 0);
        assert_works(kind);
    });
}

/// Bytes of a thread's stack, by default, in the child.
const STACK: usize = 64 << 20;

/// Kibibytes of address space that the child has.
const SPACE: usize = 3_000_000;

/// How many bytes of its address space are free.
fn room() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let size: usize = size.trim().trim_end_matches(" kB").parse().unwrap();
    (SPACE - size) << 10
}

#[test]
fn a_loop_that_gets_no_thread_is_an_error_and_the_next_one_works() {
    let test = "a_loop_that_gets_no_thread_is_an_error_and_the_next_one_works";
    limited(test, &format!("-v {SPACE}"), &STACK.to_string(), |kind| {
        assert_works(kind);
        let before = Threads::now();
        let (release, held) = mpsc::channel::<()>();
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let mut full = Vec::new();
        // Until there is no room for such a stack, but enough for what else is allocated, which nothing survives to lack.
        while room() > STACK * 3 / 4 {
            let held = std::sync::Arc::clone(&held);
            let (sender, runs) = mpsc::channel();
            let hold = move || {
                sender.send(()).unwrap();
                _ = held.lock().unwrap().recv();
            };
            full.push(thread::Builder::new().stack_size(STACK / 4).spawn(hold).unwrap());
            // What a thread takes when it starts is taken.
            runs.recv().unwrap();
        }
        for _ in 0..3 {
            let busy = Threads::now();
            assert!(AnyLoop::try_start(kind).is_err());
            wait_until(|| busy.started_since() == 0);
        }
        drop(release);
        full.into_iter().for_each(|thread| thread.join().unwrap());
        wait_until(|| before.started_since() == 0);
        assert_works(kind);
    });
}

#[test]
fn a_process_wide_loop_that_gets_no_file_descriptor_is_an_error_and_the_next_try_works() {
    let test = "a_process_wide_loop_that_gets_no_file_descriptor_is_an_error_and_the_next_try_works";
    limited(test, "-n 100", "2097152", |kind| {
        let start = || match kind {
            Kind::SharedLoop => bridge::try_shared(),
            _ => bridge::try_global().map(|global| &**global),
        };
        let all: Vec<_> = std::iter::repeat_with(|| File::open("/dev/null")).map_while(Result::ok).collect();
        for _ in 0..2 {
            assert!(start().unwrap_err().raw_os_error().is_some());
            assert!(bridge::try_next_shared().unwrap_err().raw_os_error().is_some());
        }
        drop(all);
        for _ in 0..2 {
            assert_eq!(bridge::next_shared().block_on(async { 1 }).unwrap(), 1);
        }
        let started = start().unwrap();
        assert_eq!(started.block_on(async { 1 }).unwrap(), 1);
        let again: &bridge::Handle = if kind == Kind::SharedLoop { bridge::shared() } else { bridge::global() };
        assert!(std::ptr::eq(start().unwrap(), started) && std::ptr::eq(again, started));
    });
}

/// Companions on the process-wide loops, which return that these do not start.
mod companions {
    use std::io;
    use std::time::Duration;

    use bridge::{Error, Handle, LocalHandle, threadsafe};
    use futures::stream::{self, BoxStream, StreamExt as _};

    #[threadsafe(handle = bridge::global(), fallible)]
    pub(crate) async fn wrapped() -> u64 {
        1
    }

    #[threadsafe(handle = ::bridge::shared(), fallible)]
    pub(crate) async fn folded() -> io::Result<u64> {
        Ok(1)
    }

    #[threadsafe(handle = bridge::global(), timeout = Duration::MAX)]
    pub(crate) async fn timed() -> io::Result<u64> {
        Ok(1)
    }

    #[threadsafe(handle = (bridge::global()), local, fallible)]
    pub(crate) async fn local() -> io::Result<u64> {
        Ok(1)
    }

    fn text(error: Error) -> String {
        error.to_string()
    }

    #[threadsafe(handle = bridge::shared(), fallible = text)]
    pub(crate) async fn converted() -> Result<u64, String> {
        Ok(1)
    }

    #[threadsafe(handle = bridge::try_global(), fallible)]
    pub(crate) async fn tried() -> u64 {
        1
    }

    #[threadsafe(handle = bridge::global().with_timeout(Duration::from_secs(60)), fallible)]
    pub(crate) async fn limited() -> u64 {
        1
    }

    #[threadsafe(handle = bridge::try_shared()?, fallible)]
    pub(crate) async fn asked() -> u64 {
        1
    }

    #[threadsafe(handle = bridge::try_global()?, fallible)]
    pub(crate) async fn asked_for_an_error_of_its_own() -> io::Result<u64> {
        Ok(1)
    }

    #[threadsafe(handle = bridge::shared(), stream, fallible)]
    pub(crate) fn items() -> BoxStream<'static, io::Result<u64>> {
        stream::iter([Ok(1)]).boxed()
    }

    #[threadsafe(handle = bridge::try_shared()?, stream, fallible)]
    pub(crate) fn items_that_were_asked() -> BoxStream<'static, io::Result<u64>> {
        stream::iter([Ok(1)]).boxed()
    }

    #[threadsafe(handle = bridge::global(), stream, fallible)]
    pub(crate) fn numbers() -> BoxStream<'static, u64> {
        stream::iter([1]).boxed()
    }

    /// An error of the user's, for both ways.
    pub(crate) struct Missing(io::Error);

    impl From<Missing> for Error {
        fn from(missing: Missing) -> Error {
            Error::NotStarted(missing.0)
        }
    }

    fn try_loop() -> Result<Handle, Missing> {
        bridge::try_shared().cloned().map_err(Missing)
    }

    #[threadsafe(handle = try_loop(), fallible)]
    pub(crate) async fn of_a_function() -> u64 {
        1
    }

    pub(crate) struct Client;

    impl Client {
        fn try_loop(&self) -> io::Result<&LocalHandle> {
            bridge::try_global()
        }
    }

    #[threadsafe(handle = self.try_loop(), fallible)]
    impl Client {
        pub(crate) async fn of_a_method(self) -> u64 {
            1
        }
    }

    type Outcomes = ([Result<u64, Error>; 7], [io::Result<u64>; 6], Result<u64, String>);

    /// One call of each companion that returns an error: of those that wrap it, of those that fold it, and of the one that
    /// converts it.
    pub(crate) fn calls() -> Outcomes {
        let first = |mut items: bridge::Iter<io::Result<u64>>| {
            let first = items.next().unwrap();
            assert!(items.next().is_none());
            first
        };
        let wrapped = [
            wrapped_blocking(),
            tried_blocking(),
            limited_blocking(),
            asked_blocking(),
            of_a_function_blocking(),
            Client.of_a_method_blocking(),
            numbers_blocking().map(|mut numbers| numbers.next().unwrap()),
        ];
        let folded = [
            folded_blocking(),
            timed_blocking(),
            local_blocking(),
            asked_for_an_error_of_its_own_blocking(),
            first(items_blocking()),
            first(items_that_were_asked_blocking()),
        ];
        (wrapped, folded, converted_blocking())
    }

    #[threadsafe(handle = bridge::global())]
    pub(crate) async fn panics() {}

    #[threadsafe(handle = bridge::global(), submit, fallible)]
    pub(crate) async fn submitted() {}

    /// A user's own, which is not taken for `bridge::global`.
    fn global() -> &'static Handle {
        bridge::shared()
    }

    #[threadsafe(handle = global(), fallible)]
    pub(crate) async fn of_another_global() -> u64 {
        1
    }
}

#[test]
fn a_fallible_companion_returns_that_a_process_wide_loop_does_not_start() {
    use bridge::Error;
    use companions::{calls, of_another_global_blocking, panics_blocking, submitted_submit};

    let test = "a_fallible_companion_returns_that_a_process_wide_loop_does_not_start";
    limited(test, "-n 100", "2097152", |kind| {
        if kind != Kind::SharedLoop {
            return;
        }
        let all: Vec<_> = std::iter::repeat_with(|| File::open("/dev/null")).map_while(Result::ok).collect();
        let (wrapped, folded, converted) = calls();
        for result in wrapped {
            let Err(Error::NotStarted(error)) = result else { panic!("{result:?}") };
            assert!(error.raw_os_error().is_some(), "{error}");
        }
        for result in folded {
            let error = result.unwrap_err();
            let of_the_system = std::io::Error::from_raw_os_error(libc::EMFILE);
            assert_eq!(error.kind(), of_the_system.kind(), "{error}");
            assert!(error.to_string().contains(&of_the_system.to_string()), "{error}");
        }
        assert!(converted.unwrap_err().contains("could not be started"));
        // Where nothing is returned, the caller's line is named.
        let here = line(1);
        let (text, at) = panic_of(|| panics_blocking());
        assert!(text.contains("could not be started") && at == here, "{at}: {text}");
        let here = line(1);
        let (text, at) = panic_of(|| drop(submitted_submit()));
        assert!(text.contains("could not be started") && at == here, "{at}: {text}");
        drop(all);
        let (wrapped, folded, converted) = calls();
        assert!(wrapped.into_iter().all(|result| result.unwrap() == 1));
        assert!(folded.into_iter().all(|result| result.unwrap() == 1));
        assert_eq!(converted, Ok(1));
        assert_eq!(of_another_global_blocking().unwrap(), 1);
        panics_blocking();
        submitted_submit().result().unwrap();
    });
}

/// A facade whose loop is the process's, which its first call starts.
#[allow(unreachable_pub, reason = "a facade has the functions that are `pub`")]
mod facade {
    use std::io;
    use std::time::Duration;

    use bridge::threadsafe;
    use futures::stream::{self, BoxStream, StreamExt as _};

    pub(crate) struct Client;

    pub(crate) mod blocking {
        bridge::facade! {
            handle = bridge::shared();
            pub(crate) struct Client(super::Client);
        }
    }

    #[threadsafe(facade = blocking)]
    impl Client {
        pub fn new() -> Client {
            Client
        }

        pub async fn connect() -> io::Result<Client> {
            Ok(Client)
        }

        pub async fn get(&self) -> io::Result<u64> {
            Ok(1)
        }

        #[threadsafe(timeout = Duration::from_secs(60))]
        pub async fn timed(&self) -> io::Result<u64> {
            Ok(1)
        }

        pub fn items(&self) -> BoxStream<'static, io::Result<u64>> {
            stream::iter([Ok(1)]).boxed()
        }

        pub async fn count(&self) -> u64 {
            1
        }
    }

    pub(crate) struct Single;

    #[threadsafe(facade = pub(crate) BlockingSingle, handle = bridge::global())]
    impl Single {
        pub async fn open() -> io::Result<u64> {
            Ok(1)
        }

        #[threadsafe(local)]
        pub async fn local() -> io::Result<u64> {
            Ok(1)
        }
    }
}

#[test]
fn a_facade_returns_that_a_process_wide_loop_does_not_start() {
    use facade::{BlockingSingle, blocking::Client};

    let test = "a_facade_returns_that_a_process_wide_loop_does_not_start";
    limited(test, "-n 100", "2097152", |kind| {
        if kind != Kind::SharedLoop {
            return;
        }
        let client = Client::new();
        let calls = || {
            [
                Client::connect().map(|_| 1),
                client.get(),
                client.timed(),
                client.items().next().unwrap(),
                BlockingSingle::open(),
                BlockingSingle::local(),
            ]
        };
        let all: Vec<_> = std::iter::repeat_with(|| File::open("/dev/null")).map_while(Result::ok).collect();
        for result in calls() {
            let error = result.unwrap_err();
            let error = error.get_ref().and_then(|error| error.downcast_ref());
            assert!(matches!(error, Some(bridge::Error::NotStarted(_))), "{error:?}");
        }
        let here = line(1);
        let (text, at) = panic_of(|| client.count());
        assert!(text.contains("Client::count") && text.contains("could not be started") && at == here, "{at}: {text}");
        let here = line(1);
        let (text, at) = panic_of(|| bridge::Facade::handle(&client));
        assert!(text.contains("could not be started") && at == here, "{at}: {text}");
        assert!(matches!(bridge::Facade::try_handle(&client), Err(bridge::Error::NotStarted(_))));
        drop(all);
        assert!(bridge::Facade::try_handle(&client).is_ok());
        assert!(calls().into_iter().all(|result| result.unwrap() == 1));
        assert_eq!(client.count(), 1);
    });
}

#[test]
fn a_result_that_waits_to_be_asked_for_holds_nothing_of_a_loop_that_has_ended() {
    let name = "a_result_that_waits_to_be_asked_for_holds_nothing_of_a_loop_that_has_ended";
    limited(name, "-n 1000", "2097152", |kind| {
        assert_works(kind);
        let files = open_files();
        let submit = || AnyLoop::start(kind).submit(std::future::pending::<()>());
        let closed: Vec<_> = std::iter::repeat_with(submit).take(10).collect();
        let finish = || {
            let on = AnyLoop::start(kind);
            let task = on.submit(async {
                tokio::task::yield_now().await;
                7
            });
            on.shutdown(None).unwrap();
            task
        };
        let finished: Vec<_> = std::iter::repeat_with(finish).take(10).collect();
        assert_eq!(open_files(), files);
        assert!(closed.into_iter().all(|task| matches!(task.result(), Err(bridge::Error::Closed))));
        assert!(finished.into_iter().all(|task| task.result().unwrap() == 7));
    });
}

#[test]
fn a_facade_holds_no_more_of_a_loop_that_has_ended_than_a_handle() {
    limited("a_facade_holds_no_more_of_a_loop_that_has_ended_than_a_handle", "-n 1000", "2097152", |kind| {
        assert_works(kind);
        let held_by = |facade: bool| {
            let files = open_files();
            let ended = || {
                let on = AnyLoop::start(kind);
                let (handle, held) = (on.handle().clone(), facade.then(|| Held::new(7, On::new(&on))));
                drop((held.clone(), facade.then(|| on.enter())));
                on.shutdown(None).unwrap();
                (handle, held)
            };
            let held: Vec<_> = std::iter::repeat_with(ended).take(10).collect();
            let (files, before) = (open_files() - files, Threads::now());
            let entered = held[0].0.enter();
            assert!(tokio::runtime::Handle::try_current().is_ok());
            assert_eq!(before.started_since(), 0);
            drop(entered);
            files
        };
        assert_eq!([held_by(true), held_by(false)], [0, 0]);
    });
}

#[test]
fn the_handles_of_loops_that_have_ended_hold_no_file_descriptor() {
    limited("the_handles_of_loops_that_have_ended_hold_no_file_descriptor", "-n 1000", "2097152", |kind| {
        assert_works(kind);
        let ends: [fn(AnyLoop); 3] =
            [drop, |on| on.shutdown(None).unwrap(), |on| drop(on.shutdown(Some(std::time::Duration::ZERO)))];
        for end in ends {
            let files = open_files();
            let ended = || {
                let on = AnyLoop::start(kind);
                let handle = on.handle().clone();
                assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
                let task = on.submit(async { tokio::time::sleep(std::time::Duration::from_millis(1)).await });
                let (local, canceller) = (on.local().cloned(), task.canceller());
                task.result().unwrap();
                end(on);
                (handle, local, canceller)
            };
            let kept: Vec<_> = std::iter::repeat_with(ended).take(50).collect();
            assert_eq!(open_files(), files);
            assert!(kept.iter().all(|(handle, ..)| handle.is_closed()));
        }
    });
}

#[test]
fn a_handle_of_a_run_that_has_ended_holds_no_file_descriptor() {
    limited("a_handle_of_a_run_that_has_ended_holds_no_file_descriptor", "-n 1000", "2097152", |_| {
        let run = || bridge::run(async { (bridge::Handle::current(), bridge::LocalHandle::current()) });
        drop(run());
        let files = open_files();
        let kept: Vec<_> = std::iter::repeat_with(run).take(50).collect();
        assert_eq!(open_files(), files);
        assert!(kept.iter().all(|(handle, _)| handle.is_closed()));
    });
}
