async fn moved(
    mut count: u8,
    (left, right): (u8, u8),
    Point { x, .. }: Point,
    _: &str,
    _unused: u8,
) {}
/**Blocking companion of [`moved`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`moved`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
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
/**Blocking companion of [`taken`]: runs it on the event loop of `loop_handle`, and blocks until it returns.

# Panics

Panics if [`taken`] panics, the event loop of `loop_handle` is closed, a timeout or a canceller of `loop_handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn taken_blocking(loop_handle: &::bridge::Handle, handle: u8, moved: u8, taken: u8) {
    ::bridge::__private::call("taken_blocking", loop_handle, taken(handle, moved, taken))
}
