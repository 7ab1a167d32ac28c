// What the examples of `Facade` are about: an async type, and a facade of it, which `facade!` would make.

#[derive(Clone, Debug)]
pub struct Client(String);

impl Client {
    pub fn new(name: &str) -> Client {
        Client(name.into())
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    pub async fn greet(&self) -> String {
        format!("hello, {}", self.0)
    }

    pub async fn wave(self) -> String {
        format!("{} waves", self.0)
    }

    pub async fn never(&self) -> Result<(), bridge::Error> {
        std::future::pending().await
    }
}

pub mod blocking {
    #![allow(dead_code)]

    use bridge::__private::facade::{Held, call, call_with, hold};

    pub struct Client {
        held: Held<super::Client>,
    }

    impl bridge::Facade for Client {
        type Async = super::Client;

        fn __held(&self) -> &Held<super::Client> {
            &self.held
        }

        fn __held_mut(&mut self) -> &mut Held<super::Client> {
            &mut self.held
        }

        fn __into_held(self) -> Held<super::Client> {
            self.held
        }

        fn __from_held(held: Held<super::Client>) -> Client {
            Client { held }
        }
    }

    impl Client {
        pub fn name(&self) -> &str {
            self.held.get().name()
        }

        pub fn greet(&self) -> String {
            let (value, on) = self.held.parts();
            call("Client::greet", on, value.greet())
        }

        pub fn never(&self) -> Result<(), bridge::Error> {
            let (value, on) = self.held.parts();
            call_with("Client::never", on, value.never(), hold)
        }
    }
}
