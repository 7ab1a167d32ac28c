use bridge::threadsafe;

type First<I> = Option<<I as Iterator>::Item>;

#[threadsafe]
trait Store {
    async fn get<I: Iterator>(&self) -> First<I>;
}

fn main() {}
