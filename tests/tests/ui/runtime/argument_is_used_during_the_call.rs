use bridge::threadsafe;

#[threadsafe]
async fn fill(numbers: &mut Vec<u64>, from: &[u64]) {
    numbers.extend(from);
}

fn main() {
    let mut numbers = vec![1, 2];
    fill_blocking(bridge::global(), &mut numbers, &numbers);
}
