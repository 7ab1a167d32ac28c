//! What goes to `tracing`, where the feature of this name is on: the caller's span, which follows its future, and what
//! the bridge has to say that no caller would hear. Where it is off, these are empty types and functions.
//!
//! A subscriber is user code: it runs under no lock of this crate, and its panics are caught.

pub(crate) mod stall;

#[cfg(feature = "tracing")]
pub(crate) use self::on::*;

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;

#[cfg(feature = "tracing")]
mod on {
    use std::any::Any;
    use std::cell::Cell;
    use std::mem;
    use std::panic::{AssertUnwindSafe, Location, catch_unwind};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use tracing::Dispatch;
    use tracing::dispatcher::{DefaultGuard, get_default, set_default};
    use tracing::subscriber::NoSubscriber;

    #[cfg(feature = "facade")]
    use crate::error::Error;
    use crate::instrument::stall::{self, Kind};
    use crate::unwind::{catch_and_drop, message};

    thread_local! {
        /// This thread is in a call of the subscriber that this crate has made.
        static IN_SUBSCRIBER: Cell<bool> = const { Cell::new(false) };
    }

    /// Sets whether this thread is in such a call, and gives whether it was.
    pub(crate) fn swap_in_subscriber(is_in: bool) -> bool {
        IN_SUBSCRIBER.replace(is_in)
    }

