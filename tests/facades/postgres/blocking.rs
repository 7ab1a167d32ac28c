//! A blocking client, generated from the async one.

use std::io::{self, BufRead, Read, Write};

use bridge::Facade as _;
use bytes::{Buf as _, Bytes};
use fallible_iterator::FallibleIterator;
use futures_util::{SinkExt as _, TryStreamExt as _};

use crate::binary_copy::BinaryCopyOutRow;
use crate::{Error, Notification, Row};

pub use self::facades::*;
pub use crate::generic_client::GenericClientBlocking as GenericClient;

pub(crate) mod session;

pub(crate) mod facades {
    use std::pin::Pin;

    bridge::facade! {
        handle = bridge::next_shared();

        #[derive(Clone, Debug, Default)]
        pub struct Config(crate::Config): FromStr + From<crate::Config>;
        pub struct Client(crate::Client);
        pub struct Transaction<'a>(crate::Transaction<'a>): Drop(rollback);
        pub struct TransactionBuilder<'a>(crate::TransactionBuilder<'a>);
        #[derive(Clone)]
        pub struct CancelToken(crate::CancelToken);
        pub struct RowIter(Pin<Box<crate::RowStream>>);
        pub struct CopyInWriter(crate::CopyInSink<bytes::Bytes>);
        pub struct CopyOutReader(crate::CopyOutStream);
        pub struct BinaryCopyInWriter(crate::binary_copy::BinaryCopyInWriter);
        pub struct BinaryCopyOutIter(crate::binary_copy::BinaryCopyOutStream);
        pub struct Notifications<'a>(super::session::Notifications<'a>);
        pub struct Iter<'a>(super::session::Iter<'a>);
        pub struct BlockingIter<'a>(super::session::BlockingIter<'a>);
        pub struct TimeoutIter<'a>(super::session::TimeoutIter<'a>);
    }
}

/// An error of the bridge as one of the client's. Not a `From`: with a second one the crate's own `?` no longer say of what.
pub(crate) fn failed(error: bridge::Error) -> Error {
    match error {
        bridge::Error::TimedOut(_) => Error::__private_api_timeout(),
        error => Error::io(error.into()),
    }
}

macro_rules! iterators {
    ($($name:ty: $item:ty, $next:ident, $count:expr;)*) => {$(
        impl FallibleIterator for $name {
            type Item = $item;
            type Error = Error;

            fn next(&mut self) -> Result<Option<$item>, Error> {
                self.handle().block_on(self.as_async_mut().$next()).map_err(failed)?
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                ($count(self), None)
            }
        }
    )*};
}

iterators! {
    RowIter: Row, try_next, |_: &Self| 0;
    BinaryCopyOutIter: BinaryCopyOutRow, try_next, |_: &Self| 0;
    Iter<'_>: Notification, next, |iter: &Self| iter.as_async().0.len();
    BlockingIter<'_>: Notification, next, |iter: &Self| iter.as_async().0.len();
    TimeoutIter<'_>: Notification, next, |iter: &Self| iter.as_async().0.len();
}

impl Write for CopyInWriter {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let sent = self.handle().block_on(self.as_async_mut().feed(Bytes::copy_from_slice(from)))?;
        sent.map(|()| from.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.handle().block_on(self.as_async_mut().flush())?.map_err(io::Error::other)
    }
}

impl Read for CopyOutReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for CopyOutReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.as_async().rest.is_empty() {
            let next = self.handle().block_on(self.as_async_mut().try_next())?;
            match next.map_err(io::Error::other)? {
                Some(chunk) => self.as_async_mut().rest = chunk,
                None => break,
            }
        }
        Ok(&self.as_async().rest)
    }

    fn consume(&mut self, count: usize) {
        self.as_async_mut().rest.advance(count);
    }
}
