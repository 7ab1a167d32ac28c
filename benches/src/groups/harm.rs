//! What the loop's other work suffers: sockets that live on it, and tasks that are spawned from outside with tokio's
//! own functions.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, calls_after, interleave};
use crate::peers::{Call, Driven, EchoServer, OnLoop, Peer, TokioOneshot, round_trip};
use crate::section::{Asked, Bar, Section, Table, Unit};

/// What else the loop is asked meanwhile. The plain runtime is asked the same by spawned tasks.
#[derive(Clone, Copy, Debug)]
enum Calls {
    None,
    /// By another thread, now and then.
    Stream,
    /// By the same thread, right before.
    Burst,
}

/// To call about every 100 µs: the kernel wakes a thread 50 µs late.
const PAUSE: Duration = Duration::from_micros(50);
const BURST: usize = 8;

pub(crate) fn run(effort: &Effort) -> Section {
    let bridge = OnLoop::start();
    let on_loop = bridge.call(async { Handle::current() });
    let driven = Driven::start();
    let sides = [
        Side::new(OnLoop::DEFAULT, Role::Bridge, on_loop, Arc::new(bridge)),
        Side::new(
            "plain runtime",
            Role::Peer,
            driven.handle().clone(),
            Arc::new(TokioOneshot(driven.handle().clone())),
        ),
    ];
    let mut section = Section {
        name: "harm",
        about: "Work that is not ours on an event loop of ours, against the same on a current-thread tokio runtime that a thread \
                drives: without any calls, with one about every 100 µs from another thread, and right after eight hot ones.",
        ..Section::default()
    };
    let variants =
        [(Calls::None, "no calls"), (Calls::Stream, "a call now and then"), (Calls::Burst, "right after hot calls")];
    for (calls, name) in variants {
        let sockets = sides.iter().map(|side| side.entry(effort.slice, calls, || side.asks_the_server()));
        let sockets = interleave(effort.rounds, sockets.collect());
        section.add(format!("socket, {name}"), 1.1, Table::new(format!("Echo over TCP, {name}"), Unit::Time, sockets));
        let spawns = sides.iter().map(|side| side.entry(effort.slice, calls, || side.spawns()));
        let spawns = interleave(effort.rounds, spawns.collect());
        section.add(format!("spawn, {name}"), 1.15, Table::new(format!("Spawned, {name}"), Unit::Time, spawns));
    }
    section
}

impl Section {
    fn add(&mut self, what: String, most: f64, table: Table) {
        let ratio = table.bridge().ratio(table.best_peer());
        let what = format!("other work, {what}, EventLoop / plain runtime");
        self.bars.push(Bar::ratio(what, Asked::AtMost(most), ratio));
        self.tables.push(table);
    }
}

/// A runtime with a server on it.
struct Side {
    name: &'static str,
    role: Role,
    runtime: Handle,
    peer: Arc<dyn Peer>,
    client: TcpStream,
}

impl Side {
    fn new(name: &'static str, role: Role, runtime: Handle, peer: Arc<dyn Peer>) -> Side {
        let client = TcpStream::connect(EchoServer::start_on(&runtime)).expect("the server listens");
        client.set_nodelay(true).expect("sockets can be");
        Side { name, role, runtime, peer, client }
    }

    fn entry<'a>(&'a self, slice: Duration, calls: Calls, ask: impl Fn() + 'a) -> Entry<'a> {
        Entry::new(self.name, self.role, move || match calls {
            Calls::None => Slice::of_calls(calls_after(slice, || (), &ask)),
            Calls::Burst => Slice::of_calls(calls_after(slice, || (0..BURST).for_each(|_| self.calls()), &ask)),
            Calls::Stream => self.while_called(|| calls_after(slice, || (), &ask)),
        })
    }

    fn while_called(&self, measure: impl FnOnce() -> Vec<f64>) -> Slice {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    self.calls();
                    thread::sleep(PAUSE);
                }
            });
            let slice = Slice::of_calls(measure());
            over.store(true, Ordering::Relaxed);
            slice
        })
    }

    fn calls(&self) {
        round_trip(&*self.peer);
    }

    fn asks_the_server(&self) {
        let mut bytes = [7; 16];
        (&self.client).write_all(&bytes).expect("the server reads");
        (&self.client).read_exact(&mut bytes).expect("the server answers");
    }

    fn spawns(&self) {
        let (reply, replied) = oneshot::channel();
        drop(self.runtime.spawn(async move { reply.send(black_box(1)) }));
        replied.blocking_recv().expect("the task sends");
    }
}
