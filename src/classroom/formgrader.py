"""Make a submission safe to look at in formgrader.

nbgrader shows raw HTML of a submission as it stands, in a page that may give grades
and open a terminal. These two plug into `HTMLExporter` by configuration: raw HTML
becomes text, formulas become MathML, and of a notebook stays what we graded.
"""

import re

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from classroom.feedback import FeedbackPage

PLAIN = re.compile(r"[\w-]{1,100}")


@pass_context
def markdown(context: Context, source: str) -> str:
    """Render Markdown with raw HTML as text, as a feedback page does."""
    return FeedbackPage.markdown2html(None, context, source)


class Disarm(Preprocessor):
    """Keep sources, grade ids and the marks that we wrote; drop the rest."""

    enabled = True

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Disarm a notebook."""
        nb.metadata = NotebookNode(language_info=NotebookNode(name="python"))
        for number, cell in enumerate(nb.cells):
            cell.pop("attachments", None)
            cell.id = f"cell-{number}"
            if cell.cell_type != "code":  # a raw cell would be shown as it stands
                cell.cell_type = "markdown"
            about = cell.metadata.get("nbgrader", {})
            known = PLAIN.fullmatch(str(about.get("grade_id", "")))
            cell.metadata = NotebookNode(nbgrader=about) if known else NotebookNode()
            if cell.cell_type == "code":
                cell.outputs = [o for o in map(text_alone, cell.outputs) if o]
        return nb, resources


def text_alone(output: NotebookNode) -> NotebookNode | None:
    """Keep an output's plain text."""
    if output.output_type == "stream":
        return output
    text = output.get("data", {}).get("text/plain")
    if text is None:
        return None
    output.data, output.metadata = NotebookNode({"text/plain": text}), NotebookNode()
    return output
