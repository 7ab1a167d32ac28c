//! In the place of the crate's own test that demands a panic inside a runtime: calls, constructors and drops give an answer
//! wherever they are made.

use std::io::{BufRead as _, BufReader, Cursor, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use bridge::Facade as _;
use reqwest::blocking::{Body, Client, get};

/// A server that says "Hello", whatever it is asked, and its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut line, mut length) = (String::new(), 0);
                while stream.read_line(&mut line).unwrap() > 2 {
                    let header = line.to_lowercase();
                    if let Some(value) = header.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                stream.read_exact(&mut vec![0; length]).unwrap();
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nHello";
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            });
        }
    });
    url
}

fn everything(url: &str) {
    let client = Client::new();
    assert_eq!(client.get(url).send().unwrap().text().unwrap(), "Hello");
    let mut response = client.post(url).body(Body::sized(Cursor::new("body"), 4)).send().unwrap();
    let mut text = [0; 3];
    response.read_exact(&mut text).unwrap();
    assert_eq!(&text, b"Hel");
    drop(response);
    let mut body = Body::new(Cursor::new("read"));
    assert_eq!(body.buffer().unwrap(), b"read");
    drop(client.get(url));
    drop(client.clone());
    drop(client);
    drop(get(url).unwrap());
}

#[test]
fn on_a_plain_thread() {
    everything(&server());
}

#[test]
fn in_a_current_thread_runtime() {
    let url = server();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { everything(&url) });
    let _guard = runtime.enter();
    everything(&url);
}

#[test]
fn in_a_runtime_without_drivers() {
    let url = server();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { everything(&url) });
}

#[test]
fn in_workers_of_a_runtime() {
    let url = server();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let tasks: Vec<_> = (0..4)
        .map(|number| {
            let url = url.clone();
            if number % 2 == 0 {
                runtime.spawn(async move { everything(&url) })
            } else {
                runtime.spawn_blocking(move || everything(&url))
            }
        })
        .collect();
    tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
}

#[test]
fn on_an_event_loop() {
    let url = server();
    bridge::EventLoop::new().unwrap().block_on(async { everything(&url) }).unwrap();
}

/// A call on the loop that it would wait for is an error.
#[test]
fn on_its_own_loop() {
    let url = server();
    let event_loop = bridge::EventLoop::new().unwrap();
    let client = Client::new().on(&event_loop);
    let error = event_loop.block_on(async { client.get(&url).send().unwrap_err() }).unwrap();
    assert!(error.is_request());
    bridge::shared().block_on(async { drop(get(&url)) }).unwrap();
}

/// What other tasks of a loop do goes on while one of its threads is in a call.
#[test]
fn a_call_leaves_the_other_tasks_of_its_loop_alone() {
    let url = server();
    let ticks = bridge::shared().submit(async {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for _ in 0..20 {
        everything(&url);
    }
    ticks.result().unwrap();
}
