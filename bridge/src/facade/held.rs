//! [`Held`]: what a facade consists of.

use std::fmt;
use std::pin::Pin;

use super::on::On;

/// An async value, and where its calls go. Dropping it drops the value in the loop's context, and waits for nothing.
///
/// It is as `Send`, as `Sync` and as covariant as the value.
pub struct Held<T> {
    parts: Option<(T, On)>,
    /// Of what is read as an iterator: it has ended, and is not asked for items again. Many streams panic, or stay pending, when
    /// they are polled after their end.
    is_over: bool,
}

const TAKEN: &str = "a facade is empty only while it is dropped";

impl<T> Held<T> {
    /// A value, and where its calls go.
    pub fn new(value: T, on: On) -> Held<T> {
        Held { parts: Some((value, on)), is_over: false }
    }

    /// A value whose calls go where those of its parent go.
    pub fn with(value: T, on: &On) -> Held<T> {
        Held::new(value, on.clone())
    }

    /// The value.
    pub fn get(&self) -> &T {
        self.parts().0
    }

    /// The value.
    pub fn get_mut(&mut self) -> &mut T {
        self.parts_mut().0
    }

    /// Where its calls go.
    pub fn on(&self) -> &On {
        self.parts().1
    }

    /// Has its calls go there from now on.
    pub fn set_on(&mut self, on: On) {
        self.parts.as_mut().expect(TAKEN).1 = on;
    }

    /// Both.
    pub fn parts(&self) -> (&T, &On) {
        let (value, on) = self.parts.as_ref().expect(TAKEN);
        (value, on)
    }

    /// Both, for a call whose output borrows from the value.
    pub fn parts_mut(&mut self) -> (&mut T, &On) {
        let (value, on) = self.parts.as_mut().expect(TAKEN);
        (value, on)
    }

    /// Both, of a stream, and whether its iterator has ended.
    pub fn stream_parts(&mut self) -> (&mut T, &On, &mut bool) {
        let (value, on) = self.parts.as_mut().expect(TAKEN);
        (value, on, &mut self.is_over)
    }

    /// Both, for a call that takes the value.
    pub fn into_parts(mut self) -> (T, On) {
        self.parts.take().expect(TAKEN)
    }

    /// All of it, out of a facade that has a drop of its own. That finds it empty.
    #[must_use]
    pub fn take(&mut self) -> Held<T> {
        Held { parts: self.parts.take(), is_over: self.is_over }
    }

    /// Whether it was taken.
    pub fn is_empty(&self) -> bool {
        self.parts.is_none()
    }
}

impl<T> Held<Pin<Box<T>>> {
    /// A value that is not `Unpin`, pinned for good.
    pub fn pinned(value: T, on: &On) -> Held<Pin<Box<T>>> {
        Held::with(Box::pin(value), on)
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if let Some((value, on)) = self.parts.take() {
            on.within(|| drop(value));
        }
    }
}

impl<T: Clone> Clone for Held<T> {
    fn clone(&self) -> Held<T> {
        let parts = self.parts.as_ref().map(|(value, on)| (on.within(|| value.clone()), on.clone()));
        Held { parts, is_over: self.is_over }
    }
}

impl<T: fmt::Debug> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.parts {
            Some((value, _)) => value.fmt(f),
            None => f.write_str("<taken>"),
        }
    }
}
