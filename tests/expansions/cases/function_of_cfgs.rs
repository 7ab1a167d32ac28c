#[threadsafe]
#[cfg(feature = "net")]
pub async fn open(#[cfg(unix)] fd: RawFd, path: &Path, #[cfg(windows)] share: u32) -> io::Result<File> {
    File::open(path).await
}
