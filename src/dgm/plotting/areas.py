"""Draw what a picture leaves of the prior: joints, and posteriors beside the priors."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dgm.plotting.style import LINE, ROLE


def _prior(ax: Axes, z: Tensor, density: Tensor) -> None:
    ax.plot(z, density, LINE["prior"], color=ROLE["prior"])
    ax.set(xlabel="z", xlim=(z[0], z[-1]))
    at = (density > 0.6 * density.max()).nonzero()[-1].item()  # its right shoulder
    paper = {"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1}
    ax.text(z[at] + 0.2, density[at], "p(z)", color=ROLE["prior"], bbox=paper)


def _filled(ax: Axes, z: Tensor, curve: Tensor, name: str) -> None:
    ax.plot(z, curve, LINE["exact"], color=ROLE["exact"])
    ax.fill_between(z, curve, color=ROLE["exact"], alpha=0.15, lw=0)
    at = (curve > 0.98 * curve.max()).nonzero()[-1].item()  # its last peak
    ax.annotate(
        name, (z[at], curve[at]), (0, 3), textcoords="offset points", ha="center"
    )
    ax.margins(y=0.12)


def plot_joints(
    z: Tensor, prior: Tensor, panels: dict[str, dict[str, Tensor]]
) -> Figure:
    """Draw curves p(x, z) under the prior, one panel a model; areas are evidence.

    Args:
        z: shape (points,).
        prior: p(z), shape (points,).
        panels: title -> {name of a picture -> p(x, z)}; the name stands at the peak.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(7.2, 2.8), sharey=True)
    for ax, (title, joints) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        _prior(ax, z, prior)
        for name, joint in joints.items():
            _filled(ax, z, joint, name)
        ax.set_title(title)
    first = np.atleast_1d(axes)[0]
    first.set_ylim(bottom=0)
    first.set_ylabel("p(x, z)", color=ROLE["exact"])
    fig.tight_layout()
    return fig


def plot_posteriors(
    z: Tensor, panels: dict[str, tuple[Tensor, Tensor, Tensor]]
) -> Figure:
    """Draw posteriors over their priors, one panel each, with the picture in a corner.

    Args:
        z: shape (points,).
        panels: title -> picture, shape (pixels,), p(z) and p(z|x), shape (points,).
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(7.2, 2.6), sharey=True)
    for ax, (title, panel) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        image, prior, posterior = panel
        _prior(ax, z, prior)
        _filled(ax, z, posterior, "p(z|x)")
        ax.set(title=title, yticks=[])
        inset, side = ax.inset_axes((0.02, 0.68, 0.22, 0.3)), int(len(image) ** 0.5)
        inset.imshow(image.reshape(side, side), vmin=0, vmax=1)
        inset.set(xticks=[], yticks=[])
        inset.spines[:].set(visible=True, color="#d1d5da")
    np.atleast_1d(axes)[0].set_ylim(bottom=0)
    fig.tight_layout()
    return fig
