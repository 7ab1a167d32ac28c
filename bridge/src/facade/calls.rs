//! Calls that wait.
//!
//! rustc shows lines of this file in its errors about a facade. So the bounds have comments that are written to be read
//! there: they say what to do.

use std::marker::PhantomData;

use super::on::On;
use crate::error::Error;
use crate::handle::large::block_on;

/// Waits on the loop of `on`, which may be started first.
macro_rules! wait_on {
    ($on:ident, $method:ident, $future:ident: $F:ty) => {
        match $on.try_handle() {
            Ok(handle) => block_on!(handle, Some($method), $future: $F),
            Err(error) => Err(error),
        }
    };
}

/// Waits, and panics where only the bridge went wrong.
#[track_caller]
pub fn call<F, T>(method: &'static str, on: &On, future: F) -> T
where
    F: Future<Output = T> + Send, // for generics, `#[threadsafe(bound(I::IntoIter: Send))]`; else `local`, on an `EventLoop`, or `skip`
    T: Send,                      // the output goes back to the calling thread
{
    match wait_on!(on, method, future: F) {
        Ok(value) => value,
        Err(error) => error.raise(method, None),
    }
}

/// With an error of the bridge as `convert` makes it one of the method's own.
#[track_caller]
pub fn call_with<F, T>(method: &'static str, on: &On, future: F, convert: fn(Error) -> T::Error) -> T
where
    F: Future<Output = T> + Send, // for generics, `#[threadsafe(bound(I::IntoIter: Send))]`; else `local`, on an `EventLoop`, or `skip`
    T: ReturnsResult + Send,      // the output goes back to the calling thread
{
    wait_on!(on, method, future: F).unwrap_or_else(|error| T::error(convert(error)))
}

/// The same, where the method's error may be of another type than the future's.
///
/// # Errors
///
/// What `convert` makes of an error of the bridge, and `From` of the future's.
#[track_caller]
pub fn call_into<F, T, U, E>(method: &'static str, on: &On, future: F, convert: fn(Error) -> E) -> Result<T, E>
where
    F: Future<Output = Result<T, U>> + Send, // for generics, `#[threadsafe(bound(I::IntoIter: Send))]`; else `local`, on an `EventLoop`, or `skip`
    Result<T, U>: Send,                      // the output goes back to the calling thread
    E: From<U>,                              // the error of the signature is that of the async fn, or made of it
{
    match wait_on!(on, method, future: F) {
        Ok(output) => output.map_err(E::from),
        Err(error) => Err(convert(error)),
    }
}

/// The `Result` of a fn that waits for nothing, where the error of the facade's may be of another type.
///
/// # Errors
///
/// `From` of its error.
pub fn convert<T, U, E>(result: Result<T, U>) -> Result<T, E>
where
    E: From<U>, // the error of the signature is that of the fn, or made of it
{
    result.map_err(E::from)
}

/// With an error of the bridge beside the value.
///
/// # Errors
///
/// That error.
#[track_caller]
pub fn call_wrap<F, T>(method: &'static str, on: &On, future: F) -> Result<T, Error>
where
    F: Future<Output = T> + Send, // for generics, `#[threadsafe(bound(I::IntoIter: Send))]`; else `local`, on an `EventLoop`, or `skip`
    T: Send,                      // the output goes back to the calling thread
{
    wait_on!(on, method, future: F)
}

/// With an error of the bridge as `fold` has it, or as a panic: for an output that may be a `Result`, see [`Folds`].
#[track_caller]
pub fn call_or<F, T>(method: &'static str, on: &On, future: F, fold: impl FnOnce(Error) -> Result<T, Error>) -> T
where
    F: Future<Output = T> + Send, // for generics, `#[threadsafe(bound(I::IntoIter: Send))]`; else `local`, on an `EventLoop`, or `skip`
    T: Send,                      // the output goes back to the calling thread
{
    match wait_on!(on, method, future: F).or_else(fold) {
        Ok(value) => value,
        Err(error) => error.raise(method, None),
    }
}

/// [`call_or`] with an action, whose future is made where it is polled.
#[track_caller]
pub fn run<A>(
    method: &'static str,
    on: &On,
    action: A,
    fold: impl FnOnce(Error) -> Result<A::Output, Error>,
) -> A::Output
where
    A: IntoFuture + Send, // the action goes to the thread that polls its future
    A::IntoFuture: Send,  // a facade's futures are `Send`
    A::Output: Send,      // the output goes back to the calling thread
{
    call_or(method, on, async move { action.await }, fold)
}

/// `Iterator::next`, which waits for what `next` gives. An error of the bridge is an item, as `fold` has it, or a panic. After the
/// end, and after an error that would come again and again, which is any but a timeout, the iterator is over: it is fused.
#[track_caller]
pub fn next_of<F, T, I>(
    method: &'static str,
    on: &On,
    is_over: &mut bool,
    next: F,
    fold: impl FnOnce(Error) -> Result<I, Error>,
) -> Option<I>
where
    F: Future<Output = T> + Send, // a facade's futures are `Send`
    T: IntoItem + Send,           // the items come to the calling thread
    T::Item: Gives<I>,            // the items are those, or `Result`s of those
{
    next_by(method, on, is_over, next, Gives::give, fold)
}

/// [`next_of`] where the error of the items may be of another type than the async method's.
#[track_caller]
pub fn next_into<F, R, T, U, E>(
    method: &'static str,
    on: &On,
    is_over: &mut bool,
    next: F,
    fold: impl FnOnce(Error) -> Result<Result<T, E>, Error>,
) -> Option<Result<T, E>>
where
    F: Future<Output = R> + Send,            // a facade's futures are `Send`
    R: IntoItem<Item = Result<T, U>> + Send, // the items come to the calling thread
    E: From<U>,                              // the error of the items is that of the async fn, or made of it
{
    next_by(method, on, is_over, next, |item| item.map_err(E::from), fold)
}

/// [`next_of`] with items as `give` makes them.
#[track_caller]
pub(super) fn next_by<F, T, I>(
    method: &'static str,
    on: &On,
    is_over: &mut bool,
    next: F,
    give: impl FnOnce(T::Item) -> I,
    fold: impl FnOnce(Error) -> Result<I, Error>,
) -> Option<I>
where
    F: Future<Output = T> + Send,
    T: IntoItem + Send,
{
    if *is_over {
        return None;
    }
    match wait_on!(on, method, next: F) {
        Ok(next) => {
            let item = next.into_item();
            *is_over = item.is_none();
            item.map(give)
        }
        Err(error) => {
            *is_over = !matches!(error, Error::TimedOut(_));
            match fold(error) {
                Ok(item) => Some(item),
                Err(error) => error.raise(method, None),
            }
        }
    }
}

/// What an async method gives that an iterator has its items from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no next item",
    label = "neither an `Option` nor a `Result` of one",
    note = "name a method that returns `Option<T>`, for items `T`, or `Result<Option<T>, E>`, for items `Result<T, E>`"
)]
pub trait IntoItem {
    /// What the iterator yields.
    type Item;

    /// The next item, or the end.
    fn into_item(self) -> Option<Self::Item>;
}

impl<T> IntoItem for Option<T> {
    type Item = T;

    fn into_item(self) -> Option<T> {
        self
    }
}

impl<T, E> IntoItem for Result<Option<T>, E> {
    type Item = Result<T, E>;

    fn into_item(self) -> Option<Result<T, E>> {
        self.transpose()
    }
}

/// What an iterator makes of an item: the same, or a `Result`, in which errors of the bridge have a place.
#[diagnostic::on_unimplemented(
    message = "the items are `{Self}`, and the list names `{I}`",
    label = "other items than there are",
    note = "name those that there are, `Iterator<Item = {Self}>`, or `Result`s of these, `Iterator<Item = Result<{Self}, E>>`"
)]
pub trait Gives<I> {
    /// The item.
    fn give(self) -> I;
}

impl<T> Gives<T> for T {
    fn give(self) -> T {
        self
    }
}

impl<T, E> Gives<Result<T, E>> for T {
    fn give(self) -> Result<T, E> {
        Ok(self)
    }
}

/// A `Result`, under whichever name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no place for an error of the bridge",
    label = "this is no `std::result::Result`",
    note = "without `error = …` a method that returns no `Result` panics with that error"
)]
pub trait ReturnsResult {
    /// Its `E`.
    type Error;

