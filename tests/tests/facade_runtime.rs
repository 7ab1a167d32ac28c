//! What a facade does at run time, by expansions that are written by hand: where its value is made, called and dropped, on
//! every kind of loop.

mod common;

use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::{IntoFuture, Ready, pending};
use std::io::{self, BufRead, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::marker::{PhantomData, PhantomPinned};
use std::panic::{AssertUnwindSafe, Location, RefUnwindSafe, UnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use bridge::__private::facade::{
    At, Awaited, Faced, Folds, HasFacade, HasNone, Held, On, Otherwise as _, Probe, Streamed, Unfolded as _, call,
    call_or, call_with, call_wrap, consume, drop_with, fill_buf, flush, hold, items, leaves, leaves_tuple, map0, map1,
    map2, map3, map4, next, read, run, seek, settled, unstreamed, write,
};
use bridge::{EnterGuard, Error, Facade, Handle, SharedLoop};
use bridge_tests::kinds::{Kind, on_each, on_each_pair};
use bridge_tests::{HANGS, Log, OnDrop};
use futures::Stream;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, BufReader, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle as TokioHandle, Id};
use tokio::sync::mpsc::Receiver;

use crate::common::panic_of;

/// What `facade!` writes for a struct. A `drop` is what `Drop(…)` gives.
macro_rules! facade {
    ($name:ident $(<$($generic:tt),*>)? ($value:ty) $([$($bound:tt)*])?) => {
        pub(crate) struct $name $(<$($generic),*>)? { held: Held<$value> }

        impl $(<$($generic),*>)? Facade for $name $(<$($generic),*>)? {
            type Async = $value;

            fn __held(&self) -> &Held<$value> {
                &self.held
            }

            fn __held_mut(&mut self) -> &mut Held<$value> {
                &mut self.held
            }

            #[allow(unused_mut)]
            fn __into_held(mut self) -> Held<$value> {
                self.held.take()
            }

            fn __from_held(held: Held<$value>) -> Self {
                Self { held }
            }
        }
    };
}

/// The async side.
mod client {
    use super::*;

    /// Says where it was dropped, and in which context, which there has to be, as for the sockets and tasks that a real
    /// value ends.
    #[derive(Debug)]
    pub(crate) struct NeedsContext(pub(crate) Log<(ThreadId, Id)>);

    impl Drop for NeedsContext {
        fn drop(&mut self) {
            let context = TokioHandle::current();
            drop(context.spawn(async {}));
            self.0.push((thread::current().id(), context.id()));
        }
    }

    impl Clone for NeedsContext {
        fn clone(&self) -> NeedsContext {
            self.0.push((thread::current().id(), TokioHandle::current().id()));
            NeedsContext(self.0.clone())
        }
    }

    #[derive(Debug)]
    pub(crate) enum Failure {
        Bridge(Error),
        Other,
    }

    impl From<Error> for Failure {
        fn from(error: Error) -> Failure {
            Failure::Bridge(error)
        }
    }

    #[derive(Clone, Debug, Default)]
    pub(crate) struct Client {
        pub(crate) log: Log<&'static str>,
        pub(crate) name: String,
    }

    impl Client {
        pub(crate) fn named(mut self, name: &str) -> Client {
            self.name = name.into();
            self
        }

        pub(crate) async fn name(&self) -> &str {
            tokio::task::yield_now().await;
            &self.name
        }

        pub(crate) async fn get(&self, key: &mut String) -> Result<usize, Failure> {
            tokio::task::yield_now().await;
            key.push('!');
            Ok(key.len())
        }

        pub(crate) async fn fail(&self) -> Result<usize, Failure> {
            Err(Failure::Other)
        }

        pub(crate) async fn never(&self) -> Result<usize, Failure> {
            pending().await
        }

        pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Failure> {
            tokio::task::yield_now().await;
            self.log.push("begin");
            Ok(Transaction { client: self, is_over: false })
        }
    }

    #[derive(Debug)]
    pub(crate) struct Transaction<'a> {
        pub(crate) client: &'a mut Client,
        is_over: bool,
    }

    impl Transaction<'_> {
        pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Failure> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.client.log.push("begin");
            Ok(Transaction { client: self.client, is_over: false })
        }

        pub(crate) async fn commit(mut self) -> Result<(), Failure> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.is_over = true;
            self.client.log.push("commit");
            Ok(())
        }

        pub(crate) async fn rollback(&mut self) -> Result<(), Failure> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.is_over = true;
            self.client.log.push("rollback");
            Ok(())
        }
    }

    impl Drop for Transaction<'_> {
        fn drop(&mut self) {
            let _ = TokioHandle::current();
            self.client.log.push(if self.is_over { "end" } else { "dropped" });
        }
    }
}

/// What is generated.
mod blocking {
    use super::*;

    facade!(Client(client::Client));
    facade!(NeedsContext(client::NeedsContext));
    facade!(Transaction<'a>(client::Transaction<'a>));

    impl Client {
        #[track_caller]
        pub(crate) fn name(&self) -> &str {
            let (value, on) = self.held.parts();
            call("Client::name", on, value.name())
        }

        pub(crate) fn named(self, name: &str) -> Client {
            map1(self, <client::Client>::named, name)
        }

        pub(crate) fn get(&self, key: &mut String) -> Result<usize, Failure> {
            let (value, on) = self.held.parts();
            call_with("Client::get", on, value.get(key), hold)
        }

        pub(crate) fn fail(&self) -> Result<usize, Failure> {
            let (value, on) = self.held.parts();
            call_with("Client::fail", on, value.fail(), hold)
        }

        pub(crate) fn never(&self) -> Result<usize, Failure> {
            let (value, on) = self.held.parts();
            call_with("Client::never", on, value.never(), hold)
        }

        pub(crate) fn begin(&mut self) -> Result<Transaction<'_>, Failure> {
            let (value, on) = self.held.parts_mut();
            let value = call_with("Client::begin", on, value.begin(), hold)?;
            Ok(Transaction { held: Held::with(value, on) })
        }
    }

    impl Transaction<'_> {
        pub(crate) fn begin(&mut self) -> Result<Transaction<'_>, Failure> {
            let (value, on) = self.held.parts_mut();
            let value = call_with("Transaction::begin", on, value.begin(), hold)?;
            Ok(Transaction { held: Held::with(value, on) })
        }

        pub(crate) fn commit(mut self) -> Result<(), Failure> {
            let (value, on) = self.held.take().into_parts();
            call_with("Transaction::commit", &on, value.commit(), hold)
        }
    }

    impl Drop for Transaction<'_> {
        fn drop(&mut self) {
            drop_with(self.held.take(), HANGS, |mut value| async move { drop(value.rollback().await) });
        }
    }
}

