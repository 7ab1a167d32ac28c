struct Client;

impl Client {
    fn handle(&self) -> Result<&bridge::Handle, bridge::Error> {
        Ok(bridge::shared())
    }
}

#[bridge::threadsafe(handle = self.handle()?, fallible)]
impl Client {
    #[threadsafe(submit)]
    async fn get(&'static self) {}
}

fn main() {
    Client.get_blocking().unwrap();
}
