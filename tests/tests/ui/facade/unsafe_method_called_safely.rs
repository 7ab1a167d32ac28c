use bridge::threadsafe;

pub struct Client;

#[threadsafe(facade = pub blocking::Client)]
impl Client {
    pub async unsafe fn get(&self) {}
}

fn main() {
    blocking::Client::get(&bridge::Facade::wrap(Client, bridge::shared()));
}