use client::Failure;

fn id_of(handle: &Handle) -> Id {
    handle.block_on(async { TokioHandle::current().id() }).unwrap()
}

fn no_loop() -> Result<Handle, Error> {
    panic!("nothing asks for a loop here")
}

/// `file:line` of the line that is that many before the one that calls this.
#[track_caller]
fn line_before(lines: u32) -> String {
    let here = Location::caller();
    format!("{}:{}", here.file(), here.line() - lines)
}

fn here() -> ThreadId {
    thread::current().id()
}

fn client_on(handle: &Handle) -> blocking::Client {
    blocking::Client::wrap(client::Client::default(), handle)
}

/// Whether this thread is in no context.
fn is_outside() -> bool {
    TokioHandle::try_current().is_err()
}

// Facades and their handles.

#[test]
fn a_facade_leads_to_its_value_and_its_loop_and_back() {
    on_each(Kind::ALL, |on| {
        let mut facade = client_on(&on).named("one");
        assert_eq!(facade.name(), "one");
        assert_eq!(id_of(&facade.handle()), id_of(&on));
        assert_eq!(facade.as_async().name, "one");
        facade.as_async_mut().name.push('!');
        assert_eq!(facade.into_async().name, "one!");
    });
}

#[test]
fn a_facade_that_stays_where_it_is_may_have_another_handle() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let mut facade = client_on(&on);
        facade.set_handle(&other.with_timeout(Duration::from_millis(5)));
        assert_eq!(id_of(&facade.handle()), id_of(&other));
        assert!(matches!(facade.never(), Err(Failure::Bridge(Error::TimedOut(_)))));
    });
}

#[test]
fn another_handle_brings_its_timeout_and_goes_to_children() {
    on_each(Kind::ALL, |on| {
        let timeout = Duration::from_millis(20);
        let mut facade = client_on(&on).on(&on.with_timeout(timeout));
        let started = Instant::now();
        assert!(matches!(facade.never(), Err(Failure::Bridge(Error::TimedOut(t))) if t == timeout));
        assert!(started.elapsed() >= timeout);
        assert_eq!(facade.get(&mut String::from("k")).unwrap(), 2);
        let child = facade.begin().unwrap();
        let never = call_wrap("Transaction::never", child.__held().on(), pending::<()>());
        assert!(matches!(never, Err(Error::TimedOut(t)) if t == timeout));
    });
}

#[test]
fn a_timeout_of_a_method_replaces_that_of_the_handle() {
    on_each(Kind::ALL, |on| {
        let (short, long) = (Duration::from_millis(10), Duration::from_millis(20));
        for (of_handle, of_method) in [(short, long), (long, short)] {
            let on = On::new(&on.with_timeout(of_handle)).with_timeout(of_method);
            assert!(matches!(call_wrap("f", &on, pending::<()>()), Err(Error::TimedOut(t)) if t == of_method));
        }
    });
}

#[test]
fn errors_of_the_bridge_are_returned_where_there_is_room_and_else_panic_at_the_callers_line() {
    on_each(Kind::ALL, |on| {
        let on = On::new(&on.with_timeout(Duration::from_millis(1)));
        let folded: Result<(), Failure> = call_with("f", &on, pending(), hold);
        assert!(matches!(folded, Err(Failure::Bridge(Error::TimedOut(_)))));
        let with: Result<(), String> = call_with("f", &on, pending(), |error| format!("with {error}"));
        assert!(with.unwrap_err().starts_with("with timed out"));
        assert!(matches!(call_wrap("f", &on, pending::<u8>()), Err(Error::TimedOut(_))));
        let folded = call_or("f", &on, pending(), Folds::<Result<u8, Failure>>::default().__bridge_fold());
        assert!(matches!(folded, Err(Failure::Bridge(Error::TimedOut(_)))));

        let (text, site) = panic_of(|| call::<_, u8>("Client::f", &on, pending()));
        assert!(text.starts_with("`Client::f`: timed out after 1ms"), "{text}");
        assert_eq!(site, line_before(2));
        let (text, site) = panic_of(|| call_or("Client::g", &on, pending(), Folds::<u8>::default().__bridge_fold()));
        assert!(text.starts_with("`Client::g`: timed out"), "{text}");
        assert_eq!(site, line_before(2));
    });
}

#[test]
fn the_errors_and_panics_of_a_method_are_its_callers() {
    on_each(Kind::ALL, |on| {
        assert!(matches!(client_on(&on).fail(), Err(Failure::Other)));
        let on = On::new(&on);
        let payload =
            catch_unwind(AssertUnwindSafe(|| call::<_, u8>("f", &on, async { panic_any(7_u8) }))).unwrap_err();
        assert_eq!(*payload.downcast::<u8>().unwrap(), 7);
    });
}

#[test]
fn an_action_is_made_and_awaited_on_the_loop() {
    struct Action(Log<Id>, u8);
    impl IntoFuture for Action {
        type Output = u8;
        type IntoFuture = Ready<u8>;

        fn into_future(self) -> Ready<u8> {
            self.0.push(TokioHandle::current().id());
            std::future::ready(self.1)
        }
    }
    on_each(Kind::ALL, |on| {
        let made = Log::new();
        assert_eq!(
            run("Action::run", &On::new(&on), Action(made.clone(), 3), Folds::<u8>::default().__bridge_fold()),
            3
        );
        assert_eq!(made.take(), [id_of(&on)]);
    });
}

// Drop, and what else starts no loop.

