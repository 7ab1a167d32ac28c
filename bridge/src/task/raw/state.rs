//! The states of a job, and every step between them.
//!
//! A *job* is a future on its way to a loop. Its *core* holds the future and, later, the outcome: on the caller's stack for a
//! scoped call, in the job's own allocation for a submitted task. A job may outlive its call (in a queue, in a tokio task that is
//! not freed yet); a scoped core does not. So a thread touches a core only where this word allows it:
//!
//! | state | who may touch the core | next |
//! | --- | --- | --- |
//! | [`QUEUED`] | nobody | [`RUNNING`]: the loop starts it · [`UNPOLLED`]: a cancel, a caller that gives up, a closed queue |
//! | [`RUNNING`] | the thread that polls or drops the future | [`IDLE`] · [`DONE`] |
//! | [`IDLE`] (pending; the loop's slab keeps the job, or a tokio task does) | nobody | [`RUNNING`]: the loop or that task polls the future again, or drops it |
//! | [`UNPOLLED`] | the thread that ended the job before its first poll, and drops the future | [`DONE`] |
//! | [`DONE`] | the owner of the result | – |
//!
//! Beside the state stand six bits:
//!
//! | bit | set by | while | means |
//! | --- | --- | --- | --- |
//! | [`CANCEL`] | anyone who may cancel | before `DONE` | the outcome will be `Cancelled`, also if the poll that runs now returns a value. Kept in `DONE` if that is the outcome |
//! | [`GIVEN_UP`] | the caller of a scoped call | before `DONE` | drop the future rather than poll it again; a value that comes from the poll that runs now stands |
//! | [`WAKER`] | the owner | before `DONE` | the owner's waker is in its cell, to be taken by whoever stores `DONE`. Kept in `DONE`, so that the owner, who reads this bit before it touches the cell, finds it there |
//! | [`DETACHED`] | the owner, as it leaves | before `DONE` | nobody will ask for the output; whoever stores `DONE` drops it |
//! | [`FAILED`] | whoever stores `DONE` | in `DONE` | the outcome is not a value |
//! | [`WOKEN`] | a waker of the job, a stop | `RUNNING`, `IDLE` | the job is to run once more. Whoever sets it in `IDLE` schedules the job, and the loop itself does if it finds it at the step to `IDLE`. Cleared by the step to `RUNNING` |
//!
//! # When two events meet
//!
//! Every step is one compare-exchange on the one word, so one of the two comes first, and the other sees it:
//!
//! - **Start against an end before the first poll** (`QUEUED`): one wins; the loser finds `UNPOLLED` or `RUNNING` and follows
//!   the row of that state.
//! - **Stop against going idle** (`RUNNING` → `IDLE`): [`State::idle`] fails when a stop bit is set, and the loop, which is still
//!   `RUNNING`, drops the future at once. If it went idle first, the thread that set the stop bit found `IDLE` and schedules the
//!   job, whose next [`State::start`] returns `Stop`.
//! - **Wake against going idle**: if the wake came first, `idle` returns that, and the loop queues the job again. If it went
//!   idle first, the waker queues it.
//! - **Wake against wake, stop against wake** (`IDLE`): the first to set [`WOKEN`] queues the job, so it is in the queue once at
//!   most, and its link belongs to that thread until then. The job runs once for both, and sees a stop bit.
//! - **Cancel against completion**: [`State::complete`] with a value fails when `CANCEL` is set (`cancel` has returned true), and
//!   the outcome becomes `Cancelled`; if `DONE` came first, `cancel` returns false.
//! - **Giving up against completion**: the value stands. The caller waits for `DONE` either way, since the loop may be inside the
//!   future; there is no timeout on that wait.
//! - **Shutdown against anything**: the loop closes its queue, then takes each job that it keeps by `start`, as for a poll, and
//!   completes it as `Closed`, or as the stop bits demand. A wake that comes later finds `RUNNING` or `DONE`, or a queue that
//!   refuses the job; one that was in the middle of it has a reference of its own. An external runtime drops its tasks on a
//!   thread of its own, and a task that is dropped does the same for its job.
//! - **Waker against completion**: the owner writes the cell, then sets `WAKER`; if that finds `DONE`, nobody will take the waker
//!   and the owner must not wait. If `DONE` came later, its storer saw the bit.
//!
//! # Order of completion
//!
//! The future is dropped (a panic there is the outcome); the outcome is stored in the core; `DONE` is stored; the owner's waker is
//! taken and woken. After `DONE` nothing of a scoped core is touched, and of the job only what the completer's own reference keeps
//! alive.
//!
//! # Where a job is scheduled
//!
//! Its [`Schedule`](super::schedule::Schedule) is in a cell of the header: the scheduler of the loop whose queue takes
//! it, or, on an external runtime, the waker of its tokio task. Only the thread in `RUNNING` stores into the cell. Two
//! may empty it: that thread, and the one that set `WOKEN` in `IDLE`, before it schedules the job. On a loop of this
//! crate, no thread is at the cell of a job that was taken out of the queue. Elsewhere (a tokio task, which may be
//! polled for other reasons; a loop that closes) there may be one if `start` has found `WOKEN`, and the cell is left
//! alone from then on: such a tokio task is woken by stops alone, so `start` returns `Stop` there, and no poll follows
//! that would write the cell.

