//! A test that hangs is ended by the runner: `cargo nextest` by `.config/nextest.toml`. The harness of `cargo test` only says
//! which test "has been running for over 60 seconds", so a test binary ends itself.

use std::env;

/// In seconds, for all the tests of a binary, under sanitizers too. `BRIDGE_TESTS_TIMEOUT` is another.
const TIMEOUT: u32 = 15 * 60;

/// Has the system end the process by `SIGALRM`. A child that is forked off has no such timeout.
// SAFETY: it runs before `main`, where std promises little: the environment may be read, and no other thread is there to
// change it.
#[ctor::ctor(unsafe)]
fn set_timeout() {
    if env::var_os("NEXTEST").is_some() {
        return;
    }
    let timeout = env::var("BRIDGE_TESTS_TIMEOUT").ok().and_then(|timeout| timeout.parse().ok()).unwrap_or(TIMEOUT);
    // SAFETY: no handler is set, so no code runs.
    unsafe { libc::alarm(timeout) };
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// Those that wait for nothing but the compiler, or for nothing at all.
    const WAIT_FOR_NO_LOOP: [&str; 2] = ["semantics.rs", "ui.rs"];

    #[test]
    fn every_test_program_has_the_timeout() {
        let directory = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")).unwrap();
        let programs = directory.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some());
        let has_none = |path: &std::path::PathBuf| !fs::read_to_string(path).unwrap().contains("use bridge_tests");
        let mut without: Vec<_> = programs.filter(has_none).collect();
        without.retain(|path| WAIT_FOR_NO_LOOP.iter().all(|name| !path.ends_with(name)));
        assert!(without.is_empty(), "`use bridge_tests as _;` is missing in {without:?}");
    }
}
