"""The variational autoencoder: decoder, encoder, and the bound that trains both."""

import torch
from torch import Tensor

from dgm.bounds import Bound, elbo_closed_kl
from dgm.densities import reparameterize
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp
from dgm.posteriors import Encoder


def vae(dim_x: int, hidden: int, dim_z: int) -> tuple[LatentVariableModel, Encoder]:
    """Build a model of binary images and its encoder, one hidden layer each.

    Args:
        dim_x: pixels; 784 for MNIST.
        hidden: tanh units in decoder and encoder; 400 in the lecture.
        dim_z: latent numbers; 20 in the lecture.

    Returns:
        The model p(x, z) and the approximate posterior q(z|x).

    Page: "The model" in book/10_vae.md.   Lecture: XU, the fully connected VAE.

    >>> model, posterior = vae(16, hidden=32, dim_z=1)
    >>> posterior(torch.zeros(3, 16)).mean.shape
    torch.Size([3, 1])
    """
    decoder = BernoulliDecoder(mlp(dim_z, hidden, dim_x))
    model = LatentVariableModel(StandardNormal(dim_z), decoder)
    return model, Encoder(mlp(dim_x, hidden, 2 * dim_z))


def vae_bound(model: LatentVariableModel, posterior: Encoder) -> Bound:
    r"""Make the bound that a VAE climbs: one draw of z, the KL in closed form.

    .. math:: \mathcal L(x) \approx \log p(x|\mu + \sigma\epsilon)
              - \mathrm{KL}(q(z|x), N(0, I)), \quad \epsilon \sim N(0, I)

    Args:
        model: with the prior N(0, I).
        posterior: from images to Gaussians with independent coordinates.

    Returns:
        A function from images (batch, dim_x) to an unbiased estimate of each one's
        ELBO, (batch,), in nats; fresh noise at each call.

    Page: "The whole loop" in book/05_jensen.md.   Paper: Kingma and Welling (2014).
    """

    def bound(x: Tensor) -> Tensor:
        q_z = posterior(x)
        eps = torch.randn(1, *q_z.mean.shape, device=x.device)
        z = reparameterize(q_z.mean, q_z.stddev, eps)
        return elbo_closed_kl(model, q_z, x, z)

    return bound
