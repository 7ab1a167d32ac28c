#[threadsafe]
async fn r#type(r#in: u8, r#match: &str) {}

/// # Safety
///
/// There is such an index.
#[threadsafe]
pub(crate) async unsafe fn read(index: usize) -> u8 {
    at(index)
}
