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
///The blocking form of [`crate::Response`].
pub struct Response {
    pub(crate) __held: ::bridge::__private::facade::Held<crate::Response>,
}
impl ::bridge::Facade for Response {
    type Async = crate::Response;
    fn __held(&self) -> &::bridge::__private::facade::Held<crate::Response> {
        &self.__held
    }
    fn __held_mut(&mut self) -> &mut ::bridge::__private::facade::Held<crate::Response> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<crate::Response> {
        self.__held
    }
    fn __from_held(held: ::bridge::__private::facade::Held<crate::Response>) -> Self {
        Self { __held: held }
    }
}
impl ::core::convert::From<Response> for crate::Response {
    fn from(facade: Response) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl ::bridge::__private::facade::Faced<self::__Facades> for crate::Response {}
impl ::std::io::Read for Response {
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> ::std::io::Result<usize> {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::read("Response::read", on, value, buf)
    }
}
impl ::std::io::Write for Response {
    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> ::std::io::Result<usize> {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::write("Response::write", on, value, buf)
    }
    #[track_caller]
    fn flush(&mut self) -> ::std::io::Result<()> {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::flush("Response::flush", on, value)
    }
}
impl ::std::io::BufRead for Response {
    #[track_caller]
    fn fill_buf(&mut self) -> ::std::io::Result<&[u8]> {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::fill_buf("Response::fill_buf", on, value)
    }
    fn consume(&mut self, amount: usize) {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::consume(on, value, amount);
    }
}
impl ::std::io::Seek for Response {
    #[track_caller]
    fn seek(&mut self, pos: ::std::io::SeekFrom) -> ::std::io::Result<u64> {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::seek("Response::seek", on, value, pos)
    }
}
///The blocking form of [`Pin`].
pub struct Rows<T>
where
    T: Send,
{
    pub(crate) __held: ::bridge::__private::facade::Held<Pin<Box<crate::Rows<T>>>>,
}
impl<T> ::bridge::Facade for Rows<T>
where
    T: Send,
{
    type Async = Pin<Box<crate::Rows<T>>>;
    fn __held(&self) -> &::bridge::__private::facade::Held<Pin<Box<crate::Rows<T>>>> {
        &self.__held
    }
    fn __held_mut(
        &mut self,
    ) -> &mut ::bridge::__private::facade::Held<Pin<Box<crate::Rows<T>>>> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<Pin<Box<crate::Rows<T>>>> {
        self.__held
    }
    fn __from_held(
        held: ::bridge::__private::facade::Held<Pin<Box<crate::Rows<T>>>>,
    ) -> Self {
        Self { __held: held }
    }
}
impl<T> ::core::convert::From<Rows<T>> for Pin<Box<crate::Rows<T>>>
where
    T: Send,
{
    fn from(facade: Rows<T>) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl<T> ::bridge::__private::facade::Faced<self::__Facades> for crate::Rows<T>
where
    T: Send,
{}
impl<T> ::core::iter::Iterator for Rows<T>
where
    T: Send,
{
    type Item = Result<self::Response, Error>;
    #[track_caller]
    fn next(&mut self) -> ::core::option::Option<Self::Item> {
        #[allow(unused_imports)]
        use ::bridge::__private::facade::Unfolded as _;
        let (value, on) = self.__held.parts_mut();
        let fold = ::bridge::__private::facade::folds_items(&*value).error();
        ::bridge::__private::facade::next("Rows::next", on, value, fold)
            .map(|value| {
                value
                    .map(|value| self::Response {
                        __held: ::bridge::__private::facade::Held::with(value, on),
                    })
            })
    }
}
///The blocking form of [`crate::Find`].
pub struct Find {
    pub(crate) __held: ::bridge::__private::facade::Held<crate::Find>,
}
impl ::bridge::Facade for Find {
    type Async = crate::Find;
    fn __held(&self) -> &::bridge::__private::facade::Held<crate::Find> {
        &self.__held
    }
    fn __held_mut(&mut self) -> &mut ::bridge::__private::facade::Held<crate::Find> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<crate::Find> {
        self.__held
    }
    fn __from_held(held: ::bridge::__private::facade::Held<crate::Find>) -> Self {
        Self { __held: held }
    }
}
impl ::core::convert::From<Find> for crate::Find {
    fn from(facade: Find) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl ::bridge::__private::facade::Faced<self::__Facades> for crate::Find {}
impl Find {
    /// Runs it, and waits for what comes of it.
    #[track_caller]
    pub fn run(self) -> <crate::Find as ::core::future::IntoFuture>::Output {
        #[allow(unused_imports)]
        use ::bridge::__private::facade::Unfolded as _;
        ::bridge::__private::facade_probe!(
            < crate ::Find as ::core::future::IntoFuture > ::Output, self::__Facades,
            projected
        );
        let (value, on) = ::bridge::Facade::__into_held(self).into_parts();
        let on = &on;
        let fold = ::bridge::__private::facade::folds_action(&value).error();
        ::bridge::__private::facade::run("Find::run", on, value, fold)
    }
}
#[cfg(feature = "body")]
///The blocking form of [`crate::Body`].
pub struct Body {
    pub(crate) __held: ::bridge::__private::facade::Held<crate::Body>,
}
#[cfg(feature = "body")]
impl ::bridge::Facade for Body {
    type Async = crate::Body;
    fn __held(&self) -> &::bridge::__private::facade::Held<crate::Body> {
        &self.__held
    }
    fn __held_mut(&mut self) -> &mut ::bridge::__private::facade::Held<crate::Body> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<crate::Body> {
        self.__held
    }
    fn __from_held(held: ::bridge::__private::facade::Held<crate::Body>) -> Self {
        Self { __held: held }
    }
}
#[cfg(feature = "body")]
impl ::core::convert::From<Body> for crate::Body {
    fn from(facade: Body) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
#[cfg(feature = "body")]
impl ::bridge::__private::facade::Faced<self::__Facades> for crate::Body {}
#[cfg(feature = "body")]
impl ::core::cmp::PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.__held.get() == other.__held.get()
    }
}
#[cfg(feature = "body")]
impl ::core::cmp::Eq for Body {}
#[cfg(feature = "body")]
impl ::core::hash::Hash for Body {
    fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
        ::core::hash::Hash::hash(self.__held.get(), state);
    }
}
#[cfg(feature = "body")]
impl ::core::default::Default for Body {
    fn default() -> Self {
        Self {
            __held: ::bridge::__private::facade::Held::new(
                <crate::Body as ::core::default::Default>::default(),
                ::bridge::__private::facade::On::lazy(self::__handle),
            ),
        }
    }
}
#[cfg(feature = "body")]
impl ::core::convert::From<Vec<u8>> for Body {
    fn from(value: Vec<u8>) -> Self {
        Self {
            __held: ::bridge::__private::facade::Held::new(
                <crate::Body as ::core::convert::From<Vec<u8>>>::from(value),
                ::bridge::__private::facade::On::lazy(self::__handle),
            ),
        }
    }
}
#[cfg(feature = "body")]
impl ::core::str::FromStr for Body {
    type Err = <crate::Body as ::core::str::FromStr>::Err;
    fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
        <crate::Body as ::core::str::FromStr>::from_str(text)
            .map(|value| Self {
                __held: ::bridge::__private::facade::Held::new(
                    value,
                    ::bridge::__private::facade::On::lazy(self::__handle),
                ),
            })
    }
}
#[cfg(feature = "body")]
impl ::core::convert::AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        ::core::convert::AsRef::as_ref(self.__held.get())
    }
}
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __facades {
    ($($t:tt)*) => {
        ::bridge::__private::facade_impl! { { [::bridge] [handle] [] [(crate ::Response)
        => Response, < T > (Pin < Box < crate ::Rows < T > > >) => Rows, (crate ::Find)
        => Find, (crate ::Body) => Body,] } $($t)* }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __facades;
