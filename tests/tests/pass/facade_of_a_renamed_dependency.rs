// As with `event_loops = { package = "bridge", … }` in a Cargo.toml, which brings no `::bridge`.
extern crate bridge as event_loops;

mod bridge {}

pub mod blocking {
    event_loops::facade! {
        crate = crate::event_loops;
        handle = crate::event_loops::shared();
        pub struct Client(crate::Client): Default;
    }
}

#[derive(Default)]
pub struct Client;

#[event_loops::threadsafe(facade)]
impl Client {
    pub async fn id(&self) -> u64 {
        7
    }
}

#[event_loops::threadsafe(facade, crate = event_loops)]
pub trait Get {
    async fn get(&self) -> u64 {
        1
    }
}

impl Get for Client {}

#[derive(Default)]
pub struct Counter;

#[event_loops::threadsafe(facade = pub sync::Counter, crate = crate::event_loops, implements(Default), handle = crate::event_loops::shared())]
impl Counter {
    pub async fn next(&mut self) -> u64 {
        1
    }
}

fn main() {
    assert_eq!(blocking::Client::default().id() + blocking::Client::default().get() + sync::Counter::default().next(), 9);
}
