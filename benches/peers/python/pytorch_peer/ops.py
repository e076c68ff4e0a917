"""Single ops in PyTorch, forward and backward for all inputs; the rows of `cargo bench --bench ops`.

    echo softmax | python -m pytorch_peer.ops --threads 2

Reads names of rows, and prints a line of JSON for each and each layout of memory.
"""

import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

IMAGES = [32, 128, 32, 32]


def conv(**options):
    return lambda x, w: F.conv2d(x, w, **options)


def permuted(x):
    return x.permute(0, 2, 3, 1).reshape(-1).sum()


def cross_entropy(x):
    return F.cross_entropy(x, torch.full((len(x),), 7))


def r1(x, *weights):
    """The penalty of a critic by its recorded gradient."""
    y = x
    for w in weights:
        y = F.avg_pool2d(F.leaky_relu(F.conv2d(y, w, padding=1), 0.2), 2)
    (gradient,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return gradient.square().sum()


def lstm(x, *weights):
    zeros = torch.zeros(1, x.shape[1], weights[1].shape[1])
    return torch.lstm(x, (zeros, zeros), list(weights), True, 1, 0.0, True, False, False)[0]


# Row: dims of the inputs, and the op.
ROWS = {
    "conv3": ([[64, 128, 32, 32], [128, 128, 3, 3]], conv(padding=1)),
    "conv7": ([[64, 64, 28, 28], [64, 64, 7, 7]], conv(padding=3)),
    "conv5": ([[64, 128, 32, 32], [128, 128, 5, 5]], conv(padding=2)),
    "conv5s2": ([[64, 64, 32, 32], [128, 64, 5, 5]], conv(stride=2, padding=2)),
    "conv3s2": ([[64, 64, 32, 32], [128, 64, 3, 3]], conv(stride=2, padding=1)),
    "transposed5s2": (
        [[64, 128, 16, 16], [128, 64, 5, 5]],
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=2, output_padding=1),
    ),
    "conv1": ([[64, 256, 16, 16], [64, 256, 1, 1]], conv()),
    "grouped": ([[64, 128, 16, 16], [128, 16, 3, 3]], conv(padding=1, groups=8)),
    "depthwise": ([[32, 96, 32, 32], [96, 1, 3, 3]], conv(padding=1, groups=96)),
    "max_pool": ([IMAGES], lambda x: F.max_pool2d(x, 2)),
    "avg_pool": ([IMAGES], lambda x: F.avg_pool2d(x, 2)),
    "nearest": ([IMAGES], lambda x: F.interpolate(x, scale_factor=2, mode="nearest")),
    "bilinear": ([IMAGES], lambda x: F.interpolate(x, scale_factor=2, mode="bilinear")),
    "softmax": ([[4096, 1024]], lambda x: F.softmax(x, -1)),
    "log_softmax": ([[4096, 1024]], lambda x: F.log_softmax(x, -1)),
    "logsumexp": ([[4096, 1024]], lambda x: x.logsumexp(-1)),
    "layer_norm": ([[8192, 512], [512], [512]], lambda x, w, b: F.layer_norm(x, [512], w, b)),
    "rms_norm": ([[8192, 512], [512]], lambda x, w: F.rms_norm(x, [512], w, 1e-5)),
    "group_norm": ([IMAGES, [128], [128]], lambda x, w, b: F.group_norm(x, 32, w, b)),
    "gelu": ([[4 << 20]], F.gelu),
    "bce": ([[4 << 20]], lambda x: F.binary_cross_entropy_with_logits(x, torch.zeros_like(x))),
    "cross_entropy": ([[4096, 1024]], cross_entropy),
    "attention": ([[32, 8, 256, 32]] * 3, F.scaled_dot_product_attention),
    "lstm": ([[32, 32, 64], [256, 64], [256, 64], [256], [256]], lstm),
    "r1": ([[64, 3, 32, 32], [64, 3, 3, 3], *[[64, 64, 3, 3]] * 3], r1),
    "product": ([[1024, 1024]] * 2, torch.matmul),
    "tanh": ([[16 << 20]], torch.tanh),
    "permuted": ([[64, 64, 64, 64]], permuted),
}


def measure(row, seconds, channels_last):
    """Median milliseconds forward and backward."""
    dims, f = ROWS[row]
    inputs = [torch.randn(d) * (0.1 if i else 1.0) for i, d in enumerate(dims)]
    if channels_last:
        inputs = [x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs]
    inputs = [x.requires_grad_() for x in inputs]
    v = torch.randn_like(f(*inputs))

    def once():
        begin = time.perf_counter()
        y = f(*inputs)
        middle = time.perf_counter()
        torch.autograd.grad(y, inputs, v)
        return middle - begin, time.perf_counter() - middle

    once(), once()
    times, start = [], time.perf_counter()
    while len(times) < 7 or (time.perf_counter() - start < seconds and len(times) < 500):
        times.append(once())
    forward, backward = (statistics.median(part) * 1e3 for part in zip(*times))
    return {"forward_ms": forward, "backward_ms": backward}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    for line in sys.stdin:
        row = line.strip()
        # Attention's four axes are no images, and a copy to channels last would be none.
        images = len(ROWS[row][0][0]) == 4 and row not in ("attention", "permuted")
        layouts = [False, True] if images else [False]
        for channels_last in layouts:
            facts = {"row": row, "channels_last": channels_last, "version": torch.__version__.split("+")[0]}
            print(json.dumps({**facts, **measure(row, options.seconds, channels_last)}), flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
