#[threadsafe]
async fn moved(mut count: u8, (left, right): (u8, u8), Point { x, .. }: Point, _: &str, _unused: u8) {}

#[threadsafe]
async fn taken(handle: u8, moved: u8, taken: u8) {}
