"""Train the VAE whose gaps the figures show, and write `amortization.json`.

    python -m dgm.figures.export_amortization

World: 4x4 bars, 5% of pixels flipped. Model: z from N(0, 1), decoder 1 -> 32 tanh ->
16, encoder back, 300 steps as in book/05_jensen.md. Then the best bell of every one of
the 65,536 images. About half a minute on one core.
"""

import base64
import json
import os
from itertools import combinations

import torch
from torch import Tensor

from dgm.amortization import best_bell
from dgm.data.bars import Bars, all_images, bar_images
from dgm.figures import HERE
from dgm.figures.export import figure_images, pack
from dgm.figures.export_digits import hex_digits, unpack
from dgm.latent_variable import LatentVariableModel
from dgm.posteriors import Encoder
from dgm.quadrature import exact_elbo, exact_posterior, log_evidence_chunked, ruler
from dgm.training import fit
from dgm.vae import vae, vae_bound

RARE = 64  # images with three flips or more, drawn from the world


def train() -> tuple[LatentVariableModel, Encoder, Tensor]:
    """Fit decoder and encoder from a fixed seed; return them with the data."""
    torch.manual_seed(0)
    data = Bars(0.05).sample((4096,))
    model, posterior = vae(16, 32, 1)
    bound = vae_bound(model, posterior)
    for _ in fit(bound, data, model, posterior, steps=300, batch=200, lr=0.06):
        pass
    return model, posterior, data


@torch.no_grad()
def order_left_to_right(model: LatentVariableModel, posterior: Encoder) -> Tensor:
    """Permute columns so that bars 1 to 4 stand in order along z; return the pixels."""
    (z, dz), bars = ruler(), bar_images()
    mass = dz * exact_posterior(model, bars, z, dz).exp()  # (marks, 4)
    column = (mass * z[..., 0]).sum(0).argsort()
    pixel = torch.arange(16).reshape(4, 4)[:, column].reshape(-1)
    last, first = model.likelihood.net[-1], posterior.net[0]
    last.weight.copy_(last.weight[pixel])
    last.bias.copy_(last.bias[pixel])
    first.weight.copy_(first.weight[:, pixel])
    return pixel


def halves() -> Tensor:
    """List the 36 images that are half one bar and half another: two rows of each."""
    bars, rows = bar_images().reshape(4, 4, 4), list(combinations(range(4), 2))
    images = []
    for (a, b), upper in ((pair, rows_a) for pair in rows for rows_a in rows):
        x = bars[b].clone()
        x[list(upper)] = bars[a][list(upper)]
        images.append(x.reshape(16))
    return torch.stack(images)


def doubles() -> Tensor:
    """List the six images that are two whole bars."""
    return torch.stack([a + b for a, b in combinations(bar_images(), 2)])


def shown_images() -> Tensor:
    """List what the figure shows: all within two flips of a bar, and rarer ones."""
    x = all_images()
    flips = (x[:, None] != bar_images()).sum(-1).amin(-1)
    draws = Bars(0.05).sample((20000,))
    off = (draws[:, None] != bar_images()).sum(-1).amin(-1)
    rare = draws[off > 2].unique(dim=0, sorted=False)
    rare = rare[torch.randperm(len(rare))[:RARE]]
    return torch.cat([x[flips <= 2], halves(), doubles(), rare]).unique(dim=0)


@torch.no_grad()
def split(
    model: LatentVariableModel, posterior: Encoder, x: Tensor
) -> tuple[Tensor, Tensor]:
    """Find each image's best bell, (batch, 2), and its two gaps, (batch, 2), in nats.

    A gap goes from log p(x) to the best bell's ELBO, and from there to the encoder's.
    """
    best, own, lines = best_bell(model, x), posterior, ruler(121, 6.0)
    high = exact_elbo(model, best(x), x, *lines)
    low = exact_elbo(model, own(x), x, *lines)
    gaps = torch.stack([log_evidence_chunked(model, x, *ruler()) - high, high - low], 1)
    return torch.cat([best.mu, best.log_sigma], 1), gaps


def floats(values: Tensor) -> str:
    """Write numbers as float32 in base64 (little-endian), row by row."""
    flat = values.detach().reshape(-1).float().numpy().astype("<f4")
    return base64.b64encode(flat.tobytes()).decode()


def main() -> None:
    """Train, split every image's gap, and replace `amortization.json` in one stroke."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    model, posterior, data = train()
    pixel = order_left_to_right(model, posterior)
    weights, encoder = pack(model.float()), pack(posterior.float())
    model, posterior = vae(16, 32, 1)
    model, posterior = unpack(weights, model), unpack(encoder, posterior)
    x = shown_images()
    bells, gaps = split(model, posterior, x)
    order = gaps.sum(1).argsort()
    parts = [split(model, posterior, part)[1] for part in all_images().split(4096)]
    every = torch.cat(parts)  # (65536, 2)
    mean = Bars(0.05).log_prob(all_images()).exp() @ every
    stored = {
        "weights": weights,
        "encoder": encoder,
        "images": [hex_digits(row) for row in x[order]],
        "bells": floats(bells[order]),
        "gaps": floats(gaps[order]),
        "mean": [round(v, 6) for v in mean.tolist()],
        "largest": round(every.sum(1).max().item(), 6),
        "set": [hex_digits(row) for row in data[:12, pixel]],
        "arrivals": {name: hex_digits(row) for name, row in figure_images().items()},
    }
    part = HERE / "amortization.json.part"
    part.write_text(json.dumps(stored) + "\n", "utf8")
    os.replace(part, HERE / "amortization.json")
    print(f"{len(x)} images; mean gaps {stored['mean']}, largest {stored['largest']}")
    for name, row in zip(("least", "most"), gaps[order][[0, -1]].tolist(), strict=True):
        print(f"{name}: Gaussian {row[0]:.4f}, amortization {row[1]:.4f}")


if __name__ == "__main__":
    main()
