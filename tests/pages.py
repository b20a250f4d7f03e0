"""The book's pages as the tests read them."""

import re
from pathlib import Path

import jupytext

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text("utf8"))


def chapters():
    """List the chapters' files, in order, without the pages that continue one."""
    starts = tuple(f"{path.stem}_" for path in numbered())
    return [path for path in numbered() if not path.stem.startswith(starts)]


def numbered():
    """List the files of chapters and of pages that continue one, NN_chapter_part."""
    return sorted(BOOK.glob("[0-9][0-9]_*.md"))


def cells(text, kind):
    """Split a page into its cells of a kind, "code" or "markdown"."""
    return [c for c in jupytext.reads(text, "md:myst").cells if c.cell_type == kind]
