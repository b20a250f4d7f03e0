"""`{finder} turns`: a list of what the pages hold, made from the pages themselves.

Kinds: `living` figures, `pictures` with a number, `turns` (the exercises that a page
calls "Your turn") and `lines` (what a page writes out of the package `dgm`).
"""

import re
from html import unescape

from docutils import nodes
from docutils.parsers.rst import directives
from mirrored import is_mirrored
from sphinx.addnodes import toctree
from sphinx.util.docutils import SphinxDirective

BOX = re.compile(r'<div id="([^"]*)" role="group" aria-label="([^"]*)" data-living=')
TURN = re.compile(r"Your turn, (\d+ minutes?)")
END = re.compile(r"(?<=[.?!:])\s+(?=\W*[A-Z])")
KEPT = (nodes.math, nodes.literal, nodes.emphasis)


class Listing(nodes.General, nodes.Element):
    """The place of a list, until all pages have been read."""


class Finder(SphinxDirective):
    """Put a list here, of one kind; a kind that does not exist stops the build."""

    required_arguments = 1

    def run(self):
        """Leave the place."""
        kinds = [find.__name__ for find in FINDERS]
        self.env.finder_pages.add(self.env.docname)
        return [Listing(kind=directives.choice(self.arguments[0], kinds))]


def opening(parent, enough=60):
    """Copy whole sentences until there is enough to tell, without links and labels."""
    copied, length = [], 0
    for child in parent.children:
        if isinstance(child, KEPT):
            copied.append(child.deepcopy())
            continue
        sentences = END.split(child.astext().replace("\n", " "))
        for number, sentence in enumerate(sentences, 1):
            copied.append(nodes.Text(sentence if number == 1 else f" {sentence}"))
            length += len(sentence)
            if length > enough and number < len(sentences):
                return copied
    return copied


def living(doctree):
    """Yield (anchor, name, what there is to see) for each living figure of a page."""
    for raw in doctree.findall(nodes.raw):
        for anchor, alt in BOX.findall(raw.astext()):
            name = nodes.Text(anchor.replace("_", " ").replace("-", " "))
            yield anchor, name, [nodes.Text(unescape(alt))]


def pictures(doctree):
    """Yield (anchor, nothing yet, caption) for each picture that has a number."""
    for figure in doctree.findall(nodes.figure):
        for caption in figure.findall(nodes.caption):
            yield figure["ids"][0], None, opening(caption)


def turns(doctree):
    """Yield (anchor, minutes, exercise) for each, and give it that anchor."""
    number = 0
    for box in doctree.findall(nodes.admonition):
        title = TURN.fullmatch(box.next_node(nodes.title).astext())
        if title:
            number += 1
            box["ids"].append(f"your-turn-{number}")
            exercise = opening(box.next_node(nodes.paragraph))
            yield box["ids"][0], nodes.Text(f"no. {number}, {title[1]}"), exercise


def lines(doctree):
    """Yield (anchor of its section, dotted name, no text) for what is written out."""
    for cell in doctree.findall(is_mirrored):
        section = cell.parent
        while not isinstance(section, nodes.section):
            section = section.parent
        for name in cell["cell_metadata"]["mirrors"].split():
            yield section["ids"][0], nodes.literal("", name), []


FINDERS = (living, pictures, turns, lines)


def begin(app, env, docnames):
    """Make room for what is found."""
    env.finder = getattr(env, "finder", {})
    env.finder_pages = getattr(env, "finder_pages", set())


def purge(app, env, docname):
    """Forget a page that is read again."""
    if hasattr(env, "finder"):
        env.finder.pop(docname, None)
        env.finder_pages.discard(docname)


def collect(app, doctree):
    """Remember what a page holds."""
    found = {find.__name__: list(find(doctree)) for find in FINDERS}
    app.env.finder[app.env.docname] = found


def again(app, env):
    """Write the pages with lists each time, for any page may have changed, with TeX."""
    formulas = env.get_domain("math").data["has_equations"]
    formulas.update(dict.fromkeys(env.finder_pages, True))
    return list(env.finder_pages)


def in_order(env, page, title):
    """Yield (page, title) as in the contents, the titles too."""
    yield page, title or env.titles[page].astext()
    for tree in env.tocs[page].findall(toctree):
        for title, child in tree["entries"]:
            yield from in_order(env, child, title)


def fill(app, doctree, docname):
    """Write the lists of a page, each under the titles of the pages that it is from."""
    for place in list(doctree.findall(Listing)):
        pages = nodes.definition_list(classes=["finder"])
        for page, title in in_order(app.env, app.config.root_doc, ""):
            found = app.env.finder.get(page, {}).get(place["kind"], [])
            links = [link(app, docname, page, *entry) for entry in found]
            if links:
                term = nodes.term("", title)
                items = nodes.bullet_list("", *links)
                pages += nodes.definition_list_item(
                    "", term, nodes.definition("", items)
                )
        place.replace_self(pages)


def link(app, docname, page, anchor, name, text):
    """Return a list's item: a link with the name, or the figure's number; the text."""
    if name is None:
        numbers = app.env.toc_fignumbers[page]["figure"][anchor]
        name = nodes.Text("Fig. " + ".".join(map(str, numbers)))
    uri = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
    reference = nodes.reference("", "", name.deepcopy(), refuri=uri, internal=True)
    item = nodes.paragraph("", "", reference, nodes.Text(": " if text else ""))
    item += [node.deepcopy() for node in text]
    return nodes.list_item("", item)


def setup(app):
    """Tell Sphinx."""
    app.add_node(Listing)
    app.add_directive("finder", Finder)
    app.connect("env-before-read-docs", begin)
    app.connect("env-purge-doc", purge)
    app.connect("doctree-read", collect)
    app.connect("env-updated", again)
    app.connect("doctree-resolved", fill)
    return {"env_version": 1, "parallel_read_safe": False}
