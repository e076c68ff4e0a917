"""A convolutional classifier with batch norm and smoothed labels: classify.json."""
import torch
from torch import nn

from common import fill_params, grad_norm, hash_fill, sums, write_json


class Vgg(nn.Module):
    """Stages of two convolutions with batch norm; the mean over the maps; a linear layer."""

    def __init__(self, channels, classes, stages, width):
        super().__init__()
        layers, size = [], channels
        for stage in range(stages):
            for stride in (1, 2):
                to = width << stage
                layers += [nn.Conv2d(size, to, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(to), nn.ReLU()]
                size = to
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(size, classes)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


def train(dtype, steps, batch, side, channels, classes, stages, width, label_smoothing, optimizer):
    net = Vgg(channels, classes, stages, width).to(dtype)
    table = fill_params(net.named_parameters(), weight_scale=0.2, bias_scale=0.1, norm_scale=0.1)
    opt = torch.optim.AdamW(net.parameters(), lr=optimizer["lr"], betas=optimizer["betas"], eps=optimizer["eps"],
                            weight_decay=optimizer["weight_decay"])

    def images(t):
        # Those of a step are in [0, 1], and the network sees them in [-1, 1].
        return (hash_fill([batch, channels, side, side], 2000 + t, 0.5, 0.5) * 2 - 1).to(dtype)

    lists = {"loss": [], "grad_norm": []}
    for t in range(steps):
        labels = (torch.arange(batch) + t) % classes
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(images(t)), labels, label_smoothing=label_smoothing)
        loss.backward()
        lists["loss"].append(loss.item())
        lists["grad_norm"].append(grad_norm(net.parameters()))
        opt.step()
    with torch.no_grad():
        net.eval()
        features = net.features(images(steps)).mean((2, 3))
        logits = net.head(features)
    final = {n: sums(v) for n, v in net.state_dict().items()} | {"view.features": sums(features), "view.logits": sums(logits)}
    return table, lists, final


def make():
    cfg = {"steps": 10, "batch": 5, "side": 12, "channels": 3, "classes": 4, "stages": 2, "width": 4, "label_smoothing": 0.1,
           "optimizer": {"kind": "adamw", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.05}}
    table, f64, final = train(torch.float64, **cfg)
    _, f32, _ = train(torch.float32, **cfg)
    dims = [cfg["batch"], cfg["channels"], cfg["side"], cfg["side"]]
    write_json("classify.json", {
        "config": cfg | {"images": {"dims": dims, "salt": "2000+step", "scale": 0.5, "shift": 0.5}},
        "params": table, "f64": f64, "f32": f32, "final": final})
