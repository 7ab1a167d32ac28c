//! Which runtimes' contexts this thread has entered through this crate, and what it is to tokio besides.

use std::cell::{Cell, RefCell};
use std::mem;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Handle as TokioHandle, Id, worker_index};

thread_local! {
    /// The runtime of a call that this thread has begun outside of any context. Most calls are, and these cost no look at the
    /// list; it needs no destructor.
    static FIRST: Cell<Option<Id>> = const { Cell::new(None) };
    /// The other runtimes whose contexts this thread has entered through this crate, the innermost last. All of them are further in
    /// than `FIRST`.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
    /// How many these are.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// A runtime whose context this thread has entered.
struct Entered {
    id: Id,
    before: Outer,
    by: By,
}

/// What has entered a context.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A call, to poll its future on its caller's thread.
    Call,
    /// [`Handle::enter`](crate::Handle::enter), on a thread that tokio used like this.
    Guard(Use),
}

/// What tokio uses a thread for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Use {
    /// The scheduler that runs on it.
    worker: Option<usize>,
    /// No scheduler runs on it, and it is inside a poll of tokio's.
    is_in_poll: bool,
}

impl Use {
    fn of_this_thread() -> Use {
        let worker = worker_index();
        Use { worker, is_in_poll: worker.is_none() && is_polled_by_tokio() }
    }
}

/// Adds to [`ENTERED`], and gives the place.
#[inline]
fn push_entered(entered: Entered) -> usize {
    let push = |list: &RefCell<Vec<Entered>>| {
        let mut list = list.borrow_mut();
        list.push(entered);
        COUNT.set(list.len());
        list.len() - 1
    };
    ENTERED.try_with(push).unwrap_or(usize::MAX)
}

/// Removes what is at that place of [`ENTERED`], and guards further in that were leaked.
#[inline]
fn pop_entered(place: usize) {
    let pop = |list: &RefCell<Vec<Entered>>| {
        let mut list = list.borrow_mut();
        if list.len() != place.wrapping_add(1) {
            return Err(());
        }
        let last = list.pop();
        COUNT.set(list.len());
        Ok(last)
    };
    // What is in there may hold the last reference to a runtime, which is not dropped while the list is borrowed.
    if let Ok(Err(())) = ENTERED.try_with(pop) {
        cut_entered(place);
    }
}

#[cold]
fn cut_entered(place: usize) {
    let cut = |list: &RefCell<Vec<Entered>>| {
        let mut list = list.borrow_mut();
        let cut = if place < list.len() { list.split_off(place) } else { Vec::new() };
        COUNT.set(list.len());
        cut
    };
    let removed = ENTERED.try_with(cut);
    drop(removed);
}

/// While it lives, a call onto a runtime is polled on this thread: [`FIRST`], or at that place of [`ENTERED`].
pub(crate) struct PollsHere(Option<usize>);

impl PollsHere {
    /// The runtime with that id is about to be entered. Takes `before`, which is what [`outer`] says, if it is not nothing.
    #[inline]
    pub(crate) fn start(id: Id, before: &mut Outer) -> PollsHere {
        if before.is_nothing() && COUNT.get() == 0 && FIRST.get().is_none() {
            FIRST.set(Some(id));
            return PollsHere(None);
        }
        let before = mem::replace(before, Outer::NOTHING);
        PollsHere(Some(push_entered(Entered { id, before, by: By::Call })))
    }
}

impl Drop for PollsHere {
    #[inline]
    fn drop(&mut self) {
        match self.0 {
            Some(place) => pop_entered(place),
            // A guard further in that was leaked is there still.
            None => FIRST.set(None),
        }
    }
}

/// While it lives, this thread is in a runtime's context by a guard, and drives what it drove before.
#[derive(Debug)]
pub(crate) struct InGuard(usize);

impl InGuard {
    /// The runtime with that id is about to be entered. Fails where tokio has no thread-locals any more.
    pub(crate) fn start(id: Id) -> Result<InGuard, Destroyed> {
        let before = outer()?;
        // Without a context, which most threads are, nothing is polled.
        let is_free = TokioHandle::try_current().is_err();
        let used = if is_free { Use { worker: None, is_in_poll: false } } else { Use::of_this_thread() };
        Ok(InGuard(push_entered(Entered { id, before, by: By::Guard(used) })))
    }
}

impl Drop for InGuard {
    fn drop(&mut self) {
        pop_entered(self.0);
    }
}

/// What `f` makes of the runtime that this thread has entered last, through this crate.
fn of_last<R>(f: impl FnOnce(Id, &Outer, By) -> R) -> Option<R> {
    if COUNT.get() == 0 {
        return FIRST.get().map(|id| f(id, &Outer::NOTHING, By::Call));
    }
    let of_last = |list: &RefCell<Vec<Entered>>| list.borrow().last().map(|last| f(last.id, &last.before, last.by));
    ENTERED.try_with(of_last).ok().flatten()
}

/// Whether the context that this thread has entered last, through this crate, is that runtime's.
pub(crate) fn is_entered_last(id: Id) -> bool {
    of_last(|last, _, _| last == id).unwrap_or(false)
}

/// Whether a guard has entered that runtime's context, and nothing else after it.
pub(crate) fn is_in_guard(id: Id) -> bool {
    of_last(|last, _, by| last == id && by != By::Call).unwrap_or(false)
}

