"""Putting a submission's frame back, whatever a student did to it."""

import copy

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.preprocessors import CheckCellMetadata
from submissions import ROOT, code, position, released, solved

from classroom.grade import grade
from classroom.question import load
from classroom.restore import Restore

NAMES = {"nbgrader": {"assignment": "ps01", "notebook": "ps01"}}


@pytest.fixture
def restored():
    """Return a function: restore a notebook, and let nbgrader look it through."""

    def restore(notebook):
        tool = Restore(exercises=str(ROOT / "exercises"))
        notebook, _ = tool.preprocess(notebook, copy.deepcopy(NAMES))
        CheckCellMetadata().preprocess(notebook, {})
        return notebook

    return restore


def frame(notebook):
    return {c.id: dict(c.metadata) for c in notebook.cells if "nbgrader" in c.metadata}


def test_an_honest_notebook_stays_as_it_is(restored):
    notebook = restored(solved("ps01"))
    assert [c.source for c in notebook.cells] == [
        c.source for c in solved("ps01").cells
    ]
    assert frame(notebook) == frame(released("ps01"))


def test_attack_deleted_cells_come_back_in_their_place_but_no_stub(restored):
    lost = ["setup", "kl_to_truth", "kl_to_truth_points", "sick_log_words"]
    notebook = solved("ps01")
    notebook.cells = [c for c in notebook.cells if c.id not in lost]
    notebook = restored(notebook)
    ids = [c.id for c in notebook.cells]
    assert "kl_to_truth" not in ids
    assert position(notebook, "setup") < position(notebook, "bars_log_prob")
    before, after = "bars_log_prob_points", "best_independent_pixels"
    assert ids.index(before) < ids.index("kl_to_truth_points") < ids.index(after)
    assert notebook.cells[ids.index("sick_log_words")].source == "YOUR ANSWER HERE"


def test_attack_an_empty_notebook_gets_the_whole_frame(restored):
    notebook = released("ps01")
    notebook.cells = []
    ids = [c.id for c in restored(notebook).cells]
    assert ids == [
        c.id
        for c in released("ps01").cells
        if c.metadata.get("nbgrader", {}).get("grade") or c.id == "setup"
    ]


def test_attack_of_several_copies_the_last_counts(restored):
    notebook = solved("ps01")
    for cell_id in ("bars_log_prob", "bars_log_prob_points", "sick_log_words"):
        cell = copy.deepcopy(notebook.cells[position(notebook, cell_id)])
        cell.id = f"copy-of-{len(notebook.cells)}"
        cell.source = "# older"
        notebook.cells.insert(0, cell)
    notebook = restored(notebook)
    assert frame(notebook) == frame(released("ps01"))
    assert [c.source for c in notebook.cells[:3]] == ["# older"] * 3
    assert not any("nbgrader" in c.metadata for c in notebook.cells[:3])


def test_attack_edited_metadata_is_overwritten(restored):
    notebook = solved("ps01")
    forged = new_code_cell("x = 1", metadata={"nbgrader": {"grade_id": "mine", "grade":
                           True, "points": 100, "schema_version": 0}})  # fmt: skip
    broken = new_markdown_cell("y", metadata={"nbgrader": "not even a table"})
    notebook.cells += [forged, broken]
    marks = notebook.cells[position(notebook, "bars_log_prob_points")].metadata.nbgrader
    marks.points, marks.grade = 1000, False
    assert frame(restored(notebook)) == frame(released("ps01"))


def test_a_tool_that_drops_metadata_or_ids_does_no_harm(restored):
    without_metadata, old = solved("ps01"), solved("ps01")
    for cell in without_metadata.cells:
        cell.metadata = {}
    assert frame(restored(without_metadata)) == frame(released("ps01"))
    old.nbformat_minor = 4
    for cell in old.cells:
        del cell["id"]
    assert frame(restored(old)) == frame(released("ps01"))


def test_attack_reordered_cells_keep_their_marks(restored, sandboxed):
    """The functions are right wherever they stand, and earn no more than that."""
    notebook, questions = solved("ps01"), load(ROOT / "solutions" / "ps01")
    notebook.cells.reverse()
    notebook = restored(notebook)
    assert frame(notebook) == frame(released("ps01"))
    for mark in grade(questions, code(notebook), 7, sandboxed):
        assert mark.points == mark.of, mark
