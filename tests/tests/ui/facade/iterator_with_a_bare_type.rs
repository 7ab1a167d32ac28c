mod blocking {
    bridge::facade! {
        pub struct Rows(crate::Rows): Iterator<u8>;
    }
}
pub struct Rows;

fn main() {}
