#[doc(hidden)]
#[allow(dead_code, missing_debug_implementations)]
pub(crate) struct __Facades;
#[doc(hidden)]
#[allow(dead_code)]
#[track_caller]
pub(crate) fn __handle() -> ::core::result::Result<::bridge::Handle, ::bridge::Error> {
    match ::bridge::__private::Attempt::new(bridge::try_shared()).outcome() {
        ::core::result::Result::Ok(place) => {
            ::core::result::Result::Ok(
                ::core::clone::Clone::clone(::bridge::__private::handle(&place)),
            )
        }
        ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
    }
}
///The blocking form of [`crate::Memory`].
pub struct Memory {
    pub(crate) __held: ::bridge::__private::facade::Held<crate::Memory>,
}
impl ::bridge::Facade for Memory {
    type Async = crate::Memory;
    fn __held(&self) -> &::bridge::__private::facade::Held<crate::Memory> {
        &self.__held
    }
    fn __held_mut(&mut self) -> &mut ::bridge::__private::facade::Held<crate::Memory> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<crate::Memory> {
        self.__held
    }
    fn __from_held(held: ::bridge::__private::facade::Held<crate::Memory>) -> Self {
        Self { __held: held }
    }
}
impl ::core::convert::From<Memory> for crate::Memory {
    fn from(facade: Memory) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl ::bridge::__private::facade::Faced<self::__Facades> for crate::Memory {}
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __facades {
    ($($t:tt)*) => {
        ::bridge::__private::facade_impl! { { [::bridge] [handle] [] [(crate ::Memory) =>
        Memory,] } $($t)* }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __facades;
/// A store.
pub trait Store<K: Send> {
    type Value: Send;
    /// Gets.
    fn get(
        &self,
        key: K,
    ) -> impl ::core::future::Future<
        Output = Result<Self::Value, Error>,
    > + ::core::marker::Send;
    fn has(
        &self,
        key: K,
    ) -> impl ::core::future::Future<Output = bool> + ::core::marker::Send
    where
        Self: ::core::marker::Sync,
    {
        async move {
            if false {
                return ::bridge::__private::returned::<bool>();
            }
            match key {
                key => self.get(key).await.is_ok(),
            }
        }
    }
    fn size(&self) -> usize;
}
///The blocking form of [`Store`], which the facades of all that implement that have.
pub trait StoreBlocking<K: Send> {
    type Value: Send;
    ///Gets.
    #[track_caller]
    fn get(&self, key: K) -> Result<Self::Value, Error>;
    ///The blocking form of [`Store::has`].
    #[track_caller]
    fn has(&self, key: K) -> bool;
    ///As [`Store::size`].
    fn size(&self) -> usize;
}
impl<K: Send, F> StoreBlocking<K> for F
where
    F: ::bridge::Facade,
    F::Async: Store<K>,
    <F::Async as Store<K>>::Value: ::core::marker::Send,
    F::Async: ::core::marker::Sync,
{
    type Value = <F::Async as Store<K>>::Value;
    #[track_caller]
    fn get(&self, key: K) -> Result<Self::Value, Error> {
        ::bridge::__private::facade::call_fold(
            "Store::get",
            ::bridge::Facade::__held(self).on(),
            <F::Async as Store<K>>::get(::bridge::Facade::__held(self).get(), key),
        )
    }
    #[track_caller]
    fn has(&self, key: K) -> bool {
        ::bridge::__private::facade::call(
            "Store::has",
            ::bridge::Facade::__held(self).on(),
            <F::Async as Store<K>>::has(::bridge::Facade::__held(self).get(), key),
        )
    }
    fn size(&self) -> usize {
        <F::Async as Store<K>>::size(::bridge::Facade::__held(self).get())
    }
}
