"""How good is a trained model? The K-sample bound of every image, in little memory."""

import math
import os
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from dgm.bounds import log_weights
from dgm.densities import reparameterize
from dgm.latent_variable import LatentVariableModel
from dgm.matmul import onednn, pays

DECODES = 1000  # at once: 784 pixels of each are 3 MB, which a processor keeps near


@torch.no_grad()
def evaluate(
    model: LatentVariableModel, posterior: nn.Module, x: Tensor, num_samples: int = 5000
) -> Tensor:
    r"""Estimate the K-sample bound of each image, a few thousand decodes at a time.

    .. math:: \mathcal L_K(x) = E[\log \tfrac1K \sum_k w_k] \le \log p(x)

    Memory does not grow with K: the sum is carried on, as its logarithm. A progress bar
    counts the images (none where TQDM_DISABLE=1).

    Args:
        model, posterior: on the device of x; q(z|x) Gaussian, independent coordinates.
        x: images, shape (num_data, dim_x).
        num_samples: K. The bound of K = 5000 is what papers print as log p(x), with a
            minus sign, as NLL.

    Returns:
        One bound an image, (num_data,), in nats: unbiased for L_K(x), below log p(x) on
        average. See `mean_and_error`.

    Raises:
        ValueError: if the model cannot score the images, or num_samples is below one.

    Page: book/10_vae_full.md.
    Paper: Burda, Grosse and Salakhutdinov (2016), section 5.

    With q = p(z|x) any number of draws gives log p(x):

    >>> from dgm.linear_gaussian import LinearGaussian
    >>> model = LinearGaussian(torch.ones(3, 1), torch.zeros(3), sigma=0.5)
    >>> x = torch.tensor([[1.0, 0.5, 0.0], [0.2, 0.1, 0.4]])
    >>> bound = evaluate(model, model.exact_posterior, x, num_samples=7)
    >>> torch.allclose(bound, model.log_evidence(x))
    True
    """
    model.likelihood.check(x)
    if num_samples < 1:
        raise ValueError(f"num_samples: got {num_samples}, expected 1 or more")
    networks = [m for m in (model, posterior) if isinstance(m, nn.Module)]
    product = onednn if pays(*networks) else nullcontext
    quiet = bool(os.environ.get("TQDM_DISABLE")) or None  # None: quiet in a pipe
    bounds = []
    with product(), tqdm(total=len(x), unit="image", disable=quiet) as bar:
        for part in x.split(max(1, DECODES // num_samples)):
            bounds.append(_bound(model, posterior, part, num_samples))
            bar.update(len(part))
    return torch.cat(bounds)


def _bound(
    model: LatentVariableModel, posterior: nn.Module, x: Tensor, num_samples: int
) -> Tensor:
    """Carry log sum w on over draws that never are more than DECODES, or one each."""
    q_z, log_sum = posterior(x), x.new_full((len(x),), -math.inf)
    for first in range(0, num_samples, DECODES):
        some = min(DECODES, num_samples - first)
        eps = torch.randn(some, *q_z.mean.shape, dtype=x.dtype, device=x.device)
        z = reparameterize(q_z.mean, q_z.stddev, eps)
        log_w = log_weights(model, q_z, x, z)  # (some, batch)
        log_sum = torch.logaddexp(log_sum, log_w.logsumexp(0))
    return log_sum - math.log(num_samples)


def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Average over images, with the standard error of that average.

    Args:
        values: one number an image, shape (num_data,), two images or more. For a
            comparison of two models give the differences, image by image.

    >>> mean_and_error(torch.tensor([-3.0, -1.0]))
    (-2.0, 1.0)
    """
    return values.mean().item(), (values.std() / math.sqrt(len(values))).item()
