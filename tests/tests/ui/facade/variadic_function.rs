mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client) {
            pub unsafe extern "C" fn print(&self, text: &str, ...);
        }
    }
}
pub struct Client;

fn main() {}
