"""Makes images with a DCGAN generator whose weights kiln wrote, and writes one for kiln to read.

dcgan.py WEIGHTS POINTS FOLDER

WEIGHTS is what `kiln export --safetensors` wrote for a dcgan at 28 pixels, POINTS holds `z` [n, latent].
FOLDER gets images.safetensors, the images of those weights; and, after one step of training here,
trained.safetensors with the weights and trained_images.safetensors with their images.
"""

import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn


class Generator(nn.Module):
    def __init__(self, latent, width):
        super().__init__()
        self.main = nn.Sequential(
            nn.Flatten(),
            nn.Linear(latent, 49 * 2 * width, bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z)


weights, points, folder = sys.argv[1:]
state, z = load_file(weights), load_file(points)["z"]
net = Generator(z.shape[1], state["main.8.weight"].shape[0])
net.load_state_dict(state, strict=True)


def images():
    net.eval()
    with torch.no_grad():
        return net(z).contiguous()


save_file({"images": images()}, f"{folder}/images.safetensors")
net.train()
optimizer = torch.optim.Adam(net.parameters(), 1e-2)
net(z).square().mean().backward()
optimizer.step()
save_file(net.state_dict(), f"{folder}/trained.safetensors")
save_file({"images": images()}, f"{folder}/trained_images.safetensors")