#[test]
fn a_value_is_dropped_and_cloned_by_its_owner_in_the_loops_context() {
    on_each(Kind::ALL, |on| {
        let log = Log::new();
        let facade = blocking::NeedsContext::wrap(client::NeedsContext(log.clone()), &on);
        let held = facade.__held().clone();
        let expected = (here(), id_of(&on));
        assert_eq!(log.take(), [expected]);
        drop(facade);
        assert_eq!(log.take(), [expected]);
        thread::spawn(move || drop(held)).join().unwrap();
        let dropped = log.take();
        assert!(dropped.len() == 1 && dropped[0].0 != here() && dropped[0].1 == id_of(&on), "{dropped:?}");
        assert!(is_outside());
    });
}

#[test]
fn a_drop_does_not_wait_for_a_busy_loop() {
    on_each(Kind::ALL, |on| {
        let (log, id) = (Log::new(), id_of(&on));
        let facade = blocking::NeedsContext::wrap(client::NeedsContext(log.clone()), &on);
        let busy = on.block_threads();
        drop(facade);
        assert_eq!(log.take(), [(here(), id)]);
        drop(busy);
    });
}

#[test]
fn a_drop_on_an_ended_loop_is_in_a_context() {
    on_each(Kind::ALL, |on| {
        let (log, handle) = (Log::new(), on.handle().clone());
        let facade = blocking::NeedsContext::wrap(client::NeedsContext(log.clone()), &on);
        drop(on);
        drop(facade);
        assert_eq!(log.take().len(), 1);
        assert!(is_outside());
        assert!(handle.is_closed());
    });
}

#[test]
fn a_drop_inside_a_runtime_is_in_the_context_of_the_facades_loop() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let log = Log::new();
        let facade = blocking::NeedsContext::wrap(client::NeedsContext(log.clone()), &on);
        let after = other.submit(async move {
            drop(facade);
            TokioHandle::current().id()
        });
        assert_eq!(after.result().unwrap(), id_of(&other));
        assert_eq!(log.take()[0].1, id_of(&on));
    });
}

#[test]
fn a_panic_of_a_values_drop_is_that_of_a_plain_drop() {
    on_each(Kind::ALL, |on| {
        let held = Held::with(OnDrop::new(|| panic_any(5_u8)), &On::new(&on));
        let payload = catch_unwind(AssertUnwindSafe(|| drop(held))).unwrap_err();
        assert_eq!(*payload.downcast::<u8>().unwrap(), 5);
        assert!(is_outside());
        assert_eq!(client_on(&on).get(&mut String::new()).unwrap(), 1);
    });
}

#[test]
fn a_drop_in_the_destructor_of_a_thread_local_is_a_plain_one() {
    thread_local!(static KEPT: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) });
    for has_ended in [false, true] {
        on_each(Kind::ALL, move |on| {
            let (log, handle) = (Log::new(), on.handle().clone());
            let dropped = log.clone();
            let on_drop = OnDrop::new(move || {
                let context = TokioHandle::try_current();
                dropped.push(context.is_err_and(|error| error.is_thread_local_destroyed()));
            });
            let on = (!has_ended).then_some(on);
            let thread = thread::spawn(move || {
                KEPT.set(Some(Box::new(Held::with(on_drop, &On::new(&handle)))));
                // The thread-locals of tokio, which come later, go first.
                drop(TokioHandle::try_current());
            });
            thread.join().unwrap();
            assert_eq!(log.take(), [true]);
            drop(on);
        });
    }
}

#[test]
fn builders_clones_and_drops_start_no_loop() {
    let held = Held::new(client::Client::default(), On::lazy(no_loop));
    let facade = blocking::Client::__from_held(held).named("x");
    drop(facade.__held().clone());
    assert_eq!(facade.as_async().name, "x");
    assert!(format!("{:?}", facade.__held()).starts_with("Client"));
    let facade = map0(facade, |value| value);
    let facade = map2(facade, |value, _: u8, _: u8| value, 1, 2);
    let facade = map3(facade, |value, _: u8, _: u8, _: u8| value, 1, 2, 3);
    let facade = map4(facade, |value, _: u8, _: u8, _: u8, _: u8| value, 1, 2, 3, 4);
    assert!(facade.__held().on().enter().is_none());
    drop(facade);
}

#[test]
fn a_loop_is_asked_for_once_by_the_first_call() {
    static ASKED: Mutex<usize> = Mutex::new(0);
    fn ask() -> Result<Handle, Error> {
        *ASKED.lock().unwrap() += 1;
        Ok(bridge::shared().clone())
    }
    let facade = blocking::Client::__from_held(Held::new(client::Client::default(), On::lazy(ask)));
    let facade = facade.named("x");
    assert_eq!(*ASKED.lock().unwrap(), 0);
    assert_eq!(facade.get(&mut String::new()).unwrap(), 1);
    assert_eq!(facade.name(), "x");
    drop(facade.__held().clone());
    assert_eq!(*ASKED.lock().unwrap(), 1);
}

#[test]
fn a_builder_runs_in_the_context_of_its_loop() {
    on_each(Kind::ALL, |on| {
        let id = id_of(&on);
        let facade = map0(client_on(&on), |value| {
            assert_eq!(TokioHandle::current().id(), id);
            assert_eq!(here(), thread::current().id());
            value
        });
        assert!(is_outside());
        drop(facade);
    });
}

// A drop that awaits.

