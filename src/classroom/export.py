"""`nbgrader export`: the gradebook as one CSV, with a column for each question."""

import csv
import os
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

FIRST = ["student", "set", "score", "max", "ungraded"]


class ExportGrades(ExportPlugin):
    """Write student, set, score, max, number of answers still to be graded by hand,
    and the points of every question. Who handed nothing in has score 0 and no points.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write grades.csv, or the file given with --to."""
        rows = [
            row(gradebook, assignment, student.id)
            for assignment in gradebook.assignments
            if not self.assignment or assignment.name in map(str, self.assignment)
            for student in gradebook.students
            if not self.student or student.id in map(str, self.student)
        ]
        rows.sort(key=lambda r: (r["set"], r["student"]))
        questions = dict.fromkeys(name for r in rows for name in r if name not in FIRST)
        path = Path(self.to or "grades.csv")
        half = path.with_name(path.name + ".half")
        with half.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, [*FIRST, *questions])
            table.writeheader()
            table.writerows(rows)
        os.replace(half, path)
        self.log.info("Wrote %d rows to %s", len(rows), path)


def row(gradebook: Gradebook, assignment: Assignment, student: str) -> dict:
    """Collect one student's numbers in a set; a late penalty is taken off the score."""
    first = {"student": student, "set": assignment.name, "max": assignment.max_score}
    try:
        submission = gradebook.find_submission(assignment.name, student)
    except MissingEntry:
        return first | {"score": 0.0, "ungraded": 0}
    grades = [g for notebook in submission.notebooks for g in notebook.grades]
    penalty = submission.late_submission_penalty or 0
    numbers = {
        "score": max(0.0, submission.score - penalty),
        "ungraded": sum(g.needs_manual_grade for g in grades),
    }
    return first | numbers | {g.name.removesuffix("_points"): g.score for g in grades}
