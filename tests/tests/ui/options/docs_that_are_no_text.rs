#[bridge::threadsafe(docs = Fetches a page)]
async fn fetch() {}

fn main() {
    fetch_blocking(bridge::global());
}
