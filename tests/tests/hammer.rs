//! Calls from many threads, with everything that can go wrong going wrong at random, and the loop shut down
//! again and again underneath, of another kind each time. Every call resolves, as its plan allows; what it captured is
//! dropped exactly once, before it returns, and where it is to be if it was polled; threads and memory are what they were.
//!
//! `BRIDGE_HAMMER_CALLS` (100 000) and `BRIDGE_HAMMER_THREADS` (64) bound it, `BRIDGE_HAMMER_SEED` repeats
//! the plans of a run, though not its timing.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Debug;
use std::future::poll_fn;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, set_hook, take_hook};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock, mpsc};
use std::task::{Context, Poll, ready};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use bridge::{Canceller, Error, Handle, LocalHandle, Task};
use bridge_tests::kinds::{self, AnyLoop};
use bridge_tests::load::{Counting, Random, any_seed, setting, threads};
use tokio::runtime::Id;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is thrown on purpose, where, in which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Boom {
    Make(u64),
    Body(u64),
    Drop(u64),
}

/// What one poll does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Keeps the loop.
    Busy(Duration),
    Yield,
    Sleep(Duration),
    /// Is pending and will never wake.
    Never,
    Panic,
    Finish,
}

/// What a call does.
#[derive(Clone, Copy, Debug)]
struct Plan {
    steps: [Step; 3],
    /// The destructor of what it captured panics.
    drop_panics: bool,
    /// Making the future panics; `_local` calls only.
    make_panics: bool,
}

impl Plan {
    fn new(random: &mut Random, kind: Way, may_be_endless: bool) -> Plan {
        let mut step = || match random.below(64) {
            0..=23 => Step::Finish,
            24..=39 => Step::Yield,
            40..=47 => Step::Sleep(random.micros(2000)),
            48..=50 => Step::Busy(random.micros(200)),
            51..=55 => Step::Panic,
            _ if may_be_endless => Step::Never,
            _ => Step::Yield,
        };
        let steps = [step(), step(), step()];
        Plan { steps, drop_panics: random.one_in(16), make_panics: kind.is_local() && random.one_in(16) }
    }
}

/// What is known of one call.
#[derive(Debug)]
struct Record {
    id: u64,
    /// The thread that polled it first.
    polled: Mutex<Option<ThreadId>>,
    drops: AtomicU32,
    /// What was dropped where it should not have been.
    wrong: Mutex<Option<String>>,
    /// Threads other than the caller's that may have withdrawn it unpolled.
    helpers: Arc<[ThreadId]>,
    caller: ThreadId,
    /// The one thread that may poll it, if it is one.
    polls: Option<ThreadId>,
    runtime: Id,
}

impl Record {
    fn new(id: u64, way: Way, on: &Generation, helpers: &Arc<[ThreadId]>) -> Record {
        let caller = thread::current().id();
        let by_its_caller = way.is_scoped() && on.kind.polls_on_the_caller();
        Record {
            polls: if by_its_caller { Some(caller) } else { on.thread },
            runtime: on.runtime,
            id,
            polled: Mutex::new(None),
            drops: AtomicU32::new(0),
            wrong: Mutex::new(None),
            helpers: Arc::clone(helpers),
            caller,
        }
    }

    /// Whether this thread is in the loop's context, and one that may poll the call.
    fn may_be_here(&self) -> bool {
        let is_inside = tokio::runtime::Handle::try_current().is_ok_and(|context| context.id() == self.runtime);
        is_inside && self.polls.is_none_or(|polls| polls == thread::current().id())
    }

    /// The drop of what the call captured.
    fn drop_one(&self) {
        let here = thread::current().id();
        let polled = *self.polled.lock().unwrap();
        let right = match polled {
            Some(_) => self.may_be_here(),
            None => self.may_be_here() || here == self.caller || self.helpers.contains(&here),
        };
        if !right {
            *self.wrong.lock().unwrap() = Some(format!("polled on {polled:?}, dropped on {here:?}"));
        }
        self.drops.fetch_add(1, Ordering::Relaxed);
    }

