//! What goes to `tracing`, where the feature of this name is on: the caller's span, which follows its future, and what
//! the bridge has to say that no caller would hear. Where it is off, these are empty types and functions.
//!
//! A subscriber is code of the user's: it runs under no lock of ours, and its panics are contained.

#[cfg(feature = "tracing")]
pub(crate) use self::on::*;

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;

#[cfg(feature = "tracing")]
mod on {
    use std::any::Any;
    use std::mem;
    use std::panic::{AssertUnwindSafe, Location, catch_unwind};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use crate::slot::{Outcome, contain};

    /// The span that was current where a future was submitted.
    pub(crate) struct Span(tracing::Span);

    impl Drop for Span {
        fn drop(&mut self) {
            let span = mem::replace(&mut self.0, tracing::Span::none());
            contain(|| span);
        }
    }

    impl Span {
        pub(crate) fn current() -> Span {
            Span(tracing::Span::current())
        }

        /// Current on this thread until dropped.
        pub(crate) fn enter(&self) -> Entered<'_> {
            match catch_unwind(AssertUnwindSafe(|| self.0.enter())) {
                Ok(entered) => Entered(Some(entered)),
                Err(payload) => {
                    contain(|| payload);
                    Entered(None)
                }
            }
        }

        /// Nobody will ask for the outcome: if it is a panic, that is told.
        pub(crate) fn unasked<T>(&self, outcome: Option<&Outcome<T>>) {
            let Some(Outcome::Panicked(payload)) = outcome else { return };
            contain(|| {
                tracing::error!(
                    parent: &self.0,
                    panic = text(&**payload),
                    "a future panicked, and nobody was waiting for it"
                );
            });
        }
    }

    pub(crate) struct Entered<'a>(Option<tracing::span::Entered<'a>>);

    impl Drop for Entered<'_> {
        fn drop(&mut self) {
            let entered = self.0.take();
            contain(|| entered);
        }
    }

    fn text(payload: &(dyn Any + Send)) -> &str {
        let text = payload.downcast_ref::<&str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a payload that is no text")
    }

    /// A loop's thread is about to wait for others.
    pub(crate) fn blocked(waiter: &str, targets: &[Arc<str>], site: &Location<'_>) {
        contain(|| {
            tracing::warn!(
                event_loop = waiter, waits_for = ?targets, call = %site,
                "the thread of an event loop is blocked: none of its tasks moves until this call returns"
            );
        });
    }

    /// How long a wait is silent about a job that no loop has picked up.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Looks after a wait: says, once, that what it waits for is not even begun.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Watch {
        site: Option<&'static Location<'static>>,
        due: Option<Instant>,
    }

    impl Watch {
        pub(crate) fn new(site: &'static Location<'static>) -> Watch {
            Watch { site: Some(site), due: None }
        }

        /// Says nothing: what is waited for is no job.
        pub(crate) fn silent() -> Watch {
            Watch { site: None, due: None }
        }

        /// The wait begins, or goes on.
        pub(crate) fn start(&mut self) {
            if self.due.is_none() && self.site.is_some() {
                self.due = Instant::now().checked_add(PATIENCE);
            }
        }

        /// When to look next, `deadline` at the latest.
        pub(crate) fn earlier_than(&self, deadline: Option<Instant>) -> Option<Instant> {
            [self.due, deadline].into_iter().flatten().min()
        }

        pub(crate) fn look(&mut self, is_begun: impl FnOnce() -> bool) {
            if self.due.is_none_or(|due| Instant::now() < due) {
                return;
            }
            self.due = None;
            if let Some(site) = self.site.take().filter(|_| !is_begun()) {
                contain(
                    || tracing::warn!(call = %site, "no event loop has picked up this call for a second: is its thread blocked, or its runtime driven by nobody?"),
                );
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::marker::PhantomData;
    use std::panic::Location;
    use std::sync::Arc;
    use std::time::Instant;

    use crate::slot::Outcome;

    pub(crate) struct Span;

    impl Span {
        pub(crate) fn current() -> Span {
            Span
        }

        pub(crate) fn enter(&self) -> Entered<'_> {
            Entered(PhantomData)
        }

        pub(crate) fn unasked<T>(&self, _: Option<&Outcome<T>>) {}
    }

    pub(crate) struct Entered<'a>(PhantomData<&'a ()>);

    pub(crate) fn blocked(_: &str, _: &[Arc<str>], _: &'static Location<'static>) {}

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Watch;

    impl Watch {
        pub(crate) fn new(_: &'static Location<'static>) -> Watch {
            Watch
        }

        pub(crate) fn silent() -> Watch {
            Watch
        }

        pub(crate) fn start(&mut self) {}

        pub(crate) fn earlier_than(&self, deadline: Option<Instant>) -> Option<Instant> {
            deadline
        }

        pub(crate) fn look(&mut self, _: impl FnOnce() -> bool) {}
    }
}