    /// Runs `f`, which calls the subscriber, and contains its panic. A subscriber may itself call a loop: nothing is logged, and
    /// no span entered, from inside such a call, which would lead back to it without an end.
    pub(crate) fn call_subscriber<R>(f: impl FnOnce() -> R) -> Option<R> {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                IN_SUBSCRIBER.set(false);
            }
        }
        if IN_SUBSCRIBER.replace(true) {
            return None;
        }
        let _leave = Leave;
        catch_unwind(AssertUnwindSafe(f)).map_err(|payload| catch_and_drop(|| payload)).ok()
    }

    /// The span and the dispatcher that were current where a future was submitted.
    pub(crate) struct Span {
        span: tracing::Span,
        /// `None`: there was no subscriber. One that is set up later is to hear of the future.
        dispatch: Option<Dispatch>,
    }

    impl Drop for Span {
        fn drop(&mut self) {
            let span = mem::replace(&mut self.span, tracing::Span::none());
            let dispatch = self.dispatch.take();
            let was_in = IN_SUBSCRIBER.replace(true);
            catch_and_drop(|| span);
            catch_and_drop(|| dispatch);
            IN_SUBSCRIBER.set(was_in);
        }
    }

    impl Span {
        pub(crate) fn current() -> Span {
            let current = || {
                let dispatch = get_default(|dispatch| (!dispatch.is::<NoSubscriber>()).then(|| dispatch.clone()));
                Span { span: tracing::Span::current(), dispatch }
            };
            call_subscriber(current).unwrap_or_else(|| Span { span: tracing::Span::none(), dispatch: None })
        }

        /// Current on this thread until dropped.
        pub(crate) fn enter(&self) -> EnteredSpan<'_> {
            let dispatch = self.dispatch.as_ref().map(set_default);
            EnteredSpan { span: call_subscriber(|| self.span.enter()), dispatch }
        }

        /// For what is logged of the future outside of its span.
        pub(crate) fn subscriber(&self) -> Subscriber {
            Subscriber(self.dispatch.clone())
        }

        /// Logs the panic of a task whose result nobody will ask for.
        pub(crate) fn log_unobserved(&self, panic: Option<&(dyn Any + Send)>) {
            let Some(payload) = panic else { return };
            let _dispatch = self.dispatch.as_ref().map(set_default);
            call_subscriber(|| {
                tracing::error!(
                    parent: &self.span,
                    panic = message(payload).unwrap_or("non-string panic payload"),
                    "a future panicked, and nobody was waiting for it"
                );
            });
        }
    }

    /// Who hears of a future. `None`: whoever does so on the thread.
    pub(crate) struct Subscriber(Option<Dispatch>);

    impl Subscriber {
        /// Of what this thread polls for itself.
        pub(crate) fn of_thread() -> Subscriber {
            Subscriber(None)
        }

        /// Current on this thread until dropped.
        pub(crate) fn enter(&self) -> Option<DefaultGuard> {
            self.0.as_ref().map(set_default)
        }
    }

    impl Drop for Subscriber {
        fn drop(&mut self) {
            let dispatch = self.0.take();
            catch_and_drop(|| dispatch);
        }
    }

    pub(crate) struct EnteredSpan<'a> {
        span: Option<tracing::span::Entered<'a>>,
        dispatch: Option<DefaultGuard>,
    }

    impl Drop for EnteredSpan<'_> {
        fn drop(&mut self) {
            let span = self.span.take();
            let was_in = IN_SUBSCRIBER.replace(true);
            catch_and_drop(|| span);
            IN_SUBSCRIBER.set(was_in);
            let dispatch = self.dispatch.take();
            catch_and_drop(|| dispatch);
        }
    }

    /// While it lives, none of the spans that were current on this thread is: what it polls for others has its own.
    pub(crate) struct NoSpans(Vec<tracing::Span>);

    impl NoSpans {
        pub(crate) fn new() -> NoSpans {
            let mut spans = Vec::new();
            call_subscriber(|| {
                loop {
                    let span = tracing::Span::current();
                    let is_known = spans.last().is_some_and(|last: &tracing::Span| last.id() == span.id());
                    // A subscriber that does not say so, or that keeps the span open.
                    if span.is_none() || is_known {
                        return;
                    }
                    span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
                    spans.push(span);
                }
            });
            NoSpans(spans)
        }
    }

    impl Drop for NoSpans {
        fn drop(&mut self) {
            let was_in = IN_SUBSCRIBER.replace(true);
            while let Some(span) = self.0.pop() {
                catch_and_drop(|| {
                    span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
                    span
                });
            }
            IN_SUBSCRIBER.set(was_in);
        }
    }

    /// A loop's thread is about to wait for others.
    pub(crate) fn blocked(waiter: &str, targets: &[Arc<str>], site: &'static Location<'static>) {
        stall::warn_of(Kind::Blocked, site, |left_out| {
            tracing::warn!(
                event_loop = waiter, waits_for = ?targets, call = %site, left_out = left_out(),
                "the thread of an event loop is blocked: none of its tasks moves until this call returns"
            );
        });
    }

    /// The drop of a facade did not await its method to the end.
    #[cfg(feature = "facade")]
    pub(crate) fn not_awaited(error: &Error, site: &'static Location<'static>) {
        stall::warn_of(Kind::NotAwaited, site, |left_out| {
            tracing::warn!(%error, drop = %site, left_out = left_out(), "the drop of a facade did not await its method to the end: the value was dropped as it was");
        });
    }

    /// When a wait first checks whether what it waits for has started, and when it checks again and warns.
    const ASKS: Duration = Duration::from_millis(900);
    const WARNS: Duration = Duration::from_millis(100);

    /// Logs, once a wait, that what it waits for has not started after a second.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct StallWarning {
        site: Option<&'static Location<'static>>,
        due: Option<Instant>,
        asked: bool,
        /// After how long to ask again, where what has started may stop.
        again: Option<Duration>,
        /// How long an answer may take.
        answer: Duration,
    }

    impl StallWarning {
        pub(crate) fn new(site: &'static Location<'static>) -> StallWarning {
            StallWarning { site: Some(site), due: None, asked: false, again: None, answer: WARNS }
        }

        /// Of what may stop once it has started: asks again, each time after twice as long. An answer may take a second.
        pub(crate) fn repeated(site: &'static Location<'static>) -> StallWarning {
            StallWarning { again: Some(ASKS), answer: ASKS + WARNS, ..StallWarning::new(site) }
        }

        /// Never warns: what is waited for is no job.
        pub(crate) fn silent() -> StallWarning {
            StallWarning { site: None, due: None, asked: false, again: None, answer: WARNS }
        }

        /// The wait begins, or goes on.
        pub(crate) fn start(&mut self) {
            if self.due.is_none() && self.site.is_some() {
                self.due = Instant::now().checked_add(ASKS);
            }
        }

        /// When to look next, `deadline` at the latest.
        pub(crate) fn earlier_than(&self, deadline: Option<Instant>) -> Option<Instant> {
            [self.due, deadline].into_iter().flatten().min()
        }

        /// Calls `is_started`, if it is time to: twice, if the first answer is no.
        pub(crate) fn check(&mut self, is_started: impl FnOnce() -> bool) {
            let now = Instant::now;
            let Some(site) = self.site.filter(|_| self.due.is_some_and(|due| due <= now())) else { return };
            self.due = None;
            if is_started() {
                self.asked = false;
                self.again = self.again.map(|again| again.saturating_mul(2));
                self.due = self.again.and_then(|again| now().checked_add(again));
                // Without a date there is nothing to warn of any more.
                self.site = self.site.filter(|_| self.due.is_some());
            } else if !self.asked {
                self.asked = true;
                self.due = now().checked_add(self.answer);
            } else {
                self.site = None;
                stall::warn_of(Kind::NotStarted, site, |left_out| {
                    tracing::warn!(call = %site, left_out = left_out(), "no event loop has started this call, or goes on with it, for a second: its thread is blocked, or no thread drives its runtime");
                });
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::any::Any;
    use std::marker::PhantomData;
    use std::panic::Location;
    use std::sync::Arc;
    use std::time::Instant;

    #[cfg(feature = "facade")]
    use crate::error::Error;
    pub(crate) struct Span;

    impl Span {
        pub(crate) fn current() -> Span {
            Span
        }

        pub(crate) fn enter(&self) -> EnteredSpan<'_> {
            EnteredSpan(PhantomData)
        }

        pub(crate) fn log_unobserved(&self, _: Option<&(dyn Any + Send)>) {}

        pub(crate) fn subscriber(&self) -> Subscriber {
            Subscriber
        }
    }

    pub(crate) struct Subscriber;

    impl Subscriber {
        pub(crate) fn of_thread() -> Subscriber {
            Subscriber
        }
    }

    pub(crate) struct EnteredSpan<'a>(PhantomData<&'a ()>);

    pub(crate) struct NoSpans;

    impl NoSpans {
        pub(crate) fn new() -> NoSpans {
            NoSpans
        }
    }

    pub(crate) fn swap_in_subscriber(_: bool) -> bool {
        false
    }

    pub(crate) fn blocked(_: &str, _: &[Arc<str>], _: &'static Location<'static>) {}

    #[cfg(feature = "facade")]
    pub(crate) fn not_awaited(_: &Error, _: &'static Location<'static>) {}

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct StallWarning;

    impl StallWarning {
        pub(crate) fn new(_: &'static Location<'static>) -> StallWarning {
            StallWarning
        }

        pub(crate) fn repeated(_: &'static Location<'static>) -> StallWarning {
            StallWarning
        }

        pub(crate) fn silent() -> StallWarning {
            StallWarning
        }

        pub(crate) fn start(&mut self) {}

        pub(crate) fn earlier_than(&self, deadline: Option<Instant>) -> Option<Instant> {
            deadline
        }

        pub(crate) fn check(&mut self, _: impl FnOnce() -> bool) {}
    }
}
