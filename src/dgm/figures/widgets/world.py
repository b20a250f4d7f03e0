"""Widgets of part I, one world: chapters 00 to 04."""

from dgm.figures.widgets.base import figure


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


class Noise(figure("noise")):
    """Put noise on a digit: how sure a classifier is, and how probable the picture.

    Args:
        image: the unseen digit, "0" to "9".
        noise: standard deviation of each pixel's noise, from 0 to 1.
        step: of every pixel, away from the right name, from -0.3 (towards it) to 0.3.
        seed: of the noise, an integer from 1 to 999.

    Page: book/01_why.md.

    >>> Noise(image="8", noise=1).noise
    1.0
    """


class Far(figure("far")):
    """Drag a point far from two clouds: p(disc|x) stays at 1, and p(x) falls.

    Args:
        x1: across, from -9 to 9.
        x2: up, from -4 to 4.
        paint: what colours the plane: "nothing", "which" for p(y|x) or "both" for
            p(x, y).

    Page: book/01_why.md.

    >>> Far(x1=-7, x2=3).x1
    -7.0
    """


class BarDecoder(figure("bar_decoder")):
    """Slide z: a mean image, a noisy draw of it, the curve through pixel space.

    Args:
        z: latent value, from -3.5 to 3.5.
        seed: of the noise, an integer from 1 to 999; z moves under the same noise.

    Page: book/02_bars.md.

    >>> BarDecoder(z=0.5).z
    0.5
    """


class Ppca(figure("ppca")):
    """Turn the one direction of probabilistic PCA on bars: the mean log p(x) follows.

    Args:
        weights: "unequal" (bars with 0.4, 0.3, 0.2, 0.1) or "equal".
        angle: of the line in the plane, in degrees from 0 to 180.
        curve: "hidden", so that one can predict first, or "shown".

    Page: book/03_latent_variables.md.

    >>> Ppca(weights="equal", angle=45).angle
    45.0
    """


class Bend(figure("bend")):
    """Bend a line of z onto points in the plane: its density p(x), and mean log p(x).

    Args:
        bend: from 0, the line of probabilistic PCA, to 1, a network's curve.
        sigma: standard deviation of the noise round the line, from 0.1 to 1.2.
        z: the place on the line whose bell is drawn, from -3 to 3.

    `points`, `line` (W, then b) and `weights` (1 -> 16 tanh -> 2, layer by layer) are
    lists that one may set too: the figure draws whatever network it is given.

    Page: book/03_latent_variables.md.

    >>> len(Bend(bend=1).weights)
    66
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
