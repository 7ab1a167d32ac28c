//! A Python module over async Rust; the guide `bridge/docs/python.md` explains it.

use std::pin::pin;
use std::time::Duration;

use bridge::{Handle, threadsafe};
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError};
use pyo3::prelude::*;
use tokio::time::{interval, sleep};

/// What can go wrong with the call itself, as an exception.
fn exception(error: bridge::Error) -> PyErr {
    match error {
        bridge::Error::TimedOut(_) => PyTimeoutError::new_err(error.to_string()),
        other => PyRuntimeError::new_err(other.to_string()),
    }
}

/// Waits for `future`, or for Ctrl-C. It is polled on the thread that Python has called, so `check_signals` runs where
/// Python delivers signals.
async fn interruptible<T>(future: impl Future<Output = PyResult<T>>) -> PyResult<T> {
    let mut future = pin!(future);
    let mut signals = interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            result = &mut future => return result,
            _ = signals.tick() => Python::attach(|py| py.check_signals())?,
        }
    }
}

/// Stands for a request.
#[threadsafe(fallible = exception)]
async fn fetch(name: &str, seconds: f64) -> PyResult<String> {
    interruptible(async {
        sleep(Duration::from_secs_f64(seconds)).await;
        Ok(format!("hello, {name}"))
    })
    .await
}

#[pymodule]
mod bridge_example {
    use super::*;

    #[pyfunction(name = "fetch", signature = (name, seconds, timeout = None))]
    fn fetch_from_python(py: Python<'_>, name: &str, seconds: f64, timeout: Option<f64>) -> PyResult<String> {
        let handle: Handle = match timeout {
            Some(seconds) => bridge::shared().with_timeout(Duration::from_secs_f64(seconds)),
            None => bridge::shared().clone(),
        };
        // Other Python threads run meanwhile.
        py.detach(|| fetch_blocking(&handle, name, seconds))
    }
}
