//! When it pays to look for a while before sleeping, and who may.
//!
//! A sleep and a wake cost microseconds, on both sides of a call. So a caller looks at its signal for a while before it
//! parks (`park`), and a loop that has nothing to do looks at its queue before it parks (`lookout`). Both keep a core
//! busy meanwhile, so both need
//!
//! - **patience** (`patience`): looks that were in vain lately make the next ones rarer, so that calls that take long, or
//!   come rarely, cost what a plain park does;
//! - **leave**: over the process, no more threads look than there are cores, less one. On one core nobody looks.
//!
//! A loop and the caller that it works for need one leave between them: while the loop looks, its caller is elsewhere, and
//! while the caller looks, the loop works. So a call that finds the loop looking gets that loop's leave *on loan*, until
//! the loop takes its next turn at looking, or sleeps. The push tells, by the mark that it finds in the queue; nothing is
//! written for it.
//!
//! Where many call at once there is leave for few. A caller that finds the loop at work for others, and gets no leave,
//! lets the others on its core go first, and parks when it has no answer after that.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use crate::core_id::Core;
use crate::patience::{Patience, Pause, yield_twice};

/// How long a thread looks before it parks, unless [`Builder::spin`](crate::Builder::spin) says otherwise: about what it
/// takes to wake a core that sleeps, on the slower machines.
pub(crate) const DEFAULT_SPIN: Duration = Duration::from_micros(50);

/// Leave to look. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Leave(());

/// How many have leave.
static LOOKING: AtomicUsize = AtomicUsize::new(0);

/// How many may have it.
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Counts the cores, for a loop that starts on this thread. A thread may be held to fewer than the process has, so the
/// most that was ever counted holds.
pub(crate) fn count_cores() {
    let most = available_parallelism().map_or(1, usize::from) - 1;
    // ORDERING: a number.
    MOST.fetch_max(most, Ordering::Relaxed);
}

/// As [`count_cores`], where no loop starts: once, or a few times more while there seems to be one core only.
pub(crate) fn count_cores_if_unknown() {
    const TRIES: u32 = 16;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    // ORDERING: numbers. To count once too often does no harm.
    if MOST.load(Ordering::Relaxed) == 0 && TRIED.load(Ordering::Relaxed) < TRIES {
        TRIED.fetch_add(1, Ordering::Relaxed);
        count_cores();
    }
}

impl Leave {
    pub(crate) fn take() -> Option<Leave> {
        let most = MOST.load(Ordering::Relaxed);
        let one_more = |looking| (looking < most).then_some(looking + 1);
        // ORDERING: a head count; nothing is handed over by it.
        LOOKING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok().map(|_| Leave(()))
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        // ORDERING: as above.
        LOOKING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a loop shows of itself to the callers that look for its answers. Written by its own thread; of a foreign runtime, by
/// whichever of its threads has just answered.
#[derive(Debug)]
pub(crate) struct Looks {
    /// Read by every call, written when it changes.
    core: AtomicU32,
    turn: Turn,
}

/// Counts the turns that a loop takes at looking. In a cache line of its own: it is written once for every call that
/// finds the loop looking, and read by callers that have looked for a while.
#[derive(Debug)]
#[repr(align(64))]
struct Turn(AtomicU32);

// ORDERING, of everything in here: guesses; nothing is handed over by them.
impl Looks {
    pub(crate) fn new(core: Core) -> Looks {
        Looks { core: AtomicU32::new(core.number()), turn: Turn(AtomicU32::new(0)) }
    }

    pub(crate) fn set_core(&self, core: Core) {
        if self.core() != core {
            self.core.store(core.number(), Ordering::Relaxed);
        }
    }

    pub(crate) fn core(&self) -> Core {
        Core::from_number(self.core.load(Ordering::Relaxed))
    }

    /// Loans that were made before are over.
    pub(crate) fn next_turn(&self) {
        self.turn.0.store(self.turn().wrapping_add(1), Ordering::Relaxed);
    }

    fn turn(&self) -> u32 {
        self.turn.0.load(Ordering::Relaxed)
    }
}

/// What a loop was doing when a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum LoopWas {
    /// It slept, or nothing is known of it.
    Asleep = 0,
    /// It looked, and lends its leave.
    Looking = 1,
    /// It had other calls to answer.
    AtWork = 2,
}

impl LoopWas {
    pub(crate) const fn from_number(number: u8) -> LoopWas {
        match number {
            1 => LoopWas::Looking,
            2 => LoopWas::AtWork,
            _ => LoopWas::Asleep,
        }
    }
}

/// How a caller looks for an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spin<'a> {
    limit: Duration,
    looks: Option<&'a Looks>,
    was: LoopWas,
}

