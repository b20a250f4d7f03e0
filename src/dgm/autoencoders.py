"""Autoencoders: encode, decode, compare; and three rules about what a code loses."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from dgm.bounds import Bound
from dgm.densities import BinaryPixels, bernoulli


class Autoencoder(nn.Module):
    r"""Encode x into a code z in (-1, 1); decode with the same weights, transposed.

    .. math:: z = \tanh(W x + b), \quad \mathrm{logits} = W^\top z + c

    for one layer; more layers stack, with tanh between them. With one layer, whoever
    shrinks the code by shrinking W shrinks the logits too: a penalty on z cannot be
    dodged. (With more, a larger first W makes up for a smaller last one.)

    Args:
        sizes: width of each layer, from the pixels to the code.

    Raises:
        ValueError: for fewer than two sizes.

    Page: label `eq-tied` in book/09_autoencoders.md.   Lecture: XU, "Autoencoding".
    Paper: Vincent and others (2010).

    >>> coder = Autoencoder(16, 8, 2)
    >>> coder.decode(coder.encode(torch.zeros(3, 16))).mean.shape
    torch.Size([3, 16])
    """

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes: got {sizes}, expected pixels, ..., code")
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.back = nn.ParameterList(torch.zeros(a) for a in sizes[:-1])

    def encode(self, x: Tensor) -> Tensor:
        """Compute the codes of images (..., dim_x), shape (..., dim_z)."""
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x

    def decode(self, z: Tensor) -> BinaryPixels:
        """Return the pixels that codes (..., dim_z) stand for, as probabilities."""
        for layer, bias in reversed([*zip(self.layers, self.back, strict=True)]):
            logits = z @ layer.weight + bias
            z = torch.tanh(logits)
        return bernoulli(logits)


def copying(coder: Autoencoder) -> Bound:
    r"""Make the score of a copy: minus the cross-entropy, in nats.

    .. math:: \log p(x|f(x)) = \sum_d x_d \log \hat x_d + (1 - x_d) \log(1 - \hat x_d)

    It is no log-probability of x and bounds none: over all x its exp need not sum to
    one, and sums to far more once trained, for every x brings its own code.

    Args:
        coder: with `encode` and `decode`.

    Returns:
        A function from binary images (batch, dim_x) to scores (batch,), at most 0.

    Page: label `eq-copy` in book/09_autoencoders.md.   Lecture: XU, "Binary input".

    >>> scores = copying(Autoencoder(4, 2))(torch.ones(3, 4))
    >>> scores.shape, bool((scores < 0).all())
    (torch.Size([3]), True)
    """

    def score(x: Tensor) -> Tensor:
        return coder.decode(coder.encode(x)).log_prob(x)

    return score


def sparse(coder: Autoencoder, weight: float) -> Bound:
    r"""Make the score of a copy less a price on every code unit that is not zero.

    .. math:: \log p(x|z) - \lambda \sum_i |z_i|, \quad z = f(x)

    Args:
        coder: with `encode` and `decode`.
        weight: lambda, nats a unit.

    Returns:
        A function from images (batch, dim_x) to scores (batch,), in nats.

    Page: label `eq-sparse` in book/09_autoencoders.md.   Lecture: XU, "Sparse".

    >>> coder, x = Autoencoder(4, 2), torch.ones(1, 4)
    >>> bool(sparse(coder, 0.0)(x) == copying(coder)(x))
    True
    """

    def score(x: Tensor) -> Tensor:
        z = coder.encode(x)
        return coder.decode(z).log_prob(x) - weight * z.abs().sum(-1)

    return score


def denoising(coder: Autoencoder, flip: float) -> Bound:
    r"""Make the score of a copy of x that had to be made from a corrupted x.

    .. math:: \log p(x|f(\tilde x)), \quad \tilde x_d = x_d \text{ but with probability
              } flip \text{ wrong}

    Its mean is highest where the copy is the posterior mean of x, given what was seen.

    Args:
        coder: with `encode` and `decode`.
        flip: probability that a pixel is wrong, drawn afresh at each call.

    Returns:
        A function from images (batch, dim_x) to scores (batch,), in nats.

    Page: label `eq-denoise` in book/09_autoencoders.md.   Lecture: XU, "Denoising".
    Paper: Vincent and others (2008).

    >>> coder, x = Autoencoder(4, 2), torch.ones(1, 4)
    >>> bool(denoising(coder, 0.0)(x) == copying(coder)(x))
    True
    """

    def score(x: Tensor) -> Tensor:
        wrong = torch.rand_like(x) < flip
        seen = torch.where(wrong, 1 - x, x)
        return coder.decode(coder.encode(seen)).log_prob(x)

    return score


def squared_jacobian(coder: Autoencoder, x: Tensor) -> Tensor:
    r"""Compute how much the code moves with the pixels: all squared slopes, summed.

    .. math:: \|J\|_F^2 = \sum_{i,d} \Big(\frac{\partial z_i}{\partial x_d}\Big)^2

    Args:
        coder: whose `layers` have a tanh after each.
        x: images, shape (batch, dim_x).

    Returns:
        Shape (batch,), differentiable; no pass backwards is needed for it.

    Page: label `eq-contractive` in book/09_autoencoders.md.
    Paper: Rifai and others (2011).

    >>> coder, x = Autoencoder(4, 2), torch.zeros(1, 4)
    >>> _ = coder.layers[0].bias.data.zero_()     # at x = 0 each slope is W itself
    >>> W = coder.layers[0].weight
    >>> bool(squared_jacobian(coder, x).isclose(W.square().sum()))
    True
    """
    first, *rest = coder.layers
    z = torch.tanh(first(x))
    rows = first.weight  # the slopes before the tanh
    for layer in rest:
        bend = (1 - z**2)[..., None]
        rows = layer.weight @ (bend * rows)  # (batch, units, dim_x)
        z = torch.tanh(layer(z))
    return ((1 - z**2) ** 2 * rows.square().sum(-1)).sum(-1)


def contractive(coder: Autoencoder, weight: float) -> Bound:
    r"""Make the score of a copy less a price on every slope of the code.

    .. math:: \log p(x|f(x)) - \lambda \|J(x)\|_F^2

    Args:
        coder: whose `layers` have a tanh after each.
        weight: lambda, nats a squared slope.

    Returns:
        A function from images (batch, dim_x) to scores (batch,), in nats.

    Page: label `eq-contractive` in book/09_autoencoders.md.   Lecture: XU.

    >>> coder, x = Autoencoder(4, 2), torch.ones(1, 4)
    >>> bool(contractive(coder, 0.0)(x) == copying(coder)(x))
    True
    """

    def score(x: Tensor) -> Tensor:
        return copying(coder)(x) - weight * squared_jacobian(coder, x)

    return score