#[test]
fn a_transaction_is_rolled_back_before_its_drop_returns() {
    on_each(Kind::ALL, |on| {
        let mut client = client_on(&on);
        let log = client.as_async().log.clone();
        drop(client.begin().unwrap());
        assert_eq!(log.take(), ["begin", "rollback", "end"]);
        client.begin().unwrap().commit().unwrap();
        assert_eq!(log.take(), ["begin", "commit", "end"]);
        {
            let mut outer = client.begin().unwrap();
            drop(outer.begin().unwrap());
            outer.commit().unwrap();
        }
        assert_eq!(log.take(), ["begin", "begin", "rollback", "end", "commit", "end"]);
        // What goes to async code is that code's to end.
        let transaction = client.begin().unwrap().into_async();
        assert_eq!(log.take(), ["begin"]);
        on.block_on(async { drop(transaction) }).unwrap();
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn a_transaction_is_rolled_back_in_a_panic() {
    on_each(Kind::ALL, |on| {
        let mut client = client_on(&on);
        let log = client.as_async().log.clone();
        let payload = catch_unwind(AssertUnwindSafe(|| {
            let _transaction = client.begin().unwrap();
            panic_any(9_u8);
        }))
        .unwrap_err();
        assert_eq!(*payload.downcast::<u8>().unwrap(), 9);
        assert_eq!(log.take(), ["begin", "rollback", "end"]);
    });
}

#[test]
fn a_transaction_is_rolled_back_inside_other_runtimes() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let mut client = client_on(&on);
        let log = client.as_async().log.clone();
        // In a task, which another thread may poll.
        let task = other.submit(async move { drop(client.begin().unwrap()) });
        task.result().unwrap();
        assert_eq!(log.take(), ["begin", "rollback", "end"]);
    });
    on_each(Kind::ALL, |on| {
        let mut client = client_on(&on);
        let log = client.as_async().log.clone();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { drop(client.begin().unwrap()) });
        runtime.block_on(runtime.spawn_blocking(move || drop(client.begin().unwrap()))).unwrap();
        assert_eq!(log.take(), ["begin", "rollback", "end"].repeat(2));
    });
}

/// A value whose rollback ends when `end` does.
fn value(log: &Log<&'static str>) -> OnDrop<impl FnOnce() + Send + use<>> {
    let log = log.clone();
    OnDrop::new(move || {
        let _ = TokioHandle::current();
        log.push("dropped");
    })
}

