bridge::facade! {
    handle = bridge::shared();
    pub struct Response(crate::Response): Read + Write + BufRead + Seek;
    pub struct Rows<T>(Pin<Box<crate::Rows<T>>>): Iterator<Item = Result<crate::Response, Error>> where T: Send;
    pub struct Find(crate::Find): IntoFuture + Async(inner, into_inner);
    #[derive(PartialEq, Eq, Hash)]
    #[cfg(feature = "body")]
    pub struct Body(crate::Body): Default + From<Vec<u8>> + FromStr + AsRef<[u8]>;
}
