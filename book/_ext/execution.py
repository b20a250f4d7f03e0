"""How the pages are executed: once, and again when what they import has changed."""

import hashlib
import os
from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME

import dgm

PACKAGE = Path(dgm.__file__).parent


def fingerprint(folder, *suffixes):
    """Return twelve digits that change with a folder's files of these kinds."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes:
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def prepare(app, config):
    """Key the cache by the package (jupyter-cache looks at cells alone); set kernels.

    A progress bar would be a blank box in a page. Threads that wait must sleep: where
    they spin, on a busy machine, a loop of small steps takes five times as long.
    """
    os.environ["TQDM_DISABLE"] = "1"
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    if config.nb_execution_mode == "cache":
        key = fingerprint(PACKAGE, ".py", ".json")  # what a cell can depend on
        cache = Path(app.outdir).parent / ".jupyter_cache" / key
        config.nb_execution_cache_path = str(cache)


def forget(app, exception):
    """After a warning read all pages again next time: an unchanged one keeps silent."""
    if app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def setup(app):
    """Tell Sphinx."""
    app.connect("config-inited", prepare)
    app.connect("build-finished", forget)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
