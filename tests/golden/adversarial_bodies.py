"""Adversarial training of other bodies than DCGAN's, and of what composes with any: residual and grouped networks,
spectral norm, self-attention, conditional batch norm, projection, auxiliary heads, codes, packs, minibatch standard
deviation, label smoothing, relativistic pairing, R1 and R2.

The networks are written out here by the papers' formulas, on PyTorch's layers; names of parameters are kiln's.
"""
import contextlib
import math

import torch
from torch import nn
from torch.nn import functional as F

import adversarial
from adversarial import LOSSES, OPTIMIZERS
from common import fill_params, grad_norm, hash_fill, sums, unrecorded, write_json


def sn(layer, spectral):
    return nn.utils.spectral_norm(layer) if spectral else layer


class ConditionalNorm(nn.BatchNorm2d):
    """Batch norm without scale and shift, and then those of the class, which stands in the list `now`."""

    def __init__(self, classes, channels, now):
        super().__init__(channels, affine=False)
        del self._parameters["weight"], self._parameters["bias"]
        self.gain, self.now = nn.Embedding(classes, channels), now
        self.add_module("bias", nn.Embedding(classes, channels))

    def forward(self, x):
        y = F.batch_norm(x, self.running_mean if self.track_running_stats else None,
                         self.running_var if self.track_running_stats else None, None, None, True, 0.1, self.eps)
        if self.track_running_stats:
            self.num_batches_tracked += 1
        gain, bias = self.gain(self.now[0]), self.get_submodule("bias")(self.now[0])
        return y * gain[:, :, None, None] + bias[:, :, None, None]


