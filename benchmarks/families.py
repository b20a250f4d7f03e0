"""The shortest honest flow and autoregressive net, for what their growth costs."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus


class Planar(nn.Module):
    r"""Bend space along one direction: f(z) = z + u tanh(w z + b), Rezende and Mohamed.

    .. math:: \log|\det J| = \log(1 + u \cdot w \,(1 - \tanh^2(w z + b)))

    u is moved along w until u w > -1, or f could not be undone.
    """

    def __init__(self, dim_z: int) -> None:
        super().__init__()
        self.u = nn.Parameter(0.1 * torch.randn(dim_z))
        self.w = nn.Parameter(torch.randn(dim_z) / dim_z**0.5)
        self.b = nn.Parameter(torch.zeros(()))

    def forward(self, flowing: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Take z, (batch, dim_z), and log |det| so far, (batch,); return both anew."""
        z, ladj = flowing
        along = self.u @ self.w
        u = self.u + (softplus(along) - 1 - along) * self.w / (self.w @ self.w)
        h = torch.tanh(z @ self.w + self.b)
        ladj = ladj + torch.log1p((1 - h**2) * (u @ self.w))
        return z + h[:, None] * u, ladj


class Masked(nn.Module):
    """A masked network: logit d sees only pixels before d (MADE, Germain et al. 2015).

    Hidden unit j has a degree; it sees pixels below it, and is seen by logits from it
    on. So the order holds along every path.
    """

    def __init__(self, pixels: int, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(pixels, width), nn.Linear(width, pixels)
        pixel, degree = torch.arange(pixels), torch.arange(width) % pixels
        with torch.no_grad():  # sampling does not train: masking once is enough
            self.first.weight *= pixel[None, :] < degree[:, None]
            self.second.weight *= degree[None, :] <= pixel[:, None]

    def forward(self, x: Tensor) -> Tensor:
        h = torch.tanh(linear(x, self.first.weight, self.first.bias))
        return linear(h, self.second.weight, self.second.bias)


@torch.no_grad()
def sample_pixels(net: Masked, num_images: int) -> Tensor:
    """Draw images, (num_images, pixels), one pixel after the other."""
    x = torch.zeros(num_images, net.first.in_features)
    for d in range(x.shape[1]):
        p = torch.sigmoid(net(x)[:, d])
        x[:, d] = (torch.rand_like(p) < p).to(x.dtype)
    return x
