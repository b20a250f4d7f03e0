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


class TwoKls(figure("two_kls")):
    """Move one bell q over two hills p: KL(q, p) seeks a hill, KL(p, q) covers both.

    Args:
        which: "qp" for KL(q, p) or "pq" for KL(p, q): whose cost is drawn over z.
        w: weight of the left hill, from 0 to 1; the right one has the rest.
        mu: mean of q, from -3 to 3.
        sigma: standard deviation of q, from 0.4 to 1.8.

    Page: book/00_tools.md.

    >>> TwoKls(which="pq", w=0.5).which
    'pq'
    """


class Area(figure("area")):
    """Move the decoder's walls or the prior's width: the area under the joint is p(x).

    Args:
        image: "bar 1" to "bar 4", "noisy" or "two halves".
        shift: of the three walls, from -2 to 2; theta in the figure.
        width: standard deviation of the prior, from 0.7 to 3.

    Page: book/04_inference.md.

    >>> Area(image="two halves", shift=2).shift
    2.0
    """


class Gradients(figure("gradients")):
    """Throw draws of q = N(mu, sigma^2): four estimates of the ELBO's slope in mu.

    Args:
        how: "push" (pathwise), "weigh" (score function), "baseline" (less the mean of
            the others) or "detached"; its histogram stands below the earlier ones.
        mu: mean of q, from -2 to 2.
        sigma: standard deviation of q, from 0.1 to 1.
        K: draws in one estimate, an integer from 1 to 64.
        seed: of the noise, an integer from 1 to 999.

    Page: book/07_gradients.md.

    >>> Gradients(how="weigh", K=32).K
    32
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


class LatentPlane(figure("latent_plane")):
    """Drag z in the plane of 8x8 digits, and walk from one unseen digit to another.

    Args:
        z1, z2: the two latent values, from -3 to 3.
        image: the unseen digit x from which a walk starts, "0" to "9".
        other: the one at which it ends, "0" to "9".

    Page: book/10_vae.md.

    >>> LatentPlane(image="4", other="9").image
    '4'
    """


class Gaps(figure("gaps")):
    """Step through images by what their ELBO lacks, and see whose fault it is.

    Args:
        rank: of the image by its gap, an integer from 1 (least) to 654.
        dots: "hidden", so that one can predict first, or "shown".

    Page: book/08_amortization.md.

    >>> Gaps(rank=654, dots="shown").rank
    654
    """


class Race(figure("race")):
    """Climb from the prior with a bell for each image, against one encoder's answer.

    Args:
        image: "12 images", or one that arrives: "bar 4", "noisy" or "two halves".
        updates: Adam's steps of each bell, an integer from 0 to 100.

    Page: book/08_amortization.md.

    >>> Race(image="noisy", updates=20).updates
    20
    """
