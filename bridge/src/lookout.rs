//! The loop's side of looking: what it does with an empty queue before it sleeps.
//!
//! | the queue is empty, and | the loop |
//! | --- | --- |
//! | jobs ended in this poll of the driver | looks for a slice, then gives the runtime a turn: the jobs may have woken tasks |
//! | the runtime has said that it is idle ([`on_idle`](crate::registry::on_idle)), and a call is expected | looks for a slice, then gives the runtime a turn: sockets and timers may be due; and so on until [`Builder::spin`](crate::Builder::spin) is over |
//! | otherwise | sleeps; a look that went on is broken off until the runtime is idle |
//!
//! So between two turns of the runtime lies a slice of looking, or a batch of jobs, and tokio's own tasks wait for one of
//! these at most. A call is expected while jobs have ended since the last sleep. What is found while looking starts the
//! time anew.
//!
//! # Two on one core
//!
//! A system wakes a thread on the core that it last ran on, or on the waker's, if it sees no idle one; and a virtual
//! machine does not see that a core is idle once the host has taken it away. There, a loop and a caller that find
//! themselves on one core may stay there for long, at ten times the price of a call, beside cores that do nothing. So a
//! loop on a thread of its own that has had [`STACKED`] calls from its own core in quick succession moves to another.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::context::Loop;
use crate::core_id::{self, Core};
use crate::patience::{Patience, Pause};
use crate::queue::Queue;
use crate::spin::Leave;
use crate::sync::spin_loop;

/// How often leave is asked for by a loop that has just answered a caller, which then gives its own back.
const TRIES: u32 = 32;

/// After how many calls from its own core, one after the other, a loop moves away.
const STACKED: u32 = 16;

/// After how many calls from other cores a move has been good, and may be made again when need be.
const GOOD_MOVE: u32 = 64;

/// How long after a move that was not good the next may follow. It doubles, up to a second.
const MOVE_APART: Duration = Duration::from_millis(2);

/// What the driver does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Takes what is in the queue.
    Take,
    /// Lets the runtime have a turn, and is polled again after it.
    Yield,
    /// Sleeps: it is polled again when it is woken by a push, or, if it `expects` a call, when the runtime is idle.
    Sleep { expects: bool },
}

/// Whether a look begins.
enum Start {
    /// With this between two looks.
    Looks(Pause),
    /// It would hardly find anything.
    Unwise,
    /// Others look, as many as may.
    NoLeave,
}

/// The loop's, which looks.
pub(crate) struct Lookout {
    on: Arc<Loop>,
    patience: Patience,
    /// The look that goes on, over several polls of the driver.
    look: Option<Look>,
    /// A look was broken off for the runtime's turn. To go on with it takes leave, and no patience.
    broken_off: bool,
    /// Where the caller of the last job was when it sent it.
    caller: Core,
    /// `None`: others say where this thread runs.
    moves: Option<Moves>,
}

/// When a loop moves to another core.
struct Moves {
    /// How many of the last calls came from its own core.
    stacked: u32,
    /// When the first of these came.
    since: Option<Instant>,
    /// How many calls came from other cores since the last move.
    elsewhere: u32,
    /// When the next move may be, if the last was not good.
    next: Option<Instant>,
    apart: Duration,
}

impl Moves {
    fn new() -> Moves {
        Moves { stacked: 0, since: None, elsewhere: 0, next: None, apart: MOVE_APART }
    }

    /// A call came from another core. After some of these the last move was a good one.
    fn met_elsewhere(&mut self) {
        self.stacked = 0;
        self.elsewhere += 1;
        if self.elsewhere == GOOD_MOVE {
            *self = Moves::new();
        }
    }

    /// A call came from the loop's core.
    fn met_here(&mut self) {
        if self.stacked == 0 {
            self.since = Some(Instant::now());
        }
        self.stacked = self.stacked.saturating_add(1);
    }

