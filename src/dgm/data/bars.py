"""Bars: 4x4 images of one vertical bar, each pixel flipped with a small probability.

There are only 2^16 = 65,536 binary images of this size, so everything about them can be
counted: sums over `all_images()` are exact.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution

from dgm.densities import check_binary


def bar_images() -> Tensor:
    """Draw the four clean bars, one image a row, shape (4, 16).

    Pixel d stands in row d // 4 and column d % 4; bar c is column c.

    >>> bar_images()[1].reshape(4, 4)[0]
    tensor([0., 1., 0., 0.], dtype=torch.float64)
    """
    return torch.eye(4, dtype=torch.float64).repeat(1, 4)


def all_images() -> Tensor:
    """List every binary 4x4 image once, shape (65536, 16).

    Image n holds the binary digits of n, highest first.

    >>> all_images()[3]
    tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 1., 1.],
           dtype=torch.float64)
    """
    number, bit = torch.arange(2**16), torch.arange(15, -1, -1)
    return ((number[:, None] >> bit) & 1).double()


def bars_log_prob(x: Tensor, flip: float) -> Tensor:
    r"""Compute log p(x) of noisy bars, in nats: a mixture of four columns.

    .. math:: p(x) = \tfrac14 \sum_c flip^{n_c(x)} (1 - flip)^{16 - n_c(x)}

    where n_c(x) counts the pixels in which x differs from bar c.

    Args:
        x: binary images, shape (..., 16).
        flip: probability that a pixel is wrong, 0 < flip < 1/2.

    Returns:
        Shape (...). Sums to one over `all_images()`.

    Page: label `eq-bars` in book/02_bars.md.   Lecture: PA, "Data".
    """
    wrong = (x[..., None, :] - bar_images().to(x)).abs().sum(-1)
    log_p = wrong * math.log(flip) + (16 - wrong) * math.log(1 - flip)
    return log_p.logsumexp(-1) - math.log(4)  # from (..., 4) to (...)


class Bars(Distribution):
    """The true distribution of the course's world, with nothing left to estimate.

    Args:
        flip: probability that a pixel is wrong, 0 < flip < 1/2.

    Raises:
        ValueError: if flip lies outside, or an image is not binary.

    Page: book/02_bars.md.

    >>> bars = Bars(flip=0.05)
    >>> round(bars.log_prob(all_images()).exp().sum().item(), 9)
    1.0
    >>> round(bars.entropy().item(), 6)
    4.561502
    """

    arg_constraints = {}

    def __init__(self, flip: float = 0.05) -> None:
        if not 0 < flip < 0.5:
            raise ValueError(f"flip: got {flip}, expected between 0 and 0.5, exclusive")
        super().__init__(event_shape=(16,), validate_args=False)
        self.flip = flip

    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log p(x), in nats, for binary images of shape (..., 16)."""
        return bars_log_prob(check_binary(x, 16), self.flip)

    def sample(self, shape: tuple[int, ...] = ()) -> Tensor:
        """Draw images, shape (*shape, 16): pick a column, then flip pixels."""
        bar = bar_images()[torch.randint(4, shape)]
        flips = torch.rand(bar.shape) < self.flip
        return (bar.bool() ^ flips).to(torch.get_default_dtype())

    def entropy(self) -> Tensor:
        r"""Sum -p(x) log p(x) over all 65,536 images, in nats."""
        log_p = self.log_prob(all_images())
        return -(log_p.exp() * log_p).sum()


def kl_to_truth(log_p: Tensor, log_model: Tensor) -> Tensor:
    r"""Sum p (log p - log model) over all images: KL(truth, model), in nats.

    .. math:: \mathrm{KL}(p, p_\theta) = \sum_x p(x) \log \frac{p(x)}{p_\theta(x)} \ge 0

    Args:
        log_p: log-probability of every image under the truth, shape (65536,).
        log_model: the same under a model, normalized.

    Returns:
        A scalar; zero only where the two agree.

    Page: label `eq-kl-to-truth` in book/02_bars.md.

    >>> log_p = Bars(0.05).log_prob(all_images())
    >>> kl_to_truth(log_p, log_p).item()
    0.0
    """
    return (log_p.exp() * (log_p - log_model)).sum()
