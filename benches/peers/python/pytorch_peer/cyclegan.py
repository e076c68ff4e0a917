"""CycleGAN on 64×64×3 images: generators of six residual blocks, 70×70 PatchGAN discriminators."""

import torch
import torch.nn.functional as F
from torch import nn

from .tuning import frozen

SIZE = 64


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()

        def conv():
            return [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]

        self.body = nn.Sequential(*conv(), nn.ReLU(True), *conv())

    def forward(self, x):
        return x + self.body(x)


def generator():
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), nn.InstanceNorm2d(64), nn.ReLU(True)]
    for c in (64, 128):
        layers += [nn.Conv2d(c, 2 * c, 3, 2, 1), nn.InstanceNorm2d(2 * c), nn.ReLU(True)]
    layers += [Residual(256) for _ in range(6)]
    for c in (256, 128):
        layers += [nn.ConvTranspose2d(c, c // 2, 3, 2, 1, 1), nn.InstanceNorm2d(c // 2), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh())


def discriminator():
    layers = [nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for c, to, stride in ((64, 128, 2), (128, 256, 2), (256, 512, 1)):
        layers += [nn.Conv2d(c, to, 4, stride, 1), nn.InstanceNorm2d(to), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1))


def distance(judged, target):
    return F.mse_loss(judged, torch.full_like(judged, target))


def cyclegan(tuning, batch):
    # g_a makes images of domain B from those of A, and d_a judges them.
    g_a, g_b = tuning.network(generator()), tuning.network(generator())
    d_a, d_b = tuning.network(discriminator()), tuning.network(discriminator())
    adam = lambda a, b: tuning.adam([*a.parameters(), *b.parameters()], 2e-4, (0.5, 0.999))
    g_adam, d_adam = adam(g_a, g_b), adam(d_a, d_b)
    real_a, real_b = tuning.images(batch, 3, SIZE, SIZE), tuning.images(batch, 3, SIZE, SIZE)

    def step():
        g_adam.zero_grad()
        # The paper's own program freezes them too.
        with frozen(d_a, d_b):
            fake_b, fake_a = g_a(real_a), g_b(real_b)
            cycle = F.l1_loss(g_b(fake_b), real_a) + F.l1_loss(g_a(fake_a), real_b)
            identity = F.l1_loss(g_a(real_b), real_b) + F.l1_loss(g_b(real_a), real_a)
            fooled = distance(d_a(fake_b), 1.0) + distance(d_b(fake_a), 1.0)
            loss = fooled + 10 * cycle + 5 * identity
            loss.backward()
        g_adam.step()
        d_adam.zero_grad()
        for d, real, fake in ((d_a, real_b, fake_b), (d_b, real_a, fake_a)):
            (0.5 * (distance(d(real), 1.0) + distance(d(fake.detach()), 0.0))).backward()
        d_adam.step()
        return loss.item()

    return step
