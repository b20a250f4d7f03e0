"""Put a submission's frame back: nbgrader preprocessor that runs before all others.

Students delete, copy and move cells, and some tools drop metadata. Here every cell of
the released notebook that nbgrader counts on is there again, once, with its own
metadata; what the student wrote stays as it is.
"""

import copy
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode


class Restore(NbGraderPreprocessor):
    """Give each released cell its identity back, and put back those that are missing.

    Of several copies of a cell the last one counts, as in a running notebook. A deleted
    stub is not put back: it could overwrite the function where the student moved it to.
    """

    exercises = Unicode("exercises", help="folder of the released sets").tag(
        config=True
    )

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Restore one notebook."""
        names = resources["nbgrader"]
        path = Path(self.exercises, names["assignment"], f"{names['notebook']}.ipynb")
        released = nbformat.read(path, as_version=4)
        ours = {c.id: c for c in released.cells if "nbgrader" in c.metadata}
        nb = nbformat.v4.upgrade(nb)
        identify(nb.cells, ours)
        put_back(nb.cells, ours)
        return nb, resources


def identify(cells: list[NotebookNode], ours: dict[str, NotebookNode]) -> None:
    """Give the last copy of each known cell our metadata and id; the others, none."""
    left = dict(ours)
    for number, cell in reversed(list(enumerate(cells))):
        marks = cell.metadata.pop("nbgrader", None)
        marks = marks if isinstance(marks, dict) else {}
        name = marks.get("grade_id", cell.id)
        cell.id = f"cell-{number}"
        if name in left:
            known = left.pop(name)
            cell.id, cell.metadata = known.id, copy.deepcopy(known.metadata)


def put_back(cells: list[NotebookNode], ours: dict[str, NotebookNode]) -> None:
    """Insert the known cells that are missing, each after the one it followed."""
    place = 0
    for name, known in ours.items():
        here = [i for i, cell in enumerate(cells) if cell.id == name]
        marks = known.metadata.nbgrader
        if here:
            place = here[0] + 1
        elif marks.grade or marks.locked:
            cells.insert(place, copy.deepcopy(known))
            place += 1
