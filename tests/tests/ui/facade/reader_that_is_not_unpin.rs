use std::{io, marker, pin, task};

mod blocking {
    bridge::facade! { pub struct Body(crate::Body): Read; }
}
pub struct Body(marker::PhantomPinned);

impl tokio::io::AsyncRead for Body {
    fn poll_read(self: pin::Pin<&mut Self>, _: &mut task::Context<'_>, _: &mut tokio::io::ReadBuf<'_>) -> task::Poll<io::Result<()>> {
        unimplemented!()
    }
}

fn main() {}
