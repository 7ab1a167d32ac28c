#![no_implicit_prelude]

#[::bridge::threadsafe(fallible)]
pub async fn fetch<T: ::std::clone::Clone>(value: &T, shown: impl ::std::fmt::Debug) -> T {
    let _ = shown;
    ::std::clone::Clone::clone(value)
}

#[::bridge::threadsafe(handle = ::bridge::global(), local, submit)]
pub async fn read(id: u64) -> ::std::io::Result<u64> {
    ::std::result::Result::Ok(id)
}

pub struct Client(::bridge::LocalHandle);

#[::bridge::threadsafe(handle = self.0, timeout = ::std::time::Duration::MAX)]
impl Client {
    pub async fn id(self) -> u64 {
        7
    }
}

#[::bridge::threadsafe(handle = ::bridge::shared(), fallible)]
pub async fn write(id: u64) -> ::std::io::Result<u64> {
    ::std::result::Result::Ok(id)
}

#[::bridge::threadsafe(handle = ::bridge::try_global()?, fallible)]
pub async fn count(id: u64) -> u64 {
    id
}

fn main() {
    ::std::assert!(write_blocking(7).is_ok() && count_blocking(7).is_ok());
    ::std::assert!(fetch_blocking(::bridge::global(), &7, 8).is_ok());
    ::std::assert!(read_blocking(7).is_ok());
    ::std::assert!(Client(::std::clone::Clone::clone(::bridge::global())).id_blocking().is_ok());
}
