fn main() {
    let text = String::from("text");
    bridge::global().call_soon(|| println!("{text}")).unwrap();
}
