fn main() {
    let shared = std::rc::Rc::new(7);
    let future = async {
        tokio::task::yield_now().await;
        *shared
    };
    println!("{:?}", bridge::global().block_on(future));
}
