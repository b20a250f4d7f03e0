"""What every widget of a living figure is made of."""

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