use crate::loom::{AtomicU32, Ordering};

/// On its way to the loop; never polled.
pub(crate) const QUEUED: u32 = 0;
/// The loop's thread has the core.
pub(crate) const RUNNING: u32 = 1;
/// Pending; its loop or its tokio task will run it again.
pub(crate) const IDLE: u32 = 2;
/// Ended before the first poll, by the thread that now drops the future.
pub(crate) const UNPOLLED: u32 = 3;
/// The outcome is there and the future is not.
pub(crate) const DONE: u32 = 4;
/// Selects the state from the word.
const STATE: u32 = 7;

/// Asked to end as `Cancelled`.
pub(crate) const CANCEL: u32 = 1 << 3;
/// The caller of a scoped call wants it no more: its timeout ran out, a canceller was cancelled, or its wait panicked.
pub(crate) const GIVEN_UP: u32 = 1 << 4;
/// The owner's waker is in its cell.
pub(crate) const WAKER: u32 = 1 << 5;
/// The owner has gone.
pub(crate) const DETACHED: u32 = 1 << 6;
/// To run once more.
pub(crate) const WOKEN: u32 = 1 << 7;
/// The outcome is no value.
const FAILED: u32 = 1 << 8;
/// Either reason to drop the future rather than poll it.
const STOP: u32 = CANCEL | GIVEN_UP;

/// The word itself. Loads and steps only; what a step allows is in the module's tables.
#[derive(Debug)]
pub(crate) struct State(AtomicU32);

/// What [`State::start`] allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The core belongs to the thread that called `start`: poll the future. Whether it was woken.
    Run { woken: bool },
    /// The core belongs to the thread that called `start`: drop the future, end as the reason says.
    Stop(Reason),
    /// The core is somebody else's, or gone.
    Gone,
}

/// Why a future is dropped before it has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Cancel,
    /// See [`GIVEN_UP`].
    GivenUp,
    Closed,
}

/// What there is to do for the one who asked a job to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The core is the asker's: drop the future, complete.
    Unpolled,
    /// The job is idle: send it to run.
    Send,
    /// Whoever has the core, or will have it soon, will see it.
    Noted,
    /// Too late; was it cancelled before?
    Done { cancelled: bool },
}

/// How a job ended, as far as the word must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With a value; a cancel that came first takes precedence.
    Value,
    /// By a deadline or a closed loop; a cancel that came first takes precedence.
    Stopped,
    /// Stays, whatever else was asked.
    Panicked,
    Cancelled,
}

/// How far a job is, for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Queued,
    Running,
    Pending,
    /// Or about to be, without its loop.
    Done,
}

/// What the owner left for the completer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerLeft {
    /// A waker, now the completer's.
    pub(crate) waker: bool,
    /// The outcome, which nobody will ask for.
    pub(crate) detached: bool,
}

impl State {
    pub(crate) fn new() -> State {
        State(AtomicU32::new(QUEUED))
    }

