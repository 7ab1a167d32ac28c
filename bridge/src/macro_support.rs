//! What the code that `#[threadsafe]` generates names. No part of the public API.
//!
//! rustc shows lines of this file in its errors about a companion, under "required by a bound in" and
//! "function defined here". So the bounds have comments that are written to be read there: they say what to do.

use std::future::Future;
use std::io;
use std::ops::{Deref, DerefMut};
#[cfg(feature = "stream")]
use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "stream")]
use futures_core::Stream;

use crate::error::Error;
use crate::handle::large::{block_on, is_large};
use crate::handle::{AsHandle, Handle, LocalHandle};
#[cfg(feature = "stream")]
use crate::stream::Iter;
use crate::task::Task;

/// What the code that `facade!` generates names.
#[cfg(feature = "facade")]
pub mod facade {
    pub use crate::facade::*;
}

#[cfg(feature = "facade")]
pub use bridge_macros::facade_impl;
#[cfg(feature = "macros")]
pub use bridge_macros::threadsafe;

#[cfg(feature = "facade")]
pub use crate::__facade_probe as facade_probe;

/// What a companion does: waits, and panics where only the bridge went wrong.
#[track_caller]
pub fn call<F, T>(companion: &'static str, handle: &(impl AsHandle + ?Sized), future: F) -> T
where
    F: Future<Output = T> + Send, // write `dyn A + Send` in arguments, or `#[threadsafe(local)]`; for generics, `bound(T::Item: Send)`
    T: Send,                      // the output goes back to the calling thread; of generics, `bound(T::Item: Send)`
{
    let handle = handle.as_handle();
    match block_on!(handle, Some(companion), future: F) {
        Ok(value) => value,
        Err(error) => misuse(companion, error),
    }
}

/// With `fallible = wrap`: the bridge's error is returned beside the value.
#[track_caller]
pub fn call_wrap<F, T>(companion: &'static str, handle: &(impl AsHandle + ?Sized), future: F) -> Result<T, Error>
where
    F: Future<Output = T> + Send, // write `dyn A + Send` in arguments, or `#[threadsafe(local)]`; for generics, `bound(T::Item: Send)`
    T: Send,                      // the output goes back to the calling thread; of generics, `bound(T::Item: Send)`
{
    let handle = handle.as_handle();
    block_on!(handle, Some(companion), future: F)
}

/// With `fallible = fold`: the bridge's error is returned as one of the function's own, which `convert` makes of it.
#[track_caller]
pub fn call_fold<F, T, E>(
    companion: &'static str,
    handle: &(impl AsHandle + ?Sized),
    future: F,
    convert: fn(Error) -> E,
) -> T
where
    F: Future<Output = T> + Send, // write `dyn A + Send` in arguments, or `#[threadsafe(local)]`; for generics, `bound(T::Item: Send)`
    T: IsResult<Error = E> + Send, // the output goes back to the calling thread
{
    let handle = handle.as_handle();
    block_on!(handle, Some(companion), future: F).unwrap_or_else(|error| T::error(convert(error)))
}

/// [`call`] with a future that is made on the loop and stays there.
#[track_caller]
pub fn call_local<M, F, T>(companion: &'static str, handle: &LocalHandle, make: M) -> T
where
    M: FnOnce() -> F + Send, // arguments cross threads, with `local` too: `&T` needs `T: Sync`, `dyn A` a `+ Send`
    F: Future<Output = T>,
    T: Send, // also with `local`, the output goes back to the calling thread
{
    match handle.block_on_local_for(Some(companion), make) {
        Ok(value) => value,
        Err(error) => misuse(companion, error),
    }
}

/// [`call_wrap`] with a future that is made on the loop and stays there.
#[track_caller]
pub fn call_local_wrap<M, F, T>(companion: &'static str, handle: &LocalHandle, make: M) -> Result<T, Error>
where
    M: FnOnce() -> F + Send, // arguments cross threads, with `local` too: `&T` needs `T: Sync`, `dyn A` a `+ Send`
    F: Future<Output = T>,
    T: Send, // also with `local`, the output goes back to the calling thread
{
    handle.block_on_local_for(Some(companion), make)
}

/// [`call_fold`] with a future that is made on the loop and stays there.
#[track_caller]
pub fn call_local_fold<M, F, T, E>(companion: &'static str, handle: &LocalHandle, make: M, convert: fn(Error) -> E) -> T
where
    M: FnOnce() -> F + Send, // arguments cross threads, with `local` too: `&T` needs `T: Sync`, `dyn A` a `+ Send`
    F: Future<Output = T>,
    T: IsResult<Error = E> + Send, // also with `local`, the output goes back to the calling thread
{
    handle.block_on_local_for(Some(companion), make).unwrap_or_else(|error| T::error(convert(error)))
}

/// What the companion of `submit` does.
#[track_caller]
pub fn submit<F, T>(handle: &(impl AsHandle + ?Sized), future: F) -> Task<T>
where
    F: Future<Output = T> + Send + 'static, // no `Send` is needed with `#[threadsafe(local)]`
    T: Send + 'static,                      // the output goes back to whoever has the task
{
    let handle = handle.as_handle();
    if const { is_large::<F>() } { handle.submit(Box::pin(future)) } else { handle.submit(future) }
}

/// [`submit`] with a future that is made on the loop and stays there.
#[track_caller]
pub fn submit_local<M, F, T>(handle: &LocalHandle, make: M) -> Task<T>
where
    M: FnOnce() -> F + Send + 'static, // also with `local`, the arguments go to the event loop's thread for good
    F: Future<Output = T> + 'static,
    T: Send + 'static, // the output goes back to whoever has the task
{
    handle.submit_local(make)
}

/// Makes a future where it is polled, on the calling thread or on the loop's, as an async fn's body is run.
pub async fn future<M, F, T>(make: M) -> T
where
    M: FnOnce() -> F,
    F: Future<Output = T>, // it must be `Send`, unless `#[threadsafe(local)]` is written
{
    make().await
}

/// Makes a stream where an async fn's body would run: on the thread that polls.
#[cfg(feature = "stream")]
pub async fn made<M, S>(make: M) -> S
where
    M: FnOnce() -> S,
{
    make()
}

/// With `stream`: waits until the stream is made, and gives its items.
#[cfg(feature = "stream")]
#[track_caller]
pub fn iter<F, S, T>(companion: &'static str, handle: &(impl AsHandle + ?Sized), future: F) -> Iter<T>
where
    F: Future<Output = S> + Send,         // the arguments go to the thread that polls
    S: Stream<Item = T> + Send + 'static, // the stream lives there, so it can borrow nothing
    T: Send + 'static,                    // its items come to the calling thread
{
    let handle = &*handle.as_handle();
    if const { is_large::<S>() } {
        handle.iter(call(companion, handle, boxed(future)))
    } else {
        handle.iter(call(companion, handle, future))
    }
}

/// [`iter`] with `fallible`.
#[cfg(feature = "stream")]
#[track_caller]
pub fn iter_wrap<F, S, T>(
    companion: &'static str,
    handle: &(impl AsHandle + ?Sized),
    future: F,
) -> Result<Iter<T>, Error>
where
    F: Future<Output = S> + Send,         // the arguments go to the thread that polls
    S: Stream<Item = T> + Send + 'static, // the stream lives there, so it can borrow nothing
    T: Send + 'static,                    // its items come to the calling thread
{
    let handle = &*handle.as_handle();
    Ok(if const { is_large::<S>() } {
        handle.iter(call_wrap(companion, handle, boxed(future))?)
    } else {
        handle.iter(call_wrap(companion, handle, future)?)
    })
}

/// [`iter`] with `fallible`, where the items are `Result`s: an error of the bridge is the last item, as `fold` has it.
#[cfg(feature = "stream")]
#[track_caller]
pub fn iter_fold<F, S, T>(
    companion: &'static str,
    handle: &(impl AsHandle + ?Sized),
    future: F,
    fold: fn(Error) -> T,
) -> Iter<T>
where
    F: Future<Output = S> + Send,         // the arguments go to the thread that polls
    S: Stream<Item = T> + Send + 'static, // the stream lives there, so it can borrow nothing
    T: Send + 'static,                    // its items come to the calling thread
{
    match iter_wrap(companion, handle, future) {
        Ok(iter) => iter.folding(fold),
        Err(error) => Iter::not_made(error, fold),
    }
}

/// Its output in a box: a large one is then not copied on its way to the caller.
#[cfg(feature = "stream")]
async fn boxed<F: Future>(future: F) -> Pin<Box<F::Output>> {
    Box::pin(future.await)
}

/// An error of the bridge, as `fallible` converts it.
pub fn fold<E>(error: Error) -> E
where
    E: FoldsError, // else write `fallible = wrap`, or `fallible = path` with a `fn(bridge::Error) -> E`
{
    E::fold(error)
}

/// A `Result` that is that error.
pub fn failed<T, E>(error: E) -> T
where
    T: IsResult<Error = E>, // else write `fallible = wrap`
{
    T::error(error)
}

/// A `Result` that is the error which `convert` makes of one of the bridge.
pub fn failed_by<T, E>(convert: fn(Error) -> E, error: Error) -> T
where
    T: IsResult<Error = E>, // else write `fallible = wrap`
{
    T::error(convert(error))
}

/// The type of a default-bodied fn's value, for `return` and `?`. Never called.
pub fn returned<T>() -> T {
    unreachable!("it is only there for its type")
}

/// Names what a function returns, `!` too.
pub trait Returns {
    /// Its value.
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

/// The option `timeout = …`: that loop, with the timeout in the place of the handle's.
pub fn timed(handle: &(impl AsHandle + ?Sized), timeout: Duration) -> Handle {
    handle.as_handle().with_own_timeout(timeout)
}

/// [`timed`] beside `local`.
pub fn timed_local(handle: &LocalHandle, timeout: Duration) -> LocalHandle {
    handle.with_own_timeout(timeout)
}

/// Takes the option `handle = …`.
#[rustfmt::skip]
pub fn handle(it: &Handle) -> &Handle { // a `Handle` (`Handle::from(&runtime)`), or what derefs to one, as `EventLoop` does; a `Result` needs `fallible`
    it
}

/// Takes the option `handle = …` beside `local`.
#[rustfmt::skip]
pub fn local_handle(it: &LocalHandle) -> &LocalHandle { // a `LocalHandle`, since `local` is said, or an `EventLoop`
    it
}

/// The value of a `handle = …` that may be a `Result`. A method of this type goes before one of the type that it derefs to, so
/// that generated code needs no trait in scope.
#[derive(Debug)]
pub struct Attempt<T>(Given<T>);

/// The value of a `handle = …` that is the handle itself.
#[derive(Debug)]
pub struct Given<T>(Option<T>);

impl<T> Attempt<T> {
    /// Of that value.
    pub fn new(value: T) -> Attempt<T> {
        Attempt(Given(Some(value)))
    }
}

impl<H, E> Attempt<Result<H, E>> {
    /// The handle, or the error as one of the bridge's. To be called once.
    #[allow(clippy::missing_errors_doc, clippy::missing_panics_doc, reason = "only generated code calls it")]
    pub fn outcome(&mut self) -> Result<H, Error>
    where
        E: HandleError,
    {
        self.0.take().map_err(E::into_error)
    }
}

impl<T> Deref for Attempt<T> {
    type Target = Given<T>;

    fn deref(&self) -> &Given<T> {
        &self.0
    }
}

impl<T> DerefMut for Attempt<T> {
    fn deref_mut(&mut self) -> &mut Given<T> {
        &mut self.0
    }
}

impl<T> Given<T> {
    /// The handle. To be called once.
    #[allow(clippy::missing_errors_doc, clippy::missing_panics_doc, reason = "only generated code calls it")]
    pub fn outcome(&mut self) -> Result<T, Error> {
        Ok(self.take())
    }

    fn take(&mut self) -> T {
        self.0.take().expect("the value was taken before")
    }
}

/// The error of a `handle = …`.
#[diagnostic::on_unimplemented(
    message = "`fallible` cannot turn `{Self}`, the error of this handle, into a `bridge::Error`",
    label = "`bridge::Error` has no `From<{Self}>`",
    note = "write `handle = …?`, which turns it into the function's own error, or write `impl From<{Self}> for bridge::Error`"
)]
pub trait HandleError {
    /// It, as one of the bridge's.
    fn into_error(self) -> Error;
}

impl HandleError for io::Error {
    fn into_error(self) -> Error {
        Error::NotStarted(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> HandleError for E {
    fn into_error(self) -> Error {
        self.into()
    }
}

/// With `stream` and an error that folds: an iterator of that error alone.
#[cfg(feature = "stream")]
pub fn not_made<T>(error: Error, fold: fn(Error) -> T) -> Iter<T>
where
    T: Send + 'static, // its items come to the calling thread
{
    Iter::not_made(error, fold)
}

/// A `Result`, under whichever name.
#[diagnostic::on_unimplemented(
    message = "`fallible` finds no place for an error of the bridge in `{Self}`",
    label = "this is no `std::result::Result`",
    note = "write `fallible = wrap`, and the companion returns `Result<{Self}, bridge::Error>`"
)]
pub trait IsResult {
    /// Its `E`.
    type Error;

    /// `Err(error)`
    fn error(error: Self::Error) -> Self;
}

impl<T, E> IsResult for Result<T, E> {
    type Error = E;

    fn error(error: E) -> Self {
        Err(error)
    }
}

/// An error type that an error of the bridge converts into.
#[diagnostic::on_unimplemented(
    message = "`fallible` cannot turn an error of the bridge into `{Self}`",
    label = "`{Self}` has no `From<bridge::Error>`",
    note = "if `{Self}` is of your crate, write `impl From<bridge::Error> for {Self} {{ fn from(error: bridge::Error) -> Self {{ … }} }}`",
    note = "if it is another crate's, write `fallible = path::to::function`, which names a `fn(bridge::Error) -> {Self}`; if it is a type parameter, `bound({Self}: From<bridge::Error>)`; or `fallible = wrap`, to return the bridge's error beside it"
)]
pub trait FoldsError {
    /// The bridge's error, as an error of the function.
    fn fold(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> FoldsError for E {
    fn fold(error: Error) -> Self {
        error.into()
    }
}

/// An error of the bridge, which the companion has no way to return.
#[cold]
#[track_caller]
fn misuse(companion: &str, error: Error) -> ! {
    error.raise(companion, Some("`#[threadsafe(fallible)]` returns this as an error"))
}
