struct First;
struct Second;

bridge::facade! {
    handle = bridge::shared();
    struct Reader(First);
}

bridge::facade! {
    handle = bridge::shared();
    struct Writer(Second);
}

fn main() {}
