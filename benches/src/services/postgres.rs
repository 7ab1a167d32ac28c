//! A Postgres cluster of our own, and a prepared query.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio_postgres::NoTls;

use super::process::{Directory, Server, User, find, free_port};
use crate::crowd::Request;
use crate::peers::Call;

const MISSING: &str = "Postgres: there is no `initdb` and `postgres` here; `apt-get install postgresql` installs them.";

const QUERY: &str = "SELECT $1::BIGINT";

#[derive(Debug)]
pub(crate) struct Postgres {
    config: String,
    _server: Server,
}

impl Postgres {
    pub(crate) fn start() -> Result<Postgres, String> {
        let (Some(initdb), Some(postgres)) = (find("initdb"), find("postgres")) else { return Err(MISSING.into()) };
        Postgres::start_as(&initdb, &postgres, User::instead_of_root()).map_err(|error| format!("Postgres: {error}"))
    }

    fn start_as(initdb: &Path, postgres: &Path, user: Option<User>) -> Result<Postgres, String> {
        let text = |error: std::io::Error| error.to_string();
        let directory = Directory::create(user).map_err(text)?;
        let data = directory.path().join("data");
        let mut create = command(initdb, &directory, user);
        create.args(["--auth=trust", "--username=bench", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let created = create.arg("-D").arg(&data).stdin(Stdio::null()).output().map_err(text)?;
        if !created.status.success() {
            return Err(String::from_utf8_lossy(&created.stderr).trim().into());
        }

        let address = free_port().map_err(text)?;
        let mut serve = command(postgres, &directory, user);
        serve.arg("-D").arg(&data).arg("-p").arg(address.port().to_string());
        for setting in SETTINGS {
            serve.args(["-c", setting]);
        }
        let config = config(address);
        let mut server = Server::start(serve, directory).map_err(text)?;
        server.wait_for(|| postgres::Client::connect(&config, NoTls))?;
        Ok(Postgres { config, _server: server })
    }

    /// Of a connection of its own.
    pub(super) fn requests<C: Call + 'static>(&self, call: &Arc<C>) -> Request {
        let (call, config) = (Arc::clone(call), self.config.clone());
        let connected = call.call(async move { tokio_postgres::connect(&config, NoTls).await });
        let (client, connection) = connected.expect("the server answers");
        call.spawn(async move { drop(connection.await) });
        let client = Arc::new(client);
        let preparing = Arc::clone(&client);
        let statement = call.call(async move { preparing.prepare(QUERY).await }).expect("the server answers");
        let mut last = 0_i64;
        Box::new(move || {
            last += 1;
            let (client, statement, asked) = (Arc::clone(&client), statement.clone(), last);
            let row = call.call(async move { client.query_one(&statement, &[&asked]).await });
            assert_eq!(row.expect("the server answers").get::<_, i64>(0), asked);
        })
    }

    pub(super) fn blocking(&self) -> Request {
        let mut client = postgres::Client::connect(&self.config, NoTls).expect("the server answers");
        let statement = client.prepare(QUERY).expect("the server answers");
        let mut last = 0_i64;
        Box::new(move || {
            last += 1;
            let row = client.query_one(&statement, &[&last]).expect("the server answers");
            assert_eq!(row.get::<_, i64>(0), last);
        })
    }
}

/// TCP only, room for every connection of a comparison, and nothing else that takes a processor's time.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=off",
    "autovacuum=off",
    "logging_collector=off",
];

fn command(program: &Path, directory: &Directory, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory.path());
    if let Some(user) = user {
        command.uid(user.id).gid(user.group);
    }
    command
}

fn config(address: SocketAddr) -> String {
    format!("host={} port={} user=bench dbname=postgres", address.ip(), address.port())
}
