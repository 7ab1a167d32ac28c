use bridge::threadsafe;

#[threadsafe]
trait Store {
    #[cfg_attr(all(), threadsafe(skip))]
    async fn background(&self);
}

fn main() {}
