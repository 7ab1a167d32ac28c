use bridge::threadsafe;

#[threadsafe]
async fn fetch(id: Id) -> Record {
    todo!()
}

fn main() {
    let _ = fetch_blocking;
}
