#![allow(unused_imports)]
use bridge::__private::facade::{Faced, Otherwise as _, Probe, leaves};

struct Faces;
struct Response;

impl Faced<Faces> for Response {}

type Reply = Result<Option<Response>, std::io::Error>;

fn main() {
    leaves::<Reply, _>(Probe::<Reply, Faces>::KIND);
}
