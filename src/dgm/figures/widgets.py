"""The living figures as Jupyter widgets: the same modules, Python on the other end.

A figure's state is its traits. Set one and the figure moves; `observe` one and Python
hears what the reader does:

    figure = Inflate(image="noisy", mu=0.4, sigma=0.2)
    figure.observe(lambda change: print(change.new), names="mu")
"""

import anywidget
from traitlets import Dict, Float, Int, List, TraitError, Unicode, validate

from dgm.figures import HERE, SHARE, bundle, state

CSS = (HERE / "figure.css").read_text("utf8")
TRAIT = {float: Float, int: Int, str: Unicode, dict: Dict, list: List}


class LivingFigure(anywidget.AnyWidget):
    """What all figures share: the limits of their values, kept by a sentence.

    Raises:
        TraitError: names the value that came and what was expected; the figure keeps
            what it had.
    """

    _css = CSS
    range = Dict().tag(sync=True)

    def _fitting(self, proposal: dict) -> float | int | str:
        name, key, value = type(self).__name__, proposal.trait.name, proposal.value
        limits = self.range[key]
        if isinstance(value, str):
            fits, expected = value in limits, f"one of {', '.join(limits)}"
        else:
            fits = limits[0] <= value <= limits[1]  # false for nan as well
            expected = f"a number from {limits[0]:g} to {limits[1]:g}"
        if not fits:
            raise TraitError(f"{name}: got {key}={value!r}, expected {expected}")
        return value


def figure(name: str) -> type[LivingFigure]:
    """Make the widget class of a figure: each value of its state is a synced trait."""
    traits = {
        key: TRAIT[type(value)](value).tag(sync=True)
        for key, value in state(name).items()
    }
    limits = validate(*SHARE[name])(LivingFigure._fitting)
    members = traits | {"_esm": bundle(name), "_limits": limits}
    return type(LivingFigure)(name, (LivingFigure,), members)


class BarDecoder(figure("bar_decoder")):
    """Slide z: a mean image, a noisy draw of it, the curve through pixel space.

    Args:
        z: latent value, from -3.5 to 3.5.
        seed: of the noise, an integer from 1 to 999; z moves under the same noise.

    Page: book/02_bars.md.

    >>> BarDecoder(z=0.5).z
    0.5
    """


class Jensen(figure("jensen")):
    """Drag two points and a weight: the log of the mean above the mean of the logs.

    Args:
        z1, z2: two values, from 0.05 to 4.
        w: weight of z1, from 0 to 1; z2 has the rest.

    Page: book/05_jensen.md.

    >>> Jensen(w=1.5)
    Traceback (most recent call last):
    traitlets.traitlets.TraitError: Jensen: got w=1.5, expected a number from 0 to 1
    """


class Inflate(figure("inflate")):
    """Move q = N(mu, sigma^2) under p(x, z): ELBO + gap = log evidence, in nats.

    Args:
        image: "bar 1" to "bar 4", "noisy" or "two halves".
        mu: mean of q, from -3.5 to 3.5.
        sigma: standard deviation of q, from 0.05 to 2.

    Page: book/05_jensen.md.

    >>> Inflate(image="noisy", sigma=0.2).image
    'noisy'
    """

    @property
    def x(self) -> list[int]:
        """The image that is shown: 16 pixels, 0 or 1, row by row."""
        return [int(bit) for bit in self.images[self.image]]
