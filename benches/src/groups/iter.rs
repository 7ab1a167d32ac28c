//! Streams as iterators.

use bridge::{EventLoop, SharedLoop};
use futures::{StreamExt, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::effort::Effort;
use crate::measure::{Entry, Role, interleave, runs};
use crate::peers::{Driven, OnLoop, SHARED};
use crate::section::{Section, Table, Unit};

const ITEMS: usize = 1000;
const BUFFER: usize = 64;

pub(crate) fn run(effort: &Effort) -> Section {
    let event_loop = EventLoop::new().expect("a loop can be started");
    let shared = SharedLoop::new().expect("a loop can be started");
    let driven = Driven::start();
    let table = |title: &str, ours: &str, theirs: &str, buffer: usize| {
        let entry = |kind: &str, handle| {
            let name = format!("{ours}, {kind}");
            Entry::new(name, Role::Bridge, move || runs(effort.slice, ITEMS, || check(iterate(handle, buffer))))
        };
        let entries = vec![
            entry(OnLoop::DEFAULT, &event_loop),
            entry(SHARED, &shared),
            Entry::new(theirs, Role::Peer, || runs(effort.slice, ITEMS, || check(receive(driven.handle(), buffer)))),
        ];
        Table::new(title, Unit::Time, interleave(effort.rounds, entries))
    };
    Section {
        name: "iter",
        about: "1,000 items of a stream that is always ready, taken on another thread. Per item. The channel is tokio's \
                `mpsc`, with a task that sends, and `blocking_recv`.",
        tables: vec![
            table("One by one", "Handle::iter", "a channel of 1", 1),
            table("Buffered", "Handle::iter, .buffered(64)", "a channel of 64", BUFFER),
        ],
        ..Section::default()
    }
}

fn iterate(handle: &bridge::Handle, buffer: usize) -> usize {
    let items = handle.iter(stream::iter(0..ITEMS));
    if buffer > 1 { items.buffered(buffer).sum() } else { items.sum() }
}

fn receive(runtime: &Handle, buffer: usize) -> usize {
    let (sender, mut receiver) = mpsc::channel(buffer);
    drop(runtime.spawn(async move {
        let mut items = stream::iter(0..ITEMS);
        while let Some(item) = items.next().await {
            if sender.send(item).await.is_err() {
                return;
            }
        }
    }));
    std::iter::from_fn(|| receiver.blocking_recv()).sum()
}

fn check(sum: usize) {
    assert_eq!(sum, (0..ITEMS).sum(), "an item was lost");
}
