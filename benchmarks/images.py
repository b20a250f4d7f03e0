"""The images that the measurements share."""

import torch
from torch import Tensor

from dgm.data.mnist import mnist, mnist_is_here


def train_and_test() -> tuple[Tensor, Tensor]:
    """Return MNIST binarized at one half; where it is missing, noise of its shape."""
    if mnist_is_here():
        return tuple((mnist(part)[0] > 0.5).float() for part in ("train", "t10k"))
    noise = torch.Generator().manual_seed(0)
    return tuple(
        (torch.rand(n, 784, generator=noise) < 0.13).float() for n in (60_000, 10_000)
    )


def kind() -> str:
    """Name them, for a row whose figure depends on what they show."""
    return "digits of MNIST" if mnist_is_here() else "noise images"
