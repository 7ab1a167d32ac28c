//! Methods that take `self` and give `Self`, without a closure for each.

use super::Facade;
use super::held::Held;

macro_rules! maps {
    ($($name:ident($($arg:ident: $ty:ident),*);)*) => {$(
        /// Changes the value of a facade, in the context of its loop, if it has one yet.
        pub fn $name<F: Facade $(, $ty)*>(facade: F, f: impl FnOnce(F::Async $(, $ty)*) -> F::Async $(, $arg: $ty)*) -> F {
            let (value, on) = facade.__into_held().into_parts();
            let value = on.within(|| f(value $(, $arg)*));
            F::__from_held(Held::new(value, on))
        }
    )*};
}

maps! {
    map0();
    map1(a: A);
    map2(a: A, b: B);
    map3(a: A, b: B, c: C);
    map4(a: A, b: B, c: C, d: D);
}
