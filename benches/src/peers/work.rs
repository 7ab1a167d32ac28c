//! What callers ask for.

use std::hint::black_box;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::{Call, Driven};
use crate::crowd::Request;
use crate::services::Service;

/// A way to call, by what is asked of it: so different ways can stand in one list, and each has the futures' types.
pub(crate) trait Peer: Send + Sync {
    fn name(&self) -> &'static str;

    /// A future that is ready at its first poll.
    fn ready(&self, value: u64) -> u64;

    /// One that is ready at its second poll.
    fn yields(&self, value: u64) -> u64;

    fn sleeps(&self, time: Duration);

    /// A connection that the runtime drives.
    fn connect(&self, to: SocketAddr) -> Connection;

    /// A few bytes there and back.
    fn echoes(&self, connection: &Connection);

    /// Requests of the service's async client, one for each caller.
    fn requests(self: Arc<Self>, to: &Service, callers: usize) -> Vec<Request>;
}

pub(crate) type Connection = Arc<Mutex<TcpStream>>;

impl<C: Call + 'static> Peer for C {
    fn name(&self) -> &'static str {
        Call::name(self)
    }

    fn ready(&self, value: u64) -> u64 {
        self.call(async move { black_box(value) })
    }

    fn yields(&self, value: u64) -> u64 {
        self.call(async move {
            yield_once().await;
            black_box(value)
        })
    }

    fn sleeps(&self, time: Duration) {
        self.call(async move { tokio::time::sleep(time).await });
    }

    fn connect(&self, to: SocketAddr) -> Connection {
        let stream = self.call(async move {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            io::Result::Ok(stream)
        });
        Arc::new(Mutex::new(stream.expect("the server listens")))
    }

    fn echoes(&self, connection: &Connection) {
        let connection = Arc::clone(connection);
        self.call(async move { ask(&mut *connection.lock().await).await }).expect("the server answers");
    }

    fn requests(self: Arc<Self>, to: &Service, callers: usize) -> Vec<Request> {
        to.requests(&self, callers)
    }
}

async fn ask(stream: &mut TcpStream) -> io::Result<()> {
    let mut bytes = [7; 16];
    stream.write_all(&bytes).await?;
    stream.read_exact(&mut bytes).await?;
    Ok(())
}

/// Pending once, and woken in that poll.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx: &mut Context<'_>| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Sends back what it gets, on a runtime of its own or one that it is given to.
pub(crate) struct EchoServer {
    pub(crate) address: SocketAddr,
    _driven: Arc<Driven>,
}

impl EchoServer {
    pub(crate) fn start() -> EchoServer {
        let driven = Driven::start();
        EchoServer { address: EchoServer::start_on(driven.handle()), _driven: driven }
    }

    pub(crate) fn start_on(runtime: &tokio::runtime::Handle) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port left");
        listener.set_nonblocking(true).expect("sockets can be");
        let address = listener.local_addr().expect("it is bound");
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(echo(stream));
            }
        };
        // It ends with its runtime.
        let serve: Pin<Box<dyn Future<Output = io::Result<()>> + Send>> = Box::pin(serve);
        drop(runtime.spawn(serve));
        address
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            count => stream.write_all(&bytes[..count]).await?,
        }
    }
}
