"""What an instructor's formgrader shows of a submission that is full of HTML."""

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbformat.v4 import new_raw_cell as new_raw
from submissions import ROOT
from traitlets.config import PyFileConfigLoader

from classroom.formgrader import Disarm

EVIL = "<script>evil()</script><img src=x onerror='evil()'>"


def shown(*cells, **metadata):
    """Render a notebook as formgrader does, with the course's settings."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    notebook = new_notebook(cells=list(cells), metadata=metadata)
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook)
    return page[page.index("<body") :]


def test_an_answer_is_text_and_formulas():
    page = shown(new_markdown_cell(f"It is *wrong*: {EVIL} forgets $1/n$."))
    assert "<em>wrong</em>" in page and "<math" in page and "&lt;script" in page
    assert "<script>evil" not in page and "<img src=x" not in page


def test_attack_html_wherever_it_may_stand():
    html = {"text/html": EVIL, "text/plain": "3", "image/svg+xml": f"<svg>{EVIL}</svg>"}
    outputs = [
        new_output("display_data", data={"text/html": EVIL}),
        new_output("execute_result", data=html),
        new_output("stream", text=f"3 of 3 points. {EVIL}"),
    ]
    raw = new_raw(EVIL, metadata={"raw_mimetype": "text/html"})
    code = new_code_cell(f"x = 1  # {EVIL}", outputs=outputs)
    code.metadata |= {"tags": [f'"{EVIL}'], "nbgrader": {"grade_id": f'">{EVIL}'}}
    page = shown(raw, code, title=EVIL, widgets={"x": EVIL})
    assert "<script>evil" not in page and "<img src=x" not in page
    assert "3 of 3 points." in page


def test_marks_and_ids_stay():
    cell = new_code_cell("# points", metadata={"nbgrader": {"grade_id": "kl_points"}})
    nb, _ = Disarm().preprocess(new_notebook(cells=[cell]), {})
    assert nb.cells[0].metadata.nbgrader.grade_id == "kl_points"
    nbformat.validate(nb)