class Attention(nn.Module):
    def __init__(self, c, spectral):
        super().__init__()
        few, half = max(c // 8, 1), max(c // 2, 1)
        conv = lambda a, b: sn(nn.Conv2d(a, b, 1, bias=False), spectral)
        self.theta, self.phi, self.g, self.o = conv(c, few), conv(c, few), conv(c, half), conv(half, c)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        n, c, h, w = x.shape
        theta = self.theta(x).flatten(2)
        phi = F.max_pool2d(self.phi(x), 2).flatten(2)
        g = F.max_pool2d(self.g(x), 2).flatten(2)
        seen = torch.einsum("ncj,nij->nci", g, torch.softmax(torch.einsum("nci,ncj->nij", theta, phi), -1))
        return x + self.gamma * self.o(seen.reshape(n, -1, h, w))


class MinibatchStd(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("running_std", torch.ones(1))
        self.track_running_stats = True

    def forward(self, x):
        n = len(x)
        group = next((g for g in (4, 3, 2) if n % g == 0), n)
        y = x.reshape(group, n // group, -1)
        std = ((y - y.mean(0)).square().mean(0) + 1e-8).sqrt().mean(1)
        if self.track_running_stats:
            with torch.no_grad():
                self.running_std.mul_(0.9).add_(0.1 * std.mean())
        shape = [n, 1, *x.shape[2:]]
        return torch.cat([x, std.repeat(group).reshape([n] + [1] * (x.dim() - 1)).expand(shape)], 1)


class UpBlock(nn.Module):
    def __init__(self, a, b, norm, spectral):
        super().__init__()
        self.norm1, self.norm2 = norm(a), norm(b)
        self.conv1 = sn(nn.Conv2d(a, b, 3, padding=1), spectral)
        self.conv2 = sn(nn.Conv2d(b, b, 3, padding=1), spectral)
        self.shortcut = sn(nn.Conv2d(a, b, 1), spectral)

    def forward(self, x):
        up = lambda t: F.interpolate(t, scale_factor=2, mode="nearest")
        y = self.conv1(up(F.relu(self.norm1(x))))
        return self.conv2(F.relu(self.norm2(y))) + self.shortcut(up(x))


class DownBlock(nn.Module):
    def __init__(self, a, b, first, halves, spectral):
        super().__init__()
        self.first, self.halves = first, halves
        self.conv1 = sn(nn.Conv2d(a, b, 3, padding=1), spectral)
        self.conv2 = sn(nn.Conv2d(b, b, 3, padding=1), spectral)
        if a != b or halves:
            self.shortcut = sn(nn.Conv2d(a, b, 1), spectral)

    def forward(self, x):
        down = lambda t: F.avg_pool2d(t, 2) if self.halves else t
        y = down(self.conv2(F.relu(self.conv1(x if self.first else F.relu(x)))))
        # In the paper's order: the convolution, and then the pooling.
        return y + (down(self.shortcut(x)) if hasattr(self, "shortcut") else x)


class ResnetGenerator(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        w, spectral, self.now = cfg["width"], cfg["spectral"], [None]
        self.side = 7 if cfg["size"] == 28 else 4
        norm = lambda c: ConditionalNorm(cfg["classes"], c, self.now) if cfg["conditional_norm"] else nn.BatchNorm2d(c)
        self.linear = sn(nn.Linear(cfg["latent"], w * self.side ** 2), spectral)
        self.blocks = nn.ModuleList(UpBlock(w, w, norm, spectral) for _ in range(int(math.log2(cfg["size"] // self.side))))
        if cfg["attention"]:
            self.attention = Attention(w, spectral)
        self.norm, self.conv = norm(w), sn(nn.Conv2d(w, cfg["channels"], 3, padding=1), spectral)
        self.at = cfg["attention"]

    def forward(self, z, classes):
        self.now[0] = classes
        x = self.linear(z).reshape(len(z), -1, self.side, self.side)
        for block in self.blocks:
            x = block(x)
            if x.shape[2] == self.at:
                x = self.attention(x)
        return torch.tanh(self.conv(F.relu(self.norm(x))))


class ResnetDiscriminator(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        w, spectral, side, halvings = cfg["width"], cfg["spectral"], cfg["size"], 0
        while side > 8:
            side, halvings = side // 2, halvings + 1
        c = cfg["channels"] * cfg["pack"]
        self.blocks = nn.ModuleList(
            DownBlock(c if i == 0 else w, w, i == 0, i < halvings, spectral) for i in range(halvings + 2))
        self.at, open_ = cfg["attention"], None
        if self.at:
            self.attention = Attention(w, spectral)
        self.linear = sn(nn.Linear(w, 1), spectral)
        self.width = w

    def features(self, x):
        open_ = True
        for block in self.blocks:
            x = block(x)
            if open_ and x.shape[2] == self.at:
                x, open_ = self.attention(x), False
        return F.relu(x)

    def head(self, features):
        return self.linear(features.sum((2, 3))).flatten()


class GroupedBlock(nn.Module):
    def __init__(self, w):
        super().__init__()
        inner = 2 * w
        self.conv1 = nn.Conv2d(w, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, padding=1, groups=max(inner // 16, 1))
        self.conv3 = nn.Conv2d(inner, w, 1, bias=False)

    def forward(self, x):
        y = F.leaky_relu(self.conv1(x), 0.2)
        return x + self.conv3(F.leaky_relu(self.conv2(y), 0.2))


class R3ganGenerator(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        w, side = cfg["width"], 7 if cfg["size"] == 28 else 4
        self.basis = nn.Parameter(torch.zeros(w, side, side))
        self.linear = nn.Linear(cfg["latent"], w, bias=False)
        self.blocks = nn.ModuleList(GroupedBlock(w) for _ in range(2 * (int(math.log2(cfg["size"] // side)) + 1)))
        self.conv = nn.Conv2d(w, cfg["channels"], 1, bias=False)

    def forward(self, z, classes):
        x = self.basis * self.linear(z)[:, :, None, None]
        for i, block in enumerate(self.blocks):
            if i and i % 2 == 0:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(x)
        return self.conv(x)


class R3ganDiscriminator(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        w, side = cfg["width"], 7 if cfg["size"] == 28 else 4
        self.conv = nn.Conv2d(cfg["channels"] * cfg["pack"], w, 1, bias=False)
        self.blocks = nn.ModuleList(GroupedBlock(w) for _ in range(2 * (int(math.log2(cfg["size"] // side)) + 1)))
        self.basis = nn.Conv2d(w, w, side, groups=w, bias=False)
        self.linear = nn.Linear(w, 1, bias=False)
        self.width = w

    def features(self, x):
        x = self.conv(x)
        for i, block in enumerate(self.blocks):
            if i and i % 2 == 0:
                x = F.avg_pool2d(x, 2)
            x = block(x)
        return x

    def head(self, features):
        return self.linear(self.basis(features).flatten(1)).flatten()


class DcganGenerator(adversarial.Generator):
    def __init__(self, cfg):
        super().__init__(cfg["size"], cfg["channels"], cfg["latent"], cfg["classes"], cfg["width"])


class DcganDiscriminator(nn.Module):
    """Without a norm; with the minibatch standard deviation in front of its last layer, if that is asked for."""

    def __init__(self, cfg):
        super().__init__()
        base = adversarial.Discriminator(cfg["size"], cfg["channels"] * cfg["pack"], 0, cfg["width"], "none")
        layers = list(base.main)
        self.width = layers[-1].in_channels
        if cfg["minibatch_std"]:
            self.width += 1
            layers[-1:] = [MinibatchStd(), nn.Conv2d(self.width, 1, layers[-1].kernel_size)]
        self.main = nn.Sequential(*layers)

    def features(self, x):
        return self.main[:-1](x)

    def head(self, features):
        return self.main[-1](features).flatten()


BODIES = {"resnet": (ResnetGenerator, ResnetDiscriminator), "r3gan": (R3ganGenerator, R3ganDiscriminator),
          "dcgan": (DcganGenerator, DcganDiscriminator)}


class Judge(nn.Module):
    """A body with what it knows of classes; its parts are named as if they were all in one."""

    def __init__(self, body, cfg):
        super().__init__()
        self.body = body
        if cfg["projection"]:
            self.add_module("class", sn(nn.Embedding(cfg["classes"], body.width), cfg["spectral"]))
        if cfg["auxiliary"]:
            self.auxiliary = nn.Linear(body.width, cfg["auxiliary"]["outputs"])

    def forward(self, packs, classes):
        features = self.body.features(packs)
        summed = features.flatten(2).sum(2) if features.dim() > 2 else features
        logits = self.body.head(features)
        if hasattr(self, "class"):
            logits = logits + (summed * self.get_submodule("class")(classes)).sum(1)
        return logits, self.auxiliary(summed) if hasattr(self, "auxiliary") else None


@contextlib.contextmanager
def frozen(net):
    """Norms record nothing, spectral norms iterate nothing."""
    others = [m for m in net.modules() if isinstance(m, MinibatchStd)]
    spectral = [m for m in net.modules() if hasattr(m, "weight_u")]
    with unrecorded(net):
        for m in others:
            m.track_running_stats = False
        for m in spectral:
            m.training = False
        try:
            yield
        finally:
            for m in others:
                m.track_running_stats = True
            for m in spectral:
                m.training = True


def named(g, d, what="named_parameters"):
    entries = [("G." + n, t) for n, t in dict(getattr(g, what)()).items()]
    return entries + [("D." + n.removeprefix("body."), t) for n, t in dict(getattr(d, what)()).items()]


HINGE = (lambda l, real: F.relu(1 - l if real else 1 + l).mean(), lambda l: -l.mean())


def train(cfg):
    dtype = torch.float64
    g, d = (BODIES[cfg["body"]][i](cfg) for i in (0, 1))
    g, d = g.to(dtype), Judge(d, cfg).to(dtype)
    vectors = [(n, t) for n, t in named(g, d, "named_buffers") if n.endswith("weight_u")]
    # Lengths of the vectors of spectral norms don't matter: the first iteration brings them to 1.
    table = fill_params(named(g, d) + vectors, **cfg["scales"])
    rule = {k: v for k, v in cfg["optimizer"].items() if k != "kind"}
    opt_g, opt_d = (OPTIMIZERS[cfg["optimizer"]["kind"]](net.parameters(), **rule) for net in (g, d))
    paired = cfg["loss"] == "relativistic"
    loss_of_d, loss_of_g = (None, None) if paired else {**LOSSES, "hinge": HINGE}[cfg["loss"]]
    smoothing, pack, aux, penalty = (cfg[k] for k in ("label_smoothing", "pack", "auxiliary", "penalty"))
    lists = {name: [] for name in ("d_loss", "d_grad_norm", "g_loss", "g_grad_norm")}
    if penalty:
        lists["d_penalty"] = []
    for t in range(cfg["steps"]):
        batch, size, channels = cfg["batch"], cfg["size"], cfg["channels"]
        packed = lambda x: x.reshape(batch // pack, channels * pack, size, size)
        real = packed(hash_fill([batch, channels, size, size], 2000 + t))
        z = hash_fill([batch, cfg["latent"]], 3000 + t, 1.5)
        labels = (torch.arange(batch) + 3 * t) % cfg["classes"] if cfg["classes"] else None

        def found(said, made):
            if aux is None or (aux["kind"] == "code" and not made):
                return 0.0
            if aux["kind"] == "classes":
                return aux["weight"] * F.cross_entropy(said, labels)
            k, c = cfg["classes"], aux["continuous"]
            means, wanted = said[:, k:k + c], z[:, -c:]
            return aux["weight"] * (F.cross_entropy(said[:, :k], labels) + 0.5 * (means - wanted).square().sum(1).mean())

        opt_d.zero_grad()
        fake = g(z, labels)
        made = packed(fake.detach())
        (on_real, said_real), (on_fake, said_fake) = d(real, labels), d(made, labels)
        if paired:
            loss_d = F.softplus(on_fake - on_real).mean()
        elif smoothing:
            targets = torch.full_like(on_real, 1 - smoothing)
            loss_d = F.binary_cross_entropy_with_logits(on_real, targets) + loss_of_d(on_fake, False)
        else:
            loss_d = loss_of_d(on_real, True) + loss_of_d(on_fake, False)
        loss_d = loss_d + found(said_real, False) + found(said_fake, True)
        if penalty and (t + 1) % penalty["every"] == 0:
            weight, term = penalty["weight"], 0.0
            if penalty["final"] is not None:
                last, steps = penalty["final"]
                weight = last + (weight - last) * (0.5 + 0.5 * math.cos(math.pi * min(t / steps, 1)))
            for x in {"r1": [real], "r2": [made], "r1-r2": [real, made]}[penalty["kind"]]:
                x = x.detach().requires_grad_()
                slope, = torch.autograd.grad(d(x, labels)[0].sum(), x, create_graph=True)
                term = term + slope.square().sum((1, 2, 3)).mean()
            term = term * weight / 2 * penalty["every"]
            loss_d = loss_d + term
            lists["d_penalty"].append(term.item())
        loss_d.backward()
        lists["d_loss"].append(loss_d.item())
        lists["d_grad_norm"].append(grad_norm(d.parameters()))
        opt_d.step()

        opt_g.zero_grad()
        with frozen(d):
            on_fake, said_fake = d(packed(fake), labels)
            if paired:
                loss_g = F.softplus(d(real, labels)[0].detach() - on_fake).mean()
            else:
                loss_g = loss_of_g(on_fake)
            loss_g = loss_g + found(said_fake, True)
        loss_g.backward()
        lists["g_loss"].append(loss_g.item())
        lists["g_grad_norm"].append(grad_norm(g.parameters()))
        opt_g.step()
    return table, lists, {n: sums(v) for n, v in named(g, d, "state_dict")}


PLAIN = {"channels": 1, "classes": 0, "spectral": False, "conditional_norm": False, "attention": None, "projection": False,
         "auxiliary": None, "pack": 1, "minibatch_std": False, "label_smoothing": 0.0, "penalty": None, "size": 28,
         "batch": 4, "latent": 6, "steps": 5,
         "optimizer": {"kind": "adam", "lr": 5e-4, "betas": [0.0, 0.9], "eps": 1e-8}}


def trajectory(file, **cfg):
    cfg = PLAIN | cfg
    table, lists, final = train(cfg)
    config = {k: v for k, v in cfg.items() if k != "scales"}
    config |= {"real": {"dims": [cfg["batch"], cfg["channels"], cfg["size"], cfg["size"]], "scale": 1.0},
               "z": {"dims": [cfg["batch"], cfg["latent"]], "scale": 1.5}}
    write_json(file, {"config": config, "params": table, "f64": lists, "final": final})


def make():
    scales = adversarial.scales
    trajectory("sagan.json", body="resnet", width=8, classes=5, spectral=True, conditional_norm=True, attention=14,
               projection=True, loss="hinge", scales=scales(0.3, 0.1))
    trajectory("r3gan.json", body="r3gan", width=16, channels=3, loss="relativistic", scales=scales(0.2, 0.1),
               penalty={"kind": "r1-r2", "weight": 1.0, "final": [0.2, 4], "every": 1})
    trajectory("acgan.json", body="dcgan", width=2, classes=5, loss="non-saturating", label_smoothing=0.1, minibatch_std=True,
               auxiliary={"kind": "classes", "weight": 0.5, "outputs": 5, "continuous": 0}, scales=scales(0.3, 0.1),
               penalty={"kind": "r1", "weight": 1.0, "final": None, "every": 2})
    trajectory("infogan.json", body="dcgan", width=2, classes=3, loss="least-squares",
               auxiliary={"kind": "code", "weight": 0.7, "outputs": 5, "continuous": 2}, scales=scales(0.3, 0.1))
    trajectory("pacgan.json", body="dcgan", width=2, loss="non-saturating", pack=2, scales=scales(0.3, 0.1),
               penalty={"kind": "r2", "weight": 1.0, "final": None, "every": 1})
