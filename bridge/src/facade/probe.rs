//! The probe: whether a type would leave a facade under a name that the macro does not know.
//!
//! The answer is a type, [`HasFacade`] or [`HasNone`], and so a matter of type checking: it sees through aliases and into
//! generics. An inherent constant, which is there only for some types, hides that of a trait, which is there for all.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::task::Poll;

/// An async type that has a facade, or a container of one. `By` stands for one `facade!`.
pub trait Faced<By> {}

/// What stands for one `facade!`, and for nothing in a tuple.
pub trait List {}

macro_rules! faced {
    ($([$($other:tt)*] $ty:ty),* $(,)?) => {$(
        impl<$($other)* By, T: Faced<By>> Faced<By> for $ty {}
    )*};
}

macro_rules! faced_unsized {
    ($([$($other:tt)*] $ty:ty),* $(,)?) => {$(
        impl<$($other)* By, T: Faced<By> + ?Sized> Faced<By> for $ty {}
    )*};
}

faced! {
    [] Option<T>, [] Poll<T>, [] [T], [const N: usize,] [T; N],
    [] Vec<T>, [] VecDeque<T>, [] LinkedList<T>, [] BinaryHeap<T>, [] BTreeSet<T>,
    [] Cell<T>, [] OnceCell<T>, [] OnceLock<T>, [] Pin<T>,
}

faced_unsized! {
    ['a,] &'a T, ['a,] &'a mut T, [] Box<T>, [] Arc<T>, [] Rc<T>, [] RefCell<T>, [] Mutex<T>, [] RwLock<T>,
}

impl<By, T: Faced<By>, E> Faced<By> for Result<T, E> {}
impl<By, B, C: Faced<By>> Faced<By> for ControlFlow<B, C> {}
impl<By, K, V: Faced<By>> Faced<By> for BTreeMap<K, V> {}
impl<By, K, V: Faced<By>, S> Faced<By> for HashMap<K, V, S> {}
impl<By, T: Faced<By>, S> Faced<By> for HashSet<T, S> {}
impl<By, T: Faced<By> + ToOwned + ?Sized> Faced<By> for Cow<'_, T> {}

/// In the place of `By`: what a tuple holds at place `N` is asked about. A type can have no one answer to "this, or that".
#[derive(Debug)]
pub struct At<const N: usize, By>(PhantomData<By>);

impl<By, A: Faced<By>, B> Faced<At<0, By>> for (A, B) {}
impl<By, A, B: Faced<By>> Faced<At<1, By>> for (A, B) {}
impl<By, A: Faced<By>, B, C> Faced<At<0, By>> for (A, B, C) {}
impl<By, A, B: Faced<By>, C> Faced<At<1, By>> for (A, B, C) {}
impl<By, A, B, C: Faced<By>> Faced<At<2, By>> for (A, B, C) {}
impl<By, A: Faced<By>, B, C, D> Faced<At<0, By>> for (A, B, C, D) {}
impl<By, A, B: Faced<By>, C, D> Faced<At<1, By>> for (A, B, C, D) {}
impl<By, A, B, C: Faced<By>, D> Faced<At<2, By>> for (A, B, C, D) {}
impl<By, A, B, C, D: Faced<By>> Faced<At<3, By>> for (A, B, C, D) {}

/// Asks whether `T` is, or holds, an async type that has a facade: `Probe::<T, By>::KIND`, with [`Otherwise`] in scope.
#[derive(Debug)]
pub struct Probe<T: ?Sized, By>(PhantomData<By>, PhantomData<T>);

/// Asks whether `T` is what `.await` takes: `Awaited::<T>::KIND`, with [`Otherwise`] in scope.
#[derive(Debug)]
pub struct Awaited<T: ?Sized>(PhantomData<T>);

/// Asks whether `T` is a stream, as far as the feature `stream` knows streams: `Streamed::<T>::KIND`, with [`Otherwise`] in scope.
#[derive(Debug)]
pub struct Streamed<T: ?Sized>(PhantomData<T>);

/// Asks whether `T` is, or holds, an async type that any list has, of this crate or of another: the type that `kind` returns, with
/// [`InAnyList`] and [`InNoList`] in scope. Method calls look at the first before the second, which is a reference away.
#[derive(Debug)]
pub struct Listed<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Listed<T> {
    /// Of nothing: it is the type that counts.
    pub const OF_TYPE: Listed<T> = Listed(PhantomData);
}

/// See [`Listed`].
pub trait InAnyList<By> {
    /// It is.
    fn kind(&self) -> HasFacade {
        HasFacade
    }
}

impl<T: Faced<By> + ?Sized, By: List> InAnyList<By> for Listed<T> {}

/// See [`Listed`].
pub trait InNoList {
    /// It is not.
    fn kind(&self) -> HasNone {
        HasNone
    }
}

impl<T: ?Sized> InNoList for &Listed<T> {}

/// It is what is asked for.
#[derive(Debug)]
pub struct HasFacade;

/// It is not.
#[derive(Debug)]
pub struct HasNone;

impl<T: Faced<By> + ?Sized, By> Probe<T, By> {
    /// It is.
    pub const KIND: HasFacade = HasFacade;
}

impl<T: IntoFuture> Awaited<T> {
    /// It is.
    pub const KIND: HasFacade = HasFacade;
}

#[cfg(feature = "stream")]
impl<T: futures_core::Stream> Streamed<T> {
    /// It is.
    pub const KIND: HasFacade = HasFacade;
}

/// The constant of all that has no inherent one.
pub trait Otherwise {
    /// It is not what is asked for.
    const KIND: HasNone = HasNone;
}

impl<T: ?Sized, By> Otherwise for Probe<T, By> {}

impl<T: ?Sized> Otherwise for Awaited<T> {}

impl<T: ?Sized> Otherwise for Streamed<T> {}

/// That a type may leave a facade, of what its probe has found.
#[diagnostic::on_unimplemented(
    message = "`{T}` would leave the facade: it is, or holds, an async type that has a facade of its own",
    label = "an async type under another name",
    note = "write the type by the name that it has in `facade!`, or leave this function out of the facade: `#[threadsafe(skip)]`",
    note = "where `facade!` has it by a shorter path, write the longer one there: `put::Put` for `Put`"
)]
pub trait Leaves<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> Leaves<T> for HasNone {}

