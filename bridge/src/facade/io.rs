//! tokio's `AsyncRead`, `AsyncWrite`, `AsyncBufRead` and `AsyncSeek` as those of std.
//!
//! An error of the bridge is an `io::Error` of a fitting kind.

use std::future::poll_fn;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use super::calls::call_with;
use super::on::On;
use super::pin::InPlace;

/// `Read::read`
///
/// # Errors
///
/// Those of the reader, and of the bridge.
#[track_caller]
pub fn read<R>(method: &'static str, on: &On, reader: &mut R, into: &mut [u8]) -> io::Result<usize>
where
    R: AsyncRead + Send + InPlace,
{
    let read = poll_fn(|cx| {
        let mut into = ReadBuf::new(into);
        ready!(Pin::new(&mut *reader).poll_read(cx, &mut into))?;
        Poll::Ready(Ok(into.filled().len()))
    });
    call_with(method, on, read, io::Error::from)
}

/// `Write::write`
///
/// # Errors
///
/// Those of the writer, and of the bridge.
#[track_caller]
pub fn write<W>(method: &'static str, on: &On, writer: &mut W, from: &[u8]) -> io::Result<usize>
where
    W: AsyncWrite + Send + InPlace,
{
    call_with(method, on, poll_fn(|cx| Pin::new(&mut *writer).poll_write(cx, from)), io::Error::from)
}

/// `Write::flush`
///
/// # Errors
///
/// Those of the writer, and of the bridge.
#[track_caller]
pub fn flush<W>(method: &'static str, on: &On, writer: &mut W) -> io::Result<()>
where
    W: AsyncWrite + Send + InPlace,
{
    call_with(method, on, poll_fn(|cx| Pin::new(&mut *writer).poll_flush(cx)), io::Error::from)
}

/// `BufRead::fill_buf`
///
/// # Errors
///
/// Those of the reader, and of the bridge.
#[track_caller]
pub fn fill_buf<'a, R>(method: &'static str, on: &On, reader: &'a mut R) -> io::Result<&'a [u8]>
where
    R: AsyncBufRead + Send + InPlace,
{
    let fill = poll_fn(|cx| Pin::new(&mut *reader).poll_fill_buf(cx).map_ok(<[u8]>::is_empty));
    if call_with(method, on, fill, io::Error::from)? {
        return Ok(&[]);
    }
    // What is in the buffer stays there, and no call can return a borrow of what it has borrowed again.
    match on.within(|| Pin::new(reader).poll_fill_buf(&mut Context::from_waker(Waker::noop()))) {
        Poll::Ready(buffer) => buffer,
        // It does not stay there: std tries again.
        Poll::Pending => Err(io::ErrorKind::Interrupted.into()),
    }
}

/// `BufRead::consume`
pub fn consume<R>(on: &On, reader: &mut R, amount: usize)
where
    R: AsyncBufRead + InPlace,
{
    on.within(|| Pin::new(reader).consume(amount));
}

/// `Seek::seek`
///
/// # Errors
///
/// Those of the stream, and of the bridge.
#[track_caller]
pub fn seek<S>(method: &'static str, on: &On, stream: &mut S, to: SeekFrom) -> io::Result<u64>
where
    S: AsyncSeek + Send + InPlace,
{
    let mut to = Some(to);
    let seek = poll_fn(|cx| {
        // One that is under way comes first.
        if to.is_some() {
            ready!(Pin::new(&mut *stream).poll_complete(cx))?;
        }
        if let Some(to) = to.take() {
            Pin::new(&mut *stream).start_seek(to)?;
        }
        Pin::new(&mut *stream).poll_complete(cx)
    });
    call_with(method, on, seek, io::Error::from)
}
