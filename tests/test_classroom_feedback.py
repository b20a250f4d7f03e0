"""The feedback page's text: formulas without a script, and nothing that runs."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from classroom.feedback import FeedbackPage, mathml


def page(*cells, **others):
    marks = {"notebook": "ps01", "score": 2.5, "max_score": 4.0, "late_penalty": 0}
    notebook = new_notebook(cells=list(cells))
    return FeedbackPage().from_notebook_node(notebook, {"nbgrader": marks | others})[0]


def cell(kind, source, text="", **marks):
    marks = {"solution": False, "grade": True, "score": 0, "points": 3} | marks
    made = kind(source, metadata={"nbgrader": marks})
    if text:
        made.outputs = [new_output("stream", name="stdout", text=text)]
    return made


def test_formulas_become_mathml():
    html = page(new_markdown_cell("Half: $\\tfrac12$, and\n\n$$\\sum_d x_d$$"))
    assert html.count("<math") == 2 and "<mfrac" in html and 'display="block"' in html
    assert "$" not in html.split("<main>")[1]


@pytest.mark.parametrize("tex", [r"\nosuch{x}", r"\begin{x}", "}"])
def test_what_is_no_formula_stays_as_typed(tex):
    assert mathml(f"{tex} <b>", display=False) == f"<code>{tex} &lt;b&gt;</code>"


def test_points_sentence_and_totals():
    said = "0 of 3 points. It looks like 'swapped'. p < q & so on.\n"
    graded = cell(new_code_cell, "# f: 3 points", said, grade_id="f_points")
    html = page(graded)
    assert "ps01: 2.5 of 4 points" in html
    assert html.count("It looks like 'swapped'. p &lt; q &amp; so on.") == 2
    assert "# f: 3 points" not in html and 'id="f_points"' in html
    assert "Handed in late" not in html
    assert "Handed in late" in page(graded, late_penalty=1.5)


def test_a_grader_may_comment_on_words_and_on_code():
    words = cell(new_markdown_cell, "My *answer*.", grade_id="words", solution=True,
                 comment="See $x$.")  # fmt: skip
    code = cell(new_code_cell, "x = 1", grade_id="f", solution=True, grade=False,
                comment="Neat.")  # fmt: skip
    html = page(words, code)
    assert "<em>answer</em>" in html and html.count("<p>See <math") == 2
    assert html.count("<p>Neat.</p>") == 1


def test_nothing_in_a_submission_runs_or_loads():
    evil = (
        "<script>alert(1)</script> <img src='https://example.org/a.png'>\n\n"
        "[x](javascript:alert(1)) ![y](attachment:gone.png)"
    )
    html = page(new_markdown_cell(evil), new_code_cell("'<script>alert(2)</script>'"))
    assert "<script" not in html and "javascript:" not in html.lower()
    assert "<img" not in html and "[y]" in html
    assert "default-src 'none'" in html
