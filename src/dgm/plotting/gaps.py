"""Draw what each image loses to the shape of its bell, and to the encoder."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from dgm.plotting.style import ROLE


def plot_gaps(gaussian: Tensor, amortization: Tensor, weight: Tensor) -> Figure:
    """Scatter every image's two gaps on logarithmic axes, and mark their means.

    Args:
        gaussian, amortization: from `gaps`, in nats, shape (number,).
        weight: probability of each image, shape (number,); a dot's area grows with it.
    """
    fig, ax = plt.subplots(figsize=(7.2, 4.2))
    area = 4 + 150 * (weight / weight.max()).sqrt()
    share = weight / weight.sum()
    dots = {"color": ROLE["q"], "alpha": 0.35, "lw": 0}
    ax.scatter(gaussian, amortization.clamp_min(1e-5), s=area, **dots)
    mean = (share @ gaussian).item(), (share @ amortization).item()
    ax.plot(*mean, "+", color=ROLE["data"], ms=16, mew=2)
    near = {"xytext": (-10, 10), "textcoords": "offset points", "ha": "right"}
    paper = {"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1}
    ax.annotate("the mean", mean, color=ROLE["data"], bbox=paper, **near)
    ax.set(xscale="log", yscale="log", xlabel="Gaussian gap, nats")
    ax.set_ylabel("amortization gap, nats")
    fig.tight_layout()
    return fig
