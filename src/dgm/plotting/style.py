"""One style for every static figure: a role keeps its colour in every chapter."""

import matplotlib.pyplot as plt

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
