#[threadsafe(local)]
async fn length(text: &str, by: impl Fn(u8) -> bool) -> usize {
    Rc::new(text).len()
}

#[threadsafe(local, submit, handle = LOOP)]
async fn count<T>(of: Vec<T>) -> usize {
    of.len()
}
