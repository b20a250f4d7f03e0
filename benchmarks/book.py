"""The book: how long it takes to build, page by page, and what a page weighs.

Run: python -m benchmarks.book        (it builds the book twice, in a folder of its own)
"""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.rows import Row, Watch, spread

ROOT = Path(__file__).parents[1]
IMPORT = "import dgm.training"
KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("import dgm.training")
client.stop_channels(), manager.shutdown_kernel(now=True)
"""


def rows() -> Iterator[Row]:
    """Yield a cold and a warm build, each page's seconds, and each page's bytes."""
    starts = {"import torch and dgm": IMPORT, "the same in a kernel": KERNEL}
    for name, lines in starts.items():
        seconds = [clock([sys.executable, "-c", lines]) for _ in range(5)]
        yield spread(f"book, {name}", seconds, "s")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        build = [str(Path(sys.executable).parent / "jupyter-book"), "build", str(ROOT),
                 "--path-output", scratch, "-W", "--keep-going"]  # fmt: skip
        yield Row("book, cold build, every page executed", clock(build), "s")
        yield Row("book, build with nothing changed", clock(build), "s")
        shutil.rmtree(out / "_build/html")
        yield Row("book, pages written again, none executed", clock(build), "s")
        yield from executed(out)
        yield from weights(out / "_build/html")


def clock(command: list[str]) -> float:
    """Run a command; return its seconds on the clock."""
    watch = Watch()
    watch.start()
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    watch.stop()
    return watch.clock


def executed(out: Path) -> Iterator[Row]:
    """Read from the cache how long each page's cells took, two pages at a time."""
    (database,) = out.glob("_build/.jupyter_cache/*/global.db")
    with sqlite3.connect(database) as stored:
        asked = "select uri, json_extract(data, '$.execution_seconds') from nbcache"
        for uri, seconds in sorted(stored.execute(asked)):
            yield Row(f"book, execute {Path(uri).stem}", seconds, "s")


def weights(html: Path) -> Iterator[Row]:
    """Weigh each page with its own pictures; the theme and MathJax are shared."""
    for page in sorted(html.glob("book/*.html")):
        text = page.read_text("utf8")
        own = {p for p in html.glob("_images/*") if p.name in text}
        own |= {p for p in html.glob("_static/living/*") if p.name in text}
        size = len(text.encode()) + sum(path.stat().st_size for path in own)
        yield Row(f"book, bytes of {page.stem} beside the theme", size / 1000, "kB")


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
