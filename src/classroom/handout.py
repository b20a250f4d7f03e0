"""Make the students' copy of the course: what they read and do, and nothing else.

What is not named in `PARTS` stays behind: solutions, tests, and all of this package but
the instant check and the first cell of notebooks. Gradebook, secrets and submissions
have no way into it. The instructors' page, which says what the room will answer, is an
empty one there.
"""

import os
import shutil
import tempfile
from pathlib import Path

from classroom.question import Unclear
from classroom.release import release

PARTS = (
    "book", "notebooks", "src/dgm", "src/classroom/__init__.py",
    "src/classroom/anywhere.py", "src/classroom/check.py", "_config.yml", "_toc.yml",
    "requirements.txt", "pyproject.toml", "LICENSE", "LICENSE-text", "Makefile",
    "jupyter_lab_config.py", "benchmarks/results.json",
)  # fmt: skip
RELEASED = ("{0}.ipynb", "checks.json")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "*.half")
SET_UP = """You need Python 3.11 or newer, nothing else before the first command.

    make book     builds the book; then open _build/html/index.html
    make lab      JupyterLab: labs in notebooks/, problem sets in exercises/

**Without make**, once (on Windows write `py` for `python3`, and `.venv\\Scripts\\` for
`.venv/bin/`, here and below):

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/python -m pip install --no-deps --no-build-isolation -e .

and then, for the book and for JupyterLab:

    .venv/bin/jupyter-book build . -W --keep-going
    .venv/bin/python -m jupyterlab --config=jupyter_lab_config.py

On Linux that brings PyTorch's CUDA build, several gigabytes. For the CPU alone make
`.venv` by the first line, and run in it the command that PyTorch's page shows for
*Stable, Linux, Pip, Python, CPU*, with the version of `requirements.txt`.

Read `book/how-to-use.md` first.
"""
README = f"# Deep generative models: your copy of the course\n\n{SET_UP}"
INSTRUCTORS = """

This page is in the instructors' copy of the course: it says what you will answer.
"""


def handout(root: Path, to: Path) -> list[str]:
    """Write the students' copy into a new folder, whole or not at all.

    Args:
        root: the course's folder.
        to: a folder that does not exist, or is empty.

    Returns:
        The problem sets in it.

    Raises:
        Unclear: where the folder holds something, or a set in exercises/ is not what
            its solutions release: that may be somebody's answers.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Unclear(f"{to}: expected a new or an empty folder, nothing was written")
    sets = sorted(path.stem for path in root.glob("solutions/ps*/ps*.md"))
    for name in sets:
        if different := release(root, name, write=False):
            raise Unclear(
                f"{', '.join(different)}: not what solutions/{name} releases, and so "
                "nothing was written; run `python -m classroom.release` first"
            )
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent) as scratch:
        whole = Path(scratch, "course")
        files = [f"exercises/{n}/{f.format(n)}" for n in sets for f in RELEASED]
        for part in (*PARTS, *files):
            copy(root / part, whole / part)
        (whole / "README.md").write_text(README, "utf-8")
        page = whole / "book/instructors.md"
        head = page.read_text("utf-8").partition("\n\n")[0]  # links lead to its label
        page.write_text(head + INSTRUCTORS, "utf-8")
        os.chmod(whole, 0o755)
        os.replace(whole, to)
    return sets


def copy(source: Path, place: Path) -> None:
    """Copy a file, or a folder without what tools leave in it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, ignore=LEFT_OUT)
    else:
        shutil.copy(source, place)
