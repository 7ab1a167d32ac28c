fn task<'a>(text: &'a str) -> bridge::Task<&'a str> {
    bridge::global().submit(async move { text })
}

fn main() {
    println!("{:?}", task("text").result());
}
