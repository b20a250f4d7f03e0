"""What each living figure starts from, how far its values go, what it has stored."""

from dataclasses import dataclass, field

IMAGES = ("bar 1", "bar 2", "bar 3", "bar 4", "noisy", "two halves")


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
    "inflate": Figure(
        start={"image": "bar 4", "mu": 1.9, "sigma": 0.3},
        range={"image": IMAGES, "mu": (-3.5, 3.5), "sigma": (0.05, 2.0)},
        stored={"bars.json": ("weights", "images")},
    ),
}