/// The same of an item or an output that the list does not name.
#[diagnostic::on_unimplemented(
    message = "`{T}` would leave the facade: it is, or holds, an async type that has a facade of its own",
    label = "what this gives has a facade",
    note = "name it in `facade!`, by its async type: `Iterator<Item = AsyncRow>`, `IntoFuture<Output = AsyncCursor>`"
)]
pub trait LeavesUnnamed<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> LeavesUnnamed<T> for HasNone {}

/// Refuses an item or an output that has a facade.
pub fn leaves_unnamed<T: ?Sized, K: LeavesUnnamed<T>>(_: K) {}

/// Refuses a `T` that has a facade.
pub fn leaves<T: ?Sized, K: Leaves<T>>(_: K) {}

/// As [`leaves`], by the probes of each place of a tuple: those of `At<0, By>` to `At<3, By>`.
pub fn leaves_tuple<T, K0, K1, K2, K3>(_: K0, _: K1, _: K2, _: K3)
where
    T: ?Sized,
    K0: Leaves<T>,
    K1: Leaves<T>,
    K2: Leaves<T>,
    K3: Leaves<T>,
{
}

/// That a type may leave a facade, of what this list's probe has found, and of what that of all lists has.
#[diagnostic::on_unimplemented(
    message = "`{T}` would leave the facade: it is, or holds, an async type that has a facade in another list",
    label = "an async type, whose facade this list does not know",
    note = "take that facade over, `pub use path::to::Facade(AsyncType);` in this `facade!`, or leave this function out: `#[threadsafe(skip)]`"
)]
pub trait LeavesLists<T: ?Sized> {}

/// That of this list is an error already.
#[diagnostic::do_not_recommend]
impl<T: ?Sized, Any> LeavesLists<T> for (HasFacade, Any) {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> LeavesLists<T> for (HasNone, HasNone) {}

/// Of no value. Without it there would be one answer that fits, which rustc would take for granted.
#[derive(Debug)]
pub enum NoAnswer {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> LeavesLists<T> for (HasNone, NoAnswer) {}

/// Refuses a `T` that has a facade in another list.
pub fn leaves_lists<T: ?Sized, K, Any>(_: K, _: Any)
where
    (K, Any): LeavesLists<T>,
{
}

/// That a type may leave a facade, of what is known of its being awaited.
#[diagnostic::on_unimplemented(
    message = "`{T}` would leave the facade: it is a future, and a caller that blocks cannot await it",
    label = "a future, or what `.await` takes",
    note = "give the type a facade, `pub struct Name(Type): IntoFuture;` in `facade!`, or leave this function out: `#[threadsafe(skip)]`",
    note = "a type that callers may wait for in other ways too comes out as it is with `#[threadsafe(as_is)]`"
)]
pub trait Settled<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, Any> Settled<T> for (HasNone, Any) {}

