"""The table of the measurements, as Markdown."""

import statistics
from datetime import date
from pathlib import Path

from peers import ROWS

TITLES = {
    "dcgan64": "DCGAN 64×64×3, batch 64",
    "dcgan32": "DCGAN 32×32×1, batch 128, 32 features",
    "convvae": "convolutional VAE 28×28, batch 128",
    "mlpvae": "VAE 784-400-20, batch 128",
    "wgangp": "WGAN-GP critic and penalty, 32×32×1, batch 128",
    "cyclegan1": "CycleGAN ResNet-6 64×64×3, batch 1",
    "cyclegan4": "CycleGAN ResNet-6 64×64×3, batch 4",
}
# How many times as fast as the best of PyTorch and TensorFlow, as burn, and as candle kiln should be.
GOALS = {"mlpvae": (1.3, 4.0, 10.0)}
GOAL = (1.5, 5.0, 10.0)
NAMES = {"kiln": "kiln", "pytorch": "PyTorch", "tensorflow": "TensorFlow", "burn": "burn", "candle": "candle"}


def median(lines, peer, tuning, row, field):
    """The median over the rounds, or None."""
    fits = (peer, tuning, row)
    values = [line[field] for line in lines if (line["peer"], line["tuning"], line["row"]) == fits]
    return statistics.median(values) if values else None


def median_ms(lines, peer, tuning, row):
    return median(lines, peer, tuning, row, "median_ms")


def best(lines, peer, row):
    """The least milliseconds of a peer and the tuning they belong to, or None."""
    tunings = {line["tuning"] for line in lines if (line["peer"], line["row"]) == (peer, row)}
    return min(((median_ms(lines, peer, t, row), t) for t in sorted(tunings)), default=None)


def document(lines):
    rows = [row for row in ROWS if best(lines, "kiln", row)]
    if not rows:
        return "Nothing was measured."
    parts = [machine(lines), times(lines, rows), memory(lines, rows), skipped(lines)]
    return "\n\n".join(parts)


def machine(lines):
    """What ran on what."""
    cpu = next(
        (l.split(":", 1)[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if l.startswith("model name")),
        "unknown",
    )
    threads = " and ".join(sorted({str(line["threads"]) for line in lines}))
    peak = max(line.get("fma_peak_gflops", 0) for line in lines)
    versions = {NAMES[line["peer"]]: line["version"] for line in lines if "version" in line}
    rounds = max(len([l for l in lines if l["peer"] == "kiln" and l["row"] == row]) for row in ROWS)
    return (
        f"{date.today()}: {cpu}, {threads} threads, each pinned to a core; f32 FMA peak {peak:.0f} GFLOP/s, measured in the same run.\n"
        + ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        + f". Milliseconds a step: medians of {rounds} rounds."
    )


def times(lines, rows):
    head = ["step", "kiln", "PyTorch", "TensorFlow", "burn", "candle"]
    head += ["best of PyTorch and TensorFlow ÷ kiln", "burn ÷ kiln", "candle ÷ kiln", "goal"]
    return markdown(head, [time_row(lines, row) for row in rows])


def time_row(lines, row):
    kiln = best(lines, "kiln", row)[0]
    found = {peer: best(lines, peer, row) for peer in ("pytorch", "tensorflow", "burn", "candle")}
    rivals = [
        min((found[peer][0] for peer in ("pytorch", "tensorflow") if found[peer]), default=None),
        found["burn"] and found["burn"][0],
        found["candle"] and found["candle"][0],
    ]
    ratios = [rival / kiln if rival else None for rival in rivals]
    goals = GOALS.get(row, GOAL)
    missed = [f"{goal:g}×" for ratio, goal in zip(ratios, goals) if ratio and ratio < goal]
    return [
        TITLES[row],
        f"{kiln:.2f}",
        *(cell(found[peer]) for peer in found),
        *(f"{ratio:.2f}×" if ratio else "–" for ratio in ratios),
        "missed: " + ", ".join(missed) if missed else "met" if any(ratios) else "–",
    ]


def cell(found):
    if not found:
        return "–"
    ms, tuning = found
    return f"{ms:.2f} ({tuning})" if tuning else f"{ms:.2f}"


def memory(lines, rows):
    """Peak resident memory, of the tuning that was fastest."""
    body = []
    for row in rows:
        cells = [TITLES[row], f"{median(lines, 'kiln', '', row, 'peak_tensor_mib'):.0f}"]
        for peer in NAMES:
            found = best(lines, peer, row)
            cells.append(f"{median(lines, peer, found[1], row, 'peak_rss_mib'):.0f}" if found else "–")
        body.append(cells)
    head = ["peak memory, MiB", "kiln's tensors", *(f"{name}, resident" for name in NAMES.values())]
    return markdown(head, body)


def skipped(lines):
    """Who computes the gradients of the discriminator's weights in the generator's step."""
    says = {True: "skipped", False: "computed"}
    facts = {}
    for line in lines:
        if line["row"].startswith(("dcgan", "cyclegan")) and line["peer"] != "kiln":
            family = "CycleGAN" if line["row"].startswith("cyclegan") else "DCGAN"
            who = f"{NAMES[line['peer']]} {line['tuning']}".strip() + f", {family}"
            facts[who] = says[line["skips_unneeded_gradients"]]
    listed = "; ".join(f"{who}: {what}" for who, what in sorted(facts.items()))
    return (
        "Gradients of the discriminator's weights in the generator's step, which nobody reads: kiln: skipped"
        + (f"; {listed}." if listed else ".")
    )


def markdown(head, body):
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
