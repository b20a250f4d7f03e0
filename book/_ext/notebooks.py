"""Each page that is a notebook, to take away: `book/05_jensen.ipynb` beside its page.

It opens in JupyterLab or on Colab, has the outputs of the book's own run, and reads
well there: text without MyST, figures as widgets, and a first cell that brings the
course where it is missing.
"""

import json
import re
from base64 import b64encode
from html import unescape
from mimetypes import guess_type
from pathlib import Path

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from nbformat import v4
from plain_markdown import blocks

from classroom.anywhere import first_cell, repository
from dgm import figures

FIGURE = re.compile(r'data-living="(\w+)".*?<script[^>]*>(.*?)</script>', re.S)
STILL = "*Run this cell, and a figure moves under your hand.* {}"


def write(app, doctree, docname):
    """Write a page's notebook beside the page."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{docname}.ipynb"
    if app.builder.format != "html" or not executed.exists():
        return
    notebook = nbformat.read(executed, as_version=4)
    if app.config.nb_execution_mode == "cache":
        cache = get_cache(app.config.nb_execution_cache_path)
        notebook = cache.merge_match_into_notebook(notebook)[1]
    number_as_on_the_page(app.env.toc_fignumbers.get(docname, {}), doctree)
    bring = first_cell(repository(Path(app.srcdir)), str(Path(docname).parent))
    cells = cells_of(doctree, notebook.cells)
    cells.insert(1, v4.new_code_cell(bring))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        if cell.cell_type == "markdown":
            cell.source = with_drawings(cell.source, Path(app.srcdir))
    kept = {"kernelspec": notebook.metadata.kernelspec}
    place = Path(app.outdir, f"{docname}.ipynb")
    place.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=cells, metadata=kept), place)


def number_as_on_the_page(numbers, doctree):
    """Give each formula and each caption the number that the page shows."""
    for kind, of in {"displaymath": nodes.math_block, "figure": nodes.caption}.items():
        for node in doctree.findall(of):
            ids = node["ids"] or node.parent["ids"]
            shown = [numbers.get(kind, {}).get(name) for name in ids]
            found = next(filter(None, shown), ())
            node["number"] = ".".join(map(str, found))


def with_drawings(text, root):
    """Put the drawings into a text: JupyterLab shows no SVG that is an attachment."""

    def data(found):
        drawing = b64encode((root / found[1]).read_bytes()).decode()
        return f"](data:{guess_type(found[1])[0]};base64,{drawing})"

    return re.sub(r"\]\(file:([^)]+)\)", data, text)


def cells_of(doctree, executed):
    """List a page's cells: text from one heading to the next, and code between."""
    cells, text = [], []

    def end():
        whole = "\n\n".join(filter(None, text))
        if whole:
            cells.append(v4.new_markdown_cell(whole))
        text.clear()

    for node in leaves(doctree):
        code = code_of(node, executed)
        if code or isinstance(node, nodes.title):
            end()
        if code:
            cells.append(code)
            text += [blocks(caption) for caption in node.findall(nodes.caption)]
        else:
            text.append(blocks(node))
    end()
    return cells


def leaves(node):
    """Yield what stands in a page one below the other, sections opened."""
    for child in node.children:
        if isinstance(child, nodes.section):
            yield from leaves(child)
        else:
            yield child


def code_of(node, executed):
    """Return the code cell that a node stands for, or None."""
    if node.get("nb_element") == "cell_code":
        cell = executed[node["cell_index"]]
        return v4.new_code_cell(
            cell.source, outputs=cell.outputs, execution_count=cell.execution_count
        )
    found = isinstance(node, nodes.raw) and FIGURE.search(node.astext())
    return widget(node.astext(), *found.groups()) if found else None


def widget(html, name, stored):
    """Make the cell that shows a living figure, in the state that the page gives it."""
    state, usual = json.loads(stored), figures.state(name)
    given = [f"{k}={v!r}" for k, v in state.items() if usual[k] != v]
    kind = "".join(word.capitalize() for word in name.split("_"))
    source = f"from dgm.figures.widgets import {kind}\n\n{kind}({', '.join(given)})"
    alt = unescape(re.search(r'aria-label="([^"]*)"', html)[1])
    shown = {"text/markdown": STILL.format(alt), "text/plain": alt}
    return v4.new_code_cell(source, outputs=[v4.new_output("display_data", shown)])


def setup(app):
    """Tell Sphinx."""
    app.connect("doctree-resolved", write, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