    /// Moves on by what `next` makes of the word; `None` from it ends the attempt. Returns the last word seen.
    ///
    /// ORDERING: AcqRel on success serves every step: Release hands the core and the cells to whoever makes
    /// the next step, Acquire takes them from whoever made the last one. A failed attempt hands nothing over,
    /// but its last word may be `DONE`, after which the outcome is read: Acquire.
    fn step(&self, mut next: impl FnMut(u32) -> Option<u32>) -> Result<u32, u32> {
        let mut now = self.0.load(Ordering::Acquire);
        loop {
            let Some(to) = next(now) else { return Err(now) };
            match self.0.compare_exchange_weak(now, to, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(now),
                Err(seen) => now = seen,
            }
        }
    }

    /// `QUEUED` or `IDLE` → `RUNNING`, by the loop's thread.
    pub(crate) fn start(&self) -> Start {
        let taken = self.step(|now| match now & STATE {
            QUEUED | IDLE => Some((now & !(STATE | WOKEN)) | RUNNING),
            _ => None,
        });
        match taken {
            Ok(word) if word & CANCEL != 0 => Start::Stop(Reason::Cancel),
            Ok(word) if word & GIVEN_UP != 0 => Start::Stop(Reason::GivenUp),
            Ok(word) => Start::Run { woken: word & WOKEN != 0 },
            Err(_) => Start::Gone,
        }
    }

    /// `RUNNING` → `IDLE`, by the thread that runs it; `Err` when it was asked to stop meanwhile. True: it was woken, and
    /// is that thread's to send.
    pub(crate) fn idle(&self) -> Result<bool, Reason> {
        match self.step(|now| (now & STOP == 0).then_some((now & !STATE) | IDLE)) {
            Ok(word) => Ok(word & WOKEN != 0),
            Err(word) if word & CANCEL != 0 => Err(Reason::Cancel),
            Err(_) => Err(Reason::GivenUp),
        }
    }

    /// The future can go on. True: the job is idle, and the caller's to send. A wake that finds `WOKEN` takes the step all
    /// the same: what happened before it is seen by the poll that it asks for.
    pub(crate) fn wake(&self) -> bool {
        let woken = self.step(|now| matches!(now & STATE, RUNNING | IDLE).then_some(now | WOKEN));
        woken.is_ok_and(|word| word & (STATE | WOKEN) == IDLE)
    }

    /// Asks the job to stop: sets [`CANCEL`] or [`GIVEN_UP`].
    pub(crate) fn stop(&self, bit: u32) -> Stop {
        let asked = self.step(|now| match now & STATE {
            DONE => None,
            QUEUED => Some((now & !STATE) | UNPOLLED | bit),
            _ if now & bit != 0 => None,
            IDLE => Some(now | bit | WOKEN),
            _ => Some(now | bit),
        });
        match asked {
            Ok(word) if word & STATE == QUEUED => Stop::Unpolled,
            Ok(word) if word & STATE == IDLE && word & WOKEN == 0 => Stop::Send,
            Err(word) if word & STATE == DONE => Stop::Done { cancelled: word & CANCEL != 0 },
            Ok(_) | Err(_) => Stop::Noted,
        }
    }

    /// `QUEUED` → `UNPOLLED` without a stop bit: the queue was closed. False if it is not queued any more.
    pub(crate) fn end_unpolled(&self) -> bool {
        self.step(|now| (now & STATE == QUEUED).then_some((now & !STATE) | UNPOLLED)).is_ok()
    }

    /// `RUNNING` or `UNPOLLED` → `DONE`. `Err` if a cancel came first that takes precedence over `ended`.
    pub(crate) fn complete(&self, ended: Ended) -> Result<OwnerLeft, CancelCameFirst> {
        let completed = self.step(|now| match ended {
            Ended::Value | Ended::Stopped if now & CANCEL != 0 => None,
            Ended::Value => Some(DONE | (now & WAKER)),
            Ended::Stopped | Ended::Panicked => Some(DONE | FAILED | (now & WAKER)),
            Ended::Cancelled => Some(DONE | FAILED | CANCEL | (now & WAKER)),
        });
        match completed {
            Ok(word) => Ok(OwnerLeft { waker: word & WAKER != 0, detached: word & DETACHED != 0 }),
            Err(_) => Err(CancelCameFirst),
        }
    }

    /// The owner's waker is in its cell. False if the job is done: nobody will take it.
    pub(crate) fn offer_waker(&self) -> bool {
        self.step(|now| (now & STATE != DONE).then_some(now | WAKER)).is_ok()
    }

