//! Looking before sleeping (`Builder::spin`): nothing waits for it that should not, and nothing is lost by it.

use std::cell::RefCell;
use std::future::pending;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle};
use bridge_tests::{Drops, HANGS, wait_until, watchdog};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn event_loop() -> EventLoop {
    EventLoop::new().unwrap()
}

/// So many calls that the loop expects the next.
fn warm_up(handle: &Handle) {
    for i in 0..1000 {
        assert_eq!(handle.block_on(async { i }).unwrap(), i);
    }
}

/// Calls onto the loop, one after the other, from two threads, for as long as `body` takes.
fn beside_calls<R>(handle: &Handle, body: impl FnOnce() -> R) -> R {
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = Over(&over);
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    handle.block_on(async { 1 }).unwrap();
                }
            });
        }
        body()
    })
}

#[test]
fn a_task_that_a_call_wakes_has_its_turn_while_calls_keep_coming() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel::<u32>();
        let (answer, answered) = mpsc::channel();
        let actor = event_loop.submit(async move {
            while let Some(n) = asked.recv().await {
                answer.send(n).unwrap();
            }
        });
        beside_calls(&event_loop, || {
            for n in 0..100 {
                event_loop.block_on(async { ask.send(n).unwrap() }).unwrap();
                assert_eq!(answered.recv().unwrap(), n);
            }
        });
        drop(ask);
        actor.result().unwrap();
    });
}

#[test]
fn a_timer_fires_while_calls_keep_coming() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let sleeps = || async { tokio::time::sleep(Duration::from_millis(5)).await };
        beside_calls(&event_loop, || (0..10).for_each(|_| event_loop.block_on(sleeps()).unwrap()));
    });
}

#[test]
fn a_socket_is_served_while_calls_keep_coming() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let listener = event_loop.block_on(async { TcpListener::bind("127.0.0.1:0").await }).unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        let server = event_loop.submit(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut byte = [0];
            while stream.read(&mut byte).await.unwrap() > 0 {
                stream.write_all(&byte).await.unwrap();
            }
        });
        beside_calls(&event_loop, || {
            let mut stream = TcpStream::connect(address).unwrap();
            for n in 0..100 {
                let mut byte = [0];
                stream.write_all(&[n]).unwrap();
                stream.read_exact(&mut byte).unwrap();
                assert_eq!(byte, [n]);
            }
        });
        server.result().unwrap();
    });
}

#[test]
fn what_others_spawn_onto_the_runtime_runs_while_calls_keep_coming() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let tokio = event_loop.block_on(async { tokio::runtime::Handle::current() }).unwrap();
        beside_calls(&event_loop, || {
            for n in 0..100 {
                let (tell, told) = mpsc::channel();
                drop(tokio.spawn(async move { tell.send(n).unwrap() }));
                assert_eq!(told.recv().unwrap(), n);
            }
        });
    });
}

#[test]
fn two_loops_that_are_called_closely_both_answer() {
    watchdog(HANGS, || {
        let loops = [event_loop(), event_loop()];
        thread::scope(|scope| {
            for event_loop in &loops {
                scope.spawn(|| (0..10).for_each(|_| warm_up(event_loop)));
            }
        });
    });
}

#[test]
fn a_caller_of_two_loops_by_turns_is_answered_by_both() {
    watchdog(HANGS, || {
        let loops = [event_loop(), event_loop()];
        for i in 0..10_000 {
            assert_eq!(loops[i % 2].block_on(async { i }).unwrap(), i);
        }
    });
}

#[test]
fn a_result_is_asked_for_right_after_the_submit() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..2_000 {
                        assert_eq!(event_loop.submit(async move { i }).result().unwrap(), i);
                    }
                });
            }
        });
    });
}

#[test]
fn a_burst_that_nobody_waits_for_is_run_by_a_loop_that_looks() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        for _ in 0..100 {
            event_loop.block_on(async {}).unwrap();
            let ran = Arc::new(AtomicUsize::new(0));
            for _ in 0..200 {
                let ran = Arc::clone(&ran);
                event_loop
                    .call_soon(move || {
                        ran.fetch_add(1, Ordering::Relaxed);
                    })
                    .unwrap();
            }
            wait_until(|| ran.load(Ordering::Relaxed) == 200);
        }
    });
}

