//! Scripts: what several threads do to several loops, as data, made from a seed.
//!
//! A script ends whatever the timing, if the bridge does what it says. So some things are never planned, all of them
//! circles that the bridge says it does not see: a future for which a loop's thread is *blocked* awaits nothing, and
//! one on a multi-thread runtime does not block either; a loop's thread waits for any of several tasks only with
//! a limit; and it ends other loops with a limit or at once. And a runtime of tokio's whose worker is inside
//! `block_in_place` as it shuts down may never drop its tasks, those that the worker waits for among them: where
//! workers block, such a runtime goes last and when its tasks are done. What would never end by itself is cancelled by the
//! [reaper](super::world), or has a limit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bridge::ReturnWhen;
use bridge_tests::load::Random;

/// What runs futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    CurrentThread,
    MultiThread,
}

impl Kind {
    /// Whether it polls all its futures on one thread.
    pub(crate) fn is_one_thread(self) -> bool {
        self != Kind::MultiThread
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
    /// With a limit that does not run out.
    Patient,
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
    pub(crate) limit: Option<Duration>,
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
        limit: Option<Duration>,
        ask_again: bool,
    },
    AsCompleted {
        calls: Vec<Arc<Call>>,
        limit: Option<Duration>,
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
    pub(crate) seed: u64,
    pub(crate) loops: Vec<Kind>,
    pub(crate) threads: Vec<Vec<Step>>,
    /// How the loops end that are left.
    pub(crate) finale: Vec<How>,
    /// `[a][b]`: a thread of loop `a` may be blocked until loop `b` moves, at first or n-th hand.
    pub(crate) reaches: Vec<Vec<bool>>,
    /// Workers of a multi-thread runtime may be blocked.
    pub(crate) workers_block: bool,
}

/// What a call may contain; see the module's docs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Any,
    /// A loop's thread is blocked for it.
    Blocked,
    Leaf,
}

struct Maker {
    random: Random,
    loops: Vec<Kind>,
    calls: u64,
    edges: Vec<Vec<bool>>,
    workers_block: bool,
}

impl Script {
    pub(crate) fn new(seed: u64) -> Script {
        let mut random = Random::new(seed);
        // Neighbouring seeds begin alike.
        for _ in 0..8 {
            random.below(2);
        }
        let mut loops = vec![Kind::Ours];
        for _ in 0..random.below(4) {
            loops.push(match random.below(8) {
                0 => Kind::CurrentThread,
                1 => Kind::MultiThread,
                _ => Kind::Ours,
            });
        }
        let edges = vec![vec![false; loops.len()]; loops.len()];
        let mut maker = Maker { random, loops, calls: 0, edges, workers_block: false };
        let threads = 1 + maker.random.below(4);
        let threads = (0..threads).map(|_| maker.thread()).collect();
        let finale = maker.loops.clone().iter().map(|_| maker.how()).collect();
        let reaches = closure(maker.edges);
        Script { seed, loops: maker.loops, threads, finale, reaches, workers_block: maker.workers_block }
    }
}

/// Warshall's: what is reached over any number of edges.
fn closure(mut edges: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let all = edges.len();
    for by in 0..all {
        let from_by = edges[by].clone();
        for from in &mut edges {
            if from[by] {
                from.iter_mut().zip(&from_by).for_each(|(to, reached)| *to |= reached);
            }
        }
    }
    edges
}

impl Maker {
    fn thread(&mut self) -> Vec<Step> {
        (0..=self.random.below(12)).map(|_| self.step()).collect()
    }

