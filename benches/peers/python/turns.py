"""What programs that time kiln and its peers in turns share."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def names_of(what, known):
    """Reads names separated by commas, which must be known."""

    def read(text):
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {what} {name!r}; take some of {','.join(known)}")
        return names

    return read


def pinned_environment(threads):
    """What tells all programs how many threads to use, and on which cores."""
    cores = sorted(os.sched_getaffinity(0))
    if threads > len(cores):
        sys.exit(f"there are {len(cores)} cores for {threads} threads; ask for fewer with --threads")
    counts = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "MATMUL_NUM_THREADS"]
    return {
        **os.environ,
        **{name: str(threads) for name in counts},
        # For PyTorch, whose OpenMP pins its own threads; for the others, pin.so does.
        "GOMP_CPU_AFFINITY": " ".join(map(str, cores[:threads])),
        "PIN_CORES": ",".join(map(str, cores[:threads])),
        "PYTHONPATH": str(HERE),
    }


def build_bench(name):
    """Builds one of kiln's benches and returns its program."""
    command = ["cargo", "bench", "--bench", name, "--no-run", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit(f"kiln's bench {name} does not build; see above")
    messages = map(json.loads, built.stdout.splitlines())
    programs = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == name]
    return Path(programs[-1])


def say(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)
