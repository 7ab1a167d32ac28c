//! Who drives a shared loop: callers against each other, against the loop's own thread, and against the end.
//!
//! Time stands still, so that the own thread, once it naps, looks again only when it is nudged: what is shown here holds
//! without the look that it takes after `GRACE`.

use std::sync::Arc;
use std::task::{Context, Waker};

use loom::thread;

use super::{Borrowed, Unpark};
use crate::loom::{Mutex, lock, park};
use crate::park::cancel::{Cancellers, Token};
use crate::park::waiter::{Lease, Waiter};
use crate::shared_loop::role::{OwnTurn, Role, Turn};

/// Stands in for a runtime: what must have one driver at a time.
#[derive(Default)]
struct Engine(Borrowed);

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// Drives until `waiter` has an event. `tick` is what a poll of the runtime does.
    fn drive(&mut self, waiter: &Waiter, mut tick: impl FnMut()) {
        let runtime = Unpark::current();
        // loom sees no order in the counts of references, which are std's, and so none before the end of this.
        std::mem::forget(Arc::clone(&runtime));
        let waker = Waker::from(Arc::clone(&runtime));
        while waiter.drives_on(&Context::from_waker(&waker)) {
            self.0.touch();
            tick();
            if waiter.has_events() {
                break;
            }
            while !runtime.take() {
                park();
            }
        }
        waiter.stops_driving();
    }
}

/// Something that other threads bring about, with the waker of the one that waits for it.
#[derive(Clone)]
struct Event(Arc<Mutex<(bool, Option<Waker>)>>);

impl Event {
    fn new() -> Event {
        Event(Arc::new(Mutex::new((false, None))))
    }

    /// Leaves `waker`, and looks.
    fn has_happened(&self, waker: &Waker) -> bool {
        let mut event = lock(&self.0);
        event.1 = Some(waker.clone());
        event.0
    }

    fn happen(&self) {
        let mut event = lock(&self.0);
        event.0 = true;
        let waker = event.1.clone();
        drop(event);
        waker.into_iter().for_each(Waker::wake);
    }
}

type Shared = Arc<Role<Engine>>;

/// A call that is over once `event` has happened, on this thread. False: the loop ended first. `tick`: see `drive`.
fn call(role: &Role<Engine>, event: &Event, tick: &dyn Fn()) -> bool {
    cancellable(role, event, &Cancellers::default(), tick)
}

/// The same; also false if it was cancelled.
fn cancellable(role: &Role<Engine>, event: &Event, cancellers: &Cancellers, tick: &dyn Fn()) -> bool {
    call_that_leaves(role, event, cancellers, tick, &|| false)
}

/// The same of a loop in which work may be left.
fn call_that_leaves(
    role: &Role<Engine>,
    event: &Event,
    cancellers: &Cancellers,
    tick: &dyn Fn(),
    has_work: &dyn Fn() -> bool,
) -> bool {
    let lease = Lease::new();
    let _listed = cancellers.list(lease.waiter());
    let over = loop {
        lease.waiter().take_events();
        if cancellers.is_cancelled() {
            break false;
        }
        if event.has_happened(lease.waker()) {
            break true;
        }
        match role.turn(lease.waiter(), true, None) {
            Turn::Ended => break false,
            Turn::Park => lease.waiter().park(None),
            Turn::Drive(mut engine) => {
                engine.drive(lease.waiter(), tick);
                role.give_back(engine, |_| has_work());
            }
        }
    };
    role.leave(lease.waiter(), false);
    over
}

/// What a loop's own thread does, until the end. Each tick of it is `tick`.
fn own_thread(role: &Role<Engine>, tick: &dyn Fn()) {
    let waiter = Waiter::new();
    role.start(Engine::default(), &waiter);
    loop {
        waiter.take_events();
        match role.own_turn() {
            OwnTurn::Sleep(_) => waiter.park(None),
            OwnTurn::End(engine) => return engine.0.touch(),
            OwnTurn::Drive(mut engine) => {
                loop {
                    engine.drive(&waiter, tick);
                    waiter.take_events();
                    if role.own_must_yield() {
                        break;
                    }
                }
                role.own_yields(engine, |_| false);
            }
        }
    }
}

