"""Ship with the site the licence of each package whose scripts and styles it holds.

They stand in `_static/licences/`, as installed. What a package itself took from others
says so beside it: Bootstrap and Font Awesome (`scripts/*.LICENSE.txt`), or in its first
lines: clipboard.js. MathJax has a folder of its own, `_static/vendor`.
"""

from importlib.metadata import distribution
from pathlib import Path

PACKAGES = (
    "sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "sphinx-copybutton",
    "sphinx-togglebutton", "sphinx-design", "myst-nb", "jupyter-book", "pygments",
)  # fmt: skip


def licences(package):
    """Return the text of an installed package's licence."""
    found = distribution(package)
    files = [f for f in found.files if ".dist-info" in f.parts[0] and "LICEN" in f.name]
    return "\n\n".join(found.locate_file(f).read_text("utf-8") for f in files)


def write(app, exception):
    """Write them, once the site is."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", "licences")
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        (folder / f"{package}.txt").write_text(licences(package), "utf-8")


def setup(app):
    """Tell Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
