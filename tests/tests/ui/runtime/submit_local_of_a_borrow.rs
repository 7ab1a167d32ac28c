fn main() {
    let event_loop = bridge::EventLoop::new().unwrap();
    let text = String::from("text");
    let task = event_loop.submit_local(|| async { text.len() });
    println!("{:?}", task.result());
}
