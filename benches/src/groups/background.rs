//! What runs on a shared loop while nobody waits for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, interleave};
use crate::peers::{Call, Connection, Contestant, Driven, EchoServer, OnLoop, Peer, SHARED, Shared, TokioOneshot};
use crate::section::{Asked, Bar, Section, Table, Unit};
use crate::statistics::{quantile, sorted};

/// When the callers call.
#[derive(Clone, Copy, Debug)]
enum Calls {
    /// Without a pause, until right before.
    Burst,
    /// All the time, with a pause after each.
    Paused,
}

/// How long a burst is. The loop's own thread has retired by then.
const BURST: Duration = Duration::from_millis(4);

/// How long after a burst the timer is due.
const GAP: Duration = Duration::from_micros(200);

const PAUSE: Duration = Duration::from_micros(300);

/// What counts of a turn.
const SHARE: f64 = 0.95;

/// How late it may be, in nanoseconds.
const LATE: f64 = 2e6;

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let server = EchoServer::start();
    let sides: Vec<Side> = [
        Side::new(Role::Bridge, Shared::start(), &server),
        Side::new(Role::Bridge, OnLoop::start(), &server),
        Side::new(Role::Peer, TokioOneshot(driven.handle().clone()), &server),
    ]
    .into();
    let mut section = Section {
        name: "background",
        about: "A timer and an echo server that live on a loop whose callers ask another server meanwhile: right after 4 ms \
                of calls without a pause, and while calls have pauses of 300 µs. How late the timer is, and how long the \
                answer takes; the time that 95 of 100 are below. tokio's timers are up to a millisecond late by themselves.",
        ..Section::default()
    };
    for (calls, when) in [(Calls::Burst, "right after a burst of calls"), (Calls::Paused, "between calls")] {
        section.in_time(format!("timer, {when}"), effort, &sides, |side, slice| side.timer(calls, slice));
        section.in_time(format!("socket, {when}"), effort, &sides, |side, slice| side.socket(calls, slice));
    }
    section
}

impl Section {
    fn in_time(
        &mut self,
        what: String,
        effort: &Effort,
        sides: &[Side],
        late: impl Fn(&Side, Duration) -> Vec<f64> + Copy,
    ) {
        let mut entries = Vec::new();
        for side in sides {
            let (role, peer) = &side.contestant;
            let late = move || quantile(&sorted(&late(side, effort.settled)), SHARE);
            entries.push(Entry::new(peer.name(), *role, move || Slice::of(late())));
        }
        let table = Table::new(&what, Unit::Time, interleave(effort.half_rounds(), entries));
        let what = format!("{what}, {SHARED}, 95 of 100 are late by");
        self.bars.push(Bar::value(what, Unit::Time, Asked::AtMost(LATE), table.named(SHARED)));
        self.tables.push(table);
    }
}

/// A loop with a server on it, and with connections to that server and to another.
struct Side {
    contestant: Contestant,
    runtime: Handle,
    /// To the other server, from the loop.
    connection: Connection,
    /// To the server on the loop, from outside.
    client: TcpStream,
}

impl Side {
    fn new(role: Role, peer: impl Call + 'static, other: &EchoServer) -> Side {
        let runtime = peer.call(async { Handle::current() });
        let client = TcpStream::connect(EchoServer::start_on(&runtime)).expect("the server listens");
        client.set_nodelay(true).expect("sockets can be");
        Side { connection: peer.connect(other.address), contestant: (role, Arc::new(peer)), runtime, client }
    }

    fn calls(&self) {
        self.contestant.1.echoes(&self.connection);
    }

    /// Calls for that long.
    fn burst(&self, end: Instant) {
        while Instant::now() < end {
            self.calls();
        }
    }

    /// How late a timer's task goes on.
    fn timer(&self, calls: Calls, slice: Duration) -> Vec<f64> {
        match calls {
            Calls::Burst => until(slice, || {
                let burst = Instant::now() + BURST;
                let timer = self.starts_timer(burst + GAP);
                self.burst(burst);
                timer.recv().expect("the timer fires")
            }),
            Calls::Paused => self.while_called(|| {
                until(slice, || self.starts_timer(Instant::now() + BURST).recv().expect("the timer fires"))
            }),
        }
    }

    fn starts_timer(&self, due: Instant) -> mpsc::Receiver<f64> {
        let (late, receiver) = mpsc::channel();
        drop(self.runtime.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            late.send(due.elapsed().as_nanos() as f64).ok();
        }));
        receiver
    }

    /// How long an answer of the loop's server takes.
    fn socket(&self, calls: Calls, slice: Duration) -> Vec<f64> {
        match calls {
            Calls::Burst => until(slice, || {
                self.burst(Instant::now() + BURST);
                self.asks_the_server()
            }),
            Calls::Paused => self.while_called(|| {
                until(slice, || {
                    thread::sleep(PAUSE);
                    self.asks_the_server()
                })
            }),
        }
    }

    fn asks_the_server(&self) -> f64 {
        let (mut bytes, start) = ([7; 16], Instant::now());
        (&self.client).write_all(&bytes).expect("the server reads");
        (&self.client).read_exact(&mut bytes).expect("the server answers");
        start.elapsed().as_nanos() as f64
    }

    /// With another thread that calls now and then.
    fn while_called<T>(&self, measure: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    self.calls();
                    thread::sleep(PAUSE);
                }
            });
            let measured = measure();
            over.store(true, Ordering::Relaxed);
            measured
        })
    }
}

/// Again and again, for as long as `limit`.
fn until(limit: Duration, mut sample: impl FnMut() -> f64) -> Vec<f64> {
    let start = Instant::now();
    let mut samples = vec![sample()];
    while start.elapsed() < limit {
        samples.push(sample());
    }
    samples
}
