"""Turn the source of a definition into the text that stands on a page."""

import ast
import re
import subprocess
import sys

FORMAT = "-m ruff format --isolated --line-length 75 --config".split()
COMPACT = "format.skip-magic-trailing-comma=true"


def source_of(source, node):
    """Return the lines of a top-level definition, its decorators included."""
    first = min([node, *node.decorator_list], key=lambda n: n.lineno).lineno
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def page_form(source):
    """Take docstrings and annotations out of a definition, keep its comments."""
    text = source.encode()
    for begin, end in sorted(unwanted(text), reverse=True):
        text = text[:begin] + text[end:]
    command = [sys.executable, *FORMAT, COMPACT, "-"]
    done = subprocess.run(command, input=text, capture_output=True, check=True)
    return done.stdout.decode().strip()


def unwanted(text):
    """Yield where the parts that a page leaves out begin and end, in bytes."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:i])) for i in range(len(lines))]

    def begin(node):
        return starts[node.lineno - 1] + node.col_offset

    def end(node):
        return starts[node.end_lineno - 1] + node.end_col_offset

    def line(node):  # with its indentation and the blank lines below
        below = re.compile(rb"\s*\n").match(text, end(node))
        return starts[node.lineno - 1], below.end()

    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.arg(annotation=ast.expr() as note):
                yield begin(node) + len(node.arg.encode()), end(note)
            case ast.AnnAssign(value=None):
                yield line(node)
            case ast.AnnAssign(target=target, annotation=note):
                yield end(target), end(note)
            case ast.FunctionDef(returns=ast.expr() as note):
                yield text.rindex(b"->", 0, begin(note)), end(note)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and len(node.body) > 1:
            if ast.get_docstring(node) is not None:
                yield line(node.body[0])
