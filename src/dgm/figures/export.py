"""Train the decoder that the figures draw with, and write `bars.json`.

    python -m dgm.figures.export

World: 4x4 bars, 5% of pixels flipped. Model: z from N(0, 1), logits of 16 pixels by
1 -> 32 tanh -> 16, trained on exact log-evidence. About 10 s on one core.
"""

import base64
import json
import os

import torch
from torch import Tensor

from dgm.data.bars import Bars, bar_images
from dgm.figures import HERE
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp
from dgm.quadrature import exact_posterior, log_evidence, ruler
from dgm.training import fit


def figure_images() -> dict[str, Tensor]:
    """Name the images that a reader can pick: four bars, and two that are not."""
    bars = bar_images()
    noisy, halves = bars[2].clone(), bars[0].clone()
    noisy[[4, 14]] = 1 - noisy[[4, 14]]
    halves[8:] = bars[3][8:]  # upper half of bar 1, lower half of bar 4
    named = {f"bar {c + 1}": bar for c, bar in enumerate(bars)}
    return named | {"noisy": noisy, "two halves": halves}


def train(decay: float = 0.1) -> LatentVariableModel:
    """Fit the decoder in float64 from a fixed seed.

    `decay` pulls on the weights and keeps the curve between two bars wide enough to be
    seen; without it the decoder jumps.
    """
    torch.manual_seed(0)
    net = mlp(1, 32, 16).double()
    model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(net)).double()
    x, (z, dz) = Bars(0.05).sample((4000,)).double(), ruler(121, 6.0)

    def bound(x: Tensor) -> Tensor:
        size = net[0].weight.square().mean() + net[2].weight.square().mean()
        return log_evidence(model, x, z, dz) - decay * size

    for _ in fit(bound, x, model, steps=2500, batch=128, lr=0.02):
        pass
    return model


@torch.no_grad()
def order_left_to_right(model: LatentVariableModel) -> None:
    """Permute the decoder's columns so that bars 1 to 4 stand in order along z.

    The world is the same under any order of its columns, so no fit gets worse.
    """
    z, dz = ruler()
    posterior = exact_posterior(model, bar_images(), z, dz).exp()  # (marks, 4)
    column = (dz * posterior * z[..., 0]).sum(0).argsort()
    pixel = torch.arange(16).reshape(4, 4)[:, column].reshape(-1)
    last = model.likelihood.net[-1]
    last.weight.copy_(last.weight[pixel])
    last.bias.copy_(last.bias[pixel])


def pack(model: LatentVariableModel) -> str:
    """Write all weights, layer by layer, as float32 in base64 (little-endian)."""
    flat = torch.cat([p.detach().reshape(-1) for p in model.parameters()])
    return base64.b64encode(flat.numpy().astype("<f4").tobytes()).decode()


def unpack(weights: str) -> LatentVariableModel:
    """Rebuild, in float64, the model whose `pack` this is: what the browser computes.

    >>> from dgm.figures import trained
    >>> model = unpack(trained("weights")["weights"])
    >>> pack(model) == trained("weights")["weights"]
    True
    """
    model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(mlp(1, 32, 16)))
    flat = torch.frombuffer(bytearray(base64.b64decode(weights)), dtype=torch.float32)
    torch.nn.utils.vector_to_parameters(flat, model.parameters())
    return model.double()


def main() -> None:
    """Train, order, and replace `bars.json` in one stroke."""
    torch.set_num_threads(1)  # faster for arrays this small, and sums in one order
    model = train()
    order_left_to_right(model)
    bits = {
        name: "".join(str(int(v)) for v in x) for name, x in figure_images().items()
    }
    stored = {"weights": pack(model), "images": bits}
    part = HERE / "bars.json.part"
    part.write_text(json.dumps(stored, indent=1) + "\n", "utf8")
    os.replace(part, HERE / "bars.json")
    log_p = log_evidence(model, torch.stack([*figure_images().values()]), *ruler())
    for name, value in zip(bits, log_p.tolist(), strict=True):
        print(f"log p({name}) = {value:.4f}")


if __name__ == "__main__":
    main()