    /// What is to hold when the call has returned.
    fn check(&self, plan: &dyn Debug) {
        let drops = self.drops.load(Ordering::Relaxed);
        assert_eq!(drops, 1, "call {}: dropped {drops} times as it returns: {plan:?}", self.id);
        let wrong = self.wrong.lock().unwrap().take();
        assert!(wrong.is_none(), "call {}: {wrong:?}: {plan:?}", self.id);
    }
}

/// What a call captures. It refers to its record as the call does: on the caller's stack, if that can be.
struct Captured<R: Deref<Target = Record>> {
    record: R,
    panics: bool,
}

impl<R: Deref<Target = Record>> Drop for Captured<R> {
    fn drop(&mut self) {
        self.record.drop_one();
        if self.panics && !thread::panicking() {
            panic_any(Boom::Drop(self.record.id));
        }
    }
}

/// Counts itself, so that outputs that are thrown away are seen to be dropped.
#[derive(Debug)]
struct Output(u64);

static OUTPUTS: AtomicI64 = AtomicI64::new(0);

impl Output {
    fn new(id: u64) -> Output {
        OUTPUTS.fetch_add(1, Ordering::Relaxed);
        Output(id)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        OUTPUTS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The future of a call: goes through its plan, step by step. `L` makes it `!Send` where it may be.
struct Script<R: Deref<Target = Record>, L> {
    captured: Captured<R>,
    steps: std::array::IntoIter<Step, 3>,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    _local: L,
}

impl<R: Deref<Target = Record>, L> Script<R, L> {
    fn new(captured: Captured<R>, plan: Plan, local: L) -> Script<R, L> {
        Script { captured, steps: plan.steps.into_iter(), sleep: None, _local: local }
    }
}

impl<R: Deref<Target = Record> + Unpin, L: Unpin> Future for Script<R, L> {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let here = thread::current().id();
        let id = self.captured.record.id;
        self.captured.record.polled.lock().unwrap().get_or_insert(here);
        assert!(self.captured.record.may_be_here(), "call {id} is polled on {here:?}, or outside of its loop");
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            match self.steps.next() {
                Some(Step::Busy(time)) => thread::sleep(time),
                Some(Step::Sleep(time)) => self.sleep = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Yield) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Never) => {
                    self.steps = [Step::Never; 3].into_iter();
                    return Poll::Pending;
                }
                Some(Step::Panic) => panic_any(Boom::Body(id)),
                Some(Step::Finish) | None => return Poll::Ready(Output::new(id)),
            }
        }
    }
}

/// How a future gets to the loop, and how its result comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Call,
    CallLocal,
    Submit,
    SubmitLocal,
    /// Nobody asks for the result.
    Detach,
    /// The guard goes before the result is there.
    CancelOnDrop,
}

impl Way {
    fn new(random: &mut Random, on: &Generation) -> Way {
        match random.below(32) {
            12..=19 if on.local.is_some() => Way::CallLocal,
            0..=19 => Way::Call,
            26..=29 if on.local.is_some() => Way::SubmitLocal,
            20..=29 => Way::Submit,
            30 => Way::Detach,
            _ => Way::CancelOnDrop,
        }
    }

    fn is_local(self) -> bool {
        matches!(self, Way::CallLocal | Way::SubmitLocal)
    }

    fn is_scoped(self) -> bool {
        matches!(self, Way::Call | Way::CallLocal)
    }
}

/// A loop that is going to end, and what the calls onto it may expect.
struct Generation {
    kind: kinds::Kind,
    handle: Handle,
    local: Option<LocalHandle>,
    runtime: Id,
    /// The thread that polls tasks, if it is always the same.
    thread: Option<ThreadId>,
    ends: AtomicBool,
}

