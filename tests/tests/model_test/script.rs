//! Scripts: what several threads do to several loops, as data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bridge::ReturnWhen;

/// What runs futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EventLoop,
    SharedLoop,
    CurrentThread,
    MultiThread,
}

impl Kind {
    /// Whether one thread at a time polls its tasks, which is held up where one of them blocks.
    pub(crate) fn has_one_driver(self) -> bool {
        self != Kind::MultiThread
    }

    /// Whether a scoped call is polled on the calling thread.
    pub(crate) fn polls_on_the_caller(self) -> bool {
        self != Kind::EventLoop
    }

    /// Whether it is an event loop or a shared loop, whose owner has a shutdown.
    pub(crate) fn has_shutdown(self) -> bool {
        matches!(self, Kind::EventLoop | Kind::SharedLoop)
    }
}

/// A future: where it goes, what it does there and how it ends.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) id: u64,
    /// The place in [`Script::loops`].
    pub(crate) on: usize,
    /// It is made on the loop, and is not `Send`.
    pub(crate) local: bool,
    pub(crate) make_panics: bool,
    pub(crate) moves: Vec<Move>,
    pub(crate) end: End,
    pub(crate) on_drop: OnDrop,
    /// The output's destructor panics, if nobody gets to see it.
    pub(crate) output_panics: bool,
    /// Anybody may cancel it: see [`Move::Cancel`].
    pub(crate) shared: bool,
}

/// One thing that a future does.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    /// Keeps its thread.
    Busy(Duration),
    Yield,
    Sleep(Duration),
    Await(Arc<Call>),
    Block(Arc<Call>, Option<Duration>),
    /// `result`, of a task.
    Result(Arc<Call>),
    /// `wait` for all, or for the first that failed.
    Wait(Vec<Arc<Call>>, ReturnWhen),
    /// A `spawn_blocking` thread blocks.
    Blocking(Arc<Call>),
    Detach(Arc<Call>),
    /// One of the tasks that are shared by then.
    Cancel(usize),
    Iter(Items),
    End(usize, How),
}

/// How a future ends if it is let.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Value,
    Panic,
    Never,
}

/// What the destructor of a future's captures does.
#[derive(Clone, Debug)]
pub(crate) enum OnDrop {
    Nothing,
    Panic,
    Submit(Arc<Call>),
    Cancel(usize),
}

/// How a loop is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Shutdown,
    /// With a timeout that does not run out.
    LongTimeout,
    Timeout(Duration),
    Drop,
}

/// A stream and how it is read.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    /// Its moves come before an item each; its end comes after the last.
    pub(crate) call: Arc<Call>,
    pub(crate) take: usize,
    pub(crate) buffered: usize,
    /// `next_timeout`, if this is there.
    pub(crate) timeout: Option<Duration>,
}

/// One thing that a thread does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Pause(Duration),
    /// Short calls, one after the other: the loop falls asleep and is woken, again and again.
    Flurry(Vec<Arc<Call>>),
    Block(Arc<Call>, Option<Duration>),
    Task(Arc<Call>, Option<Canceling>, Then),
    Wait {
        calls: Vec<Arc<Call>>,
        when: ReturnWhen,
        timeout: Option<Duration>,
        ask_again: bool,
    },
    AsCompleted {
        calls: Vec<Arc<Call>>,
        timeout: Option<Duration>,
        take: usize,
    },
    CallSoon {
        call: Arc<Call>,
        panics: bool,
    },
    Cancel(usize),
    Iter(Items),
    End(usize, How),
}

/// Who cancels a task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Canceling {
    Here,
    Elsewhere(Duration),
}

/// What becomes of a task.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    Result,
    /// `result_timeout`, and again, then `result`.
    Ask(Vec<Duration>),
    Await,
    Drop,
    CancelOnDrop,
    /// `cancel_on_drop`, `detach`, `result`.
    Keep,
    OnDone(Vec<Reaction>),
}

/// What a callback does.
#[derive(Clone, Debug)]
pub(crate) enum Reaction {
    Submit(Arc<Call>),
    /// Drops a task that was submitted with the callback.
    DropTask(Arc<Call>),
    Cancel(usize),
    Panic,
}

/// What one run does.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) loops: Vec<Kind>,
    pub(crate) threads: Vec<Vec<Step>>,
    /// How the loops end that are left.
    pub(crate) finale: Vec<How>,
    /// `[a][b]`: a thread of loop `a` may be blocked until loop `b` moves, at first or n-th hand. The end of a loop, where it
    /// waits for calls, has its place after all loops.
    pub(crate) reaches: Vec<Vec<bool>>,
    /// Workers of a multi-thread runtime may be blocked.
    pub(crate) workers_block: bool,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { id, on, moves, end, .. } = self;
        write!(f, "#{id} on {on}")?;
        let marks = [
            (self.local, "local"),
            (self.make_panics, "make panics"),
            (self.output_panics, "output panics"),
            (self.shared, "shared"),
        ];
        for (_, mark) in marks.iter().filter(|(is, _)| *is) {
            write!(f, ", {mark}")?;
        }
        write!(f, " {{")?;
        moves.iter().try_for_each(|step| write!(f, " {step:?};"))?;
        write!(f, " {end:?}")?;
        match &self.on_drop {
            OnDrop::Nothing => {}
            on_drop => write!(f, "; on drop {on_drop:?}")?,
        }
        write!(f, " }}")
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "loops {:?}", self.loops)?;
        for (thread, steps) in self.threads.iter().enumerate() {
            writeln!(f, "thread {thread}:")?;
            steps.iter().try_for_each(|step| writeln!(f, "    {step:?}"))?;
        }
        write!(f, "at last: {:?}", self.finale)
    }
}
