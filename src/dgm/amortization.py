"""A bell of its own for each image: climbed to, the best there is, and what is lost."""

import math
from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn.functional import pad
from torch.optim import Adam

from dgm.bounds import elbo_closed_kl
from dgm.densities import diagonal_normal, kl_standard_normal, reparameterize
from dgm.latent_variable import LatentVariableModel
from dgm.posteriors import LocalPosterior
from dgm.quadrature import exact_elbo, log_evidence, ruler
from dgm.training import train_step


def fit_local(
    model: LatentVariableModel, x: Tensor, steps: int, draws: int = 8, lr: float = 0.1
) -> Iterator[LocalPosterior]:
    r"""Give each image its own (mu_n, sigma_n), at first the prior's, and climb.

    .. math:: \max_{\mu_n, \sigma_n} \; \mathcal L(x_n; \mu_n, \sigma_n),
              \quad n = 1, \dots, N

    Args:
        model: with the prior N(0, I); a copy is used, and asks for no gradient.
        x: images, shape (batch, dim_x).
        steps: Adam's updates of every image.
        draws: of z, for each update of each image.
        lr: Adam's first step size in mu and log sigma; it falls linearly to zero.

    Yields:
        The posterior after each update: always the same object.

    Page: label `eq-local` in book/08_amortization.md.   Lecture: SU, "extending to
    large datasets".
    """
    start = torch.zeros(len(x), *model.prior().event_shape).to(x)
    posterior, frozen = LocalPosterior(start, start), deepcopy(model)
    frozen.requires_grad_(False)

    def bound(x: Tensor) -> Tensor:
        q_z, eps = posterior(x), torch.randn(draws, *start.shape).to(x)
        z = reparameterize(q_z.mean, q_z.stddev, eps)
        return elbo_closed_kl(frozen, q_z, x, z)

    optimizer = Adam(posterior.parameters(), lr=lr)
    for i in range(steps):
        optimizer.param_groups[0]["lr"] = lr * (1 - i / steps)
        train_step(bound, x, optimizer)
        yield posterior


@torch.no_grad()
def gaps(
    model: LatentVariableModel, posterior: nn.Module, x: Tensor
) -> tuple[Tensor, Tensor]:
    r"""Split log p(x) - ELBO: what no bell can mend, and what this bell leaves.

    .. math:: \log p(x) - \mathcal L = [\log p(x) - \mathcal L^*]
              + [\mathcal L^* - \mathcal L], \quad \mathcal L^* \text{ of the best bell}

    Args:
        model: with a one-dimensional z and a smooth decoder, in float64.
        posterior: whose q(z|x) is a Gaussian, an `Encoder` or a `LocalPosterior`.
        x: images, shape (batch, dim_x).

    Returns:
        Gaussian gap and amortization gap, (batch,) each, in nats; neither is negative
        beyond rounding.

    Page: label `eq-two-gaps` in book/08_amortization.md.
    Paper: Cremer, Li and Duvenaud (2018).
    """
    evidence = log_evidence(model, x, *ruler())
    best = exact_elbo(model, best_bell(model, x)(x), x, *ruler(121, 6.0))
    mine = exact_elbo(model, posterior(x), x, *ruler(121, 6.0))
    return evidence - best, best - mine


@torch.no_grad()
def best_bell(model: LatentVariableModel, x: Tensor) -> LocalPosterior:
    r"""Find each image's Gaussian of highest ELBO, exactly; the decoder stays.

    An image with two explanations has an ELBO with two hills: each is climbed by
    Newton's method, and the higher one is kept.

    Args:
        model, x: as in `gaps`; a thousand images take about a second.

    Returns:
        Free numbers for each image, on top to 1e-6 nat (of a ruler with five marks a
        sigma). A hill so narrow that the first mesh has no bell on it can be missed.

    Page: "Two gaps" in book/08_amortization.md.

    >>> from dgm.linear_gaussian import LinearGaussian   # its posterior is a bell
    >>> W, b = torch.ones(3, 1).double(), torch.zeros(3).double()
    >>> model, x = LinearGaussian(W, b, sigma=0.5).double(), b[None] + 0.5
    >>> best, exact = best_bell(model, x)(x), model.exact_posterior(x)
    >>> torch.allclose(best.mean, exact.mean)
    True
    """
    image, phi = _hills(model, x)
    parts = zip(phi.split(128), x[image].split(128), strict=True)  # fit in the cache
    phi = torch.cat([_climb(model, *part) for part in parts])
    elbo = slopes(model, phi, x[image])[0]
    highest = elbo.new_full((len(x),), -math.inf)
    highest = highest.scatter_reduce(0, image, elbo, "amax")
    keep, best = elbo == highest[image], phi.new_empty(len(x), 2)
    best[image[keep]] = phi[keep]
    return LocalPosterior(best[:, :1], best[:, 1:])


