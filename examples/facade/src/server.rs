//! A server for the examples, on a thread of its own.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Map = Arc<Mutex<BTreeMap<String, String>>>;

/// Starts a server on a free port of this machine. It ends with the process.
///
/// # Errors
///
/// When there is no port, or no thread.
pub fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let map = Map::default();
    thread::Builder::new().name("server".into()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let map = Arc::clone(&map);
            thread::spawn(move || serve(&stream, &map));
        }
    })?;
    Ok(address)
}

fn serve(stream: &TcpStream, map: &Map) -> io::Result<()> {
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match (words.next(), words.next(), words.next()) {
            (Some("set"), Some(key), Some(value)) => {
                map.insert(key.into(), value.into());
                String::from("ok\n")
            }
            (Some("get"), Some(key), None) => map.get(key).map_or("none\n".into(), |value| format!("value {value}\n")),
            (Some("keys"), None, None) => {
                let keys: String = map.keys().map(|key| format!("{key}\n")).collect();
                drop(map);
                (&*stream).write_all(keys.as_bytes())?;
                return Ok(());
            }
            _ => format!("what is {line:?}?\n"),
        };
        (&*stream).write_all(answer.as_bytes())?;
    }
    Ok(())
}
