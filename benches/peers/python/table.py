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
    "iwae50": "importance-weighted autoencoder 784-200-200-50, 50 draws, batch 100",
    "wgangp": "WGAN-GP critic and penalty, 32×32×1, batch 128",
    "cyclegan1": "CycleGAN ResNet-6 64×64×3, batch 1",
    "cyclegan4": "CycleGAN ResNet-6 64×64×3, batch 4",
}
# How many times as fast as the best of PyTorch and TensorFlow, as burn, and as candle kiln should be.
GOALS = {"mlpvae": (1.3, 4.0, 10.0), "iwae50": (1.3, 4.0, 10.0)}
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
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    cpu = cpu[0].split(":", 1)[1].strip() if cpu else "unknown processor"
    threads = " and ".join(sorted({str(line["threads"]) for line in lines}))
    peak = max(line.get("fma_peak_gflops", 0) for line in lines)
    versions = {NAMES[line["peer"]]: line["version"] for line in lines if "version" in line}
    counts = [sum(line["peer"] == "kiln" and line["row"] == row for line in lines) for row in ROWS]
    counts = [count for count in counts if count]
    rounds = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{counts[0]}"
    return (
        f"{date.today()}: {cpu}, {threads} threads, each pinned to a core; f32 FMA peak {peak:.0f} GFLOP/s,\n"
        f"measured in the same run; {', '.join(f'{name} {versions[name]}' for name in sorted(versions))}.\n"
        f"Milliseconds a step are medians over the rounds, of which there were {rounds}."
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
    who = {True: ["kiln"], False: []}
    for line in lines:
        if line["peer"] == "kiln" or line["skips_unneeded_gradients"] is None:
            continue
        # The two DCGANs are one program, and so are the two CycleGANs.
        network = "CycleGAN" if line["row"].startswith("cyclegan") else "DCGAN"
        name = f"{NAMES[line['peer']]} {line['tuning']}".strip() + f" ({network})"
        names = who[line["skips_unneeded_gradients"]]
        if name not in names:
            names.append(name)
    return (
        "The gradients of the discriminator's weights in the generator's step, which nobody reads, are\n"
        f"skipped by {'; '.join(who[True])}, and computed by {'; '.join(who[False]) or 'nobody'}."
    )


def markdown(head, body):
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
