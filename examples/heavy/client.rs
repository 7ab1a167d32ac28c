//! An async client and its blocking face, as a library would have them: one impl, once annotated. Threads share the
//! client, wait no longer than they want to, and start many requests at once.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use bridge::{Handle, SharedLoop, threadsafe};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// Asks a server that answers each line with a line.
struct Client {
    /// Where the connection lives, and so where it is used.
    handle: Handle,
    connection: Mutex<BufReader<TcpStream>>,
}

#[threadsafe(handle = self.handle, fallible)]
impl Client {
    /// Its companion takes a handle: there is no `self` yet that has one.
    async fn connect(to: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(to).await?;
        Ok(Client { handle: Handle::current(), connection: Mutex::new(BufReader::new(stream)) })
    }

    /// The answer to `question`, appended to `answer`.
    async fn ask(&self, question: &str, answer: &mut String) -> io::Result<()> {
        let mut connection = self.connection.lock().await;
        connection.write_all(format!("{question}\n").as_bytes()).await?;
        connection.read_line(answer).await?;
        Ok(())
    }

    /// As `ask`, for a second at most.
    #[threadsafe(timeout = Duration::from_secs(1))]
    async fn ask_soon(&self, question: &str) -> io::Result<String> {
        let mut answer = String::new();
        self.ask(question, &mut answer).await?;
        Ok(answer)
    }
}

/// Answers with what it is asked, in capitals, but never to "silence".
async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|length| length > 0) {
                if line.trim() != "silence" && stream.write_all(line.to_uppercase().as_bytes()).await.is_err() {
                    return;
                }
                line.clear();
            }
        });
    }
}

fn main() -> io::Result<()> {
    let shared = SharedLoop::new()?;
    let listener = shared.block_on(TcpListener::bind("127.0.0.1:0"))??;
    let address = listener.local_addr()?;
    let server = shared.submit(serve(listener));

    let client = Client::connect_blocking(&shared, address)?;
    thread::scope(|scope| {
        for name in ["one", "two", "three"] {
            let client = &client;
            scope.spawn(move || {
                // Borrowed, and filled on this thread.
                let mut answer = format!("{name}: ");
                client.ask_blocking(name, &mut answer).expect("the server answers");
                print!("{answer}");
            });
        }
    });

    let late = client.ask_soon_blocking("silence").expect_err("nobody answers that");
    println!("silence: {}", late.kind());
    println!("the server is still there: {}", !server.is_done());
    Ok(())
}
