"""The one deep-looking model with every answer in closed form: the oracle of the tests.

z ~ N(0, I), x = W z + b + sigma * noise. Evidence, posterior and the best W are known.
"""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal

from dgm.densities import diagonal_normal
from dgm.latent_variable import LatentVariableModel, StandardNormal


class GaussianDecoder(nn.Module):
    """The likelihood N(net(z), sigma^2 I) of real-valued x.

    Args:
        net: a linear layer, or layers that end in one, such as `mlp(1, 16, 2)`.
        sigma: standard deviation of the noise, positive.

    Raises:
        ValueError: if sigma is not positive.

    Page: label `eq-bent` in book/03_latent_variables.md.   Lecture: SU, "DGM".
    """

    def __init__(self, net: nn.Module, sigma: float) -> None:
        super().__init__()
        if not sigma > 0:
            raise ValueError(
                f"sigma: got {sigma}, expected a positive standard deviation"
            )
        self.net = net
        log_sigma = torch.tensor(sigma, dtype=next(net.parameters()).dtype).log()
        self.register_buffer("log_sigma", log_sigma)

    def forward(self, z: Tensor) -> Distribution:
        mean = self.net(z)
        return diagonal_normal(mean, self.log_sigma.expand_as(mean))

    def check(self, x: Tensor) -> Tensor:
        """Let data through that this likelihood can score: rows of finite numbers."""
        *_, last = self.net.modules()
        dim_x = last.out_features
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

    Page: labels `eq-ppca` and `eq-ppca-posterior` in book/03_latent_variables.md.
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


def ppca_from_moments(mean: Tensor, covariance: Tensor, dim_z: int) -> LinearGaussian:
    r"""Find the most likely probabilistic PCA of data with these two moments.

    .. math:: W = U (\Lambda - \sigma^2 I)^{1/2}, \quad
              \sigma^2 = \tfrac{1}{D - M} \sum_{j > M} \lambda_j

    with the M = dim_z largest eigenvalues of the covariance in Lambda and their
    directions in U. W is one of many: W R gives the same p(x) for every rotation R.

    Args:
        mean: shape (dim_x,).
        covariance: about that mean, divided by the number of rows, not by one less;
            shape (dim_x, dim_x). More than dim_z eigenvalues must be above zero.
        dim_z: number of directions, from 1 to dim_x - 1.

    Page: label `eq-ppca-best` in book/03_latent_variables.md.
    Paper: Tipping and Bishop (1999), section 3.2.

    >>> covariance = torch.diag(torch.tensor([5.0, 2.0, 1.0]))
    >>> model = ppca_from_moments(torch.zeros(3), covariance, dim_z=1)
    >>> W = model.likelihood.net.weight
    >>> round((W @ W.T)[0, 0].item(), 4)    # 5 less the mean of 2 and 1
    3.5
    """
    values, U = torch.linalg.eigh(covariance)  # rising
    sigma2 = values[:-dim_z].mean()
    W = U[:, -dim_z:] * (values[-dim_z:] - sigma2).clamp(min=0).sqrt()
    return LinearGaussian(W, mean, sigma2.sqrt().item())


def fit_ppca(x: Tensor, dim_z: int) -> LinearGaussian:
    """Fit probabilistic PCA to data by maximum likelihood, in one step.

    No other W, b and sigma give the rows of x a higher mean log p(x).

    Args:
        x: data, shape (num_data, dim_x).
        dim_z: number of directions, from 1 to dim_x - 1.

    Raises:
        ValueError: for other shapes, for numbers that are not finite, or where the
            data lie in dim_z directions, so that no noise is left and the likelihood
            has no ceiling.

    Page: book/03_latent_variables.md.   Paper: Tipping and Bishop (1999), section 3.2.

    >>> model = fit_ppca(torch.tensor([[2.0, 1], [-2, -1], [1, -2], [-1, 2]]), dim_z=1)
    >>> round(model.likelihood.log_sigma.exp().item() ** 2, 4)  # a round cloud: no line
    2.5
    """
    if x.ndim != 2 or not x.isfinite().all():
        raise ValueError(
            f"x: got shape {tuple(x.shape)}, expected (num_data, dim_x), all finite"
        )
    if not 1 <= dim_z < x.shape[1]:
        raise ValueError(
            f"dim_z: got {dim_z}, expected from 1 to {x.shape[1] - 1}, one less than "
            "the columns of x"
        )
    mean = x.mean(0)
    covariance = (x - mean).T @ (x - mean) / len(x)
    rank = torch.linalg.matrix_rank(covariance, hermitian=True).item()
    if rank <= dim_z:
        raise ValueError(
            f"x: got data that vary in {rank} directions, expected more than dim_z = "
            f"{dim_z}, or no noise is left to fit; take a smaller dim_z"
        )
    return ppca_from_moments(mean, covariance, dim_z)
