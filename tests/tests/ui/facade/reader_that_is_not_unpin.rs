use bridge::__private::facade::{Held, On, read};
use std::{io, marker, pin, task};

struct Body(marker::PhantomPinned);

impl tokio::io::AsyncRead for Body {
    fn poll_read(self: pin::Pin<&mut Self>, _: &mut task::Context<'_>, _: &mut tokio::io::ReadBuf<'_>) -> task::Poll<io::Result<()>> {
        unimplemented!()
    }
}

fn read_some(body: &mut Held<Body>, into: &mut [u8], on: &On) -> io::Result<usize> {
    read("Body::read", on, body.get_mut(), into)
}

fn main() {}
