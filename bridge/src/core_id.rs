//! Which core a thread runs on: two threads that wait for each other on one core cannot both be at work.

/// A core, or that there is no telling. Only good for a guess: a thread may be on another one by the next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Core(u32);

impl Core {
    pub(crate) const UNKNOWN: Core = Core(u32::MAX);
    /// On the way from one to another.
    pub(crate) const MOVING: Core = Core(u32::MAX - 1);
    /// Of a thread that was not seen at work yet.
    pub(crate) const UNSEEN: Core = Core(u32::MAX - 2);

    pub(crate) const fn from_number(number: u32) -> Core {
        Core(number)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// Whether the two are known to be one.
    pub(crate) fn is(self, other: Core) -> bool {
        self == other && self.0 < Core::UNSEEN.0
    }
}

#[cfg(any(not(target_os = "linux"), bridge_loom))]
mod imp {
    use super::Core;

    impl Core {
        /// The calling thread's.
        pub(crate) fn current() -> Core {
            Core::UNKNOWN
        }
    }

    /// Nothing is known of moving threads here.
    pub(crate) fn move_to_another() -> bool {
        false
    }
}

#[cfg(all(target_os = "linux", not(bridge_loom)))]
mod imp {
    use std::ffi::{c_int, c_ulong};
    use std::fs::File;
    use std::io::Read as _;
    use std::sync::LazyLock;

    use super::Core;

    /// Room for 8,192 cores. The system says when it has more, and then nothing is done.
    type Cores = [c_ulong; WORDS];

    const WORDS: usize = 8192 / BITS;

    const BITS: usize = c_ulong::BITS as usize;

    unsafe extern "C" {
        safe fn sched_getcpu() -> c_int;
        fn sched_getaffinity(thread: c_int, size: usize, cores: *mut Cores) -> c_int;
        fn sched_setaffinity(thread: c_int, size: usize, cores: *const Cores) -> c_int;
    }

    impl Core {
        /// The calling thread's.
        pub(crate) fn current() -> Core {
            u32::try_from(sched_getcpu()).map_or(Core::UNKNOWN, Core)
        }
    }

    /// Moves the calling thread to another one of the cores that it may run on, and leaves it free to run on all of these.
    /// False if it may run on no other, or if that is not for it to say.
    ///
    /// The way there is to forbid it this core for a moment. What others forbid or allow it in that very moment is lost,
    /// so it is only for a thread that nobody else looks after.
    pub(crate) fn move_to_another() -> bool {
        static MAY: LazyLock<bool> = LazyLock::new(is_unfiltered);
        if !*MAY {
            return false;
        }
        let mut all: Cores = [0; WORDS];
        // SAFETY: it writes at most `size` bytes, which are there.
        let known = unsafe { sched_getaffinity(0, size_of::<Cores>(), &raw mut all) };
        let Ok(here) = usize::try_from(sched_getcpu()) else { return false };
        let mut others = all;
        let Some(word) = others.get_mut(here / BITS) else { return false };
        *word &= !(1 << (here % BITS));
        if known < 0 || others == [0; WORDS] {
            return false;
        }
        // SAFETY: it reads `size` bytes, which are there.
        let moved = unsafe { sched_setaffinity(0, size_of::<Cores>(), &raw const others) } == 0;
        // SAFETY: as above.
        moved && unsafe { sched_setaffinity(0, size_of::<Cores>(), &raw const all) } == 0
    }

    /// Whether this process may make any system call. Under a filter, one that is not expected of it may be its last.
    fn is_unfiltered() -> bool {
        // Asked in the middle of a call, which allocates nothing.
        let mut status = [0; 4096];
        let read = File::open("/proc/thread-self/status").and_then(|mut file| file.read(&mut status));
        read.is_ok_and(|length| {
            status[..length].split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == b"Seccomp:\t0")
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn cores() -> Cores {
            let mut cores: Cores = [0; WORDS];
            // SAFETY: as above.
            unsafe { sched_getaffinity(0, size_of::<Cores>(), &raw mut cores) };
            cores
        }

        #[test]
        fn a_thread_that_moves_may_run_where_it_might() {
            let before = cores();
            let several = before.iter().map(|word| word.count_ones()).sum::<u32>() > 1;
            let from = Core::current();
            let moved = move_to_another();
            assert!(cores() == before);
            if moved {
                assert!(several);
            }
            assert!(moved || !several || !is_unfiltered(), "from {from:?}");
        }

        #[test]
        fn a_thread_that_is_held_to_one_core_stays_there() {
            let mut one: Cores = [0; WORDS];
            let here = usize::try_from(sched_getcpu()).unwrap();
            one[here / BITS] = 1 << (here % BITS);
            // SAFETY: as above.
            assert_eq!(unsafe { sched_setaffinity(0, size_of::<Cores>(), &raw const one) }, 0);
            assert!(!move_to_another());
            assert!(cores() == one);
        }
    }
}

pub(crate) use imp::move_to_another;
