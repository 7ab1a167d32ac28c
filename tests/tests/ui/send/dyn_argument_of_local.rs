use bridge::threadsafe;

#[threadsafe(local)]
async fn apply(function: &dyn Fn(u64) -> u64) -> u64 {
    function(1)
}

fn main() {}
