"""Read a problem set's text notebook: what a person writes, made complete.

In the text a cell carries only what says something, such as
`nbgrader: {grade_id: bars_log_prob, solution: true}`; nbgrader's other fields and the
cells' ids are filled in here, the same on every run.
"""

import hashlib
from collections import Counter
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from classroom.question import Question, Unclear

DEFAULTS = {
    "grade": False,
    "locked": False,
    "schema_version": 3,
    "solution": False,
    "task": False,
}


def read_source(path: Path, questions: list[Question]) -> NotebookNode:
    """Read psNN.md as a notebook that nbgrader can release.

    Raises:
        Unclear: where text and questions do not belong together.
    """
    if not path.exists():
        raise Unclear(f"{path.stem}: expected its text notebook in {path}")
    notebook = jupytext.reads(path.read_text("utf-8"), fmt="md:myst")
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    seen = Counter()
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"] = DEFAULTS | cell.metadata["nbgrader"]
        cell["id"] = stable_id(cell, seen)
    agree(notebook, questions)
    return notebook


def stable_id(cell: NotebookNode, seen: Counter) -> str:
    """Name a cell by its grade_id, else by a digest of its text (and a count)."""
    if "nbgrader" in cell.metadata:
        return cell.metadata["nbgrader"]["grade_id"]
    digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def agree(notebook: NotebookNode, questions: list[Question]) -> None:
    """Raise Unclear unless each question has its stub, its check and its points."""
    marks = [c.metadata.get("nbgrader", {}) for c in notebook.cells]
    written = {m["grade_id"]: m.get("points") for m in marks if m}
    sources = [c.source for c in notebook.cells]
    for q in questions:
        if q.name not in written or f'check("{q.name}")' not in sources:
            raise Unclear(
                f"{q.name}: expected a cell with grade_id {q.name} in the text, and a "
                f'cell check("{q.name}") after it'
            )
        points = written.get(f"{q.name}_points")
        if points != q.points:
            raise Unclear(
                f"{q.name}: a cell {q.name}_points gives {points} points in the text, "
                f"expected {q.points} as the question says"
            )
    names = {f"{q.name}_points" for q in questions}
    for name in written:
        if name.endswith("_points") and name not in names:
            raise Unclear(f"{name}: the text gives points that no question knows")
