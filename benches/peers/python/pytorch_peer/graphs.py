"""What a step of a graph costs in PyTorch as graphs grow; the rows of `cargo bench --bench graphs`.

    python -m pytorch_peer.graphs [--rows chain,slices]
"""

import argparse
import gc
import statistics
import time

import torch

SIZES = [1_000, 10_000, 100_000, 1_000_000]
# A graph that could take longer than this is left out.
TOO_LONG_SECONDS = 60.0
# One that takes longer than this is measured fewer times.
SLOW_SECONDS = 1.0


def chain(steps):
    x = torch.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(steps):
        y = y.tanh()
    return y, [x]


def fan_out(steps):
    x = torch.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(steps):
        y = y + x
    return y, [x]


def leaves(steps):
    xs = [torch.tensor(0.5, requires_grad=True) for _ in range(steps)]
    y = xs[0]
    for x in xs[1:]:
        y = y + x
    return y, xs


def slices(steps):
    x = torch.full((steps,), 0.5, requires_grad=True)
    y = x[0]
    for i in range(1, steps):
        y = y + x[i]
    return y, [x]


# Row: what is built, and whether the gradient of the gradient is taken.
ROWS = {
    "chain": (chain, False),
    "fan-out": (fan_out, False),
    "leaves": (leaves, False),
    "slices": (slices, False),
    "second": (chain, True),
}


def once(row, steps):
    build, second = ROWS[row]
    begin = time.perf_counter()
    y, xs = build(steps)
    if second:
        (y,) = torch.autograd.grad(y, xs, create_graph=True)
    gradients = torch.autograd.grad(y, xs)
    del y, xs, gradients
    return time.perf_counter() - begin


def seconds(row, steps):
    """The median of a few times forward, backward, and dropping what is left."""
    least = 2 if once(row, steps) > SLOW_SECONDS else 7
    times, start = [], time.perf_counter()
    while len(times) < least or (time.perf_counter() - start < 0.3 and len(times) < 500):
        times.append(once(row, steps))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(ROWS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    # Python's search for cycles goes through all that lives, again and again as graphs grow.
    gc.disable()
    print("µs a step " + "".join(f"{steps:>16}" for steps in SIZES))
    for row in options.rows.split(","):
        print(f"{row:<10}", end="", flush=True)
        first, before = None, 0.0
        for steps in SIZES:
            # Ten times the steps take a hundred times as long, if the cost of a step grows with their number.
            if 100 * before > TOO_LONG_SECONDS:
                print(f"{'–':>16}", end="", flush=True)
                continue
            before = seconds(row, steps)
            micros = before * 1e6 / steps
            first = first or micros
            print(f"{micros:8.2f} ({micros / first:4.2f}×)", end="", flush=True)
        print()


if __name__ == "__main__":
    main()
