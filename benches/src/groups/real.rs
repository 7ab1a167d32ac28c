//! Real clients on real servers.

use std::sync::Arc;

use crate::crowd::{Contender, Turn, rates};
use crate::effort::Effort;
use crate::measure::{Role, Series};
use crate::peers::{Contestant, External, OnCaller, OnLoop, SHARED, Shared, on_caller, ours};
use crate::section::{Asked, Bar, Curve, Plot, Section, Shape, Table, Unit};
use crate::services::Service;

const CALLERS: [usize; 2] = [1, 8];

pub(crate) fn run(effort: &Effort) -> Section {
    let mut section = Section {
        name: "real",
        about: "Requests of real clients to real servers on loopback: a prepared query that returns its parameter \
                (tokio-postgres), a `GET` of 16 bytes (redis, a multiplexed connection), and an HTTP `GET` on a connection \
                that is kept (reqwest). Each caller has a Postgres and a Redis connection of its own; all callers have one \
                HTTP client, but where each has a loop of its own. A Postgres connection is a task that a handle of \
                this crate was given by `submit`, else by `tokio::spawn`; the other clients spawn theirs. Calls per second of \
                all callers together. The clients have their defaults.",
        ..Section::default()
    };
    let turn = Turn { settle: effort.settle, slice: effort.settled };
    measure(effort.half_rounds(), turn, &mut section);
    section.plots.push(plot("real", "Requests to real servers", &section.tables));
    section
}

/// Adds tables and bars for each service, on the machine as it is.
pub(super) fn measure(rounds: usize, turn: Turn, section: &mut Section) {
    let (services, notes) = Service::start_all();
    section.notes.extend(notes);
    for service in &services {
        for callers in CALLERS {
            let series = rates(rounds, turn, contenders(service, callers));
            let many = if callers == 1 { "caller" } else { "callers" };
            let table = Table::new(format!("{}, {callers} {many}", service.name()), Unit::Rate, series);
            section.bars.extend(bars(service, callers, &table));
            section.tables.push(table);
        }
    }
}

fn contenders(service: &Service, callers: usize) -> Vec<Contender> {
    let mut all: Vec<Contestant> = ours();
    all.push((Role::Bridge, Arc::new(OnLoop::parking())));
    all.push((Role::Bridge, Arc::new(External::start())));
    all.extend(on_caller());
    let contender = |(role, peer): Contestant| {
        let name = peer.name();
        Contender { name, role, requests: peer.requests(service, callers) }
    };
    let mut all: Vec<Contender> = all.into_iter().map(contender).collect();
    all.push(Contender {
        name: service.blocking_client(),
        role: Role::Peer,
        requests: service.blocking_requests(callers),
    });
    if callers > 1 {
        // Last, since the plots show what the tables have in common.
        let requests = (0..callers).flat_map(|_| service.requests(&Arc::new(Shared::start()), 1)).collect();
        all.push(Contender { name: "SharedLoop for each caller", role: Role::Bridge, requests });
    }
    all
}

fn bars(service: &Service, callers: usize, table: &Table) -> Vec<Bar> {
    let (name, many) = (service.name(), if callers == 1 { "1 caller".into() } else { format!("{callers} callers") });
    let bar = |of: &str, to: &str, least| {
        let ratio = table.named(of).ratio(table.named(to));
        Bar::ratio(format!("{name}, {many}, rate, {of} / {to}"), Asked::AtLeast(least), ratio)
    };
    let shared = match (service, callers) {
        (Service::Redis(_), 1) => bar(SHARED, OnCaller::DRIVEN, 0.9),
        (_, 1) => bar(SHARED, service.blocking_client(), 0.95),
        _ => bar(SHARED, &table.best_of(&[OnLoop::PARKING, OnCaller::WORKERS, OnCaller::DRIVEN]).name, 0.85),
    };
    vec![shared, bar(OnLoop::DEFAULT, OnLoop::PARKING, 0.95)]
}

/// The rates of all tables side by side.
pub(super) fn plot(file: &'static str, title: &'static str, tables: &[Table]) -> Plot {
    let series = tables.first().map_or(&[][..], |table| &table.series);
    let curve = |(index, series): (usize, &Series)| {
        let point = |(group, table): (usize, &Table)| (group as f64, table.series[index].median());
        // Its name is another for each service.
        let name = if series.role == Role::Peer { "hand-written client" } else { &series.name };
        let points = tables.iter().enumerate().map(point).collect();
        Curve { name: name.into(), role: series.role, points }
    };
    let groups = tables.iter().map(|table| table.title.clone()).collect();
    let curves = series.iter().enumerate().map(curve).collect();
    Plot { file, title, x: "", y: "calls in a second", shape: Shape::Bars(groups), curves }
}
