"""A class graded side by side: stopped, killed, started again, by two at once."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from submissions import ROOT, from_truth, hand_in, lean, solved

from classroom import ledger
from classroom.grade import Mark
from classroom.ledger import Graded
from classroom.summary import numbers
from classroom.workers import cluster

NAME = "ps01"
WRONG = {"bars_log_prob": from_truth(NAME, "bars_log_prob", "mean_of_logs")}


def marks(*points, mistake=""):
    return [Mark(f"q{i}", p, 2, "" if p else mistake, "") for i, p in enumerate(points)]


def test_the_ledger_keeps_what_it_was_given(tmp_path):
    graded = Graded("ada", NAME, "abc", marks(2, 0, mistake="swapped"))
    ledger.place(tmp_path, "ada", NAME).parent.mkdir(parents=True)
    ledger.keep(tmp_path, graded)
    assert ledger.kept(tmp_path, "ada", NAME) == graded
    assert ledger.kept(tmp_path, "bob", NAME) is None
    ledger.place(tmp_path, "ada", NAME).write_text('{"student": "ada"')  # half a file
    assert ledger.kept(tmp_path, "ada", NAME) is None


def test_a_new_file_or_a_new_secret_is_another_submission(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_text("one")
    first = ledger.fingerprint(path, 1)
    assert ledger.fingerprint(path, 1) == first != ledger.fingerprint(path, 2)
    path.write_text("two")
    assert ledger.fingerprint(path, 1) != first


def test_the_table_has_a_row_a_question(tmp_path):
    rows = [Graded("bob", NAME, "", marks(2)), Graded("ada", NAME, "", marks(0, 2))]
    ledger.write_csv(tmp_path / "all.csv", rows)
    with (tmp_path / "all.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [(r["student"], r["question"], r["points"], r["of"]) for r in table] == [
        ("ada", "q0", "0", "2"), ("ada", "q1", "2", "2"), ("bob", "q0", "2", "2"),
    ]  # fmt: skip


def test_the_summary_counts():
    rows = [Graded(str(i), NAME, "", marks(2, 0, mistake="swapped")) for i in range(3)]
    page = numbers([*rows, Graded("x", NAME, "", marks(2, 2))], NAME)
    assert page["students"] == 4 and page["median"] == 0.5
    assert page["missed"] == [("q1", 3), ("q0", 0)]
    assert page["mistakes"] == [("q1", "swapped", 3)]
    assert [n for *_, n in page["bins"]] == [0, 0, 0, 0, 0, 3, 0, 0, 0, 1]


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tcp://0.0.0.0:1", "ws://x"]
)
def test_an_open_scheduler_is_refused(address):
    with pytest.raises(ValueError, match=r"expected tls://.*what anybody sends"):
        with cluster(address, None):
            pass


# ---------- with real workers

RIGHT = 18
STARTED = []
EXPECTED = {f"right-{i}": 19 for i in range(RIGHT)} | {"wrong": 16, "broken": 0}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory, sandboxed):
    """A course with twenty submissions, one of them no notebook."""
    course = tmp_path_factory.mktemp("class")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, course / name / NAME, ignore=ignore)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    for i in range(RIGHT):
        hand_in(course, f"right-{i}", lean(solved(NAME)))
    hand_in(course, "wrong", lean(solved(NAME, **WRONG)))
    hand_in(course, "broken", nbformat.v4.new_notebook())
    (course / f"submitted/broken/{NAME}/{NAME}.ipynb").write_text("{")
    return course


@pytest.fixture
def course(handed_in, tmp_path):
    """A fresh copy of that course: nobody is graded."""
    yield shutil.copytree(handed_in, tmp_path / "course")
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.wait()
        process.stdout.close()


def begin(course, *words):
    """Start a command in the course's folder; `course` ends it, if nobody else does."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=course, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    STARTED.append(process)
    return process