    /// `Err(error)`
    fn error(error: Self::Error) -> Self;
}

impl<T, E> ReturnsResult for Result<T, E> {
    type Error = E;

    fn error(error: E) -> Self {
        Err(error)
    }
}

/// An error type that an error of the bridge converts into.
#[diagnostic::on_unimplemented(
    message = "an error of the bridge has no place in `{Self}`, which a method returns",
    label = "`{Self}` has no `From<bridge::Error>`",
    note = "implement `From<bridge::Error>` for it, or name a function that converts: `#[threadsafe(error = path::to::function)]`",
    note = "where it is another crate's: `error = panic`, or, in a signature of a list, a `Result` with an error type of yours"
)]
pub trait HoldsError {
    /// The bridge's error, as an error of the method.
    fn hold(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> HoldsError for E {
    fn hold(error: Error) -> Self {
        error.into()
    }
}

/// An error of the bridge, as one of a method's own.
pub fn hold<E>(error: Error) -> E
where
    E: HoldsError,
{
    E::hold(error)
}

/// What becomes of an error of the bridge.
pub type Fold<T> = fn(Error) -> Result<T, Error>;

/// [`folds`], and with [`Unfolded`] in scope: `__bridge_fold` makes an error of the bridge one of a `T` that is a
/// `Result`, by its `From`, and leaves it as it is for any other `T`; `__bridge_with` has another conversion. No trait
/// of a user's has methods of such names.
#[derive(Debug)]
pub struct Folds<T>(PhantomData<T>);

/// What becomes of an error of the bridge, in the place of the output of a future.
pub fn folds<F: Future>(_: &F) -> Folds<F::Output> {
    Folds::default()
}

/// The same of a future that is made on the loop.
pub fn folds_made<M: FnOnce() -> F, F: Future>(_: &M) -> Folds<F::Output> {
    Folds::default()
}

/// The same of an action.
pub fn folds_action<A: IntoFuture>(_: &A) -> Folds<A::Output> {
    Folds::default()
}

/// The same of the items of a stream.
#[cfg(feature = "stream")]
pub fn folds_items<S: futures_core::Stream>(_: &S) -> Folds<S::Item> {
    Folds::default()
}

/// For that output.
impl<T> Default for Folds<T> {
    fn default() -> Folds<T> {
        Folds(PhantomData)
    }
}

impl<T: ReturnsResult> Folds<T> {
    /// Folds it.
    #[must_use]
    pub fn __bridge_fold(self) -> Fold<T>
    where
        T::Error: HoldsError,
    {
        |error| Ok(T::error(T::Error::hold(error)))
    }

    /// As `__bridge_with`, for what one method alone says.
    pub fn __bridge_with_own(self, convert: fn(Error) -> T::Error) -> impl Fn(Error) -> Result<T, Error> + Copy {
        self.__bridge_with(convert)
    }

    /// Folds what `convert` makes of it.
    pub fn __bridge_with(self, convert: fn(Error) -> T::Error) -> impl Fn(Error) -> Result<T, Error> + Copy {
        move |error| Ok(T::error(convert(error)))
    }
}

/// The other half of [`Folds`].
pub trait Unfolded<T>: Sized {
    /// Leaves it.
    fn __bridge_fold(self) -> Fold<T> {
        Err
    }

    /// Leaves it.
    fn __bridge_with<C>(self, _: C) -> Fold<T> {
        Err
    }

    /// The output that `make` makes of it.
    fn __bridge_with_own(self, make: fn(Error) -> T) -> impl Fn(Error) -> Result<T, Error> + Copy {
        move |error| Ok(make(error))
    }

    /// Leaves it, also for a `Result`.
    fn __bridge_panics(self) -> Fold<T> {
        Err
    }
}

impl<T> Unfolded<T> for Folds<T> {}
