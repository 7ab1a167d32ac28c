#![allow(unused_imports)]
use bridge::__private::facade::{Awaited, Otherwise as _, settled};

type Find = std::future::Ready<u8>;

fn main() {
    settled::<Find, _>(Awaited::<Find>::KIND);
}
