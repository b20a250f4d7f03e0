"""Every lab runs from top to bottom, and has the form of a lab."""

import ast
import json
import re
from pathlib import Path

import pytest

LABS = sorted(Path("notebooks").glob("*_lab.ipynb"))
each = pytest.mark.parametrize("lab", LABS, ids=lambda path: path.stem)


def cells(lab, kind):
    stored = json.loads(lab.read_text("utf8"))["cells"]
    return ["".join(c["source"]) for c in stored if c["cell_type"] == kind]


def test_there_are_labs():
    assert LABS


@each
def test_three_times_predict_run_explain(lab):
    text = "\n".join(cells(lab, "markdown"))
    for word in ("Predict", "Run", "Explain"):
        assert len(re.findall(rf"\*\*{word}\b", text)) >= 3, word
    assert "open question" in text.lower()


@each
def test_the_first_cell_is_a_script_for_ten_minutes(lab):
    script = cells(lab, "markdown")[0]
    minutes = [int(m) for m in re.findall(r"\*\*Minute \d+ to (\d+)", script)]
    assert minutes and minutes == sorted(minutes) and minutes[-1] == 10
    assert "wrong" in script  # what they will get wrong


@each
def test_definitions_are_short(lab):
    for source in cells(lab, "code"):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 6, node.name


@pytest.mark.slow
@each
def test_it_runs(lab):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(lab, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    printed = json.dumps(notebook.cells)
    assert "application/vnd.jupyter.widget-view+json" in printed
