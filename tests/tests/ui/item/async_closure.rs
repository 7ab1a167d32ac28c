use bridge::threadsafe;

fn main() {
    let _ = #[threadsafe]
    async |id: u64| id;
}
