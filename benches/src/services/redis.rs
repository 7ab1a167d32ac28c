//! A Redis server of our own, and a `GET`.

use std::process::Command;
use std::sync::Arc;

use redis::{AsyncCommands, Commands};

use super::process::{Directory, Server, find, free_port};
use crate::crowd::Request;
use crate::peers::Call;

const MISSING: &str = "Redis: there is no `redis-server` here; `apt-get install redis-server` installs it.";

const KEY: &str = "key";
const VALUE: &str = "sixteen bytes, a";

#[derive(Debug)]
pub(crate) struct Redis {
    client: redis::Client,
    _server: Server,
}

impl Redis {
    pub(crate) fn start() -> Result<Redis, String> {
        let Some(program) = find("redis-server") else { return Err(MISSING.into()) };
        Redis::start_at(Command::new(program)).map_err(|error| format!("Redis: {error}"))
    }

    fn start_at(mut command: Command) -> Result<Redis, String> {
        let text = |error: std::io::Error| error.to_string();
        let directory = Directory::create(None).map_err(text)?;
        let address = free_port().map_err(text)?;
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--save", "", "--appendonly", "no", "--dir"]).arg(directory.path());
        let client = redis::Client::open(format!("redis://{address}")).map_err(|error| error.to_string())?;
        let mut server = Server::start(command, directory).map_err(text)?;
        server.wait_for(|| client.get_connection()?.set::<_, _, ()>(KEY, VALUE))?;
        Ok(Redis { client, _server: server })
    }

    /// Of a connection of its own.
    pub(super) fn requests<C: Call + 'static>(&self, call: &Arc<C>) -> Request {
        let (call, client) = (Arc::clone(call), self.client.clone());
        let connected = call.call(async move { client.get_multiplexed_async_connection().await });
        let connection = connected.expect("the server answers");
        Box::new(move || {
            let mut connection = connection.clone();
            let value = call.call(async move { connection.get::<_, String>(KEY).await });
            assert_eq!(value.expect("the server answers"), VALUE);
        })
    }

    pub(super) fn blocking(&self) -> Request {
        let mut connection = self.client.get_connection().expect("the server answers");
        Box::new(move || {
            let value: String = connection.get(KEY).expect("the server answers");
            assert_eq!(value, VALUE);
        })
    }
}
