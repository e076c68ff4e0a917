"""DCGAN as in PyTorch's examples/dcgan, and the critic of WGAN-GP."""

import torch
from torch import nn

from .tuning import frozen

NOISE = 100


def doublings(size):
    return {64: 4, 32: 3}[size]


def generator(size, channels, width):
    top = doublings(size) - 1
    layers = [nn.ConvTranspose2d(NOISE, width << top, 4, 1, 0, bias=False)]
    for i in range(top, -1, -1):
        layers += [nn.BatchNorm2d(width << i), nn.ReLU(True)]
        to = width << (i - 1) if i > 0 else channels
        layers += [nn.ConvTranspose2d(width << i, to, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def discriminator(size, channels, width, norm=True):
    top = doublings(size) - 1
    layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for i in range(top):
        layers += [nn.Conv2d(width << i, width << (i + 1), 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(width << (i + 1))] if norm else []
        layers += [nn.LeakyReLU(0.2, True)]
    layers += [nn.Conv2d(width << top, 1, 4, 1, 0, bias=False)]
    return nn.Sequential(*layers)


def start(module):
    """The start values of examples/dcgan."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def dcgan(tuning, batch, size, channels, width):
    g = tuning.network(generator(size, channels, width).apply(start))
    d = tuning.network(nn.Sequential(*discriminator(size, channels, width), nn.Sigmoid()).apply(start))
    g_adam, d_adam = (tuning.adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (g, d))
    real, ones, zeros = tuning.images(batch, channels, size, size), torch.ones(batch), torch.zeros(batch)
    bce = nn.BCELoss()

    def step():
        d.zero_grad()
        real_loss = bce(d(real).view(-1), ones)
        real_loss.backward()
        fake = g(torch.randn(batch, NOISE, 1, 1))
        fake_loss = bce(d(fake.detach()).view(-1), zeros)
        fake_loss.backward()
        d_adam.step()
        g.zero_grad()
        with frozen(d, when=tuning.freeze):
            g_loss = bce(d(fake).view(-1), ones)
            g_loss.backward()
        g_adam.step()
        return real_loss.item() + fake_loss.item() + g_loss.item()

    return step


def wgangp(tuning, batch):
    """The critic's step, on 32×32×1 images."""
    critic = tuning.network(discriminator(32, 1, 32, norm=False))
    adam = tuning.adam(critic.parameters(), 1e-4, (0.0, 0.9))
    real, fake = tuning.images(batch, 1, 32, 32), tuning.images(batch, 1, 32, 32)

    def step():
        adam.zero_grad()
        share = torch.rand(batch, 1, 1, 1)
        mixed = (share * real + (1 - share) * fake).requires_grad_(True)
        judged = critic(mixed)
        (slope,) = torch.autograd.grad(judged, mixed, torch.ones_like(judged), create_graph=True)
        penalty = 10 * ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + penalty
        loss.backward()
        adam.step()
        return loss.item()

    return step
