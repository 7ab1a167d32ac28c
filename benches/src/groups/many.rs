//! Waiting for many tasks together.

use bridge::{EventLoop, ReturnWhen, SharedLoop};
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use tokio::runtime::Handle;

use crate::effort::Effort;
use crate::measure::{Entry, Role, interleave, runs};
use crate::peers::{Driven, OnLoop, SHARED, yield_once};
use crate::section::{Section, Table, Unit};

pub(crate) fn run(effort: &Effort) -> Section {
    let event_loop = EventLoop::new().expect("a loop can be started");
    let shared = SharedLoop::new().expect("a loop can be started");
    let driven = Driven::start();
    let (limit, count) = (effort.slice, effort.many);
    let table = |title: &str,
                 ours: (&str, fn(&bridge::Handle, u64) -> u64),
                 theirs: (&str, fn(&Handle, u64) -> u64)| {
        let entry = |kind: &str, handle| {
            let name = format!("{}, {kind}", ours.0);
            Entry::new(name, Role::Bridge, move || runs(limit, count, || check(ours.1(handle, count as u64), count)))
        };
        let entries = vec![
            entry(OnLoop::DEFAULT, &event_loop),
            entry(SHARED, &shared),
            Entry::new(theirs.0, Role::Peer, || {
                runs(limit, count, || check(theirs.1(driven.handle(), count as u64), count))
            }),
        ];
        Table::new(title, Unit::Time, interleave(effort.rounds, entries))
    };
    Section {
        name: "many",
        about: "10,000 tasks that are pending once: submitted, waited for together, and asked for their results. Per task.",
        tables: vec![
            table("All at the end", ("bridge::wait", wait), ("join_all", join)),
            table("As they come", ("bridge::as_completed", as_completed), ("FuturesUnordered", unordered)),
        ],
        ..Section::default()
    }
}

/// What each task gives.
async fn work(value: u64) -> u64 {
    yield_once().await;
    value
}

fn check(sum: u64, count: usize) {
    assert_eq!(sum, (0..count as u64).sum(), "a task gave another's value");
}

fn wait(handle: &bridge::Handle, count: u64) -> u64 {
    let waited = bridge::wait((0..count).map(|value| handle.submit(work(value))), ReturnWhen::AllCompleted, None);
    waited.done.into_iter().map(|task| task.result().expect("the loop is open")).sum()
}

fn join(runtime: &Handle, count: u64) -> u64 {
    let values = block_on(join_all((0..count).map(|value| runtime.spawn(work(value)))));
    values.into_iter().map(|value| value.expect("the task does not panic")).sum()
}

fn as_completed(handle: &bridge::Handle, count: u64) -> u64 {
    let tasks = (0..count).map(|value| handle.submit(work(value)));
    bridge::as_completed(tasks).map(|(_, value)| value.expect("the loop is open")).sum()
}

fn unordered(runtime: &Handle, count: u64) -> u64 {
    let mut tasks: FuturesUnordered<_> = (0..count).map(|value| runtime.spawn(work(value))).collect();
    block_on(async {
        let mut sum = 0;
        while let Some(value) = tasks.next().await {
            sum += value.expect("the task does not panic");
        }
        sum
    })
}
