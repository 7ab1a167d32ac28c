//! [`InPlace`]: `Unpin`, in an error that says what to do.

use std::pin::Pin;

/// What can be polled where it lies: what is `Unpin`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Unpin`, and a facade polls its value where it lies",
    label = "not `Unpin`",
    note = "declare the facade of the pinned value: `pub struct Name(Pin<Box<Type>>);` in `facade!`"
)]
pub trait InPlace: Unpin {}

#[diagnostic::do_not_recommend]
impl<T: Unpin + ?Sized> InPlace for T {}

/// The value, for a method that takes `Pin<&mut Self>`.
pub fn pinned<T: InPlace>(value: &mut T) -> Pin<&mut T> {
    Pin::new(value)
}
