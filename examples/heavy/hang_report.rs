//! What hangs? `kill -USR1` has the program print every thread that is parked in a call, and for how long.

use std::error::Error;
use std::thread;

#[cfg(unix)]
use bridge::{Canceller, EventLoop, threadsafe};

/// Stands for a server that never answers.
#[cfg(unix)]
#[threadsafe(fallible)]
async fn fetch(_url: &str) -> String {
    std::future::pending().await
}

/// Prints a report at each SIGUSR1, from a thread of its own: it needs none of the loops that may hang.
#[cfg(unix)]
fn report_on_sigusr1() -> std::io::Result<()> {
    use tokio::runtime::Builder;
    use tokio::signal::unix::{SignalKind, signal};

    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut reports = {
        let _context = runtime.enter();
        signal(SignalKind::user_defined1())?
    };
    thread::Builder::new().name("reports".into()).spawn(move || {
        while runtime.block_on(reports.recv()).is_some() {
            let blocked = bridge::blocked();
            println!("{} threads wait", blocked.len());
            blocked.iter().for_each(|blocked| println!("  {blocked}"));
        }
    })?;
    Ok(())
}

#[cfg(unix)]
fn main() -> Result<(), Box<dyn Error>> {
    report_on_sigusr1()?;

    let event_loop = EventLoop::builder().thread_name("net").build()?;
    let stop = Canceller::new();
    let handle = event_loop.with_canceller(&stop);
    thread::scope(|scope| {
        for name in ["first", "second"] {
            let fetch = || fetch_blocking(&handle, "http://example.com");
            thread::Builder::new().name(name.into()).spawn_scoped(scope, fetch)?;
            thread::sleep(std::time::Duration::from_millis(200));
        }
        // What a person would type.
        let pid = std::process::id().to_string();
        std::process::Command::new("kill").args(["-USR1", &pid]).status()?;
        thread::sleep(std::time::Duration::from_millis(500));
        stop.cancel();
        Ok(())
    })
}

#[cfg(not(unix))]
fn main() -> Result<(), Box<dyn Error>> {
    // Without signals: from a watchdog thread, or on a page of the program's own.
    thread::spawn(|| bridge::blocked().iter().for_each(|blocked| println!("{blocked}")));
    Ok(())
}
