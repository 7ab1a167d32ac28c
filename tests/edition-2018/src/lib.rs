//! The macro in a crate of edition 2018.

#[cfg(test)]
#[path = "../../edition-2021/src/lib.rs"]
mod shared;

#[cfg(test)]
mod words {
    // It became a keyword later.
    #[bridge::threadsafe]
    async fn gen(r#async: u64) -> u64 {
        r#async
    }

    #[test]
    fn that_became_keywords() {
        assert_eq!(gen_blocking(bridge::global(), 7), 7);
    }
}

/// A client.
#[cfg(test)]
#[derive(Debug, Default)]
pub struct Client(u8);

#[cfg(test)]
#[bridge::threadsafe(facade)]
impl Client {
    /// Gets it.
    ///
    /// # Errors
    ///
    /// None.
    pub async fn get(&self) -> std::io::Result<Client> {
        Ok(Client(self.0))
    }

    /// Its value.
    pub fn value(&self) -> u8 {
        self.0
    }
}

#[cfg(test)]
pub mod blocking {
    //! Types that block.

    bridge::facade! {
        handle = bridge::shared();

        /// A client.
        #[derive(Debug)]
        pub struct Client(crate::Client): Default;
    }
}

#[test]
fn a_facade_works() {
    assert_eq!(blocking::Client::default().get().unwrap().value(), 0);
}
