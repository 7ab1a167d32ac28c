//! Who drives a shared loop: the role of the driver, and how it passes from thread to thread.
//!
//! Whoever has the *engine* (the runtime, and what polls the queued jobs) *drives* the loop. The engine is moved, so at most one
//! thread drives, and nobody holds a lock while the loop runs. This module knows nothing of runtimes; `E` is the engine.
//!
//! # Who may have it
//!
//! - A **caller** whose future is pending asks for its *turn* ([`Role::turn`]). It drives if the engine is free; else it is
//!   *listed*, and parks. It gives the engine back ([`Role::give_back`]) as soon as it has an event of its own, polls its
//!   future, and asks again. In the end it leaves ([`Role::leave`]).
//! - A **guest** is a caller that tokio lets drive nothing (it is inside another runtime). It is listed, parks, and has the
//!   loop's own thread summoned if nobody drives.
//! - The loop's **own thread** drives when the engine has been free, or work leftover, for [`GRACE`], when it is summoned, and
//!   when the loop ends.
//!
//! # How it passes on
//!
//! A caller that gives the engine back wakes nobody: it is about to poll its future, and takes the engine again if that is
//! still pending. Once its call is over it leaves, and passes on: if the engine is free, the caller that was listed first is
//! taken off the list and nudged, and asks for its turn. If none may drive but a guest waits, the own thread is summoned. A
//! caller stays listed while it polls its future after a wake: it may be nudged then, and passes on as it leaves.
//!
//! # Work that nobody waits for
//!
//! A caller that polls its future may make work for whoever drives: it submits a task, or wakes one, as a client wakes the task
//! that writes to its socket. While the engine is free it [defers](super::deferred_wake) the wake: it is about to ask for its
//! turn, and finds the work as it drives.
//!
//! Work that a caller leaves behind is *leftover*: what its last poll has made, and the submitted tasks that are queued when it
//! gives the engine back. As the caller leaves, leftover work is announced: to the caller that it nudges, else to the own thread,
//! which is summoned. A summons for each item of a stream, say, would cost more than the item. So nothing is announced by a
//! caller whose call before was back within [`SOON`] to go on with the leftover work, since its next call will do so too. But what
//! has been leftover for `GRACE`, however many calls have driven meanwhile, is announced, once in a `GRACE`.
//!
//! # What makes this safe
//!
//! A nudged caller may be slow: its own future was woken too, and is in a long poll. So may be a caller that has deferred a wake,
//! or announced nothing. All of it rests on another rule: **while the engine is free, the own thread looks again within
//! [`LONG_NAP`]**, and takes the engine if that has been free, or work leftover, for [`GRACE`]. No nudge has to arrive for the
//! loop to go on. Tasks of the runtime's own are not seen as leftover: where calls follow each other within `GRACE`, they run only
//! while somebody drives.
//!
//! # The own thread
//!
//! | it | when | until |
//! | --- | --- | --- |
//! | drives | the engine was free, or work leftover, for `GRACE`; it was summoned; the loop ends | a caller has it yield; or the loop ends: then it takes the engine once more, for good |
//! | naps | callers drive by turns: for `GRACE`, or [`LONG_NAP`] if they do so often; the engine is free: for what is left of `GRACE` | it looks again |
//! | sleeps | the caller that drove when it looked last still drives: nobody has taken the engine since | that caller gives the engine back (one `unpark`), a deadline of that caller comes, the loop ends |
//!
//! A caller that finds the own thread driving parks: to have the engine passed on costs two switches more than it saves, if
//! no other call follows. A second one within `GRACE` has the own thread yield, and calls that follow drive. So callers
//! that follow each other cost the own thread a look every `LONG_NAP`, and no system call of theirs.
//!
//! # Deadlines, and the end
//!
//! A parked caller parks until its deadline. Of a caller that drives, the own thread knows the deadline, and nudges it
//! (late by `LONG_NAP` at most); so a runtime without timers will do. [`Role::end`] has the driver leave, and the own thread take
//! the engine and keep it: from then on callers park. [`Role::close`] nudges these, and their calls end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::loom::{AtomicU32, Mutex, MutexGuard, Ordering, lock, now};
use crate::park::waiter::Waiter;

/// How long callers may leave a loop without a driver, and how closely calls follow each other that drive it themselves.
const GRACE: Duration = Duration::from_millis(1);

/// How soon a caller has to be back to be trusted with the work that it leaves behind.
const SOON: Duration = Duration::from_micros(500);

/// How long the own thread naps while callers drive often: [`MANY`] times since it looked last. A timed sleep costs it 20 to
/// 50 µs of processor time on a small virtual machine.
const LONG_NAP: Duration = Duration::from_millis(2);
const MANY: u64 = 4;

