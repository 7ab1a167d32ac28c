//! Calls, constructors and drops give an answer wherever they are made; and the end of a connection is seen without a call,
//! which is in the place of the crate's own test `is_closed`, that demands that it is not.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use bridge::Facade as _;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::{Client, GenericClient, NoTls};

fn connect() -> Client {
    Client::connect("host=localhost port=5433 user=postgres", NoTls).unwrap()
}

fn count(client: &mut impl GenericClient) -> i64 {
    client.query_one("SELECT count(*) FROM numbers", &[]).unwrap().get(0)
}

fn everything() {
    let mut client = connect();
    client.batch_execute("CREATE TEMPORARY TABLE numbers (number INT)").unwrap();
    let mut transaction = client.transaction().unwrap();
    transaction.execute("INSERT INTO numbers VALUES (1)", &[]).unwrap();
    assert_eq!(count(&mut transaction), 1);
    drop(transaction);
    assert_eq!(count(&mut client), 0);
    let mut writer = client.copy_in("COPY numbers FROM STDIN").unwrap();
    writer.write_all(b"2\n3\n").unwrap();
    assert_eq!(writer.finish().unwrap(), 2);
    let mut text = String::new();
    client.copy_out("COPY numbers TO STDOUT").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "2\n3\n");
    let mut rows = client.query_raw("SELECT number FROM numbers", Vec::<i32>::new()).unwrap();
    assert_eq!(rows.next().unwrap().unwrap().get::<_, i32>(0), 2);
    drop(rows);
    drop(client.copy_in("COPY numbers FROM STDIN").unwrap());
    client.is_valid(Duration::from_secs(10)).unwrap();
    connect().close().unwrap();
    drop(client);
}

#[test]
fn in_a_current_thread_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { everything() });
    let _guard = runtime.enter();
    everything();
}

#[test]
fn in_a_runtime_without_drivers() {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { everything() });
}

#[test]
fn in_workers_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let tasks = [runtime.spawn(async { everything() }), runtime.spawn_blocking(everything)];
    tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
}

#[test]
fn on_an_event_loop() {
    bridge::EventLoop::new().unwrap().block_on(async { everything() }).unwrap();
}

/// A call on the loop that it would wait for is an error, and a drop there waits for nothing.
#[test]
fn on_its_own_loop() {
    let event_loop = bridge::EventLoop::new().unwrap();
    let config = postgres::Config::default().on(&event_loop);
    let mut config = config;
    let mut client = config.host("localhost").port(5433).user("postgres").connect(NoTls).unwrap();
    let mut transaction = client.transaction().unwrap();
    event_loop
        .block_on(async {
            assert!(transaction.simple_query("SELECT 1").is_err());
            drop(transaction);
        })
        .unwrap();
    client.simple_query("SELECT 1").unwrap();
    event_loop.block_on(async { drop(client) }).unwrap();
}

#[test]
fn the_end_of_an_idle_connection_is_seen() {
    let mut client = connect();
    assert!(!client.is_closed());
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    connect().query("SELECT pg_terminate_backend($1)", &[&pid]).unwrap();
    let start = Instant::now();
    while !client.is_closed() {
        assert!(start.elapsed() < Duration::from_secs(30));
        thread::sleep(Duration::from_millis(5));
    }
    client.check_connection().unwrap_err();
}
