//! Calls whose futures are made on the thread of an `EventLoop`, and stay there.

use super::calls::ReturnsResult;
use super::on::On;
use crate::error::Error;

/// [`call`](super::call) with a future that is made on the loop.
#[track_caller]
pub fn call_local<M, F, T>(method: &'static str, on: &On, make: M) -> T
where
    M: FnOnce() -> F + Send, // arguments cross threads, with `local` too
    F: Future<Output = T>,
    T: Send, // also with `local`, the output goes back to the calling thread
{
    match block_on(method, on, make) {
        Ok(value) => value,
        Err(error) => error.raise(method, None),
    }
}

/// [`call_with`](super::call_with) with a future that is made on the loop.
#[track_caller]
pub fn call_local_with<M, F, T>(method: &'static str, on: &On, make: M, convert: fn(Error) -> T::Error) -> T
where
    M: FnOnce() -> F + Send, // arguments cross threads, with `local` too
    F: Future<Output = T>,
    T: ReturnsResult + Send, // also with `local`, the output goes back to the calling thread
{
    block_on(method, on, make).unwrap_or_else(|error| T::error(convert(error)))
}

/// [`call_or`](super::call_or) with a future that is made on the loop.
#[track_caller]
pub fn call_local_or<M, F, T>(method: &'static str, on: &On, make: M, fold: impl FnOnce(Error) -> Result<T, Error>) -> T
where
    M: FnOnce() -> F + Send, // arguments cross threads, with `local` too
    F: Future<Output = T>,
    T: Send, // also with `local`, the output goes back to the calling thread
{
    match block_on(method, on, make).or_else(fold) {
        Ok(value) => value,
        Err(error) => error.raise(method, None),
    }
}

#[track_caller]
fn block_on<M, F>(method: &'static str, on: &On, make: M) -> Result<F::Output, Error>
where
    M: FnOnce() -> F + Send,
    F: Future,
    F::Output: Send,
{
    match on.try_handle()?.to_local() {
        Some(local) => local.block_on_local_for(Some(method), make),
        None => panic!(
            "`{method}` is `local`: it runs on the thread of an `EventLoop`, and the handle of this facade is of a loop \
             that has none; give the facade the handle of an `EventLoop`, as `handle = bridge::global();`"
        ),
    }
}
