//! Scoped calls, `block_on` and `block_on_local`: the future borrows from the caller, and when the call returns or
//! unwinds nothing of it is left.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};
use std::time::Duration;

use bridge::{Error, Handle, LocalHandle};
use bridge_tests::kinds::{Kind, on_each, on_each_pair};
use bridge_tests::{DropGuard, Drops, Log, OnDrop, block_thread, event_loop, wait_until};
use tokio::sync::oneshot;

/// A timeout that runs out after the loop has started the call.
const STARTS: Duration = Duration::from_secs(1);
/// One that may run out before.
const SHORT: Duration = Duration::from_millis(30);

fn thread_of(handle: &Handle) -> ThreadId {
    handle.block_on(async { thread::current().id() }).unwrap()
}

// Borrowing.

#[test]
fn a_future_may_borrow_from_the_callers_stack() {
    on_each(Kind::ALL, |on| {
        let words = [String::from("one"), String::from("two")];
        let joined = on.block_on(async {
            tokio::task::yield_now().await;
            words.concat()
        });
        assert_eq!(joined.unwrap(), words.concat());
    });
}

#[test]
fn a_future_may_fill_what_the_caller_owns() {
    on_each(Kind::ALL, |on| {
        let mut lines = Vec::new();
        for i in 0..3 {
            on.block_on(async {
                lines.push(i);
                tokio::time::sleep(Duration::from_millis(1)).await;
                lines.push(i * 10);
            })
            .unwrap();
        }
        assert_eq!(lines, [0, 0, 1, 10, 2, 20]);
    });
}

#[test]
fn what_a_future_wrote_before_its_timeout_ran_out_is_there() {
    on_each(Kind::ALL, |on| {
        let mut lines = Vec::new();
        let timed_out = on.with_timeout(STARTS).block_on(async {
            lines.push(1);
            tokio::task::yield_now().await;
            lines.push(2);
            pending::<()>().await;
            lines.push(3);
        });
        assert!(matches!(timed_out, Err(Error::TimedOut(_))));
        assert_eq!(lines, [1, 2]);
    });
}

#[test]
fn the_output_may_borrow_from_the_caller() {
    on_each(Kind::ALL, |on| {
        let text = String::from("one two");
        let first = on.block_on(async { text.split(' ').next() }).unwrap();
        assert_eq!(first, Some("one"));
    });
}

#[test]
fn a_local_future_and_what_makes_it_may_borrow_from_the_caller() {
    let event_loop = event_loop();
    let words = ["a", "bc"];
    let mut lengths = Vec::new();
    let last = event_loop.block_on_local(|| {
        let count = Rc::new(Cell::new(words.len()));
        let lengths = &mut lengths;
        let words = &words;
        async move {
            for word in words {
                tokio::task::yield_now().await;
                lengths.push(word.len());
                count.set(count.get() + 1);
            }
            assert_eq!(count.get(), 4);
            words.last()
        }
    });
    assert_eq!(last.unwrap(), Some(&"bc"));
    assert_eq!(lengths, [1, 2]);
}

#[test]
fn many_threads_may_each_lend_their_own() {
    on_each(Kind::ALL, |on| {
        thread::scope(|scope| {
            for thread in 0..8_usize {
                let handle = on.handle();
                scope.spawn(move || {
                    let mut own = vec![thread];
                    for i in 1..=200 {
                        let call = async {
                            own.push(thread);
                            if i % 3 == 0 {
                                tokio::task::yield_now().await;
                            }
                            own.len()
                        };
                        assert_eq!(handle.block_on(call).unwrap(), i + 1);
                    }
                    assert_eq!(own, vec![thread; 201]);
                });
            }
        });
    });
}

#[test]
fn a_future_may_lend_on_to_a_call_onto_another_loop() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let other = other.handle();
        let mut lines = Vec::new();
        let inner = one.block_on(async {
            lines.push("outer");
            let inner = other.block_on(async { lines.push("inner") });
            lines.push("outer again");
            inner
        });
        inner.unwrap().unwrap();
        assert_eq!(lines, ["outer", "inner", "outer again"]);
    });
}

