"""Train the decoder that the figure `bend` draws with, and write `bend.json`.

    python -m dgm.figures.export_bend

A 1-D z, a network into the plane, exact evidence on a ruler; beside it the best line.
"""

import json
import math

import torch
from torch import Tensor, nn

from dgm.figures import HERE
from dgm.latent_variable import LatentVariableModel, StandardNormal
from dgm.linear_gaussian import GaussianDecoder, fit_ppca
from dgm.nets import mlp
from dgm.quadrature import log_evidence, ruler
from dgm.training import fit

NOISE, SEED = 0.1, 17


def arch(num_data: int) -> Tensor:
    """Draw points near two thirds of a circle, shape (num_data, 2)."""
    angle = (2 * torch.rand(num_data) - 1) * 2 * math.pi / 3
    circle = torch.stack([angle.sin(), angle.cos()], -1)
    return circle + NOISE * torch.randn(num_data, 2)


def train_bent(x: Tensor, steps: int = 600) -> LatentVariableModel:
    """Climb the exact evidence of a bent line, the noise known."""
    model = LatentVariableModel(
        StandardNormal(1), GaussianDecoder(mlp(1, 16, 2), NOISE)
    )
    z, dz = ruler(num_points=121, end=5.0)

    def exact(x: Tensor) -> Tensor:
        return log_evidence(model, x, z, dz)

    for _ in fit(exact, x, model, steps=steps, batch=len(x), lr=0.03):
        pass
    return model


def in_a_row(net: nn.Module) -> Tensor:
    """Lay a network's parameters out in one row, in order."""
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def stored() -> dict[str, list]:
    """Return what `bend.json` holds: points, the best line, the network, in order."""
    torch.manual_seed(SEED)
    x = arch(150)
    straight = in_a_row(fit_ppca(x, 1).likelihood.net)
    net = train_bent(x).likelihood.net
    ends = net(torch.tensor([[-1.0], [1.0]])).detach()[:, 0]
    net[0].weight.data *= torch.sign(ends[1] - ends[0])  # both run to the right
    straight[:2] *= torch.sign(straight[0])
    return {
        "points": [[round(v, 3) for v in row] for row in x.tolist()],
        "line": [round(v, 4) for v in straight.tolist()],
        "weights": [round(v, 4) for v in in_a_row(net).tolist()],
    }


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    text = json.dumps(stored(), separators=(",", ":"))
    (HERE / "bend.json").write_text(text + "\n", "utf8")
