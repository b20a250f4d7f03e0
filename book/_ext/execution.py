"""How the pages are executed: once, and again when what they import has changed."""

import hashlib
import os
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from myst_nb.core.read import is_myst_markdown_notebook
from sphinx.application import ENV_PICKLE_FILENAME
from sphinx.util.logging import getLogger

import dgm

logger = getLogger(__name__)
READ = {"type": "plugin", "name": "myst_nb_md"}
PACKAGE = Path(dgm.__file__).parent
MEASURED = Path(__file__).parents[2] / "benchmarks"  # a page reads its results


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
        key += fingerprint(MEASURED, ".json")
        cache = Path(app.outdir).parent / ".jupyter_cache" / key
        config.nb_execution_cache_path = str(cache)


def execute(app, env, docnames):
    """Fill the cache, a page a core, before Sphinx reads the pages one by one.

    A page that fails is executed again by Sphinx, which says where.
    """
    if app.config.nb_execution_mode != "cache":
        return
    paths = map(env.doc2path, docnames)
    pages = [p for p in paths if is_myst_markdown_notebook(Path(p).read_text("utf-8"))]
    cache = get_cache(app.config.nb_execution_cache_path)
    keys = [cache.add_nb_to_project(str(page), read_data=READ).pk for page in pages]
    timeout = app.config.nb_execution_timeout
    logger.info(f"{len(keys)} pages to look through; what has changed is executed")
    load_executor("local-parallel", cache).run_and_cache(
        filter_pks=keys, timeout=timeout
    )


def forget(app, exception):
    """After a warning read all pages again next time: an unchanged one keeps silent."""
    if app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def setup(app):
    """Tell Sphinx."""
    app.connect("config-inited", prepare)
    app.connect("env-before-read-docs", execute)
    app.connect("build-finished", forget)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