#[test]
fn a_limit_holds_between_calls_that_follow_closely() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let hasty = event_loop.with_timeout(Duration::from_millis(5));
        for _ in 0..5 {
            warm_up(&event_loop);
            let drops = Drops::new();
            let guard = drops.guard();
            let outcome = hasty.block_on(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            assert!(matches!(outcome, Err(Error::TimedOut(_))));
            assert_eq!(drops.count(), 1);
        }
    });
}

#[test]
fn a_loop_that_looks_is_shut_down_at_once() {
    watchdog(HANGS, || {
        for round in 0..50 {
            let event_loop = event_loop();
            (0..20).for_each(|_| event_loop.block_on(async {}).unwrap());
            match round % 2 {
                0 => event_loop.shutdown().unwrap(),
                _ => drop(event_loop),
            }
        }
    });
}

#[test]
fn a_hook_of_the_users_takes_the_place_of_ours_and_calls_go_on() {
    watchdog(HANGS, || {
        let parked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&parked);
        let hooked = EventLoop::builder()
            .configure(|tokio| {
                tokio.on_thread_park(move || {
                    count.fetch_add(1, Ordering::Relaxed);
                });
            })
            .build()
            .unwrap();
        warm_up(&hooked);
        wait_until(|| parked.load(Ordering::Relaxed) > 0);
        // Its leave to look is not kept from others by one that sleeps.
        warm_up(&event_loop());
        warm_up(&hooked);
    });
}

#[test]
fn a_spin_without_end_is_taken_at_its_word() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().spin(Duration::MAX).build().unwrap();
        warm_up(&event_loop);
        event_loop.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await }).unwrap();
        event_loop.shutdown().unwrap();
    });
}

#[test]
fn a_future_dropped_on_its_callers_thread_may_call_another_loop() {
    struct Calls<'a>(&'a EventLoop);
    impl Drop for Calls<'_> {
        fn drop(&mut self) {
            assert_eq!(self.0.block_on(async { 7 }).unwrap(), 7);
        }
    }
    watchdog(HANGS, || {
        let (wedged, other) = (event_loop(), event_loop());
        let (let_go, until) = mpsc::channel::<()>();
        wedged
            .call_soon(move || {
                let _ = until.recv();
            })
            .unwrap();
        let calls = Calls(&other);
        let outcome = wedged.with_timeout(Duration::from_millis(5)).block_on(async move {
            let _calls = calls;
        });
        assert!(matches!(outcome, Err(Error::TimedOut(_))));
        drop(let_go);
        assert_eq!(wedged.block_on(async { 7 }).unwrap(), 7);
    });
}

#[test]
fn a_task_of_one_thread_is_waited_for_right_after_the_submit() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        for i in 0..10_000 {
            assert_eq!(event_loop.submit(async move { i }).result().unwrap(), i);
        }
    });
}

#[test]
fn calls_that_panic_between_others_are_answered_as_these_are() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        for i in 0..1000 {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                event_loop.block_on(async {
                    if i % 10 == 0 {
                        // Without the panic hook, which would write a line for each.
                        resume_unwind(Box::new(i));
                    }
                    i
                })
            }));
            match outcome {
                Ok(answer) => assert_eq!(answer.unwrap(), i),
                Err(payload) => assert_eq!((payload.downcast_ref(), i % 10), (Some(&i), 0)),
            }
        }
    });
}

#[test]
fn callers_that_do_not_look_are_answered() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().spin(Duration::ZERO).build().unwrap();
        beside_calls(&event_loop, || warm_up(&event_loop));
        event_loop.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await }).unwrap();
    });
}

#[test]
fn a_configure_that_sets_no_hook_changes_nothing_for_calls() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().configure(|_| ()).build().unwrap();
        warm_up(&event_loop);
        event_loop.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await }).unwrap();
        warm_up(&event_loop);
    });
}

