//! Panics of user code that end in this crate, since no caller is there to take them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message of a panic, if its payload is a string.
pub(crate) fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// Runs user code, drops what it returns, and catches panics of both: there is no caller to resume them on. The panic hook has
/// reported the panic by then.
pub(crate) fn catch_and_drop<R>(f: impl FnOnce() -> R) {
    let mut result = catch_unwind(AssertUnwindSafe(|| drop(f())));
    // The destructor of a payload may panic as well, with another payload. The fourth payload is leaked.
    for _ in 0..3 {
        let Err(payload) = result else { return };
        result = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    }
    std::mem::forget(result);
}
