"""Release problem sets: solutions/psNN (text, truth) become exercises/psNN.

Run from the course's folder:

    python -m classroom.release [ps01 ...]            write, and enter the gradebook
    python -m classroom.release [ps01 ...] --check    only compare, exit 1 if different

nbgrader's own converter strips the solutions; a notebook with them stays in
_build/source, where `nbgrader generate_assignment` finds it too. The secret of the
class, psNN.secret.json, is drawn here too, once: keep it with the gradebook.
"""

import argparse
import io
import json
import logging
import math
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from classroom.anywhere import first_cell, repository
from classroom.probes import has_marks
from classroom.question import Question, Unclear, encode, load
from classroom.secret import seed_of
from classroom.source import read_source

CHECK_SEED = 1  # of the inputs that students see; the points come from a secret one


def main(arguments: list[str] | None = None) -> int:
    """Release or compare the sets named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m classroom.release")
    parser.add_argument("sets", nargs="*", help="psNN; all when none is given")
    parser.add_argument("--check", action="store_true", help="only compare")
    options, root, problems = parser.parse_args(arguments), Path.cwd(), 0
    known = sorted(p.parent.name for p in root.glob("solutions/ps*/ps*.md"))
    for name in options.sets or known:
        try:
            if name not in known:
                raise Unclear(f"{name}: no such problem set, expected one of {known}")
            different = release(root, name, write=not options.check)
        except (Unclear, ValueError) as reason:
            problems += 1
            print(reason, file=sys.stderr)
            continue
        for file in different:
            print(f"{'differs' if options.check else 'wrote'}: {file}")
        if not different:
            print(f"up to date: exercises/{name}")
        problems += options.check and bool(different)
    if options.check and problems:
        print("Run `python -m classroom.release` and commit exercises/.")
    return int(problems > 0)


def release(root: Path, name: str, write: bool) -> list[str]:
    """Make exercises/psNN from solutions/psNN; return the files that are different.

    Args:
        root: the course's folder, with solutions/ and nbgrader_config.py.
        name: psNN.
        write: put them in their place, enter the set into the gradebook, and draw
            the class's secret where none is; else leave everything as it is.
    """
    questions = load(root / "solutions" / name)
    notebook = read_source(root / "solutions" / name / f"{name}.md", questions)
    open_anywhere(notebook, first_cell(repository(root), f"exercises/{name}"))
    with tempfile.TemporaryDirectory() as scratch:
        source = root / "_build" / "source" if write else Path(scratch, "source")
        (source / name).mkdir(parents=True, exist_ok=True)
        put(source / name / f"{name}.ipynb", nbformat.writes(notebook) + "\n")
        put(source / name / "checks.json", checks(name, questions))
        course = convert(root, name, source, Path(scratch, "release"), gradebook=write)
        if write and not has_marks(course.db_url, name):
            seed_of(root, name, questions, graded=False)
        different = []
        for fresh in sorted(Path(scratch, "release", name).iterdir()):
            place = root / "exercises" / name / fresh.name
            if not same_file(fresh, place):
                different.append(str(place.relative_to(root)))
                if write:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    put(place, fresh.read_text("utf-8"))
    return different


def open_anywhere(notebook: NotebookNode, source: str) -> None:
    """Put the cell that brings the course in front of a set's code."""
    cell = nbformat.v4.new_code_cell(source, id="anywhere")
    place = [c.cell_type for c in notebook.cells].index("code")
    notebook.cells.insert(place, cell)


def checks(name: str, questions: list[Question]) -> str:
    """Write checks.json: for each question the numbers and sentences of its check."""
    lines = [
        f"{json.dumps(q.name)}: {json.dumps(q.sheet(CHECK_SEED), default=encode)}"
        for q in questions
    ]
    return f'{{"set": "{name}", "questions": {{\n' + ",\n".join(lines) + "\n}}\n"


def convert(
    root: Path, name: str, source: Path, out: Path, gradebook: bool
) -> CourseDirectory:
    """Let nbgrader strip the solutions of source/psNN into out/psNN."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.source_directory = str(source)
    config.CourseDirectory.release_directory = str(out)
    config.CourseDirectory.assignment_id = name
    if not gradebook:
        silent = {"no_database": True}
        config.merge(Config(GenerateAssignment=silent, SaveCells={"enabled": False}))
    said, log = io.StringIO(), logging.getLogger("classroom.release")
    log.handlers, log.propagate = [logging.StreamHandler(said)], False
    try:
        course = CourseDirectory(config=config, log=log)
        GenerateAssignment(coursedir=course, config=config, log=log).start()
        return course
    except NbGraderException as error:
        reasons = re.findall(r"^[\w.]*(?:Error|Exception): (.+)", said.getvalue(), re.M)
        why = reasons[-1] if reasons else error
        raise Unclear(f"{name}: nbgrader did not release it: {why}") from None


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    half = path.with_name(path.name + ".half")
    half.write_text(text, "utf-8", newline="\n")
    os.replace(half, path)


def same_file(fresh: Path, place: Path) -> bool:
    """Compare two files; numbers in a JSON file may differ in their last digits.

    Another processor's exp may round otherwise: that is no reason for a new file.
    """
    if not place.exists():
        return False
    one, two = fresh.read_text("utf-8"), place.read_text("utf-8")
    if one == two or fresh.suffix != ".json":
        return one == two
    return alike(json.loads(one), json.loads(two))


def alike(a: object, b: object) -> bool:
    """Compare two JSON values, floats to nine digits."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    return a == b


if __name__ == "__main__":
    sys.exit(main())