/// Who drives a loop whose engine is an `E`.
#[derive(Debug)]
pub(crate) struct Role<E> {
    state: Mutex<RoleState<E>>,
    /// Calls end as `Closed`. Set once, under the lock, and read outside as well: every poll of a call asks for it.
    ends_calls: AtomicU32,
}

#[derive(Debug)]
struct RoleState<E> {
    /// `None` while somebody drives, and after the end.
    engine: Option<E>,
    driver: Option<DrivingThread>,
    /// How many times a caller has taken the engine.
    drives: u64,
    /// Since when the engine is free.
    free_since: Option<Instant>,
    /// Since when there is leftover work, or has been whenever a caller gave the engine back.
    leftover_since: Option<Instant>,
    /// When a caller left that work behind last, and which, if no caller has driven since.
    left_by: Option<(Instant, Arc<Waiter>)>,
    /// The time before, that caller was back [`SOON`], and drove.
    returns_soon: bool,
    /// Callers that park, and would drive.
    callers: VecDeque<Arc<Waiter>>,
    /// Callers that park, and cannot drive.
    guests: VecDeque<Arc<Waiter>>,
    own: Option<OwnThread>,
    /// The own thread is to take the engine, and to keep it.
    ends: bool,
}

#[derive(Debug)]
struct DrivingThread {
    waiter: Arc<Waiter>,
    deadline: Option<Instant>,
    is_own: bool,
}

/// The loop's own thread.
#[derive(Debug)]
struct OwnThread {
    waiter: Arc<Waiter>,
    /// It sleeps until it is nudged, or until the driver's deadline.
    sleeps: bool,
    /// It is to drive as soon as it can.
    must_drive: bool,
    /// It is to yield the engine to a caller that waits.
    must_yield: bool,
    /// `drives` at its last look.
    seen: u64,
    /// When a caller was parked last because the own thread drove.
    parked_a_caller: Option<Instant>,
}

/// What a caller is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn<E> {
    Drive(E),
    /// It is listed: park, and ask again.
    Park,
    /// The loop has ended, and its calls with it.
    Ended,
}

/// What the own thread is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OwnTurn<E> {
    Drive(E),
    /// Until then, or until nudged.
    Sleep(Option<Instant>),
    /// The loop ends: drive until that is done. This is the last turn.
    End(E),
}

