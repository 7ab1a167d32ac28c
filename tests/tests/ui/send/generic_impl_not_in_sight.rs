use bridge::threadsafe;

struct Cache<T>(T);

impl<T: Copy> Cache<T> {
    #[threadsafe]
    async fn get(self) -> T {
        self.0
    }
}

fn main() {}
