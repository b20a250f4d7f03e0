"""The form of the book's pages: sections, code width, style, numbers in prose."""

import re
import subprocess
import sys

import jupytext
import nbformat
import pytest

from tests.pages import BOOK, ROOT, cells, chapters, numbered
from tests.prose import decimals, exceptions, loose_numbers, stale_exceptions

IN_ORDER = {
    "a label": r"^\([\w-]+\)=\n",
    "a title": r"^# .",
    "the box You will": r"^:::\{admonition\} You will$",
    "a living figure": r"^```\{living\} ",
    "a formula": r"^\$\$",
    "Check yourself": r"^## Check yourself$",
    "Where it breaks": r"^## Where it breaks$",
    "Summary": r"^## Summary$",
    "Next": r"^## Next$",
}
TURN = re.compile(r"^:::\{admonition\} (Your turn, \d+ minutes?|Answer)$", re.M)
EXCEPTIONS = (ROOT / "tests/numbers_in_prose.txt").read_text("utf8")

each_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", numbered(), ids=lambda path: path.stem)


def missing_parts(text):
    """List the parts of a chapter that are absent, or not in their order."""
    missing, here = [], 0
    for name, pattern in IN_ORDER.items():
        match = re.compile(pattern, re.M).search(text, here)
        here = match.end() if match else here
        missing += [] if match else [name]
    early = "$" in text.partition("```{living}")[0]
    return missing + ["a living figure before any formula"] * early


def turns(text):
    """List the boxes of a page's exercises and answers, in order."""
    return [title.split(",")[0] for title in TURN.findall(text)]


def lint(text, name):
    """Run ruff over a page's code cells, as over a notebook; return what it says."""
    notebook = nbformat.v4.new_notebook(cells=jupytext.reads(text, "md:myst").cells)
    command = "-m ruff check --ignore=I001 --output-format=concise --stdin-filename"
    done = subprocess.run(
        [sys.executable, *command.split(), f"book/{name}.ipynb", "-"],
        input=nbformat.writes(notebook),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@each_chapter
def test_a_chapter_has_its_parts_in_order(path):
    assert missing_parts(path.read_text("utf8")) == []


@pytest.mark.parametrize("fault", ["## Summary", "```{living} ", "$$"])
def test_a_missing_part_is_found(fault):
    text = chapters()[0].read_text("utf8")
    assert missing_parts(text.replace(fault, "")) != []


def test_an_early_formula_is_found():
    text = chapters()[0].read_text("utf8")
    assert missing_parts(text.replace("# ", "# $p(x)$, ", 1)) != []


@each_chapter
def test_every_exercise_has_an_answer(path):
    boxes = turns(path.read_text("utf8"))
    assert boxes == ["Your turn", "Answer"] * (len(boxes) // 2) and len(boxes) >= 4


@each_page
def test_code_fits_the_column(path):
    for cell in cells(path.read_text("utf8"), "code"):
        for line in cell.source.splitlines():
            assert len(line) <= 75, line


@each_page
def test_code_passes_ruff(path):
    assert lint(path.read_text("utf8"), path.stem) == ""


def test_ruff_reads_the_cells():
    page = "```{code-cell} ipython3\nimport os\n```\n"
    assert "F401" in lint(page, "99_page")


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.md")), ids=lambda path: path.stem)
def test_numbers_in_prose_come_from_code(path):
    loose = loose_numbers(path.read_text("utf8"), exceptions(EXCEPTIONS)[path.stem])
    assert loose == [], "print or glue them, or list them in numbers_in_prose.txt"


def test_exceptions_are_true_and_used():
    pages = {path.stem: path.read_text("utf8") for path in BOOK.glob("*.md")}
    assert stale_exceptions(EXCEPTIONS, pages) == []


PAGE = """# A title

The gap is 0.28 nats, with $f = 0.05$, see section 2.4, and {glue:text}`gap:.3f`;
"one half" is `0.5`.

```{code-cell} ipython3
---
mystnb: {image: {alt: "Down to 0.75."}}
---
bars = Bars(flip=0.05)
```

```{margin}
A note on 1.25.
```

```text
code, 3.75
```

```{margin}
Another on 1.75.
```
"""


def test_which_numbers_are_loose():
    assert decimals(PAGE) == ["0.28", "0.05", "1.25", "1.75", "0.75"]
    assert loose_numbers(PAGE, []) == [
        "0.28",
        "1.25",
        "1.75",
        "0.75",
    ]  # the code has 0.05
    assert loose_numbers(PAGE, ["0.28", "0.75"]) == ["1.25", "1.75"]


@pytest.mark.parametrize(
    "row, stale",
    [
        ("page | 0.28 | the margin of a quoted table", False),
        ("page | 1.25 | = 5 / 4", False),
        ("page | 1.25 | = 5 / 3", True),
        ("page | 0.29 | no longer on the page", True),
        ("other | 0.28 | no such page", True),
    ],
)
def test_an_exception_must_hold(row, stale):
    assert bool(stale_exceptions(f"# a comment\n\n{row}\n", {"page": PAGE})) == stale