/// Whether a call has entered that runtime's context, and nothing else after it.
pub(crate) fn is_called_last(id: Id) -> bool {
    of_last(|last, _, by| last == id && by == By::Call).unwrap_or(false)
}

/// The runtimes that this thread polls calls onto.
pub(super) fn called() -> Vec<Id> {
    let others = ENTERED.try_with(|list| {
        let list = list.borrow();
        list.iter().filter(|entered| entered.by == By::Call).map(|entered| entered.id).collect()
    });
    let others: Vec<Id> = others.unwrap_or_default();
    FIRST.get().into_iter().chain(others).collect()
}

/// Whether any of the calls that this thread polls for itself satisfies `f`.
pub(super) fn any_call(f: impl Fn(Id) -> bool) -> bool {
    let is_one = |entered: &Entered| entered.by == By::Call && f(entered.id);
    FIRST.get().is_some_and(&f) || ENTERED.try_with(|list| list.borrow().iter().any(is_one)).unwrap_or(false)
}

/// Whether any call that this thread polls for itself is one onto that runtime.
pub(super) fn calls(id: Id) -> bool {
    any_call(|called| called == id)
}

/// tokio has no thread-locals on this thread any more, and can poll nothing here.
#[derive(Debug)]
pub(crate) struct Destroyed;

/// What this thread is to tokio, but for what calls and guards of this crate have entered.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    /// The context that it is in.
    pub(crate) context: Option<TokioHandle>,
    /// It is inside a `block_on` without running the scheduler.
    pub(super) is_in_block_on: bool,
}

impl Outer {
    /// Of a thread that tokio has nothing to do with.
    pub(crate) const NOTHING: Outer = Outer { context: None, is_in_block_on: false };

    fn is_nothing(&self) -> bool {
        self.context.is_none() && !self.is_in_block_on
    }

    pub(crate) fn is(&self, id: Id) -> bool {
        self.context.as_ref().is_some_and(|context| context.id() == id)
    }
}

/// What this thread is to tokio now.
#[inline]
pub(crate) fn outer() -> Result<Outer, Destroyed> {
    let mut outer = Outer::NOTHING;
    outer.read().map(|()| outer)
}

impl Outer {
    /// Reads what this thread is to tokio, into [`NOTHING`](Outer::NOTHING), which most threads are: nothing is written
    /// then. On the way of a call, each move of an `Outer` costs a twentieth of the time of the call.
    #[inline]
    pub(crate) fn read(&mut self) -> Result<(), Destroyed> {
        match TokioHandle::try_current() {
            Ok(context) => *self = Outer::inside(context),
            Err(error) if error.is_thread_local_destroyed() => return Err(Destroyed),
            Err(_) => {}
        }
        Ok(())
    }

    /// Of a thread that is inside `context`.
    fn inside(context: TokioHandle) -> Outer {
        let last = of_last(|last, before, by| (last == context.id()).then(|| (before.clone(), by))).flatten();
        if let Some((before, By::Call)) = last {
            return before;
        }
        let used = Use::of_this_thread();
        match last {
            // Unless a `block_on` of the runtime that the guard has entered has been given this thread since.
            Some((before, By::Guard(then))) if then == used => before,
            _ => Outer { context: Some(context), is_in_block_on: used.is_in_poll },
        }
    }
}

/// Whether this thread is in that runtime's context, but for what calls of this crate have entered.
pub(crate) fn is_outer(id: Id) -> bool {
    outer().is_ok_and(|outer| outer.is(id))
}

/// Whether tokio polls, on this thread, the code that asks: in a task or in a `block_on`.
///
/// What tokio polls has a budget, of which each of its resources takes one ([`tokio::task::coop`]); other code takes
/// without end. All that is taken here is given back. Not so for what is wrapped in `unconstrained`.
fn is_polled_by_tokio() -> bool {
    /// More than a budget is, which is 128.
    const MUCH: usize = 130;
    fn ends(left: usize) -> bool {
        if left == 0 {
            return false;
        }
        match tokio::task::coop::poll_proceed(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => true,
            // It gives back what was left when it was taken, after those that were taken later.
            Poll::Ready(_taken) => ends(left - 1),
        }
    }
    ends(MUCH)
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    fn call(runtime: &Runtime) -> PollsHere {
        PollsHere::start(runtime.handle().id(), &mut outer().unwrap())
    }

    #[test]
    fn a_call_inside_a_guard_was_entered_last() {
        let (guarded, called) = (runtime(), runtime());
        let (guarded_id, called_id) = (guarded.handle().id(), called.handle().id());
        let _guard = InGuard::start(guarded_id).unwrap();
        let _context = guarded.enter();
        assert!(is_entered_last(guarded_id) && is_in_guard(guarded_id));
        let polls = call(&called);
        assert!(is_entered_last(called_id) && !is_in_guard(guarded_id));
        drop(polls);
        assert!(is_entered_last(guarded_id) && is_in_guard(guarded_id));
    }

    #[test]
    fn calls_inside_each_other_are_listed_from_the_outermost() {
        let (first, second) = (runtime(), runtime());
        let (first_id, second_id) = (first.handle().id(), second.handle().id());
        let polls = call(&first);
        let _context = first.enter();
        let inside = call(&second);
        assert_eq!(called(), [first_id, second_id]);
        assert!(calls(first_id) && calls(second_id) && is_entered_last(second_id));
        drop(inside);
        assert!(is_entered_last(first_id));
        drop(polls);
        assert_eq!(called(), []);
    }
}