    /// Takes the cell back. False if the job is done: the completer has, or will have, the waker.
    pub(crate) fn retract_waker(&self) -> bool {
        self.step(|now| (now & STATE != DONE).then_some(now & !WAKER)).is_ok()
    }

    /// Whether the cell is offered, or was when the job was done. Only the owner ever changes that.
    pub(crate) fn waker_is_offered(&self) -> bool {
        // ORDERING: a question about the asker's own last step.
        self.0.load(Ordering::Relaxed) & WAKER != 0
    }

    /// The owner leaves. False if the job is done: the outcome is the owner's to drop.
    pub(crate) fn detach(&self) -> bool {
        self.step(|now| (now & STATE != DONE).then_some((now | DETACHED) & !WAKER)).is_ok()
    }

    pub(crate) fn is_done(&self) -> bool {
        // ORDERING: Acquire pairs with the Release of `complete`: the outcome is there, the future is dropped.
        self.0.load(Ordering::Acquire) & STATE == DONE
    }

    /// Whether it is done, or will be without its loop: a thread that has ended it before its first poll drops the future.
    pub(crate) fn needs_no_loop(&self) -> bool {
        // ORDERING: as in `is_done`.
        matches!(self.0.load(Ordering::Acquire) & STATE, UNPOLLED | DONE)
    }

    /// Whether a loop has started it, or it is over.
    pub(crate) fn is_started(&self) -> bool {
        // ORDERING: nothing is read on the strength of it.
        self.0.load(Ordering::Relaxed) & STATE != QUEUED
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        // ORDERING: as in `is_done`.
        self.0.load(Ordering::Acquire) & (STATE | CANCEL) == DONE | CANCEL
    }

    /// Whether its outcome is, or will be, that it was cancelled.
    pub(crate) fn is_or_will_be_cancelled(&self) -> bool {
        // ORDERING: as in `is_done`.
        self.0.load(Ordering::Acquire) & CANCEL != 0
    }

    /// Whether it is done, and its outcome is no value.
    pub(crate) fn has_failed(&self) -> bool {
        // ORDERING: as in `is_done`.
        self.0.load(Ordering::Acquire) & (STATE | FAILED) == DONE | FAILED
    }

    pub(crate) fn phase(&self) -> Phase {
        // ORDERING: nothing is read on the strength of it.
        match self.0.load(Ordering::Relaxed) & STATE {
            QUEUED => Phase::Queued,
            RUNNING => Phase::Running,
            IDLE => Phase::Pending,
            _ => Phase::Done,
        }
    }

    /// The state by name, for `Debug`.
    pub(crate) fn name(&self) -> &'static str {
        // ORDERING: as in `is_done`; what is shown as done is done.
        match self.0.load(Ordering::Acquire) & (STATE | CANCEL) {
            QUEUED => "queued",
            RUNNING => "running",
            IDLE => "pending",
            word if word == DONE | CANCEL => "cancelled",
            DONE => "done",
            _ => "cancelling",
        }
    }
}

