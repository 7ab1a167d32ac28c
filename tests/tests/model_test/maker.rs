//! Makes scripts from choices: numbers that are drawn at random, and made fewer and smaller when a script has failed. So of
//! several things to choose from the first one is the simplest, and is taken when no choices are left. Each step has its own
//! choices, so that it stays the same when others go.
//!
//! A script ends whatever the timing, if the bridge does what it says. So some things are never planned, all of them
//! cycles that the bridge says it does not see: a future for which a loop's thread is *blocked* awaits nothing, and
//! one on a multi-thread runtime does not block either; a loop's thread never waits for *any* of several tasks; and
//! it ends other loops with a timeout or at once. A thread that is in a call onto a shared loop, and inside that in another
//! call which it polls as well, waits for nothing that the bridge knows of: a script has such calls, or tasks that end
//! shared loops, whose ends wait for the outer calls, and not both. And a runtime of tokio's whose worker is inside
//! `block_in_place` as it shuts down may never drop its tasks, those that the worker waits for among them: where workers
//! block, such a runtime goes last and when its tasks are done. What would never end by itself is cancelled by the reaper
//! (see `world.rs`), or has a timeout.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};

use crate::script::{Call, Canceling, End, How, Items, Kind, Move, OnDrop, Reaction, Script, Step, Then};
use bridge::ReturnWhen;

/// What a call may contain; see the module's docs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Any,
    /// A loop's thread is blocked for it.
    Blocked,
    Leaf,
}

/// Who may make a move: nobody of these, if it is a plain thread.
#[derive(Clone, Default)]
struct By {
    /// The loops one of whose threads may.
    held: Vec<usize>,
    /// The shared loops onto which the thread is in a call meanwhile, for which their ends wait.
    calls: Vec<usize>,
}

/// The choices that a script is made of.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// Of which loops there are, and how they end.
    loops: Vec<u32>,
    /// A thread's, of each step.
    steps: Vec<Vec<Vec<u32>>>,
}

impl Drawn {
    /// Few threads that do much, or now and then many that do little.
    pub(crate) fn strategy() -> impl Strategy<Value = Drawn> {
        let choices = |most| vec(any::<u32>(), 0..=most);
        let steps = move |most| vec(choices(150), 1..=most);
        let threads = prop_oneof![15 => vec(steps(12), 1..=4), 1 => vec(steps(3), 16..=64)];
        (choices(20), threads).prop_map(|(loops, steps)| Drawn { loops, steps })
    }
}

/// Numbers, of which each answers a question.
struct Choices(std::vec::IntoIter<u32>);

impl Choices {
    /// Less than `limit`, and the smaller the smaller the choice is.
    fn below(&mut self, limit: u64) -> u64 {
        (u64::from(self.0.next().unwrap_or(0)) * limit) >> 32
    }

    /// Less than `len`: a place in a list.
    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("it is less than `len`")
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == n - 1
    }

    /// Less than `limit` microseconds.
    fn micros(&mut self, limit: u64) -> Duration {
        Duration::from_micros(self.below(limit))
    }
}

struct Maker {
    choices: Choices,
    loops: Vec<Kind>,
    calls: u64,
    edges: Vec<Vec<bool>>,
    workers_block: bool,
    /// Tasks end other shared loops, and calls onto shared loops contain no calls that are polled on the thread as well; or
    /// the other way round.
    tasks_end_shared_loops: bool,
}

