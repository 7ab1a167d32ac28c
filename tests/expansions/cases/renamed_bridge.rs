#[threadsafe(crate = crate::vendored::bridge, timeout = LIMIT)]
async fn ping() {}
