"""A page's document as the plain Markdown that every notebook shows.

MyST's roles, labels and boxes mean nothing to JupyterLab or Colab. Here references have
been resolved and numbers are known, so what is left is text, formulas, lists and boxes.
"""

import re
from textwrap import indent

from docutils import nodes

SPECIAL = re.compile(r"([\\`*_$\[\]])")
SKIPPED = (nodes.target, nodes.comment, nodes.substitution_definition)


def blocks(node):
    """Write a node that stands alone as Markdown; the empty text where none shows."""
    writer = BLOCKS.get(type(node))
    if writer:
        return writer(node)
    if isinstance(node, SKIPPED):
        return ""
    if isinstance(node, nodes.Inline | nodes.Text | nodes.TextElement):
        return inline(node)
    return inside(node)


def inside(node):
    """Write what a node holds, one block after the other."""
    return "\n\n".join(text for text in map(blocks, node.children) if text)


def inline(node):
    """Write a piece of a line."""
    if isinstance(node, nodes.Text):
        return SPECIAL.sub(r"\\\1", node.astext()).replace("<", "&lt;")
    if isinstance(node, nodes.math):
        return f"${node.astext()}$"
    if isinstance(node, nodes.literal):
        ticks = "``" if "`" in node.astext() else "`"
        return f"{ticks}{node.astext()}{ticks}"
    if isinstance(node, nodes.raw):  # links that move a figure: the figure is elsewhere
        return re.sub(r"</?a\b[^>]*>", "", node.astext())
    if isinstance(node, nodes.image):
        return f"![{node.get('alt', '')}](file:{node['uri']})"
    text = "".join(map(inline, node.children))
    if isinstance(node, nodes.emphasis):
        return f"*{text}*"
    if isinstance(node, nodes.strong):
        return f"**{text}**"
    if isinstance(node, nodes.reference) and "refuri" in node:
        return link(text, node["refuri"])
    return text


def link(text, address):
    """Keep a link to the web; one to a chapter leads to its notebook."""
    chapter = re.fullmatch(r"(\d\d_\w+)\.html(#.*)?", address)
    if chapter:
        return f"[{text}]({chapter[1]}.ipynb)"
    return f"[{text}]({address})" if "://" in address else text


def title(node):
    """Write a heading of its section's depth."""
    depth, parent = 0, node.parent
    while parent:
        depth, parent = depth + isinstance(parent, nodes.section), parent.parent
    return f"{'#' * depth} {inline(node)}"


def formula(node):
    """Write a displayed formula, with its number."""
    text = node.astext().strip()
    if "\\\\" in text and "\\begin" not in text:
        text = f"\\begin{{aligned}}{text}\\end{{aligned}}"
    number = f" \\tag{{{node['number']}}}" if node.get("number") else ""
    return f"$$\n{text}{number}\n$$"


def caption(node):
    """Write what stands under a figure, with its number."""
    number = node.get("number")
    return f"*Fig. {number}* {inline(node)}" if number else inline(node)


def items(node):
    """Write a list, what belongs to an item under it."""
    first = int(node.get("start", 1))
    numbered = isinstance(node, nodes.enumerated_list)
    lines = []
    for number, item in enumerate(node.children, first):
        mark = f"{number}. " if numbered else "- "
        lines.append(mark + indent(inside(item), " " * len(mark)).lstrip())
    return "\n".join(lines)


def box(node):
    """Write an admonition as a quotation, an answer as something to unfold."""
    head, rest = node.children[0], node.children[1:]
    body = "\n\n".join(text for text in map(blocks, rest) if text)
    if "dropdown" in node["classes"]:
        return f"<details><summary>{inline(head)}</summary>\n\n{body}\n\n</details>"
    return quoted(f"**{inline(head)}**\n\n{body}")


def note(node):
    """Write what stands in the page's margin."""
    return quoted("\n\n".join(t for t in map(blocks, node.children[1:]) if t))


def quoted(text):
    """Put the mark of a quotation before each line."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def listing(node):
    """Write code that is not a cell."""
    language = node.get("language", "")
    return f"```{language}\n{node.astext().rstrip()}\n```"


def table(node):
    """Write a table; a bar in a formula would end its cell."""
    rows = []
    for row in node.findall(nodes.row):
        cells = [" ".join(inside(entry).split()) for entry in row.children]
        rows.append("| " + " | ".join(c.replace("|", r"\vert ") for c in cells) + " |")
    rows.insert(1, "|" + " --- |" * len(row.children))
    return "\n".join(rows)


BLOCKS = {
    nodes.title: title,
    nodes.paragraph: inline,
    nodes.caption: caption,
    nodes.math_block: formula,
    nodes.bullet_list: items,
    nodes.enumerated_list: items,
    nodes.admonition: box,
    nodes.sidebar: note,
    nodes.block_quote: lambda node: quoted(inside(node)),
    nodes.literal_block: listing,
    nodes.table: table,
}
