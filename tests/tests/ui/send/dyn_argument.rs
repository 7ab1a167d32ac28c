use bridge::threadsafe;

#[threadsafe]
async fn show(error: Box<dyn std::error::Error>) -> String {
    error.to_string()
}

fn main() {}
