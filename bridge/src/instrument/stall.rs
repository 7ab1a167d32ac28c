//! Warnings of what holds a loop up (feature `tracing`): slow polls, and calls that a loop does not let go of. Where the
//! feature is off, these are empty types and functions.
//!
//! Every warning names a line of the user's, and of each line and kind one is logged every `EVERY`: what goes
//! wrong in a loop goes wrong a thousand times. The next one says how many were left out.

#[cfg(feature = "tracing")]
pub(crate) use self::on::*;

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;

use std::time::Duration;

/// From when on a poll is slow, unless [`Builder::slow_poll`](crate::Builder) says otherwise.
pub(crate) const SLOW_POLL: Duration = Duration::from_millis(100);

#[cfg(feature = "tracing")]
mod on {
    use std::cell::Cell;
    use std::collections::HashMap;
    use std::panic::Location;
    use std::sync::{Arc, PoisonError};
    use std::time::{Duration, Instant};

    use crate::fork::PerProcess;
    use crate::instrument::{Subscriber, call_subscriber};
    use crate::loom::outside::{Mutex, MutexGuard};
    use crate::unwind::catch_and_drop;

    /// How often one line is warned of.
    pub(super) const EVERY: Duration = Duration::from_secs(10);

    /// How long a loop may take to let go of the future of a call that has timed out.
    const LATE: Duration = Duration::from_secs(1);