#[test]
fn on_the_loop_itself_a_value_is_dropped_at_once() {
    on_each(Kind::ONE_DRIVER, |on| {
        let log = Log::new();
        let held = Held::with(value(&log), &On::new(&on));
        let inside = log.clone();
        let task = on.submit(async move {
            drop_with(held, HANGS, |value| async move {
                inside.push("started");
                pending::<()>().await;
                drop(value);
            });
        });
        task.result().unwrap();
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn a_worker_awaits_on_its_own_runtime() {
    on_each([Kind::MultiThread], |on| {
        let mut client = client_on(&on);
        let log = client.as_async().log.clone();
        on.submit(async move { drop(client.begin().unwrap()) }).result().unwrap();
        assert_eq!(log.take(), ["begin", "rollback", "end"]);
    });
}

#[test]
fn after_the_timeout_a_value_is_dropped() {
    on_each(Kind::ALL, |on| {
        let (log, timeout) = (Log::new(), Duration::from_millis(30));
        let inside = log.clone();
        let started = Instant::now();
        drop_with(Held::with(value(&log), &On::new(&on)), timeout, |value| async move {
            inside.push("started");
            pending::<()>().await;
            drop(value);
        });
        assert!(started.elapsed() >= timeout);
        assert_eq!(log.take(), ["started", "dropped"]);
        // The handle's own holds as well.
        let hasty = On::new(&on.with_timeout(timeout));
        drop_with(Held::with(value(&log), &hasty), HANGS * 2, |value| async move {
            pending::<()>().await;
            drop(value);
        });
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn a_drop_awaits_after_the_canceller_of_its_handle_was_cancelled() {
    on_each(Kind::ALL, |on| {
        let (log, canceller) = (Log::new(), bridge::Canceller::new());
        let held = Held::with(value(&log), &On::new(&on.with_canceller(&canceller)));
        canceller.cancel();
        let inside = log.clone();
        drop_with(held, HANGS, |value| async move {
            inside.push("rolled back");
            drop(value);
        });
        assert_eq!(log.take(), ["rolled back", "dropped"]);
    });
}

#[test]
fn a_drop_that_awaits_is_reported_where_it_is() {
    on_each(Kind::ALL, |on| {
        let (log, on) = (Log::new(), On::new(&on));
        let me = thread::current().id();
        let (go, wait) = tokio::sync::oneshot::channel();
        let observer = thread::spawn(move || {
            loop {
                if let Some(blocked) = bridge::blocked().into_iter().find(|blocked| blocked.thread_id() == me) {
                    go.send(()).unwrap();
                    return format!("{}:{}", blocked.call_site().file(), blocked.call_site().line());
                }
                thread::yield_now();
            }
        });
        drop_with(Held::with(value(&log), &on), HANGS, |value| async move { drop((wait.await, value)) });
        let site = line_before(1);
        assert_eq!(observer.join().unwrap(), site);
    });
}

#[test]
fn a_loop_that_is_busy_holds_a_drop_up_for_the_timeout_alone() {
    on_each(Kind::ONE_THREAD, |on| {
        let (log, timeout) = (Log::new(), Duration::from_millis(30));
        let held = Held::with(value(&log), &On::new(&on));
        let busy = on.block_threads();
        drop_with(held, timeout, |value| async move {
            tokio::time::sleep(HANGS).await;
            drop(value);
        });
        assert_eq!(log.take(), ["dropped"]);
        drop(busy);
    });
}

#[test]
fn on_an_ended_loop_a_value_is_dropped_at_once() {
    on_each(Kind::ALL, |on| {
        let log = Log::new();
        let held = Held::with(value(&log), &On::new(&on));
        drop(on);
        let inside = log.clone();
        drop_with(held, HANGS, |value| async move {
            inside.push("started");
            drop(value);
        });
        assert_eq!(log.take(), ["dropped"]);
    });
}

#[test]
fn a_drop_that_awaits_starts_the_loop() {
    let log = Log::new();
    let inside = log.clone();
    let lazy = || Ok(bridge::shared().clone());
    drop_with(Held::new(value(&log), On::lazy(lazy)), HANGS, |value| async move {
        tokio::task::yield_now().await;
        inside.push("awaited");
        drop(value);
    });
    assert_eq!(log.take(), ["awaited", "dropped"]);
}

#[test]
fn where_the_loop_is_not_started_a_value_is_dropped_at_once() {
    let log = Log::new();
    let value = OnDrop::new({
        let log = log.clone();
        move || log.push("dropped")
    });
    drop_with(Held::new(value, On::lazy(|| Err(Error::Closed))), HANGS, |_| async { unreachable!("there is no loop") });
    assert_eq!(log.take(), ["dropped"]);
}

#[test]
fn a_drop_that_awaits_never_panics() {
    on_each(Kind::ALL, |on| {
        let facade = On::new(&on);
        let log = Log::new();
        let dropping = |log: &Log<&'static str>| {
            let log = log.clone();
            OnDrop::new(move || {
                log.push("dropped");
                panic!("the value's drop");
            })
        };
        let drops = |log: &Log<&'static str>| {
            drop_with(Held::with(value(log), &facade), HANGS, |_value| async { panic!("the method") });
            drop_with(Held::with(value(log), &facade), HANGS, |_value| -> Ready<()> { panic!("as it is called") });
            drop_with(Held::with(dropping(log), &facade), HANGS, |value| async move { drop(value) });
            drop_with(Held::with(dropping(log), &On::lazy(no_loop)), HANGS, |value| async move { drop(value) });
            drop_with(Held::with(dropping(log), &facade).take(), Duration::ZERO, |value| async move { drop(value) });
        };
        drops(&log);
        assert_eq!(log.take(), ["dropped"; 5]);
        let payload = catch_unwind(AssertUnwindSafe(|| {
            let _drops = OnDrop::new(|| drops(&log));
            resume_unwind(Box::new(3_u8));
        }))
        .unwrap_err();
        assert_eq!(*payload.downcast::<u8>().unwrap(), 3);
        assert_eq!(log.take(), ["dropped"; 5]);
        drop_with(Held::with(value(&log), &facade).take().take(), HANGS, |value| async move { drop(value) });
        let mut held = Held::with(value(&log), &facade);
        drop(held.take());
        assert!(held.is_empty());
        assert_eq!(log.take(), ["dropped"; 2]);
        drop_with(held, HANGS, |_| async { panic!("there is nothing to drop") });
    });
}

// Borrows, threads and types.

#[test]
fn a_child_that_borrows_goes_to_another_thread() {
    on_each(Kind::ALL, |on| {
        let mut client = client_on(&on);
        let log = client.as_async().log.clone();
        thread::scope(|scope| {
            let transaction = client.begin().unwrap();
            scope.spawn(move || transaction.commit().unwrap());
        });
        assert_eq!(client.get(&mut String::from("k")).unwrap(), 2);
        assert_eq!(log.take(), ["begin", "commit", "end"]);
    });
}

#[test]
fn a_facade_is_covariant_and_as_send_and_sync_as_its_value() {
    /// Whether a type implements a trait: the inherent constant is there if it does, and hides the other.
    macro_rules! implements {
        ($ty:ty: $trait:path) => {{
            #[allow(dead_code)]
            trait No {
                const IS: bool = false;
            }
            impl<T> No for T {}
            #[allow(dead_code)]
            struct Is<T>(PhantomData<T>);
            #[allow(dead_code)]
            impl<T: $trait> Is<T> {
                const IS: bool = true;
            }
            <Is<$ty>>::IS
        }};
    }
    const {
        assert!(implements!(Held<u8>: Send) && implements!(Held<u8>: Sync));
        assert!(implements!(Held<Cell<u8>>: Send) && !implements!(Held<Cell<u8>>: Sync));
        assert!(!implements!(Held<MutexGuard<'static, u8>>: Send) && implements!(Held<MutexGuard<'static, u8>>: Sync));
        assert!(
            implements!(Held<u8>: UnwindSafe) && implements!(Held<u8>: RefUnwindSafe) && implements!(Held<u8>: Unpin)
        );
        assert!(implements!(Held<u8>: Clone) && !implements!(Held<AtomicU8>: Clone));
        // A context is a thread's.
        assert!(!implements!(EnterGuard<'static>: Send));
    }
    #[allow(dead_code)]
    fn shorter<'short>(
        transaction: blocking::Transaction<'static>,
        held: Held<&'static str>,
    ) -> (blocking::Transaction<'short>, Held<&'short str>) {
        (transaction, held)
    }
}

// Calls inside of runtimes.

#[test]
fn calls_inside_of_other_runtimes_answer() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let facade = Arc::new(client_on(&on));
        let inside = Arc::clone(&facade);
        assert_eq!(other.submit(async move { inside.get(&mut String::new()).unwrap() }).result().unwrap(), 1);
        assert_eq!(other.block_on(async { facade.get(&mut String::new()).unwrap() }).unwrap(), 1);
        let blocking =
            other.block_on(async { tokio::task::spawn_blocking(move || facade.get(&mut String::new())).await });
        assert_eq!(blocking.unwrap().unwrap().unwrap(), 1);
    });
}

#[test]
fn calls_inside_of_their_own_loop_answer_or_would_deadlock() {
    on_each(Kind::ALL, |on| {
        let facade = Arc::new(client_on(&on));
        let inside = Arc::clone(&facade);
        let in_a_task = on.submit(async move { inside.get(&mut String::new()) }).result().unwrap();
        match in_a_task {
            Ok(1) => assert_eq!(on.kind, Kind::MultiThread),
            Err(Failure::Bridge(Error::WouldDeadlock(_))) => assert!(on.kind.has_one_driver()),
            other => panic!("{other:?}"),
        }
        match on.block_on(async { facade.get(&mut String::new()) }).unwrap() {
            Ok(1) => assert!(on.kind.polls_on_the_caller()),
            Err(Failure::Bridge(Error::WouldDeadlock(_))) => assert_eq!(on.kind, Kind::EventLoop),
            other => panic!("{other:?}"),
        }
        let blocking = on.submit(async { tokio::task::spawn_blocking(move || facade.get(&mut String::new())).await });
        assert_eq!(blocking.result().unwrap().unwrap().unwrap(), 1);
    });
}

// `Handle::enter`.

#[test]
fn what_is_made_in_an_entered_context_is_the_loops() {
    on_each(Kind::ALL, |on| {
        let id = id_of(&on);
        {
            let _context = on.enter();
            assert_eq!(TokioHandle::current().id(), id);
            assert_eq!(id_of(&Handle::current()), id);
            let sleep = tokio::time::sleep(Duration::from_millis(1));
            on.block_on(sleep).unwrap();
            let spawned = tokio::spawn(async { TokioHandle::current().id() });
            assert_eq!(on.block_on(spawned).unwrap().unwrap(), id);
        }
        assert!(is_outside());
        assert!(Handle::try_current().is_none());
    });
}

/// Calls that need the loop to be driven.
fn calls_answer(on: &Handle) {
    on.block_on(async {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::spawn(async {}).await.unwrap();
    })
    .unwrap();
    on.submit(tokio::task::yield_now()).result().unwrap();
}

#[test]
fn a_thread_that_has_entered_a_loop_does_not_drive_it() {
    on_each(Kind::ALL, |on| {
        let _context = on.enter();
        calls_answer(&on);
        let _again = on.enter();
        calls_answer(&on);
    });
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let (_one, _other) = (on.enter(), other.enter());
        calls_answer(&on);
        calls_answer(&other);
        drop((_other, _one));
    });
}

