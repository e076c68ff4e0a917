"""Convolutional VAE at width 8 on 28x28: vae_conv.json."""
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import relu

from common import fill_params, hash_fill, sums, write_json


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 4, 2, 1)
        self.conv2 = nn.Conv2d(8, 16, 4, 2, 1)
        self.fc = nn.Linear(16 * 7 * 7, 64)
        self.mu = nn.Linear(64, 20)
        self.logvar = nn.Linear(64, 20)

    def forward(self, x):
        h = relu(self.conv2(relu(self.conv1(x)))).flatten(1)
        h = relu(self.fc(h))
        return self.mu(h), self.logvar(h)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 64)
        self.fc2 = nn.Linear(64, 16 * 7 * 7)
        self.deconv1 = nn.ConvTranspose2d(16, 8, 4, 2, 1)
        self.deconv2 = nn.ConvTranspose2d(8, 1, 4, 2, 1)

    def forward(self, z):
        h = relu(self.fc2(relu(self.fc1(z)))).view(-1, 16, 7, 7)
        return self.deconv2(relu(self.deconv1(h)))


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, x, eps):
        mu, logvar = self.encoder(x)
        return self.decoder(mu + eps * torch.exp(0.5 * logvar)), mu, logvar


def train(dtype, steps, batch):
    net = Vae().to(dtype)
    table = fill_params(net.named_parameters(), weight_scale=0.1, bias_scale=0.05)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    losses = {"neg_elbo": [], "reconstruction": [], "kl": []}
    step0 = {}
    for t in range(steps):
        x = ((hash_fill([batch, 1, 28, 28], 2000 + t, 1.0) + 1.0) / 2.0).to(dtype)
        eps = hash_fill([batch, 20], 3000 + t, 1.5).to(dtype)
        opt.zero_grad()
        logits, mu, logvar = net(x, eps)
        rec = bce(logits, x, reduction="sum") / batch
        kl = -0.5 * torch.sum(1.0 + logvar - mu * mu - torch.exp(logvar)) / batch
        loss = rec + kl
        loss.backward()
        if t == 0:
            step0 = {"logits": sums(logits), "mu": sums(mu), "logvar": sums(logvar),
                     "grads": {n: sums(p.grad) for n, p in net.named_parameters()}}
        opt.step()
        for k, v in (("neg_elbo", loss), ("reconstruction", rec), ("kl", kl)):
            losses[k].append(v.item())
    return table, losses, step0, {n: sums(v) for n, v in net.state_dict().items()}


def make():
    cfg = {"steps": 20, "batch": 8}
    table, f64, step0, final = train(torch.float64, **cfg)
    _, f32, _, _ = train(torch.float32, **cfg)
    write_json("vae_conv.json", {
        "config": cfg | {"optimizer": {"kind": "adam", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8},
                         "x": {"dims": [8, 1, 28, 28], "salt": "2000+step", "scale": 0.5, "shift": 0.5},
                         "eps_noise": {"dims": [8, 20], "salt": "3000+step", "scale": 1.5}},
        "params": table, "f64": f64, "f32": f32, "step0": step0, "final": final})
