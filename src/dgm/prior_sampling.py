"""Estimate an area by throwing darts: z from the prior, p(x|z) averaged."""

import math

import torch
from torch import Tensor

from dgm.latent_variable import LatentVariableModel


def prior_sampling(model: LatentVariableModel, x: Tensor, z: Tensor) -> Tensor:
    r"""Average p(x|z) over draws from the prior, and take the log, in nats.

    .. math:: \log p(x) \approx \log \frac1K \sum_{k=1}^{K} p(x|z_k),
              \quad z_k \sim p(z)

    Args:
        model: with any likelihood; its prior is not evaluated, since z comes from it.
        x: images, shape (batch, dim_x).
        z: draws from the prior, shape (samples, batch, dim_z), or (samples, 1, dim_z)
            where every image is tried with the same draws; K = samples.

    Returns:
        Shape (batch,). Its exponential is unbiased for p(x); it lies itself below
        log p(x) on average. How far off it is: `relative_variance`.

    Page: label `eq-prior-sampling` in book/04_inference.md.   Lecture: PA, "Learning".

    A decoder that ignores z gives the same from every draw:

    >>> from dgm.densities import bernoulli
    >>> from dgm.latent_variable import StandardNormal
    >>> coins = LatentVariableModel(StandardNormal(1), lambda z: bernoulli(0 * z))
    >>> estimate = prior_sampling(coins, torch.ones(1, 1), torch.randn(7, 1, 1))
    >>> math.isclose(estimate.item(), math.log(0.5), rel_tol=1e-6)
    True
    """
    log_lik = model.likelihood(z).log_prob(x)  # (samples, batch)
    return log_lik.logsumexp(0) - math.log(len(log_lik))


def relative_variance(
    model: LatentVariableModel, x: Tensor, z: Tensor, dz: Tensor
) -> Tensor:
    r"""Integrate how much p(x|z) varies under the prior, in units of its mean squared.

    .. math:: v(x) = \frac{E[p(x|z)^2]}{E[p(x|z)]^2} - 1
              = \int \frac{p(z|x)^2}{p(z)}\,dz - 1, \quad z \sim p(z)

    K draws estimate p(x) with relative standard error sqrt(v / K), so an error r takes
    K = v / r^2 draws. In several independent coordinates the factors 1 + v multiply.

    Args:
        model, x: as in `prior_sampling`, with dim_z = 1.
        z, dz: from `dgm.quadrature.ruler`.

    Returns:
        Shape (batch,); zero only where the picture says nothing about its place. The
        integral must see the hill, which is what the darts may miss.

    Page: label `eq-relative-error` in book/04_inference.md.
    Paper: Chatterjee and Diaconis (2018).

    >>> from dgm.linear_gaussian import LinearGaussian
    >>> from dgm.quadrature import ruler
    >>> W, b = torch.zeros(3, 1).double(), torch.zeros(3).double()
    >>> deaf = LinearGaussian(W, b, sigma=0.5).double()        # x ignores z
    >>> relative_variance(deaf, b[None], *ruler()).abs().item() < 1e-12
    True
    """
    log_lik = model.likelihood(z).log_prob(x)  # (marks, batch)
    log_share = model.prior().log_prob(z) + dz.log()
    log_mean = torch.logsumexp(log_lik + log_share, 0)
    log_square = torch.logsumexp(2 * log_lik + log_share, 0)
    return (log_square - 2 * log_mean).expm1()