#[test]
fn a_thread_inside_another_runtime_that_has_entered_a_loop_does_not_drive_it() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let (on, id) = (Arc::new(on), id_of(&other));
        let inside = Arc::clone(&on);
        let task = other.submit(async move {
            let _context = inside.enter();
            calls_answer(&inside);
        });
        task.result().unwrap();
        let inside = Arc::clone(&on);
        let blocking = other.submit(async {
            tokio::task::spawn_blocking(move || {
                let _context = inside.enter();
                calls_answer(&inside);
            })
            .await
        });
        blocking.result().unwrap().unwrap();
        other
            .block_on(async {
                let _context = on.enter();
                calls_answer(&on);
            })
            .unwrap();
        assert_eq!(id_of(&other), id);
    });
    on_each(Kind::ALL, |on| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let _context = on.enter();
            calls_answer(&on);
        });
    });
}

#[test]
fn a_task_that_has_entered_another_loop_still_drives_its_own() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ALL, |on, other| {
        let (own, entered) = (on.handle().clone(), other.handle().clone());
        let task = on.submit(async move {
            let _context = entered.enter();
            own.block_on(async {})
        });
        assert!(matches!(task.result().unwrap(), Err(Error::WouldDeadlock(_))));
    });
}

#[test]
fn a_thread_that_drives_the_runtime_that_it_has_entered_before_is_refused() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = Handle::from(&runtime);
    let _context = handle.enter();
    let refused = runtime.block_on(async { handle.block_on(tokio::task::yield_now()) });
    assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
    let _again = handle.enter();
    let refused = runtime.block_on(async { handle.submit(async {}).result() });
    assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
}

#[test]
fn a_thread_that_waits_in_block_on_of_the_runtime_that_it_has_entered_before_is_refused() {
    on_each([Kind::CurrentThread], |on| {
        let _context = on.enter();
        // It would have to drive the runtime if the other thread left.
        let refused =
            TokioHandle::current().block_on(async { on.block_on(tokio::time::sleep(Duration::from_millis(1))) });
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
        calls_answer(&on);
    });
}

#[test]
fn a_guard_does_not_hold_up_the_end_of_its_loop() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let _context = handle.enter();
        on.shutdown(None).unwrap();
        assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
    });
}

#[test]
fn a_loop_that_waits_in_an_entered_context_does_not_hold_up_the_end_of_that_loop() {
    on_each_pair([Kind::EventLoop], [Kind::EventLoop], |on, other| {
        let entered = SharedLoop::new().unwrap();
        let handle = entered.handle().clone();
        let task = on.submit(async move {
            let _context = handle.enter();
            other.block_on(async move { entered.shutdown() })
        });
        assert!(task.result().unwrap().unwrap().is_ok());
    });
}

#[test]
fn the_current_loop_is_the_one_that_was_entered_last() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let (one, other_handle) = (on.handle().clone(), other.handle().clone());
        let current = || format!("{:?}", Handle::current());
        let task = on.submit(async move {
            let before = current();
            let within = {
                let _context = other_handle.enter();
                let _again = one.enter();
                let _last = other_handle.enter();
                current()
            };
            [before, within, current()]
        });
        let [one, other] = [&on, &other].map(|on| format!("{:?}", on.handle()));
        assert_eq!(task.result().unwrap(), [one.clone(), other, one]);
    });
}

#[test]
fn the_context_of_an_ended_loop_drops_what_is_spawned() {
    on_each(Kind::ALL, |on| {
        let handle = on.handle().clone();
        drop(on);
        let (log, other) = (Log::new(), SharedLoop::new().unwrap());
        {
            let _context = handle.enter();
            let dropped = log.clone();
            let on_drop = OnDrop::new(move || dropped.push(()));
            let spawned = tokio::spawn(async move { drop(on_drop) });
            assert_eq!(log.take(), [()]);
            assert!(other.block_on(spawned).unwrap().unwrap_err().is_cancelled());
            assert!(Handle::current().is_closed());
            assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
            calls_answer(&other);
        }
        assert!(is_outside());
    });
}

// std's traits.

/// A connection, and the other end of it.
fn connection(on: &Handle) -> (TcpStream, TcpStream) {
    on.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (here, there) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (here.unwrap(), there.unwrap().0)
    })
    .unwrap()
}

facade!(Io<T>(T));

impl<T: AsyncRead + Unpin + Send> Read for Io<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (value, on) = self.held.parts_mut();
        read("Io::read", on, value, into)
    }
}

impl<T: AsyncWrite + Unpin + Send> Write for Io<T> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let (value, on) = self.held.parts_mut();
        write("Io::write", on, value, from)
    }

    fn flush(&mut self) -> io::Result<()> {
        let (value, on) = self.held.parts_mut();
        flush("Io::flush", on, value)
    }
}

impl<T: AsyncBufRead + Unpin + Send> BufRead for Io<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let (value, on) = self.held.parts_mut();
        fill_buf("Io::fill_buf", on, value)
    }

    fn consume(&mut self, amount: usize) {
        let (value, on) = self.held.parts_mut();
        consume(on, value, amount);
    }
}

