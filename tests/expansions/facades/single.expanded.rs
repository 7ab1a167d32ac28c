impl<T: Clone> Counter<T> {
    pub async fn start(at: &T) -> Self {
        Counter(at.clone())
    }
    pub async fn value(&self) -> T {
        self.0.clone()
    }
}
///The blocking form of [`Counter`].
pub struct BlockingCounter<T> {
    pub(crate) __held: ::bridge::__private::facade::Held<Counter<T>>,
}
impl<T> ::bridge::Facade for BlockingCounter<T> {
    type Async = Counter<T>;
    fn __held(&self) -> &::bridge::__private::facade::Held<Counter<T>> {
        &self.__held
    }
    fn __held_mut(&mut self) -> &mut ::bridge::__private::facade::Held<Counter<T>> {
        &mut self.__held
    }
    fn __into_held(self) -> ::bridge::__private::facade::Held<Counter<T>> {
        self.__held
    }
    fn __from_held(held: ::bridge::__private::facade::Held<Counter<T>>) -> Self {
        Self { __held: held }
    }
}
impl<T> ::core::convert::From<BlockingCounter<T>> for Counter<T> {
    fn from(facade: BlockingCounter<T>) -> Self {
        ::bridge::Facade::into_async(facade)
    }
}
impl<T> ::core::fmt::Debug for BlockingCounter<T>
where
    Counter<T>: ::core::fmt::Debug,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(self.__held.get(), f)
    }
}
impl<T: Clone> BlockingCounter<T> {
    ///The blocking form of [`Counter::start`].
    #[track_caller]
    pub fn start(handle: &::bridge::Handle, at: &T) -> Self
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        let on = &::bridge::__private::facade::On::new(handle);
        Self {
            __held: ::bridge::__private::facade::Held::with(
                ::bridge::__private::facade::call(
                    "Counter::start",
                    on,
                    <Counter<T>>::start(at),
                ),
                on,
            ),
        }
    }
    ///The blocking form of [`Counter::value`].
    #[track_caller]
    pub fn value(&self) -> T
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        ::bridge::__private::facade::call(
            "Counter::value",
            self.__held.on(),
            <Counter<T>>::value(self.__held.get()),
        )
    }
}
