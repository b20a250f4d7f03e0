"""The students' copy of the course: complete, and without a solution."""

import inspect
import shutil
import subprocess
import sys

import pytest
from submissions import ROOT, SETS

from classroom import handout as module
from classroom.question import Unclear, load

SECRET = ("solutions", "submitted", "autograded", "feedback", "tests", "deploy",
          "gradebook.db", "ps01.secret.json", "nbgrader_config.py")  # fmt: skip
RUN = ".venv/bin/python -m"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The copy; that the sets are as released is tested elsewhere, for each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "release", lambda *a, **k: [])
        to = tmp_path_factory.mktemp("students") / "course"
        assert module.handout(ROOT, to) == SETS
    return to


def solutions_in(folder):
    """List what a folder for students has of solutions, of grading, of a class."""
    names = {path.name for path in folder.rglob("*")}
    found = [n for n in names if n in SECRET or "secret" in n]
    ours = {p.name for p in (folder / "src/classroom").iterdir()}
    found += ours - {"__init__.py", "anywhere.py", "check.py"}
    kinds = (".py", ".md", ".ipynb", ".json", ".toml")
    paths = (p for p in folder.rglob("*") if p.is_file() and p.suffix in kinds)
    everything = "\n".join(path.read_text("utf-8") for path in paths)
    found += [w for w in ("BEGIN SOLUTION", "QUESTIONS = ") if w in everything]
    for name in SETS:
        for question in load(ROOT / "solutions" / name):
            for answer in question.answers:
                body = inspect.getsource(answer).split("\n", 2)[2]
                found += [answer.__name__] * (len(body) >= 60 and body in everything)
    return found


def test_no_solution_and_no_grading_is_in_it(copy):
    assert solutions_in(copy) == []


def test_a_solution_in_it_would_be_found(tmp_path):
    shutil.copytree(ROOT / "solutions/ps01", tmp_path / "solutions/ps01")
    shutil.copytree(ROOT / "src/classroom", tmp_path / "src/classroom")
    found = solutions_in(tmp_path)
    assert {"solutions", "release.py", "BEGIN SOLUTION", "QUESTIONS = "} <= {*found}
    answers = {a.__name__ for q in load(ROOT / "solutions/ps01") for a in q.answers}
    assert answers & {*found}


def test_it_is_complete(copy):
    for name in SETS:
        got = {p.name for p in (copy / "exercises" / name).iterdir()}
        assert got == {f"{name}.ipynb", "checks.json"}
    assert len(list((copy / "notebooks").glob("*.ipynb"))) == len(
        list((ROOT / "notebooks").glob("*.ipynb"))
    )
    code = "from classroom.check import check; check('same_means'); import dgm.bounds"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy / "exercises/ps01", text=True,
        capture_output=True, env={"PYTHONPATH": str(copy / "src")},
    )  # fmt: skip
    assert "same_means" in done.stdout + done.stderr and "Error" not in done.stderr


def test_what_the_room_will_say_stays_behind(copy):
    """In its place stands a page that keeps the label, so that links lead somewhere."""
    page = (copy / "book/instructors.md").read_text("utf-8")
    ours = (ROOT / "book/instructors.md").read_text("utf-8").splitlines()
    assert page.splitlines()[:3] == [*ours[:2], ""] and len(page.splitlines()) < 6
    for path in copy.rglob("book/*.md"):
        for label in ("a-class", "one-server", "add-a-question"):
            assert f"(#{label})" not in path.read_text("utf-8"), path.name


def test_its_readme_says_all_that_make_does(copy):
    """Whoever has no make types the lines of the Makefile that a student needs."""
    readme = (copy / "README.md").read_text("utf-8").replace("python3", "$(PYTHON)")
    rules = (copy / "Makefile").read_text("utf-8").replace("$(RUN)", RUN)
    needed = ("-m venv", "-r requirements", "-e .", "jupyter-book", "jupyterlab")
    for word in needed:
        line = next(line for line in rules.splitlines() if word in line)
        assert line.strip() in readme, line


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(Unclear, match="expected a new or an empty folder"):
        module.handout(ROOT, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_answers_left_in_exercises_are_not_handed_out(tmp_path, monkeypatch):
    root = tmp_path / "course"
    shutil.copytree(ROOT / "solutions/ps01", root / "solutions/ps01")
    monkeypatch.setattr(module, "release", lambda *a, **k: ["exercises/ps01/x.ipynb"])
    with pytest.raises(Unclear, match=r"exercises/ps01/x.ipynb: not what solutions"):
        module.handout(root, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
