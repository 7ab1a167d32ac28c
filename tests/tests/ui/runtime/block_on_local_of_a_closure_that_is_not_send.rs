fn main() {
    let shared = std::rc::Rc::new(7);
    let value = bridge::global().block_on_local(|| async { *shared });
    println!("{value:?}");
}
