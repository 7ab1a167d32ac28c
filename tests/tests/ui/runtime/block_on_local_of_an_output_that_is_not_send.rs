fn main() {
    let shared = bridge::global().block_on_local(|| async { std::rc::Rc::new(7) });
    println!("{shared:?}");
}
