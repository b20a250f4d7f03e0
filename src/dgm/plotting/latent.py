"""Draw what a decoder makes of a plane of codes, and the logs of sick trainings."""

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from dgm.plotting.style import LINE, ROLE


def plot_plane(ticks: Tensor, images: Tensor) -> Figure:
    """Draw the images of a square grid of codes where the codes lie, z_2 upwards.

    Args:
        ticks: the values that z_1 and z_2 take, rising, shape (number,).
        images: mean images, shape (number, number, pixels), z_1 first.
    """
    side, number = math.isqrt(images.shape[-1]), len(ticks)
    tiles = images.reshape(number, number, side, side).flip(1)  # z_2 upwards
    tiles = torch.nn.functional.pad(tiles, (1, 1, 1, 1))  # paper between them
    side += 2
    sheet = torch.cat([torch.cat([*column], 0) for column in tiles], 1)
    fig, ax = plt.subplots(figsize=(5.6, 5.6), dpi=80)
    ax.imshow(sheet, vmin=0, vmax=1, interpolation="nearest")
    middle = side * torch.arange(number) + side / 2 - 0.5
    names = [f"{v:.1f}" for v in ticks.tolist()]
    ax.set_xticks(middle[::2].tolist(), names[::2], fontsize=8)
    ax.set_yticks(middle[::2].tolist(), names[::-2], fontsize=8)
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    ax.tick_params(length=0)
    fig.tight_layout()
    return fig


def plot_logs(logs: dict[str, Tensor], ceiling: float, alone: float) -> Figure:
    """Draw the ELBO that each of a few trainings reports, a panel each.

    Args:
        logs: name -> what the training reports as ELBO at each step, shape (steps,).
        ceiling: what no log-probability passes, drawn as a line.
        alone: what independent pixels reach, drawn as a dotted line.
    """
    rows = math.ceil(len(logs) / 4)
    fig, axes = plt.subplots(
        rows, 4, figsize=(7.2, 1.7 * rows), sharex=True, sharey=True
    )
    for ax, (name, elbo) in zip(axes.flat, logs.items(), strict=False):
        ax.axhline(ceiling, color=ROLE["data"], lw=0.8)
        ax.axhline(alone, ls=LINE["prior"], color=ROLE["prior"])
        ax.plot(elbo, color=ROLE["q"], lw=1.2)
        ax.set(title=name, ylim=(-58, 16), yticks=[-50, round(alone, 1), ceiling])
    for ax in axes.flat[len(logs) :]:
        ax.axis("off")
    fig.supxlabel("iteration", fontsize=9)
    fig.supylabel("reported ELBO", fontsize=9)
    fig.tight_layout()
    return fig
