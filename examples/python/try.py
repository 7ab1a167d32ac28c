"""What a Python program does with a module that blocks on async Rust: each step fails the script if it goes wrong."""

import os
import signal
import threading
import time

from bridge_example import fetch

LONG = 60.0

assert fetch("one", 0.01) == "hello, one"

try:
    fetch("two", LONG, timeout=0.05)
    raise SystemExit("the timeout did not end the call")
except TimeoutError as error:
    assert "timed out" in str(error), error

# Ctrl-C while a call waits.
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
started = time.monotonic()
try:
    fetch("three", LONG)
    raise SystemExit("Ctrl-C did not end the call")
except KeyboardInterrupt:
    assert time.monotonic() - started < LONG / 2

# Threads wait at the same time: the call releases the GIL.
values = []
ready = threading.Barrier(10)


def wait_with_others():
    ready.wait()
    values.append(fetch("thread", 0.5))


threads = [threading.Thread(target=wait_with_others) for _ in range(10)]
started = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert values == ["hello, thread"] * 10
assert time.monotonic() - started < 4.0, "one after the other"

# The child of a fork has a loop of its own.
child = os.fork()
if child == 0:
    os._exit(0 if fetch("child", 0.01) == "hello, child" else 1)
assert os.waitpid(child, 0)[1] == 0

print("ok")