impl Script {
    pub(crate) fn new(Drawn { loops, steps }: Drawn) -> Script {
        let mut choices = Choices(loops.into_iter());
        let mut loops = vec![if choices.one_in(2) { Kind::EventLoop } else { Kind::SharedLoop }];
        for _ in 0..choices.below(4) {
            loops.push(match choices.below(10) {
                0 | 1 => Kind::CurrentThread,
                2 | 3 => Kind::MultiThread,
                4..=6 => Kind::SharedLoop,
                _ => Kind::EventLoop,
            });
        }
        let edges = vec![vec![false; 2 * loops.len()]; 2 * loops.len()];
        let tasks_end_shared_loops = choices.one_in(2);
        let mut maker = Maker { choices, loops, calls: 0, edges, workers_block: false, tasks_end_shared_loops };
        let finale = maker.loops.clone().iter().map(|_| maker.how()).collect();
        let threads = steps.into_iter().map(|steps| steps.into_iter().map(|step| maker.step(step)).collect()).collect();
        let reaches = closure(maker.edges);
        Script { loops: maker.loops, threads, finale, reaches, workers_block: maker.workers_block }
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
    fn step(&mut self, choices: Vec<u32>) -> Step {
        self.choices = Choices(choices.into_iter());
        match self.choices.below(32) {
            0 => Step::Pause(self.choices.micros(300)),
            1 => {
                let on = self.choices.index(self.loops.len());
                Step::Flurry((0..self.choices.below(60)).map(|_| self.short(on)).collect())
            }
            2..=8 => {
                let timeout = self.timeout();
                Step::Block(self.scoped(Role::Any, None, timeout, &By::default()), timeout)
            }
            9..=19 => {
                let canceling = match self.choices.below(4) {
                    0 => Some(Canceling::Here),
                    1 => Some(Canceling::Elsewhere(self.choices.micros(200))),
                    _ => None,
                };
                Step::Task(self.task(Role::Any), canceling, self.then())
            }
            20..=22 => {
                let when = [ReturnWhen::FirstCompleted, ReturnWhen::FirstError, ReturnWhen::AllCompleted];
                let when = when[self.choices.index(3)];
                Step::Wait { calls: self.tasks(), when, timeout: self.timeout(), ask_again: self.choices.one_in(2) }
            }
            23..=24 => {
                let calls = self.tasks();
                let take = self.choices.index(calls.len() + 2);
                Step::AsCompleted { calls, timeout: self.timeout(), take }
            }
            25..=26 => Step::CallSoon { call: self.task(Role::Leaf), panics: self.choices.one_in(6) },
            27..=28 => Step::Cancel(self.choices.index(64)),
            29..=30 => Step::Iter(self.items(false)),
            _ => Step::End(self.choices.index(self.loops.len()), self.how()),
        }
    }

    fn then(&mut self) -> Then {
        match self.choices.below(12) {
            0..=2 => Then::Result,
            3..=4 => Then::Ask((0..=self.choices.below(2)).map(|_| self.choices.micros(600)).collect()),
            5 => Then::Await,
            6 => Then::Drop,
            7 => Then::CancelOnDrop,
            8 => Then::Keep,
            _ => Then::OnDone((0..self.choices.below(3)).map(|_| self.reaction()).collect()),
        }
    }

    fn reaction(&mut self) -> Reaction {
        match self.choices.below(4) {
            0 => Reaction::Submit(self.task(Role::Leaf)),
            1 => Reaction::DropTask(self.task(Role::Leaf)),
            2 => Reaction::Cancel(self.choices.index(64)),
            _ => Reaction::Panic,
        }
    }

    fn timeout(&mut self) -> Option<Duration> {
        match self.choices.below(8) {
            0..=3 => None,
            4 | 5 => Some(self.choices.micros(3000)),
            6 => Some(self.choices.micros(50)),
            _ => Some(Duration::ZERO),
        }
    }

    fn how(&mut self) -> How {
        match self.choices.below(8) {
            0..=2 => How::Shutdown,
            3 => How::LongTimeout,
            4 | 5 => How::Timeout(self.choices.micros(2000)),
            _ => How::Drop,
        }
    }

    fn tasks(&mut self) -> Vec<Arc<Call>> {
        (0..self.choices.below(5)).map(|_| self.task(Role::Any)).collect()
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
        Arc::new(self.call(role, None, true, None))
    }

    fn scoped(&mut self, role: Role, on: Option<usize>, timeout: Option<Duration>, by: &By) -> Arc<Call> {
        Arc::new(self.call(role, on, timeout.is_some(), Some(by)))
    }

    /// `by`: of a scoped call.
    fn call(&mut self, role: Role, on: Option<usize>, may_be_endless: bool, by: Option<&By>) -> Call {
        let id = self.calls;
        self.calls += 1;
        let on = on.unwrap_or_else(|| self.choices.index(self.loops.len()));
        let kind = self.loops[on];
        let mut polls = By { held: vec![on], calls: Vec::new() };
        if let Some(by) = by.filter(|_| kind.polls_on_the_caller()) {
            polls = by.clone();
            // A thread that drives a loop leaves its call to the other one to go on.
            if by.held.iter().any(|by| self.loops[*by].has_one_driver()) && !by.held.contains(&on) {
                polls.held.push(on);
            }
            if kind == Kind::SharedLoop {
                polls.calls.push(on);
            }
        }
        let local = kind == Kind::EventLoop && self.choices.one_in(3);
        // What is made here may contain calls, so the number of those bounds the script.
        let role =
            if self.calls > 60 || role == Role::Blocked && kind == Kind::MultiThread { Role::Leaf } else { role };
        let moves = (0..self.choices.below(4)).map(|_| self.one_move(role, on, &polls)).collect();
        let end = match self.choices.below(16) {
            12 | 13 => End::Panic,
            14 | 15 if may_be_endless => End::Never,
            _ => End::Value,
        };
        let on_drop = match self.choices.below(24) {
            21 => OnDrop::Cancel(self.choices.index(64)),
            22 if role != Role::Leaf => OnDrop::Submit(self.task(Role::Leaf)),
            23 => OnDrop::Panic,
            _ => OnDrop::Nothing,
        };
        let make_panics = local && self.choices.one_in(12);
        let (output_panics, shared) = (self.choices.one_in(8), self.choices.one_in(3));
        Call { id, on, local, make_panics, moves, end, on_drop, output_panics, shared }
    }

    fn one_move(&mut self, role: Role, on: usize, by: &By) -> Move {
        let nests = role != Role::Leaf;
        match 31 - self.choices.below(32) {
            0..=1 => Move::Busy(self.choices.micros(200)),
            2..=6 => Move::Sleep(self.choices.micros(1500)),
            7 => Move::Cancel(self.choices.index(64)),
            8..=10 if role == Role::Any => Move::Await(self.task(Role::Any)),
            11..=13 if nests => {
                let timeout = self.timeout();
                let call = self.scoped(Role::Blocked, None, timeout, by);
                let is_inside = !by.calls.is_empty() && self.loops[call.on].polls_on_the_caller();
                if is_inside && self.tasks_end_shared_loops {
                    return Move::Yield;
                }
                self.blocks(by, call.on);
                Move::Block(call, timeout)
            }
            14..=15 if nests => {
                let call = self.task(Role::Blocked);
                self.blocks(by, call.on);
                Move::Result(call)
            }
            16 if nests => self.waits(by),
            17 if role == Role::Any && self.loops[on].has_shutdown() => {
                Move::Blocking(self.scoped(Role::Leaf, Some(on), None, &By::default()))
            }
            18..=19 if nests => Move::Detach(self.task(Role::Leaf)),
            20 if nests => {
                let items = self.items(true);
                self.blocks(by, items.call.on);
                Move::Iter(items)
            }
            21 if nests => {
                let (ends, how) = (self.choices.index(self.loops.len()), self.how());
                // Of itself a loop may ask anything.
                let how = match how {
                    How::Shutdown | How::LongTimeout if ends != on => How::Drop,
                    how => how,
                };
                if self.loops[ends] == Kind::SharedLoop && ends != on && !self.tasks_end_shared_loops {
                    return Move::Yield;
                }
                self.blocks(by, ends);
                // And until the calls have left, for which its end waits.
                self.blocks(by, self.loops.len() + ends);
                Move::End(ends, how)
            }
            _ => Move::Yield,
        }
    }

    fn waits(&mut self, by: &By) -> Move {
        // A refused `wait` unwinds through its tasks, whose results must not panic as well.
        let quiet = |call| Arc::new(Call { output_panics: false, ..call });
        let calls: Vec<_> =
            (0..self.choices.below(4)).map(|_| quiet(self.call(Role::Blocked, None, true, None))).collect();
        calls.iter().for_each(|call| self.blocks(by, call.on));
        let first_error = self.choices.one_in(2);
        Move::Wait(calls, if first_error { ReturnWhen::FirstError } else { ReturnWhen::AllCompleted })
    }

    /// A worker of many waits like any thread, and its loop goes on.
    fn blocks(&mut self, by: &By, on: usize) {
        for by in &by.held {
            let has_one_driver = self.loops[*by].has_one_driver();
            self.edges[*by][on] |= has_one_driver;
            self.workers_block |= !has_one_driver;
        }
        for call in &by.calls {
            self.edges[self.loops.len() + call][on] = true;
        }
    }

    /// Read by a thread, or by a future.
    fn items(&mut self, by_a_future: bool) -> Items {
        let mut call = self.call(Role::Leaf, None, true, None);
        call.moves.extend((0..self.choices.below(4)).map(|_| Move::Yield));
        call.on_drop = OnDrop::Nothing;
        (call.local, call.make_panics) = (false, false);
        let take = self.choices.index(call.moves.len() + 2);
        let asks_for_ever = call.end == End::Never && take > call.moves.len();
        let timeout = match self.timeout() {
            None if asks_for_ever => Some(self.choices.micros(1000)),
            // There `next` would panic.
            None if by_a_future => Some(Duration::MAX),
            timeout => timeout,
        };
        Items { call: Arc::new(call), take, buffered: self.choices.index(4), timeout }
    }
}