    /// Whether the loop has to go: enough calls from its own core have come, each within `spin` of the last by and large,
    /// and it may move again.
    fn is_due(&mut self, spin: Duration) -> bool {
        if self.stacked < STACKED {
            return false;
        }
        self.stacked = 0;
        let now = Instant::now();
        let in_a_row = self.since.is_some_and(|since| now - since < spin.saturating_mul(STACKED));
        if !in_a_row || self.next.is_some_and(|next| now < next) {
            return false;
        }
        self.next = now.checked_add(self.apart);
        self.apart = (self.apart * 2).min(Duration::from_secs(1));
        self.elsewhere = 0;
        true
    }
}

struct Look {
    _leave: Leave,
    /// Its end, set when the first slice was in vain.
    until: Option<Instant>,
}

impl Lookout {
    /// `may_move`: nobody else says where this thread runs.
    pub(crate) fn new(on: Arc<Loop>, may_move: bool) -> Lookout {
        let moves = may_move.then(Moves::new);
        let caller = Core::UNKNOWN;
        Lookout { on, patience: Patience::new(), look: None, broken_off: false, caller, moves }
    }

    /// The driver is polled.
    pub(crate) fn begin(&self) {
        self.on.looks.set_core(Core::current());
    }

    /// A job is taken that was sent from the core `caller`.
    pub(crate) fn met(&mut self, caller: Core) {
        self.caller = caller;
        match &mut self.moves {
            Some(moves) if caller.is(Core::current()) => moves.met_here(),
            Some(moves) => moves.met_elsewhere(),
            None => {}
        }
    }

    /// The queue is empty after jobs that have ended.
    pub(crate) fn after_jobs(&mut self, queue: &Queue) -> Next {
        match self.start(queue) {
            Start::Unwise => Next::Sleep { expects: false },
            Start::NoLeave => Next::Sleep { expects: true },
            Start::Looks(pause) if self.slice(queue, pause) => Next::Take,
            Start::Looks(_) => Next::Yield,
        }
    }

    /// Moves to another core. A call that comes meanwhile finds the loop looking, and waits for it to arrive.
    fn move_away(&mut self) {
        self.on.looks.set_core(Core::MOVING);
        core_id::move_to_another();
        self.on.looks.set_core(Core::current());
        self.caller = Core::UNKNOWN;
    }

    /// The queue is empty, a call is expected, and the runtime is idle.
    pub(crate) fn when_idle(&mut self, queue: &Queue) -> Next {
        match self.start(queue) {
            Start::Unwise | Start::NoLeave => Next::Sleep { expects: false },
            Start::Looks(pause) if self.slice(queue, pause) => Next::Take,
            Start::Looks(_) => Next::Sleep { expects: self.looks_on() },
        }
    }

    /// Begins a look, or goes on with it; on another core if need be.
    fn start(&mut self, queue: &Queue) -> Start {
        let moves = self.moves.as_mut().is_some_and(|moves| moves.is_due(self.on.spin));
        if moves {
            self.patience = Patience::new();
        }
        let start = self.start_here();
        if moves && matches!(start, Start::Looks(_)) && queue.look() {
            self.move_away();
            return Start::Looks(Pause::before(self.caller));
        }
        start
    }

    fn start_here(&mut self) -> Start {
        if self.on.spin.is_zero() {
            return Start::Unwise;
        }
        let pause = Pause::before(self.caller);
        if self.look.is_some() {
            if self.patience.bears(pause) {
                return Start::Looks(pause);
            }
            self.stop();
        }
        let goes_on = mem::take(&mut self.broken_off) && self.patience.bears(pause);
        if !(goes_on || self.patience.ask(pause)) {
            return Start::Unwise;
        }
        for _ in 0..TRIES {
            if let Some(leave) = Leave::take() {
                self.look = Some(Look { _leave: leave, until: None });
                return Start::Looks(pause);
            }
            spin_loop();
        }
        Start::NoLeave
    }

