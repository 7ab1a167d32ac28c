//! Facades of `unsafe fn`s and of `extern "C" fn`s: what is unsafe to call is unsafe to call in the facade, and no method of
//! a facade has another ABI than Rust's.

// A method that the facade made safe would need none of the blocks in here.
#![deny(unused_unsafe, unsafe_op_in_unsafe_fn)]
#![allow(dead_code, unreachable_pub, clippy::missing_safety_doc)]

use std::io;

use bridge::{EventLoop, Facade as _, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;
use futures::future::BoxFuture;

#[derive(Debug, PartialEq)]
#[repr(transparent)]
pub(crate) struct Client(u8);

#[derive(Debug, PartialEq)]
pub(crate) struct Reply(u8);

pub(crate) async unsafe fn connect(number: u8) -> Client {
    tokio::task::yield_now().await;
    Client(number)
}

pub(crate) extern "C" fn made(number: u8) -> Client {
    Client(number)
}

mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        #[derive(Debug, PartialEq)]
        pub(crate) struct Client(super::Client);
        #[derive(Debug, PartialEq)]
        pub(crate) struct Reply(super::Reply) {
            pub unsafe fn number(&self) -> u8;
            pub async unsafe fn later(&self) -> u8;
        }

        pub(crate) async unsafe fn connect(number: u8) -> super::Client = super::connect;
        pub(crate) extern "C" fn made(number: u8) -> super::Client = super::made;
    }
}

impl Reply {
    pub(crate) unsafe fn number(&self) -> u8 {
        self.0
    }

    pub(crate) async unsafe fn later(&self) -> u8 {
        tokio::task::yield_now().await;
        self.0
    }
}

#[threadsafe(facade = blocking)]
impl Client {
    pub async unsafe fn new(number: u8) -> Self {
        tokio::task::yield_now().await;
        Client(number)
    }

    pub const unsafe fn of(number: u8) -> Self {
        Client(number)
    }

    pub unsafe fn number(&self) -> u8 {
        self.0
    }

    pub async unsafe fn get(&self) -> u8 {
        tokio::task::yield_now().await;
        self.0
    }

    pub async unsafe fn reply(&mut self, by: u8) -> io::Result<Option<Reply>> {
        tokio::task::yield_now().await;
        self.0 += by;
        Ok(Some(Reply(self.0)))
    }

    pub unsafe fn boxed<'a>(&'a self, other: &'a Client) -> BoxFuture<'a, u8> {
        Box::pin(async move { self.0 + other.0 })
    }

    #[threadsafe(local)]
    pub async unsafe fn alone(&self) -> u8 {
        let number = std::rc::Rc::new(self.0);
        tokio::task::yield_now().await;
        *number
    }

    pub unsafe fn with(self, number: u8) -> Self {
        Client(number)
    }

    pub unsafe fn add(&mut self, by: u8) -> &mut Self {
        self.0 += by;
        self
    }

    pub async unsafe fn twice(&mut self) -> &mut Self {
        tokio::task::yield_now().await;
        self.0 *= 2;
        self
    }

    pub extern "C" fn plain(&self, by: u8) -> u8 {
        self.0 + by
    }

    pub unsafe extern "C" fn sum(&self, by: u8) -> u8 {
        self.0 + by
    }

    pub extern "C" fn builder(self) -> Self {
        self
    }
}

#[threadsafe(facade = blocking)]
pub(crate) trait Peer {
    async unsafe fn ask(&self) -> u8;

    unsafe fn known(&self) -> u8 {
        3
    }
}

impl Peer for Client {
    async unsafe fn ask(&self) -> u8 {
        tokio::task::yield_now().await;
        self.0
    }
}

#[test]
fn what_is_unsafe_to_call_is_unsafe_in_the_facade() {
    // SAFETY: none of the functions asks anything of its caller.
    let mut client = unsafe { blocking::Client::new(1) };
    // SAFETY: as above.
    assert_eq!(client, unsafe { blocking::Client::of(1) });
    // SAFETY: as above.
    assert_eq!(unsafe { client.number() }, 1);
    // SAFETY: as above.
    assert_eq!(unsafe { client.get() }, 1);
    // SAFETY: as above.
    let reply: blocking::Reply = unsafe { client.reply(1) }.unwrap().unwrap();
    assert_eq!(reply.as_async(), &Reply(2));
    // SAFETY: as above.
    assert_eq!(unsafe { client.boxed(&client) }, 4);
    // SAFETY: as above.
    assert_eq!(unsafe { client.add(1) }, &blocking::Client::wrap(Client(3), bridge::shared()));
    // SAFETY: as above.
    assert_eq!(unsafe { client.twice() }.as_async(), &Client(6));
    // SAFETY: as above.
    assert_eq!(unsafe { client.with(5) }.as_async(), &Client(5));
}

#[test]
fn a_local_call_is_unsafe_as_well() {
    let event_loop = EventLoop::new().unwrap();
    let client = blocking::Client::wrap(Client(7), event_loop.handle());
    // SAFETY: it asks nothing of its caller.
    assert_eq!(unsafe { client.alone() }, 7);
}

#[test]
fn signatures_and_functions_of_a_list_stay_unsafe() {
    // SAFETY: none of the functions asks anything of its caller.
    let client: blocking::Client = unsafe { blocking::connect(2) };
    assert_eq!(client.as_async(), &Client(2));
    let reply = blocking::Reply::wrap(Reply(4), bridge::shared());
    // SAFETY: as above.
    assert_eq!(unsafe { reply.number() }, 4);
    // SAFETY: as above.
    assert_eq!(unsafe { reply.later() }, 4);
}

#[test]
fn methods_of_a_blocking_trait_stay_unsafe() {
    let client = blocking::made(9);
    // SAFETY: none of the functions asks anything of its caller.
    assert_eq!(unsafe { PeerBlocking::ask(&client) }, 9);
    // SAFETY: as above.
    assert_eq!(unsafe { PeerBlocking::known(&client) }, 3);
}

/// Of another ABI it would be no function of these types.
#[test]
fn a_facade_has_the_abi_of_rust() {
    let made: fn(u8) -> blocking::Client = blocking::made;
    let plain: fn(&blocking::Client, u8) -> u8 = blocking::Client::plain;
    let builder: fn(blocking::Client) -> blocking::Client = blocking::Client::builder;
    let sum: unsafe fn(&blocking::Client, u8) -> u8 = blocking::Client::sum;
    let client = builder(made(2));
    assert_eq!(plain(&client, 3), 5);
    // SAFETY: it asks nothing of its caller.
    assert_eq!(unsafe { sum(&client, 4) }, 6);
    // SAFETY: as above.
    assert_eq!(unsafe { client.sum(5) }, 7);
}
