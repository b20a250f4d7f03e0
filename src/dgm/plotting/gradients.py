"""Draw what gradient estimators do: how they spread, how that scales, where they lead.

Every drawing takes `roles`, name -> role: its colour and its dash.
"""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator
from torch import Tensor

from dgm.plotting.style import LINE, ROLE

Values = Tensor | list[float]
Curves = dict[str, Values]
Point = tuple[float, float]
DOT = {"data": "s", "prior": "v", "q": "o", "exact": "o", "model": "^"}


def plot_histograms(
    estimates: dict[str, Tensor], exact: float, roles: dict[str, str], xlabel: str
) -> Figure:
    """Draw a histogram an estimator, one above the other, with the exact value.

    Args:
        estimates: name -> independent estimates, shape (repeats,).
        exact: what is estimated, a line through all panels.
        roles: name -> role.
        xlabel: what is estimated, with its unit.
    """
    ends = [e.quantile(p).item() for e in estimates.values() for p in (0.002, 0.998)]
    low, high = min(ends), max(ends)
    size = (7.2, 0.6 + 0.85 * len(estimates))
    fig, axes = plt.subplots(len(estimates), figsize=size, sharex=True)
    for ax, (name, e) in zip(axes, estimates.items(), strict=True):
        ax.hist(e.numpy(), bins=120, range=(low, high), color=ROLE[roles[name]])
        ax.axvline(exact, color=ROLE["exact"])
        ax.set(yticks=[], title=name)
        ax.spines["left"].set_visible(False)
    axes[0].annotate(
        " exact", (exact, 1), xycoords=("data", "axes fraction"), color=ROLE["exact"]
    )
    axes[-1].set_xlabel(xlabel)
    fig.tight_layout(h_pad=0.3)
    return fig


def plot_scaling(
    panels: dict[str, tuple[Values, Curves, Curves]],
    roles: dict[str, str],
    ylabel: str,
) -> Figure:
    """Draw panels on logarithmic axes: dots are measured, lines are derived.

    Args:
        panels: label of the horizontal axis -> (its values, measured, derived), the
            last two name -> values; where nothing is derived a thin line joins dots.
        roles: name -> role.
        ylabel: what is measured, with its unit.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(7.2, 3.1))
    looks = {n: {"color": ROLE[r], "ls": LINE[r]} for n, r in roles.items()}
    seen = {}  # name -> a line and a dot for the row of names below
    for ax, (xlabel, (x, measured, derived)) in zip(axes, panels.items(), strict=True):
        for name, y in measured.items():
            look, dot = looks[name], DOT[roles[name]]
            ax.plot(x, y, dot, color=look["color"])
            line, width = (derived[name], 1.5) if name in derived else (y, 0.7)
            ax.plot(x, line, lw=width, **look)
            seen[name] = Line2D([], [], marker=dot, **look)
        ax.set(xscale="log", yscale="log", xlabel=xlabel)
        ax.set_xticks(x, [f"{v:g}" for v in x])
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
    axes[0].set_ylabel(ylabel)
    fig.legend(seen.values(), seen, loc="lower center", ncols=len(seen))
    fig.tight_layout(rect=(0, 0.09, 1, 1))
    return fig


def plot_paths(
    paths: dict[str, Tensor],
    marks: dict[str, Point],
    roles: dict[str, str],
    **axes: str,
) -> Figure:
    """Draw roads through a plane, each named where it ends, and marked places.

    Args:
        paths: name -> points in order, shape (steps, 2).
        marks: name -> place, drawn as a cross.
        roles: name -> role.
        axes: what `Axes.set` takes: xlabel, ylabel.
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.4))
    near = {"textcoords": "offset points"}
    for name, path in paths.items():
        colour, role = ROLE[roles[name]], roles[name]
        ax.plot(*path.T, LINE[role], color=colour, lw=1.2)
        ax.plot(*path[-1], DOT[role], color=colour)
        ax.annotate(name, path[-1].tolist(), (6, -14), c=colour, **near)
    for name, place in marks.items():
        ax.plot(*place, "+", color=ROLE["exact"], ms=14, mew=1.5)
        ax.annotate(name, place, (8, 6), c=ROLE["exact"], **near)
    ax.set(**axes)
    ax.margins(0.12)
    fig.tight_layout()
    return fig
