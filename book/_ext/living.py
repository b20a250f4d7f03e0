"""`{living} name`: a figure of `dgm.figures` in a page, alive without a kernel.

The directive leaves a box with the figure's first state and its description. A page
that holds such a box gets one script with the figures it holds, their host and their
style; other pages get nothing.
"""

import json
import re
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl

from docutils import nodes
from docutils.parsers.rst import directives
from execution import fingerprint
from sphinx.util.docutils import SphinxDirective

from dgm import figures

BOX = re.compile(r'data-living="(\w+)"')


class Living(SphinxDirective):
    """Put a living figure here.

    `:alt:` says what there is to see, for readers without the picture; `:set:` changes
    the first state, written as in a page's address (`mu=0.3&sigma=0.2`); `:id:` names
    the box, needed where one figure stands twice on a page.
    """

    required_arguments = 1
    option_spec = {
        "alt": directives.unchanged_required,
        "set": directives.unchanged,
        "id": directives.unchanged,
    }

    def run(self):
        """Return the box as HTML; a wrong name, key or value stops the build."""
        name = self.arguments[0]
        if "alt" not in self.options:
            raise self.error(f"living {name}: write :alt:, what there is to see")
        try:
            state = first_state(name, self.options.get("set", ""))
        except ValueError as problem:
            raise self.error(f"living {name}: {problem}") from None
        html = box(name, self.options.get("id", name), self.options["alt"], state)
        return [nodes.raw("", html, format="html")]


def first_state(name, text):
    """Return a figure's first state, changed by `mu=0.3&sigma=0.2`."""
    state = figures.state(name)
    for key, value in parse_qsl(text):
        limits = state["range"].get(key)
        if limits is None:
            known = ", ".join(state["range"])
            raise ValueError(f":set: got {key!r}, expected one of {known}")
        if isinstance(limits[0], str):
            fits, expected = value in limits, f"one of {', '.join(limits)}"
        else:
            number = re.fullmatch(r"-?\d+(\.\d+)?", value)
            fits = number and limits[0] <= float(value) <= limits[1]
            expected = f"a number from {limits[0]:g} to {limits[1]:g}"
        if not fits:
            raise ValueError(f":set: got {key}={value}, expected {expected}")
        state[key] = value if isinstance(limits[0], str) else float(value)
    return state


def box(name, target, alt, state):
    """Write the element that `host.js` fills."""
    data = json.dumps(state).replace("</", "<\\/")  # would close the script
    return (
        f'<div id="{escape(target)}" role="group" aria-label="{escape(alt)}"'
        f' data-living="{name}" data-share="{" ".join(figures.SHARE[name])}">'
        f'<script type="application/json">{data}</script>'
        f"<noscript>{escape(alt)}</noscript></div>"
    )


def add_scripts(app, pagename, templatename, context, doctree):
    """Give a page that holds figures their script, and no other page."""
    names = tuple(sorted(set(BOX.findall(context.get("body", "")))))
    if not names or app.builder.format != "html":
        return
    texts = {
        "host.js": (figures.HERE / "host.js").read_text("utf8"),
        "figure.css": (figures.HERE / "figure.css").read_text("utf8"),
        f"{'-'.join(names)}.js": figures.classic(*names),
    }
    for file, text in texts.items():
        path = Path(app.outdir, "_static", "living", file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
        add = app.add_css_file if file.endswith("css") else app.add_js_file
        add(f"living/{file}")


def setup(app):
    """Tell Sphinx; when a script or style has changed, every page is written again."""
    drawn_by = fingerprint(figures.HERE, ".js", ".css")
    dressed_by = fingerprint(Path(__file__).parents[1] / "_assets", ".js", ".css")
    app.add_config_value("living_fingerprint", drawn_by, "env")
    app.add_config_value("assets_fingerprint", dressed_by, "html")
    app.add_directive("living", Living)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
