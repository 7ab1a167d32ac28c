//! Associated types of type parameters: those that a signature names are asked to cross threads.

use std::io;
use std::rc::Rc;

use bridge::threadsafe;
use bridge_tests::handle;

async fn tick() {
    tokio::task::yield_now().await;
}

#[threadsafe]
async fn insert<I: IntoIterator>(items: I, last: I::Item) -> Result<Vec<I::Item>, <Vec<I::Item> as IntoIterator>::Item>
where
    I::IntoIter: ExactSizeIterator,
{
    let items = items.into_iter();
    tick().await;
    Ok(items.chain([last]).collect())
}

#[test]
fn of_a_functions_own_parameter() {
    assert_eq!(insert_blocking(&handle(), [1, 2], 3), Ok(vec![1, 2, 3]));
}

/// As a client's TLS: the future of what connects is nobody's to name.
trait Connect<S> {
    type Stream;
    type Future: Future<Output = io::Result<Self::Stream>>;

    fn connect(self, stream: S) -> Self::Future;
}

struct Plain;

impl<S> Connect<S> for Plain {
    type Stream = (S, u8);
    type Future = std::future::Ready<io::Result<(S, u8)>>;

    fn connect(self, stream: S) -> Self::Future {
        std::future::ready(Ok((stream, 7)))
    }
}

struct Connector<T> {
    tls: T,
}

#[threadsafe(local)]
impl<T> Connector<T> {
    async fn connect<S>(self, stream: S) -> io::Result<(T::Stream, u64)>
    where
        T: Connect<S>,
    {
        let shared = Rc::new(1);
        let stream = self.tls.connect(stream).await?;
        Ok((stream, *shared))
    }
}

#[test]
fn of_an_impls_parameter_with_a_local_future() {
    let connected = Connector { tls: Plain }.connect_blocking(&handle(), "socket").unwrap();
    assert_eq!(connected, (("socket", 7), 1));
}

#[threadsafe]
trait Source: Iterator {
    async fn first(&mut self) -> Option<Self::Item>;

    async fn pushed<I: Iterator>(&self, items: I, last: I::Item) -> Vec<I::Item> {
        tick().await;
        items.chain([last]).collect()
    }
}

impl Source for std::ops::Range<u64> {
    async fn first(&mut self) -> Option<u64> {
        tick().await;
        self.next()
    }
}

#[test]
fn of_a_supertrait_and_of_a_parameter_in_a_trait() {
    assert_eq!((3..5).first_blocking(&handle()), Some(3));
    assert_eq!((3..5).pushed_blocking(&handle(), 0..2, 2), [0, 1, 2]);
}