#[test]
fn a_future_does_not_move_between_its_polls() {
    struct Pinned {
        at: Option<usize>,
        left: u32,
        _pinned: PhantomPinned,
    }
    impl Future for Pinned {
        type Output = bool;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
            let now = &raw const *self as usize;
            // SAFETY: nothing is moved out of it.
            let this = unsafe { self.get_unchecked_mut() };
            if *this.at.get_or_insert(now) != now {
                return Poll::Ready(false);
            }
            this.left -= 1;
            if this.left == 0 {
                return Poll::Ready(true);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
    on_each(Kind::ALL, |on| {
        let pinned = || Pinned { at: None, left: 5, _pinned: PhantomPinned };
        assert!(on.block_on(pinned()).unwrap());
        assert!(on.submit(pinned()).result().unwrap());
        if let Some(local) = on.local() {
            assert!(local.block_on_local(pinned).unwrap());
            assert!(local.submit_local(pinned).result().unwrap());
        }
    });
}

// Where it runs.

#[test]
fn the_future_is_polled_on_the_one_thread_that_the_kind_of_loop_says() {
    on_each(Kind::ALL, |on| {
        let threads = Log::new();
        let call = async {
            for _ in 0..3 {
                threads.push(thread::current().id());
                tokio::task::yield_now().await;
            }
        };
        on.block_on(call).unwrap();
        assert_eq!(threads.take(), [on.polls_calls_on(); 3]);
    });
}

#[test]
fn a_local_future_is_made_polled_and_dropped_on_the_loops_thread() {
    let event_loop = event_loop();
    let threads = Log::new();
    let note = |what| threads.push((what, thread::current().id()));
    let call = || {
        note("made");
        async {
            let _guard = OnDrop::new(|| note("dropped"));
            note("polled");
            tokio::task::yield_now().await;
            note("polled");
        }
    };
    event_loop.block_on_local(call).unwrap();
    let on = thread_of(&event_loop);
    assert_eq!(threads.take(), ["made", "polled", "polled", "dropped"].map(|what| (what, on)));
}

#[test]
fn a_local_future_may_spawn_onto_its_loop() {
    let value = event_loop().block_on_local(|| async {
        let shared = Rc::new(RefCell::new(vec![1]));
        let other = Rc::clone(&shared);
        tokio::task::spawn_local(async move { other.borrow_mut().push(2) }).await.unwrap();
        shared.take()
    });
    assert_eq!(value.unwrap(), [1, 2]);
}

// Nothing is left after the return.

/// How a call that captures a guard ended, with the threads that had dropped its guards when it did.
struct End {
    result: thread::Result<Result<(), Error>>,
    drops: Vec<ThreadId>,
}

/// A `block_on` whose future captures a guard and makes another one by its first poll, then goes on as `body`.
fn call<F: Future<Output = ()> + Send>(handle: &Handle, body: F) -> End {
    let drops = Drops::new();
    let captured = drops.guard();
    let result = catch_unwind(AssertUnwindSafe(|| {
        handle.block_on(async {
            let _made = drops.guard();
            body.await;
            drop(captured);
        })
    }));
    End { result, drops: drops.threads() }
}

/// The same with `block_on_local`.
fn call_local<M, F>(handle: &LocalHandle, make: M) -> End
where
    M: FnOnce() -> F + Send,
    F: Future<Output = ()>,
{
    let drops = Drops::new();
    let captured = drops.guard();
    let result = catch_unwind(AssertUnwindSafe(|| {
        handle.block_on_local(|| {
            let captured = Rc::new(captured);
            let (made, body) = (drops.guard(), make());
            async move {
                let _made = made;
                body.await;
                drop(captured);
            }
        })
    }));
    End { result, drops: drops.threads() }
}

#[test]
fn nothing_is_left_after_a_value() {
    on_each(Kind::ALL, |on| {
        let there = on.polls_calls_on();
        let yields = tokio::task::yield_now;
        let mut ends = vec![call(&on, ready(())), call(&on, yields())];
        if let Some(local) = on.local() {
            ends.extend([call_local(local, || ready(())), call_local(local, yields)]);
        }
        for end in ends {
            assert!(matches!(end.result, Ok(Ok(()))));
            assert_eq!(end.drops, [there, there]);
        }
    });
}

#[test]
fn nothing_is_left_after_a_panic() {
    on_each(Kind::ALL, |on| {
        let there = on.polls_calls_on();
        let late = || async {
            tokio::task::yield_now().await;
            panic!("late");
        };
        let mut ends = vec![call(&on, async { panic!("at once") }), call(&on, late())];
        if let Some(local) = on.local() {
            ends.extend([call_local(local, || async { panic!("at once") }), call_local(local, late)]);
        }
        for end in ends {
            assert!(end.result.is_err());
            assert_eq!(end.drops, [there, there]);
        }
    });
}

#[test]
fn nothing_is_left_after_a_panic_of_what_makes_the_future() {
    let event_loop = event_loop();
    let end = call_local(&event_loop, || -> std::future::Ready<()> { panic!("not made") });
    assert_eq!(end.result.unwrap_err().downcast_ref::<&str>(), Some(&"not made"));
    assert_eq!(end.drops, [thread_of(&event_loop); 2]);
}

#[test]
fn nothing_is_left_after_a_time_out() {
    on_each(Kind::ALL, |on| {
        let there = on.polls_calls_on();
        let mut ends = vec![call(&on.with_timeout(STARTS), pending())];
        if let Some(local) = on.local() {
            ends.push(call_local(&local.with_timeout(STARTS), pending));
        }
        for end in ends {
            assert!(matches!(end.result, Ok(Err(Error::TimedOut(_)))));
            assert_eq!(end.drops, [there, there]);
        }
    });
}

#[test]
fn nothing_is_left_after_a_time_out_before_the_first_poll() {
    let event_loop = event_loop();
    let timed = event_loop.with_timeout(SHORT);
    let blocked_thread = block_thread(&event_loop);
    let here = thread::current().id();
    // Never polled, so only what was captured is there to be dropped; it is dropped on the thread whose call timed out.
    for end in [call(&timed, pending()), call_local(&timed, pending)] {
        assert!(matches!(end.result, Ok(Err(Error::TimedOut(_)))));
        assert_eq!(end.drops, [here]);
    }
    blocked_thread.release();
}

#[test]
fn nothing_is_left_after_the_loops_end() {
    for local in [false, true] {
        let kinds: &[Kind] = if local { &[Kind::EventLoop] } else { &Kind::ALL };
        on_each(kinds.iter().copied(), move |on| {
            let (handle, own) = (on.handle().clone(), on.local().cloned());
            let (is_here, threads) = (on.kind.polls_on_the_caller(), on.threads());
            let (enter, entered) = mpsc::channel();
            let body = move || async move {
                enter.send(()).unwrap();
                pending().await
            };
            let caller = thread::spawn(move || match own.filter(|_| local) {
                Some(own) => call_local(&own, body),
                None => call(&handle, body()),
            });
            let there = if is_here { caller.thread().id() } else { threads[0] };
            entered.recv().unwrap();
            drop(on);
            let end = caller.join().unwrap();
            assert!(matches!(end.result, Ok(Err(Error::Closed))), "{:?}", end.result);
            assert_eq!(end.drops, [there, there]);
        });
    }
}

#[test]
fn nothing_is_left_of_a_call_that_the_loop_never_came_to() {
    let event_loop = event_loop();
    let blocked_thread = block_thread(&event_loop);
    let handle = event_loop.handle().clone();
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let handle = handle.clone();
            thread::spawn(move || [call(&handle, ready(())), call_local(&handle, || ready(()))])
        })
        .collect();
    // Time to get into the queue. A call that is late is refused, which must look the same.
    thread::sleep(SHORT);
    let dropping = thread::spawn(move || drop(event_loop));
    wait_until(|| handle.is_closed());
    blocked_thread.release();
    dropping.join().unwrap();
    for end in callers.into_iter().flat_map(|caller| caller.join().unwrap()) {
        assert!(matches!(end.result, Ok(Err(Error::Closed))));
        assert_eq!(end.drops.len(), 1);
    }
}

