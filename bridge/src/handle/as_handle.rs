//! [`AsHandle`]: what a companion takes as its handle.

use std::borrow::Cow;
use std::cell::{LazyCell, Ref, RefMut};
use std::rc::Rc;
use std::sync::{Arc, LazyLock, MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use tokio::runtime::{Handle as TokioHandle, Runtime};

use super::{Handle, LocalHandle};

/// What a blocking companion takes as its handle, and what a facade is made on: a loop, a [`Handle`], or a tokio runtime.
///
/// A loop or a handle of this crate lends its own handle. For a tokio runtime each call makes a [`Handle`], which costs lookups in
/// process-wide tables: where calls are frequent, keep a `Handle::from(&runtime)`.
///
/// A companion takes an `&impl AsHandle`; in a trait, which may be `dyn`, and where the function returns an `impl Trait`, a
/// `&dyn AsHandle`, which goes on to another companion as `&handle`; with the option `local` a [`&LocalHandle`](LocalHandle).
/// For another type that dereferences to a loop (a `static` of `lazy_static` or `once_cell`), write `&*value`, or implement this
/// trait.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use bridge::{EventLoop, Handle, SharedLoop, threadsafe};
///
/// #[threadsafe] // adds `fn fetch_blocking(handle: &impl AsHandle) -> u64`
/// async fn fetch() -> u64 {
///     1
/// }
///
/// let runtime = tokio::runtime::Runtime::new().unwrap();
/// assert_eq!(fetch_blocking(&runtime), 1);
/// assert_eq!(fetch_blocking(runtime.handle()), 1);
/// assert_eq!(fetch_blocking(&Handle::from(&runtime)), 1);
/// assert_eq!(fetch_blocking(&EventLoop::new().unwrap()), 1);
/// assert_eq!(fetch_blocking(&SharedLoop::new().unwrap()), 1);
/// assert_eq!(fetch_blocking(bridge::shared()), 1);
/// # }
/// ```
///
/// A type of your own that has a handle:
///
/// ```
/// use std::borrow::Cow;
///
/// use bridge::{AsHandle, Handle};
///
/// struct Client {
///     handle: Handle,
/// }
///
/// impl AsHandle for Client {
///     fn as_handle(&self) -> Cow<'_, Handle> {
///         self.handle.as_handle()
///     }
/// }
///
/// let client = Client { handle: bridge::shared().clone() };
/// assert!(!client.as_handle().is_closed());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the handle of a blocking call",
    label = "not an event loop, a handle or a tokio runtime",
    note = "pass a `&Handle`, `&EventLoop`, `&SharedLoop`, or a tokio runtime; for a type that dereferences to one of these, write `&*value`"
)]
pub trait AsHandle {
    /// The handle of that loop.
    fn as_handle(&self) -> Cow<'_, Handle>;
}

impl AsHandle for Handle {
    #[inline]
    fn as_handle(&self) -> Cow<'_, Handle> {
        Cow::Borrowed(self)
    }
}

impl AsHandle for LocalHandle {
    #[inline]
    fn as_handle(&self) -> Cow<'_, Handle> {
        Cow::Borrowed(self)
    }
}

impl AsHandle for Runtime {
    fn as_handle(&self) -> Cow<'_, Handle> {
        Cow::Owned(Handle::from(self))
    }
}

impl AsHandle for TokioHandle {
    fn as_handle(&self) -> Cow<'_, Handle> {
        Cow::Owned(Handle::from(self.clone()))
    }
}

/// Smart pointers and guards: a `&` to one coerces to a `&Handle`, but not to a reference to a generic parameter.
macro_rules! by_deref {
    ($($pointer:ty),*) => {$(
        impl<T: AsHandle + ?Sized> AsHandle for $pointer {
            #[inline]
            fn as_handle(&self) -> Cow<'_, Handle> {
                T::as_handle(self)
            }
        }
    )*};
}

by_deref!(&T, &mut T, Box<T>, Rc<T>, Arc<T>, Ref<'_, T>, RefMut<'_, T>);
by_deref!(MutexGuard<'_, T>, RwLockReadGuard<'_, T>, RwLockWriteGuard<'_, T>);

impl<T: AsHandle, F: FnOnce() -> T> AsHandle for LazyLock<T, F> {
    #[inline]
    fn as_handle(&self) -> Cow<'_, Handle> {
        T::as_handle(self)
    }
}

impl<T: AsHandle, F: FnOnce() -> T> AsHandle for LazyCell<T, F> {
    #[inline]
    fn as_handle(&self) -> Cow<'_, Handle> {
        T::as_handle(self)
    }
}
