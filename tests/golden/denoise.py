"""DnCNN, a residual denoiser with batch norm: denoise.json."""
import torch
from torch import nn

from common import fill_params, grad_norm, hash_fill, sums, write_json


class DnCnn(nn.Module):
    """The layers compute the noise, which is taken off."""

    def __init__(self, channels, depth, width):
        super().__init__()
        layers = [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.Conv2d(width, channels, 3, padding=1, bias=False)]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return x - self.net(x)


def train(dtype, steps, batch, side, channels, depth, width, optimizer):
    net = DnCnn(channels, depth, width).to(dtype)
    table = fill_params(net.named_parameters(), weight_scale=0.2, bias_scale=0.1, norm_scale=0.1)
    opt = torch.optim.Adam(net.parameters(), lr=optimizer["lr"], betas=optimizer["betas"], eps=optimizer["eps"])
    dims = [batch, channels, side, side]

    def images(t):
        clean = hash_fill(dims, 2000 + t, 0.5, 0.5)
        return clean.to(dtype), (clean + hash_fill(dims, 3000 + t, 0.17)).to(dtype)

    lists = {"loss": [], "grad_norm": []}
    for t in range(steps):
        clean, noisy = images(t)
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(noisy), clean)
        loss.backward()
        lists["loss"].append(loss.item())
        lists["grad_norm"].append(grad_norm(net.parameters()))
        opt.step()
    with torch.no_grad():
        restored = net.eval()(images(steps)[1]).clamp(0, 1)
    final = {n: sums(v) for n, v in net.state_dict().items()} | {"restored": sums(restored)}
    return table, lists, final


def make():
    cfg = {"steps": 10, "batch": 4, "side": 12, "channels": 1, "depth": 4, "width": 8,
           "optimizer": {"kind": "adam", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8}}
    table, f64, final = train(torch.float64, **cfg)
    _, f32, _ = train(torch.float32, **cfg)
    dims = [cfg["batch"], cfg["channels"], cfg["side"], cfg["side"]]
    write_json("denoise.json", {
        "config": cfg | {"clean": {"dims": dims, "salt": "2000+step", "scale": 0.5, "shift": 0.5},
                         "noise": {"dims": dims, "salt": "3000+step", "scale": 0.17}},
        "params": table, "f64": f64, "f32": f32, "final": final})