/// That of another list is an error already.
#[diagnostic::do_not_recommend]
impl<T: ?Sized> Settled<T> for (HasFacade, HasFacade) {}

/// As for [`LeavesLists`]: never, but else there would be one answer that fits.
#[diagnostic::do_not_recommend]
impl<T: ?Sized> Settled<T> for (HasFacade, NoAnswer) {}

/// Refuses a `T` that is awaited, if no list has it.
pub fn settled<T: ?Sized, K, Any>(_: K, _: Any)
where
    (K, Any): Settled<T>,
{
}

/// That a type may leave a facade, of what is known of its being a stream.
#[diagnostic::on_unimplemented(
    message = "`{T}` would leave the facade: it is a stream, and a caller that blocks cannot await its items",
    label = "a stream",
    note = "give the type a facade by the name that it has here, also an alias: `pub struct Rows<'a>(path::to::Rows<'a>): Iterator;` in `facade!`, or leave this function out: `#[threadsafe(skip)]`",
    note = "a type that callers may read in other ways too comes out as it is with `#[threadsafe(as_is)]`"
)]
pub trait Unstreamed<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, Any> Unstreamed<T> for (HasNone, Any) {}

/// That of another list is an error already.
#[diagnostic::do_not_recommend]
impl<T: ?Sized> Unstreamed<T> for (HasFacade, HasFacade) {}

/// As for [`LeavesLists`]: never, but else there would be one answer that fits.
#[diagnostic::do_not_recommend]
impl<T: ?Sized> Unstreamed<T> for (HasFacade, NoAnswer) {}

/// Refuses a `T` that is a stream, if no list has it.
pub fn unstreamed<T: ?Sized, K, Any>(_: K, _: Any)
where
    (K, Any): Unstreamed<T>,
{
}

/// Asks of a type whether it would leave a facade; with `awaited` also whether it is a future, and with `unstreamed` whether it is
/// a stream. A list without iterators over streams does not ask that: the answer would depend on a feature that another crate of
/// the program has turned on. A name may stand for a tuple, each place of which is asked about; an
/// associated type, `projected`, is asked once, since where that is not there rustc reports each question.
#[doc(hidden)]
#[macro_export]
macro_rules! __facade_probe {
    ($ty:ty, $mark:ty, awaited $(, $output:ident)?) => {
        $crate::__facade_probe!($ty, $mark $(, $output)?);
        {
            #[allow(unused_imports)]
            use $crate::__private::facade::{InAnyList as _, InNoList as _, Otherwise as _};
            $crate::__private::facade::settled::<$ty, _, _>(
                $crate::__private::facade::Awaited::<$ty>::KIND,
                (&$crate::__private::facade::Listed::<$ty>::OF_TYPE).kind(),
            );
        }
    };
    ($ty:ty, $mark:ty, projected) => {{
        #[allow(unused_imports)]
        use $crate::__private::facade::Otherwise as _;
        $crate::__private::facade::leaves_unnamed::<$ty, _>($crate::__private::facade::Probe::<$ty, $mark>::KIND);
    }};
    ($ty:ty, $mark:ty $(, $output:ident)?) => {{
        #[allow(unused_imports)]
        use $crate::__private::facade::{InAnyList as _, InNoList as _, Otherwise as _};
        $crate::__private::facade::leaves::<$ty, _>($crate::__private::facade::Probe::<$ty, $mark>::KIND);
        $crate::__private::facade::leaves_lists::<$ty, _, _>(
            $crate::__private::facade::Probe::<$ty, $mark>::KIND,
            (&$crate::__private::facade::Listed::<$ty>::OF_TYPE).kind(),
        );
        $crate::__private::facade::leaves_tuple::<$ty, _, _, _, _>(
            $crate::__private::facade::Probe::<$ty, $crate::__private::facade::At<0, $mark>>::KIND,
            $crate::__private::facade::Probe::<$ty, $crate::__private::facade::At<1, $mark>>::KIND,
            $crate::__private::facade::Probe::<$ty, $crate::__private::facade::At<2, $mark>>::KIND,
            $crate::__private::facade::Probe::<$ty, $crate::__private::facade::At<3, $mark>>::KIND,
        );
        $(
            $crate::__private::facade::$output::<$ty, _, _>(
                $crate::__private::facade::Streamed::<$ty>::KIND,
                (&$crate::__private::facade::Listed::<$ty>::OF_TYPE).kind(),
            );
        )?
    }};
}