impl<E> Role<E> {
    /// There is no engine until [`start`](Role::start); of a runtime that others drive there never is.
    pub(crate) fn new() -> Role<E> {
        let state = RoleState {
            engine: None,
            driver: None,
            drives: 0,
            free_since: None,
            leftover_since: None,
            left_by: None,
            returns_soon: false,
            callers: VecDeque::new(),
            guests: VecDeque::new(),
            own: None,
            ends: false,
        };
        Role { state: Mutex::new(state), ends_calls: AtomicU32::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, RoleState<E>> {
        lock(&self.state)
    }

    /// Whether calls end as `Closed`.
    pub(crate) fn ends_calls(&self) -> bool {
        // ORDERING: Acquire pairs with `close`: what ended the loop happened before.
        self.ends_calls.load(Ordering::Acquire) != 0
    }

    /// The turn of a caller whose future is pending. The deadline is for the own thread to watch while the caller drives.
    pub(crate) fn turn(&self, me: &Arc<Waiter>, may_drive: bool, deadline: Option<Instant>) -> Turn<E> {
        let mut state = self.lock();
        // Under the lock, so that whoever is listed is seen by `close`.
        if self.ends_calls() {
            return Turn::Ended;
        }
        if may_drive && !state.ends {
            if let Some(engine) = state.engine.take() {
                state.unlist(me);
                state.driver = Some(DrivingThread { waiter: Arc::clone(me), deadline, is_own: false });
                state.drives += 1;
                if let Some((at, by)) = state.left_by.take() {
                    state.returns_soon = Arc::ptr_eq(&by, me) && now().saturating_duration_since(at) < SOON;
                }
                state.own.iter_mut().for_each(|own| own.must_drive = false);
                return Turn::Drive(engine);
            }
        }
        if !me.is_listed() {
            me.set_listed(true);
            let list = if may_drive { &mut state.callers } else { &mut state.guests };
            list.push_back(Arc::clone(me));
        }
        let nudged = if may_drive { state.ask_own_to_yield() } else { state.summon_own() };
        drop(state);
        nudged.inspect(|own| own.nudge());
        Turn::Park
    }

    /// A caller that was given the engine cannot drive.
    pub(crate) fn give_back_undriven(&self, engine: E) {
        let mut state = self.lock();
        // It counts as free since it was before.
        let free_since = state.free_since;
        state.put(engine, free_since);
        let summoned = state.summon_own();
        drop(state);
        summoned.inspect(|own| own.nudge());
    }

    /// A caller does not drive any more. It goes on to poll its future, and then asks for its turn or leaves. The engine `has_work`
    /// if tasks are queued, also some that came when this thread had decided to leave already, and took no notice of the wake.
    pub(crate) fn give_back(&self, engine: E, has_work: impl FnOnce(&E) -> bool) {
        let mut state = self.lock();
        let now = now();
        state.leftover_since = if has_work(&engine) { state.leftover_since.or(Some(now)) } else { None };
        state.put(engine, Some(now));
        let ends = state.ends;
        let own = state.own.as_mut().filter(|own| own.sleeps || ends);
        let sleeper = own.map(|own| {
            own.sleeps = false;
            Arc::clone(&own.waiter)
        });
        drop(state);
        sleeper.inspect(|own| own.nudge());
    }

    /// A call that has asked for its turn is over, or does not wait any more. `has_work`: its last poll has made some, and has
    /// deferred the wake.
    pub(crate) fn leave(&self, me: &Arc<Waiter>, has_work: bool) {
        let mut state = self.lock();
        state.unlist(me);
        let next = state.pass_on(has_work, Some(me));
        drop(state);
        next.inspect(|next| next.nudge());
    }

    /// The same, with work, of a call that has not asked for its turn, or has left before it made the work.
    pub(crate) fn announce(&self) {
        let next = self.lock().pass_on(true, None);
        next.inspect(|next| next.nudge());
    }

    /// There is new work: wakes the driver. If there is none, summons the own thread, unless this thread `defers` the wake until it
    /// asks for its turn or leaves.
    pub(crate) fn wake_driver(&self, defers: impl FnOnce() -> bool) {
        let mut state = self.lock();
        let driver = state.driver.as_ref().map(|driver| Arc::clone(&driver.waiter));
        let summoned = if driver.is_some() || defers() { None } else { state.summon_own() };
        drop(state);
        driver.inspect(|driver| driver.wake_runtime());
        summoned.inspect(|own| own.nudge());
    }

    /// All calls end as `Closed`, those that wait and those that come. [`Role::end`] comes first: no caller drives any more, or
    /// it has been nudged.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        // ORDERING: see `ends_calls`.
        self.ends_calls.store(1, Ordering::Release);
        let mut all = std::mem::take(&mut state.callers);
        all.append(&mut state.guests);
        all.iter().for_each(|waiter| waiter.set_listed(false));
        drop(state);
        all.iter().for_each(|waiter| waiter.nudge());
    }

    /// The own thread is to take the engine as soon as it is free, and to keep it. Callers that wait go on to.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ends = true;
        let own = state.own.as_ref().map(|own| Arc::clone(&own.waiter));
        let driver = state.driver.as_ref().map(|driver| Arc::clone(&driver.waiter));
        drop(state);
        own.iter().chain(&driver).for_each(|waiter| waiter.nudge());
    }

    /// The own thread brings the engine, and will drive at once.
    pub(crate) fn start(&self, engine: E, me: &Arc<Waiter>) {
        let mut state = self.lock();
        state.engine = Some(engine);
        let waiter = Arc::clone(me);
        state.own = Some(OwnThread {
            waiter,
            sleeps: false,
            must_drive: true,
            must_yield: false,
            seen: 0,
            parked_a_caller: None,
        });
    }

    /// The own thread, which drives until the last call has left, is to look whether that was it.
    pub(crate) fn nudge_own(&self) {
        let own = self.lock().own.as_ref().map(|own| Arc::clone(&own.waiter));
        own.inspect(|own| own.nudge());
    }

    /// The turn of the own thread.
    pub(crate) fn own_turn(&self) -> OwnTurn<E> {
        let mut state = self.lock();
        let RoleState { engine, driver, drives, free_since, leftover_since, own, ends, .. } = &mut *state;
        let own = own.as_mut().expect("the own thread has started");
        own.sleeps = false;
        let new = *drives - std::mem::replace(&mut own.seen, *drives);
        if let Some(driver) = driver {
            return OwnTurn::Sleep(own.watches(driver, new));
        }
        let since = leftover_since.or(*free_since);
        let due = since.and_then(|since| since.checked_add(GRACE)).filter(|due| *due > now());
        if let Some(due) = due.filter(|_| !own.must_drive && !*ends) {
            return OwnTurn::Sleep(Some(due));
        }
        (own.must_drive, own.must_yield) = (false, false);
        *leftover_since = None;
        let engine = engine.take().expect("an engine that nobody has is there, until the end");
        *driver = Some(DrivingThread { waiter: Arc::clone(&own.waiter), deadline: None, is_own: true });
        if *ends { OwnTurn::End(engine) } else { OwnTurn::Drive(engine) }
    }

