"""The living figures as Jupyter widgets: the same modules, Python on the other end.

A figure's state is its traits. Set one and the figure moves; `observe` one and Python
hears what the reader does:

    figure = Inflate(image="noisy", mu=0.4, sigma=0.2)
    figure.observe(lambda change: print(change.new), names="mu")
"""

from dgm.figures.widgets.base import LivingFigure, figure
from dgm.figures.widgets.vae import (
    Codes,
    Em,
    Gaps,
    Gradients,
    Inflate,
    Jensen,
    LatentPlane,
    Race,
)
from dgm.figures.widgets.world import Area, BarDecoder, Bend, Far, Noise, Ppca, TwoKls

__all__ = [
    "Area",
    "BarDecoder",
    "Bend",
    "Codes",
    "Em",
    "Far",
    "Gaps",
    "Gradients",
    "Inflate",
    "Jensen",
    "LatentPlane",
    "LivingFigure",
    "Noise",
    "Ppca",
    "Race",
    "TwoKls",
    "figure",
]
