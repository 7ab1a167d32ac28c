#![allow(dead_code, non_camel_case_types)]

mod std {}
mod core {}
mod bridge {}
struct Result;
struct Option;
struct Handle;
struct u64;
struct str;
trait Send {}
trait Sync {}
trait Future {}
trait Clone {}
trait FnOnce {}

#[::bridge::threadsafe(fallible)]
async fn show<T: ::core::fmt::Debug>(value: &T) -> ::std::string::String {
    format!("{value:?}")
}

struct Client(::bridge::Handle);


#[::bridge::threadsafe(handle = self.0, submit)]
impl Client {
    async fn id(self) -> u8 {
        7
    }
}

fn main() {
    assert_eq!(show_blocking(::bridge::global(), &7).unwrap(), "7");
    assert_eq!(Client(::std::clone::Clone::clone(::bridge::global())).id_blocking(), 7);
}
