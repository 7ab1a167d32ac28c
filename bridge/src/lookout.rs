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
use crate::queue::Queue;
use crate::spin::{Leave, Patience, Pause};
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
    Looks,
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
            Start::Looks if self.slice(queue) => Next::Take,
            Start::Looks => Next::Yield,
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
            Start::Looks if self.slice(queue) => Next::Take,
            Start::Looks => Next::Sleep { expects: self.looks_on() },
        }
    }

    /// Begins a look, or goes on with it; on another core if need be.
    fn start(&mut self, queue: &Queue) -> Start {
        let moves = self.moves.as_mut().is_some_and(|moves| moves.is_due(self.on.spin));
        if moves {
            self.patience = Patience::new();
        }
        let start = self.start_here();
        if moves && matches!(start, Start::Looks) && queue.look() {
            self.move_away();
        }
        start
    }

    fn start_here(&mut self) -> Start {
        let pause = Pause::before(self.caller);
        if self.look.is_some() {
            if self.patience.bears(pause) {
                return Start::Looks;
            }
            self.stop();
        }
        let goes_on = mem::take(&mut self.broken_off) && self.patience.bears(pause);
        if self.on.spin.is_zero() || !(goes_on || self.patience.ask(pause)) {
            return Start::Unwise;
        }
        for _ in 0..TRIES {
            if let Some(leave) = Leave::take() {
                self.look = Some(Look { _leave: leave, until: None });
                return Start::Looks;
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
    fn slice(&mut self, queue: &Queue) -> bool {
        let found = self.slice_now(queue);
        if found {
            self.patience.looked(true);
            if let Some(look) = &mut self.look {
                look.until = None;
            }
        }
        found
    }

    fn slice_now(&mut self, queue: &Queue) -> bool {
        if !queue.is_empty() {
            // What came since the last slice has this loop's leave on loan.
            return true;
        }
        self.on.looks.next_turn();
        !queue.look() || Pause::before(self.caller).look(&mut self.patience, || !queue.is_looked_at())
    }
}
