use bridge::threadsafe;

#[threadsafe(local)]
async fn count(shared: std::rc::Rc<u64>) -> u64 {
    *shared
}

fn main() {}
