"""Static figures of the book: one style; a role keeps its colour in every chapter."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

ROLE = {  # as in the living figures; each also differs by line style or label
    "data": "#222832",
    "prior": "#6b7280",
    "q": "#0b6bcb",
    "exact": "#00603f",
    "model": "#b34a00",
}
LINE = {"data": "-", "prior": ":", "q": "--", "exact": "-", "model": "-."}

plt.rcParams.update(
    {
        "figure.dpi": 100,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "image.cmap": "Greys",
    }
)


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


def plot_lines(
    x: Tensor, curves: dict[str, Tensor], roles: dict[str, str], **axes: str
) -> Figure:
    """Draw named curves over one axis, each in the colour and dash of its role.

    Args:
        x: shape (points,).
        curves: name -> values, shape (points,).
        roles: name -> role.
        axes: what `Axes.set` takes: xlabel, ylabel, yscale.
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.0))
    for name, y in curves.items():
        role = roles[name]
        ax.plot(x, y.detach(), LINE[role], color=ROLE[role], label=name)
    ax.set(**axes)
    ax.legend()
    fig.tight_layout()
    return fig


def plot_areas(z: Tensor, joint: Tensor, lower: dict[str, Tensor]) -> Figure:
    """Draw the upper curve p(x, z) and lower curves e^ELBO q(z|x), one panel each.

    Args:
        z: shape (points,).
        joint: p(x, z) at each z; its area is p(x).
        lower: panel title -> e^ELBO q(z|x) at each z; its area is e^ELBO.
    """
    fig, axes = plt.subplots(1, len(lower), figsize=(7.2, 2.6), sharey=True)
    for ax, (name, curve) in zip(np.atleast_1d(axes), lower.items(), strict=True):
        ax.fill_between(z, joint, color=ROLE["exact"], alpha=0.15, lw=0)
        ax.plot(z, joint, LINE["exact"], color=ROLE["exact"], label="p(x, z)")
        ax.fill_between(z, curve, color=ROLE["q"], alpha=0.15, lw=0)
        ax.plot(z, curve, LINE["q"], color=ROLE["q"], label="$e^{ELBO}$ q(z|x)")
        ax.set(xlabel="z", yticks=[], title=name)
        ax.locator_params(axis="x", nbins=6)
    fig.legend(*ax.get_legend_handles_labels(), loc="lower center", ncols=2)
    fig.tight_layout(rect=(0, 0.1, 1, 1))
    return fig


def plot_codes(z: Tensor, labels: Tensor, sigma: Tensor) -> Figure:
    """Draw two-dimensional codes as the digits that they stand for; some with a bell.

    Args:
        z: means of q, shape (number, 2).
        labels: digits 0 to 9, shape (number,).
        sigma: standard deviations of q for the first few, shape (few, 2), each drawn
            as an ellipse around its digit.
    """
    fig, ax = plt.subplots(figsize=(6.4, 4.8), dpi=80)
    colours = [plt.get_cmap("tab10").colors[label] for label in labels.tolist()]
    for at, label, colour in zip(z, labels, colours, strict=True):
        ax.text(*at, str(label.item()), color=colour, ha="center", va="center")
    for at, width in zip(z, sigma, strict=False):  # only the first few have a bell
        oval = Ellipse(at.tolist(), *(2 * width).tolist(), color=ROLE["q"], alpha=0.2)
        ax.add_patch(oval)
    reach = 1.08 * z.abs().max().item()
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="$z_1$", ylabel="$z_2$")
    fig.tight_layout()
    return fig


def plot_estimates(estimates: Tensor, exact: float, xlabel: str) -> Figure:
    """Draw a histogram of estimates, with their mean and the exact value as lines.

    Args:
        estimates: independent estimates, shape (repeats,).
        exact: the value that they are compared with.
        xlabel: what is estimated, with its unit.
    """
    fig, ax = plt.subplots(figsize=(7.2, 2.4))
    ax.hist(estimates.numpy(), bins=60, color=ROLE["q"], alpha=0.6)
    ax.axvline(estimates.mean(), ls="--", color=ROLE["q"], label="mean of estimates")
    ax.axvline(exact, color=ROLE["exact"], label="exact")
    ax.set(yticks=[], xlabel=xlabel)
    ax.legend()
    fig.tight_layout()
    return fig
