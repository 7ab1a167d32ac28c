pub async fn connect(address: &str) -> Result<Client, bridge::Error> {
    drop(address.len());
    Ok(Client)
}

mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client);
        pub async fn connect(address: u16) -> Result<crate::Client, bridge::Error> = crate::connect;
    }
}
pub struct Client;

fn main() {}
