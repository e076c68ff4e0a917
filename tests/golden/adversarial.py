"""Adversarial training of DCGAN's networks: the trajectories of several games, and a checkpoint of a generator.

Layers and key names are those of the PyTorch example; the discriminator ends in logits.
"""
from contextlib import nullcontext

import torch
from safetensors.torch import save
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from common import HERE, Key, fill_params, grad_norm, hash_fill, sums, unrecorded, write_json


class Generator(nn.Module):
    """Noise, and behind it a learned vector of the class where there are classes, to images."""

    def __init__(self, size, channels, latent, classes, width):
        super().__init__()
        if size == 28:
            m = width * 2
            layers = [nn.Flatten(), nn.Linear(latent + classes, 49 * m, bias=False), nn.Unflatten(1, (m, 7, 7))]
        else:
            m = width * 8
            layers = [nn.ConvTranspose2d(latent + classes, m, 4, 1, 0, bias=False)]
        layers += [nn.BatchNorm2d(m), nn.ReLU()]
        while m > width:
            layers += [nn.ConvTranspose2d(m, m // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(m // 2), nn.ReLU()]
            m //= 2
        layers += [nn.ConvTranspose2d(m, channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)
        if classes:
            self.add_module("class", nn.Embedding(classes, classes))

    def forward(self, z, classes):
        if classes is not None:
            z = torch.cat([z, self.get_submodule("class")(classes)], 1)
        return self.main(z[:, :, None, None])


class Discriminator(nn.Module):
    """One logit an image. With classes, that of Miyato and Koyama (2018): the product of the features, summed
    over their pixels, with a learned vector of the class is added."""

    def __init__(self, size, channels, classes, width, norm):
        super().__init__()
        bias = norm == "none"
        layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=bias), nn.LeakyReLU(0.2)]
        m, side = width, size // 2
        while side >= 7:
            layers += [nn.Conv2d(m, m * 2, 4, 2, 1, bias=bias)]
            layers += [nn.BatchNorm2d(m * 2)] if norm == "batch" else []
            layers += [nn.LeakyReLU(0.2)]
            m, side = m * 2, side // 2
        layers += [nn.Conv2d(m, 1, side, 1, 0, bias=bias)]
        self.main = nn.Sequential(*layers)
        if classes:
            self.add_module("class", nn.Embedding(classes, m))

    def forward(self, x, classes):
        features = self.main[:-1](x)
        logits = self.main[-1](features).flatten()
        if classes is None:
            return logits
        vectors = self.get_submodule("class")(classes)
        return logits + torch.einsum("nchw,nc->n", features, vectors)


def non_saturating(logits, real):
    """mean softplus(-logits) of real images, mean softplus(logits) of made ones."""
    return bce(logits, torch.full_like(logits, float(real)))


# (loss of the discriminator, by its logits for real or for made images; loss of the generator)
LOSSES = {
    "non-saturating": (non_saturating, lambda logits: non_saturating(logits, True)),
    "least-squares": (lambda logits, real: (logits - float(real)).square().mean() / 2,
                      lambda logits: (logits - 1).square().mean() / 2),
    "wasserstein": (lambda logits, real: -logits.mean() if real else logits.mean(), lambda logits: -logits.mean()),
}
OPTIMIZERS = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


def gradient_penalty(d, real, fake, classes, key):
    """(||gradient|| - 1)^2 between real and made images, the norm of each sample over all its dims."""
    n = len(real)
    share = key.uniform(n).to(real.dtype).reshape(n, 1, 1, 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    slope, = torch.autograd.grad(d(between, classes).sum(), between, create_graph=True)
    return (torch.linalg.vector_norm(slope, dim=(1, 2, 3)) - 1).square().mean()


def named(g, d, what="named_parameters"):
    nets = (("G.", g), ("D.", d))
    return [(prefix + n, t) for prefix, net in nets for n, t in dict(getattr(net, what)()).items()]


def train(dtype, steps, batch, size, channels, latent, width, norm, loss, optimizer, scales, classes=0,
          critic_steps=1, clip_weights=None, penalty=None):
    g = Generator(size, channels, latent, classes, width).to(dtype)
    d = Discriminator(size, channels, classes, width, norm).to(dtype)
    table = fill_params(named(g, d), **scales)
    rule = {k: v for k, v in optimizer.items() if k != "kind"}
    opt_g, opt_d = (OPTIMIZERS[optimizer["kind"]](net.parameters(), **rule) for net in (g, d))
    loss_of_d, loss_of_g = LOSSES[loss]
    lists = {name: [] for name in ("d_loss", "d_grad_norm", "g_loss", "g_grad_norm")}
    if penalty:
        lists["d_penalty"] = []
    first = {}
    for t in range(steps):
        real = hash_fill([batch, channels, size, size], 2000 + t).to(dtype)
        z = hash_fill([batch, latent], 3000 + t, 1.5).to(dtype)
        labels = (torch.arange(batch) + 3 * t) % classes if classes else None
        g_learns = (t + 1) % critic_steps == 0

        opt_d.zero_grad()
        with nullcontext() if g_learns else unrecorded(g):
            fake = g(z, labels)
        loss_d = loss_of_d(d(real, labels), True) + loss_of_d(d(fake.detach(), labels), False)
        if penalty:
            key = Key(0).purpose("train").at_step(t).purpose("penalty")
            term = gradient_penalty(d, real, fake.detach(), labels, key)
            if t == 0:
                names, params = zip(*d.named_parameters())
                slopes = torch.autograd.grad(term, params, retain_graph=True, materialize_grads=True)
                first = {"value": term.item(),
                         "grads": {"D." + n: s.flatten().tolist() for n, s in zip(names, slopes)}}
            loss_d = loss_d + penalty * term
            lists["d_penalty"].append(penalty * term.item())
        loss_d.backward()
        lists["d_loss"].append(loss_d.item())
        lists["d_grad_norm"].append(grad_norm(d.parameters()))
        opt_d.step()
        if clip_weights:
            with torch.no_grad():
                for p in d.parameters():
                    p.clamp_(-clip_weights, clip_weights)

        if g_learns:
            opt_g.zero_grad()
            # Its step leaves the discriminator as it is, running statistics included.
            with unrecorded(d):
                loss_g = loss_of_g(d(fake, labels))
            loss_g.backward()
            lists["g_loss"].append(loss_g.item())
            lists["g_grad_norm"].append(grad_norm(g.parameters()))
            opt_g.step()
    final = {n: sums(v) for n, v in named(g, d, "state_dict")}
    return g, table, lists, first, final


def trajectory(file, **cfg):
    _, table, f64, first, final = train(torch.float64, **cfg)
    _, _, f32, _, _ = train(torch.float32, **cfg)
    config = {"classes": 0, "critic_steps": 1, "clip_weights": None, "penalty": None}
    config |= {k: v for k, v in cfg.items() if k != "scales"}
    config |= {"real": {"dims": [cfg["batch"], cfg["channels"], cfg["size"], cfg["size"]], "salt": "2000+step",
                        "scale": 1.0},
               "z": {"dims": [cfg["batch"], cfg["latent"]], "salt": "3000+step", "scale": 1.5}}
    penalty = {"penalty": first} if first else {}
    write_json(file, {"config": config, "params": table, "f64": f64, "f32": f32, **penalty, "final": final})


def scales(weight, others):
    return {"weight_scale": weight, "bias_scale": others, "norm_scale": others}


def make():
    dcgan = {"size": 64, "channels": 3, "norm": "batch", "loss": "non-saturating",
             "optimizer": {"kind": "adam", "lr": 2e-4, "betas": [0.5, 0.999], "eps": 1e-8}}
    # For f64, and for the first steps of f32.
    trajectory("dcgan.json", **dcgan, steps=20, batch=8, latent=16, width=8, scales=scales(0.05, 0.05))
    # Small, and with these scales, so that no rounding difference takes an activation to the other side
    # of a ReLU's kink: that would send f32 runs apart. See "How closely" in README.md.
    trajectory("dcgan_narrow.json", **dcgan, steps=20, batch=2, latent=16, width=2, scales=scales(0.17, 0.2))

    small = {"size": 28, "steps": 20, "batch": 4, "latent": 6, "width": 2, "scales": scales(0.3, 0.1)}
    wgan_gp = {"norm": "none", "loss": "wasserstein", "critic_steps": 5, "penalty": 10.0,
               "optimizer": {"kind": "adam", "lr": 5e-4, "betas": [0.0, 0.9], "eps": 1e-8}}
    trajectory("wgan_gp.json", **small, **wgan_gp, channels=3)
    trajectory("wgan_gp_grey.json", **small, **wgan_gp, channels=1)
    trajectory("wgan.json", **small, channels=3, norm="batch", loss="wasserstein", critic_steps=5, clip_weights=0.1,
               optimizer={"kind": "rmsprop", "lr": 2e-4, "alpha": 0.99, "eps": 1e-8})
    trajectory("lsgan.json", **small, channels=3, norm="none", loss="least-squares",
               optimizer={"kind": "adam", "lr": 5e-4, "betas": [0.0, 0.99], "eps": 1e-8})
    trajectory("cgan.json", **small, channels=1, classes=5, norm="none", loss="non-saturating",
               optimizer={"kind": "adam", "lr": 1e-3, "betas": [0.0, 0.99], "eps": 1e-8})

    # Wide weights: with small ones the eval-mode output would be nearly zero after 3 steps.
    g, _, _, _, _ = train(torch.float32, **dcgan, steps=3, batch=4, latent=8, width=4, scales=scales(0.3, 0.05))
    (HERE / "dcgan_torch.safetensors").write_bytes(save(g.state_dict()))
    z = hash_fill([2, 8, 1, 1], 4000, 1.5).float()
    with torch.no_grad():
        out = g.eval()(z.flatten(1), None)
    (HERE / "dcgan_torch_out.safetensors").write_bytes(save({"z": z, "out": out}))
