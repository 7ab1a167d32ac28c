//! An async client, called from plain threads: `#[threadsafe]` gives its async method a blocking one beside it, and
//! all threads share one loop.
//!
//! `cargo run -p bridge-examples-heavy --example fetch -- https://www.rust-lang.org http://example.com`
//!
//! Without a URL it starts a small server, on the same loop, and fetches from that.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fmt, iter, thread};

use axum::{Router, routing};
use bridge::{Handle, SharedLoop, threadsafe};
use reqwest::{StatusCode, Url};
use rustls::crypto::ring;
use tokio::net::TcpListener;
use tokio::time::sleep;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

struct Client {
    http: reqwest::Client,
    handle: Handle,
}

#[threadsafe(handle = self.handle, fallible)]
impl Client {
    async fn fetch(&self, url: &str) -> Result<Page> {
        let start = Instant::now();
        let response = self.http.get(Url::parse(url)?).send().await.map_err(reqwest::Error::without_url)?;
        let status = response.status();
        let size = response.bytes().await.map_err(reqwest::Error::without_url)?.len();
        Ok(Page { status, size, time: start.elapsed() })
    }
}

struct Page {
    status: StatusCode,
    size: usize,
    time: Duration,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} bytes, {:.1?}", self.status, self.size, self.time)
    }
}

/// Starts a server and gives URLs to fetch from it. It lives on the loop, and ends with it.
#[threadsafe(fallible)]
async fn serve() -> Result<Vec<String>> {
    let slow = || async {
        sleep(Duration::from_millis(200)).await;
        "sorry to keep you waiting"
    };
    let router = Router::new()
        .route("/hello", routing::get(|| async { "hello, thread" }))
        .route("/large", routing::get(|| async { "x".repeat(1_000_000) }))
        .route("/slow", routing::get(slow));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(["hello", "large", "slow", "missing"].map(|path| format!("http://{address}/{path}")).into())
}

/// An error with all its causes, in one line.
fn explain(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn http_client() -> reqwest::Result<reqwest::Client> {
    ring::default_provider().install_default().expect("nobody else has chosen one");
    let client = reqwest::Client::builder().build();
    // A system without certificates, as small containers are, can do without `https`.
    client.or_else(|_| reqwest::Client::builder().tls_certs_only([]).build())
}

fn main() -> Result<ExitCode> {
    let shared = SharedLoop::new()?;
    let client = Client { http: http_client()?, handle: shared.with_timeout(Duration::from_secs(30)) };
    let mut urls: Vec<String> = env::args().skip(1).collect();
    if urls.is_empty() {
        urls = serve_blocking(&shared)?;
    }
    let pages: Vec<Result<Page>> = thread::scope(|scope| {
        let threads: Vec<_> = urls.iter().map(|url| scope.spawn(|| client.fetch_blocking(url))).collect();
        threads.into_iter().map(|thread| thread.join().expect("the thread does not panic")).collect()
    });
    let mut code = ExitCode::SUCCESS;
    for (url, page) in urls.iter().zip(&pages) {
        match page {
            Ok(page) => println!("{url}: {page}"),
            Err(error) => {
                eprintln!("{url}: {}", explain(&**error));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
