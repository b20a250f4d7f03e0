"""The page that a student gets back: points, what was seen, and the own notebook.

One file without scripts and without requests: formulas become MathML here, and the
page's content security policy forbids the rest, whatever a submission has in it.
"""

import re
from html import escape
from pathlib import Path

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import (
    InvalidNotebook,
    IPythonRenderer,
    MarkdownWithMath,
)
from traitlets import default


class FeedbackPage(HTMLExporter):
    """nbconvert exporter for `nbgrader generate_feedback`, with its own template."""

    @default("raw_template")
    def _page(self) -> str:
        return Path(__file__).with_name("feedback.html.j2").read_text("utf-8")

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Render Markdown; formulas as MathML, raw HTML as text."""
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = MathMLRenderer(
            escape=True,
            allow_harmful_protocols=False,
            exclude_anchor_links=True,
            attachments=attachments,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


class MathMLRenderer(IPythonRenderer):
    """Write formulas as MathML, which browsers show without a script."""

    def block_math(self, body: str) -> str:
        """Render a displayed formula."""
        return mathml(body, display=True)

    def inline_math(self, body: str) -> str:
        """Render a formula in the text."""
        return mathml(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        """Render an environment such as align."""
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Render a picture that was pasted in; leave its text where it is lost."""
        try:
            return super().image(text, url, title)
        except InvalidNotebook:
            return escape(f"[{text}]")


def mathml(tex: str, display: bool) -> str:
    """Translate a formula; one that cannot be read stays as it was typed."""
    whole = re.sub(r"(\\[dt]?frac)\s*(\d)\s*(\w)", r"\1{\2}{\3}", tex)  # \frac12
    try:
        return tex2mathml(whole, as_block=display)
    except (MathError, ValueError, IndexError, KeyError, AttributeError):
        return f"<code>{escape(tex)}</code>"
