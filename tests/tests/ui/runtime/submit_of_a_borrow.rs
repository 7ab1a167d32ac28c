fn main() {
    let event_loop = bridge::EventLoop::new().unwrap();
    let text = String::from("text");
    let task = event_loop.submit(async { text.len() });
    println!("{:?}", task.result());
}
