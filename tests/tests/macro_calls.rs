//! A companion call is a plain call of the async fn.

mod common;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::thread;
use std::time::Duration;

use bridge::{EventLoop, Handle, threadsafe};
use bridge_tests::{DropGuard, Drops, event_loop};
use common::{line, panic_of};

#[threadsafe]
async fn greet(id: u64, name: &str) -> io::Result<String> {
    tokio::task::yield_now().await;
    if id == 0 { Err(io::Error::other("nobody")) } else { Ok(format!("{name} {id}")) }
}

#[test]
fn the_value_comes_back() {
    assert_eq!(greet_blocking(&event_loop(), 7, "agent").unwrap(), "agent 7");
}

#[test]
fn the_functions_own_error_comes_back_unchanged() {
    let error = greet_blocking(&event_loop(), 0, "agent").unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::Other, "nobody"));
}

#[threadsafe]
async fn thread_id() -> thread::ThreadId {
    thread::current().id()
}

#[test]
fn it_runs_on_the_loops_thread() {
    let event_loop = event_loop();
    let inside = thread_id_blocking(&event_loop);
    assert_eq!(inside, common::thread_of(&event_loop));
    assert_ne!(inside, thread::current().id());
}

#[threadsafe]
async fn fill(numbers: &mut Vec<u64>, from: &[u64]) -> usize {
    for number in from {
        tokio::task::yield_now().await;
        numbers.push(*number);
    }
    numbers.len()
}

#[test]
fn it_borrows_from_the_callers_stack() {
    let (mut numbers, from) = (vec![1], [2, 3]);
    assert_eq!(fill_blocking(&event_loop(), &mut numbers, &from), 3);
    assert_eq!(numbers, [1, 2, 3]);
}

#[threadsafe]
async fn first_word(text: &str) -> &str {
    tokio::task::yield_now().await;
    text.split(' ').next().unwrap_or(text)
}

#[test]
fn the_output_borrows_from_the_argument_and_not_from_the_handle() {
    let text = String::from("two words");
    let word = {
        let event_loop = event_loop();
        first_word_blocking(&event_loop, &text)
    };
    assert_eq!(word, "two");
}

#[threadsafe]
async fn describe(number: &u64) -> impl std::fmt::Display {
    tokio::task::yield_now().await;
    format!("<{number}>")
}

#[test]
fn an_output_of_a_hidden_type_outlives_the_handle() {
    let number = 7;
    let shown = {
        let event_loop = event_loop();
        describe_blocking(&event_loop, &number)
    };
    assert_eq!(shown.to_string(), "<7>");
}

#[threadsafe]
async fn throw(payload: u16) {
    tokio::task::yield_now().await;
    panic_any(payload);
}

#[test]
fn a_panic_comes_back_with_its_own_payload() {
    let event_loop = event_loop();
    let payload = catch_unwind(AssertUnwindSafe(|| throw_blocking(&event_loop, 7))).unwrap_err();
    assert_eq!(*payload.downcast::<u16>().unwrap(), 7);
    assert_eq!(greet_blocking(&event_loop, 1, "again").unwrap(), "again 1");
}

#[threadsafe]
async fn hold(_guard: DropGuard) {
    tokio::task::yield_now().await;
}

#[test]
fn nothing_of_the_future_is_left_when_the_call_returns() {
    let (event_loop, drops) = (event_loop(), Drops::new());
    hold_blocking(&event_loop, drops.guard());
    assert_eq!(drops.threads(), [common::thread_of(&event_loop)]);
}

#[test]
fn a_closed_loop_panics_at_the_callers_line_and_says_which_companion() {
    let handle = event_loop().handle().clone();
    let here = line(1);
    let (text, site) = panic_of(|| greet_blocking(&handle, 1, "late"));
    assert_eq!(site, here);
    assert!(text.starts_with("`greet_blocking`: "), "{text}");
    assert!(text.contains("closed") && text.contains("#[threadsafe(fallible)]"), "{text}");
}

#[test]
fn the_loops_own_thread_panics_instead_of_waiting_for_itself() {
    let event_loop = event_loop();
    let (text, site, here) = event_loop
        .block_on(async {
            let handle = Handle::current();
            let here = line(1);
            let (text, site) = panic_of(|| thread_id_blocking(&handle));
            (text, site, here)
        })
        .unwrap();
    assert_eq!(site, here);
    assert!(text.starts_with("`thread_id_blocking`: "), "{text}");
}

#[threadsafe]
async fn stay() {
    std::future::pending::<()>().await;
}

#[test]
fn a_timeout_of_the_handle_is_the_calls_timeout() {
    let event_loop = event_loop();
    let (text, _) = panic_of(|| stay_blocking(&event_loop.with_timeout(Duration::from_millis(5))));
    assert!(text.contains("`stay_blocking`") && text.contains("5ms"), "{text}");
}

#[test]
fn it_works_in_a_destructor_that_runs_while_unwinding() {
    struct Greets<'a>(&'a EventLoop, &'a mut Option<String>);
    impl Drop for Greets<'_> {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *self.1 = greet_blocking(self.0, 1, "unwinding").ok();
        }
    }
    let (event_loop, mut greeting) = (event_loop(), None);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _greets = Greets(&event_loop, &mut greeting);
        panic!("on purpose");
    }));
    assert!(unwound.is_err());
    assert_eq!(greeting.as_deref(), Some("unwinding 1"));
}

#[test]
fn an_event_loop_its_handles_and_a_tokio_runtimes_handle_all_do() {
    let event_loop = event_loop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let external = Handle::from(&runtime);
    for handle in [&event_loop as &Handle, event_loop.handle(), &event_loop.handle().clone(), &external] {
        assert_eq!(greet_blocking(handle, 1, "any").unwrap(), "any 1");
    }
}