#[test]
fn nothing_is_left_of_a_call_onto_a_closed_loop() {
    on_each(Kind::ALL, |on| {
        let (handle, local) = (on.handle().clone(), on.local().cloned());
        drop(on);
        let mut ends = vec![call(&handle, ready(()))];
        ends.extend(local.map(|local| call_local(&local, || ready(()))));
        for end in ends {
            assert!(matches!(end.result, Ok(Err(Error::Closed))));
            assert_eq!(end.drops, [thread::current().id()]);
        }
    });
}

#[test]
fn nothing_is_left_of_a_call_that_would_deadlock() {
    on_each(Kind::ONE_DRIVER, |on| {
        let task = on.submit(async {
            let mut ends = vec![call(&Handle::current(), ready(()))];
            ends.extend(LocalHandle::try_current().map(|own| call_local(&own, || ready(()))));
            ends
        });
        for end in task.result().unwrap() {
            assert!(matches!(end.result, Ok(Err(Error::WouldDeadlock(_)))));
            assert_eq!(end.drops.len(), 1, "it was not polled");
        }
    });
}

#[test]
fn the_call_does_not_return_before_the_future_is_dropped() {
    on_each(Kind::ALL, |on| {
        let handle = on.handle().clone();
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let slow = OnDrop::new(move || {
            enter.send(()).unwrap();
            let _ = left.recv();
        });
        let caller = thread::spawn(move || {
            handle.block_on(poll_fn(move |_| {
                let _captured = &slow;
                Poll::Ready(1)
            }))
        });
        entered.recv().unwrap();
        // The output is there, and the future is being dropped.
        for _ in 0..1_000 {
            assert!(!caller.is_finished());
            thread::yield_now();
        }
        drop(leave);
        assert_eq!(caller.join().unwrap().unwrap(), 1);
    });
}

