"""The mixture of Bernoullis: a latent z that is one of k, and every answer in a sum."""

import torch
from torch import Tensor, nn

from dgm.densities import check_binary


class BernoulliMixture(nn.Module):
    r"""Binary images of k kinds: choose a kind z, then every pixel by itself.

    .. math:: p(x) = \sum_{c=1}^k \pi_c \prod_d \theta_{cd}^{x_d}
              (1 - \theta_{cd})^{1 - x_d}

    Args:
        log_pi: log of the weights, which sum to one, in nats, shape (k,). -inf is a
            kind that is never chosen.
        theta: probability that a pixel is on, 0 and 1 included, shape (k, dim_x).

    Raises:
        ValueError: if the shapes do not fit, the weights do not sum to one, or theta
            leaves [0, 1].

    Page: label `eq-mixture-joint` in book/06_em.md.   Lectures: SU and XU, "EM".
    Paper: Bishop (2006), section 9.3.3.

    Two pixels have four images, and their probabilities sum to one:

    >>> log_pi = torch.tensor([0.75, 0.25], dtype=torch.float64).log()
    >>> theta = torch.tensor([[0.9, 0.2], [0.0, 1.0]], dtype=torch.float64)
    >>> images = torch.cartesian_prod(*2 * [torch.tensor([0.0, 1.0])]).double()
    >>> round(BernoulliMixture(log_pi, theta).log_prob(images).exp().sum().item(), 12)
    1.0
    """

    def __init__(self, log_pi: Tensor, theta: Tensor) -> None:
        super().__init__()
        if log_pi.ndim != 1 or theta.ndim != 2 or len(log_pi) != len(theta):
            raise ValueError(
                f"got log_pi {tuple(log_pi.shape)} and theta {tuple(theta.shape)}, "
                "expected (k,) and (k, dim_x)"
            )
        total = log_pi.exp().sum().item()
        if not abs(total - 1) < 1e-4:  # float32 sums to a part in a million
            raise ValueError(
                f"log_pi: the weights sum to {total:g}, expected 1; divide them by "
                "their sum, log_pi = log_pi.log_softmax(0)"
            )
        outside = theta[~((theta >= 0) & (theta <= 1))]
        if len(outside):
            raise ValueError(
                f"theta: got the value {outside[0].item():g}, expected probabilities "
                "between 0 and 1; turn logits into them first, theta = logits.sigmoid()"
            )
        self.register_buffer("log_pi", log_pi)
        self.register_buffer("theta", theta)

    def log_joint(self, x: Tensor) -> Tensor:
        """Compute log p(x, z) for each kind z, in nats, shape (batch, k)."""
        check_binary(x, self.theta.shape[1])
        return mixture_log_joint(x, self.log_pi, self.theta)

    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log p(x), in nats, shape (batch,); -inf where no kind can make x."""
        return self.log_joint(x).logsumexp(-1)

    def responsibilities(self, x: Tensor) -> Tensor:
        """Compute the exact posterior p(z|x) by Bayes, shape (batch, k).

        Raises:
            ValueError: if an image has probability zero, and so no posterior.
        """
        log_joint = self.log_joint(x)
        (never,) = (log_joint.amax(-1) == -torch.inf).nonzero(as_tuple=True)
        if len(never):
            raise ValueError(
                f"images: number {never[0].item()} has probability zero under every "
                "kind, expected none such; keep theta off 0 and 1, for example "
                "theta.clamp(1e-6, 1 - 1e-6)"
            )
        return log_joint.softmax(-1)


def mixture_log_joint(x: Tensor, log_pi: Tensor, theta: Tensor) -> Tensor:
    r"""Add log weight and log p(x|z) for each kind: log p(x, z), in nats.

    .. math:: \log p(x, z = c) = \log \pi_c + \sum_d x_d \log \theta_{cd}
              + (1 - x_d) \log(1 - \theta_{cd})

    Args:
        x: binary images, shape (batch, dim_x).
        log_pi, theta: as in `BernoulliMixture`; many mixtures at once are
            (..., 1, k) and (..., k, dim_x).

    Returns:
        Shape (..., batch, k); -inf where a theta of 0 or 1 forbids the image.

    Page: label `eq-mixture-joint` in book/06_em.md.

    >>> theta = torch.tensor([[0.0, 0.5]])              # the first pixel is never on
    >>> mixture_log_joint(torch.eye(2), torch.zeros(1), theta)
    tensor([[   -inf],
            [-0.6931]])
    """
    least = torch.finfo(theta.dtype).min  # stands for log 0, as 0 * -inf is nan
    on = theta.log().clamp(min=least)
    off = (-theta).log1p().clamp(min=least)
    log_lik = x @ on.mT + (1 - x) @ off.mT  # (batch, k)
    return log_pi + log_lik.masked_fill(log_lik <= least, -torch.inf)


def m_step(x: Tensor, r: Tensor) -> BernoulliMixture:
    r"""Maximise the bound over weights and pixels, q held still: counting.

    .. math:: \pi_c = \frac1N \sum_n r_{nc}, \qquad
              \theta_c = \frac{\sum_n r_{nc} x_n}{\sum_n r_{nc}}

    Args:
        x: binary images, shape (batch, dim_x).
        r: q(z|x_n), rows that sum to one, shape (batch, k).

    Returns:
        The mixture with the highest sum over n of E_q[log p(x_n, z)]. A kind that
        nobody chose gets weight 0.

    Raises:
        ValueError: if the rows of r are not distributions (the mixture's door).

    Page: label `eq-m-step` in book/06_em.md.   Lecture: SU, "EM"; XU, "EM algorithm".
    Paper: Dempster, Laird and Rubin (1977).

    >>> x = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    >>> m_step(x, torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])).theta
    tensor([[1.0000, 0.5000],
            [0.0000, 0.0000]])
    """
    mass = r.sum(0)  # (k,)
    share = r / mass.clamp(min=torch.finfo(r.dtype).tiny)
    theta = (share.T @ x).clamp(max=1)  # sums round
    return BernoulliMixture((mass / len(x)).log(), theta)
