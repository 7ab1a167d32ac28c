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
/**Blocking companion of [`open`]: runs it on `handle`'s event loop and waits for it.

# Errors

Those of [`open`].

# Panics

As [`open`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
