//! What becomes of the bridge's own errors.

use std::{fmt, io};

use bridge::{Error, EventLoop, Handle, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;

fn closed() -> Handle {
    let event_loop = EventLoop::new().unwrap();
    Handle::clone(&event_loop)
}

#[threadsafe(fallible)]
async fn plain(id: u64) -> u64 {
    id
}

#[test]
fn a_plain_value_is_wrapped() {
    assert_eq!(plain_blocking(bridge::global(), 7).unwrap(), 7);
    assert!(matches!(plain_blocking(&closed(), 7), Err(Error::Closed)));
}

#[threadsafe(fallible)]
async fn unit() {}

#[test]
fn no_value_is_wrapped_too() {
    let result: Result<(), Error> = unit_blocking(&closed());
    assert!(matches!(result, Err(Error::Closed)));
}

#[threadsafe(fallible)]
async fn read(id: u64) -> io::Result<u64> {
    if id == 0 { Err(io::ErrorKind::NotFound.into()) } else { Ok(id) }
}

#[test]
fn a_result_takes_the_bridges_error_in() {
    assert_eq!(read_blocking(bridge::global(), 7).unwrap(), 7);
    assert_eq!(read_blocking(&closed(), 7).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn the_functions_own_error_stays_what_it_is() {
    assert_eq!(read_blocking(bridge::global(), 0).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[derive(Debug)]
enum MyError {
    Mine,
    Bridge(Error),
}

impl From<Error> for MyError {
    fn from(error: Error) -> MyError {
        MyError::Bridge(error)
    }
}

impl fmt::Display for MyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mine")
    }
}

type Answer<T> = Result<T, MyError>;

#[threadsafe(fallible = fold)]
async fn answer(id: u64) -> Answer<u64> {
    if id == 0 { Err(MyError::Mine) } else { Ok(id) }
}

#[test]
fn an_alias_of_another_name_folds_with_fallible_fold() {
    assert!(matches!(answer_blocking(bridge::global(), 0), Err(MyError::Mine)));
    assert!(matches!(answer_blocking(&closed(), 7), Err(MyError::Bridge(Error::Closed))));
}

#[threadsafe(fallible = wrap)]
async fn nested(id: u64) -> Result<u64, String> {
    if id == 0 { Err("zero".into()) } else { Ok(id) }
}

#[test]
fn a_result_is_wrapped_with_fallible_wrap() {
    assert_eq!(nested_blocking(bridge::global(), 0).unwrap(), Err("zero".into()));
    assert!(matches!(nested_blocking(&closed(), 7), Err(Error::Closed)));
}

#[threadsafe(fallible)]
async fn boxed(id: u64) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    Ok(id)
}

#[test]
fn a_boxed_error_takes_the_bridges_in() {
    let error = boxed_blocking(&closed(), 7).unwrap_err();
    assert!(error.is::<Error>());
}

#[threadsafe(fallible, local)]
async fn local(id: u64) -> io::Result<u64> {
    Ok(id)
}

#[threadsafe(fallible = wrap, local)]
async fn local_wrapped(id: u64) -> u64 {
    id
}

#[test]
fn local_companions_return_it_too() {
    let handle = EventLoop::new().unwrap().handle().clone();
    assert_eq!(local_blocking(&handle, 7).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert!(matches!(local_wrapped_blocking(&handle, 7), Err(Error::Closed)));
    assert_eq!(local_blocking(bridge::global(), 7).unwrap(), 7);
    assert_eq!(local_wrapped_blocking(bridge::global(), 7).unwrap(), 7);
}

#[test]
fn a_deadlock_is_returned() {
    let event_loop = EventLoop::new().unwrap();
    let inner = event_loop.block_on(async { plain_blocking(&Handle::current(), 7) }).unwrap();
    assert!(matches!(inner, Err(Error::WouldDeadlock(_))));
}

#[threadsafe(fallible)]
async fn throw() -> io::Result<()> {
    panic!("on purpose")
}

#[test]
#[should_panic(expected = "on purpose")]
fn a_panic_is_no_error() {
    drop(throw_blocking(bridge::global()));
}

type MyResult<T> = Result<T, MyError>;

#[threadsafe(fallible)]
async fn aliased(id: u64) -> MyResult<u64> {
    Ok(id)
}

#[test]
fn an_alias_whose_name_ends_in_result_folds() {
    let value: MyResult<u64> = aliased_blocking(bridge::global(), 7);
    assert_eq!(value.unwrap(), 7);
    assert!(matches!(aliased_blocking(&closed(), 7), Err(MyError::Bridge(Error::Closed))));
}

/// As it is in another crate: nothing can be implemented for it.
fn to_fmt_error(error: Error) -> fmt::Error {
    assert!(matches!(error, Error::Closed));
    fmt::Error
}

fn generic<E: From<Error>>(error: Error) -> E {
    error.into()
}

struct Client;

#[threadsafe(fallible = to_fmt_error)]
impl Client {
    async fn get(&self, id: u64) -> Result<u64, fmt::Error> {
        Ok(id)
    }

    #[threadsafe(local)]
    async fn local(&self) -> fmt::Result {
        Ok(())
    }

    #[threadsafe(fallible = generic::<MyError>)]
    async fn answer(&self) -> Answer<u64> {
        Ok(1)
    }

    #[threadsafe(fallible = wrap)]
    async fn count(&self) -> u64 {
        2
    }
}

#[test]
fn a_function_that_is_named_makes_the_functions_error_of_the_bridges() {
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(Client.get_blocking(&event_loop, 7), Ok(7));
    assert_eq!(Client.local_blocking(&event_loop), Ok(()));
    assert_eq!(Client.answer_blocking(&event_loop).unwrap(), 1);
    assert_eq!(Client.count_blocking(&event_loop).unwrap(), 2);
    event_loop.close();
    assert_eq!(Client.get_blocking(&event_loop, 7), Err(fmt::Error));
    assert_eq!(Client.local_blocking(&event_loop), Err(fmt::Error));
    assert!(matches!(Client.answer_blocking(&event_loop), Err(MyError::Bridge(Error::Closed))));
    assert!(matches!(Client.count_blocking(&event_loop), Err(Error::Closed)));
}
