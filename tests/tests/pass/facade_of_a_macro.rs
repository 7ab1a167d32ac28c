// A macro that makes an async type, and its facade.
macro_rules! client {
    ($name:ident, $module:ident, $value:ty, $($method:ident),*) => {
        pub struct $name($value);

        pub mod $module {
            bridge::facade! {
                handle = bridge::shared();
                pub struct $name($crate::$name): From<$value>;
            }
        }

        impl From<$value> for $name {
            fn from(value: $value) -> Self {
                $name(value)
            }
        }

        #[bridge::threadsafe(facade = $crate::$module)]
        impl $name {
            $(pub async fn $method(&self, other: $value) -> std::io::Result<$value> {
                Ok(self.0 + other)
            })*
        }
    };
}

client!(One, one, u8, add, plus);
client!(Two, two, u16, add);

fn main() {
    assert_eq!(one::One::from(1).add(2).unwrap() + one::One::from(1).plus(2).unwrap(), 6);
    assert_eq!(two::Two::from(1).add(2).unwrap(), 3);
}
