"""Notation at hand: the notation page's tables, in a script that any page can load.

A page opened from disk may not read other files, but it may load a script. So the
tables are written into one, and `notation.js` loads it when a reader asks.
"""

import json
from pathlib import Path

from docutils import nodes

PAGE = "book/notation"
COLUMNS = {"notation-letters": (0, 6, 7), "notation-words": (0, 1)}


def chosen(table, columns):
    """Copy a table with some of its columns, and without names for links."""
    copy = table.deepcopy()
    for row in copy.findall(nodes.row):
        row.children = [row.children[i] for i in columns]
    group = copy.next_node(nodes.tgroup)
    heads = [child for child in group.children if isinstance(child, nodes.colspec)]
    for i, head in enumerate(heads):
        if i not in columns:
            group.remove(head)
    for node in copy.findall(nodes.Element):
        node["ids"] = []
    return copy


def write(app, doctree, docname):
    """Write the script when the page is written; its links are that page's."""
    if app.builder.format != "html" or docname != PAGE:
        return
    html = []
    for section in doctree.findall(nodes.section):
        for name in set(section["names"]) & set(COLUMNS):
            table = chosen(section.next_node(nodes.table), COLUMNS[name])
            html.append(app.builder.render_partial(table)["fragment"])
    path = Path(app.outdir, "_static", "notation-tables.js")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"window.notationTables = {json.dumps(''.join(html))};", "utf8")


def setup(app):
    """Tell Sphinx."""
    app.connect("doctree-resolved", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