impl<T: AsyncSeek + Unpin + Send> Seek for Io<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (value, on) = self.held.parts_mut();
        seek("Io::seek", on, value, to)
    }
}

#[test]
fn a_socket_is_read_and_written() {
    on_each(Kind::ALL, |on| {
        let (here, there) = connection(&on);
        let (mut here, mut there) = (Io::wrap(here, &on), Io::wrap(there, &on));
        let writer = thread::spawn(move || {
            here.write_all(b"one\ntwo\n").unwrap();
            here.flush().unwrap();
            let mut answer = String::new();
            here.read_to_string(&mut answer).unwrap();
            answer
        });
        let mut sent = [0; 8];
        there.read_exact(&mut sent).unwrap();
        assert_eq!(sent, *b"one\ntwo\n");
        there.write_all(b"thanks").unwrap();
        drop(there);
        assert_eq!(writer.join().unwrap(), "thanks");
    });
}

#[test]
fn lines_are_read_from_a_buffered_reader() {
    on_each(Kind::ALL, |on| {
        let (here, there) = connection(&on);
        // A buffer that is smaller than a line.
        let lines = Io::wrap(BufReader::with_capacity(4, here), &on);
        let mut there = Io::wrap(there, &on);
        there.write_all("eins zwei\n\ndrei".as_bytes()).unwrap();
        drop(there);
        let lines: Vec<_> = lines.lines().map(Result::unwrap).collect();
        assert_eq!(lines, ["eins zwei", "", "drei"]);
    });
}

#[test]
fn a_file_is_sought() {
    let path = std::env::temp_dir().join(format!("bridge-facade-{}", std::process::id()));
    std::fs::write(&path, "0123456789").unwrap();
    let file = path.clone();
    on_each(Kind::ALL, move |on| {
        let opened = on.block_on(tokio::fs::File::open(&file)).unwrap().unwrap();
        let mut opened = Io::wrap(opened, &on);
        let mut two = [0; 2];
        opened.read_exact(&mut two).unwrap();
        assert_eq!(opened.seek(SeekFrom::Current(2)).unwrap(), 4);
        opened.read_exact(&mut two).unwrap();
        assert_eq!(two, *b"45");
        assert_eq!(opened.seek(SeekFrom::End(-1)).unwrap(), 9);
        assert_eq!(opened.stream_position().unwrap(), 9);
        opened.seek(SeekFrom::End(-99)).unwrap_err();
        // A write that is under way comes first.
        let opened = on.block_on(tokio::fs::File::options().write(true).open(&file)).unwrap().unwrap();
        let mut opened = Io::wrap(opened, &on);
        assert_eq!(opened.write(b"0").unwrap(), 1);
        assert_eq!(opened.seek(SeekFrom::Current(1)).unwrap(), 2);
        let mut cursor = Io::wrap(Cursor::new(vec![1, 2, 3]), &on);
        assert_eq!(cursor.seek(SeekFrom::Start(2)).unwrap(), 2);
        assert_eq!(cursor.fill_buf().unwrap(), [3]);
    });
    std::fs::remove_file(path).unwrap();
}

/// A reader that is not `Unpin`.
struct Pinned(PhantomPinned);

impl AsyncRead for Pinned {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        into.put_slice(&b"pinned"[..into.remaining().min(6)]);
        Poll::Ready(Ok(()))
    }
}

impl Stream for Pinned {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(1))
    }
}

#[test]
fn what_is_not_unpin_is_declared_pinned() {
    on_each(Kind::ALL, |on| {
        let held: Held<Pin<Box<Pinned>>> = Held::pinned(Pinned(PhantomPinned), &On::new(&on));
        let mut io = Io::__from_held(held);
        let mut six = [0; 6];
        io.read_exact(&mut six).unwrap();
        assert_eq!(six, *b"pinned");
        let (value, on) = io.held.parts_mut();
        assert_eq!(next("Pinned::next", on, value, &mut false, Folds::<u8>::default().__bridge_fold()), Some(1));
    });
}