def start(course, *words):
    return begin(course, "classroom", "grade", NAME, "--workers", "2", *words)


def finish(course, *words):
    process = start(course, *words)
    text, _ = process.communicate(timeout=240)
    assert process.returncode == 0, text
    return text


def scores(course):
    """Read what the gradebook holds, by SQL: no tool of ours in between."""
    with sqlite3.connect(course / "gradebook.db") as base:
        assert base.execute("pragma integrity_check").fetchone() == ("ok",)
        return dict(base.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score)"
            " from grade join submitted_notebook on grade.notebook_id ="
            " submitted_notebook.id join submitted_assignment on"
            " submitted_notebook.assignment_id = submitted_assignment.id"
            " group by submitted_assignment.student_id"
        ))  # fmt: skip


def wait_for(course, number):
    """Wait until some submissions are graded."""
    deadline = time.time() + 200
    while len(list(course.glob("autograded/*/*/marks.json"))) < number:
        assert time.time() < deadline
        time.sleep(0.05)


def children(process):
    """List a process's children."""
    listing = ["ps", "-o", "pid=", "--ppid", str(process.pid)]
    found = subprocess.run(listing, capture_output=True, text=True).stdout
    return [int(pid) for pid in found.split()]


@pytest.mark.slow
def test_attack_killed_on_the_way_and_started_again(course):
    for done in (0, 9):  # before the first, and amid the work
        killed = start(course)
        while not (course / "grading.lock").exists():
            time.sleep(0.05)
        wait_for(course, done)
        killed.kill()
        killed.communicate()
    text = finish(course, "--csv", "marks.csv")
    left = int(text.split(" handed in, ")[1].split()[0])
    assert 0 < left <= 20 - 9
    assert scores(course) == EXPECTED
    with (course / "marks.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 20 * 8
    lost = [r for r in table if r["student"] == "wrong" and r["points"] == "0"]
    assert [(r["question"], r["mistake"]) for r in lost] == [
        ("bars_log_prob", "mean of logs")
    ]
    assert "0 to grade" in finish(course)


@pytest.fixture
def standing(course):
    """A scheduler and two workers that stand by themselves, on loopback."""
    where = str(course / "scheduler.json")
    dask = "distributed.cli.dask_"
    at = ("--host", "127.0.0.1", "--scheduler-file", where)
    command = (f"{dask}scheduler", *at, "--port", "0", "--no-dashboard")
    begin(course, *command)
    worker = (f"{dask}worker", *at, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    workers = [begin(course, *worker) for _ in range(2)]
    deadline = time.time() + 60
    while not Path(where).exists():
        assert time.time() < deadline
        time.sleep(0.05)
    return json.loads(Path(where).read_text())["address"], workers


@pytest.mark.slow
def test_attack_a_second_grader_and_a_killed_worker(course, standing):
    """The second one refuses; the first one survives the loss of a worker."""
    address, workers = standing
    grader = start(course, "--scheduler", address)
    wait_for(course, 1)
    second = start(course)
    deadline = time.time() + 60
    while not (sandboxes := children(workers[0])):
        assert time.time() < deadline
        time.sleep(0.05)
    workers[0].kill()
    text, _ = second.communicate(timeout=60)
    assert second.returncode == 1 and "Another `classroom grade` is at work" in text
    text, _ = grader.communicate(timeout=240)
    assert grader.returncode == 0, text
    assert scores(course) == EXPECTED
    assert not any(Path(f"/proc/{pid}").exists() for pid in sandboxes)
    page = (course / f"grading/{NAME}.html").read_text("utf-8")
    assert "mean of logs" in page and "http" not in page.replace("http-equiv", "")


@pytest.mark.slow
def test_an_unknown_set_is_named(course):
    done = subprocess.run([sys.executable, "-m", "classroom", "grade", "ps99"],
                          cwd=course, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip() == "ps99: no such problem set, expected one of ['ps01']"
