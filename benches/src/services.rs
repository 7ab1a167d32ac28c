//! Real servers on loopback, and the requests of their real clients.

mod http;
mod postgres;
mod process;
mod redis;

use std::sync::Arc;

use self::http::Http;
use self::postgres::Postgres;
pub(crate) use self::process::ending_with_this_process;
use self::redis::Redis;
use crate::crowd::Request;
use crate::peers::Call;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) enum Service {
    Postgres(Postgres),
    Redis(Redis),
    Http(Http),
}

impl Service {
    /// Those that can be started here, and a note for each that cannot.
    pub(crate) fn start_all() -> (Vec<Service>, Vec<String>) {
        let started = [
            Postgres::start().map(Service::Postgres),
            Redis::start().map(Service::Redis),
            Ok(Service::Http(Http::start())),
        ];
        let (mut services, mut notes) = (Vec::new(), Vec::new());
        for service in started {
            match service {
                Ok(service) => services.push(service),
                Err(reason) => {
                    eprintln!("not measured: {reason}");
                    notes.push(format!("**Not measured**: {reason}"));
                }
            }
        }
        (services, notes)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Service::Postgres(_) => "Postgres",
            Service::Redis(_) => "Redis",
            Service::Http(_) => "HTTP",
        }
    }

    /// The blocking client that its authors wrote by hand.
    pub(crate) fn blocking_client(&self) -> &'static str {
        match self {
            Service::Postgres(_) => "postgres::Client",
            Service::Redis(_) => "redis::Connection",
            Service::Http(_) => "reqwest::blocking::Client",
        }
    }

    /// A request of that client for each caller.
    pub(crate) fn blocking_requests(&self, callers: usize) -> Vec<Request> {
        match self {
            Service::Postgres(server) => (0..callers).map(|_| server.blocking()).collect(),
            Service::Redis(server) => (0..callers).map(|_| server.blocking()).collect(),
            Service::Http(server) => server.blocking(callers),
        }
    }

    /// A request of the async client for each caller.
    pub(crate) fn requests<C: Call + 'static>(&self, call: &Arc<C>, callers: usize) -> Vec<Request> {
        match self {
            Service::Postgres(server) => (0..callers).map(|_| server.requests(call)).collect(),
            Service::Redis(server) => (0..callers).map(|_| server.requests(call)).collect(),
            Service::Http(server) => server.requests(call, callers),
        }
    }
}
