"""Grade a class: submissions run side by side, one writer keeps the gradebook.

The order is what makes it safe to stop: nbgrader's records of a student first, then
`marks.json`. Started again, it grades whoever has no fitting `marks.json`, afresh.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from distributed import as_completed
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader
from traitlets.utils.importstring import import_item

from classroom import ledger, workers
from classroom.grade import Mark, mark
from classroom.ledger import Graded
from classroom.probes import Probes, has_marks
from classroom.question import Question, Unclear, encode, load
from classroom.release import release
from classroom.secret import seed_of
from classroom.submission import FLAG, read_or_flag

CHECK = "nbgrader.preprocessors.CheckCellMetadata"
FOUND: dict[str, list[Mark]] = {}  # of the student whom nbgrader is writing down


class Recorded(Probes):
    """In nbgrader's chain, in the place of Probes: hand out marks found before."""

    def marks(self, names: dict, cells: list[str], problem: str) -> list[Mark]:
        """Return the student's marks."""
        return FOUND[names["student"]]


class Class(NamedTuple):
    """One set in one course: where it is, how it is judged, nbgrader's settings."""

    root: Path
    name: str
    questions: list[Question]
    seed: int
    config: Config

    @property
    def seconds(self) -> float:
        return Probes(config=self.config).seconds

    def submission(self, student: str) -> Path:
        return self.root / "submitted" / student / self.name / f"{self.name}.ipynb"

    def fingerprint(self, student: str) -> str:
        return ledger.fingerprint(self.submission(student), self.seed)

    def students(self) -> list[str]:
        """List who handed in this set."""
        folders = sorted(self.root.glob(f"submitted/*/{self.name}"))
        return [folder.parent.name for folder in folders]

    def done(self, student: str) -> Graded | None:
        """Return the marks of a student whose submission has not changed since."""
        before = ledger.kept(self.root, student, self.name)
        return before if before and before.of == self.fingerprint(student) else None


def open_class(root: Path, name: str) -> Class:
    """Load a set, enter it into the gradebook if need be, and find the class's secret.

    Raises:
        Unclear: where there is no such set, or its secret is gone.
    """
    known = sorted(p.parent.name for p in root.glob("solutions/ps*/ps*.py"))
    if name not in known:
        raise Unclear(f"{name}: no such problem set, expected one of {known}")
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    course = CourseDirectory(config=config)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            gradebook.find_assignment(name)
        except MissingEntry:
            release(root, name, write=True)
    questions = load(root / "solutions" / name)
    seed = seed_of(root, name, questions, graded=has_marks(course.db_url, name))
    return Class(root, name, questions, seed, config)


def grade_class(
    group: Class, students: list[str], client: workers.Client, shut_in: bool
) -> Iterator[Graded | tuple[str, str]]:
    """Grade students, and yield each as it is done: the marks, or who failed and why.

    Args:
        group: from `open_class`.
        students: whom to grade.
        client: connected to workers.
        shut_in: False runs their code unsandboxed.
    """
    sheets = {q.name: q.sheet(group.seed) for q in group.questions}
    asked = ("gradients", "cases")
    calls = [{"name": n} | {k: s[k] for k in asked} for n, s in sheets.items()]
    job = (json.dumps(calls, default=encode), group.seconds, shut_in)
    running, notebooks = {}, {}
    for student in students:
        notebook = sanitized(group, student)
        if why := notebook.metadata.get(FLAG):
            marks = [Mark(q.name, 0, q.points, "", why) for q in group.questions]
            yield write(group, student, notebook, marks)
        else:
            future = client.submit(workers.unit, code(notebook), *job, pure=False)
            running[future], notebooks[student] = student, notebook
    for future in as_completed(running):
        student = running[future]
        try:
            seen = workers.seen_of(future.result())
        except Exception as problem:  # the worker died, more than once
            yield student, f"could not be run: {problem}"
            continue
        notebook = notebooks.pop(student)
        marks = [
            mark(q, sheets[q.name], seen, code(notebook), group.seconds)
            for q in group.questions
        ]
        yield write(group, student, notebook, marks)
        future.release()


def code(notebook: NotebookNode) -> list[str]:
    """Return the text of the code cells."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def sanitized(group: Class, student: str) -> NotebookNode:
    """Read a submission, and send it through nbgrader's chain of sanitizers."""
    notebook = read_or_flag(group.submission(student))
    course = CourseDirectory(config=group.config)
    names = {"student": student, "assignment": group.name, "notebook": group.name}
    resources = {"nbgrader": names | {"db_url": course.db_url}}
    for step in group.config.Autograde.sanitize_preprocessors:
        sanitizer = import_item(step)(config=group.config)
        notebook, resources = sanitizer.preprocess(notebook, resources)
    return notebook


def write(
    group: Class, student: str, notebook: NotebookNode, marks: list[Mark]
) -> Graded:
    """Let nbgrader write a student's marks down, then note that they are done."""
    graded = Graded(student, group.name, group.fingerprint(student), marks)
    chain = [Recorded, *group.config.Autograde.autograde_preprocessors[1:]]
    settings = {
        "autograde_preprocessors": [c for c in chain if c != CHECK],  # checked above
        "sanitize_preprocessors": [],
        "pre_convert_hook": None,
        "force": True,
    }
    with tempfile.TemporaryDirectory() as mirror:
        mirrored(group, student, notebook, Path(mirror, student, group.name))
        config = Config(group.config)
        config.CourseDirectory.submitted_directory = mirror
        config.CourseDirectory.student_id = student
        config.CourseDirectory.assignment_id = group.name
        config.Autograde.merge(settings)
        FOUND[student] = marks
        quiet = logging.getLogger("classroom.nbgrader")
        quiet.setLevel(logging.ERROR)
        course = CourseDirectory(config=config, log=quiet)
        Autograde(coursedir=course, config=config, log=quiet).start()
        del FOUND[student]
    ledger.keep(group.root, graded)
    return graded


def mirrored(group: Class, student: str, notebook: NotebookNode, folder: Path) -> None:
    """Put what nbgrader may see of a submission into a folder of its own."""
    folder.mkdir(parents=True)
    source = group.submission(student)
    nbformat.write(notebook, folder / source.name)
    for name in ("timestamp.txt", "submission_secret.txt"):  # the exchange's
        note = source.with_name(name)
        if note.is_file() and not note.is_symlink() and note.stat().st_size < 1000:
            shutil.copy(note, folder)
