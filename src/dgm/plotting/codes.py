"""Draw where the codes of images lie in the plane of z."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from dgm.plotting.style import ROLE


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
