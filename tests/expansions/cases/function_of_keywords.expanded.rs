async fn r#type(r#in: u8, r#match: &str) {}
/**Blocking companion of `type`: runs it on `handle`'s event loop and waits for it.

# Panics

As `type` does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`read`]: runs it on `handle`'s event loop and waits for it.

# Safety

As for [`read`].

# Panics

As [`read`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
pub(crate) unsafe fn read_blocking(handle: &::bridge::Handle, index: usize) -> u8 {
    ::bridge::__private::call("read_blocking", handle, unsafe { read(index) })
}
