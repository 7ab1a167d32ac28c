mod blocking {
    bridge::facade! {
        pub struct Body(crate::Body): Read(chunk);
    }
}
pub struct Body;

fn main() {}
