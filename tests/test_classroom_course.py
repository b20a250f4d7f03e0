"""A class from the release to the marks, by nbgrader's own commands."""

import copy
import csv
import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from submissions import (
    ROOT,
    from_truth,
    hand_in,
    lean,
    position,
    released,
    solved,
)

from classroom.question import load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
QUESTIONS = load(ROOT / "solutions" / "ps01")
TOTAL = sum(q.points for q in QUESTIONS)  # without the written answer
ONE = next(q for q in QUESTIONS if q.name == "best_independent_pixels")
NBGRADER = Path(sys.executable).with_name("nbgrader")  # no environment activated


def command(course, *words, status=0):
    done = subprocess.run(
        [str(w) for w in words],
        cwd=course,
        env={k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
        | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def mischief():
    """One submission with all that goes wrong: each costs its own question only."""
    notebook = solved(
        "ps01",
        bars_log_prob="""
import time
def bars_log_prob(x, flip, weights):
    while True:
        time.sleep(0.01)
""",
        kl_to_truth="import os\ndef kl_to_truth(p, q):\n    os._exit(1)",
        same_means="def same_means(a, b):\n    raise ValueError(str(a.tolist()))",
        decoder_logits="def decoder_logit(z, W1, b1, W2, b2):\n    return z",
        sick_log_words="<script src='https://example.org/x.js'></script> $\\frac1{",
    )
    gone = ("sample_images", "sample_images_points")
    notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]
    twice = copy.deepcopy(notebook.cells[position(notebook, "log_average")])
    twice.id = "pasted"
    notebook.cells.insert(4, twice)
    return lean(notebook)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which students handed in ps01, graded and given feedback."""
    course = tmp_path_factory.mktemp("course")
    ignore = shutil.ignore_patterns("__pycache__")
    one = "solutions/ps01"
    shutil.copytree(ROOT / one, course / one, ignore=ignore)
    settings = (ROOT / "nbgrader_config.py").read_text("utf-8")
    quick = settings.replace("c.Probes.seconds = 20", "c.Probes.seconds = 8")
    assert quick != settings
    (course / "nbgrader_config.py").write_text(quick, "utf-8")
    command(course, sys.executable, "-m", "classroom.release")
    hand_in(course, "all-right", solved("ps01"))
    hand_in(course, "mischief", mischief())
    hand_in(course, "untouched", lean(released("ps01")))
    for function in ONE.mistakes:
        cell = from_truth("ps01", ONE.name, function.__name__)
        hand_in(course, function.__name__, lean(solved("ps01", **{ONE.name: cell})))
    (course / "submitted/untouched/ps01/all.db").symlink_to(course / "gradebook.db")
    command(course, NBGRADER, "autograde", "ps01")
    command(course, NBGRADER, "generate_feedback", "ps01")
    command(course, NBGRADER, "export")
    return course


@pytest.fixture(scope="module")
def rows(course):
    with (course / "grades.csv").open(newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def page(course, student):
    return (course / "feedback" / student / "ps01" / "ps01.html").read_text("utf-8")


def marks(course, student):
    """Read the points and sentences off a feedback page, as a student does."""
    pattern = r'<div class="mark \w+" id="(\w+)_points">.*?<p>([^<]*)</p></div>'
    found = re.findall(pattern, page(course, student), re.S)
    return {name: html.unescape(text).strip() for name, text in found}


def test_full_marks_for_the_solution(course, rows):
    row = rows["all-right"]
    assert float(row["score"]) == TOTAL and float(row["max"]) == TOTAL + 1
    assert row["ungraded"] == "1" and row["set"] == "ps01"
    assert {q.name: float(row[q.name]) for q in QUESTIONS} == {
        q.name: q.points for q in QUESTIONS
    }
    assert all(text.endswith("Right.") for text in marks(course, "all-right").values())


def test_the_untouched_release_scores_zero(course, rows):
    assert float(rows["untouched"]["score"]) == 0
    assert rows["untouched"]["ungraded"] == "0"
    assert set(marks(course, "untouched").values()) == {
        f"0 of {n} point{'s' * (n > 1)}. Not written: the stub was left as it is."
        for n in (1, 2, 3)
    }


@pytest.mark.parametrize("function", ONE.mistakes, ids=lambda f: f.__name__)
def test_a_mistake_costs_its_question_and_is_named(course, rows, function):
    row = rows[function.__name__]
    assert float(row["score"]) == TOTAL - ONE.points
    assert float(row[ONE.name]) == 0
    said = marks(course, function.__name__)[ONE.name]
    assert said.startswith(f"0 of {ONE.points} points. It looks like '")
    assert (
        function.__name__.replace("_", " ") in said and ONE.mistakes[function] in said
    )


def test_attack_mischief_costs_only_itself(course, rows):
    row, said = rows["mischief"], marks(course, "mischief")
    zero = {"bars_log_prob", "kl_to_truth", "same_means", "decoder_logits",
            "sample_images"}  # fmt: skip
    for q in QUESTIONS:
        assert float(row[q.name]) == (0 if q.name in zero else q.points)
    assert "did not end within 8 seconds" in said["bars_log_prob"]
    assert "ended the process" in said["kl_to_truth"]
    assert "ValueError in line 2 of its cell" in said["same_means"]
    assert "There is a function decoder_logit: was it" in said["decoder_logits"]
    assert "no function sample_images in the notebook" in said["sample_images"]


def test_attack_a_link_leads_nowhere(course):
    """Not into what is graded, and not into what the student gets back."""
    for step in ("autograded", "feedback"):
        files = {p.suffix for p in (course / step / "untouched").rglob("*.*")}
        assert files and ".db" not in files


def test_feedback_keeps_the_secret_and_shows_no_test(course):
    secret = json.loads((course / "ps01.secret.json").read_text())["seed"]
    cases = [case for q in QUESTIONS for case in q.cases(secret)]
    tensors = [v for case in cases for v in case.values() if torch.is_tensor(v)]
    inputs = [{f"{n:.4f}" for n in t.flatten().tolist()} for t in tensors]
    inputs = [shown - {"0.0000", "1.0000", "-inf"} for shown in inputs]
    assert sum(map(len, inputs)) > 400
    for student in ("all-right", "mischief", "untouched"):
        text = page(course, student)
        for shown in inputs:  # one number may stand there by chance, a tensor may not
            assert sum(n in text for n in shown) < max(3, len(shown) / 2)
        for word in ("Traceback (", "QUESTIONS", "checks.json", "assert "):
            assert word not in text


@pytest.mark.browser
def test_feedback_makes_no_request_and_runs_nothing(course, watched):
    for student in ("all-right", "mischief"):
        tab, complaints = watched()
        tab.goto((course / "feedback" / student / "ps01" / "ps01.html").as_uri())
        assert tab.locator("h1").first.inner_text().startswith("ps01: ")
        assert tab.locator("math").count() > 20
        assert tab.locator("script").count() == 0
        assert complaints == []


def test_grading_again_changes_nothing(course, rows):
    secret = (course / "ps01.secret.json").read_bytes()
    command(course, NBGRADER, "autograde", "ps01", "--force", "--student", "all-right")
    command(course, NBGRADER, "export", "--to", "again.csv")
    assert (course / "again.csv").read_bytes() == (course / "grades.csv").read_bytes()
    assert (course / "ps01.secret.json").read_bytes() == secret


def test_a_lost_secret_stops_the_grading(course):
    kept = (course / "ps01.secret.json").rename(course / "away")
    log = command(course, NBGRADER, "autograde", "ps01", "--force",
                  "--student", "untouched", status=1)  # fmt: skip
    assert "has marks already; put it back from a backup" in log
    kept.rename(course / "ps01.secret.json")
