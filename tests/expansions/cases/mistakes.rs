// The item stays, the companion has its signature, and then come the messages.

#[threadsafe(falible, colour = red, name = "x")]
async fn fetch(id: u64) -> io::Result<String> {
    get(id).await
}

#[threadsafe]
fn plain(id: u64) -> u64 {
    id
}

#[threadsafe(name = of)]
impl Client {
    async fn get(&self, #[cfg(unix)] fd: u8) -> u8 {
        1
    }

    async fn hidden(&self) -> impl Display {
        1
    }
}

#[threadsafe]
impl Store for Client {
    async fn get(&self) -> u8 {
        1
    }
}

#[threadsafe]
struct Client;