/// How many calls ended how, to be shown; a kind that never comes is a hole in the plan.
#[derive(Debug, Default)]
struct Tally {
    values: AtomicUsize,
    cancelled: AtomicUsize,
    timed_out: AtomicUsize,
    closed: AtomicUsize,
    body_panics: AtomicUsize,
    drop_panics: AtomicUsize,
    never_polled: AtomicUsize,
    unasked: AtomicUsize,
}

/// One run.
struct Hammer {
    current: RwLock<Arc<Generation>>,
    /// The loop, for the one who ends it. `None` in between.
    owner: Mutex<Option<AnyLoop>>,
    calls: u64,
    next: AtomicU64,
    resolved: AtomicU64,
    tally: Tally,
    cancels: mpsc::Sender<(Canceller, mpsc::Sender<bool>)>,
    helpers: Arc<[ThreadId]>,
}

fn generation(number: usize) -> (AnyLoop, Arc<Generation>) {
    let kind = kinds::Kind::ALL[number % kinds::Kind::ALL.len()];
    let owner = AnyLoop::start(kind);
    let thread = kinds::Kind::ONE_THREAD.contains(&kind).then(|| owner.threads()[0]);
    let generation = Generation {
        kind,
        handle: owner.handle().clone(),
        local: owner.local().cloned(),
        runtime: owner.block_on(async { tokio::runtime::Handle::current().id() }).unwrap(),
        thread,
        ends: AtomicBool::new(false),
    };
    (owner, Arc::new(generation))
}

/// How a worker's task panics that uses a timer while its runtime shuts down.
const TOKIOS_END: &str = "A Tokio 1.x context was found, but it is being shutdown";

/// How a call ended, whichever way it was asked.
enum End {
    Result(Result<Output, Error>),
    Panic(Box<dyn Any + Send>),
}

/// How many loops a run goes through.
const LOOPS: usize = 16;

