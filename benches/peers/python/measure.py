"""Times the steps of a peer and prints one line of JSON with the fields that kiln's own bench prints."""

import json
import resource
import statistics
import time

# A step longer than this is measured fewer times.
SLOW_SECONDS = 1.0


def report(step, *, seconds, **facts):
    """Calls `step` for about `seconds`, after a warm-up, and prints the median with these facts."""
    begin = time.perf_counter()
    step()
    first = time.perf_counter() - begin
    # The first step may have compiled something; the second one says how long a step takes.
    slow = timed(step) > SLOW_SECONDS
    if not slow:
        step(), step()
    least, times, start = (3 if slow else 7), [], time.perf_counter()
    while len(times) < least or (time.perf_counter() - start < seconds and len(times) < 500):
        times.append(timed(step))
    line = {
        **facts,
        "median_ms": statistics.median(times) * 1e3,
        "min_ms": min(times) * 1e3,
        "max_ms": max(times) * 1e3,
        "steps": len(times),
        "first_step_ms": first * 1e3,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(line), flush=True)


def timed(step):
    """The seconds that one call takes."""
    begin = time.perf_counter()
    step()
    return time.perf_counter() - begin
