async fn moved(
    mut count: u8,
    (left, right): (u8, u8),
    Point { x, .. }: Point,
    _: &str,
    _unused: u8,
) {}
/**Blocking companion of [`moved`]: runs it on `handle`'s event loop and waits for it.

# Panics

As [`moved`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
fn moved_blocking(
    handle: &::bridge::Handle,
    count: u8,
    arg1: (u8, u8),
    arg2: Point,
    arg3: &str,
    _unused: u8,
) {
    ::bridge::__private::call(
        "moved_blocking",
        handle,
        moved(count, arg1, arg2, arg3, _unused),
    )
}
async fn taken(handle: u8, moved: u8, taken: u8) {}
/**Blocking companion of [`taken`]: runs it on `loop_handle`'s event loop and waits for it.

# Panics

As [`taken`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
fn taken_blocking(loop_handle: &::bridge::Handle, handle: u8, moved: u8, taken: u8) {
    ::bridge::__private::call("taken_blocking", loop_handle, taken(handle, moved, taken))
}
