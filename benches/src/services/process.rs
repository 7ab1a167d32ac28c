//! Processes that end with this one.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, io, process};

use rustix::process::{Pid, Signal, getuid, kill_process, set_parent_process_death_signal};

/// How long a server may take to start, and to stop.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A user and its group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(super) id: u32,
    pub(super) group: u32,
}

impl User {
    /// Whom a server that refuses to run as root can run as, if this process runs as root.
    pub(crate) fn instead_of_root() -> Option<User> {
        if !getuid().is_root() {
            return None;
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"].iter().find_map(|name| user(&users, name))
    }
}

/// Of a file like `/etc/passwd`.
fn user(users: &str, name: &str) -> Option<User> {
    let mut fields = users.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then_some(fields)
    })?;
    let id = fields.nth(1)?.parse().ok()?;
    Some(User { id, group: fields.next()?.parse().ok()? })
}

/// A new directory, which is removed at the end.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn create(owner: Option<User>) -> io::Result<Directory> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("bridge-benches-server-{}-{number}", process::id()));
        fs::create_dir(&path)?;
        let directory = Directory(path);
        if let Some(User { id, group }) = owner {
            chown(&directory.0, Some(id), Some(group))?;
        }
        Ok(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} is left: {error}", self.0.display());
        }
    }
}

/// A server in a directory of its own. It is stopped, and its directory removed, when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    directory: Directory,
}

impl Server {
    pub(crate) fn start(mut command: Command, directory: Directory) -> io::Result<Server> {
        let log = File::create(directory.path().join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = ending_with_this_process(&mut command).spawn()?;
        Ok(Server { child, directory })
    }

    /// Asks again and again until the server answers.
    pub(crate) fn wait_for<T, E>(&mut self, ask: impl Fn() -> Result<T, E>) -> Result<T, String> {
        let start = Instant::now();
        loop {
            if let Ok(answer) = ask() {
                return Ok(answer);
            }
            let ended = !matches!(self.child.try_wait(), Ok(None));
            if ended || start.elapsed() > TIMEOUT {
                let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
                return Err(format!("the server did not start: {}", log.trim()));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What makes both servers stop at once, with clients connected.
        let asked = kill_process(Pid::from_child(&self.child), Signal::INT);
        let start = Instant::now();
        while asked.is_ok() && matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < TIMEOUT {
            thread::sleep(Duration::from_millis(5));
        }
        // One that has ended already is no error.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The kernel interrupts the process when the thread that started it ends, so no crash leaves it running.
pub(crate) fn ending_with_this_process(command: &mut Command) -> &mut Command {
    let ask = || Ok(set_parent_process_death_signal(Some(Signal::INT))?);
    // SAFETY: the closure makes one system call, which is safe between fork and exec.
    unsafe { command.pre_exec(ask) }
}

/// The program's path, from `PATH` and from where Debian puts the servers that are not in it.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let other = versions.map(|version| version.path().join("bin"));
    let mut directories = env::split_paths(&path).chain(other).chain([PathBuf::from("/usr/sbin")]);
    directories.find_map(|directory| Some(directory.join(program)).filter(|path| path.is_file()))
}

/// A port of loopback that nothing listens on.
pub(crate) fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Directory, Server, find, user};

    #[test]
    fn a_user_is_found_by_its_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        let found = user(users, "postgres").unwrap();
        assert_eq!((found.id, found.group), (101, 104));
        assert!(user(users, "post").is_none());
        assert!(user("broken:x\n", "broken").is_none());
    }

    #[test]
    fn programs_are_looked_for_in_the_path() {
        assert!(find("sh").is_some());
        assert!(find("no-such-server").is_none());
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_its_log() {
        let directory = Directory::create(None).unwrap();
        let path = directory.path().to_owned();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such option; exit 1"]);
        let mut server = Server::start(command, directory).unwrap();
        let error = server.wait_for(|| Err::<(), ()>(())).unwrap_err();
        assert!(error.contains("no such option"), "{error}");
        drop(server);
        assert!(!path.exists());
    }
}
