//! The loop's side of looking: what it does with an empty queue before it sleeps.
//!
//! | the queue is empty, and | the loop |
//! | --- | --- |
//! | jobs ended in this poll of the driver | looks for a slice, then gives the runtime a turn: the jobs may have woken tasks |
//! | the runtime has said that it is idle ([`on_idle`]), and a call is expected | looks for a slice, then gives the runtime a turn: sockets and timers may be due; and so on until [`Builder::spin`](crate::Builder::spin) is over |
//! | otherwise | sleeps |
//!
//! So between two turns of the runtime lies a slice of looking, or a batch of jobs, and tokio's own tasks wait for one of
//! these at most. A call is expected while jobs have ended since the last sleep. What is found while looking starts the
//! time anew.

use std::sync::Arc;
use std::time::Instant;

use crate::context::Loop;
use crate::core_id::Core;
use crate::queue::Queue;
use crate::registry;
use crate::spin::{Leave, Patience, Pause};
use crate::sync::spin_loop;

/// How often leave is asked for by a loop that has just answered a caller, which then gives its own back.
const TRIES: u32 = 32;

/// Told by tokio, on the loop's thread: there is nothing to do but to wait for sockets and timers. When a call is
/// expected, this wakes the driver, and so makes tokio look at these without waiting for them.
pub(crate) fn on_idle() {
    registry::with_running(|ours| ours.remote.on_idle());
}

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
    /// Where the caller of the last job was when it sent it.
    caller: Core,
}

struct Look {
    _leave: Leave,
    /// Its end, set when the first slice was in vain.
    until: Option<Instant>,
}

impl Lookout {
    pub(crate) fn new(on: Arc<Loop>) -> Lookout {
        Lookout { on, patience: Patience::new(), look: None, caller: Core::UNKNOWN }
    }

    /// The driver is polled.
    pub(crate) fn begin(&self) {
        self.on.looks.set_core(Core::current());
    }

    /// A job is taken that was sent from the core `caller`.
    pub(crate) fn met(&mut self, caller: Core) {
        self.caller = caller;
    }

    /// The queue is empty after jobs that have ended.
    pub(crate) fn after_jobs(&mut self, queue: &Queue) -> Next {
        match self.start() {
            Start::Unwise => Next::Sleep { expects: false },
            Start::NoLeave => Next::Sleep { expects: true },
            Start::Looks if self.slice(queue) => Next::Take,
            Start::Looks => Next::Yield,
        }
    }

    /// The queue is empty, a call is expected, and the runtime is idle.
    pub(crate) fn when_idle(&mut self, queue: &Queue) -> Next {
        match self.start() {
            Start::Unwise | Start::NoLeave => Next::Sleep { expects: false },
            Start::Looks if self.slice(queue) => Next::Take,
            Start::Looks => Next::Sleep { expects: self.looks_on() },
        }
    }

    /// Begins a look, or goes on with it.
    fn start(&mut self) -> Start {
        if self.look.is_some() {
            return Start::Looks;
        }
        if self.on.spin.is_zero() || !self.patience.ask() {
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
        let until = look.until.or_else(|| now.checked_add(self.on.spin));
        look.until = until;
        if until.is_some_and(|until| now < until) {
            return true;
        }
        self.patience.looked(false);
        self.stop();
        false
    }

    /// No longer looks.
    fn stop(&mut self) {
        self.look = None;
        self.on.looks.next_turn();
    }

    /// Looks for a while. Whether something has come.
    fn slice(&mut self, queue: &Queue) -> bool {
        self.on.looks.next_turn();
        let found = !queue.look() || Pause::before(self.caller).look(|| !queue.is_looked_at());
        if found {
            self.patience.looked(true);
            if let Some(look) = &mut self.look {
                look.until = None;
            }
        }
        found
    }
}
