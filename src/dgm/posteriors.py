"""Approximate posteriors q(z|x): from images to Gaussians, whatever the model is."""

from torch import Tensor, nn
from torch.distributions import Distribution

from dgm.densities import diagonal_normal


class LocalPosterior(nn.Module):
    r"""Free numbers for each image: q(z|x_n) = N(mu_n, diag(sigma_n^2)), no network.

    Args:
        mu: where the means start, shape (batch, dim_z).
        log_sigma: where the logs of the standard deviations start, same shape.

    Raises:
        ValueError: if the shapes differ or lack the batch axis.

    Page: "Inflate it yourself" in book/05_jensen.md; chapter 08 replaces it.
    Lecture: SU, "let each x_n have its own phi_n = {lambda_n, eta_n}".

    >>> import torch
    >>> posterior = LocalPosterior(torch.zeros(3, 1), torch.full((3, 1), -1.0))
    >>> posterior(torch.zeros(3, 16)).batch_shape
    torch.Size([3])
    """

    def __init__(self, mu: Tensor, log_sigma: Tensor) -> None:
        super().__init__()
        if mu.ndim != 2 or mu.shape != log_sigma.shape:
            raise ValueError(
                f"got mu {tuple(mu.shape)} and log_sigma {tuple(log_sigma.shape)}, "
                "expected (batch, dim_z) twice; did you forget the batch axis?"
            )
        self.mu = nn.Parameter(mu.clone())
        self.log_sigma = nn.Parameter(log_sigma.clone())

    def forward(self, x: Tensor) -> Distribution:
        """Return q(z|x_n), row n for image n; x only has to have the right length."""
        if len(x) != len(self.mu):
            raise ValueError(
                f"got {len(x)} images, expected the {len(self.mu)} it was made for; "
                "a LocalPosterior knows no others"
            )
        return diagonal_normal(self.mu, self.log_sigma)


class Encoder(nn.Module):
    r"""One network for all images: q(z|x) = N(mu(x), diag(sigma(x)^2)), amortized.

    Args:
        net: maps (batch, dim_x) to (batch, 2 dim_z): mu first, then log sigma.

    Page: label `eq-encoder` in book/05_jensen.md.   Lecture: PA, "Encoder".
    Paper: Kingma and Welling (2014).

    >>> import torch
    >>> from dgm.nets import mlp
    >>> Encoder(mlp(16, 32, 2))(torch.zeros(3, 16)).event_shape
    torch.Size([1])
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Distribution:
        mu, log_sigma = self.net(x).chunk(2, -1)  # (batch, dim_z) each
        return diagonal_normal(mu, log_sigma)