/// A role whose own thread naps: the engine is free.
fn free() -> Shared {
    free_with(&Waiter::new())
}

/// The same, of that own thread.
fn free_with(own: &Arc<Waiter>) -> Shared {
    let role = Arc::new(Role::new());
    role.start(Engine::default(), own);
    let OwnTurn::Drive(engine) = role.own_turn() else { unreachable!("it is called at the start") };
    role.own_yields(engine, |_| false);
    role
}

/// A wake while the thread goes on to drive, drives or leaves: it leaves, and sees what happened before the wake.
#[test]
fn wake_against_drive() {
    loom::model(|| {
        let (role, event) = (free(), Event::new());
        let waker = thread::spawn({
            let event = event.clone();
            move || event.happen()
        });
        assert!(call(&role, &event, &|| ()));
        waker.join().unwrap();
    });
}

/// A cancel while the thread goes on to drive, drives or leaves: it leaves, though nothing wakes it.
#[test]
fn cancel_against_drive() {
    loom::model(|| {
        let (role, token) = (free(), Arc::new(Token::new()));
        let cancellers = Cancellers::of(&[Arc::clone(&token)]);
        let canceller = thread::spawn(move || token.cancel());
        assert!(!cancellable(&role, &Event::new(), &cancellers, &|| ()));
        canceller.join().unwrap();
    });
}

/// A cancel of the call of a thread that drives: it passes the role on to the one that parks.
#[test]
fn cancel_against_listing() {
    loom::model(|| {
        let (role, event, token) = (free(), Event::new(), Arc::new(Token::new()));
        let other = thread::spawn({
            let (role, event) = (Arc::clone(&role), event.clone());
            // What drives brings the event about.
            move || assert!(call(&role, &event, &|| event.happen()))
        });
        let cancellers = Cancellers::of(&[Arc::clone(&token)]);
        token.cancel();
        cancellable(&role, &Event::new(), &cancellers, &|| ());
        other.join().unwrap();
    });
}

/// A wake while the thread goes on to park, is parked or is passed the role.
#[test]
fn wake_against_park() {
    loom::model(|| {
        let role = free();
        let (first, second) = (Event::new(), Event::new());
        let other = thread::spawn({
            let (role, event) = (Arc::clone(&role), first.clone());
            move || assert!(call(&role, &event, &|| ()))
        });
        second.happen();
        assert!(call(&role, &second, &|| ()));
        first.happen();
        other.join().unwrap();
    });
}

/// The second caller's event comes only while somebody drives: when the first leaves, the second is passed the role.
#[test]
fn leave_against_listing() {
    loom::model(|| {
        let role = free();
        let (first, second) = (Event::new(), Event::new());
        let other = thread::spawn({
            let (role, event) = (Arc::clone(&role), second.clone());
            // What drives brings the event about.
            move || assert!(call(&role, &event, &|| event.happen()))
        });
        assert!(call(&role, &first, &|| first.happen()));
        other.join().unwrap();
    });
}

/// Work comes while the driver leaves: somebody looks at it who drives.
#[test]
fn work_against_leave() {
    loom::model(|| {
        let (role, work, done) = (Arc::new(Role::new()), Event::new(), Event::new());
        let does_it = {
            let (work, done) = (work.clone(), done.clone());
            move || {
                if work.has_happened(Waker::noop()) {
                    done.happen();
                }
            }
        };
        let own = thread::spawn({
            let (role, does_it) = (Arc::clone(&role), does_it.clone());
            move || own_thread(&role, &does_it)
        });
        work.happen();
        role.wake_driver(|| false);
        assert!(call(&role, &done, &does_it));
        role.end();
        own.join().unwrap();
    });
}

