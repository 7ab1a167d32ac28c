fn main() {
    let escaped = bridge::global().block_on(async {
        let local = String::from("text");
        local.as_str()
    });
    println!("{escaped:?}");
}
