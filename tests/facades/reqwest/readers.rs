//! Bodies that are read from readers that block, or copied to writers that do, as the async types have them, and so the
//! blocking ones.

use std::fs::File;
use std::future::Future as _;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bridge::threadsafe;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use sync_wrapper::SyncWrapper;
use tokio::task::{JoinHandle, spawn_blocking};

#[cfg(feature = "multipart")]
use crate::multipart::Part;
use crate::{Body, Response};

#[threadsafe(facade = crate::blocking::facades)]
impl Body {
    /// A body that is read as it is sent, on threads that may block.
    pub fn new<R: Read + Send + 'static>(reader: R) -> Body {
        Body::wrap(Reading::new(reader, None))
    }

    /// The first `len` bytes of what a reader gives.
    pub fn sized<R: Read + Send + 'static>(reader: R, len: u64) -> Body {
        Body::wrap(Reading::new(reader.take(len), Some(len)))
    }

    /// The whole body, which is read now if it has not been.
    pub async fn buffer(&mut self) -> crate::Result<&[u8]> {
        if self.as_bytes().is_none() {
            let read = http_body_util::BodyExt::collect(std::mem::take(self)).await;
            *self = read.map_err(crate::error::builder)?.to_bytes().into();
        }
        Ok(self.as_bytes().unwrap_or_default())
    }
}

#[threadsafe(facade = crate::blocking::facades)]
impl Response {
    /// Copies the body to a writer, and gives its length.
    pub async fn copy_to<W: Write + ?Sized>(&mut self, writer: &mut W) -> crate::Result<u64> {
        let mut length = 0;
        while let Some(chunk) = self.chunk().await? {
            writer.write_all(&chunk).map_err(crate::error::decode)?;
            length += chunk.len() as u64;
        }
        Ok(length)
    }
}

impl From<File> for Body {
    fn from(file: File) -> Body {
        match file.metadata() {
            Ok(metadata) => Body::sized(file, metadata.len()),
            Err(_) => Body::new(file),
        }
    }
}

#[cfg(feature = "multipart")]
#[threadsafe(facade = crate::blocking::facades)]
impl Part {
    /// A part that is read as it is sent.
    pub fn reader<T: Read + Send + 'static>(value: T) -> Part {
        Part::stream(Body::new(value))
    }

    /// A part that is read as it is sent, and is so long.
    pub fn reader_with_length<T: Read + Send + 'static>(value: T, length: u64) -> Part {
        Part::stream(Body::sized(value, length))
    }
}

type Reader = Box<dyn Read + Send>;

/// A reader as a body.
struct Reading {
    next: Next,
    /// How much is still to come.
    left: Option<u64>,
}

impl Reading {
    fn new<R: Read + Send + 'static>(reader: R, left: Option<u64>) -> Reading {
        Reading { next: Next::Ready(Some(SyncWrapper::new(Box::new(reader)))), left }
    }
}

enum Next {
    Ready(Option<SyncWrapper<Reader>>),
    Reading(JoinHandle<io::Result<(Reader, Vec<u8>)>>),
}

impl http_body::Body for Reading {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            match &mut self.next {
                Next::Ready(None) => return Poll::Ready(None),
                Next::Ready(reader) => {
                    let reader = reader.take().map(SyncWrapper::into_inner);
                    self.next = match reader {
                        Some(reader) => Next::Reading(spawn_blocking(|| read(reader))),
                        None => Next::Ready(None),
                    };
                }
                Next::Reading(reading) => {
                    let read = ready!(Pin::new(reading).poll(cx));
                    self.next = Next::Ready(None);
                    let (reader, chunk) = read.map_err(io::Error::other)??;
                    if chunk.is_empty() {
                        return Poll::Ready(None);
                    }
                    self.left = self.left.map(|left| left - chunk.len() as u64);
                    self.next = Next::Ready(Some(SyncWrapper::new(reader)));
                    return Poll::Ready(Some(Ok(Frame::data(chunk.into()))));
                }
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn read(mut reader: Reader) -> io::Result<(Reader, Vec<u8>)> {
    let mut chunk = vec![0; 16 * 1024];
    let count = reader.read(&mut chunk)?;
    chunk.truncate(count);
    Ok((reader, chunk))
}
