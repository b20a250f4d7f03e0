"""Notebooks that students might hand in, made from a problem set's own files."""

import copy
import inspect
import re
from pathlib import Path

import nbformat

from classroom.question import load
from classroom.source import read_source

ROOT = Path(__file__).parents[1]
SETS = sorted(p.stem for p in (ROOT / "solutions").glob("ps*/ps*.py"))
QUESTIONS = [(name, q) for name in SETS for q in load(ROOT / "solutions" / name)]


def source(name):
    """Return a set's notebook with its solutions."""
    folder = ROOT / "solutions" / name
    return read_source(folder / f"{name}.md", load(folder))


def secret_lines(name):
    """Return the lines of a set's solutions, and of the answers in its truth."""
    cells = [cell.source for cell in source(name).cells]
    regions = [r for c in cells for r in re.findall(r"BEGIN SOL.*?END SOL", c, re.S)]
    functions = [f for q in load(ROOT / "solutions" / name) for f in q.answers]
    assert regions and functions
    secret = "\n".join([*regions, *map(inspect.getsource, functions)])
    lines = {line.strip() for line in secret.splitlines() if len(line.strip()) > 14}
    return {line for line in lines if not line.startswith(("@", "def ", "###"))}


def written_answers(name):
    """Return the texts that answer a set's written questions."""
    cells = [c for c in source(name).cells if c.metadata.get("nbgrader", {})]
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    assert texts
    return texts


def released(name):
    """Return a set's notebook as students get it."""
    path = ROOT / "exercises" / name / f"{name}.ipynb"
    return nbformat.read(path, as_version=4)


def truth(name):
    """Return the text of a set's one file of truth."""
    return (ROOT / "solutions" / name / f"{name}.py").read_text("utf-8")


def solved(name, **instead):
    """Fill every stub with its solution, or with the code given under its name."""
    solutions = {cell.id: cell.source for cell in source(name).cells} | instead
    notebook = copy.deepcopy(released(name))
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = solutions[cell.id]
    return notebook


def lean(notebook):
    """Drop the code cells that are not graded, as one may: it saves their time."""
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "markdown" or "nbgrader" in cell.metadata
    ]
    return notebook


def from_truth(name, question, function):
    """Write a cell that answers a question with one of the corpus's functions."""
    lines = f"corpus = {{}}\nexec({truth(name)!r}, corpus)\n"
    return f"{lines}{question} = corpus[{function!r}]\n"


def code(notebook):
    """Return the text of a notebook's code cells."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def position(notebook, cell_id):
    """Return the number of the cell with this id."""
    return [cell.id for cell in notebook.cells].index(cell_id)


def hand_in(course, student, notebook, name="ps01"):
    """Put a notebook where nbgrader looks for submissions."""
    folder = course / "submitted" / student / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
