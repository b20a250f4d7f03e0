"""nbgrader preprocessor that gives the points, in the place of nbgrader's Execute.

It runs a submission through `grade` and writes each question's mark into its points
cell: the score, as the value of the cell, and what the student is told, as its text.
"""

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Unicode

from classroom.grade import Mark, grade
from classroom.question import load
from classroom.sandbox import shared
from classroom.secret import seed_of
from classroom.submission import FLAG
from classroom.supervise import unsandboxed


class Probes(NbGraderPreprocessor):
    """Grade a submission by calling its functions on the class's secret inputs."""

    solutions = Unicode("solutions", help="folder of the sets' truth").tag(config=True)
    secrets = Unicode(".", help="folder of psNN.secret.json").tag(config=True)
    seconds = Float(20.0, help="limit for a cell or a question").tag(config=True)
    unsandboxed = Bool(False, help="run student code as yourself").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Grade one notebook."""
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        names, cells = resources["nbgrader"], [cell.source for cell in code]
        marks = self.marks(names, cells, nb.metadata.get(FLAG, ""))
        by_cell = {f"{mark.question}_points": mark for mark in marks}
        for cell in code:
            mark = by_cell.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            cell.outputs = outputs(mark) if mark else []
        return nb, resources

    def marks(self, names: dict, cells: list[str], problem: str) -> list[Mark]:
        """Grade the cells; none of a notebook that could not be read."""
        questions = load(Path(self.solutions, names["assignment"]))
        if problem:
            return [Mark(q.name, 0, q.points, "", problem) for q in questions]
        seed = seed_of(
            Path(self.secrets),
            names["assignment"],
            questions,
            graded=has_marks(names["db_url"], names["assignment"]),
        )
        start = unsandboxed if self.unsandboxed else shared().job
        return grade(questions, cells, seed, start, self.seconds)


def outputs(mark: Mark) -> list[NotebookNode]:
    """Write a mark as nbgrader reads it: the last value of the cell is its score."""
    unit = "point" if mark.of == 1 else "points"
    text = f"{mark.points:g} of {mark.of:g} {unit}. {mark.text}\n"
    score = {"text/plain": f"{mark.points:g}"}
    return [
        new_output("stream", name="stdout", text=text),
        new_output("execute_result", data=score, execution_count=1),
    ]


def has_marks(db_url: str, assignment: str) -> bool:
    """Tell whether anybody's code has been graded in this set."""
    with Gradebook(db_url) as gradebook:
        return any(
            grade.auto_score is not None and grade.name.endswith("_points")
            for submission in gradebook.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
        )
