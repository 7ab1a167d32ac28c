use bridge::threadsafe;

#[threadsafe(local)]
async fn share(id: u64) -> std::rc::Rc<u64> {
    std::rc::Rc::new(id)
}

fn main() {}
