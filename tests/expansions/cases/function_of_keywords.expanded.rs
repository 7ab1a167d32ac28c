async fn r#type(r#in: u8, r#match: &str) {}
/**Blocking companion of `type`: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if `type` panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn type_blocking(handle: &::bridge::Handle, r#in: u8, r#match: &str) {
    ::bridge::__private::call("type_blocking", handle, r#type(r#in, r#match))
}
/// # Safety
///
/// There is such an index.
pub(crate) async unsafe fn read(index: usize) -> u8 {
    at(index)
}
/**Blocking companion of [`read`]: runs it on the event loop of `handle`, and blocks until it returns.

# Safety

The caller must ensure what [`read`] requires.

# Panics

Panics if [`read`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
pub(crate) unsafe fn read_blocking(handle: &::bridge::Handle, index: usize) -> u8 {
    ::bridge::__private::call("read_blocking", handle, unsafe { read(index) })
}
