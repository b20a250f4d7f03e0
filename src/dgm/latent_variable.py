"""Models with a latent z: what p(z) is, and what p(x|z) is. Inference is elsewhere."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from dgm.densities import bernoulli, check_binary, diagonal_normal


class StandardNormal(nn.Module):
    """The prior N(0, I) over `dim_z` numbers. Call it without arguments."""

    def __init__(self, dim_z: int) -> None:
        super().__init__()
        self.register_buffer("zero", torch.zeros(dim_z))

    def forward(self) -> Distribution:
        return diagonal_normal(self.zero, self.zero)


class BernoulliDecoder(nn.Module):
    """The likelihood p(x|z) of binary pixels, each with a logit that `net` computes.

    Args:
        net: layers that end in a linear one, such as `mlp(1, 32, 16)`; a bare
            linear layer goes into an nn.Sequential.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, z: Tensor) -> Distribution:
        return bernoulli(self.net(z))

    def check(self, x: Tensor) -> Tensor:
        """Let images through that this likelihood can score; see `check_binary`."""
        return check_binary(x, self.net[-1].out_features)


class LatentVariableModel(nn.Module):
    r"""Prior and likelihood together: the joint p(x, z) = p(x|z) p(z).

    Args:
        prior: a module; `prior()` is a distribution over z.
        likelihood: a module; `likelihood(z)` is a distribution over x, and
            `likelihood.check(x)` refuses data that it cannot score.

    Page: label `eq-joint` in book/02_bars.md.   Lecture: SU, "Generative Models".

    >>> from dgm.nets import mlp
    >>> model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(mlp(1, 8, 16)))
    >>> model.log_joint(torch.zeros(3, 16), torch.zeros(5, 3, 1)).shape
    torch.Size([5, 3])
    """

    def __init__(self, prior: nn.Module, likelihood: nn.Module) -> None:
        super().__init__()
        self.prior, self.likelihood = prior, likelihood

    def log_joint(self, x: Tensor, z: Tensor) -> Tensor:
        r"""Add log p(x|z) and log p(z): log p(x, z), in nats.

        Args:
            x: images, shape (batch, dim_x).
            z: latent values, shape (samples, batch, dim_z), or (samples, 1, dim_z)
                where every image is tried with the same z.

        Returns:
            Shape (samples, batch).
        """
        return self.likelihood(z).log_prob(x) + self.prior().log_prob(z)
