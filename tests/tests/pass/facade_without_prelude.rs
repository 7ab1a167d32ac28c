#![no_implicit_prelude]

pub mod blocking {
    ::bridge::facade! {
        handle = ::bridge::shared();
        #[derive(Clone, Debug, PartialEq)]
        pub struct Client(crate::Client): Default + From<u8> + FromStr + Drop(close);
        pub struct Items(::std::pin::Pin<::std::boxed::Box<crate::Items>>): Iterator;
        pub struct Find(crate::Find): IntoFuture;
        pub struct Body(::tokio::io::Empty): Read + BufRead + Write + Seek;
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Client(u8);

pub type Items = ::futures::stream::Empty<u8>;
pub type Find = ::std::future::Ready<u8>;

impl ::std::convert::From<u8> for Client {
    fn from(value: u8) -> Self {
        Client(value)
    }
}

impl ::std::str::FromStr for Client {
    type Err = ::std::num::ParseIntError;

    fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
        text.parse().map(Client)
    }
}

#[::bridge::threadsafe(facade)]
impl Client {
    pub async fn get(&self, others: ::std::vec::Vec<Client>, last: ::std::option::Option<Client>) -> ::std::vec::Vec<Client> {
        let _ = last;
        others
    }

    pub fn with(self, value: u8, _: (Client, u8)) -> Self {
        Client(self.0 + value)
    }

    pub async fn checked(&mut self) -> ::std::io::Result<&mut Self> {
        ::std::result::Result::Ok(self)
    }

    pub async fn pair(self) -> (Client, u8) {
        (self, 1)
    }

    pub async fn close(self) {}
}

fn main() {
    let client = <blocking::Client as ::std::default::Default>::default().with(2, (::std::convert::From::from(1), 1));
    ::std::assert_eq!(client.get(::std::vec![::std::clone::Clone::clone(&client)], ::std::option::Option::None).len(), 1);
    let _ = client.pair();
}
