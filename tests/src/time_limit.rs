//! A test that hangs is ended by the runner: `cargo nextest` by `.config/nextest.toml`. The harness of `cargo test` only says
//! which test "has been running for over 60 seconds", so a test binary ends itself.

use std::env;

/// In seconds, for all the tests of a binary, under sanitizers too. `BRIDGE_TESTS_LIMIT` is another.
const LIMIT: u32 = 15 * 60;

/// Has the system end the process by `SIGALRM`. A child that is forked off has no such limit.
// SAFETY: it runs before `main`, where std promises little: the environment may be read, and no other thread is there to
// change it.
#[ctor::ctor(unsafe)]
fn limit_the_time() {
    if env::var_os("NEXTEST").is_some() {
        return;
    }
    let limit = env::var("BRIDGE_TESTS_LIMIT").ok().and_then(|limit| limit.parse().ok()).unwrap_or(LIMIT);
    // SAFETY: no handler is set, so no code runs.
    unsafe { libc::alarm(limit) };
}
