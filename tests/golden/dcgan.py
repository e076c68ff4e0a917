"""DCGAN at 64x64 (layers and key names of the PyTorch example): dcgan.json and the checkpoint pair."""
import torch
from safetensors.torch import save
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from common import HERE, fill_params, hash_fill, sums, write_json


class Generator(nn.Module):
    def __init__(self, nz, ngf, nc=3):
        super().__init__()
        layers = [nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 8), nn.ReLU()]
        for m in (8, 4, 2):
            layers += [nn.ConvTranspose2d(ngf * m, ngf * m // 2, 4, 2, 1, bias=False),
                       nn.BatchNorm2d(ngf * m // 2), nn.ReLU()]
        layers += [nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    """Ends in logits: the sigmoid of the example is part of the loss here."""

    def __init__(self, ndf, nc=3):
        super().__init__()
        layers = [nn.Conv2d(nc, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for m in (1, 2, 4):
            layers += [nn.Conv2d(ndf * m, ndf * m * 2, 4, 2, 1, bias=False),
                       nn.BatchNorm2d(ndf * m * 2), nn.LeakyReLU(0.2)]
        layers += [nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False)]
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x).flatten()


def named(g, d, what="named_parameters"):
    nets = (("G.", g), ("D.", d))
    return [(prefix + n, t) for prefix, net in nets for n, t in dict(getattr(net, what)()).items()]


def train(dtype, steps, batch, nz, nf, weight_scale, norm_scale):
    g, d = Generator(nz, nf).to(dtype), Discriminator(nf).to(dtype)
    table = fill_params(named(g, d), weight_scale, bias_scale=norm_scale, norm_scale=norm_scale)
    opt_g = torch.optim.Adam(g.parameters(), lr=2e-4, betas=(0.5, 0.999), eps=1e-8)
    opt_d = torch.optim.Adam(d.parameters(), lr=2e-4, betas=(0.5, 0.999), eps=1e-8)
    ones, zeros = torch.ones(batch, dtype=dtype), torch.zeros(batch, dtype=dtype)
    losses = {"loss_d": [], "loss_g": []}
    step0 = {}
    for t in range(steps):
        real = hash_fill([batch, 3, 64, 64], 2000 + t, 1.0).to(dtype)
        z = hash_fill([batch, nz, 1, 1], 3000 + t, 1.5).to(dtype)

        opt_d.zero_grad()
        d_real = d(real)
        fake = g(z)
        d_fake = d(fake.detach())
        loss_d = bce(d_real, ones) + bce(d_fake, zeros)  # mean softplus(-d_real) + mean softplus(d_fake)
        loss_d.backward()
        if t == 0:
            step0["fake"] = sums(fake)
            step0["d_real"], step0["d_fake"] = d_real.tolist(), d_fake.tolist()
            grads = {"D." + n: sums(p.grad) for n, p in d.named_parameters()}
        opt_d.step()

        opt_g.zero_grad()
        d_gen = d(fake)
        loss_g = bce(d_gen, ones)  # mean softplus(-d_gen)
        loss_g.backward()
        if t == 0:
            step0["d_gen"] = d_gen.tolist()
            step0["grads"] = {"G." + n: sums(p.grad) for n, p in g.named_parameters()} | grads
        opt_g.step()

        losses["loss_d"].append(loss_d.item())
        losses["loss_g"].append(loss_g.item())
    final = {n: sums(v) for n, v in named(g, d, "state_dict")}
    return g, table, losses, step0, final


def trajectory(file, weight_scale, norm_scale, **cfg):
    scales = {"weight_scale": weight_scale, "norm_scale": norm_scale}
    _, table, f64, step0, final = train(torch.float64, **cfg, **scales)
    _, _, f32, _, _ = train(torch.float32, **cfg, **scales)
    write_json(file, {
        "config": cfg | {"lr": 2e-4, "betas": [0.5, 0.999], "eps": 1e-8, "bn_momentum": 0.1, "bn_eps": 1e-5,
                         "real": {"dims": [cfg["batch"], 3, 64, 64], "salt": "2000+step", "scale": 1.0},
                         "z": {"dims": [cfg["batch"], cfg["nz"], 1, 1], "salt": "3000+step", "scale": 1.5}},
        "params": table, "f64": f64, "f32": f32, "step0": step0, "final": final})


def make():
    # For f64, and for the first steps of f32.
    trajectory("dcgan.json", 0.05, 0.05, steps=20, batch=8, nz=16, nf=8)
    # Small, and with these scales, so that no rounding difference takes an activation to the other side
    # of a ReLU's kink: that would send f32 runs apart. See "How closely" in README.md.
    trajectory("dcgan_narrow.json", 0.17, 0.2, steps=20, batch=2, nz=16, nf=2)

    # Wide weights: with small ones the eval-mode output would be nearly zero after 3 steps.
    g, _, _, _, _ = train(torch.float32, steps=3, batch=4, nz=8, nf=4, weight_scale=0.3, norm_scale=0.05)
    (HERE / "dcgan_torch.safetensors").write_bytes(save(g.state_dict()))
    z = hash_fill([2, 8, 1, 1], 4000, 1.5).float()
    with torch.no_grad():
        out = g.eval()(z)
    (HERE / "dcgan_torch_out.safetensors").write_bytes(save({"z": z, "out": out}))
