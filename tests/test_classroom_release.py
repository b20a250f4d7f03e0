"""Releasing a problem set: complete, the same every time, and never half."""

import json
import shutil

import nbformat
import pytest
from submissions import ROOT

from classroom import release as module
from classroom.question import Unclear


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course's folder with ps01 and nothing made yet; the working folder is there."""
    # nbgrader starts alembic for each new gradebook, seconds each time
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "167914646830")
    ignore = shutil.ignore_patterns("__pycache__")
    one = "solutions/ps01"
    shutil.copytree(ROOT / one, tmp_path / one, ignore=ignore)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(course, old, new, file="ps01.md"):
    path = course / "solutions" / "ps01" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def files(course):
    return {p.name: p.read_bytes() for p in (course / "exercises/ps01").iterdir()}


def test_twice_the_same_bytes(course):
    assert module.release(course, "ps01", write=True)
    first = files(course)
    assert set(first) == {"ps01.ipynb", "checks.json"}
    shutil.rmtree(course / "exercises")
    shutil.rmtree(course / "_build")
    module.release(course, "ps01", write=True)
    assert files(course) == first
    assert module.release(course, "ps01", write=True) == []


def test_the_secret_is_drawn_once(course):
    secret = course / "ps01.secret.json"
    module.release(course, "ps01", write=False)
    assert not secret.exists()
    module.release(course, "ps01", write=True)
    drawn = secret.read_bytes()
    module.release(course, "ps01", write=True)
    assert secret.read_bytes() == drawn


def test_the_release_is_bare_and_has_stable_ids(course):
    module.release(course, "ps01", write=True)
    nb = nbformat.read(course / "exercises/ps01/ps01.ipynb", as_version=4)
    nbformat.validate(nb)
    ids = [cell.id for cell in nb.cells]
    assert len(set(ids)) == len(ids) and "bars_log_prob_points" in ids
    assert set(nb.metadata) == {"kernelspec"}
    for cell in nb.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
    stub = nb.cells[ids.index("bars_log_prob")].source
    assert stub.endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")
    words = nb.cells[ids.index("sick_log_words")]
    assert words.source == "YOUR ANSWER HERE"


def test_checking_changes_nothing_and_says_what_differs(course, capsys):
    assert module.main(["--check"]) == 1
    assert "differs: exercises/ps01/ps01.ipynb" in capsys.readouterr().out
    assert not (course / "exercises").exists() and not (course / "_build").exists()
    assert not (course / "gradebook.db").exists()
    assert module.main([]) == 0
    capsys.readouterr()
    assert module.main(["ps01", "--check"]) == 0
    assert capsys.readouterr().out == "up to date: exercises/ps01\n"
    edit(course, "which mistake it looks like", "what it looks like")
    assert module.release(course, "ps01", write=False) == ["exercises/ps01/ps01.ipynb"]
    edit(course, "what it looks like", "which mistake it looks like")
    edit(course, "a sample is black", "a draw is black", "ps01.py")
    capsys.readouterr()
    assert module.main(["--check"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "differs: exercises/ps01/checks.json" and len(said) == 2
    assert "Run `python -m classroom.release`" in said[1]


def test_the_last_digits_of_another_processor_are_no_difference(course):
    module.release(course, "ps01", write=True)
    path = course / "exercises/ps01/checks.json"
    sheet = json.loads(path.read_text())
    data = sheet["questions"]["bars_log_prob"]["right"][0]["data"]
    data[0] *= 1 + 1e-14
    path.write_text(json.dumps(sheet))
    assert module.release(course, "ps01", write=False) == []
    data[0] *= 1 + 1e-6
    path.write_text(json.dumps(sheet))
    assert module.release(course, "ps01", write=False) == ["exercises/ps01/checks.json"]


@pytest.mark.parametrize(
    ("old", "new", "file", "message"),
    [
        ("points: 3}", "points: 4}", "ps01.md", "bars_log_prob_points gives 4 points"),
        ('check("same_means")', "pass", "ps01.md", "same_means: expected a cell with"),
        (
            "grade_id: log_average,",
            "grade_id: x,",
            "ps01.md",
            "log_average: expected a",
        ),
        ("    log_average,\n]", "]", "ps01.py", "log_average_points: the text gives"),
        ("### END SOLUTION", "", "ps01.md", "ps01: nbgrader did not release it"),
        ("log_lik[:, 1] -= 900", "pass", "ps01.py", "'exponentiated first' are"),
    ],
)
def test_text_and_truth_must_agree(course, old, new, file, message):
    edit(course, old, new, file)
    with pytest.raises(Unclear, match=message):
        module.release(course, "ps01", write=True)
    assert not (course / "exercises").exists()


def test_an_unknown_set_is_told_the_known_ones(course, capsys):
    assert module.main(["ps99"]) == 1
    assert "no such problem set, expected one of ['ps01']" in capsys.readouterr().err


def test_a_graded_cell_cannot_go_while_there_are_submissions(course):
    from nbgrader.api import Gradebook

    module.release(course, "ps01", write=True)
    before = files(course)
    with Gradebook(f"sqlite:///{course}/gradebook.db", "dgm") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("ps01", "ada")
    edit(course, '"grade_id": "sick_log_words"', '"grade_id": "sick_words"')
    with pytest.raises(Unclear, match="not release it: Cannot add or remove cells"):
        module.release(course, "ps01", write=True)
    assert files(course) == before