/// Callers that find the own thread driving park. The second one has it leave, and drives. Work that comes when it has left,
/// and nobody calls, calls it back.
#[test]
fn own_leaves_and_is_called_back() {
    loom::model(|| {
        let (role, started, work, done) = (Arc::new(Role::new()), Event::new(), Event::new(), Event::new());
        let own = thread::spawn({
            let (role, started, work, done) = (Arc::clone(&role), started.clone(), work.clone(), done.clone());
            move || {
                own_thread(&role, &|| {
                    started.happen();
                    if work.has_happened(Waker::noop()) {
                        done.happen();
                    }
                });
            }
        });
        let lease = Lease::new();
        while !started.has_happened(lease.waker()) {
            lease.waiter().park(None);
            lease.waiter().take_events();
        }
        assert!(matches!(role.turn(lease.waiter(), true, None), Turn::Park), "the own thread drives");
        role.leave(lease.waiter(), false);
        // Only this caller, when it drives, brings it about.
        let event = Event::new();
        assert!(call(&role, &event, &|| event.happen()));
        work.happen();
        role.wake_driver(|| false);
        while !done.has_happened(lease.waker()) {
            lease.waiter().park(None);
            lease.waiter().take_events();
        }
        role.end();
        own.join().unwrap();
    });
}

/// A caller's poll makes work. While nobody drives it defers the wake, and the work is done by whoever drives next: the caller
/// itself if it `waits` for it, another caller that comes at that moment, or the own thread, which it summons as it leaves.
fn work_of_a_poll(waits: bool) {
    loom::model(move || {
        let (role, work) = (free(), Work::new());
        let other = thread::spawn({
            let (role, work) = (Arc::clone(&role), work.clone());
            move || {
                let lease = Lease::new();
                if let Turn::Drive(engine) = role.turn(lease.waiter(), true, None) {
                    work.look();
                    role.give_back(engine, |_| work.is_left());
                }
                role.leave(lease.waiter(), false);
            }
        });
        work.there.happen();
        let mut has_work = false;
        role.wake_driver(|| {
            has_work = true;
            true
        });
        if waits {
            assert!(call(&role, &work.done, &|| work.look()));
        } else if has_work {
            role.announce();
        }
        other.join().unwrap();
        work.is_done_or_due(&role);
    });
}

#[test]
fn work_of_a_poll_against_a_turn() {
    work_of_a_poll(true);
}

#[test]
fn work_of_a_poll_against_the_end_of_its_call() {
    work_of_a_poll(false);
}

/// What a piece of work needs: that it is there, and that a driver has looked at it since.
#[derive(Clone)]
struct Work {
    there: Event,
    done: Event,
}

impl Work {
    fn new() -> Work {
        Work { there: Event::new(), done: Event::new() }
    }

    /// As a driver.
    fn look(&self) {
        if self.there.has_happened(Waker::noop()) {
            self.done.happen();
        }
    }

    fn is_left(&self) -> bool {
        self.there.has_happened(Waker::noop()) && !self.done.has_happened(Waker::noop())
    }

    /// It is done, or the own thread of `free`, which is this one, has been summoned: time stands still.
    fn is_done_or_due(&self, role: &Role<Engine>) {
        if self.is_left() {
            let OwnTurn::Drive(engine) = role.own_turn() else { panic!("there is work, and nobody drives") };
            engine.0.touch();
        }
    }
}

/// Work comes from elsewhere, right after the event that has the driver leave.
#[test]
fn work_against_a_driver_that_leaves() {
    loom::model(|| {
        let (role, event, work) = (free(), Event::new(), Work::new());
        let other = thread::spawn({
            let (role, event, work) = (Arc::clone(&role), event.clone(), work.clone());
            move || call_that_leaves(&role, &event, &Cancellers::default(), &|| work.look(), &|| work.is_left())
        });
        event.happen();
        work.there.happen();
        role.wake_driver(|| false);
        assert!(other.join().unwrap());
        work.is_done_or_due(&role);
    });
}

