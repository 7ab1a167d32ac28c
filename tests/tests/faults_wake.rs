//! A loop that the system does not let anybody wake: tokio panics, on the thread that was to wake it. Tried in a process of
//! its own, which is to end.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::fs::{self, File};
use std::future::poll_fn;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{self, Command};
use std::task::Poll;
use std::time::Duration;

use bridge::EventLoop;
// Its timeout ends a test that hangs.
use bridge_tests as _;

/// Set in the child.
const CHILD: &str = "BRIDGE_TESTS_CHILD";

/// Puts a file that cannot be written to in the place of each descriptor that a loop of this process is woken by.
fn let_no_loop_be_woken() {
    let unwritable = File::open("/dev/null").unwrap();
    let is_for_wakes =
        |path: &fs::DirEntry| fs::read_link(path.path()).is_ok_and(|to| to.ends_with("anon_inode:[eventfd]"));
    let all: Vec<_> = fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap).filter(is_for_wakes).collect();
    assert!(!all.is_empty());
    for entry in all {
        let number = entry.file_name().to_str().unwrap().parse().unwrap();
        // SAFETY: both are open. What the loop has of the old one is its number, and that stays open.
        assert_eq!(unsafe { libc::dup2(unwritable.as_raw_fd(), number) }, number);
    }
}

/// What the child does: a call that reaches its deadline while the loop sleeps, and has the call's future.
fn calls_a_loop_that_cannot_be_woken() {
    let event_loop = EventLoop::builder().spin(Duration::ZERO).build().unwrap();
    let handle = event_loop.with_timeout(Duration::from_millis(500));
    let future = poll_fn(|_| {
        let_no_loop_be_woken();
        Poll::<()>::Pending
    });
    let left = catch_unwind(AssertUnwindSafe(|| handle.block_on(future)));
    // Here it is too late: that was on this function's stack. Nothing else runs that might end the process by itself.
    eprintln!("the call was left: {}", if left.is_ok() { "it returned" } else { "it unwound" });
    process::exit(0);
}

#[test]
fn a_scoped_call_whose_loop_cannot_be_woken_to_drop_the_future_aborts_the_process() {
    if std::env::var_os(CHILD).is_some() {
        return calls_a_loop_that_cannot_be_woken();
    }
    let test = "a_scoped_call_whose_loop_cannot_be_woken_to_drop_the_future_aborts_the_process";
    // No core file is written.
    let script = format!("ulimit -c 0 && exec \"$0\" --exact {test} --nocapture --test-threads=1");
    let program = std::env::current_exe().unwrap();
    let out = Command::new("sh").arg("-c").arg(script).arg(program).env(CHILD, "1").output().unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.signal(), Some(libc::SIGABRT), "{}: {stderr}", out.status);
    // It was for the one panic of tokio's, and not for a second one on top of it, which aborts as well.
    assert!(stderr.contains("failed to wake") && stderr.matches("panicked at").count() == 1, "{stderr}");
}
