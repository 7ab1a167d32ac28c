//! Which core a thread runs on: looking for the work of a thread that waits for the same core is in vain.

/// A core, or that there is no telling. Only good for a guess: a thread may be on another one by the next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Core(u32);

impl Core {
    pub(crate) const UNKNOWN: Core = Core(u32::MAX);

    pub(crate) fn from_number(number: u32) -> Core {
        Core(number)
    }

    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// Whether the two are known to be one.
    pub(crate) fn is(self, other: Core) -> bool {
        self == other && self != Core::UNKNOWN
    }

    /// The calling thread's.
    #[cfg(all(target_os = "linux", not(bridge_loom)))]
    pub(crate) fn current() -> Core {
        use std::ffi::c_int;

        unsafe extern "C" {
            fn sched_getcpu() -> c_int;
        }

        // SAFETY: it takes nothing and only reads what the kernel shows to every thread.
        let number = unsafe { sched_getcpu() };
        u32::try_from(number).map_or(Core::UNKNOWN, Core)
    }

    #[cfg(any(not(target_os = "linux"), bridge_loom))]
    pub(crate) fn current() -> Core {
        Core::UNKNOWN
    }
}