def elbo_of_bells(
    model: LatentVariableModel, bells: Distribution, x: Tensor, z: Tensor, dz: Tensor
) -> Tensor:
    r"""Try every bell on every image, by brute force on a fixed ruler.

    .. math:: \mathcal L_{bn} = \sum_i \Delta_i\, q_b(z_i) \log p(x_n|z_i)
              - \mathrm{KL}(q_b(z), N(0, 1))

    Args:
        model, x: as in `gaps`.
        bells: Gaussians that belong to no image, batch shape (bells,).
        z, dz: from `ruler`, with a step below half of every bell's sigma.

    Returns:
        Shape (bells, batch), in nats.

    Page: "Check yourself" in book/08_amortization.md.
    """
    weight = dz * bells.log_prob(z).exp()  # (marks, bells)
    log_lik = model.likelihood(z).log_prob(x)  # (marks, batch)
    kl = kl_standard_normal(bells.mean, bells.stddev.log())
    return weight.mT @ log_lik - kl[:, None]


def _hills(model: LatentVariableModel, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the image, and mu and log sigma, of each hill within a nat of the best."""
    mu, log_sigma = torch.linspace(-4, 4, 129).to(x), torch.linspace(-3.25, 0.5, 11)
    mesh = torch.cartesian_prod(mu, log_sigma.to(x))[:, None, :]  # (1419, 1, 2)
    table = elbo_of_bells(model, diagonal_normal(*mesh.unbind(-1)), x, *ruler(801))
    height, width = table.unflatten(0, (129, 11)).max(1)  # of each place, (129, batch)
    beside = pad(height, (0, 0, 1, 1), value=-math.inf)
    top = (height >= beside[:-2]) & (height > beside[2:])
    place, image = (top & (height > height.amax(0) - 1)).nonzero().T
    return image, mesh[11 * place + width[place, image], 0]


def slopes(
    model: LatentVariableModel, phi: Tensor, x: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Differentiate each image's exact ELBO twice, with no gradient of the network.

    A derivative of a Gaussian average is the average times a Hermite polynomial:
    d/dmu E[f(mu + sigma t)] = E[f(mu + sigma t) t] / sigma, and so on.

    Args:
        model, x: as in `gaps`.
        phi: mu and log sigma of each image, shape (batch, 2).

    Returns:
        The ELBO, (batch,), its slope, (batch, 2), and its bend, (batch, 2, 2), in nats
        for each width of the bell in mu, and for each unit of log sigma.
    """
    t, dt = ruler(61, 6.0)
    (mu, log_sigma), t = phi.T, t[..., 0]
    sigma, weight = log_sigma.exp(), dt * torch.exp(-0.5 * t**2) / math.sqrt(math.tau)
    f = model.likelihood((mu + sigma * t)[..., None]).log_prob(x)  # (marks, batch)
    hermite = [t**0, t, t**2 - 1, t**3 - 3 * t, t**4 - 6 * t**2 + 3]
    h0, h1, h2, h3, h4 = (weight * torch.cat(hermite, 1)).mT @ f
    elbo = h0 - kl_standard_normal(mu[:, None], log_sigma[:, None])
    slope = torch.stack([h1 - mu * sigma, h2 - sigma**2 + 1], -1)
    bend = torch.stack([h2 - sigma**2, h3, h3, 2 * h2 + h4 - 2 * sigma**2], -1)
    return elbo, slope, bend.unflatten(-1, (2, 2))


def _climb(model: LatentVariableModel, phi: Tensor, x: Tensor) -> Tensor:
    """Take Newton steps, at most half a width long, until every image is on top."""
    phi, busy = phi.clone(), torch.arange(len(phi))
    for _ in range(200):
        _, slope, bend = slopes(model, phi[busy], x[busy])
        top = torch.linalg.eigvalsh(bend)[:, -1:, None]
        curve = (top + 0.1).clamp_min(0) * torch.eye(2).to(phi) - bend  # bends down
        step = torch.linalg.solve(curve, slope)
        step = step / (2 * step.norm(dim=-1, keepdim=True)).clamp_min(1)
        mu, log_sigma = phi[busy].T
        phi[busy] += step * torch.stack([log_sigma.exp(), mu**0], -1)
        busy = busy[slope.abs().amax(-1) > 1e-6]
        if not len(busy):
            return phi
    raise RuntimeError(f"best_bell: {len(busy)} images still climb after 200 steps")
