"""Widgets of part II, the variational autoencoder: chapters 05 to 10."""

from dgm.figures.widgets.base import figure


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


class Em(figure("em")):
    """Climb by EM, half a step at a time: log p = bound + KL, and who has which image.

    Args:
        step: half-steps taken, an integer from 0 to 24; the odd ones are E steps.
        seed: of the four pictures that EM starts from, an integer from 1 to 99.

    Page: book/06_em.md.

    >>> Em(seed=17).step
    2
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


class Codes(figure("codes")):
    """Pick the rule of an autoencoder, move through its codes, decode one at random.

    Args:
        rule: "free", "sparse", "denoising" or "contractive".
        image: the unseen digit x whose code and copy are shown, "0" to "9".
        z1, z2: the two numbers of the code, from -1 to 1.
        seed: of the random codes, an integer from 1 to 999.
        dots: "hidden", so that one can predict first, or "shown".

    Page: book/09_autoencoders.md.

    >>> Codes(rule="sparse", z1=0.5).rule
    'sparse'
    """


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