#[test]
fn destructors_of_thread_locals_may_call_whatever_of_ours_is_gone() {
    struct Calls(Handle, mpsc::Sender<u32>);
    impl Drop for Calls {
        fn drop(&mut self) {
            for n in 0..10 {
                let answer = self.0.block_on(async move {
                    // Pending, so that the thread also needs something to park with.
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    n
                });
                self.1.send(answer.unwrap()).unwrap();
            }
        }
    }
    thread_local! {
        static FIRST: RefCell<Option<Calls>> = const { RefCell::new(None) };
        static LAST: RefCell<Option<Calls>> = const { RefCell::new(None) };
    }
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (tell, told) = mpsc::channel();
        let calls = || Calls(Handle::from(&event_loop), tell.clone());
        thread::scope(|scope| {
            scope.spawn(|| {
                // One before the thread's first call, and one after it: whatever the order of destructors is, one of
                // the two outlives what a call keeps for the next.
                FIRST.set(Some(calls()));
                warm_up(&event_loop);
                event_loop.block_on(tokio::task::yield_now()).unwrap();
                LAST.set(Some(calls()));
            });
        });
        drop(tell);
        // The scope does not wait for destructors; the channel, which they own, does.
        assert_eq!(told.iter().sum::<u32>(), 2 * 45);
    });
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Processor time that a thread of this process has used, in ticks of the system's (10 ms), and its state.
    fn stat(thread: &str) -> (u64, String) {
        let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
        // After the name, which may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
        (ticks(11) + ticks(12), fields[0].to_owned())
    }

    fn thread_of(event_loop: &EventLoop) -> String {
        let own = event_loop.block_on(async { fs::read_link("/proc/thread-self").unwrap() }).unwrap();
        name_of(&own)
    }

    fn name_of(thread: &Path) -> String {
        thread.file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// How often a thread has gone to sleep. A `yield` is none.
    fn sleeps(thread: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap();
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap().trim().parse().unwrap()
    }

    /// Waits for a burst of calls of which no more than one in four has put that thread to sleep. Others
    /// may have the leave to look for a while, and the machine other things to do, so many a burst may be in vain.
    fn wait_for_a_burst_without_sleep(handle: &Handle, thread: &str) {
        wait_until(|| {
            (0..100).for_each(|_| handle.block_on(async {}).unwrap());
            let before = sleeps(thread);
            (0..400).for_each(|_| handle.block_on(async {}).unwrap());
            sleeps(thread) - before < 100
        });
    }

    fn own_name() -> String {
        name_of(&fs::read_link("/proc/thread-self").unwrap())
    }

    /// The cores that this thread may run on.
    fn cores() -> Vec<usize> {
        // SAFETY: a plain bit mask.
        let mut all: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: it writes as many bytes as it is told, which are there.
        assert_eq!(unsafe { libc::sched_getaffinity(0, size_of_val(&all), &raw mut all) }, 0);
        let is_in = |core: &usize| {
            // SAFETY: there is a bit in the mask for each of them.
            unsafe { libc::CPU_ISSET(*core, &all) }
        };
        (0..8 * size_of_val(&all)).filter(is_in).collect()
    }

    /// This thread runs on that core only, and so do those that it starts.
    fn stay_on(core: usize) {
        // SAFETY: a plain bit mask.
        let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: a core that there is has a bit in the mask.
        unsafe { libc::CPU_SET(core, &mut one) };
        // SAFETY: it reads as many bytes as it is told, which are there.
        assert_eq!(unsafe { libc::sched_setaffinity(0, size_of_val(&one), &raw const one) }, 0);
    }

    /// On one core nobody looks.
    fn may_look() -> bool {
        thread::available_parallelism().unwrap().get() > 1
    }

    #[test]
    fn a_loop_that_is_called_closely_seldom_sleeps() {
        watchdog(HANGS, || {
            // The second has the leave that the first gives back.
            for _ in 0..2 {
                if may_look() {
                    let event_loop = event_loop();
                    wait_for_a_burst_without_sleep(&event_loop, &thread_of(&event_loop));
                }
            }
        });
    }

    #[test]
    fn a_caller_that_calls_closely_seldom_sleeps() {
        watchdog(HANGS, || {
            for _ in 0..2 {
                if may_look() {
                    wait_for_a_burst_without_sleep(&event_loop(), &own_name());
                }
            }
        });
    }

    #[test]
    fn a_caller_of_a_foreign_runtime_on_another_core_seldom_sleeps() {
        watchdog(HANGS, || {
            let [its, own, ..] = cores()[..] else { return };
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .on_thread_start(move || stay_on(its))
                .build()
                .unwrap();
            let handle = || Handle::from(&runtime);
            // The first handle of a process may be made by a thread that sees one core, and there are more.
            thread::scope(|scope| {
                scope.spawn(|| {
                    stay_on(own);
                    handle()
                });
            });
            let handle = handle();
            stay_on(own);
            wait_for_a_burst_without_sleep(&handle, &own_name());
        });
    }

    #[test]
    fn a_loop_that_may_not_look_sleeps_after_each_call() {
        watchdog(HANGS, || {
            let event_loop = EventLoop::builder().spin(Duration::ZERO).build().unwrap();
            let thread = thread_of(&event_loop);
            for i in 0..100 {
                assert_eq!(event_loop.block_on(async { i }).unwrap(), i);
                wait_until(|| stat(&thread).1 == "S");
            }
        });
    }

    #[test]
    fn a_loop_sleeps_once_it_has_looked_for_its_time() {
        watchdog(HANGS, || {
            let event_loop = event_loop();
            let thread = thread_of(&event_loop);
            for _ in 0..20 {
                warm_up(&event_loop);
                wait_until(|| stat(&thread).1 == "S");
            }
        });
    }

    #[test]
    fn a_loop_with_a_hook_of_the_users_sleeps_after_calls() {
        watchdog(HANGS, || {
            let event_loop = EventLoop::builder().configure(|tokio| _ = tokio.on_thread_park(|| ())).build().unwrap();
            let thread = thread_of(&event_loop);
            for _ in 0..20 {
                warm_up(&event_loop);
                wait_until(|| stat(&thread).1 == "S");
            }
        });
    }

    #[test]
    fn a_loop_that_nobody_calls_any_more_uses_no_processor_time() {
        watchdog(HANGS, || {
            let event_loop = event_loop();
            let thread = thread_of(&event_loop);
            warm_up(&event_loop);
            wait_until(|| stat(&thread).1 == "S");
            let before = stat(&thread).0;
            thread::sleep(Duration::from_millis(300));
            // Ticks of 10 ms: one may have been due.
            assert!(stat(&thread).0 - before <= 1);
        });
    }

    #[test]
    fn a_loop_that_waits_for_its_last_tasks_sleeps() {
        watchdog(HANGS, || {
            // Told to end while it looks for calls.
            let event_loop = EventLoop::builder().spin(Duration::MAX).build().unwrap();
            let thread = thread_of(&event_loop);
            let (tell, told) = tokio::sync::oneshot::channel::<()>();
            let last = event_loop.submit(async { told.await.unwrap() });
            warm_up(&event_loop);
            let handle = event_loop.handle().clone();
            let end = thread::spawn(move || event_loop.shutdown().unwrap());
            wait_until(|| handle.is_closed());
            wait_until(|| stat(&thread).1 == "S");
            let before = stat(&thread).0;
            thread::sleep(Duration::from_millis(300));
            assert!(stat(&thread).0 - before <= 1);
            tell.send(()).unwrap();
            end.join().unwrap();
            last.result().unwrap();
        });
    }

    #[test]
    fn a_caller_that_is_held_to_one_core_is_answered_also_by_a_loop_of_its_own() {
        watchdog(HANGS, || {
            let before = event_loop();
            // SAFETY: it takes nothing.
            stay_on(usize::try_from(unsafe { libc::sched_getcpu() }).unwrap());
            warm_up(&before);
            // Its thread is held to the same core.
            warm_up(&event_loop());
        });
    }
}
