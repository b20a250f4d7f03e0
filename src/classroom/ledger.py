"""What was graded: one small file beside each graded notebook, and a table of all.

`autograded/<student>/<set>/marks.json` is written last. A submission whose file fits
is done: that is how an interrupted run knows where it was.
"""

import csv
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from classroom.grade import Mark

COLUMNS = ("student", "set", "question", "points", "of", "mistake")


class Graded(NamedTuple):
    """One student's marks in a set, and of what they are."""

    student: str
    name: str  # of the set
    of: str  # fingerprint of submission and secret
    marks: list[Mark]


def fingerprint(submission: Path, seed: int) -> str:
    """Tell whether a submission, or the class's secret, is another than before."""
    digest = hashlib.sha256(str(seed).encode())
    if submission.is_file():
        digest.update(str(submission.stat().st_size).encode())
        with submission.open("rb") as file:
            digest.update(file.read(2**26))
    return digest.hexdigest()


def place(root: Path, student: str, name: str) -> Path:
    """Say where the marks of a student are kept."""
    return root / "autograded" / student / name / "marks.json"


def keep(root: Path, graded: Graded) -> None:
    """Write the marks, whole or not at all."""
    path = place(root, graded.student, graded.name)
    half = path.with_suffix(".half")
    half.write_text(json.dumps(graded._asdict()), "utf-8")
    os.replace(half, path)


def kept(root: Path, student: str, name: str) -> Graded | None:
    """Read the marks of a student, if there are any."""
    try:
        stored = json.loads(place(root, student, name).read_text("utf-8"))
        marks = [Mark(*mark) for mark in stored.pop("marks")]
        return Graded(**stored, marks=marks)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_csv(path: Path, rows: Iterable[Graded]) -> None:
    """Write a row for each student and question."""
    half = path.with_name(path.name + ".half")
    with half.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for graded in sorted(rows):
            for mark in graded.marks:
                row = (mark.question, f"{mark.points:g}", f"{mark.of:g}", mark.mistake)
                table.writerow((graded.student, graded.name, *row))
    os.replace(half, path)
