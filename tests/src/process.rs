//! What only the operating system knows of a process, and children that are forked off.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

/// Forks, where it stands: in the child it gives 0.
///
/// # Panics
///
/// If the system has no room for a process.
#[must_use]
pub fn fork() -> libc::pid_t {
    // SAFETY: the child goes on with this thread alone. It takes no lock that another thread of the test may hold, but those
    // that `fork` and the crate under test see to. Nothing here allocates in the child.
    let id = unsafe { libc::fork() };
    assert!(id >= 0, "no fork");
    id
}

/// Ends a child, and says whether it passed.
pub fn exit(passed: bool) -> ! {
    // SAFETY: it ends the child, without the destructors and exit handlers that are its parent's.
    unsafe { libc::_exit(i32::from(!passed)) };
}

/// Waits for a child. Whether it passed; `None`: it had not ended after `hangs`, and was killed.
#[must_use]
pub fn passes(child: libc::pid_t, hangs: Duration) -> Option<bool> {
    status(child, hangs).map(|status| status == 0)
}

/// Waits for a child. Its status; `None`: it had not ended after `hangs`, and was killed.
fn status(child: libc::pid_t, hangs: Duration) -> Option<libc::c_int> {
    let (started, mut status) = (Instant::now(), 0);
    // SAFETY: `status` is there to be written.
    while unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } != child {
        if started.elapsed() > hangs {
            // SAFETY: a signal to a child of this process that was not waited for.
            unsafe { libc::kill(child, libc::SIGKILL) };
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
    Some(status)
}

/// Forks, and runs `child` there. Whether that was true; `None`: it had not ended after `hangs`, and was killed.
pub fn passes_in_a_child(hangs: Duration, child: impl FnOnce() -> bool) -> Option<bool> {
    status_of(hangs, child).map(|status| status == 0)
}

/// The status of a child that has run `child`.
fn status_of(hangs: Duration, child: impl FnOnce() -> bool) -> Option<libc::c_int> {
    let id = fork();
    if id == 0 {
        exit(catch_unwind(AssertUnwindSafe(child)).unwrap_or(false));
    }
    status(id, hangs)
}

/// Runs `child` in a process that is forked off here and now.
///
/// # Panics
///
/// If it is false there, panics or has not ended after `hangs`.
pub fn in_a_child(hangs: Duration, child: impl FnOnce() -> bool) {
    match passes_in_a_child(hangs, child) {
        Some(passed) => assert!(passed, "what the child saw was wrong"),
        None => panic!("the child hangs"),
    }
}

/// As [`in_a_child`], but for a child in which std can start no threads: it keeps a list of the running threads for its
/// message about a stack overflow, under a lock that one of the parent's threads, as it started or ended, held at the
/// fork. False: it was one.
///
/// # Panics
///
/// If `child` is false there, panics or has not ended after `hangs`.
#[must_use]
pub fn in_a_child_with_threads(hangs: Duration, child: impl FnOnce() -> bool) -> bool {
    let ended = status_of(hangs, || {
        // SAFETY: what the signal does is to end the child, if it is not called off.
        unsafe { libc::alarm(5) };
        let starts = thread::spawn(|| ()).join().is_ok();
        // SAFETY: as above.
        unsafe { libc::alarm(0) };
        starts && child()
    });
    match ended {
        Some(status) if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGALRM => false,
        Some(status) => {
            assert_eq!(status, 0, "what the child saw was wrong");
            true
        }
        None => panic!("the child hangs"),
    }
}

/// The time that this thread has kept a processor.
///
/// # Panics
///
/// If the system does not count it.
#[must_use]
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is there to be written.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    let nanoseconds = time.tv_nsec.try_into().expect("they are less than a second");
    Duration::new(time.tv_sec.try_into().expect("it counts up from zero"), nanoseconds)
}
