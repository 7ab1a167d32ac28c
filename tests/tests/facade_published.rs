//! Facades of types that were written before there were facades.

#![forbid(unsafe_code)]
#![allow(dead_code, unreachable_pub)]

use std::pin::Pin;

use bridge::{Facade as _, threadsafe};
// Its timeout ends a test that hangs.
use bridge_tests as _;

#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Config {
    port: u16,
}

#[threadsafe(facade = blocking)]
impl Config {
    /// A type by its name, not by `Self`.
    pub fn port(&mut self, port: u16) -> &mut Config {
        self.port = port;
        self
    }

    /// A method that takes its value pinned.
    pub async fn next(self: Pin<&mut Self>) -> u16 {
        tokio::task::yield_now().await;
        self.port + 1
    }

    /// A mistake that is not there, since it is left out under the condition that the facade is made under.
    #[cfg_attr(all(), threadsafe(skip))]
    pub fn own(&self) -> Option<&Config> {
        Some(self)
    }
}

mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        #[derive(Debug)]
        pub(crate) struct Config(super::Config): Default + From<super::Config>;
    }

    impl Config {
        pub(super) fn own(&self) -> u16 {
            bridge::Facade::as_async(self).port
        }
    }
}

#[test]
fn as_it_is() {
    let mut config = blocking::Config::default();
    assert_eq!(config.port(1).port(2).next(), 3);
    let config = blocking::Config::from(Config { port: 3 }).map_async(|config| Config { port: config.port + 1 });
    assert_eq!(config.own(), 4);
}
