//! Large futures go to the heap before they are handed on: a debug build copies what is moved into each function on the way.
//!
//! Which way a future goes is asked in a `const` block: then a debug build, too, makes code for that way alone, and has no room on
//! its stack for the copies of the other.

/// In bytes, as tokio has it for its own `block_on` and `spawn` in a release build.
const LARGE: usize = 16 << 10;

/// Whether a value of that type is to be boxed.
pub(crate) const fn is_large<T>() -> bool {
    size_of::<T>() > LARGE
}

/// `$handle.block_on_for($companion, $future)`, where `$future` is of type `$F`. No function, which would cost the stack one
/// more copy.
macro_rules! block_on {
    ($handle:expr, $companion:expr, $future:ident: $F:ty) => {
        if const { $crate::handle::large::is_large::<$F>() } {
            $handle.block_on_for($companion, Box::pin($future))
        } else {
            $handle.block_on_for($companion, $future)
        }
    };
}

pub(crate) use block_on;
