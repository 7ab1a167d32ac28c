//! Python's `asyncio.run_coroutine_threadsafe(…).result()`, in a process of its own that takes its own times.

use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = include_str!("../../python/round_trip.py");

/// An interpreter that there is.
#[derive(Debug)]
pub(crate) struct Python(());

impl Python {
    pub(crate) const NAME: &'static str = "Python run_coroutine_threadsafe";

    pub(crate) fn find() -> Option<Python> {
        let found = Command::new("python3").args(["-c", "import asyncio"]).status();
        found.is_ok_and(|status| status.success()).then_some(Python(()))
    }

    /// The nanoseconds of each call, with a pause before it.
    pub(crate) fn calls(&self, limit: Duration, pause: Duration) -> Vec<f64> {
        let [limit, pause] = [limit, pause].map(|time| time.as_secs_f64().to_string());
        let output = Command::new("python3").args(["-c", SCRIPT, &limit, &pause]).output();
        let output = output.expect("it could be started before");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let stdout = String::from_utf8_lossy(&output.stdout);
        stdout.split_whitespace().map(|time| time.parse().expect("the script prints numbers")).collect()
    }
}
