//! The macro in a crate of edition 2018.

#[cfg(test)]
#[path = "../../edition-2021/src/lib.rs"]
mod shared;

#[cfg(test)]
mod words {
    // It became a keyword later.
    #[bridge::threadsafe]
    async fn gen(r#async: u64) -> u64 {
        r#async
    }

    #[test]
    fn that_became_keywords() {
        assert_eq!(gen_blocking(bridge::global(), 7), 7);
    }
}
