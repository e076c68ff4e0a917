"""The programs that are measured, and their tunings."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILT = Path(os.environ.get("KILN_PEERS_DIR", ROOT / "target" / "peers"))
TORCH = os.environ.get("KILN_PEERS_TORCH", BUILT / "pytorch" / "bin" / "python")

GANS = ["dcgan64", "dcgan32"]
CYCLEGANS = ["cyclegan1", "cyclegan4"]
PLAIN = ["convvae", "mlpvae"]
ROWS = [*GANS, *PLAIN, "iwae50", "wgangp", *CYCLEGANS]

# glibc gives large buffers back to the system at once and takes them again in the next step, page by page.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}


@dataclass(frozen=True, eq=False)
class Tuning:
    name: str
    rows: list
    options: list = field(default_factory=list)
    environment: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Peer:
    name: str
    program: Path
    tunings: list
    # From row, tuning, threads and seconds to the words of a command.
    command: object
    # What is preloaded to pin the threads.
    pin: Path | None = BUILT / "pin.so"


def python_peer(name, program, module, tunings, pin):
    def command(row, tuning, threads, seconds):
        times = ["--threads", threads, "--seconds", seconds]
        return [program, "-m", module, row, *tuning.options, *times]

    return Peer(name, program, tunings, command, pin)


def rust_peer(name, tunings):
    program = BUILT / name / "release" / f"peer-{name}"
    return Peer(name, program, tunings, lambda row, tuning, threads, seconds: [program, row, seconds])


def kiln(bench):
    def command(row, tuning, threads, seconds):
        return [bench, "--json", row, "--seconds", seconds]

    return Peer("kiln", bench, [Tuning("", ROWS)], command)


TUNED = ["--fused-adam", "--freeze"]
PEERS = [
    python_peer(
        "pytorch",
        TORCH,
        "pytorch_peer",
        [
            Tuning("default", ROWS),
            Tuning("tuned", ROWS, TUNED, KEEP_MEMORY),
            Tuning("tuned, channels last", ROWS, [*TUNED, "--channels-last"], KEEP_MEMORY),
        ],
        # OpenMP pins its own threads.
        pin=None,
    ),
    python_peer(
        "tensorflow",
        BUILT / "tensorflow" / "bin" / "python",
        "tensorflow_peer",
        [
            Tuning("graph", [*GANS, *PLAIN, "wgangp"]),
            Tuning("XLA", [*GANS, *PLAIN, "wgangp"], ["--xla"]),
        ],
        pin=BUILT / "pin.so",
    ),
    rust_peer("burn", [Tuning("flex", [*GANS, *PLAIN])]),
    rust_peer(
        "candle",
        [
            Tuning("", [*GANS, *PLAIN]),
            # Without it gradients are constants, and the penalty has none.
            Tuning("not detached", ["wgangp"], [], {"CANDLE_GRAD_DO_NOT_DETACH": "1"}),
        ],
    ),
]