impl<'a> Spin<'a> {
    pub(crate) const NONE: Spin<'static> = Spin { limit: Duration::ZERO, looks: None, was: LoopWas::Asleep };

    /// For up to `limit`, for the answer of the loop that `looks`.
    pub(crate) fn new(limit: Duration, looks: &'a Looks) -> Spin<'a> {
        Spin { limit, looks: Some(looks), was: LoopWas::Asleep }
    }

    /// After a call that found the loop so.
    pub(crate) fn when(self, was: LoopWas) -> Spin<'a> {
        Spin { was, ..self }
    }

    /// Lets others have this core for a turn or two, where many call at once: a caller that comes back to an answer that
    /// is there has cost neither a sleep nor a wake. Of thousands few do, and these would rather sleep.
    pub(crate) fn give_way(&self, patience: &mut Patience, is_over: impl FnMut() -> bool) -> bool {
        if self.was != LoopWas::AtWork || !patience.ask_way() {
            return false;
        }
        let found = yield_twice(is_over);
        patience.gave_way(found);
        found
    }

    /// Whether the caller may not look at all, nor give way.
    pub(crate) fn is_none(&self) -> bool {
        self.limit.is_zero()
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether the loop is about to arrive on another core, and will then answer.
    pub(crate) fn is_worth_more(&self) -> bool {
        self.was == LoopWas::Looking && self.looks.is_some_and(|looks| looks.core() == Core::MOVING)
    }

    /// What to do between the looks. `None`: a look would be in vain.
    pub(crate) fn pause(&self) -> Option<Pause> {
        let core = self.looks.map_or(Core::UNKNOWN, Looks::core);
        match Pause::before(core) {
            _ if core == Core::UNSEEN => None,
            Pause::Yield if self.was != LoopWas::Looking => None,
            pause => Some(pause),
        }
    }

    /// Leave to look, as far as there is any.
    pub(crate) fn leave(&self) -> Option<CallersLeave<'a>> {
        match self.looks.filter(|_| self.was == LoopWas::Looking) {
            Some(looks) => Some(CallersLeave::Lent(looks, None)),
            None => Leave::take().map(CallersLeave::Own),
        }
    }
}

/// A caller's leave to look.
pub(crate) enum CallersLeave<'a> {
    Own(Leave),
    /// By the loop, in the turn that it was first seen in.
    Lent(&'a Looks, Option<u32>),
}

impl CallersLeave<'_> {
    /// Whether it still is leave. In the place of a loan that is over, leave of the caller's own is asked for.
    pub(crate) fn holds(&mut self) -> bool {
        let CallersLeave::Lent(looks, seen) = self else { return true };
        if *seen.get_or_insert(looks.turn()) == looks.turn() {
            return true;
        }
        match Leave::take() {
            Some(leave) => {
                *self = CallersLeave::Own(leave);
                true
            }
            None => false,
        }
    }
}

