"""What a cell of the IWAE table is: its networks and its bound."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dgm.bounds import Bound, elbo, iwae, log_weights
from dgm.densities import reparameterize
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp
from dgm.posteriors import Encoder

OBJECTIVES = {"VAE": elbo, "IWAE": iwae}


@dataclass(frozen=True)
class Cell:
    """A column and a row of the table, and a seed."""

    kind: str  # a key of OBJECTIVES
    k: int
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.kind}-{self.k}-{self.seed}"


def build(data: Tensor, sizes: tuple[int, ...]) -> tuple[LatentVariableModel, Encoder]:
    """Make the paper's networks: Glorot's weights, biases zero but for the pixels'.

    Each pixel's bias starts at the logit of its mean, as in the authors' own code.
    """
    dim_z, inner = sizes[-1], sizes[:-1]
    decoder, encoder = mlp(dim_z, *inner[::-1]), mlp(*inner, 2 * dim_z)
    heads = encoder[-1].weight.chunk(2)  # mean and log sigma: two layers in one
    weights = [
        part.weight for part in (*decoder, *encoder[:-1]) if hasattr(part, "weight")
    ]
    for weight in (*weights, *heads):
        nn.init.xavier_uniform_(weight)
    for part in (*decoder, *encoder):
        if hasattr(part, "bias"):
            nn.init.zeros_(part.bias)
    with torch.no_grad():
        decoder[-1].bias.copy_(data.mean(0).clamp(0.001, 0.999).logit())
    model = LatentVariableModel(StandardNormal(dim_z), BernoulliDecoder(decoder))
    return model.to(data.device), Encoder(encoder).to(data.device)


def binarized(grey: Tensor) -> Tensor:
    """Draw each pixel anew, black with the probability of its grey value."""
    return (torch.rand_like(grey) < grey).to(grey.dtype)


def make_bound(
    kind: str, k: int, model: LatentVariableModel, posterior: Encoder
) -> Bound:
    """Make the cell's bound on grey images: k weights, averaged before or after log."""

    def bound(grey: Tensor) -> Tensor:
        x = binarized(grey)
        q_z = posterior(x)
        eps = torch.randn(k, *q_z.mean.shape, device=x.device)
        z = reparameterize(q_z.mean, q_z.stddev, eps)
        return OBJECTIVES[kind](log_weights(model, q_z, x, z))

    return bound
