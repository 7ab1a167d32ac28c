use bridge::threadsafe;

#[threadsafe]
async fn fetch(id: Id) -> Record {
    todo!()
}

fn main() {
    fetch_blocking(bridge::shared(), 1);
}
