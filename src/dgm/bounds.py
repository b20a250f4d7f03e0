"""Lower bounds on log p(x), most of them made of one array, the log-weights."""

import math
from collections.abc import Callable

from torch import Tensor
from torch.distributions import Distribution

from dgm.densities import kl_standard_normal
from dgm.latent_variable import LatentVariableModel

Bound = Callable[[Tensor], Tensor]  # images (batch, dim_x) -> nats (batch,)


def log_weights(
    model: LatentVariableModel, q_z: Distribution, x: Tensor, z: Tensor
) -> Tensor:
    r"""Weigh given z against q: log w = log p(x, z) - log q(z|x), in nats.

    Args:
        model: whose `log_joint` is the numerator.
        q_z: q(z|x), one distribution an image, batch shape (batch,).
        x: images, shape (batch, dim_x).
        z: shape (samples, batch, dim_z); where it came from does not matter.

    Returns:
        Shape (samples, batch).

    Page: label `eq-log-w` in book/05_jensen.md.

    With q = p(z|x) every draw gives log p(x):

    >>> import torch
    >>> from dgm.linear_gaussian import LinearGaussian
    >>> model = LinearGaussian(torch.ones(3, 1), torch.zeros(3), sigma=0.5)
    >>> x, z = torch.tensor([[1.0, 0.5, 0.0]]), torch.randn(7, 1, 1)
    >>> log_w = log_weights(model, model.exact_posterior(x), x, z)
    >>> torch.allclose(log_w, model.log_evidence(x).expand(7, 1))
    True
    """
    return model.log_joint(x, z) - q_z.log_prob(z)


def elbo(log_w: Tensor) -> Tensor:
    r"""Take the mean log-weight of each image: its evidence lower bound, in nats.

    .. math:: \mathcal L(x) = E_{q(z|x)}[\log p(x, z) - \log q(z|x)] \le \log p(x)

    Args:
        log_w: log p(x, z) - log q(z|x), shape (samples, batch); see `log_weights`.

    Returns:
        One estimate per image, shape (batch,). Unbiased for L(x); maximise it. A
        single estimate may exceed log p(x): the bound holds for the mean.

    Page: label `eq-elbo` in book/05_jensen.md.   Paper: Jordan et al. (1999).

    >>> import torch
    >>> elbo(torch.tensor([[-6.0, -8.0], [-4.0, -8.0]]))
    tensor([-5., -8.])
    """
    return log_w.mean(0)


def elbo_closed_kl(
    model: LatentVariableModel, q_z: Distribution, x: Tensor, z: Tensor
) -> Tensor:
    r"""Estimate the ELBO as reconstruction minus KL, the KL in closed form, in nats.

    .. math:: \mathcal L(x) = E_{q(z|x)}[\log p(x|z)] - \mathrm{KL}(q(z|x), N(0, I))

    Args:
        model, q_z, x, z: as in `log_weights`; the prior is N(0, I), q_z a Gaussian
            with independent coordinates.

    Returns:
        One estimate per image, shape (batch,); the same mean as `elbo`, another noise.

    Page: label `eq-elbo-kl` in book/05_jensen.md.
    Paper: Kingma and Welling (2014), equation 10.
    """
    log_lik = model.likelihood(z).log_prob(x)  # (samples, batch)
    return log_lik.mean(0) - kl_standard_normal(q_z.mean, q_z.stddev.log())


def iwae(log_w: Tensor) -> Tensor:
    r"""Average weights before the log: the K-sample bound, in nats.

    .. math:: \mathcal L_K(x) = E[\log \tfrac1K \sum_k w_k] \le \log p(x)

    Args:
        log_w: shape (samples, batch), K = samples.

    Returns:
        One estimate per image, shape (batch,). K = 1 is the ELBO; the mean rises with
        K towards log p(x).

    Page: "Average more before the log" in book/05_jensen.md.
    Paper: Burda, Grosse and Salakhutdinov (2016).

    >>> import torch
    >>> iwae(torch.tensor([[-2000.0], [-2000.0]]))      # no underflow
    tensor([-2000.])
    """
    return log_w.logsumexp(0) - math.log(len(log_w))
