//! Loops that cannot start: no file descriptors, no room for a thread's stack. An `Err`, nothing is left behind, and
//! the next one works. And loops that have ended, which hold none of these. Each is tried in a process of its own, whose
//! limits the shell sets.

use std::fs::File;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use bridge::EventLoop;
use bridge_tests::load::threads;
use bridge_tests::{HANGS, wait_until, watchdog};

/// Set in the child.
const CHILD: &str = "BRIDGE_TESTS_CHILD";

/// Runs this very test in a process of its own, below the shell's `ulimit` with `limit`, where `child` is run.
fn limited(test: &str, limit: &str, stack: &str, child: fn()) {
    if std::env::var_os(CHILD).is_some() {
        return child();
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

fn assert_works() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(event_loop.block_on(async { 1 }).unwrap(), 1);
    event_loop.shutdown().unwrap();
}

#[test]
fn a_loop_that_gets_no_file_descriptor_is_an_error_and_the_next_one_works() {
    limited("a_loop_that_gets_no_file_descriptor_is_an_error_and_the_next_one_works", "-n 100", "2097152", || {
        assert_works();
        let (files, running) = (open_files(), threads());
        let mut all: Vec<_> = std::iter::repeat_with(|| File::open("/dev/null")).map_while(Result::ok).collect();
        // From none on, one more each time, it fails at another place, until there are enough.
        let mut failed = 0;
        while let Err(error) = EventLoop::new() {
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
        assert_works();
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
    limited(test, &format!("-v {SPACE}"), &STACK.to_string(), || {
        assert_works();
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
            assert!(EventLoop::new().is_err());
            wait_until(|| threads() <= busy);
        }
        drop(release);
        full.into_iter().for_each(|thread| thread.join().unwrap());
        wait_until(|| threads() <= running);
        assert_works();
    });
}

#[test]
fn a_result_that_waits_to_be_asked_for_holds_nothing_of_a_loop_that_has_ended() {
    let name = "a_result_that_waits_to_be_asked_for_holds_nothing_of_a_loop_that_has_ended";
    limited(name, "-n 1000", "2097152", || {
        assert_works();
        let files = open_files();
        let submit = || EventLoop::new().unwrap().submit(std::future::pending::<()>());
        let closed: Vec<_> = std::iter::repeat_with(submit).take(10).collect();
        let finish = || {
            let event_loop = EventLoop::new().unwrap();
            let task = event_loop.submit(async {
                tokio::task::yield_now().await;
                7
            });
            event_loop.shutdown().unwrap();
            task
        };
        let finished: Vec<_> = std::iter::repeat_with(finish).take(10).collect();
        assert_eq!(open_files(), files);
        assert!(closed.into_iter().all(|task| matches!(task.result(), Err(bridge::Error::Closed))));
        assert!(finished.into_iter().all(|task| task.result().unwrap() == 7));
    });
}
