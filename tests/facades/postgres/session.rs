//! What the async client lacks of the blocking one: a connection that is driven beside the client, and the notifications
//! that arrive on it. Written once, as async functions; the blocking ones are generated.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bridge::{Handle, threadsafe};
use futures_util::FutureExt as _;
use log::info;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::error::DbError;
use crate::tls::{MakeTlsConnect, TlsConnect};
use crate::{AsyncMessage, Client, Config, Error, Notification, Socket};

/// What is done with a notice.
#[derive(Clone)]
pub(crate) struct Notices(Arc<dyn Fn(DbError) + Send + Sync>);

impl Default for Notices {
    fn default() -> Notices {
        Notices(Arc::new(|notice| info!("{}: {}", notice.severity(), notice.message())))
    }
}

/// It is no part of what a configuration says.
impl PartialEq for Notices {
    fn eq(&self, _: &Notices) -> bool {
        true
    }
}

impl Eq for Notices {}

/// The notifications that have arrived on a connection, and whether it has ended.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<(VecDeque<Notification>, bool)>,
    changed: Notify,
}

impl Inbox {
    fn add(&self, notification: Option<Notification>) {
        match notification {
            Some(notification) => self.state.lock().0.push_back(notification),
            None => self.state.lock().1 = true,
        }
        self.changed.notify_one();
    }

    /// The next notification, or nothing where the connection has ended.
    async fn next(&self) -> Option<Notification> {
        loop {
            let (next, ended) = {
                let mut state = self.state.lock();
                (state.0.pop_front(), state.1)
            };
            if next.is_some() || ended {
                return next;
            }
            self.changed.notified().await;
        }
    }
}

#[threadsafe(facade = crate::blocking::facades, error = crate::blocking::failed)]
impl Config {
    /// What is done with notices: by default they are logged.
    pub fn notice_callback<F>(&mut self, callback: F) -> &mut Config
    where
        F: Fn(DbError) + Send + Sync + 'static,
    {
        self.notices = Notices(Arc::new(callback));
        self
    }

    /// Connects, and drives the connection beside the client.
    #[threadsafe(name = connect, new_handle)]
    pub async fn connect_and_drive<T>(&self, tls: T) -> Result<Client, Error>
    where
        T: MakeTlsConnect<Socket> + 'static + Send,
        T::TlsConnect: Send,
        T::Stream: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let (client, mut connection) = self.connect(tls).await?;
        let (inbox, notices) = (Arc::clone(&client.inbox), self.notices.clone());
        // Not by `tokio::spawn`: on a shared loop a wake of such a task costs two system calls more.
        let drive = async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    AsyncMessage::Notice(notice) => (notices.0)(notice),
                    AsyncMessage::Notification(notification) => inbox.add(Some(notification)),
                }
            }
            inbox.add(None);
        };
        drop(Handle::current().submit(drive));
        Ok(client)
    }
}

#[threadsafe(facade = crate::blocking::facades, error = crate::blocking::failed)]
impl Client {
    /// Connects as a connection string says, and drives the connection beside the client.
    pub async fn connect<T>(params: &str, tls: T) -> Result<Client, Error>
    where
        T: MakeTlsConnect<Socket> + 'static + Send,
        T::TlsConnect: Send,
        T::Stream: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        params.parse::<Config>()?.connect_and_drive(tls).await
    }

    /// A configuration.
    pub fn configure() -> Config {
        Config::new()
    }

    /// Whether the server answers within the limit.
    pub async fn is_valid(&self, limit: Duration) -> Result<(), Error> {
        timeout(limit, self.check_connection()).await.unwrap_or_else(|_| Err(Error::__private_api_timeout()))
    }

    /// The notifications that arrive.
    pub fn notifications(&mut self) -> Notifications<'_> {
        Notifications(Waiting(&self.inbox))
    }

    /// Closes the connection, and waits for its end.
    pub async fn close(mut self) -> Result<(), Error> {
        self.__private_api_close();
        while self.inbox.next().await.is_some() {}
        Ok(())
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Waiting<'a>(&'a Inbox);

impl Waiting<'_> {
    pub(crate) fn len(self) -> usize {
        self.0.state.lock().0.len()
    }
}

/// The notifications of a connection.
pub struct Notifications<'a>(Waiting<'a>);

/// The notifications that have arrived.
pub struct Iter<'a>(pub(crate) Waiting<'a>);

/// All notifications, until the connection ends.
pub struct BlockingIter<'a>(pub(crate) Waiting<'a>);

/// The notifications that arrive in time.
pub struct TimeoutIter<'a>(pub(crate) Waiting<'a>, Duration);

#[threadsafe(facade = crate::blocking::facades)]
impl<'a> Notifications<'a> {
    /// How many have arrived.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none has arrived.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those that have arrived.
    pub fn iter(&mut self) -> Iter<'_> {
        Iter(self.0)
    }

    /// All, until the connection ends.
    pub fn blocking_iter(&mut self) -> BlockingIter<'_> {
        BlockingIter(self.0)
    }

    /// Those that arrive within `timeout` of the one before.
    pub fn timeout_iter(&mut self, timeout: Duration) -> TimeoutIter<'_> {
        TimeoutIter(self.0, timeout)
    }
}

impl Iter<'_> {
    pub(crate) async fn next(&mut self) -> Result<Option<Notification>, Error> {
        // The loop reads what the server has sent.
        tokio::task::yield_now().await;
        Ok(self.0.0.next().now_or_never().flatten())
    }
}

impl BlockingIter<'_> {
    pub(crate) async fn next(&mut self) -> Result<Option<Notification>, Error> {
        Ok(self.0.0.next().await)
    }
}

impl TimeoutIter<'_> {
    pub(crate) async fn next(&mut self) -> Result<Option<Notification>, Error> {
        Ok(timeout(self.1, self.0.0.next()).await.unwrap_or_default())
    }
}
