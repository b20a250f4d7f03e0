"""Read what was handed in: a notebook of a sane size, or one sentence why it is none.

A submission is a file that somebody else made. It may be a link to another student's
work, a pipe that never ends, 200 MB of output, or no notebook at all.
"""

import json
import os
import stat
import sys
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode

LARGEST = 20 * 2**20  # bytes, with outputs
MOST_CELLS = 1000
FLAG = "classroom_unreadable"  # in a notebook's metadata: why it could not be read


class Unreadable(Exception):
    """It cannot be graded; the text tells the student why, and what to do."""


def read(path: Path) -> NotebookNode:
    """Read a submission's notebook.

    Raises:
        Unreadable: where it is no plain file, too large, no notebook, or has more
            cells than anybody writes.
    """
    try:
        notebook = nbformat.reads(text_of(path), as_version=4)
        cells = len(notebook.cells)
    except Unreadable:
        raise
    except Exception as problem:  # nbformat raises what comes to its mind
        kind = type(problem).__name__
        raise Unreadable(
            f"The file is not a Jupyter notebook ({kind}): open it in JupyterLab, "
            "save it, and hand it in again."
        ) from None
    if cells > MOST_CELLS:
        raise Unreadable(f"It has {cells} cells, expected at most {MOST_CELLS}.")
    return notebook


def read_or_flag(path: Path) -> NotebookNode:
    """Read a notebook; one that cannot be read becomes an empty one that says why."""
    try:
        return read(path)
    except Unreadable as why:
        return nbformat.v4.new_notebook(metadata={FLAG: str(why)})


def text_of(path: Path) -> str:
    """Read a plain file: through no link, and not from a pipe that never ends."""
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    folders = (path.parent, path.parent.parent)  # psNN, and the student's
    try:
        if any(folder.is_symlink() for folder in folders):
            raise OSError
        file = os.open(path, os.O_RDONLY | careful)
    except OSError:
        raise Unreadable("The file is a link, or cannot be opened.") from None
    with os.fdopen(file, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("The file is not a plain file.")
        if status.st_size > LARGEST:
            raise Unreadable(
                f"The file has {status.st_size / 2**20:.0f} MB, expected at most "
                f"{LARGEST // 2**20}: clear all outputs, save it, and hand it in again."
            )
        text = stream.read(LARGEST).decode("utf-8", "strict")
    json.loads(text)  # deep nesting ends here, before nbformat walks through it
    return text


class SubmissionExporter(NotebookExporter):
    """nbgrader's reader of submissions: what cannot be read becomes an empty notebook
    that says why, so that it is graded, with zero, like any other.
    """

    def from_filename(
        self, filename: str, resources: ResourcesDict | None = None, **kw: object
    ) -> tuple[str, ResourcesDict]:
        """Read, and convert."""
        path, resources = Path(filename), resources or ResourcesDict()
        about = ResourcesDict(name=path.stem, path=str(path.parent))
        resources["metadata"] = about
        return self.from_notebook_node(read_or_flag(path), resources, **kw)


def only_plain_files(assignment: str, student: str, notebooks: list[str]) -> None:
    """Set links and special files aside before nbgrader copies what they lead to.

    A hook for `pre_convert_hook`. What is not a plain file goes from psNN into a new
    psNN.set-aside beside it, as it is. nbgrader passes over a hook's exceptions, so
    where that fails the whole command ends.

    Raises:
        SystemExit: names the folder and says what to do.
    """
    folder = Path(notebooks[0]).parent
    aside = folder.with_name(f"{folder.name}.set-aside")
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                place = aside / path.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, place)
    except OSError as problem:
        sys.exit(
            f"{folder}: links and special files in it could not be set aside "
            f"({problem}): remove them, then grade again with --force."
        )
