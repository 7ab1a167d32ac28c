#[doc(hidden)]
#[allow(dead_code, missing_debug_implementations)]
pub(crate) struct __Facades;
///The blocking form of [`tokio::net::TcpStream`].
pub struct TcpStream {
    pub(crate) __held: ::bridge::__private::facade::Held<tokio::net::TcpStream>,
}
impl ::bridge::Facade for TcpStream {
    type Async = tokio::net::TcpStream;
    fn __held(&self) -> &::bridge::__private::facade::Held<tokio::net::TcpStream> {
        &self.__held
    }
    fn __held_mut(
        &mut self,
    ) -> &mut ::bridge::__private::facade::Held<tokio::net::TcpStream> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<tokio::net::TcpStream> {
        self.__held
    }
    fn __from_held(
        held: ::bridge::__private::facade::Held<tokio::net::TcpStream>,
    ) -> Self {
        Self { __held: held }
    }
}
impl ::core::convert::From<TcpStream> for tokio::net::TcpStream {
    fn from(facade: TcpStream) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl ::bridge::__private::facade::Faced<self::__Facades> for tokio::net::TcpStream {}
impl self::TcpStream {
    /// Connects.
    #[track_caller]
    pub fn connect(handle: &::bridge::Handle, address: SocketAddr) -> io::Result<Self> {
        ::bridge::__private::facade_probe!(::bridge::Handle, self::__Facades);
        let on = &::bridge::__private::facade::On::new(handle);
        ::bridge::__private::facade::call_fold(
                "TcpStream::connect",
                on,
                <tokio::net::TcpStream>::connect(address),
            )
            .map(|value| Self {
                __held: ::bridge::__private::facade::Held::with(value, on),
            })
    }
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        <tokio::net::TcpStream>::set_nodelay(self.__held.get(), on)
    }
}
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __facades {
    ($($t:tt)*) => {
        ::bridge::__private::facade_impl! { { [::bridge] [] [] [(tokio::net::TcpStream)
        => TcpStream,] } $($t)* }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __facades;
