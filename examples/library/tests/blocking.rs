//! The companions.
#![cfg(feature = "blocking")]

use std::thread;
use std::time::Duration;

use bridge::SharedLoop;
use bridge_examples_library::{Error, Store};

#[test]
fn what_was_set_is_there_for_threads_too() -> Result<(), bridge::Error> {
    let store = Store::new();
    assert!(matches!(store.get_blocking("a"), Err(Error::NotFound(key)) if key == "a"));
    thread::scope(|scope| {
        scope.spawn(|| store.set_blocking("a", "1"));
        assert_eq!(store.wait("a", Duration::from_secs(60))?.as_deref(), Some("1"));
        Ok(())
    })
}

#[test]
fn changes_come_one_after_the_other() {
    let event_loop = SharedLoop::new().unwrap();
    let store = Store::new();
    let mut changes = store.changes();
    store.set_blocking("a", "1").unwrap();
    assert_eq!(changes.changed_blocking(&event_loop).unwrap().as_deref(), Some("a"));
    event_loop.close();
    assert!(matches!(changes.changed_blocking(&event_loop), Err(bridge::Error::Closed)));
}
