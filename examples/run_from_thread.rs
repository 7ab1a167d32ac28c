//! The program that the project grew from: a thread, outside the event loop, calls an async function and waits
//! for it, while the loop's own task goes on.

use std::thread;
use std::time::Duration;

use bridge::{Handle, threadsafe};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

/// What the loop is busy with, all the time.
async fn task() {
    for report in 0..5 {
        println!(">task at {report}");
        sleep(SECOND).await;
    }
}

/// What the thread wants done on the loop.
#[threadsafe]
async fn task2() {
    println!(">>task2 running");
    sleep(2 * SECOND).await;
    println!(">>task2 done");
}

fn thread_main(handle: &Handle) {
    println!("thread running");
    thread::sleep(SECOND);
    task2_blocking(handle);
    println!("thread done");
}

async fn asyncio_main() {
    println!("asyncio running");
    let handle = Handle::current();
    let thread = thread::spawn(move || thread_main(&handle));
    task().await;
    // `thread.join()` right here would block the thread that runs the loop, and with it the call that `thread` waits for.
    let joined = spawn_blocking(|| thread.join()).await.expect("the loop goes on until `asyncio_main` returns");
    joined.expect("the thread does not panic");
    println!("asyncio done");
}

fn main() {
    bridge::run(asyncio_main());
}
