"""Compare the cells marked `:mirrors: dgm.module.name` with the package.

    python -m tests.mirrors          says what differs
    python -m tests.mirrors --fix    writes the package's definitions into the pages

Equal means: the same syntax tree without docstrings, comments and annotations, and
every free name is the very object that the package uses there.
"""

import argparse
import ast
import builtins
import copy
import difflib
import importlib
import inspect
import os
import symtable
import sys

from tests.page_form import page_form, source_of
from tests.pages import ROOT, cells, numbered

DEFINITION = ast.FunctionDef | ast.ClassDef


def definition(tree, name):
    """Find a function or class by name at the top of a module or cell, or None."""
    found = (n for n in tree.body if isinstance(n, DEFINITION) and n.name == name)
    return next(found, None)


def bare(node):
    """Write a definition as a page does: no docstrings, annotations, comments."""
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            part.annotation = None
        if isinstance(part, ast.FunctionDef):
            part.returns = None
        if isinstance(part, DEFINITION):
            if ast.get_docstring(part) is not None:
                part.body = part.body[1:]
            part.body = [s for s in map(unannotated, part.body) if s] or [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(node))


def unannotated(statement):
    """Turn `x: int = 3` into `x = 3`, and a bare `x: int` into nothing."""
    if not isinstance(statement, ast.AnnAssign):
        return statement
    return statement.value and ast.Assign([statement.target], statement.value)


def free_names(node):
    """Collect the names that a definition looks up outside itself."""
    tables = [symtable.symtable(bare(node), "page", "exec")]
    for table in tables:
        tables += table.get_children()
    symbols = (s for table in tables for s in table.get_symbols())
    return {s.get_name() for s in symbols if s.is_global() and s.is_referenced()}


def assigned(source):
    """Collect the names that a cell binds other than by import."""
    symbols = symtable.symtable(source, "page", "exec").get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned()}


def public_names():
    """Map the name of each public definition in dgm to its dotted name."""
    names = {}
    for path in sorted((ROOT / "src/dgm").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for node in ast.parse(path.read_text("utf8")).body:
            if isinstance(node, DEFINITION) and not node.name.startswith("_"):
                names[node.name] = f"{module}.{node.name}"
    return names


def problems(text):
    """List what is wrong with a page's mirrored cells, a sentence each."""
    space, taken, found, public = dict(vars(builtins)), set(), [], public_names()
    for cell in cells(text, "code"):
        tree, dotted = ast.parse(cell.source), cell.metadata.get("mirrors", "").split()
        mirrored = {name.rpartition(".")[2] for name in dotted}
        imports = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), "page", "exec"), space)
        for name in sorted(assigned(cell.source) - mirrored):
            if name in taken:
                found.append(f"{name}: the page defines it, which hides the package's")
            elif name in public and definition(tree, name):
                found.append(f"{name}: mark the cell `:mirrors: {public[name]}`")
            space[name] = object()  # the page's own: the package has no such thing
        for name in dotted:
            found += compare(name, tree, space)
        taken |= mirrored | {
            alias.asname or alias.name.partition(".")[0]
            for node in imports
            for alias in node.names
        }
    return found


def compare(dotted, tree, space):
    """List how a cell's definition differs from the package's, and bind its name."""
    module, _, name = dotted.rpartition(".")
    try:
        package = importlib.import_module(module)
    except ImportError:
        return [f"{dotted}: there is no module {module}"]
    theirs = definition(ast.parse(inspect.getsource(package)), name)
    ours = definition(tree, name)
    if not theirs or not ours:
        where = f"the cell marked `:mirrors: {dotted}`" if theirs else module
        return [f"{dotted}: {where} does not define {name}"]
    space[name] = getattr(package, name)
    found = []
    if bare(ours) != bare(theirs):
        lines = difflib.unified_diff(
            bare(theirs).splitlines(), bare(ours).splitlines(), n=0, lineterm=""
        )
        found.append("\n".join([f"{dotted}: package (-), page (+)", *list(lines)[3:]]))
    for free in sorted(free_names(ours)):
        known = vars(package).get(free, vars(builtins).get(free))
        if free not in space or space[free] is not known:
            found.append(f"{dotted}: {free} is not the package's {free}")
    return found


def fixed(text):
    """Write the package's definitions into a page's mirrored cells that differ."""
    for cell in cells(text, "code"):
        for dotted in cell.metadata.get("mirrors", "").split():
            module, _, name = dotted.rpartition(".")
            source = inspect.getsource(importlib.import_module(module))
            theirs = definition(ast.parse(source), name)
            ours = definition(ast.parse(cell.source), name)
            if ours and theirs and bare(ours) != bare(theirs):
                now = page_form(source_of(source, theirs))
                text = text.replace(source_of(cell.source, ours), now)
    return text


def main():
    """Report, or mend, every chapter; exit status 1 if something is left to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true", help="write the pages")
    fix, left = parser.parse_args().fix, False
    for path in numbered():
        text = path.read_text("utf8")
        if fix and fixed(text) != text:
            path.with_suffix(".tmp").write_text(fixed(text), "utf8")
            os.replace(path.with_suffix(".tmp"), path)
            print(f"{path.name}: written")
        for problem in problems(path.read_text("utf8")):
            left = True
            print(f"{path.name}: {problem}")
    return int(left)


if __name__ == "__main__":
    sys.exit(main())
