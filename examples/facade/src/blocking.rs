//! The same client for threads that block.
//!
//! A call runs on the calling thread, on the process-wide loop of [`bridge::shared`], or on that of the handle given to
//! [`bridge::Facade::on`], which may have a timeout.

bridge::facade! {
    handle = bridge::shared();

    /// A connection to a server, for threads that block. Clones share it.
    #[derive(Clone, Debug)]
    pub struct Client(crate::Client);

    /// Sets up a [`Client`].
    #[derive(Clone, Debug)]
    pub struct ClientBuilder(crate::ClientBuilder): Default;

    /// The keys of [`Client::keys`], one by one.
    #[derive(Debug)]
    pub struct Keys(crate::Keys): Iterator;

    /// Changes that [`commit`](Transaction::commit) makes, and that are rolled back otherwise.
    #[derive(Debug)]
    pub struct Transaction<'a>(crate::Transaction<'a>): Drop(rollback);
}
