use bridge::threadsafe;

#[threadsafe]
async fn show<T: std::fmt::Debug>(value: T) {
    println!("{value:?}");
}

fn caller(handle: &bridge::Handle) {
    show_blocking(handle, std::rc::Rc::new(1));
}

fn main() {}
