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
/// A client that blocks.
pub struct Client {
    pub(crate) __held: ::bridge::__private::facade::Held<crate::Client>,
}
impl ::bridge::Facade for Client {
    type Async = crate::Client;
    fn __held(&self) -> &::bridge::__private::facade::Held<crate::Client> {
        &self.__held
    }
    fn __held_mut(&mut self) -> &mut ::bridge::__private::facade::Held<crate::Client> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<crate::Client> {
        self.__held
    }
    fn __from_held(held: ::bridge::__private::facade::Held<crate::Client>) -> Self {
        Self { __held: held }
    }
}
impl ::core::convert::From<Client> for crate::Client {
    fn from(facade: Client) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl ::bridge::__private::facade::Faced<self::__Facades> for crate::Client {}
impl ::core::clone::Clone for Client {
    fn clone(&self) -> Self {
        Self {
            __held: ::core::clone::Clone::clone(&self.__held),
        }
    }
}
impl ::core::fmt::Debug for Client {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(self.__held.get(), f)
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
///The blocking form of [`crate::Transaction`].
pub struct Transaction<'a> {
    pub(crate) __held: ::bridge::__private::facade::Held<crate::Transaction<'a>>,
}
#[allow(single_use_lifetimes)]
impl<'a> ::bridge::Facade for Transaction<'a> {
    type Async = crate::Transaction<'a>;
    fn __held(&self) -> &::bridge::__private::facade::Held<crate::Transaction<'a>> {
        &self.__held
    }
    fn __held_mut(
        &mut self,
    ) -> &mut ::bridge::__private::facade::Held<crate::Transaction<'a>> {
        &mut self.__held
    }
    fn __into_held(
        mut self,
    ) -> ::bridge::__private::facade::Held<crate::Transaction<'a>> {
        self.__held.take()
    }
    fn __from_held(
        held: ::bridge::__private::facade::Held<crate::Transaction<'a>>,
    ) -> Self {
        Self { __held: held }
    }
}
#[allow(single_use_lifetimes)]
impl<'a> ::core::convert::From<Transaction<'a>> for crate::Transaction<'a> {
    fn from(facade: Transaction<'a>) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
#[allow(single_use_lifetimes)]
impl<'a> ::bridge::__private::facade::Faced<self::__Facades> for crate::Transaction<'a> {}
#[allow(single_use_lifetimes)]
impl<'a> ::core::ops::Drop for Transaction<'a> {
    #[allow(unused_mut)]
    fn drop(&mut self) {
        let held = self.__held.take();
        ::bridge::__private::facade::drop_with(
            held,
            ::bridge::__private::facade::DROP_TIMEOUT,
            |mut value: crate::Transaction<'a>| async move { value.rollback().await },
        );
    }
}
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __facades {
    ($($t:tt)*) => {
        ::bridge::__private::facade_impl! { { [::bridge] [handle] [] [(crate ::Client) =>
        Client, (crate ::Response) => Response, < 'a > (crate ::Transaction < 'a >) =>
        Transaction!,] } $($t)* }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __facades;
impl Client {
    /// Connects.
    ///
    /// ```
    /// Client::connect("example.com").await?;
    /// ```
    pub async fn connect(url: &str) -> Result<Self, Error> {
        open(url).await
    }
    pub fn url(&self) -> &str {
        &self.url
    }
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }
    pub fn user(&mut self, user: &str) -> &mut Self {
        self.user = user.to_owned();
        self
    }
    pub async fn send<B: Into<Body>>(
        &self,
        body: B,
        options: Options,
    ) -> Result<Option<Response>, Error> {
        self.pool.send(body, options).await
    }
    pub async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        Transaction::of(self).await
    }
    pub fn wait(&self, limit: Duration) -> impl Future<Output = ()> + Send {
        sleep(limit)
    }
    pub fn stream(&self) -> impl Stream<Item = u8> {
        self.stream()
    }
}
impl crate::blocking::Client {
    ///Connects.
    #[track_caller]
    pub fn connect(url: &str) -> Result<Self, Error> {
        let on = &::bridge::__private::facade::On::lazy(crate::blocking::__handle);
        ::bridge::__private::facade::call_fold(
                "Client::connect",
                on,
                <Client>::connect(url),
            )
            .map(|value| Self {
                __held: ::bridge::__private::facade::Held::with(value, on),
            })
    }
    ///As [`Client::url`].
    pub fn url(&self) -> &str {
        <Client>::url(self.__held.get())
    }
    ///As [`Client::retries`].
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        ::bridge::__private::facade::map1(self, <Client>::retries, retries)
    }
    ///As [`Client::user`].
    pub fn user(&mut self, user: &str) -> &mut Self {
        let (value, on) = self.__held.parts_mut();
        on.within(move || {
            let _ = <Client>::user(value, user);
        });
        self
    }
    ///The blocking form of [`Client::send`].
    #[track_caller]
    pub fn send<B: Into<Body> + ::core::marker::Send>(
        &self,
        body: B,
        options: Options,
    ) -> Result<Option<crate::blocking::Response>, Error> {
        ::bridge::__private::facade_probe!(Options, crate ::blocking::__Facades);
        let (value, on) = self.__held.parts();
        ::bridge::__private::facade::call_fold(
                "Client::send",
                on,
                <Client>::send::<B>(value, body, options),
            )
            .map(|value| {
                value
                    .map(|value| crate::blocking::Response {
                        __held: ::bridge::__private::facade::Held::with(value, on),
                    })
            })
    }
    ///The blocking form of [`Client::begin`].
    #[track_caller]
    pub fn begin(&mut self) -> Result<crate::blocking::Transaction<'_>, Error> {
        let (value, on) = self.__held.parts_mut();
        ::bridge::__private::facade::call_fold(
                "Client::begin",
                on,
                <Client>::begin(value),
            )
            .map(|value| crate::blocking::Transaction {
                __held: ::bridge::__private::facade::Held::with(value, on),
            })
    }
    #[cfg(feature = "sync")]
    ///The blocking form of [`Client::wait`].
    #[track_caller]
    pub fn wait(&self, limit: Duration) {
        let limit: ::core::time::Duration = limit;
        let (value, on) = self.__held.parts();
        ::bridge::__private::facade::call(
            "Client::wait",
            &on.with_timeout(limit),
            ::bridge::__private::future(move || <Client>::wait(value, limit)),
        )
    }
    #[cfg(not(feature = "sync"))]
    ///The blocking form of [`Client::wait`].
    #[track_caller]
    pub fn wait(&self, limit: Duration) {
        let (value, on) = self.__held.parts();
        ::bridge::__private::facade::call(
            "Client::wait",
            on,
            ::bridge::__private::future(move || <Client>::wait(value, limit)),
        )
    }
}
impl Transaction<'_> {
    pub async fn commit(self) -> Result<(), Error> {
        self.client.commit().await
    }
}
impl crate::blocking::Transaction<'_> {
    ///The blocking form of [`Transaction::commit`].
    #[track_caller]
    pub fn commit(self) -> Result<(), Error> {
        let (value, on) = ::bridge::Facade::__into_held(self).into_parts();
        let on = &on;
        ::bridge::__private::facade::call_fold(
            "Transaction::commit",
            on,
            <Transaction<'_>>::commit(value),
        )
    }
}
