"""The one deep-looking model with every answer in closed form: the oracle of the tests.

z ~ N(0, I), x = W z + b + sigma * noise. Evidence and posterior are Gaussian.
"""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal

from dgm.densities import diagonal_normal
from dgm.latent_variable import LatentVariableModel, StandardNormal


class GaussianDecoder(nn.Module):
    """The likelihood N(net(z), sigma^2 I) of real-valued x."""

    def __init__(self, net: nn.Module, sigma: float) -> None:
        super().__init__()
        if not sigma > 0:
            raise ValueError(
                f"sigma: got {sigma}, expected a positive standard deviation"
            )
        self.net = net
        log_sigma = torch.tensor(sigma, dtype=net.weight.dtype).log()
        self.register_buffer("log_sigma", log_sigma)

    def forward(self, z: Tensor) -> Distribution:
        mean = self.net(z)
        return diagonal_normal(mean, self.log_sigma.expand_as(mean))

    def check(self, x: Tensor) -> Tensor:
        """Let data through that this likelihood can score: rows of finite numbers."""
        dim_x = self.net.out_features
        if x.ndim != 2 or x.shape[1] != dim_x or not x.isfinite().all():
            raise ValueError(
                f"x: got shape {tuple(x.shape)}, expected (batch, {dim_x}), all finite"
            )
        return x


class LinearGaussian(LatentVariableModel):
    r"""Probabilistic PCA: a linear Gaussian decoder of a standard normal z.

    .. math:: p(x) = N(b, W W^T + \sigma^2 I), \quad
              p(z|x) = N(S W^T (x - b) / \sigma^2, S), \quad
              S = (I + W^T W / \sigma^2)^{-1}

    Args:
        W: loadings, shape (dim_x, dim_z).
        b: mean of x, shape (dim_x,).
        sigma: standard deviation of the noise, positive.

    Raises:
        ValueError: if the shapes do not fit, or sigma is not positive.

    Paper: Tipping and Bishop (1999).   Lecture: SU, "PCA".

    The identity evidence = joint / posterior holds at every z:

    >>> model = LinearGaussian(torch.ones(3, 1), torch.zeros(3), sigma=0.5)
    >>> x, z = torch.tensor([[1.0, 0.5, 0.0]]), torch.tensor([[[0.3]]])
    >>> log_p = model.log_joint(x, z) - model.exact_posterior(x).log_prob(z)
    >>> torch.allclose(log_p, model.log_evidence(x))
    True
    """

    def __init__(self, W: Tensor, b: Tensor, sigma: float) -> None:
        if W.ndim != 2 or b.shape != W.shape[:1]:
            raise ValueError(
                f"got W {tuple(W.shape)} and b {tuple(b.shape)}, expected "
                "(dim_x, dim_z) and (dim_x,)"
            )
        dim_x, dim_z = W.shape
        linear = nn.Linear(dim_z, dim_x, dtype=W.dtype)
        with torch.no_grad():
            linear.weight.copy_(W)
            linear.bias.copy_(b)
        super().__init__(StandardNormal(dim_z), GaussianDecoder(linear, sigma))

    def _parameters_now(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return W, b and sigma as the decoder holds them, moved or trained."""
        net = self.likelihood.net
        return net.weight, net.bias, self.likelihood.log_sigma.exp()

    def log_evidence(self, x: Tensor) -> Tensor:
        """Compute log p(x) in closed form, in nats, shape (batch,)."""
        W, b, sigma = self._parameters_now()
        covariance = W @ W.T + sigma**2 * torch.eye(len(b)).to(W)
        return MultivariateNormal(b, covariance).log_prob(x)

    def exact_posterior(self, x: Tensor) -> Distribution:
        """Return p(z|x), a Gaussian with batch shape (batch,)."""
        W, b, sigma = self._parameters_now()
        precision = torch.eye(W.shape[1]).to(W) + W.T @ W / sigma**2
        mean = torch.linalg.solve(precision, W.T @ (x - b).T) / sigma**2
        return MultivariateNormal(mean.T, precision_matrix=precision)