impl Hammer {
    /// Waits until `done`. Ends the process if no call is resolved for too long: a thread that hangs cannot
    /// be joined.
    fn watch(&self, seed: u64, done: impl Fn() -> bool) {
        let (mut at, mut since) = (0, Instant::now());
        while !done() {
            let now = self.resolved.load(Ordering::Relaxed);
            if now != at {
                (at, since) = (now, Instant::now());
            }
            if since.elapsed() > Duration::from_secs(60) {
                eprintln!("a call hangs: {at} are resolved, no more for 60 s; BRIDGE_HAMMER_SEED={seed}");
                std::process::abort();
            }
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Ends the loop in one of its ways, after there is a new one.
    fn replace(&self, number: usize, random: &mut Random) {
        let (owner, next) = generation(number);
        let old = self.owner.lock().unwrap().replace(owner).unwrap();
        let before = Arc::clone(&self.current.read().unwrap());
        before.ends.store(true, Ordering::SeqCst);
        let way = random.below(5);
        if way < 2 {
            // New calls go to the new loop while the old one ends.
            *self.current.write().unwrap() = Arc::clone(&next);
        }
        match way {
            _ if !kinds::Kind::OURS.contains(&before.kind) => drop(old),
            0 | 2 => drop(old),
            1 | 3 => drop(old.shutdown(Some(random.micros(3000)))),
            _ => {
                // Nothing that never ends may be in there: all is told to.
                let (give, given) = tokio::sync::oneshot::channel::<AnyLoop>();
                let own_task = before.handle.submit(async move { drop(given.await) });
                assert!(give.send(old).is_ok());
                assert!(matches!(own_task.result(), Ok(()) | Err(Error::Closed)));
            }
        }
        *self.current.write().unwrap() = next;
    }

    /// Calls until all calls are made.
    fn call(&self, mut random: Random) {
        let mut on = Arc::clone(&self.current.read().unwrap());
        let mut later = Vec::new();
        loop {
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            if id >= self.calls {
                break;
            }
            let kind = Way::new(&mut random, &on);
            if kind.is_scoped() {
                self.scoped(id, kind, &on, &mut random);
            } else {
                later.extend(self.submitted(id, kind, &on, &mut random));
            }
            self.resolved.fetch_add(1, Ordering::Relaxed);
            // A handle is kept beyond its loop's end now and then.
            if on.handle.is_closed() && !random.one_in(8) {
                on = Arc::clone(&self.current.read().unwrap());
            }
        }
        // Nobody has waited for these.
        for (record, plan) in later {
            while record.drops.load(Ordering::Relaxed) == 0 {
                thread::sleep(Duration::from_micros(200));
            }
            record.check(&plan);
        }
    }

    /// A scoped call, whose future borrows from here.
    fn scoped(&self, id: u64, kind: Way, on: &Generation, random: &mut Random) {
        let limit = match random.below(8) {
            0 => Some(random.micros(50)),
            1..=3 => Some(random.micros(4000)),
            _ => None,
        };
        let plan = Plan::new(random, kind, limit.is_some());
        let record = Record::new(id, kind, on, &self.helpers);
        let captured = Captured { record: &record, panics: plan.drop_panics };
        let handle = limit.map_or_else(|| on.handle.clone(), |limit| on.handle.with_timeout(limit));
        let local = on.local.as_ref().filter(|_| kind.is_local());
        let local = local.map(|local| limit.map_or_else(|| local.clone(), |limit| local.with_timeout(limit)));
        let called = catch_unwind(AssertUnwindSafe(|| match local {
            None => handle.block_on(Script::new(captured, plan, ())),
            Some(local) => local.block_on_local(|| {
                if plan.make_panics {
                    panic_any(Boom::Make(id));
                }
                Script::new(captured, plan, Rc::new(Cell::new(0)))
            }),
        }));
        let end = called.map_or_else(End::Panic, End::Result);
        let context = (kind, plan, limit);
        record.check(&context);
        self.judge(&record, end, &plan, on, limit.is_some(), false, &context);
    }

    /// A task; gives it back if nobody is going to ask for its result.
    fn submitted(&self, id: u64, kind: Way, on: &Generation, random: &mut Random) -> Option<(Arc<Record>, Plan)> {
        let cancel = random.below(4);
        let endless = matches!(cancel, 1 | 2) || kind == Way::CancelOnDrop;
        let plan = Plan::new(random, kind, endless && kind != Way::Detach);
        let record = Arc::new(Record::new(id, kind, on, &self.helpers));
        let captured = Captured { record: Arc::clone(&record), panics: plan.drop_panics };
        let task = match &on.local {
            Some(local) if kind.is_local() => local.submit_local(move || {
                if plan.make_panics {
                    panic_any(Boom::Make(id));
                }
                Script::new(captured, plan, Rc::new(Cell::new(0)))
            }),
            _ => on.handle.submit(Script::new(captured, plan, ())),
        };
        if random.one_in(2) {
            thread::yield_now();
        }
        match kind {
            Way::Detach => drop(task),
            Way::CancelOnDrop => drop(task.cancel_on_drop()),
            _ => {
                let (end, said) = self.ask(task, cancel, random);
                let context = (kind, plan, cancel);
                record.check(&context);
                if said == Some(true) {
                    let cancelled = matches!(end, End::Result(Err(Error::Cancelled | Error::Panicked(_))));
                    assert!(cancelled, "call {id}: a cancel said true: {context:?}");
                }
                self.judge(&record, end, &plan, on, false, said == Some(true), &context);
                return None;
            }
        }
        self.tally.unasked.fetch_add(1, Ordering::Relaxed);
        Some((record, plan))
    }

    /// Asks for a task's result, with a cancel from here (1) or from another thread (2), or none. Gives what
    /// the cancel said.
    fn ask(&self, mut task: Task<Output>, cancel: u64, random: &mut Random) -> (End, Option<bool>) {
        let (tell, said) = mpsc::channel();
        match cancel {
            1 => tell.send(task.cancel()).unwrap(),
            2 => self.cancels.send((task.canceller(), tell.clone())).unwrap(),
            _ => {}
        }
        drop(tell);
        if random.one_in(3) {
            match task.result_timeout(random.micros(500)) {
                Err(Error::TimedOut(_)) => {}
                result => {
                    // A cancel that is still on its way comes too late, or was in time.
                    return (End::Result(result), said.recv().ok());
                }
            }
        }
        let result = if random.one_in(8) { block_on_here(task) } else { task.result() };
        (End::Result(result), said.recv().ok())
    }

    /// Whether a call may end like this.
    #[expect(clippy::too_many_arguments, reason = "all that is known of a call")]
    fn judge(
        &self,
        record: &Record,
        end: End,
        plan: &Plan,
        on: &Generation,
        limited: bool,
        cancelled: bool,
        context: &dyn Debug,
    ) {
        let (id, tally) = (record.id, &self.tally);
        let polled = record.polled.lock().unwrap().is_some();
        let end = match end {
            End::Result(Err(Error::Panicked(panic))) => End::Panic(panic.into_payload()),
            end => end,
        };
        let (counter, allowed) = match &end {
            End::Result(Ok(output)) => (&tally.values, output.0 == id && polled && !cancelled),
            End::Result(Err(Error::Cancelled)) => (&tally.cancelled, cancelled),
            // The thread that calls has all the time to poll its own future once.
            End::Result(Err(Error::TimedOut(timeout))) => {
                let starts_at_once = record.polls == Some(record.caller) && !timeout.is_zero();
                (&tally.timed_out, limited && (polled || !starts_at_once))
            }
            End::Result(Err(Error::Closed)) => (&tally.closed, on.ends.load(Ordering::SeqCst)),
            End::Result(Err(_)) => panic!("call {id}: no such error was planned: {context:?}"),
            End::Panic(payload) => match payload.downcast_ref::<Boom>() {
                Some(Boom::Body(of)) => (&tally.body_panics, *of == id && polled),
                Some(Boom::Make(of)) => (&tally.body_panics, *of == id && plan.make_panics),
                Some(Boom::Drop(of)) => (&tally.drop_panics, *of == id && plan.drop_panics),
                // A worker goes on with a task while its runtime shuts down. Such a panic comes out of no call.
                None if on.kind == kinds::Kind::MultiThread
                    && !limited
                    && record.polls.is_none()
                    && text(&**payload).is_some_and(|text| text.contains(TOKIOS_END)) =>
                {
                    (&tally.closed, on.ends.load(Ordering::SeqCst) && !cancelled)
                }
                None => panic!("call {id}: a panic that was not planned: {:?}: {context:?}", text(&**payload)),
            },
        };
        // A destructor's panic is the outcome, whatever ended the future, unless the body panicked before.
        let panicked = matches!(end, End::Panic(_));
        assert!(allowed && (panicked || !plan.drop_panics), "call {id}: {}: {context:?}", name(&end));
        counter.fetch_add(1, Ordering::Relaxed);
        if !polled {
            tally.never_polled.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn name(end: &End) -> String {
    match end {
        End::Result(result) => format!("{result:?}"),
        End::Panic(payload) => format!("panicked with {:?}", payload.downcast_ref::<Boom>()),
    }
}

fn text(payload: &(dyn Any + Send)) -> Option<String> {
    payload.downcast_ref::<String>().cloned().or_else(|| Some((*payload.downcast_ref::<&str>()?).into()))
}

/// Awaits a task on this thread, with a waker that is not the bridge's.
fn block_on_here<T>(mut task: Task<T>) -> Result<T, Error> {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut awaited = std::pin::pin!(poll_fn(move |cx| Pin::new(&mut task).poll(cx)));
    loop {
        match awaited.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

/// Hammers. Returns when every thread that it started has ended.
fn hammer(calls: u64, threads: u64, seed: u64) -> Tally {
    let (cancels, to_cancel) = mpsc::channel::<(Canceller, mpsc::Sender<bool>)>();
    let to_cancel = Arc::new(Mutex::new(to_cancel));
    let cancel = move || {
        loop {
            let next = to_cancel.lock().unwrap().recv();
            let Ok((canceller, tell)) = next else { return };
            tell.send(canceller.cancel()).unwrap();
        }
    };
    let cancellers: Vec<_> = (0..3).map(|_| thread::spawn(cancel.clone())).collect();
    drop(cancel);
    let (owner, first) = generation(0);
    let hammer = Hammer {
        current: RwLock::new(first),
        owner: Mutex::new(Some(owner)),
        calls,
        next: AtomicU64::new(0),
        resolved: AtomicU64::new(0),
        tally: Tally::default(),
        cancels,
        helpers: cancellers.iter().map(|canceller| canceller.thread().id()).collect(),
    };
    thread::scope(|scope| {
        let call = |thread: u64| {
            let hammer = &hammer;
            scope.spawn(move || hammer.call(Random::new(seed.wrapping_add(thread))))
        };
        let callers: Vec<_> = (1..=threads).map(call).collect();
        let ended = || callers.iter().all(thread::ScopedJoinHandle::is_finished);
        // Every loop but the last is ended in the middle.
        let mut random = Random::new(seed);
        for loops in 1..LOOPS {
            let resolved = || usize::try_from(hammer.resolved.load(Ordering::Relaxed) / calls.div_ceil(LOOPS as u64));
            hammer.watch(seed, || resolved().is_ok_and(|resolved| resolved >= loops) || ended());
            hammer.replace(loops, &mut random);
        }
        hammer.watch(seed, ended);
    });
    let Hammer { owner, tally, cancels, current, .. } = hammer;
    drop(owner);
    drop(cancels);
    drop(current);
    cancellers.into_iter().for_each(|canceller| canceller.join().unwrap());
    tally
}

#[test]
fn calls_from_many_threads_that_fail_in_every_way_all_resolve_and_leave_nothing_behind() {
    let calls: u64 = setting("BRIDGE_HAMMER_CALLS", 100_000);
    let thread_count = setting("BRIDGE_HAMMER_THREADS", 64);
    let seed = setting("BRIDGE_HAMMER_SEED", any_seed());
    println!("{calls} calls from {thread_count} threads, BRIDGE_HAMMER_SEED={seed}");
    // What is thrown on purpose is not reported.
    let report = take_hook();
    set_hook(Box::new(move |info| {
        let is_planned = info.payload().downcast_ref::<Boom>().is_some();
        if !is_planned && !text(info.payload()).is_some_and(|text| text.contains(TOKIOS_END)) {
            eprintln!("BRIDGE_HAMMER_SEED={seed}");
            report(info);
        }
    }));

    let running = threads();
    // What is there once and for all comes into being here: thread-locals, registries, tokio's statics.
    hammer(u64::min(calls, 10_000), thread_count, seed);
    let before = Counting::live();

    let started = Instant::now();
    let tally = hammer(calls, thread_count, seed);
    println!("{:?}: {tally:?}", started.elapsed());

    assert_eq!(OUTPUTS.load(Ordering::SeqCst), 0, "every output is dropped once");
    // A thread that is joined takes a moment to leave the list.
    let started = Instant::now();
    while threads() > running && started.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(threads(), running, "threads that were not there before");
    let after = Counting::live();
    let (live, live_bytes) = (after.0 - before.0, after.1 - before.1);
    println!("{live} allocations and {live_bytes} bytes more than before");
    // The table of parking_lot, which tokio uses, grows with the number of threads there are at once, and never shrinks.
    assert!(live < 32 && live_bytes < 65536, "{live} allocations and {live_bytes} bytes are left");
    if calls >= 10_000 {
        let Tally { values, cancelled, timed_out, closed, .. } = &tally;
        let Tally { body_panics, drop_panics, never_polled, unasked, .. } = &tally;
        let all = [values, cancelled, timed_out, closed, body_panics, drop_panics, never_polled, unasked];
        assert!(all.iter().all(|count| count.load(Ordering::SeqCst) > 0), "a planned end never came");
    }
}
