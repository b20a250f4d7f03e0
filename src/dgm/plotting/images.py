"""Draw images: rows of them, and strips along an axis of z."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

import dgm.plotting.style  # noqa: F401  (sets the style)


def _show(ax: Axes, image: Tensor) -> None:
    side = int(len(image) ** 0.5)
    ax.imshow(image.detach().cpu().reshape(side, side), vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#d1d5da")


def plot_images(rows: dict[str, Tensor]) -> Figure:
    """Draw rows of square images, ink on paper, each row with its name above.

    Args:
        rows: name -> images in [0, 1], shape (number, pixels); equal numbers.
    """
    columns = max(len(images) for images in rows.values())
    size = (7.2, len(rows) * (7.2 / columns + 0.28))
    gaps = {"wspace": 0.12, "hspace": 0.3}
    fig, axes = plt.subplots(
        len(rows), columns, figsize=size, squeeze=False, gridspec_kw=gaps
    )
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            _show(ax, image)
        line[0].set_title(name)
    return fig


def plot_strips(z: Tensor, strips: dict[str, Tensor]) -> Figure:
    """Draw what decoders make of the same z values, one strip of images a decoder.

    Args:
        z: where the images belong on the axis, shape (number,).
        strips: name -> mean images, shape (number, pixels).
    """
    fig, axes = plt.subplots(len(strips), figsize=(7.2, 0.95 * len(strips) + 0.2))
    for ax, (name, images) in zip(np.atleast_1d(axes), strips.items(), strict=True):
        side = int(images.shape[1] ** 0.5)
        tiles = images.detach().reshape(-1, side, side)
        framed = torch.nn.functional.pad(tiles, (1, 1, 1, 0), value=float("nan"))
        ax.imshow(torch.cat([*framed], 1), vmin=0, vmax=1)
        middles = torch.arange(len(z)) * (side + 2) + side / 2 + 0.5
        ax.set_xticks(middles.tolist(), [f"{v:g}" for v in z.tolist()], fontsize=8)
        ax.set(yticks=[], title=name)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0, pad=1)
    fig.tight_layout(pad=0.3, h_pad=0.6)
    return fig
