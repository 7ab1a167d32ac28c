mod blocking {
    bridge::facade! {
        pub struct Body(crate::Body): Read<u8>;
    }
}
pub struct Body;

fn main() {}
