//! Both clients in an async program: its own code awaits, and code that blocks, on `spawn_blocking` threads, calls.

use std::error::Error;

use bridge::{Facade, Handle};
use bridge_examples_facade::{Client, blocking, server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect(server::start()?).await?;
    client.set("who", "async code").await?;

    // The connection is the program's own, and so is the runtime on which the blocking calls wait.
    let sync = blocking::Client::wrap(client.clone(), &Handle::current());
    let answer = tokio::task::spawn_blocking(move || sync.get("who")).await??;
    println!("set by {}", answer.as_deref().unwrap_or("nobody"));

    // Also without: a blocking call in async code blocks its worker, and gets its answer.
    let sync = blocking::Client::wrap(client.clone(), &Handle::current());
    sync.set("who", "code that blocks")?;
    println!("set by {}", client.get("who").await?.as_deref().unwrap_or("nobody"));
    Ok(())
}
