//! Requests a second of a generated facade against the hand-written one: `requests http`, `requests postgres CONFIG`.
//!
//! Rounds of the two are interleaved; the output is the median of the rounds' ratios, on the machine as it is, and again with
//! a process per core that does nothing but compute.

use std::hint::spin_loop;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Facade as _, SharedLoop};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(700);
const THREADS: [usize; 3] = [1, 2, 8];

type Request = Box<dyn FnMut() + Send>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if *args == ["compute"] {
        loop {
            spin_loop();
        }
    }
    println!("quiet:");
    compare_all(&args);
    println!("a busy process per core:");
    let cores = thread::available_parallelism().expect("the number of cores").get();
    let _busy: Vec<Busy> = (0..cores).map(|_| Busy::start()).collect();
    compare_all(&args);
}

/// A process that computes, until this is dropped.
struct Busy(Child);

impl Busy {
    fn start() -> Busy {
        let program = std::env::current_exe().expect("the path of this program");
        Busy(Command::new(program).arg("compute").spawn().expect("a process"))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.kill().expect("a process of ours");
        self.0.wait().expect("a process of ours");
    }
}

fn compare_all(args: &[&str]) {
    match *args {
        ["http"] => {
            let url = serve();
            compare("reqwest, a client each", || get_original(None, &url), || get_generated(None, &url));
            let original = original_reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
            let generated = generated_reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
            let theirs = || get_original(Some(&original), &url);
            compare("reqwest, one client", theirs, || get_generated(Some(&generated), &url));
        }
        ["postgres", config] => {
            compare("postgres, a client each", || query_original(config), || query_generated(config));
            compare("postgres, a client and a loop each", || query_original(config), || query_on_own_loop(config));
        }
        _ => panic!("usage: requests http | requests postgres CONFIG"),
    }
}

fn compare(what: &str, original: impl Fn() -> Request, generated: impl Fn() -> Request) {
    for threads in THREADS {
        let mut ratios = Vec::new();
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        let mut originals: Vec<Request> = (0..threads).map(|_| original()).collect();
        let mut generateds: Vec<Request> = (0..threads).map(|_| generated()).collect();
        for round in 0..=ROUNDS {
            let (their, our) = if round % 2 == 0 {
                let their = rate(&mut originals);
                (their, rate(&mut generateds))
            } else {
                let our = rate(&mut generateds);
                (rate(&mut originals), our)
            };
            // The first is to warm up.
            if round > 0 {
                theirs.push(their);
                ours.push(our);
                ratios.push(our / their);
            }
        }
        println!(
            "{what}, threads {threads}: hand-written {:.0}, generated {:.0} requests/s, ratio {:.2}",
            median(&mut theirs),
            median(&mut ours),
            median(&mut ratios)
        );
    }
}

/// How many requests a second all threads make together.
fn rate(requests: &mut [Request]) -> f64 {
    let (done, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let start = Instant::now();
    thread::scope(|scope| {
        for request in requests {
            let (done, ended) = (&done, &ended);
            scope.spawn(move || {
                let mut count = 0;
                while !ended.load(Ordering::Relaxed) {
                    request();
                    count += 1;
                }
                done.fetch_add(count, Ordering::Relaxed);
            });
        }
        thread::sleep(ROUND);
        ended.store(true, Ordering::Relaxed);
    });
    done.into_inner() as f64 / start.elapsed().as_secs_f64()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A server that keeps connections and answers with five bytes.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    url
}

fn answer(stream: TcpStream) {
    stream.set_nodelay(true).expect("a TCP stream");
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|length| length > 0) {
        if line == "\r\n" && stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nHello").is_err() {
            return;
        }
        line.clear();
    }
}

macro_rules! get {
    ($name:ident, $krate:ident) => {
        fn $name(client: Option<&$krate::blocking::Client>, url: &str) -> Request {
            let own = || $krate::blocking::Client::builder().no_proxy().build().expect("a client");
            let client = client.cloned().unwrap_or_else(own);
            let url = url.to_owned();
            Box::new(move || {
                let text = client.get(&url).send().and_then(|response| response.bytes());
                assert_eq!(text.expect("an answer").len(), 5);
            })
        }
    };
}

get!(get_original, original_reqwest);
get!(get_generated, generated_reqwest);

macro_rules! query {
    ($name:ident, $krate:ident, $connect:expr) => {
        fn $name(config: &str) -> Request {
            #[allow(unused_mut)]
            let (mut client, own_loop) = $connect(config);
            let statement = client.prepare("SELECT $1::BIGINT").expect("a statement");
            let mut last = 0_i64;
            Box::new(move || {
                let _ = &own_loop;
                last += 1;
                let row = client.query_one(&statement, &[&last]).expect("an answer");
                assert_eq!(row.get::<_, i64>(0), last);
            })
        }
    };
}

query!(query_original, original_postgres, |config| {
    (original_postgres::Client::connect(config, original_postgres::NoTls).expect("a connection"), ())
});
query!(query_generated, generated_postgres, |config| {
    (generated_postgres::Client::connect(config, generated_postgres::NoTls).expect("a connection"), ())
});
query!(query_on_own_loop, generated_postgres, |config: &str| {
    let own_loop = SharedLoop::new().expect("a loop");
    let config = config.parse::<generated_postgres::Config>().expect("a configuration").on(&own_loop);
    (config.connect(generated_postgres::NoTls).expect("a connection"), own_loop)
});
