"""Find decimal numbers that somebody typed into a page's prose.

Such a number was measured once, and goes on standing there when the code has moved on.
So it must be glued from a cell (`{glue:text}`), or stand in the page's code too, or be
listed in `numbers_in_prose.txt`, with the reason why it cannot rot.
"""

import math
import re
from collections import defaultdict

from tests.pages import cells

DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?!\.?\d)")
BLOCK = re.compile(r"^(`{3,}|~{3,})(\{?)[^\n]*\n(.*?)^\1$", re.M | re.S)
FENCE = re.compile(r"^:{3,}.*$", re.M)
INLINE_CODE = re.compile(r"(`+)(?:[^`\n]|\n(?!\n))+?\1")  # roles too
POINTER = re.compile(
    r"\b(section|appendix|figure|table|version|Python|CC BY) \d+\.\d+", re.I
)


def prose(text):
    """Return what a reader reads of a page: text, captions, descriptions, formulas."""
    parts = [cell.source for cell in cells(text, "markdown")]
    for cell in cells(text, "code"):
        options = cell.metadata.get("mystnb", {})
        parts.append(str(options.get("image", {}).get("alt", "")))
        parts.append(str(options.get("figure", {}).get("caption", "")))
    # what a directive holds is prose, what a fence without a name holds is code
    text = BLOCK.sub(lambda m: m[3] if m[2] else "", "\n\n".join(parts))
    for unread in (FENCE, INLINE_CODE, POINTER):
        text = unread.sub("", text)
    return text


def decimals(text):
    """List the decimal numbers in a page's prose."""
    return DECIMAL.findall(prose(text))


def loose_numbers(text, allowed):
    """List the numbers in prose that neither the page's code nor a row vouches for."""
    code = "\n".join(cell.source for cell in cells(text, "code"))
    known = {*DECIMAL.findall(code), *allowed}
    return [number for number in decimals(text) if number not in known]


def rows(table):
    """Read `page | number | reason`, a row a line."""
    lines = [line for line in table.splitlines() if line and line[0] != "#"]
    return [[field.strip() for field in line.split("|", 2)] for line in lines]


def exceptions(table):
    """Map each page to the numbers that its rows allow."""
    allowed = defaultdict(list)
    for page, number, _ in rows(table):
        allowed[page].append(number)
    return allowed


def stale_exceptions(table, pages):
    """List the rows whose number is gone, or is not what its expression says.

    A reason that begins with `=` is an expression in the names of `math`; it must
    round to the number.
    """
    stale = []
    for page, number, reason in rows(table):
        digits = len(number.partition(".")[2])
        gone = number not in decimals(pages.get(page, ""))
        wrong = reason.startswith("=") and number != (
            f"{eval(reason[1:], vars(math).copy()):.{digits}f}"
        )
        if gone or wrong:
            stale.append(f"{page}: {number}, {reason}")
    return stale
