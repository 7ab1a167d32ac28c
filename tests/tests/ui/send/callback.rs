use bridge::threadsafe;

#[threadsafe]
async fn each(line: &mut dyn FnMut(&str)) {
    line("one");
}

fn main() {
    each_blocking(bridge::global(), &mut |_| {});
}