    /// What is warned of.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub(crate) enum Kind {
        /// A loop's thread waits.
        Blocked,
        /// The drop of a facade.
        #[cfg(feature = "facade")]
        NotAwaited,
        /// No loop has started a call.
        NotStarted,
        SlowPoll,
        /// A loop does not let go of a call that has timed out.
        Late,
    }

    thread_local! {
        /// How often this thread has parked in a call so far.
        static PARKS: Cell<u64> = const { Cell::new(0) };
    }

    /// This thread is about to park in a call.
    pub(crate) fn note_park() {
        PARKS.set(PARKS.get() + 1);
    }

    /// When a line may be warned of again, and how often it was not.
    struct Seen {
        next: Instant,
        left_out: u64,
    }

    type Lines = HashMap<(Kind, Location<'static>), Seen>;

    static SEEN: PerProcess<Mutex<Lines>> = PerProcess::new();

    /// Has `log` log a warning of that kind and line, if there was none for a while. The event has a field that `log` is given:
    /// how many were left out before it. Where nobody hears of the event, its fields are not asked for, and it does not count.
    ///
    /// The subscriber is not asked beforehand whether it wants the event: a filter takes that for the beginning of one.
    pub(crate) fn warn_of(kind: Kind, site: &'static Location<'static>, log: impl FnOnce(&dyn Fn() -> u64)) {
        let now = Instant::now();
        let Some(left_out) = may_warn_at(kind, site, now) else { return };
        let is_heard = Cell::new(false);
        call_subscriber(|| {
            log(&|| {
                is_heard.set(true);
                left_out
            });
        });
        if !is_heard.get() {
            take_back(kind, site, now, left_out);
        }
    }

    fn lines() -> Option<MutexGuard<'static, Lines>> {
        let lines = SEEN.get_or_try_init(|| Ok(Mutex::default())).ok()?;
        Some(lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn may_warn_at(kind: Kind, site: &'static Location<'static>, now: Instant) -> Option<u64> {
        let mut lines = lines()?;
        let line = lines.entry((kind, *site)).or_insert(Seen { next: now, left_out: 0 });
        if now < line.next {
            line.left_out += 1;
            return None;
        }
        line.next = now + EVERY;
        Some(std::mem::take(&mut line.left_out))
    }

    /// Of the warning that `may_warn_at` allowed then.
    fn take_back(kind: Kind, site: &'static Location<'static>, then: Instant, left_out: u64) {
        if let Some(line) = lines().as_mut().and_then(|lines| lines.get_mut(&(kind, *site))) {
            line.next = then;
            line.left_out += left_out;
        }
    }

    /// The line that a future comes from.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Site(&'static Location<'static>);

    impl Site {
        pub(crate) fn new(site: &'static Location<'static>) -> Site {
            Site(site)
        }
    }

    /// Of a loop: from when on a poll is slow.
    #[derive(Debug)]
    pub(crate) struct Threshold {
        slow: Duration,
        on: Arc<str>,
    }

    impl Threshold {
        pub(crate) fn new(slow: Duration, on: &Arc<str>) -> Threshold {
            Threshold { slow, on: Arc::clone(on) }
        }

        #[cfg(bridge_loom)]
        pub(crate) fn none() -> Threshold {
            Threshold { slow: Duration::MAX, on: Arc::from("model") }
        }
    }

    /// A poll that is measured.
    pub(crate) struct MeasuredPoll<'a> {
        threshold: Option<&'a Threshold>,
        /// By the thread that made the call, and not by one that drives a loop: [`PARKS`] before it.
        by_caller: Option<u64>,
        started: Option<Instant>,
        slow: Option<(Site, Subscriber, Duration)>,
    }

    impl<'a> MeasuredPoll<'a> {
        /// Of a loop of this crate, or of none.
        pub(crate) fn new(threshold: Option<&'a Threshold>) -> MeasuredPoll<'a> {
            MeasuredPoll { threshold, by_caller: None, started: None, slow: None }
        }

        /// On a thread that polls a call for itself, and that may wait for another call in there.
        pub(crate) fn by_caller(threshold: Option<&'a Threshold>) -> MeasuredPoll<'a> {
            MeasuredPoll { by_caller: Some(PARKS.get()), ..MeasuredPoll::new(threshold) }
        }

        pub(crate) fn start(&mut self) {
            self.started = self.threshold.map(|_| Instant::now());
        }

        /// `origin` is asked while the future is there.
        pub(crate) fn end(&mut self, origin: impl FnOnce() -> (Site, Subscriber)) {
            let Some((threshold, started)) = self.threshold.zip(self.started) else { return };
            let took = started.elapsed();
            if took > threshold.slow && self.by_caller.is_none_or(|parks| parks == PARKS.get()) {
                let (site, subscriber) = origin();
                self.slow = Some((site, subscriber, took));
            }
        }

        /// When nothing is half-way any more.
        pub(crate) fn warn(self) {
            let Some((threshold, (Site(site), subscriber, took))) = self.threshold.zip(self.slow) else { return };
            let entered = subscriber.enter();
            let what = match self.by_caller {
                Some(_) => {
                    "kept the calling thread from seeing a timeout or a cancel: move what blocks or computes to \
                     `spawn_blocking`, or out of the future"
                }
                None => "blocked its event loop: move what blocks or computes to `spawn_blocking`",
            };
            warn_of(Kind::SlowPoll, site, |left_out| {
                tracing::warn!(
                    event_loop = &*threshold.on, call = %site, ?took, left_out = left_out(),
                    "a poll of a future was slow, and {what}"
                );
            });
            catch_and_drop(|| entered);
        }
    }

    /// When a call that has timed out, or was cancelled, is late.
    pub(crate) fn late_at() -> Option<Instant> {
        Instant::now().checked_add(LATE)
    }

    /// Logs that a call is late.
    pub(crate) fn late(site: &'static Location<'static>, on: Option<&str>) {
        warn_of(Kind::Late, site, |left_out| {
            tracing::warn!(
                event_loop = on, call = %site, left_out = left_out(),
                "a call has timed out or was cancelled, and a second later its event loop still has the future: it blocks in a \
                 poll, or its loop does, maybe on a lock that the caller holds"
            );
        });
    }

    /// Logs that a call is late, whose future a poll on the calling thread has kept until now.
    pub(crate) fn late_after_poll(site: &'static Location<'static>, on: &str, deadline: Instant) {
        let late = deadline.elapsed();
        if late < LATE {
            return;
        }
        warn_of(Kind::Late, site, |left_out| {
            tracing::warn!(
                event_loop = on, call = %site, ?late, left_out = left_out(),
                "a call has timed out late: its future is polled by the calling thread, and a poll of it blocked"
            );
        });
    }

    #[cfg(all(test, not(bridge_loom)))]
    mod tests {
        use super::*;

        #[test]
        fn of_one_line_one_warning_is_logged_in_a_while_and_the_next_says_how_many_were_left_out() {
            let (now, site) = (Instant::now(), Location::caller());
            assert_eq!(may_warn_at(Kind::Blocked, site, now), Some(0));
            assert!((0..1000).all(|_| may_warn_at(Kind::Blocked, site, now + EVERY / 2).is_none()));
            assert_eq!(may_warn_at(Kind::Blocked, site, now + EVERY), Some(1000));
            assert_eq!(may_warn_at(Kind::Blocked, site, now + 2 * EVERY), Some(0));
        }

        #[test]
        fn other_lines_and_kinds_are_warned_of() {
            let (now, site, other) = (Instant::now(), Location::caller(), Location::caller());
            assert_eq!(may_warn_at(Kind::Late, site, now), Some(0));
            assert_eq!(may_warn_at(Kind::Late, other, now), Some(0));
            assert_eq!(may_warn_at(Kind::SlowPoll, site, now), Some(0));
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::marker::PhantomData;
    use std::panic::Location;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use crate::instrument::Subscriber;

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Site;

    impl Site {
        pub(crate) fn new(_: &'static Location<'static>) -> Site {
            Site
        }
    }

    #[derive(Debug)]
    pub(crate) struct Threshold;

    impl Threshold {
        pub(crate) fn new(_: Duration, _: &Arc<str>) -> Threshold {
            Threshold
        }

        #[cfg(bridge_loom)]
        pub(crate) fn none() -> Threshold {
            Threshold
        }
    }

    pub(crate) struct MeasuredPoll<'a>(PhantomData<&'a Threshold>);

    impl<'a> MeasuredPoll<'a> {
        pub(crate) fn new(_: Option<&'a Threshold>) -> MeasuredPoll<'a> {
            MeasuredPoll(PhantomData)
        }

        pub(crate) fn by_caller(_: Option<&'a Threshold>) -> MeasuredPoll<'a> {
            MeasuredPoll(PhantomData)
        }

        pub(crate) fn start(&mut self) {}

        pub(crate) fn end(&mut self, _: impl FnOnce() -> (Site, Subscriber)) {}

        pub(crate) fn warn(self) {}
    }

    pub(crate) fn note_park() {}

    pub(crate) fn late_at() -> Option<Instant> {
        None
    }

    pub(crate) fn late(_: &'static Location<'static>, _: Option<&str>) {}

    pub(crate) fn late_after_poll(_: &'static Location<'static>, _: &str, _: Instant) {}
}