#[test]
fn errors_of_the_bridge_are_io_errors_of_a_fitting_kind() {
    on_each(Kind::ALL, |on| {
        let (here, _there) = connection(&on);
        let mut io = Io::wrap(here, &on.with_timeout(Duration::from_millis(5)));
        assert_eq!(io.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(io.write(b"x").unwrap(), 1);
        let mut io = io.on(&on);
        if on.kind.has_one_driver() {
            let (error, back) = on.submit(async move { (io.read(&mut [0]).unwrap_err(), io) }).result().unwrap();
            assert_eq!(error.kind(), ErrorKind::Deadlock);
            io = back;
        }
        drop(on);
        assert_eq!(io.read(&mut [0]).unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(io.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(io.flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

/// A reader that answers each question for its buffer once.
struct Script(std::vec::IntoIter<Poll<&'static [u8]>>);

impl AsyncRead for Script {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        unreachable!("its buffer is read")
    }
}

impl AsyncBufRead for Script {
    fn poll_fill_buf(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.0.next().expect("it is asked no more").map(Ok)
    }

    fn consume(self: Pin<&mut Self>, _: usize) {}
}

fn script<const N: usize>(answers: [Poll<&'static [u8]>; N]) -> Script {
    Script(Vec::from(answers).into_iter())
}

#[test]
fn a_buffer_that_is_gone_when_it_is_asked_for_again_is_read_once_more() {
    on_each(Kind::ALL, |on| {
        let (mut line, x) = (String::new(), Poll::Ready(&b"x\n"[..]));
        Io::wrap(script([x, Poll::Pending, x, x]), &on).read_line(&mut line).unwrap();
        assert_eq!(line, "x\n");
    });
}

#[test]
fn the_end_of_a_reader_is_not_asked_for_again() {
    on_each(Kind::ALL, |on| {
        assert_eq!(Io::wrap(script([Poll::Ready(&[])]), &on).fill_buf().unwrap(), []);
    });
}

/// A receiver as a stream.
pub(crate) struct Rows<T>(Receiver<T>);

impl<T> Stream for Rows<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(cx)
    }
}

facade!(Iter<T>(Rows<T>));

impl<T: Send> Iterator for Iter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        let (value, on, is_over) = self.held.stream_parts();
        next("Iter::next", on, value, is_over, Folds::<T>::default().__bridge_fold())
    }
}

#[test]
fn a_stream_is_an_iterator() {
    on_each(Kind::ALL, |on| {
        let (send, receive) = tokio::sync::mpsc::channel(1);
        let rows = Iter::wrap(Rows(receive), &on);
        drop(on.submit(async move {
            for row in 0..100 {
                send.send(row).await.unwrap();
            }
        }));
        assert!(rows.eq(0..100));
    });
}

#[test]
fn an_error_of_the_bridge_is_an_item_or_a_panic_and_no_end() {
    on_each(Kind::ALL, |on| {
        let hasty = On::new(&on.with_timeout(Duration::from_millis(1)));
        let (_send, receive) = tokio::sync::mpsc::channel::<Result<u8, Failure>>(1);
        let mut rows = Rows(receive);
        let item =
            next("Rows::next", &hasty, &mut rows, &mut false, Folds::<Result<u8, Failure>>::default().__bridge_fold());
        assert!(matches!(item, Some(Err(Failure::Bridge(Error::TimedOut(_))))));
        let (_send, receive) = tokio::sync::mpsc::channel::<u8>(1);
        let mut rows = Iter::wrap(Rows(receive), hasty.handle());
        let (text, site) = panic_of(|| rows.next());
        assert!(text.starts_with("`Iter::next`: timed out after 1ms"), "{text}");
        assert_eq!(site, line_before(2));
    });
}

#[test]
fn after_an_error_that_would_come_again_an_iterator_is_over() {
    on_each(Kind::LOOPS, |on| {
        let (canceller, failure) = (bridge::Canceller::new(), Folds::<Result<u8, Failure>>::default().__bridge_fold());
        let cancelled = On::new(&on.with_canceller(&canceller));
        canceller.cancel();
        let ended = On::new(&on);
        drop(on);
        for on in [cancelled, ended] {
            let (_send, receive) = tokio::sync::mpsc::channel::<Result<u8, Failure>>(1);
            let mut items = items("Client::rows", &on, Rows(receive), failure);
            assert!(matches!(items.next(), Some(Err(Failure::Bridge(Error::Cancelled | Error::Closed)))));
            assert!(items.next().is_none() && items.next().is_none());
        }
    });
}

/// An item, the end, and a panic where it is polled again, as of many streams.
struct Once(Option<u8>);

impl Stream for Once {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        self.0 = self.0.expect("not polled after its end").checked_sub(1);
        Poll::Ready(self.0)
    }
}

#[test]
fn a_stream_that_has_ended_is_not_polled_again() {
    on_each(Kind::ALL, |on| {
        let on = On::new(&on);
        let (mut stream, mut is_over) = (Once(Some(1)), false);
        let mut by_name = || next("Iter::next", &on, &mut stream, &mut is_over, Folds::<u8>::default().__bridge_fold());
        assert_eq!([by_name(), by_name(), by_name()], [Some(0), None, None]);
        let mut unnamed = items("Client::rows", &on, Once(Some(1)), Folds::<u8>::default().__bridge_fold());
        assert_eq!([unnamed.next(), unnamed.next(), unnamed.next()], [Some(0), None, None]);
    });
}

// The probe.

/// Stands for a `facade!`.
struct By;

#[derive(Clone)]
struct Response;

impl Faced<By> for Response {}

type Reply<T> = Result<T, Failure>;

macro_rules! has_facade {
    ($($ty:ty),* $(,)?) => { $(let HasFacade = Probe::<$ty, By>::KIND;)* };
}

#[test]
fn a_type_with_a_facade_is_found_in_what_holds_it() {
    has_facade! {
        Response, &Response, &'static mut Response, &[Response], [Response; 2], Option<Response>, Vec<Response>,
        Box<Response>, Arc<Response>, Rc<Response>, Pin<Box<Response>>, Mutex<Response>, RefCell<Response>, Cell<Response>,
        HashMap<u8, Response>, BTreeMap<u8, Response>, Poll<Response>, Result<Response, u8>, Reply<Response>,
        Reply<Option<Vec<Response>>>, Arc<Mutex<Response>>, Cow<'static, [Response]>,
    }
    let HasFacade = Probe::<(u8, Response), At<1, By>>::KIND;
    let HasFacade = Probe::<Reply<(Response, u8, u8)>, At<0, By>>::KIND;
    let HasFacade = Awaited::<Ready<u8>>::KIND;
    let HasFacade = Awaited::<Pin<Box<dyn Future<Output = ()>>>>::KIND;
    let HasFacade = Streamed::<futures::stream::Empty<u8>>::KIND;
}

#[test]
fn a_type_without_a_facade_leaves() {
    fn generic<T>(_: T) {
        leaves::<Reply<T>, _>(Probe::<Reply<T>, By>::KIND);
        settled::<T, _, _>(Awaited::<T>::KIND, HasNone);
        unstreamed::<T, _, _>(Streamed::<T>::KIND, HasNone);
    }
    generic(1_u8);
    // Of another `facade!`.
    leaves::<Response, _>(Probe::<Response, u8>::KIND);
    leaves::<Result<u8, Response>, _>(Probe::<Result<u8, Response>, By>::KIND);
    leaves::<str, _>(Probe::<str, By>::KIND);
    leaves::<dyn Send, _>(Probe::<dyn Send, By>::KIND);
    settled::<Vec<u8>, _, _>(Awaited::<Vec<u8>>::KIND, HasNone);
    unstreamed::<Vec<u8>, _, _>(Streamed::<Vec<u8>>::KIND, HasNone);
    leaves_tuple::<(u8, String), _, _, _, _>(
        Probe::<(u8, String), At<0, By>>::KIND,
        Probe::<(u8, String), At<1, By>>::KIND,
        Probe::<(u8, String), At<2, By>>::KIND,
        Probe::<(u8, String), At<3, By>>::KIND,
    );
    let HasNone = Probe::<String, By>::KIND;
}
