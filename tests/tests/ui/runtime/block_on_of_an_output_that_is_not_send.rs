fn main() {
    let shared = bridge::global().block_on(async { std::rc::Rc::new(7) });
    println!("{shared:?}");
}
