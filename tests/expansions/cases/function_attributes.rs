// What is carried over, and what is not.

/// Does it: see [`Other`].
///
/// ```
/// code();
/// ```
///
/// [`Other`]: crate::Other
#[threadsafe(vis = pub(super), attr(cfg(feature = "blocking"), inline), attr(doc(alias = "do")))]
#[instrument(skip_all)]
#[must_use = "it is worth something"]
#[deprecated(note = "do not")]
#[expect(clippy::unused_async, reason = "later")]
#[cfg_attr(docsrs, doc(cfg(feature = "x")), inline)]
#[doc(hidden)]
pub async fn act() -> u8 {
    1
}

#[threadsafe]
async fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) {}
