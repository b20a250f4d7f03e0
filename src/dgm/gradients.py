"""Estimators of the bound's gradient in phi: two that are right, one that is not.

Each takes the same arguments and returns `(bound, surrogate)`: read the bound, and
differentiate the surrogate. They are interchangeable in a training step.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Distribution

from dgm.bounds import elbo, log_weights
from dgm.densities import reparameterize
from dgm.latent_variable import LatentVariableModel
from dgm.posteriors import LocalPosterior

Estimate = tuple[Tensor, Tensor]  # bound and surrogate, (batch,) each


def pathwise(
    model: LatentVariableModel, q_z: Distribution, x: Tensor, eps: Tensor
) -> Estimate:
    r"""Let z move with phi while the noise stays: differentiate the bound itself.

    .. math:: \nabla_\phi \mathcal L = E_{N(\epsilon; 0, I)}[\nabla_\phi
              \log w(\mu + \sigma \epsilon)]

    Args:
        model, x: as in `log_weights`; log p(x, z) must be continuous in z.
        q_z: a Gaussian with independent coordinates, batch shape (batch,).
        eps: noise from N(0, I), shape (samples, batch, dim_z).

    Returns:
        bound and surrogate, which are one: shape (batch,), in nats. Unbiased for the
        gradient in theta and in phi.

    Page: label `eq-path` in book/07_gradients.md.   Lecture: PA, "noise from outside".
    Paper: Kingma and Welling (2014), section 2.4.
    """
    z = reparameterize(q_z.mean, q_z.stddev, eps)  # z still knows phi
    bound = elbo(log_weights(model, q_z, x, z))  # (batch,)
    return bound, bound


def score_function(
    model: LatentVariableModel,
    q_z: Distribution,
    x: Tensor,
    eps: Tensor,
    baseline: Callable[[Tensor], Tensor] = torch.zeros_like,
) -> Estimate:
    r"""Let z stay and its probability move: weigh grad log q by log w.

    .. math:: \nabla_\phi \mathcal L = E_{q(z|x)}[(\log w - b) \nabla_\phi \log q(z|x)]
              + E_{q(z|x)}[\nabla_\phi \log w], \quad \text{the second term zero}

    Args:
        model, q_z, x, eps: as in `pathwise`, with no condition on log p(x, z).
        baseline: from log_w, (samples, batch), to what is taken off it; row k must not
            depend on sample k, see `leave_one_out`.

    Returns:
        bound and surrogate, shape (batch,), in nats. The surrogate's value means
        nothing; its gradient is unbiased in theta and in phi.

    Page: label `eq-score` in book/07_gradients.md.
    Lecture: XU, "two views of learning VAE".   Paper: Williams (1992).
    """
    z = reparameterize(q_z.mean, q_z.stddev, eps).detach()
    log_w = log_weights(model, q_z, x, z)  # (samples, batch)
    reward = (log_w - baseline(log_w)).detach()
    surrogate = reward * q_z.log_prob(z) + log_w
    return elbo(log_w), surrogate.mean(0)


def detached(
    model: LatentVariableModel, q_z: Distribution, x: Tensor, eps: Tensor
) -> Estimate:
    r"""Hold z still and differentiate: right for theta, wrong for phi.

    .. math:: E_{q(z|x)}[\nabla_\phi \log w] = -E_{q(z|x)}[\nabla_\phi \log q(z|x)] = 0

    Args:
        model, q_z, x, eps: as in `pathwise`.

    Returns:
        bound and surrogate, which are one, shape (batch,): the value of `pathwise`.
        For phi its gradient is noise of mean zero.

    Page: "What holding does" in book/07_gradients.md.
    Lecture: PA, "Naive sampling".
    """
    z = reparameterize(q_z.mean, q_z.stddev, eps).detach()
    bound = elbo(log_weights(model, q_z, x, z))
    return bound, bound


def leave_one_out(log_w: Tensor) -> Tensor:
    r"""Average the other samples: a baseline that row k does not enter.

    .. math:: b_k = \tfrac1{K-1} \sum_{j \ne k} \log w_j

    Args:
        log_w: shape (samples, batch), two samples or more.

    Returns:
        Shape (samples, batch), in nats.

    Page: "The price" in book/07_gradients.md.   Paper: Mnih and Rezende (2016).

    >>> leave_one_out(torch.tensor([[1.0], [2.0], [6.0]])).squeeze(1)
    tensor([4.0000, 3.5000, 1.5000])
    """
    return (log_w.sum(0) - log_w) / (len(log_w) - 1)


def phi_gradients(surrogate: Tensor, posterior: LocalPosterior) -> Tensor:
    """Differentiate each image's surrogate in its own mu and log sigma.

    Args:
        surrogate: shape (batch,), entry n made from row n of the posterior alone.
        posterior: free numbers for each image.

    Returns:
        Shape (batch, 2 dim_z): the slopes in mu, then those in log sigma.

    Page: book/07_gradients.md.

    >>> posterior = LocalPosterior(torch.tensor([[3.0]]), torch.zeros(1, 1))
    >>> z = posterior(torch.zeros(1, 16)).mean
    >>> phi_gradients((z**2).sum(-1), posterior)      # log sigma is not in it
    tensor([[6., 0.]])
    """
    phi = [posterior.mu, posterior.log_sigma]
    slopes = torch.autograd.grad(
        surrogate.sum(), phi, allow_unused=True, materialize_grads=True
    )
    return torch.cat(slopes, -1)