/// A caller leaves work behind for the one that is listed, whose call is over as well.
#[test]
fn leftover_work_for_a_caller_that_leaves() {
    loom::model(|| {
        let (role, event, work) = (free(), Event::new(), Work::new());
        let other = thread::spawn({
            let (role, event, work) = (Arc::clone(&role), event.clone(), work.clone());
            move || call_that_leaves(&role, &event, &Cancellers::default(), &|| work.look(), &|| work.is_left())
        });
        let lease = Lease::new();
        if let Turn::Drive(engine) = role.turn(lease.waiter(), true, None) {
            role.give_back(engine, |_| false);
        }
        let mut has_work = false;
        work.there.happen();
        role.wake_driver(|| {
            has_work = true;
            true
        });
        event.happen();
        role.leave(lease.waiter(), has_work);
        assert!(other.join().unwrap());
        work.is_done_or_due(&role);
    });
}

/// A caller leaves work behind and is back at once, again and again, as one that takes items of a stream. It summons
/// the own thread the first time. No time passes here, and so the work does not become due.
#[test]
fn leftover_work_that_a_caller_comes_back_for() {
    loom::model(|| {
        let own = Waiter::new();
        let (role, lease) = (free_with(&own), Lease::new());
        let summons = [(); 3].map(|()| {
            let Turn::Drive(engine) = role.turn(lease.waiter(), true, None) else { panic!("nobody drives") };
            role.give_back(engine, |_| true);
            role.leave(lease.waiter(), false);
            let is_summoned = own.has_events();
            own.take_events();
            is_summoned
        });
        assert_eq!(summons, [true, false, false]);
    });
}

/// The own thread drives at the end, too: it is woken for each piece of work.
#[test]
fn work_against_end() {
    loom::model(|| {
        let (role, first, second, done) = (Arc::new(Role::new()), Event::new(), Event::new(), Event::new());
        let own = thread::spawn({
            let (role, first, second, done) = (Arc::clone(&role), first.clone(), second.clone(), done.clone());
            move || {
                let waiter = Waiter::new();
                role.start(Engine::default(), &waiter);
                role.end();
                let OwnTurn::End(mut engine) = role.own_turn() else { panic!("it is to end") };
                while !second.has_happened(Waker::noop()) {
                    waiter.take_events();
                    engine.drive(&waiter, || {
                        if first.has_happened(Waker::noop()) {
                            done.happen();
                        }
                        if second.has_happened(Waker::noop()) {
                            waiter.nudge();
                        }
                    });
                }
            }
        });
        first.happen();
        role.wake_driver(|| false);
        let lease = Lease::new();
        while !done.has_happened(lease.waker()) {
            lease.waiter().park(None);
            lease.waiter().take_events();
        }
        second.happen();
        role.wake_driver(|| false);
        own.join().unwrap();
    });
}

/// The end comes while callers take the role, drive and park: all calls end, and the own thread gets the engine.
#[test]
fn close_against_calls() {
    loom::model(|| {
        let role = Arc::new(Role::new());
        let own = thread::spawn({
            let role = Arc::clone(&role);
            move || own_thread(&role, &|| ())
        });
        let caller = thread::spawn({
            let role = Arc::clone(&role);
            move || assert!(!call(&role, &Event::new(), &|| ()))
        });
        role.end();
        role.close();
        caller.join().unwrap();
        own.join().unwrap();
    });
}

/// A guest, which cannot drive, waits while the caller that drives leaves: the own thread is called.
#[test]
fn guest_against_leave() {
    loom::model(|| {
        let role = free();
        let event = Event::new();
        let caller = thread::spawn({
            let role = Arc::clone(&role);
            move || {
                // It asks for its turn all the same, as one that was woken late.
                let lease = Lease::new();
                if let Turn::Drive(engine) = role.turn(lease.waiter(), true, None) {
                    role.give_back(engine, |_| false);
                }
                role.leave(lease.waiter(), false);
            }
        });
        let lease = Lease::new();
        assert!(!event.has_happened(lease.waker()));
        assert!(matches!(role.turn(lease.waiter(), false, None), Turn::Park));
        caller.join().unwrap();
        // The own thread of `free` is this one, too: it was called, whoever came first.
        let OwnTurn::Drive(engine) = role.own_turn() else { panic!("a guest waits, and nobody drives") };
        role.give_back(engine, |_| false);
        role.leave(lease.waiter(), false);
    });
}
