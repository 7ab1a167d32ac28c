//! Lists and impls that are Rust, each described by a few numbers: what a fuzzer draws, and what can be taken back one by one.

use std::fmt::Write as _;

use crate::Case;

/// A `facade!` and an impl or a trait of async functions, made by `numbers`, as many as are needed.
///
/// # Panics
///
/// If what is put together is not made of tokens.
#[must_use]
pub fn composed(numbers: &[u8]) -> Case {
    let mut draw = Draw(numbers.iter());
    let (options, list, item) = (draw.options(), draw.list(), draw.item());
    let text = format!("facade! {{ {list} }} {item}");
    let tokens = |text: &str| text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
    Case { options: tokens(options), item: tokens(&text) }
}

/// The numbers that are left; where none is, the first of each choice is taken.
struct Draw<'a>(std::slice::Iter<'a, u8>);

impl Draw<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.0.next().map_or(0, |number| usize::from(*number) % limit)
    }

    fn one<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }

    /// Of what is mostly refused there is little, or nearly all of it would be.
    fn is_rare(&mut self) -> bool {
        self.below(16) == 15
    }

    fn options(&mut self) -> &'static str {
        // The facade of one type, which a few of the items may have.
        if self.below(8) == 7 {
            return self.one(&[
                "facade = pub Blocking, handle = bridge::shared(), facade_attr(derive(Debug))",
                "facade = pub blocking::Client, implements(Async(inner) + Read)",
                "facade = pub(crate) blocking::Page",
                "facade = Blocking",
            ]);
        }
        self.one(&[
            "facade",
            "facade = crate::blocking",
            "facade = self, timeout = LIMIT",
            "facade = super::blocking, error = crate::fold",
            "facade, local, bound(u8: Copy)",
            "facade, with(T = u8), attr(cfg(unix), allow(dead_code))",
        ])
    }

    fn list(&mut self) -> String {
        let (handle, needs_handle) = [
            ("handle = bridge::shared();", ": Default + From<Reply>"),
            ("", ""),
            ("handle = GLOBAL.clone(); error = crate::fold;", ": FromStr"),
            ("crate = crate::other;", ": Async(inner)"),
        ][self.below(4)];
        let mut list = handle.to_owned();
        list += &self
            .one(&[
                "pub struct Client(crate::Client);",
                "#[derive(Clone, Debug)] pub struct Client(crate::Client)IMPLEMENTS;",
                "#[threadsafe(timeout = LIMIT, error = fold)] pub struct Client(Client): Drop(close);",
                "/// Docs.\n#[cfg(unix)] pub(crate) struct Other(crate::Client): Display;",
                "pub struct Client(crate::Client) { pub async fn g(&self, by: &Reply) -> Option<Reply>; pub fn h(self) -> Self; }",
            ])
            .replace("IMPLEMENTS", needs_handle);
        list += match self.is_rare() {
            true => self.one(&[
                "",
                "pub struct Reply(std::pin::Pin<Box<crate::Reply>>): Iterator<Item = Result<Client, Error>>;",
            ]),
            false => self.one(&[
                "pub struct Reply(crate::Reply);",
                "pub struct Reply(crate::Reply): Read + Write;",
                "pub use other::Reply(crate::Reply);",
            ]),
        };
        list += self.one(&[
            "pub struct Page<T>(crate::Page<T>);",
            "pub struct Page<T>(crate::Page<T>): IntoFuture<Output = Reply> where T: Send;",
            "pub struct Page<T>(crate::Page<T>): Iterator<Item = Vec<Reply>>(next);",
        ]);
        list += self
            .one(&["pub struct Rows<'a>(crate::Rows<'a>);", "pub struct Rows<'a>(crate::Rows<'a>): Drop(rollback);"]);
        list += self.one(&[
            "",
            "pub async fn connect(to: &str) -> Result<Client, Error> = crate::connect;",
            "#[threadsafe(in_context)] pub fn made(by: Reply, n: u8) -> (Client, u8) = crate::made;",
        ]);
        list
    }

    fn item(&mut self) -> String {
        let head = match self.is_rare() {
            true => "impl Unlisted",
            false => self.one(&[
                "impl Client",
                "impl crate::Client",
                "impl<T: Copy> Page<T>",
                "impl Rows<'_>",
                "impl<'r> Rows<'r> where Self: Sized",
                "impl Page<u8>",
                "pub trait Store: Send",
                "trait Store<T> where T: Copy",
            ]),
        };
        let mut item = format!("{head} {{");
        let in_trait = head.contains("trait");
        for index in 0..=self.below(3) {
            self.function(index, in_trait, &mut item);
        }
        item += self.one(&["", if in_trait { "type Item: Send;" } else { "const SIZE: usize = { 4 << 1 };" }]);
        item + "}"
    }

    fn function(&mut self, index: usize, in_trait: bool, item: &mut String) {
        *item += self.one(&["", "/// Docs with `get().await`.\n", "#[must_use]", "#[cfg(unix)]", "#[deprecated]"]);
        *item += &self.own().replace("NAME", &format!("renamed{index}"));
        if !in_trait {
            *item += self.one(&["pub ", "pub(crate) ", ""]);
        }
        let qualifier = self.one(&["async ", "", "async unsafe ", "unsafe extern \"C\" "]);
        let generics = self.one(&["", "<U>", "<'a, U: Clone + 'a>", "<const N: usize>", "<U: ?Sized + Into<Reply>>"]);
        let receiver = self.receiver();
        let _ = write!(item, "{qualifier}fn f{index}{generics}({receiver}");
        for at in 0..self.below(4) {
            let separator = if at == 0 && receiver.is_empty() { "" } else { ", " };
            let pattern = self.one(&["NAME", "mut NAME", "(NAME, _)", "_", "#[cfg(unix)] NAME"]);
            let pattern = pattern.replace("NAME", &format!("a{at}"));
            let ty = self.argument(2);
            let _ = write!(item, "{separator}{pattern}: {ty}");
        }
        *item += ")";
        let output = self.output(2);
        let output = match self.below(4) {
            _ if output.is_empty() => output,
            0 if !qualifier.contains("async") => format!(" -> BoxFuture<'_, {output}>"),
            1 if !qualifier.contains("async") => format!(" -> impl Future<Output = {output}> + Send"),
            _ => format!(" -> {output}"),
        };
        *item += &output;
        *item += self.one(&["", " where Self: Sized", " where u8: Copy,"]);
        *item += if in_trait && self.below(2) == 0 { ";" } else { " { body }" };
    }

    /// The attribute of a function.
    fn own(&mut self) -> &'static str {
        if self.is_rare() {
            return self.one(&["#[threadsafe(suffix = \"_x\")]", "#[threadsafe(handle = x)]", "#[threadsafe(name)]"]);
        }
        self.one(&[
            "",
            "#[threadsafe(skip)]",
            "#[threadsafe(name = NAME)]",
            "#[threadsafe(timeout = limit::<A, B>(self))]",
            "#[threadsafe(error = fold, name = NAME)]",
            "#[threadsafe(local)]",
            "#[threadsafe(as_is)]",
            "#[threadsafe(in_context, attr(inline))]",
            "#[threadsafe(with(U = u8))]",
            "#[threadsafe(error = panic, bound(Self: Sized))]",
            "#[cfg_attr(unix, bridge::threadsafe(name = NAME))]",
            "#[threadsafe]",
        ])
    }

    fn receiver(&mut self) -> &'static str {
        if self.is_rare() {
            return self.one(&["self: Arc<Self>", "self: &Self"]);
        }
        self.one(&["&self", "self", "&mut self", "", "mut self", "&'static self", "self: Pin<&mut Self>"])
    }

    /// A type that has a facade, in most lists.
    fn listed(&mut self) -> &'static str {
        self.one(&[
            "Reply",
            "crate::Reply",
            "Self",
            "Client",
            "Page<u8>",
            "Page<(u8, String)>",
            "Rows<'_>",
            "Rows",
            "super::kv::Client",
        ])
    }

    fn plain(&mut self) -> &'static str {
        self.one(&[
            "u8",
            "String",
            "Other",
            "Self::Item",
            "other::Reply",
            "Box<dyn Fn(u8) -> u8 + Send>",
            "[u8; { 2 + 2 }]",
            "()",
        ])
    }

    fn argument(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else { return self.listed().to_owned() };
        if self.is_rare() {
            return match self.below(5) {
                0 => format!("HashMap<u8, {}>", self.argument(depth)),
                1 => format!("&[{}]", self.argument(depth)),
                2 => format!("impl FnOnce(&{}) -> {} + Send", self.listed(), self.plain()),
                3 => format!("fn({}) -> u8", self.argument(depth)),
                _ => format!("Box<dyn Fn({}) + Send>", self.listed()),
            };
        }
        match self.below(10) {
            0 => self.listed().to_owned(),
            1 => self.plain().to_owned(),
            2 => format!("&{}", self.listed()),
            3 => format!("&mut {}", self.listed()),
            4 => format!("Option<{}>", self.argument(depth)),
            5 => format!("Vec<{}>", self.argument(depth)),
            6 => format!("({}, {})", self.argument(depth), self.plain()),
            7 => format!("&'static {}", self.plain()),
            8 => format!("impl Into<{}>", self.listed()),
            _ => "&str".to_owned(),
        }
    }

    /// Nothing, or a type.
    fn output(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else { return self.listed().to_owned() };
        if self.is_rare() {
            return format!("&{}", self.listed());
        }
        match self.below(14) {
            0 => self.listed().to_owned(),
            1 => String::new(),
            2 => format!("Result<{}, Error>", self.inner(depth)),
            3 => format!("io::Result<{}>", self.inner(depth)),
            4 => format!("Option<{}>", self.inner(depth)),
            5 => format!("Vec<{}>", self.inner(depth)),
            6 => format!("({}, {})", self.inner(depth), self.plain()),
            7 => "&Self".to_owned(),
            8 => self.plain().to_owned(),
            9 => format!("impl Stream<Item = {}> + Send", self.inner(depth)),
            10 => format!("BoxStream<'_, {}>", self.inner(depth)),
            11 => format!("Pin<Box<dyn Stream<Item = {}> + Send>>", self.inner(depth)),
            12 => format!("RedisResult<{}>", self.inner(depth)),
            _ => "impl Display + '_".to_owned(),
        }
    }

    fn inner(&mut self, depth: usize) -> String {
        Some(self.output(depth)).filter(|output| !output.is_empty()).unwrap_or_else(|| "()".to_owned())
    }
}
