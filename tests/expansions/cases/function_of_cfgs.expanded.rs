#[cfg(feature = "net")]
pub async fn open(
    #[cfg(unix)]
    fd: RawFd,
    path: &Path,
    #[cfg(windows)]
    share: u32,
) -> io::Result<File> {
    File::open(path).await
}
/**Blocking companion of [`open`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`open`].

# Panics

Panics if [`open`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[cfg(feature = "net")]
#[track_caller]
pub fn open_blocking(
    handle: &::bridge::Handle,
    #[cfg(unix)]
    fd: RawFd,
    path: &Path,
    #[cfg(windows)]
    share: u32,
) -> io::Result<File> {
    #[cfg(all(not(unix), not(windows)))]
    { ::bridge::__private::call("open_blocking", handle, open(path)) }
    #[cfg(all(unix, not(windows)))]
    { ::bridge::__private::call("open_blocking", handle, open(fd, path)) }
    #[cfg(all(not(unix), windows))]
    { ::bridge::__private::call("open_blocking", handle, open(path, share)) }
    #[cfg(all(unix, windows))]
    { ::bridge::__private::call("open_blocking", handle, open(fd, path, share)) }
}
