"""Distributions with one event axis: what a prior, a decoder and a posterior return."""

from torch import Tensor
from torch.distributions import Bernoulli, Independent, Normal
from torch.nn.functional import softplus


class DiagonalNormal(Independent):
    """Independent Gaussian coordinates, with sigma as it came.

    torch would return the root of sigma squared: two steps more, and nothing at all
    once the square is too small for a float.
    """

    @property
    def stddev(self) -> Tensor:
        return self.base_dist.scale


def diagonal_normal(mu: Tensor, log_sigma: Tensor) -> DiagonalNormal:
    r"""Return the Gaussian with independent coordinates, N(mu, diag(sigma^2)).

    It takes log sigma, because exp(log sigma) is positive whatever a network returns:
    there is nothing to validate, and a training step calls this often.

    Args:
        mu: mean, shape (..., dim_z).
        log_sigma: log of the standard deviation (not of the variance), same shape.

    Returns:
        A distribution with batch shape (...) and one event axis.

    Page: book/05_jensen.md.   Lectures: SU "re-parameterization trick", PA "encoder".

    >>> import torch
    >>> q_z = diagonal_normal(torch.zeros(3, 2), torch.zeros(3, 2))
    >>> q_z.log_prob(torch.zeros(5, 3, 2)).shape        # (samples, batch)
    torch.Size([5, 3])
    """
    normal = Normal(mu, log_sigma.exp(), validate_args=False)
    return DiagonalNormal(normal, 1, validate_args=False)


class BinaryPixels(Independent):
    """Independent Bernoulli pixels, scored with few temporaries, or with hardly any."""

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Compute log p(x) of binary images, a sum over pixels, in nats.

        .. math:: \log p(x) = \sum_d x_d l_d - \log(1 + e^{l_d}), \quad l \text{ logits}
        """
        logits = self.base_dist.logits
        if min(logits.ndim, x.ndim) < 2 or logits.shape[-2] > 1:
            return (x * logits - softplus(logits)).sum(-1)
        # one z for the whole batch, (samples, 1, dim_x): 65,536 images by 1001 z
        # values take a second like this, and half a minute image by image
        return (logits @ x.mT).squeeze(-2) - softplus(logits).sum(-1)


def bernoulli(logits: Tensor) -> BinaryPixels:
    r"""Return independent binary pixels, p(x_d = 1) = 1 / (1 + exp(-logit_d)).

    Args:
        logits: log-odds of each pixel, shape (..., dim_x).

    Returns:
        A distribution with batch shape (...) and one event axis; `log_prob` is a sum
        over pixels, in nats. `check_binary` is the door for its x.

    Page: label `eq-bernoulli` in book/02_bars.md.   Lecture: PA, "Decoder".

    >>> import math, torch
    >>> log_lik = bernoulli(torch.zeros(16)).log_prob(torch.ones(16))
    >>> math.isclose(log_lik.item(), 16 * math.log(0.5), rel_tol=1e-6)
    True
    """
    pixels = Bernoulli(logits=logits, validate_args=False)
    return BinaryPixels(pixels, 1, validate_args=False)


def kl_standard_normal(mu: Tensor, log_sigma: Tensor) -> Tensor:
    r"""Compute KL(N(mu, sigma^2), N(0, 1)) in closed form, in nats.

    .. math:: \mathrm{KL} = \sum_j \tfrac12 (\mu_j^2 + \sigma_j^2 - 1) - \log \sigma_j

    Args:
        mu: mean, shape (..., dim_z).
        log_sigma: log of the standard deviation (not of the variance), same shape.

    Returns:
        Never negative, shape (...); zero only at mu = 0, sigma = 1.

    Page: label `eq-kl` in book/05_jensen.md.   Paper: Kingma and Welling (2014), B.

    >>> import torch
    >>> mu, log_sigma = torch.tensor([0.7]), torch.tensor([-0.5])
    >>> q_z, prior = diagonal_normal(mu, log_sigma), diagonal_normal(0 * mu, 0 * mu)
    >>> library = torch.distributions.kl_divergence(q_z, prior)
    >>> torch.allclose(kl_standard_normal(mu, log_sigma), library)
    True
    """
    sigma2 = (2 * log_sigma).exp()
    return (0.5 * (mu**2 + sigma2 - 1) - log_sigma).sum(-1)


def reparameterize(mu: Tensor, sigma: Tensor, eps: Tensor) -> Tensor:
    r"""Turn standard normal noise into a draw of N(mu, sigma^2): z = mu + sigma eps.

    Args:
        mu, sigma: mean and standard deviation, shape (batch, dim_z).
        eps: noise from N(0, 1), shape (samples, batch, dim_z).

    Returns:
        z, shape (samples, batch, dim_z), differentiable in mu and sigma.

    Page: label `eq-reparameterize` in book/05_jensen.md.
    Paper: Kingma and Welling (2014), section 2.4.

    >>> import torch
    >>> eps = torch.tensor([[0.5], [-1.0]])
    >>> reparameterize(torch.tensor([1.0]), torch.tensor([2.0]), eps).squeeze(-1)
    tensor([ 2., -1.])
    """
    return mu + sigma * eps


def check_binary(x: Tensor, dim_x: int) -> Tensor:
    """Let binary images through: a float tensor of zeros and ones, (..., dim_x).

    The density of `bernoulli` is silent about other values and wrong for them, so
    whoever accepts images from outside calls this once.

    Raises:
        TypeError, ValueError: what came, what was expected and what to do.

    >>> import torch
    >>> check_binary(torch.tensor([[0.0, 0.5]]), 2)
    Traceback (most recent call last):
    ValueError: images: got the value 0.5, expected only 0 and 1; binarize them first, \
for example x = (x > 0.5).float()
    """
    if not isinstance(x, Tensor):
        raise TypeError(
            f"images: got {type(x).__name__}, expected a tensor; write "
            "torch.as_tensor(x, dtype=torch.get_default_dtype())"
        )
    if not x.is_floating_point():
        raise ValueError(
            f"images: got dtype {x.dtype}, expected floating point; write x.float()"
        )
    if x.ndim == 0 or x.shape[-1] != dim_x:
        raise ValueError(
            f"images: got shape {tuple(x.shape)}, expected (..., {dim_x}), a row of "
            f"pixels an image; did you forget to flatten, x.reshape(-1, {dim_x})?"
        )
    other = x[(x != 0) & (x != 1)]
    if len(other):
        raise ValueError(
            f"images: got the value {other[0].item():g}, expected only 0 and 1; "
            "binarize them first, for example x = (x > 0.5).float()"
        )
    return x