// Count and order of drops.

#[test]
fn what_a_future_holds_is_dropped_in_the_order_of_a_plain_call() {
    fn body(order: &Log<u8>) -> impl Future<Output = OnDrop<impl FnOnce()>> {
        let note = move |n| OnDrop::new(move || order.push(n));
        let (captured, also) = (note(1), note(2));
        async move {
            let _first = note(3);
            let _second = note(4);
            tokio::task::yield_now().await;
            let _both = (&captured, &also);
            note(5)
        }
    }
    on_each(Kind::ALL, |on| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let plain = Log::new();
        drop(runtime.block_on(body(&plain)));
        let called = Log::new();
        drop(on.block_on(body(&called)).unwrap());
        let plain = plain.take();
        assert_eq!(plain.len(), 5);
        assert_eq!(called.take(), plain);
    });
}

#[test]
fn the_output_is_dropped_once_by_the_caller() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let output = on.block_on(async { guard }).unwrap();
        assert_eq!(drops.count(), 0);
        drop(output);
        assert_eq!(drops.threads(), [thread::current().id()]);
        drop(on);
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn every_capture_of_many_calls_is_dropped_once() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let live = AtomicUsize::new(0);
        thread::scope(|scope| {
            for thread in 0..4 {
                let (handle, drops, live) = (on.handle(), &drops, &live);
                scope.spawn(move || {
                    let hasty = handle.with_timeout(Duration::from_micros(200));
                    for i in 0..250 {
                        live.fetch_add(1, Ordering::Relaxed);
                        let guard: DropGuard = drops.guard();
                        let body = async move {
                            let _guard = guard;
                            match (i + thread) % 4 {
                                0 => {}
                                1 => tokio::task::yield_now().await,
                                2 => pending().await,
                                _ => std::panic::panic_any(()),
                            }
                        };
                        let _ = catch_unwind(AssertUnwindSafe(|| hasty.block_on(body)));
                    }
                });
            }
        });
        drop(on);
        assert_eq!(drops.count(), live.into_inner());
    });
}

#[test]
fn a_waker_of_a_call_that_has_returned_does_nothing() {
    on_each(Kind::ALL, |on| {
        let polls = AtomicUsize::new(0);
        let wakers = Log::new();
        let value = on.block_on(poll_fn(|cx| {
            wakers.push(cx.waker().clone());
            cx.waker().wake_by_ref();
            if polls.fetch_add(1, Ordering::SeqCst) == 2 { Poll::Ready(1) } else { Poll::Pending }
        }));
        assert_eq!(value.unwrap(), 1);
        let polled = polls.load(Ordering::SeqCst);
        wakers.take().into_iter().for_each(std::task::Waker::wake);
        on.block_on(tokio::task::yield_now()).unwrap();
        assert_eq!(polls.load(Ordering::SeqCst), polled);
    });
}

#[test]
fn a_wake_inside_the_first_poll_is_not_lost() {
    on_each(Kind::ALL, |on| {
        for _ in 0..100 {
            let polled = AtomicBool::new(false);
            let call = poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if polled.swap(true, Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
            });
            on.block_on(call).unwrap();
        }
    });
}

#[test]
fn a_wake_from_another_thread_is_not_lost() {
    on_each(Kind::ALL, |on| {
        let (ask, asked) = mpsc::channel::<oneshot::Sender<u32>>();
        let answers = thread::spawn(move || asked.iter().zip(0..).for_each(|(to, i)| to.send(i).unwrap()));
        for i in 0..500 {
            let (to, answer) = oneshot::channel();
            let ask = ask.clone();
            let call = async move {
                ask.send(to).unwrap();
                answer.await
            };
            assert_eq!(on.block_on(call).unwrap(), Ok(i));
        }
        drop(ask);
        answers.join().unwrap();
    });
}

#[test]
fn an_err_of_the_body_is_the_calls_value() {
    on_each(Kind::ALL, |on| {
        let parsed = on.block_on(async { "x".parse::<u32>() });
        assert!(parsed.unwrap().is_err());
        if let Some(local) = on.local() {
            let parsed = local.block_on_local(|| async { "x".parse::<u32>() });
            assert!(parsed.unwrap().is_err());
        }
    });
}

#[test]
fn the_memory_that_was_lent_can_be_taken_back_right_away() {
    on_each(Kind::ALL, |on| {
        for i in 0..200 {
            let shared = Arc::new(i);
            let lent = Arc::clone(&shared);
            let value = on.block_on(async move {
                if i % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                *lent
            });
            assert_eq!(value.unwrap(), i);
            assert_eq!(Arc::try_unwrap(shared), Ok(i), "the future's share has gone with it");
        }
    });
}
