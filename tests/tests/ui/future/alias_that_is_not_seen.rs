use std::future::{Ready, ready};

use bridge::threadsafe;

#[threadsafe]
fn fetch(id: u64) -> Ready<u64> {
    ready(id)
}

fn main() {}
