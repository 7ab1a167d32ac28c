//! Many tasks at once: submitted by one thread, read as they come, cancelled when they are no longer wanted.

use std::time::Duration;

use bridge::{ReturnWhen, SharedLoop, threadsafe};
use tokio::time::sleep;

/// Stands for a request that takes some time.
#[threadsafe(submit)]
async fn request(number: u64) -> u64 {
    sleep(Duration::from_millis(50 * number)).await;
    number * number
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shared = SharedLoop::new()?;

    println!("as they come:");
    let tasks = [3, 1, 2].map(|number| request_submit(&shared, number));
    for (place, result) in bridge::as_completed(tasks) {
        println!("  task {place} gave {}", result?);
    }

    println!("the first of two:");
    let tasks = [2, 1000].map(|number| request_submit(&shared, number));
    let waited = bridge::wait(tasks, ReturnWhen::FirstCompleted, None);
    for task in waited.done {
        println!("  one gave {}", task.result()?);
    }
    for task in waited.pending {
        task.cancel();
        println!("  the other was told to stop: {}", task.result().unwrap_err());
    }

    println!("by a callback:");
    let (sender, receiver) = std::sync::mpsc::channel();
    request_submit(&shared, 1).on_done(move |result| sender.send(result).expect("main waits for it"));
    println!("  it was called with {}", receiver.recv()??);

    // What was submitted by now would be finished first.
    shared.shutdown()?;
    Ok(())
}
