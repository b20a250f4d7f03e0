"""Train the classifier of the noise figure, and write `noise.json`.

    python -m dgm.figures.export_noise

Data, split and training are those of book/01_why.md: 64 grey pixels -> 64 tanh -> 10.
The figure's log p(x) has a bell around each of the first 600 training pictures, where
the page has 1,545. About 3 s on one core.
"""

import base64
import json
import math
import os

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from dgm.figures import HERE
from dgm.figures.export import pack
from dgm.nets import mlp

SEEN, BELLS, SIGMA = 1545, 600, 0.13


def shuffled() -> tuple[Tensor, Tensor]:
    """Return the digits in the page's order, grey from 0 to 1, with their labels."""
    torch.manual_seed(0)
    scans, order = load_digits(), torch.randperm(1797)
    x = torch.from_numpy(scans.data)[order] / 16
    return x, torch.from_numpy(scans.target)[order]


def train(x: Tensor, y: Tensor) -> nn.Sequential:
    """Fit the page's classifier in float64 from its seed."""
    torch.manual_seed(0)
    net = mlp(64, 64, 10).double()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(200):
        loss = -net(x).log_softmax(-1).gather(-1, y[:, None]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


def nibbles(x: Tensor) -> str:
    """Write grey values as base64, two pixels a byte, 16 shades from 0 to 15.

    >>> nibbles(torch.tensor([0.0, 1.0, 1.0, 0.0])) == base64.b64encode(
    ...     bytes([0x0F, 0xF0])).decode()
    True
    """
    shade = (15 * x.flatten()).round().to(torch.uint8)
    return base64.b64encode(bytes((16 * shade[::2] + shade[1::2]).tolist())).decode()


def log_density(x: Tensor, bells: Tensor) -> Tensor:
    """Compute log p(x) of the mean of bells N(bell, sigma^2 I), in nats, (batch,)."""
    square = torch.cdist(x, bells).square()
    each = -square / (2 * SIGMA**2) - 64 * math.log(SIGMA * math.sqrt(2 * math.pi))
    return each.logsumexp(1) - math.log(len(bells))


def main() -> None:
    """Train, and replace `noise.json` in one stroke."""
    torch.set_num_threads(1)  # sums in one order
    x, y = shuffled()
    net = train(x[:SEEN], y[:SEEN])
    coarse = (15 * x).round() / 15  # as the figure has them
    unseen, labels = coarse[SEEN:], y[SEEN:]
    one_each = [(labels == digit).nonzero()[0, 0].item() for digit in range(10)]
    own = log_density(unseen, coarse[:BELLS])
    stored = {
        "classifier": pack(net),
        "bells": nibbles(coarse[:BELLS]),
        "unseen": nibbles(unseen[one_each]),
        "line": round(own.quantile(0.01).item(), 2),
    }
    part = HERE / "noise.json.part"
    part.write_text(json.dumps(stored) + "\n", "utf8")
    os.replace(part, HERE / "noise.json")
    right = (net(unseen).argmax(-1) == labels).double().mean()
    print(f"right about {right:.1%} of {len(labels)} unseen digits;", end=" ")
    print(f"log p(x) {own.mean():.1f} nats, a hundredth below {stored['line']}")


if __name__ == "__main__":
    main()
