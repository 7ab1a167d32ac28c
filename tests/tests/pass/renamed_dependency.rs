// As with `event_loops = { package = "bridge", … }` in a Cargo.toml, which brings no `::bridge`.
extern crate bridge as event_loops;

mod bridge {}

#[event_loops::threadsafe(crate = event_loops, fallible)]
async fn id() -> u64 {
    7
}

fn main() {
    assert_eq!(id_blocking(event_loops::global()).unwrap(), 7);
}
