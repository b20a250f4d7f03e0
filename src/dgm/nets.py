"""Networks from z to x and back, small enough to read."""

import math
from itertools import pairwise

import torch
from torch import nn
from torch.distributions import Normal


def mlp(*sizes: int) -> nn.Sequential:
    r"""Build a multi-layer perceptron: linear layers with tanh between them.

    tanh is smooth, so that integrals over its input are accurate on a ruler whose step
    is well below the width of its steepest wall.

    Args:
        sizes: width of each layer, from input to output; `mlp(1, 32, 16)` has one
            hidden layer of 32 units.

    Returns:
        A network from (..., sizes[0]) to (..., sizes[-1]).

    Raises:
        ValueError: for fewer than two sizes.

    Page: "Draw it by hand" in book/02_bars.md.   Lecture: PA, "takes z, produces x".

    >>> sum(p.numel() for p in mlp(1, 32, 16).parameters())
    592
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp: got {sizes}, expected an input and an output size")
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.Tanh())]
    return nn.Sequential(*layers[:-1])


def bars_by_hand(slope: float = 4.0, flip: float = 0.05) -> nn.Sequential:
    r"""Build the decoder that a person would draw: three walls cut z into four bars.

    Hidden unit k is a wall, h_k = tanh(slope (z - t_k)), at the prior's k-th quartile
    t_k. Column c lies between walls c - 1 and c; the outermost are constants:

    .. math:: \mathrm{logit}_c(z) = \log\frac{1 - flip}{flip}\,(h_{c-1} - h_c - 1),
              \quad h_0 = 1, \; h_4 = -1

    Args:
        slope: steepness of the walls; their soft edge is about 2 / slope wide.
        flip: probability that a pixel is wrong far from any wall, 0 < flip < 1/2.

    Returns:
        A network 1 -> 3 tanh -> 16 from z to logits.

    Page: "Draw it by hand" in book/02_bars.md.   Lecture: PA, 3-minute exercise.

    >>> with torch.no_grad():
    ...     logits = bars_by_hand()(torch.tensor([[2.0]]))   # far right: the last bar
    >>> (logits > 0).int().reshape(4, 4)[0].tolist()
    [0, 0, 0, 1]
    """
    walls = Normal(0.0, 1.0).icdf(torch.tensor([0.25, 0.5, 0.75]))
    sides = torch.tensor([[-1.0, 0, 0], [1, -1, 0], [0, 1, -1], [0, 0, 1]])
    log_odds = math.log((1 - flip) / flip)
    net = mlp(1, 3, 16)
    net[0].weight.data.fill_(slope)  # h_k = tanh(slope (z - t_k))
    net[0].bias.data = -slope * walls
    net[2].weight.data = log_odds * sides.repeat(4, 1)  # left - right
    net[2].bias.data = log_odds * torch.tensor([0.0, -1, -1, 0]).repeat(4)
    return net
