//! Loops that cannot start: no file descriptors, no room for a thread's stack. An `Err`, nothing is left behind, and
//! the next one works. And loops that have ended, which hold none of these. Each is tried in a process of its own, whose
//! limits the shell sets.

use std::fs::File;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use bridge::__private::facade::{Held, On};
use bridge_tests::kinds::{AnyLoop, Kind};
use bridge_tests::load::threads;
use bridge_tests::{HANGS, wait_until, watchdog};

/// Set in the child.
const CHILD: &str = "BRIDGE_TESTS_CHILD";

/// Runs this very test in a process of its own, below the shell's `ulimit` with `limit`, where `child` is run for each kind
/// of loop.
fn limited(test: &str, limit: &str, stack: &str, child: fn(Kind)) {
    if std::env::var_os(CHILD).is_some() {
        return Kind::OURS.into_iter().for_each(|kind| {
            println!("on {kind:?}");
            child(kind);
        });
    }
    let program = std::env::current_exe().unwrap();
    let (test, limit, stack) = (test.to_owned(), limit.to_owned(), stack.to_owned());
    watchdog(HANGS, move || {
        let script = format!("ulimit {limit} && exec \"$0\" --exact {test} --nocapture --test-threads=1");
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(program).env(CHILD, "1").env("RUST_MIN_STACK", stack);
        let out = shell.output().unwrap();
        let told = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() && told.contains("1 passed"), "{told}");
    });
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
        let (files, running) = (open_files(), threads());
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
        wait_until(|| threads() <= running);
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
        let running = threads();
        let (release, held) = mpsc::channel::<()>();
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let mut full = Vec::new();
        // Until there is no room for such a stack, but enough for what else is allocated, which nothing survives to lack.
        while room() > STACK * 3 / 4 {
            let held = std::sync::Arc::clone(&held);
            let (tell, runs) = mpsc::channel();
            let hold = move || {
                tell.send(()).unwrap();
                _ = held.lock().unwrap().recv();
            };
            full.push(thread::Builder::new().stack_size(STACK / 4).spawn(hold).unwrap());
            // What a thread takes when it starts is taken.
            runs.recv().unwrap();
        }
        for _ in 0..3 {
            let busy = threads();
            assert!(AnyLoop::try_start(kind).is_err());
            wait_until(|| threads() <= busy);
        }
        drop(release);
        full.into_iter().for_each(|thread| thread.join().unwrap());
        wait_until(|| threads() <= running);
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
        }
        drop(all);
        let started = start().unwrap();
        assert_eq!(started.block_on(async { 1 }).unwrap(), 1);
        let again: &bridge::Handle = if kind == Kind::SharedLoop { bridge::shared() } else { bridge::global() };
        assert!(std::ptr::eq(start().unwrap(), started) && std::ptr::eq(again, started));
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
            let (files, running) = (open_files() - files, threads());
            let entered = held[0].0.enter();
            assert!(tokio::runtime::Handle::try_current().is_ok());
            assert_eq!(threads(), running);
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
