"""Prints the nanoseconds of each round trip of asyncio.run_coroutine_threadsafe(...).result().

Arguments: for how many seconds, and how many to sleep before each call.
"""

import asyncio
import sys
import threading
import time

limit, pause = float(sys.argv[1]), float(sys.argv[2])


async def ready():
    return 1


def call():
    asyncio.run_coroutine_threadsafe(ready(), loop).result()


loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()

for _ in range(10):
    call()
times = []
begun = time.perf_counter()
while not times or time.perf_counter() - begun < limit:
    if pause:
        time.sleep(pause)
    start = time.perf_counter_ns()
    call()
    times.append(time.perf_counter_ns() - start)
print(*times)

loop.call_soon_threadsafe(loop.stop)
thread.join()
