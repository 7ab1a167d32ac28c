/// Does it: see [`Other`].
///
/// ```
/// code();
/// ```
///
/// [`Other`]: crate::Other
#[instrument(skip_all)]
#[must_use = "it is worth something"]
#[deprecated(note = "do not")]
#[expect(clippy::unused_async, reason = "later")]
#[cfg_attr(docsrs, doc(cfg(feature = "x")), inline)]
#[doc(hidden)]
pub async fn act() -> u8 {
    1
}
/**Blocking companion of `act`: runs it on the event loop of `handle`, and blocks until it returns.

Does it: see [`Other`].

# Panics

Panics if `act` panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.

[`Other`]: crate::Other*/
#[must_use = "it is worth something"]
#[deprecated(note = "do not")]
#[allow(clippy::unused_async, reason = "later")]
#[cfg_attr(docsrs, doc(cfg(feature = "x")))]
#[doc(hidden)]
#[cfg(feature = "blocking")]
#[inline]
#[doc(alias = "do")]
#[allow(deprecated)]
#[track_caller]
pub(super) fn act_blocking(handle: &::bridge::Handle) -> u8 {
    ::bridge::__private::call("act_blocking", handle, act())
}
async fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) {}
/**Blocking companion of [`many`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`many`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[allow(clippy::too_many_arguments)]
#[track_caller]
fn many_blocking(
    handle: &::bridge::Handle,
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
) {
    ::bridge::__private::call("many_blocking", handle, many(a, b, c, d, e, f, g))
}
