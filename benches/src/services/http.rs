//! A small HTTP server on a thread of its own, and a `GET` on a connection that is kept.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;

use crate::crowd::Request;
use crate::peers::{Call, Driven};

const ANSWER: &str = "hello";

#[derive(Debug)]
pub(crate) struct Http {
    url: String,
    _driven: Arc<Driven>,
}

impl Http {
    pub(crate) fn start() -> Http {
        let driven = Driven::start();
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port left");
        listener.set_nonblocking(true).expect("sockets can be");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        // It ends with its runtime.
        drop(driven.handle().spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            axum::serve(listener, Router::new().route("/", get(|| async { ANSWER }))).await
        }));
        Http { url, _driven: driven }
    }

    /// All of one client.
    pub(super) fn requests<C: Call + 'static>(&self, call: &Arc<C>, callers: usize) -> Vec<Request> {
        install_provider();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        let request = || -> Request {
            let (call, client, url) = (Arc::clone(call), client.clone(), self.url.clone());
            Box::new(move || {
                let request = client.get(&url);
                let text = call.call(async move { request.send().await?.text().await });
                assert_eq!(text.expect("the server answers"), ANSWER);
            })
        };
        (0..callers).map(|_| request()).collect()
    }

    /// All of one client.
    pub(super) fn blocking(&self, callers: usize) -> Vec<Request> {
        install_provider();
        let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client can be made");
        let request = || -> Request {
            let (client, url) = (client.clone(), self.url.clone());
            Box::new(move || {
                let text = client.get(&url).send().and_then(reqwest::blocking::Response::text);
                assert_eq!(text.expect("the server answers"), ANSWER);
            })
        };
        (0..callers).map(|_| request()).collect()
    }
}

/// Once for the process; see the manifest.
fn install_provider() {
    // Another call was first.
    drop(rustls::crypto::ring::default_provider().install_default());
}
