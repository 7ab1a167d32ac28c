//! A stream of keys.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpStream;

use crate::Result;

/// The keys of [`Client::keys`](crate::Client::keys), as the server sends them.
#[derive(Debug)]
pub struct Keys {
    lines: Lines<BufReader<TcpStream>>,
}

impl Keys {
    pub(crate) fn new(stream: TcpStream) -> Keys {
        Keys { lines: BufReader::new(stream).lines() }
    }
}

impl Stream for Keys {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<String>>> {
        let line = ready!(Pin::new(&mut self.lines).poll_next_line(cx));
        Poll::Ready(line.map_err(Into::into).transpose())
    }
}
