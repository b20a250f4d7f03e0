"""Draw estimates beside what they estimate."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from dgm.plotting.style import ROLE


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