    fn step(&mut self) -> Step {
        match self.random.below(32) {
            0 => Step::Pause(self.random.micros(300)),
            1 => {
                let on = self.random.index(self.loops.len());
                Step::Flurry((0..self.random.below(60)).map(|_| self.short(on)).collect())
            }
            2..=8 => {
                let limit = self.limit();
                Step::Block(self.scoped(Role::Any, None, limit), limit)
            }
            9..=19 => {
                let canceling = match self.random.below(4) {
                    0 => Some(Canceling::Here),
                    1 => Some(Canceling::Elsewhere(self.random.micros(200))),
                    _ => None,
                };
                Step::Task(self.task(Role::Any), canceling, self.then())
            }
            20..=22 => {
                let when = [ReturnWhen::FirstCompleted, ReturnWhen::FirstError, ReturnWhen::AllCompleted];
                let when = when[self.random.index(3)];
                Step::Wait { calls: self.tasks(), when, limit: self.limit(), ask_again: self.random.one_in(2) }
            }
            23..=24 => {
                let calls = self.tasks();
                let take = self.random.index(calls.len() + 2);
                Step::AsCompleted { calls, limit: self.limit(), take }
            }
            25..=26 => Step::CallSoon { call: self.scoped(Role::Leaf, None, None), panics: self.random.one_in(6) },
            27..=28 => Step::Cancel(self.random.index(64)),
            29..=30 => Step::Iter(self.items(None)),
            _ => Step::End(self.random.index(self.loops.len()), self.how()),
        }
    }

    fn then(&mut self) -> Then {
        match self.random.below(12) {
            0..=2 => Then::Result,
            3..=4 => Then::Ask((0..=self.random.below(2)).map(|_| self.random.micros(600)).collect()),
            5 => Then::Await,
            6 => Then::Drop,
            7 => Then::CancelOnDrop,
            8 => Then::Keep,
            _ => Then::OnDone((0..self.random.below(3)).map(|_| self.reaction()).collect()),
        }
    }

    fn reaction(&mut self) -> Reaction {
        match self.random.below(4) {
            0 => Reaction::Submit(self.task(Role::Leaf)),
            1 => Reaction::DropTask(self.task(Role::Leaf)),
            2 => Reaction::Cancel(self.random.index(64)),
            _ => Reaction::Panic,
        }
    }

    fn limit(&mut self) -> Option<Duration> {
        match self.random.below(8) {
            0 => Some(Duration::ZERO),
            1 => Some(self.random.micros(50)),
            2 | 3 => Some(self.random.micros(3000)),
            _ => None,
        }
    }

    fn how(&mut self) -> How {
        match self.random.below(8) {
            0..=2 => How::Shutdown,
            3 => How::Patient,
            4 | 5 => How::Timeout(self.random.micros(2000)),
            _ => How::Drop,
        }
    }

    fn tasks(&mut self) -> Vec<Arc<Call>> {
        (0..self.random.below(5)).map(|_| self.task(Role::Any)).collect()
    }

    fn short(&mut self, on: usize) -> Arc<Call> {
        let id = self.calls;
        self.calls += 1;
        Arc::new(Call {
            id,
            on,
            local: false,
            make_panics: false,
            moves: Vec::new(),
            end: End::Value,
            on_drop: OnDrop::Nothing,
            output_panics: false,
            shared: false,
        })
    }

    /// One that the reaper ends if nothing else does.
    fn task(&mut self, role: Role) -> Arc<Call> {
        Arc::new(self.call(role, None, true))
    }

    fn scoped(&mut self, role: Role, on: Option<usize>, limit: Option<Duration>) -> Arc<Call> {
        Arc::new(self.call(role, on, limit.is_some()))
    }

    fn call(&mut self, role: Role, on: Option<usize>, may_be_endless: bool) -> Call {
        let id = self.calls;
        self.calls += 1;
        let on = on.unwrap_or_else(|| self.random.index(self.loops.len()));
        let kind = self.loops[on];
        let local = kind == Kind::Ours && self.random.one_in(3);
        // What is made here may contain calls, so the number of those bounds the script.
        let role =
            if self.calls > 60 || role == Role::Blocked && kind == Kind::MultiThread { Role::Leaf } else { role };
        let moves = (0..self.random.below(4)).map(|_| self.one_move(role, on)).collect();
        let end = match self.random.below(16) {
            0 | 1 => End::Panic,
            2 | 3 if may_be_endless => End::Never,
            _ => End::Value,
        };
        let on_drop = match self.random.below(24) {
            0 => OnDrop::Panic,
            1 if role != Role::Leaf => OnDrop::Submit(self.task(Role::Leaf)),
            2 => OnDrop::Cancel(self.random.index(64)),
            _ => OnDrop::Nothing,
        };
        let make_panics = local && self.random.one_in(12);
        let (output_panics, shared) = (self.random.one_in(8), self.random.one_in(3));
        Call { id, on, local, make_panics, moves, end, on_drop, output_panics, shared }
    }