    /// Whether the own thread, which drives and has been nudged, is to yield the engine.
    pub(crate) fn own_must_yield(&self) -> bool {
        let state = self.lock();
        state.ends || state.own.as_ref().is_some_and(|own| own.must_yield)
    }

    /// The own thread yields: a caller that waits is to drive. If none does any more, and the engine `has_work`, it goes on.
    pub(crate) fn own_yields(&self, engine: E, has_work: impl FnOnce(&E) -> bool) {
        let mut state = self.lock();
        let has_work = has_work(&engine);
        state.put(engine, Some(now()));
        let next = state.pass_on(has_work, None);
        drop(state);
        next.inspect(|next| next.nudge());
    }
}

impl<E> RoleState<E> {
    /// Nobody drives any more.
    fn put(&mut self, engine: E, free_since: Option<Instant>) {
        self.engine = Some(engine);
        self.driver = None;
        self.free_since = free_since;
    }

    fn unlist(&mut self, me: &Arc<Waiter>) {
        if me.is_listed() {
            me.set_listed(false);
            let is_me = |listed: &Arc<Waiter>| !Arc::ptr_eq(listed, me);
            self.callers.retain(is_me);
            self.guests.retain(is_me);
        }
    }

    /// Who is to drive now, if nobody does: a listed caller, or the own thread where only guests wait, or leftover work is to be
    /// announced. It is to be nudged. `has_work`: there is more such work. `by`: the caller that leaves.
    fn pass_on(&mut self, has_work: bool, by: Option<&Arc<Waiter>>) -> Option<Arc<Waiter>> {
        self.engine.as_ref()?;
        if has_work && self.leftover_since.is_none() {
            self.leftover_since = Some(now());
        }
        if let Some(next) = self.callers.pop_front() {
            // If it does not drive, since its call is over, it announces the work as it leaves.
            next.set_listed(false);
            return Some(next);
        }
        if !self.guests.is_empty() || self.must_announce(by) { self.summon_own() } else { None }
    }

    /// Whether leftover work is to be announced to the own thread.
    fn must_announce(&mut self, by: Option<&Arc<Waiter>>) -> bool {
        let Some(since) = self.leftover_since else { return false };
        let now = now();
        self.left_by = by.map(|by| (now, Arc::clone(by)));
        let must = !self.returns_soon || now.saturating_duration_since(since) >= GRACE;
        if must {
            // A caller may take the engine before the own thread can: not again at once.
            self.leftover_since = Some(now);
        }
        must
    }

    /// A caller is about to park. If the own thread drives, and a caller parked for that reason less than [`GRACE`] ago, it is to
    /// yield; it is for the caller to nudge then.
    fn ask_own_to_yield(&mut self) -> Option<Arc<Waiter>> {
        if !self.driver.as_ref()?.is_own || self.ends {
            return None;
        }
        let own = self.own.as_mut()?;
        let now = now();
        let before = own.parked_a_caller.replace(now)?;
        own.must_yield |= now.saturating_duration_since(before) < GRACE;
        own.must_yield.then(|| Arc::clone(&own.waiter))
    }

    /// Somebody needs a driver, now. The own thread, if it is for the caller to nudge.
    fn summon_own(&mut self) -> Option<Arc<Waiter>> {
        if self.driver.is_some() {
            return None;
        }
        let own = self.own.as_mut()?;
        let is_summoned = std::mem::replace(&mut own.must_drive, true);
        (!is_summoned).then(|| Arc::clone(&own.waiter))
    }
}

impl OwnThread {
    /// Until when to sleep while a caller drives, after so many `new` drives: for good if it is still the same, but for its
    /// deadline, which is to be watched.
    fn watches(&mut self, driver: &DrivingThread, new: u64) -> Option<Instant> {
        let now = now();
        let deadline = driver.deadline.filter(|deadline| {
            let is_over = *deadline <= now;
            if is_over {
                driver.waiter.nudge();
            }
            !is_over
        });
        if new == 0 {
            self.sleeps = true;
            return deadline;
        }
        let nap = if new < MANY { GRACE } else { LONG_NAP };
        [deadline, now.checked_add(nap)].into_iter().flatten().min()
    }
}
