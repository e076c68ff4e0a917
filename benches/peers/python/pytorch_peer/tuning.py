"""What can be done in a PyTorch program to make the same steps faster."""

from contextlib import contextmanager
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Tuning:
    channels_last: bool
    fused_adam: bool
    # Whether the discriminator is frozen in the generator's step, so that autograd doesn't compute the
    # gradients of its weights, which nobody reads.
    freeze: bool

    def adam(self, parameters, lr, betas=(0.9, 0.999)):
        # None leaves the choice between a loop and "foreach" to PyTorch.
        return torch.optim.Adam(parameters, lr, betas=betas, fused=True if self.fused_adam else None)

    def network(self, module):
        return module.to(memory_format=torch.channels_last) if self.channels_last else module

    def images(self, *dims):
        """Random images in [-1, 1]."""
        images = torch.rand(*dims) * 2 - 1
        return images.contiguous(memory_format=torch.channels_last) if self.channels_last else images


@contextmanager
def frozen(*networks, when=True):
    """No gradients of these networks' weights in this block."""

    def require(yes):
        for network in networks:
            network.requires_grad_(yes)

    if when:
        require(False)
    yield
    if when:
        require(True)
