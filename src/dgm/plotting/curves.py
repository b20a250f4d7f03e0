"""Draw curves over one axis, each in its role."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from dgm.plotting.style import LINE, ROLE


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


def plot_powers(points: dict[str, tuple[Tensor, Tensor, float]], **axes: str) -> Figure:
    """Draw costs over sizes on logarithmic axes, and the slope that each should have.

    Args:
        points: panel title -> sizes and costs, shape (points,) each, and the exponent
            of the line that is drawn through the last point.
        axes: what `Axes.set` takes: ylabel.
    """
    rows = -(-len(points) // 3)
    fig, panels = plt.subplots(rows, 3, figsize=(7.2, 2.3 * rows), squeeze=False)
    for ax in panels.flat[len(points) :]:
        ax.axis("off")
    for ax, (name, (size, cost, exponent)) in zip(
        panels.flat, points.items(), strict=False
    ):
        line = cost[-1] * (size / size[-1]) ** exponent
        ax.loglog(size, line, LINE["exact"], color=ROLE["exact"], lw=1)
        ax.loglog(size, cost, "o", color=ROLE["data"], ms=4)
        ax.set_title(name, fontsize=9)
        ax.minorticks_off()
    for ax in panels[:, 0]:
        ax.set(**axes)
    fig.tight_layout()
    return fig
