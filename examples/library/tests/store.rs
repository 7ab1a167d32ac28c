//! The async API, which is the same with the feature and without.

use std::time::Duration;

use bridge_examples_library::{Error, Store};

#[tokio::test]
async fn what_was_set_is_there() {
    let store = Store::new();
    assert!(matches!(store.get("a").await, Err(Error::NotFound(key)) if key == "a"));
    let setting = async {
        tokio::task::yield_now().await;
        store.set("a", "1").await;
    };
    let (found, ()) = tokio::join!(store.wait_for("a", Duration::from_secs(60)), setting);
    assert_eq!(found.as_deref(), Some("1"));
    store.count_to(0).await;
}
