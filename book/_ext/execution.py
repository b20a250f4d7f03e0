"""How the pages are executed: once, and again when what they import has changed."""

import hashlib
import os
from pathlib import Path

import dgm

PACKAGE = Path(dgm.__file__).parent


def fingerprint(folder):
    """Return twelve hexadecimal digits that change with any file of a package."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
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
        cache = Path(app.outdir).parent / ".jupyter_cache" / fingerprint(PACKAGE)
        config.nb_execution_cache_path = str(cache)


def setup(app):
    """Tell Sphinx."""
    app.connect("config-inited", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