#[cfg(all(test, not(bridge_loom)))]
pub(crate) mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// Nobody else in this process has leave meanwhile, and there is some, on one core too.
    pub(crate) fn alone_with_leave() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        MOST.fetch_max(1, Ordering::Relaxed);
        alone
    }

    #[test]
    fn as_many_have_leave_as_may_and_others_when_they_give_it_back() {
        let _alone = alone_with_leave();
        count_cores();
        let all = Vec::from_iter(std::iter::from_fn(Leave::take));
        assert_eq!(all.len(), (available_parallelism().unwrap().get() - 1).max(1));
        drop(all);
        assert!(Leave::take().is_some());
    }

    #[test]
    fn a_caller_looks_for_as_long_as_it_may() {
        let looks = Looks::new(Core::UNKNOWN);
        assert_eq!(Spin::new(DEFAULT_SPIN, &looks).limit(), DEFAULT_SPIN);
        assert!(Spin::new(Duration::ZERO, &looks).is_none() && Spin::NONE.is_none());
        assert!(!Spin::new(Duration::from_nanos(1), &looks).is_none());
    }

    #[test]
    fn a_caller_that_finds_the_loop_at_work_gives_way_until_that_is_in_vain_too_often() {
        let looks = Looks::new(Core::UNKNOWN);
        let mut patience = Patience::new();
        let mut gives_way = |was, found| {
            let mut asked = 0;
            let over = Spin::new(DEFAULT_SPIN, &looks).when(was).give_way(&mut patience, || {
                asked += 1;
                found
            });
            (over, asked)
        };
        assert_eq!(gives_way(LoopWas::Asleep, true), (false, 0));
        assert_eq!(gives_way(LoopWas::Looking, true), (false, 0));
        assert_eq!(gives_way(LoopWas::AtWork, true), (true, 1));
        (0..4).for_each(|_| assert_eq!(gives_way(LoopWas::AtWork, false), (false, 2)));
        assert_eq!(gives_way(LoopWas::AtWork, true), (false, 0));
        assert_eq!(gives_way(LoopWas::AtWork, true), (true, 1));
    }

    #[test]
    fn a_caller_on_another_core_spins_and_one_on_the_loops_yields_to_it_while_it_looks() {
        let looks = Looks::new(Core::UNKNOWN);
        let pause = |was| Spin::new(DEFAULT_SPIN, &looks).when(was).pause();
        for was in [LoopWas::Asleep, LoopWas::Looking, LoopWas::AtWork] {
            assert!(matches!(pause(was), Some(Pause::Spin)), "as far as is known");
        }
        looks.set_core(Core::UNSEEN);
        assert!(pause(LoopWas::Asleep).is_none(), "it may be on this one");
        // The system may move this thread between the two.
        let on_one = |expected: fn(Option<Pause>) -> bool, was| {
            (0..1000).any(|_| {
                looks.set_core(Core::current());
                expected(pause(was))
            })
        };
        if Core::current() != Core::UNKNOWN {
            assert!(on_one(|pause| matches!(pause, Some(Pause::Yield)), LoopWas::Looking));
            assert!(on_one(|pause| pause.is_none(), LoopWas::Asleep));
            assert!(on_one(|pause| pause.is_none(), LoopWas::AtWork));
        }
    }

    #[test]
    fn a_caller_waits_for_a_loop_that_is_about_to_arrive() {
        let looks = Looks::new(Core::UNKNOWN);
        let is_worth_more = |was| Spin::new(DEFAULT_SPIN, &looks).when(was).is_worth_more();
        assert!(!is_worth_more(LoopWas::Looking));
        looks.set_core(Core::MOVING);
        assert!(is_worth_more(LoopWas::Looking) && !is_worth_more(LoopWas::AtWork));
        assert!(!Spin::NONE.when(LoopWas::Looking).is_worth_more());
    }

    #[test]
    fn what_a_loop_was_doing_is_told_by_a_number() {
        for was in [LoopWas::Asleep, LoopWas::Looking, LoopWas::AtWork] {
            assert_eq!(LoopWas::from_number(was as u8), was);
        }
    }

    #[test]
    fn a_loan_lasts_for_the_loops_turn() {
        let _alone = alone_with_leave();
        let looks = Looks::new(Core::UNKNOWN);
        let spin = Spin::new(DEFAULT_SPIN, &looks).when(LoopWas::Looking);
        let all = Vec::from_iter(std::iter::from_fn(Leave::take));
        let mut lent = spin.leave().unwrap();
        assert!(lent.holds() && lent.holds());
        looks.next_turn();
        assert!(!lent.holds(), "others have all the leave");
        assert!(spin.when(LoopWas::AtWork).leave().is_none());
        drop(all);
        assert!(lent.holds() && matches!(lent, CallersLeave::Own(_)), "its own now");
    }
}
