async fn fetch(id: u64) -> io::Result<String> {
    get(id).await
}
/**Blocking companion of [`fetch`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`fetch`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn fetch_blocking(handle: &::bridge::Handle, id: u64) -> io::Result<String> {
    let _ = id;
    ::core::unreachable!()
}
::core::compile_error! {
    "unknown option `falible`: did you mean `fallible`?"
}
::core::compile_error! {
    "unknown option `colour`: there are `name`, `suffix`, `vis`, `handle`, `timeout`, `fallible`, `local`, `submit`, `attr`, `docs`, `bound`, `crate`, `skip`, `stream`"
}
::core::compile_error! {
    "a name is written without quotes: `name = x`"
}
fn plain(id: u64) -> u64 {
    id
}
/**Blocking companion of [`plain`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`plain`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn plain_blocking(handle: &::bridge::Handle, id: u64) -> u64 {
    let _ = id;
    ::core::unreachable!()
}
::core::compile_error! {
    "`plain` is not async, and returns no future that is seen as one: write `async fn` or `-> impl Future<Output = T>`, or remove `#[threadsafe]`"
}
impl Client {
    async fn get(&self, #[cfg(unix)] fd: u8) -> u8 {
        1
    }
    /**Blocking companion of [`get`](Self::get): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`get`](Self::get) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn get_blocking(&self, handle: &::bridge::Handle, #[cfg(unix)] fd: u8) -> u8 {
        #[cfg(unix)]
        let _ = fd;
        ::core::unreachable!()
    }
    async fn hidden(&self) -> impl Display {
        1
    }
    /**Blocking companion of [`hidden`](Self::hidden): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`hidden`](Self::hidden) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn hidden_blocking<'a>(
        &'a self,
        handle: &::bridge::Handle,
    ) -> impl Display + use<'a> {
        ::bridge::__private::call("hidden_blocking", handle, Self::hidden(self))
    }
}
::core::compile_error! {
    "`name` is for one function: on an impl write `suffix = \"_sync\"`, say, or put `#[threadsafe(name = …)]` on the function"
}
impl Store for Client {
    async fn get(&self) -> u8 {
        1
    }
}
::core::compile_error! {
    "`#[threadsafe]` goes on the trait, not on its impls: annotate the trait, and every type that implements it has the companions"
}
struct Client;
::core::compile_error! {
    "`#[threadsafe]` makes blocking companions of async functions, and a type has none: put it on an `async fn`, or on the `impl` that holds them"
}
