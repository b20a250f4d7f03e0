"""Exact integrals over a one-dimensional z, by the trapezoid rule in float64."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution

from dgm.densities import kl_standard_normal
from dgm.latent_variable import LatentVariableModel


def ruler(num_points: int = 1001, end: float = 8.0) -> tuple[Tensor, Tensor]:
    r"""Lay an even ruler of z values with the trapezoid rule's weights.

    .. math:: \int f(z)\,dz \approx \sum_i \Delta_i f(z_i)

    Args:
        num_points: marks on the ruler; halve the step to see whether that is enough.
        end: the ruler reaches from -end to end.

    Returns:
        z, shape (num_points, 1, 1), and its weights dz, shape (num_points, 1): ready to
        be used as (samples, batch, dim_z) and (samples, batch).

    Page: label `eq-ruler` in book/02_bars.md.

    >>> import math
    >>> z, dz = ruler()
    >>> area = (dz * torch.exp(-0.5 * z[..., 0] ** 2)).sum().item()
    >>> math.isclose(area, math.sqrt(2 * math.pi), rel_tol=1e-14)
    True
    """
    z = torch.linspace(-end, end, num_points, dtype=torch.float64)
    dz = torch.full_like(z, 2 * end / (num_points - 1))
    dz[[0, -1]] /= 2
    return z[:, None, None], dz[:, None]


def log_evidence(
    model: LatentVariableModel, x: Tensor, z: Tensor, dz: Tensor
) -> Tensor:
    r"""Average p(x|z) over the prior, mark by mark: log p(x), exact, in nats.

    .. math:: \log p(x) = \log \int p(x|z)\, p(z)\, dz

    Args:
        model: with a one-dimensional z and a smooth decoder.
        x: images, shape (batch, dim_x). For very many see `log_evidence_chunked`.
        z, dz: from `ruler`.

    Returns:
        Shape (batch,).

    Page: label `eq-evidence` in book/02_bars.md.   Lecture: PA, "the area".

    >>> from dgm.linear_gaussian import LinearGaussian
    >>> W, b = torch.ones(3, 1).double(), torch.zeros(3).double()
    >>> model, x = LinearGaussian(W, b, sigma=0.5).double(), b[None] + 0.5
    >>> gap = log_evidence(model, x, *ruler()) - model.log_evidence(x)
    >>> gap.abs().item() < 1e-8
    True
    """
    return torch.logsumexp(model.log_joint(x, z) + dz.log(), 0)


def log_evidence_chunked(
    model: LatentVariableModel, x: Tensor, z: Tensor, dz: Tensor, chunk: int = 4096
) -> Tensor:
    """Compute `log_evidence` without gradients, a chunk of images at a time.

    All 65,536 bar images by 1001 marks would fill half a gigabyte at once.

    Raises:
        ValueError: if the images are not what the model's likelihood can score.
    """
    with torch.no_grad():
        parts = model.likelihood.check(x).split(chunk)
        return torch.cat([log_evidence(model, part, z, dz) for part in parts])


def exact_posterior(
    model: LatentVariableModel, x: Tensor, z: Tensor, dz: Tensor
) -> Tensor:
    r"""Divide the joint by its area: log p(z|x) at each mark of the ruler.

    .. math:: p(z|x) = p(x, z) / p(x)

    Args:
        model, x, z, dz: as in `log_evidence`.

    Returns:
        A log-density, shape (num_points, batch): with dz its exponential sums to one.

    Page: label `eq-posterior` in book/04_inference.md.   Lecture: PA, "Inference".
    """
    return model.log_joint(x, z) - log_evidence(model, x, z, dz)


def exact_elbo(
    model: LatentVariableModel, q_z: Distribution, x: Tensor, t: Tensor, dt: Tensor
) -> Tensor:
    r"""Integrate log p(x|z) over a ruler that q carries along: the ELBO, no noise.

    .. math:: \mathcal L = \int N(t; 0, 1) \log p(x|\mu + \sigma t)\,dt
              - \mathrm{KL}(q(z|x), N(0, 1))

    The KL is the closed form, so this route never evaluates q's density or the prior's:
    a referee for whoever does.

    Args:
        model, q_z, x: as in `log_weights`, q_z a one-dimensional Gaussian.
        t, dt: from `ruler`, in units of q's own standard deviation.

    Returns:
        Shape (batch,), in nats.

    Page: "Check yourself" in book/05_jensen.md.
    """
    weight = dt * torch.exp(-0.5 * t[..., 0] ** 2) / math.sqrt(2 * math.pi)
    log_lik = model.likelihood(q_z.mean + q_z.stddev * t).log_prob(x)
    kl = kl_standard_normal(q_z.mean, q_z.stddev.log())
    return (weight * log_lik).sum(0) - kl


def exact_kl(
    model: LatentVariableModel, q_z: Distribution, x: Tensor, z: Tensor, dz: Tensor
) -> Tensor:
    r"""Integrate q (log q - log p(z|x)) over the fixed ruler: the gap, in nats.

    .. math:: \mathrm{KL}(q, p(z|x)) = \int q(z|x) \log \frac{q(z|x)}{p(z|x)}\,dz \ge 0

    Args:
        model, q_z, x: as in `log_weights`, with dim_z = 1.
        z, dz: from `ruler`. Its step must be below half of q's standard deviation,
            and |mu| + 6 sigma must lie on it: what q has beyond the end is not seen.

    Returns:
        Shape (batch,).

    Page: label `eq-gap` in book/05_jensen.md.
    """
    log_q = q_z.log_prob(z)  # (marks, batch)
    log_post = exact_posterior(model, x, z, dz)
    return (dz * log_q.exp() * (log_q - log_post)).sum(0)
