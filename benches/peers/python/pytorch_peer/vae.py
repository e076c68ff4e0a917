"""Variational autoencoders of 28×28 images: of convolutions, of dense layers, and by importance weights."""

import math

import torch
import torch.nn.functional as F
from torch import nn

LATENT = 20


def sample(mean, log_variance):
    return mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)


class ConvVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 32, 4, 2, 1), nn.Conv2d(32, 64, 4, 2, 1)
        self.hidden = nn.Linear(64 * 49, 256)
        self.mean, self.log_variance = nn.Linear(256, LATENT), nn.Linear(256, LATENT)
        self.d1, self.d2 = nn.Linear(LATENT, 256), nn.Linear(256, 64 * 49)
        self.t1, self.t2 = nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ConvTranspose2d(32, 1, 4, 2, 1)

    def forward(self, x):
        h = F.relu(self.c2(F.relu(self.c1(x)))).flatten(1)
        h = F.relu(self.hidden(h))
        mean, log_variance = self.mean(h), self.log_variance(h)
        h = F.relu(self.d2(F.relu(self.d1(sample(mean, log_variance))))).view(-1, 64, 7, 7)
        return torch.sigmoid(self.t2(F.relu(self.t1(h)))), mean, log_variance


class MlpVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 400)
        self.mean, self.log_variance = nn.Linear(400, LATENT), nn.Linear(400, LATENT)
        self.d1, self.d2 = nn.Linear(LATENT, 400), nn.Linear(400, 784)

    def forward(self, x):
        h = F.relu(self.hidden(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        return torch.sigmoid(self.d2(F.relu(self.d1(sample(mean, log_variance))))), mean, log_variance


class Iwae(nn.Module):
    """784-200-200-50 (Burda et al., 2016): the logarithms of the weights of `draws` codes of each image."""

    def __init__(self, draws):
        super().__init__()
        layers = lambda inputs: [nn.Linear(inputs, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh()]
        self.encoder = nn.Sequential(*layers(784))
        self.mean, self.log_variance = nn.Linear(200, 50), nn.Linear(200, 50)
        self.decoder = nn.Sequential(*layers(50), nn.Linear(200, 784))
        self.draws = draws

    def forward(self, x):
        h = self.encoder(x)
        mean, log_variance = self.mean(h)[:, None], self.log_variance(h)[:, None]
        noise = torch.randn(len(x), self.draws, 50)
        z = mean + noise * torch.exp(0.5 * log_variance)
        logits = self.decoder(z)
        log_p = -F.binary_cross_entropy_with_logits(logits, x[:, None].expand_as(logits), reduction="none").sum(2)
        return log_p + 0.5 * (noise.square() + log_variance - z.square()).sum(2)


def iwae(tuning, images, draws):
    network = tuning.network(Iwae(draws))
    adam = tuning.adam(network.parameters(), 1e-3)

    def step():
        adam.zero_grad()
        loss = -(torch.logsumexp(network(images), 1) - math.log(draws)).mean()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def vae(tuning, network, images):
    network = tuning.network(network)
    adam = tuning.adam(network.parameters(), 1e-3)

    def step():
        adam.zero_grad()
        made, mean, log_variance = network(images)
        kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        loss = F.binary_cross_entropy(made, images, reduction="sum") + kl
        loss.backward()
        adam.step()
        return loss.item()

    return step
