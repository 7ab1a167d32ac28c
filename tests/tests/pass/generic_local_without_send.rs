// With `local` only arguments and outputs cross: a type that stays on the loop need not be `Send`.
use std::rc::Rc;

#[bridge::threadsafe(local)]
async fn count<Kept: From<u64> + Into<u64>>(id: u64) -> u64 {
    let kept = Kept::from(id);
    tokio::task::yield_now().await;
    kept.into()
}

struct Shared(Rc<u64>);

impl From<u64> for Shared {
    fn from(id: u64) -> Shared {
        Shared(Rc::new(id))
    }
}

impl From<Shared> for u64 {
    fn from(shared: Shared) -> u64 {
        *shared.0
    }
}

fn main() {
    assert_eq!(count_blocking::<Shared>(bridge::global(), 7), 7);
}