    fn one_move(&mut self, role: Role, on: usize) -> Move {
        let nests = role != Role::Leaf;
        match self.random.below(32) {
            0..=1 => Move::Busy(self.random.micros(200)),
            2..=6 => Move::Sleep(self.random.micros(1500)),
            7 => Move::Cancel(self.random.index(64)),
            8..=10 if role == Role::Any => Move::Await(self.task(Role::Any)),
            11..=13 if nests => {
                let limit = self.limit();
                let call = self.scoped(Role::Blocked, None, limit);
                self.blocks(on, call.on);
                Move::Block(call, limit)
            }
            14..=15 if nests => {
                let call = self.task(Role::Blocked);
                self.blocks(on, call.on);
                Move::Result(call)
            }
            16 if nests => {
                // A refused `wait` unwinds through its tasks, whose results must not panic as well.
                let quiet = |call| Arc::new(Call { output_panics: false, ..call });
                let calls: Vec<_> =
                    (0..self.random.below(4)).map(|_| quiet(self.call(Role::Blocked, None, true))).collect();
                calls.iter().for_each(|call| self.blocks(on, call.on));
                let first_error = self.random.one_in(2);
                Move::Wait(calls, if first_error { ReturnWhen::FirstError } else { ReturnWhen::AllCompleted })
            }
            17 if role == Role::Any && self.loops[on] == Kind::Ours => {
                Move::Blocking(self.scoped(Role::Leaf, Some(on), None))
            }
            18..=19 if nests => Move::Detach(self.task(Role::Leaf)),
            20 if nests => {
                let items = self.items(Some(on));
                self.blocks(on, items.call.on);
                Move::Iter(items)
            }
            21 if nests => {
                let (ends, how) = (self.random.index(self.loops.len()), self.how());
                // Of itself a loop may ask anything.
                let how = match how {
                    How::Shutdown | How::Patient if ends != on => How::Drop,
                    how => how,
                };
                self.blocks(on, ends);
                Move::End(ends, how)
            }
            _ => Move::Yield,
        }
    }

    /// A worker of many waits like any thread, and its loop goes on.
    fn blocks(&mut self, by: usize, on: usize) {
        let is_one_thread = self.loops[by].is_one_thread();
        self.edges[by][on] |= is_one_thread;
        self.workers_block |= !is_one_thread;
    }

    /// Read by a thread, or by a future on loop `by`.
    fn items(&mut self, by: Option<usize>) -> Items {
        let mut call = self.call(Role::Leaf, None, true);
        call.moves.extend((0..self.random.below(4)).map(|_| Move::Yield));
        call.on_drop = OnDrop::Nothing;
        (call.local, call.make_panics) = (false, false);
        let take = self.random.index(call.moves.len() + 2);
        let asks_for_ever = call.end == End::Never && take > call.moves.len();
        let limit = match self.limit() {
            None if asks_for_ever => Some(self.random.micros(1000)),
            // There `next` would panic.
            None if by.is_some() => Some(Duration::MAX),
            limit => limit,
        };
        Items { call: Arc::new(call), take, buffered: self.random.index(4), limit }
    }
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
        writeln!(f, "seed {}, loops {:?}", self.seed, self.loops)?;
        for (thread, steps) in self.threads.iter().enumerate() {
            writeln!(f, "thread {thread}:")?;
            steps.iter().try_for_each(|step| writeln!(f, "    {step:?}"))?;
        }
        write!(f, "at last: {:?}", self.finale)
    }
}