    /// A slice was in vain. Whether there is time for another.
    fn looks_on(&mut self) -> bool {
        let now = Instant::now();
        let Some(look) = &mut self.look else { return false };
        look.until = look.until.or_else(|| now.checked_add(self.on.spin));
        // No end, where that cannot be counted.
        if look.until.is_none_or(|until| now < until) {
            return true;
        }
        self.patience.looked(false);
        self.stop();
        false
    }

    /// The queue is empty, and the runtime may have other things to do.
    pub(crate) fn break_off(&mut self) {
        if self.look.is_some() {
            self.stop();
            self.broken_off = true;
        }
    }

    /// No longer looks.
    fn stop(&mut self) {
        self.look = None;
        self.on.looks.next_turn();
    }

    /// Looks for a while. Whether something has come.
    fn slice(&mut self, queue: &Queue, pause: Pause) -> bool {
        let found = self.slice_now(queue, pause);
        if found {
            self.patience.looked(true);
            if let Some(look) = &mut self.look {
                look.until = None;
            }
        }
        found
    }

    fn slice_now(&mut self, queue: &Queue, pause: Pause) -> bool {
        if !queue.is_empty() {
            // What came since the last slice has this loop's leave on loan.
            return true;
        }
        self.on.looks.next_turn();
        !queue.look() || pause.look(&mut self.patience, || !queue.is_looked_at())
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use super::*;
    use crate::pending::tests::jobs;
    use crate::queue::Pushed;
    use crate::spin::LoopWas;
    use crate::spin::tests::alone_with_leave;

    const ASLEEP: Next = Next::Sleep { expects: false };
    const EXPECTING: Next = Next::Sleep { expects: true };

    fn lookout(spin: Duration) -> Lookout {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Lookout::new(Loop::new(runtime.handle().id(), Arc::from("test"), spin, Core::UNKNOWN), false)
    }

    #[test]
    fn a_loop_that_may_not_look_sleeps_at_once() {
        let _alone = alone_with_leave();
        let (mut lookout, queue) = (lookout(Duration::ZERO), Queue::new());
        assert_eq!((lookout.after_jobs(&queue), lookout.when_idle(&queue)), (ASLEEP, ASLEEP));
    }

    #[test]
    fn a_loop_that_has_answered_looks_and_has_the_runtime_take_its_turns() {
        let _alone = alone_with_leave();
        let (mut lookout, queue) = (lookout(Duration::MAX), Queue::new());
        assert_eq!(lookout.after_jobs(&queue), Next::Yield);
        for _ in 0..100 {
            assert_eq!(lookout.when_idle(&queue), EXPECTING);
        }
        assert!(queue.is_looked_at());
    }

    #[test]
    fn a_look_ends_when_its_time_is_over_and_the_next_occasion_is_left_out() {
        let _alone = alone_with_leave();
        let (mut lookout, queue) = (lookout(Duration::from_nanos(1)), Queue::new());
        let leave = || Leave::take().is_some();
        let free = leave();
        assert_eq!(lookout.after_jobs(&queue), Next::Yield);
        while lookout.when_idle(&queue) == EXPECTING {}
        assert_eq!(leave(), free, "the leave is given back");
        assert_eq!(lookout.after_jobs(&queue), ASLEEP);
        assert_eq!(lookout.after_jobs(&queue), Next::Yield);
    }

    #[test]
    fn a_look_that_is_broken_off_goes_on_when_the_runtime_is_idle() {
        let _alone = alone_with_leave();
        let (mut lookout, queue) = (lookout(Duration::MAX), Queue::new());
        lookout.patience.looked(false);
        assert_eq!((lookout.after_jobs(&queue), lookout.after_jobs(&queue)), (ASLEEP, Next::Yield));
        lookout.patience.looked(false);
        lookout.break_off();
        assert!(lookout.look.is_none());
        assert_eq!(lookout.when_idle(&queue), EXPECTING);
        lookout.stop();
        assert_eq!(lookout.when_idle(&queue), ASLEEP, "to begin anew takes patience");
    }

    #[test]
    fn a_loop_without_leave_asks_again_when_the_runtime_is_idle() {
        let _alone = alone_with_leave();
        let (mut lookout, queue) = (lookout(Duration::MAX), Queue::new());
        let others = Vec::from_iter(std::iter::from_fn(Leave::take));
        assert_eq!((lookout.after_jobs(&queue), lookout.when_idle(&queue)), (EXPECTING, ASLEEP));
        drop(others);
        assert_eq!(lookout.when_idle(&queue), EXPECTING);
    }

    #[test]
    fn what_came_is_taken_and_starts_the_time_anew() {
        let _alone = alone_with_leave();
        let (mut lookout, queue) = (lookout(Duration::from_secs(3600)), Queue::new());
        assert_eq!((lookout.after_jobs(&queue), lookout.when_idle(&queue)), (Next::Yield, EXPECTING));
        let ends = |lookout: &Lookout| lookout.look.as_ref().is_some_and(|look| look.until.is_some());
        assert!(ends(&lookout));
        let job = jobs(1).remove(0);
        assert!(matches!(queue.push(job), Pushed::Found(LoopWas::Looking)));
        assert_eq!(lookout.when_idle(&queue), Next::Take);
        assert!(!ends(&lookout));
        assert_eq!(lookout.after_jobs(&queue), Next::Take);
        assert!(queue.end().close());
    }

    #[test]
    fn callers_see_where_the_loop_runs() {
        let lookout = lookout(Duration::MAX);
        // The system may move this thread between the two.
        assert!((0..1000).any(|_| {
            lookout.begin();
            lookout.on.looks.core() == Core::current()
        }));
    }

    #[test]
    fn calls_are_told_by_the_core_they_come_from() {
        // As above.
        let same = (0..1000).any(|_| {
            let mut lookout = Lookout { moves: Some(Moves::new()), ..lookout(Duration::MAX) };
            lookout.met(Core::current());
            lookout.moves.unwrap().stacked == 1
        });
        assert_eq!(same, Core::current() != Core::UNKNOWN);
        let mut lookout = Lookout { moves: Some(Moves::new()), ..lookout(Duration::MAX) };
        lookout.met(Core::UNKNOWN);
        let moves = lookout.moves.unwrap();
        assert_eq!((moves.stacked, moves.elsewhere), (0, 1));
    }

    #[test]
    fn a_loop_moves_after_calls_from_its_own_core_in_quick_succession_and_not_soon_again() {
        let mut moves = Moves::new();
        let calls = |moves: &mut Moves, calls| {
            (0..calls).for_each(|_| moves.met_here());
            moves.is_due(Duration::from_secs(60))
        };
        assert!(!calls(&mut moves, STACKED - 1));
        assert!(calls(&mut moves, 1));
        moves.next = Instant::now().checked_add(Duration::from_secs(60));
        (0..GOOD_MOVE - 1).for_each(|_| moves.met_elsewhere());
        assert!(!calls(&mut moves, STACKED), "it is not known yet that the last move was good");
        moves.met_elsewhere();
        assert!(calls(&mut moves, STACKED));
    }

    #[test]
    fn a_loop_stays_when_calls_from_its_core_are_not_in_quick_succession_or_others_come_between() {
        let mut moves = Moves::new();
        (0..STACKED - 1).for_each(|_| moves.met_here());
        moves.met_elsewhere();
        moves.met_here();
        assert!(!moves.is_due(Duration::from_secs(60)));
        let first = moves.since;
        (1..STACKED).for_each(|_| moves.met_here());
        assert_eq!(moves.since, first);
        assert!(!moves.is_due(Duration::ZERO));
    }

    #[test]
    fn moves_that_are_not_good_come_ever_more_rarely() {
        let mut moves = Moves::new();
        for millis in [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000] {
            assert_eq!(moves.apart, Duration::from_millis(millis));
            moves.next = None;
            (0..STACKED).for_each(|_| moves.met_here());
            assert!(moves.is_due(Duration::from_secs(60)));
        }
    }
}