/// [`State::complete`] did not: `cancel` had said true.
#[derive(Debug)]
pub(crate) struct CancelCameFirst;

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use super::*;

    fn running() -> State {
        let state = State::new();
        assert_eq!(state.start(), Start::Run { woken: false });
        state
    }

    /// Every state with every set of bits.
    fn words() -> impl Iterator<Item = u32> {
        let bits = |set: u32| (0..6).map(|bit| set & (CANCEL << bit)).sum::<u32>();
        [QUEUED, RUNNING, IDLE, UNPOLLED, DONE]
            .into_iter()
            .flat_map(move |state| (0..64).map(move |set| state + bits(set * CANCEL)))
    }

    /// What a step makes of a word, and what it says of it.
    fn step<R>(word: u32, step: impl FnOnce(&State) -> R) -> (u32, R) {
        let state = State(AtomicU32::new(word));
        let said = step(&state);
        (state.0.into_inner(), said)
    }

    fn has(word: u32, bit: u32) -> bool {
        word & bit == bit
    }

    #[test]
    fn the_words_are_all_there_are() {
        let words = std::collections::HashSet::<u32>::from_iter(words());
        assert_eq!(words.len(), 5 * 64);
        for bit in [CANCEL, GIVEN_UP, WAKER, DETACHED, WOKEN, FAILED] {
            assert_eq!(words.iter().filter(|word| has(**word, bit)).count(), 5 * 32);
        }
    }

    #[test]
    fn what_the_owner_does_changes_its_own_bits_until_the_job_is_done() {
        for word in words() {
            let unless_done = |to| if word & STATE == DONE { (word, false) } else { (to, true) };
            assert_eq!(step(word, State::offer_waker), unless_done(word | WAKER));
            assert_eq!(step(word, State::retract_waker), unless_done(word & !WAKER));
            assert_eq!(step(word, State::detach), unless_done((word | DETACHED) & !WAKER));
            assert_eq!(step(word, State::waker_is_offered), (word, has(word, WAKER)));
        }
    }

    #[test]
    fn a_stop_or_a_wake_is_noted_beside_what_is_there() {
        for word in words() {
            for bit in [CANCEL, GIVEN_UP] {
                let expected = match word & STATE {
                    QUEUED => ((word | bit) - QUEUED + UNPOLLED, Stop::Unpolled),
                    DONE => (word, Stop::Done { cancelled: has(word, CANCEL) }),
                    _ if has(word, bit) => (word, Stop::Noted),
                    IDLE if !has(word, WOKEN) => (word | bit | WOKEN, Stop::Send),
                    _ => (word | bit, Stop::Noted),
                };
                assert_eq!(step(word, |state| state.stop(bit)), expected, "{word:#b}");
            }
            let expected = match word & STATE {
                IDLE => (word | WOKEN, !has(word, WOKEN)),
                RUNNING => (word | WOKEN, false),
                _ => (word, false),
            };
            assert_eq!(step(word, State::wake), expected, "{word:#b}");
        }
    }

    #[test]
    fn a_job_is_taken_up_or_withdrawn_with_its_bits() {
        for word in words() {
            let unpolled = match word & STATE {
                QUEUED => (word - QUEUED + UNPOLLED, true),
                _ => (word, false),
            };
            assert_eq!(step(word, State::end_unpolled), unpolled, "{word:#b}");
            let says = match word {
                _ if has(word, CANCEL) => Start::Stop(Reason::Cancel),
                _ if has(word, GIVEN_UP) => Start::Stop(Reason::GivenUp),
                _ => Start::Run { woken: has(word, WOKEN) },
            };
            let started = match word & STATE {
                QUEUED | IDLE => ((word & !STATE & !WOKEN) + RUNNING, says),
                _ => (word, Start::Gone),
            };
            assert_eq!(step(word, State::start), started, "{word:#b}");
            let idle = match word {
                _ if has(word, CANCEL) => (word, Err(Reason::Cancel)),
                _ if has(word, GIVEN_UP) => (word, Err(Reason::GivenUp)),
                _ => ((word & !STATE) + IDLE, Ok(has(word, WOKEN))),
            };
            assert_eq!(step(word, State::idle), idle, "{word:#b}");
        }
    }

    #[test]
    fn a_job_that_is_done_keeps_its_waker_and_how_it_ended() {
        for word in words().filter(|word| word & STATE != DONE) {
            let left = OwnerLeft { waker: has(word, WAKER), detached: has(word, DETACHED) };
            for (ended, bits, gives_way) in [
                (Ended::Value, 0, true),
                (Ended::Stopped, FAILED, true),
                (Ended::Panicked, FAILED, false),
                (Ended::Cancelled, FAILED | CANCEL, false),
            ] {
                let (to, said) = step(word, |state| state.complete(ended).ok());
                let done = DONE + bits + (word & WAKER);
                let expected = if gives_way && has(word, CANCEL) { (word, None) } else { (done, Some(left)) };
                assert_eq!((to, said), expected, "{word:#b} {ended:?}");
            }
        }
    }

    #[test]
    fn what_is_asked_of_a_word_is_in_it() {
        for word in words() {
            let is_done = word & STATE == DONE;
            assert_eq!(step(word, State::is_done), (word, is_done));
            assert_eq!(step(word, State::is_started), (word, word & STATE != QUEUED));
            assert_eq!(step(word, State::is_cancelled), (word, is_done && has(word, CANCEL)));
            assert_eq!(step(word, State::has_failed), (word, is_done && has(word, FAILED)));
            let name = match (word & STATE, has(word, CANCEL)) {
                (QUEUED, false) => "queued",
                (RUNNING, false) => "running",
                (IDLE, false) => "pending",
                (DONE, false) => "done",
                (DONE, true) => "cancelled",
                _ => "cancelling",
            };
            assert_eq!(step(word, State::name), (word, name));
        }
    }

    #[test]
    fn a_queued_job_is_withdrawn_once() {
        let state = State::new();
        assert_eq!(state.stop(CANCEL), Stop::Unpolled);
        assert_eq!(state.stop(CANCEL), Stop::Noted);
        assert_eq!(state.start(), Start::Gone);
    }

    #[test]
    fn only_the_first_stop_of_an_idle_job_sends_it() {
        let state = running();
        assert_eq!(state.idle(), Ok(false));
        assert_eq!(state.stop(GIVEN_UP), Stop::Send);
        assert_eq!(state.stop(CANCEL), Stop::Noted);
        assert_eq!(state.start(), Start::Stop(Reason::Cancel));
    }

    #[test]
    fn only_the_first_wake_of_an_idle_job_sends_it() {
        let state = running();
        assert_eq!(state.idle(), Ok(false));
        assert!(state.wake());
        assert!(!state.wake());
        assert_eq!(state.stop(CANCEL), Stop::Noted);
        assert_eq!(state.start(), Start::Stop(Reason::Cancel));
    }

    #[test]
    fn a_wake_of_a_running_job_is_its_runners_to_send() {
        let state = running();
        assert!(!state.wake());
        assert_eq!(state.idle(), Ok(true));
        assert!(!state.wake());
        assert_eq!(state.start(), Start::Run { woken: true });
        assert_eq!(state.idle(), Ok(false), "the step to RUNNING takes the wake away");
    }

    #[test]
    fn a_wake_of_a_job_that_is_over_does_nothing() {
        let state = running();
        assert!(!state.wake());
        state.complete(Ended::Value).unwrap();
        assert!(!state.wake());
        assert_eq!(state.stop(CANCEL), Stop::Done { cancelled: false });
    }

    #[test]
    fn a_cancel_during_the_last_poll_overrules_its_value() {
        let state = running();
        assert_eq!(state.stop(CANCEL), Stop::Noted);
        assert!(state.complete(Ended::Value).is_err());
        state.complete(Ended::Cancelled).unwrap();
        assert!(state.is_cancelled());
        assert_eq!(state.stop(CANCEL), Stop::Done { cancelled: true });
    }

    #[test]
    fn a_deadline_during_the_last_poll_lets_its_value_stand() {
        let state = running();
        assert_eq!(state.stop(GIVEN_UP), Stop::Noted);
        state.complete(Ended::Value).unwrap();
        assert!(state.is_done() && !state.is_cancelled());
    }

    #[test]
    fn a_stop_keeps_a_running_job_from_going_idle() {
        let state = running();
        state.stop(GIVEN_UP);
        assert_eq!(state.idle(), Err(Reason::GivenUp));
    }

    #[test]
    fn what_ends_without_a_value_has_failed() {
        for (ended, failed) in
            [(Ended::Value, false), (Ended::Stopped, true), (Ended::Panicked, true), (Ended::Cancelled, true)]
        {
            let state = running();
            assert!(!state.has_failed(), "it is not done");
            state.complete(ended).unwrap();
            assert_eq!(state.has_failed(), failed, "{ended:?}");
        }
    }

    #[test]
    fn the_completer_learns_what_the_owner_left() {
        let state = running();
        assert!(state.offer_waker());
        assert_eq!(state.complete(Ended::Value).unwrap(), OwnerLeft { waker: true, detached: false });
        assert!(!state.retract_waker() && !state.offer_waker() && !state.detach());
        assert!(state.waker_is_offered(), "the owner must see that the cell is not its own any more");

        let state = running();
        assert!(state.offer_waker() && state.detach());
        assert_eq!(state.complete(Ended::Panicked).unwrap(), OwnerLeft { waker: false, detached: true });
    }
}
