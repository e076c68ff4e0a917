"""Deterministic data and JSON output shared by the golden-file scripts; run through make.py."""
import contextlib
import json
import math
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent


def hash_fill(dims, salt, scale=1.0, shift=0.0):
    """shift + scale * value(i) in f64, i being the flat row-major index and value in [-1, 1)."""
    n = math.prod(dims)
    mask = np.uint64(0xFFFFFFFF)
    x = (np.arange(n, dtype=np.uint64) + np.uint64(salt * 0x9E3779B9 & 0xFFFFFFFF)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    value = x.astype(np.float64) / 2.0**31 - 1.0
    return torch.from_numpy(shift + scale * value).reshape(dims)


class Key:
    """kiln's random key: its uniform numbers are those of Philox4x32-10, the upper 24 bits of each word."""

    def __init__(self, seed, stream=0, step=0):
        self.seed, self.stream, self.step = seed, stream, step

    def purpose(self, name):
        """FNV-1a of the name, continued from the purpose so far."""
        stream = self.stream ^ 0x811C9DC5
        for byte in name.encode():
            stream = (stream ^ byte) * 0x01000193 & 0xFFFFFFFF
        return Key(self.seed, stream + 1 & 0xFFFFFFFF, self.step)

    def at_step(self, step):
        return Key(self.seed, self.stream, step)

    def uniform(self, n):
        """The first n numbers in [0, 1), exact in f32."""
        mask, out = 0xFFFFFFFF, []
        for counter in range((n + 3) // 4):
            key, x = [self.seed & mask, self.seed >> 32], [counter, 0, self.step, self.stream]
            for _ in range(10):
                a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
                x = [(b >> 32) ^ x[1] ^ key[0], b & mask, (a >> 32) ^ x[3] ^ key[1], a & mask]
                key = [(key[0] + 0x9E3779B9) & mask, (key[1] + 0xBB67AE85) & mask]
            out += [(word >> 8) / 2.0**24 for word in x]
        return torch.tensor(out[:n], dtype=torch.float64)


@contextlib.contextmanager
def unrecorded(net):
    """Batch norms of `net` go by the batch's statistics, as in training, and leave their running ones alone."""
    norms = [m for m in net.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


def grad_norm(params):
    """The norm of the gradients of all parameters taken together."""
    return torch.stack([p.grad.square().sum() for p in params]).sum().sqrt().item()


def sums(t):
    """[sum, sum of squares], each correctly rounded, so that they do not depend on an order."""
    v = t.detach().to(torch.float64).flatten().tolist()
    return [math.fsum(v), math.fsum(a * a for a in v)]


def fill_params(params, weight_scale, bias_scale, norm_scale=None):
    """Overwrites named parameters from the hash (salt 1000 + position); returns the table of it."""
    table = []
    for p, (name, t) in enumerate(params):
        if name.endswith("bias"):
            scale, shift = bias_scale, 0.0
        elif t.dim() == 1:
            scale, shift = norm_scale, 1.0
        else:
            scale, shift = weight_scale, 0.0
        dims = list(t.shape)
        with torch.no_grad():
            t.copy_(hash_fill(dims, 1000 + p, scale, shift))
        table.append({"name": name, "dims": dims, "salt": 1000 + p, "scale": scale, "shift": shift})
    return table


def write_json(name, obj):
    """One top-level key per line, and one line per element of a list of objects."""
    def enc(v):
        return json.dumps(v, allow_nan=False, separators=(",", ":"))

    def top(v):
        if isinstance(v, list) and v and isinstance(v[0], dict):
            return "[\n" + ",\n".join(enc(e) for e in v) + "\n]"
        return enc(v)

    body = ",\n".join(f"{enc(k)}:{top(v)}" for k, v in obj.items())
    (HERE / name).write_text("{\n" + body + "\n}\n")
