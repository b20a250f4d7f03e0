"""The training loop of most tutorials, for the same VAE, 784-400-20.

A loop is prepared by `f(x, batch)`, and is then `run(watch)`: it trains for one epoch
between `watch.start()` and `watch.stop()`. What it sets up once is not counted.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks.rows import Watch

Loop = Callable[[Watch], None]


class Pictures(Dataset):
    """Images one by one, from bytes to a picture to a tensor.

    Step for step what torchvision's MNIST does with its transform ToTensor.
    """

    def __init__(self, x: Tensor) -> None:
        self.data = (x * 255).to(torch.uint8).reshape(-1, 28, 28)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, n: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.data[n].numpy())
        pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        pixels = pixels.view(picture.size[1], picture.size[0], 1)
        pixels = pixels.permute((2, 0, 1)).contiguous()
        return pixels.to(dtype=torch.get_default_dtype()).div(255), 0


class Tutorial(nn.Module):
    """The VAE of most tutorials: ReLU, log-variance, probabilities from a sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.mu = nn.Linear(784, 400), nn.Linear(400, 20)
        self.logvar = nn.Linear(400, 20)
        self.leave, self.pixels = nn.Linear(20, 400), nn.Linear(400, 784)

    def loss(self, x: Tensor) -> Tensor:
        h = torch.relu(self.enter(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)
        probs = torch.sigmoid(self.pixels(torch.relu(self.leave(z))))
        bce = nn.functional.binary_cross_entropy(probs, x, reduction="sum")
        return bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def tutorial(dataset: Dataset, batch: int) -> Loop:
    """A DataLoader, BCE on probabilities, Adam as it comes, the loss read each step."""
    loader = DataLoader(dataset, batch, shuffle=True, drop_last=True)
    net = Tutorial()
    optimizer, total = torch.optim.Adam(net.parameters(), lr=1e-3), [0.0]

    def run(watch: Watch) -> None:
        watch.start()
        for x, *_ in loader:
            optimizer.zero_grad()
            loss = net.loss(x.view(-1, 784))
            loss.backward()
            total[0] += loss.item()
            optimizer.step()
        watch.stop()

    return run


def on_pictures(x: Tensor, batch: int) -> Loop:
    """The tutorial loop on pictures, one by one, as tutorials have them."""
    return tutorial(Pictures(x), batch)


def on_tensors(x: Tensor, batch: int) -> Loop:
    """The same on tensors that are there already."""
    return tutorial(TensorDataset(x), batch)
