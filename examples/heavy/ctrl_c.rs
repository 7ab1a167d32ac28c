//! Ctrl-C in a program of threads that block in calls: all of them return, and the program ends.
//!
//! A handler thread waits for the signal. It cancels the calls onto a runtime of the program's own by a canceller, and
//! closes the event loop, which ends the calls onto that.

use std::error::Error;
use std::thread;
use std::time::Duration;

use bridge::{Canceller, EventLoop, Handle, threadsafe};
use tokio::runtime::Runtime;
use tokio::time::sleep;

/// Stands for a connection that is quiet.
#[threadsafe(fallible)]
async fn next_message(from: &str) -> String {
    sleep(Duration::from_secs(3600)).await;
    format!("a message from {from}")
}

/// Returns when Ctrl-C was pressed.
async fn ctrl_c() -> std::io::Result<()> {
    // The handler is installed by the first poll, before the text is there.
    let (pressed, ()) = tokio::join!(tokio::signal::ctrl_c(), async { println!("press Ctrl-C") });
    pressed
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let event_loop = EventLoop::new()?;
    let stop = Canceller::new();
    let on_runtime = Handle::from(&runtime).with_canceller(&stop);

    thread::scope(|scope| {
        let calls = [
            ("the runtime", scope.spawn(|| next_message_blocking(&on_runtime, "the runtime"))),
            ("the event loop", scope.spawn(|| next_message_blocking(&event_loop, "the event loop"))),
        ];
        // On a loop that is not among those that are stopped.
        bridge::shared().block_on(ctrl_c())??;
        stop.cancel();
        event_loop.close();
        for (from, call) in calls {
            match call.join().expect("a call does not panic") {
                Ok(message) => println!("{message}"),
                Err(error) => println!("no message from {from}: {error}"),
            }
        }
        Ok::<(), Box<dyn Error>>(())
    })?;

    // A plain drop would wait for `spawn_blocking` threads: a read of the terminal, a look-up of a name.
    event_loop.shutdown_background();
    runtime.shutdown_background();
    println!("done");
    Ok(())
}
