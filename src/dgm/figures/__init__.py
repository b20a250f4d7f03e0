"""Living figures: JavaScript modules that compute in the page, for two hosts.

Each figure is one ES module, `<name>.js`. It draws with the parts in `SHARED`, which
stand in front of it in one text: `bundle(name)` is that text for anywidget
(JupyterLab, with a kernel), `classic(*names)` the same as a classic script for a page
on disk, where `host.js` gives each figure its state. Standard library only, so that a
page builder can import this at no cost; the widget classes are in
`dgm.figures.widgets`.
"""

import json
import re
from pathlib import Path

from dgm.figures.states import FIGURES

HERE = Path(__file__).parent
SHARED = ("numbers.js", "shared.js", "knobs.js", "predict.js")

NAMES = tuple(FIGURES)
START = {name: figure.start for name, figure in FIGURES.items()}
RANGE = {name: figure.range for name, figure in FIGURES.items()}
SHARE = {name: tuple(start) for name, start in START.items()}


def bundle(name: str) -> str:
    """Join the shared parts and one figure: the text of an ES module.

    Raises:
        ValueError: for a name that is not in `NAMES`.

    >>> bundle("jensen").count("export default")
    1
    """
    return _shared() + _figure(name)


def classic(*names: str) -> str:
    """Write figures as one classic script that fills `window.LivingFigures`.

    A page opened from disk may not load modules. The shared parts stand in it once.
    """
    figures = "".join(
        f'LivingFigures["{name}"] = (() => {{\n'
        + re.sub("^export default ", "return ", _figure(name), flags=re.M)
        + "})();\n"
        for name in names
    )
    start = "const LivingFigures = (window.LivingFigures ??= {});\n"
    text = f"(() => {{\n{start}{_shared()}{figures}}})();\n"
    return re.sub(r"(^| {2,})// .*$", "", text, flags=re.M)  # a page goes without notes


def classic_all() -> str:
    """Write every figure as one classic script, for a whole book."""
    return classic(*NAMES)


def state(name: str) -> dict:
    """Return what a figure starts from, ready for JSON.

    The values that the reader moves (`SHARE[name]` lists them: they may stand in a
    page's address), `range` with the limits or choices of each, and trained weights.
    """
    _check(name)
    ranges = {key: list(limits) for key, limits in RANGE[name].items()}
    data = [trained(*keys, file=file) for file, keys in FIGURES[name].stored.items()]
    return START[name] | {"range": ranges} | {k: part[k] for part in data for k in part}


def trained(*keys: str, file: str = "bars.json") -> dict:
    """Read these keys of a stored file; `README.md` here says what writes each."""
    stored = json.loads((HERE / file).read_text("utf8"))
    return {key: stored[key] for key in keys}


def _shared() -> str:
    return "".join((HERE / part).read_text("utf8") + "\n" for part in SHARED)


def _figure(name: str) -> str:
    _check(name)
    return (HERE / f"{name}.js").read_text("utf8") + "\n"


def _check(name: str) -> None:
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise ValueError(f"living figure: got {name!r}, expected one of {known}")
