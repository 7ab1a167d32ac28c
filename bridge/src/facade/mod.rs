//! [`Facade`], and what the code that `facade!` generates names.
//!
//! A facade is a struct of one field, [`Held`]: the async value, and where its calls go.

mod builders;
mod calls;
mod dropping;
mod held;
mod io;
mod local;
mod on;
mod pin;
mod probe;
#[cfg(feature = "stream")]
mod stream;

use crate::error::Error;
use crate::handle::{AsHandle, Handle};

pub use self::builders::{map0, map1, map2, map3, map4};
#[cfg(feature = "stream")]
pub use self::calls::folds_items;
pub use self::calls::{
    Fold, Folds, HoldsError, IntoItem, ReturnsResult, Unfolded, call, call_into, call_or, call_with, call_wrap,
    convert, folds, folds_action, folds_made, hold, next_into, next_of, run,
};
pub use self::dropping::{DROP_TIMEOUT, drop_with};
pub use self::held::Held;
pub use self::io::{consume, fill_buf, flush, read, seek, write};
pub use self::local::{call_local, call_local_or, call_local_with};
pub use self::on::On;
pub use self::pin::{InPlace, pinned};
pub use self::probe::{
    At, Awaited, Faced, HasFacade, HasNone, InAnyList, InNoList, Leaves, LeavesLists, LeavesUnnamed, List, Listed,
    Otherwise, Probe, Settled, Streamed, Unstreamed, leaves, leaves_lists, leaves_tuple, leaves_unnamed, settled,
    unstreamed,
};
#[cfg(feature = "stream")]
pub use self::stream::{Items, ItemsInto, items, items_into, next};
#[cfg(feature = "stream")]
pub use futures_core::Stream;

/// A blocking type that `facade!` made of an async one.
///
/// Generated types implement it. It leads from a facade to its async value and its loop, and back. Import it to use its
/// methods; none of them hides a method of the type's own.
///
/// # Where its calls run
///
/// On the loop of the [`Handle`] that it was made with; one that was made by another facade has that one's. Left to itself
/// a facade uses the loop that `facade!` names, which is started by the first call that waits: not by a builder's method,
/// and of drops only by one that awaits.
///
/// # Dropping
///
/// The async value is dropped on the thread that drops its facade, inside the loop's context ([`Handle::enter`]), and
/// nothing waits for the loop. A facade that is listed with `Drop(method)` awaits that method first.
///
/// # Examples
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
/// # use example::{Client, blocking};
/// use std::time::Duration;
///
/// use bridge::{Facade, Handle};
///
/// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
/// assert_eq!(client.name(), "example");
/// // A timeout for each of its calls.
/// let client = client.on(&bridge::shared().with_timeout(Duration::from_secs(5)));
/// assert_eq!(client.greet(), "hello, example");
/// ```
pub trait Facade: Sized {
    /// The async type.
    type Async;

    /// The facade of an async value, whose calls run on the loop of `handle`.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let client = blocking::Client::wrap(Client::new("example"), &event_loop);
    /// assert_eq!(client.greet(), "hello, example");
    /// # std::io::Result::Ok(())
    /// ```
    fn wrap(value: Self::Async, handle: &impl AsHandle) -> Self {
        Self::__from_held(Held::new(value, On::new(handle)))
    }

    /// The same value, called through another handle: one with a timeout, say.
    ///
    /// The value stays what it is. A socket, for instance, belongs to the loop that it was made on, and is of no use on
    /// another one.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use std::time::Duration;
    ///
    /// use bridge::Facade;
    ///
    /// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// let hasty = client.on(&bridge::shared().with_timeout(Duration::from_millis(10)));
    /// assert!(matches!(hasty.never(), Err(bridge::Error::TimedOut(_))));
    /// ```
    #[must_use]
    fn on(self, handle: &impl AsHandle) -> Self {
        Self::wrap(self.into_async(), handle)
    }

    /// As [`on`](Facade::on), of a facade that stays where it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use std::time::Duration;
    ///
    /// use bridge::Facade;
    ///
    /// let mut client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// client.set_handle(&bridge::shared().with_timeout(Duration::from_millis(10)));
    /// assert!(matches!(client.never(), Err(bridge::Error::TimedOut(_))));
    /// ```
    fn set_handle(&mut self, handle: &impl AsHandle) {
        self.__held_mut().set_on(On::new(handle));
    }

    /// The handle that its calls go through. A facade that has made no call yet asks for its loop here.
    ///
    /// # Panics
    ///
    /// When that loop cannot be started.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// assert_eq!(client.handle().block_on(client.as_async().greet()).unwrap(), "hello, example");
    /// ```
    #[track_caller]
    fn handle(&self) -> Handle {
        self.__held().on().handle().clone()
    }

    /// As [`handle`](Facade::handle), where a loop that cannot be started is an error and no panic.
    ///
    /// # Errors
    ///
    /// When the loop that `facade!` names cannot be started: [`Error::NotStarted`], or what its expression gives.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// assert_eq!(client.try_handle()?.block_on(client.as_async().greet())?, "hello, example");
    /// # Ok::<(), bridge::Error>(())
    /// ```
    #[track_caller]
    fn try_handle(&self) -> Result<Handle, Error> {
        self.__held().on().try_handle().cloned()
    }

    /// The async value, for what the facade leaves out.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// let task = client.handle().submit(client.as_async().clone().wave());
    /// assert_eq!(task.result().unwrap(), "example waves");
    /// ```
    fn as_async(&self) -> &Self::Async {
        self.__held().get()
    }

    /// The async value, to be changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let mut client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// *client.as_async_mut() = Client::new("other");
    /// assert_eq!(client.name(), "other");
    /// ```
    fn as_async_mut(&mut self) -> &mut Self::Async {
        self.__held_mut().get_mut()
    }

    /// The async value, for async code. The drop of the facade, also one that awaits, does not happen.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// let handle = client.handle();
    /// assert_eq!(handle.block_on(client.into_async().wave()).unwrap(), "example waves");
    /// ```
    fn into_async(self) -> Self::Async {
        self.__into_held().into_parts().0
    }

    /// The same facade with its async value changed, in the context of its loop, if it has one yet: what a builder's method
    /// does that is written by hand.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facade/example.rs")); }
    /// # use example::{Client, blocking};
    /// use bridge::Facade;
    ///
    /// let client = blocking::Client::wrap(Client::new("example"), bridge::shared());
    /// let client = client.map_async(|client| Client::new(&format!("{}.com", client.name())));
    /// assert_eq!(client.name(), "example.com");
    /// ```
    #[must_use]
    fn map_async(self, f: impl FnOnce(Self::Async) -> Self::Async) -> Self {
        map0(self, f)
    }

    #[doc(hidden)]
    fn __held(&self) -> &Held<Self::Async>;

    #[doc(hidden)]
    fn __held_mut(&mut self) -> &mut Held<Self::Async>;

    #[doc(hidden)]
    fn __into_held(self) -> Held<Self::Async>;

    #[doc(hidden)]
    fn __from_held(held: Held<Self::Async>) -> Self;
}
