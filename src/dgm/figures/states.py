"""What each living figure starts from, how far its values go, what it has stored."""

from dataclasses import dataclass, field

IMAGES = ("bar 1", "bar 2", "bar 3", "bar 4", "noisy", "two halves")
UNSEEN = tuple("0123456789")  # the first ten unseen digits, one of each kind
RACERS = ("12 images", "bar 4", "noisy", "two halves")


@dataclass(frozen=True)
class Figure:
    """The state of one living figure.

    Args:
        start: the values that a reader moves, as they are at first.
        range: of a number the lowest and the highest, of a word the choices.
        stored: JSON file beside this one -> the keys that the figure reads from it.
    """

    start: dict[str, float | int | str]
    range: dict[str, tuple]
    stored: dict[str, tuple[str, ...]] = field(default_factory=dict)


FIGURES = {
    "bar_decoder": Figure(
        start={"z": -0.4, "seed": 2},
        range={"z": (-3.5, 3.5), "seed": (1, 999)},
        stored={"bars.json": ("weights",)},
    ),
    "jensen": Figure(
        start={"z1": 0.5, "z2": 3.2, "w": 2 / 3},
        range={"z1": (0.05, 4.0), "z2": (0.05, 4.0), "w": (0.0, 1.0)},
    ),
    "noise": Figure(
        start={"image": "3", "noise": 0.1, "step": 0.0, "seed": 1},
        range={
            "image": UNSEEN,
            "noise": (0.0, 1.0),
            "step": (-0.3, 0.3),
            "seed": (1, 999),
        },
        stored={"noise.json": ("classifier", "bells", "unseen", "line")},
    ),
    "far": Figure(
        start={"x1": -0.8, "x2": 0.8, "paint": "nothing"},
        range={
            "x1": (-9.0, 9.0),
            "x2": (-4.0, 4.0),
            "paint": ("nothing", "which", "both"),
        },
    ),
    "two_kls": Figure(
        start={"which": "qp", "w": 0.4, "mu": 0.0, "sigma": 1.0},
        range={
            "which": ("qp", "pq"),
            "w": (0.0, 1.0),
            "mu": (-3.0, 3.0),
            "sigma": (0.4, 1.8),
        },
    ),
    "ppca": Figure(
        start={"weights": "unequal", "angle": 80.0, "curve": "hidden"},
        range={
            "weights": ("unequal", "equal"),
            "angle": (0.0, 180.0),
            "curve": ("hidden", "shown"),
        },
    ),
    "bend": Figure(
        start={"bend": 0.2, "sigma": 1.0, "z": 0.8},
        range={"bend": (0.0, 1.0), "sigma": (0.1, 1.2), "z": (-3.0, 3.0)},
        stored={"bend.json": ("points", "line", "weights")},
    ),
    "area": Figure(
        start={"image": "bar 4", "shift": 0.0, "width": 1.0},
        range={"image": IMAGES, "shift": (-2.0, 2.0), "width": (0.7, 3.0)},
        stored={"bars.json": ("images",)},
    ),
    "gradients": Figure(
        start={"how": "push", "mu": 1.2, "sigma": 0.4, "K": 8, "seed": 1},
        range={
            "how": ("push", "weigh", "baseline", "detached"),
            "mu": (-2.0, 2.0),
            "sigma": (0.1, 1.0),
            "K": (1, 64),
            "seed": (1, 999),
        },
    ),
    "em": Figure(
        start={"step": 2, "seed": 16},
        range={"step": (0, 24), "seed": (1, 99)},
    ),
    "inflate": Figure(
        start={"image": "bar 4", "mu": 1.9, "sigma": 0.3},
        range={"image": IMAGES, "mu": (-3.5, 3.5), "sigma": (0.05, 2.0)},
        stored={"bars.json": ("weights", "images")},
    ),
    "codes": Figure(
        start={
            "rule": "free",
            "image": "4",
            "z1": 0.3,
            "z2": 0.1,
            "seed": 1,
            "dots": "hidden",
        },
        range={
            "rule": ("free", "sparse", "denoising", "contractive"),
            "image": UNSEEN,
            "z1": (-1.0, 1.0),
            "z2": (-1.0, 1.0),
            "seed": (1, 999),
            "dots": ("hidden", "shown"),
        },
        stored={"codes.json": ("coders", "shown", "kinds")},
    ),
    "latent_plane": Figure(
        start={"z1": -0.213, "z2": 1.185, "image": "4", "other": "7"},
        range={"z1": (-3.0, 3.0), "z2": (-3.0, 3.0), "image": UNSEEN, "other": UNSEEN},
        stored={"digits.json": ("decoder", "encoder", "codes", "labels")},
    ),
    "gaps": Figure(
        start={"rank": 67, "dots": "hidden"},
        range={"rank": (1, 654), "dots": ("hidden", "shown")},
        stored={
            "amortization.json": (
                "weights",
                "encoder",
                "images",
                "bells",
                "gaps",
                "mean",
            )
        },
    ),
    "race": Figure(
        start={"image": "12 images", "updates": 10},
        range={"image": RACERS, "updates": (0, 100)},
        stored={"amortization.json": ("weights", "encoder", "set", "arrivals")},
    ),
}
