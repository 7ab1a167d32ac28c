use bridge::threadsafe;

#[threadsafe]
#[tokio::main]
async fn run() {}

fn main() {}
