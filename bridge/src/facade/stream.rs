//! A `Stream` as an iterator.

use std::fmt;
use std::future::poll_fn;
use std::iter::FusedIterator;
use std::pin::Pin;

use futures_core::Stream;

use super::calls::{Gives, next_by, next_of};
use super::held::Held;
use super::on::On;
use super::pin::InPlace;
use crate::error::Error;

/// [`next_of`] with the next item of a stream.
#[track_caller]
pub fn next<S, I>(
    method: &'static str,
    on: &On,
    stream: &mut S,
    is_over: &mut bool,
    fold: impl FnOnce(Error) -> Result<I, Error>,
) -> Option<I>
where
    S: Stream + Send + InPlace,
    S::Item: Send + Gives<I>, // the items come to the calling thread
{
    next_of(method, on, is_over, poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)), fold)
}

/// The items of a stream whose type has no name.
pub struct Items<S, F> {
    method: &'static str,
    stream: Held<Pin<Box<S>>>,
    fold: F,
}

/// A stream, on the loop of the facade whose method returned it.
pub fn items<S, F>(method: &'static str, on: &On, stream: S, fold: F) -> Items<S, F>
where
    S: Stream + Send, // the stream goes to the thread that polls it
    F: Fn(Error) -> Result<S::Item, Error> + Copy,
{
    Items { method, stream: Held::pinned(stream, on), fold }
}

impl<S, F> Iterator for Items<S, F>
where
    S: Stream + Send,
    S::Item: Send, // the items come to the calling thread
    F: Fn(Error) -> Result<S::Item, Error> + Copy,
{
    type Item = S::Item;

    #[track_caller]
    fn next(&mut self) -> Option<S::Item> {
        let (stream, on, is_over) = self.stream.stream_parts();
        next(self.method, on, stream, is_over, self.fold)
    }
}

impl<S, F> FusedIterator for Items<S, F>
where
    S: Stream + Send,
    S::Item: Send,
    F: Fn(Error) -> Result<S::Item, Error> + Copy,
{
}

impl<S, F> fmt::Debug for Items<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("method", &self.method).finish_non_exhaustive()
    }
}

/// [`Items`] whose error may be of another type than the stream's.
pub struct ItemsInto<S, U, E, F> {
    items: Items<S, F>,
    convert: fn(U) -> E,
}

/// [`items`] with errors that are made of the stream's.
pub fn items_into<S, T, U, E, F>(method: &'static str, on: &On, stream: S, fold: F) -> ItemsInto<S, U, E, F>
where
    S: Stream<Item = Result<T, U>> + Send, // the stream goes to the thread that polls it
    E: From<U>,                            // the error of the items is that of the stream's, or made of it
    F: Fn(Error) -> Result<E, Error>,
{
    ItemsInto { items: Items { method, stream: Held::pinned(stream, on), fold }, convert: E::from }
}

impl<S, T, U, E, F> Iterator for ItemsInto<S, U, E, F>
where
    S: Stream<Item = Result<T, U>> + Send,
    Result<T, U>: Send, // the items come to the calling thread
    F: Fn(Error) -> Result<E, Error>,
{
    type Item = Result<T, E>;

    #[track_caller]
    fn next(&mut self) -> Option<Result<T, E>> {
        let ItemsInto { items: Items { method, stream, fold }, convert } = self;
        let (stream, on, is_over) = stream.stream_parts();
        let next = poll_fn(|cx| stream.as_mut().poll_next(cx));
        next_by(method, on, is_over, next, |item| item.map_err(*convert), |error| fold(error).map(Err))
    }
}

impl<S, T, U, E, F> FusedIterator for ItemsInto<S, U, E, F>
where
    S: Stream<Item = Result<T, U>> + Send,
    Result<T, U>: Send,
    F: Fn(Error) -> Result<E, Error>,
{
}

impl<S, U, E, F> fmt::Debug for ItemsInto<S, U, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}
