"""What anyone may rely on: imports point one way, files are small, nothing leaks."""

import ast
import graphlib
import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.pages import ROOT

SRC = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): (
        path
    )
    for path in sorted(SRC.rglob("*.py"))
}
ONLY = {
    "matplotlib": ("dgm.plotting",),
    "anywidget": ("dgm.figures",),
    "ipywidgets": ("dgm.figures",),
    "traitlets": ("dgm.figures", "classroom"),  # nbgrader's converters are Traits
}


def tracked(pattern):
    """List the files that git keeps, or would keep, of a pattern."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", pattern]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


def imports(source):
    """List the dotted names that a source imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "write `from dgm.module import name`, from the top"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def layers(readme):
    """Read the table file -> layer between the README's two `layers` marks.

    A row is `| 2 | quadrature, posteriors, bounds |`, names in backticks or not.
    """
    block = re.search(r"<!-- layers -->(.*?)<!-- /layers -->", readme, re.S)
    assert block, "README.md: put the table of layers between <!-- layers --> marks"
    rows = re.findall(r"^\| *(\d+) *\|([^|]*)\|", block[1], re.M)
    return {name: int(n) for n, names in rows for name in re.findall(r"\w+", names)}


def climbs(sources, layer):
    """List the imports inside dgm that point up: (module, what it imports)."""
    return [
        (module, name)
        for module, source in sources.items()
        for name in imports(source)
        if name.startswith("dgm.") and layer[part(name)] > layer[part(module)]
    ]


def part(dotted):
    """Name the file or folder directly under dgm that a dotted name lies in."""
    return dotted.split(".")[1]


def sources(package):
    """Map each module of a package, without its root, to its text."""
    return {
        module: path.read_text("utf8")
        for module, path in MODULES.items()
        if module.startswith(f"{package}.")
    }


def test_imports_point_down():
    layer = layers((ROOT / "README.md").read_text("utf8"))
    assert set(layer) == {part(module) for module in sources("dgm")}
    assert climbs(sources("dgm"), layer) == []


def test_a_climbing_import_is_found():
    layer = layers("<!-- layers -->\n| 0 | `nets` |\n| 2 | bounds |\n<!-- /layers -->")
    assert layer == {"nets": 0, "bounds": 2}
    down = {"dgm.bounds": "from dgm.nets import mlp"}
    up = {"dgm.nets": "def f():\n    from dgm.bounds import elbo"}
    assert not climbs(down, layer)
    assert climbs(up, layer) == [("dgm.nets", "dgm.bounds.elbo")]


def test_imports_have_no_cycle():
    graph = {module: set() for module in MODULES}
    for module, path in MODULES.items():
        for name in imports(path.read_text("utf8")):
            home = name if name in MODULES else name.rpartition(".")[0]
            if home in MODULES and home != module:
                graph[module].add(home)
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("library", ONLY)
def test_a_library_has_its_place(library):
    for module, path in MODULES.items():
        used = {name.split(".")[0] for name in imports(path.read_text("utf8"))}
        assert library not in used or module.startswith(ONLY[library]), module


def test_the_two_packages_do_not_know_each_other():
    for package, other in [("dgm", "classroom"), ("classroom", "dgm")]:
        for module, source in sources(package).items():
            used = {name.split(".")[0] for name in imports(source)}
            assert other not in used, f"{module} imports {other}"


def test_the_root_of_dgm_exports_nothing():
    tree = ast.parse(MODULES["dgm"].read_text("utf8"))
    assert ast.get_docstring(tree) and len(tree.body) == 1


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_and_documented(module):
    source = MODULES[module].read_text("utf8")
    assert len(source.splitlines()) <= 200
    for node in [ast.parse(source), *ast.parse(source).body]:
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            name = getattr(node, "name", module)
            assert name.startswith("_") or ast.get_docstring(node), name


def test_notebooks_are_stored_without_outputs():
    for path in tracked("*.ipynb"):
        for cell in json.loads(path.read_text("utf8"))["cells"]:
            assert not cell.get("outputs") and not cell.get("execution_count"), path


def test_no_path_of_one_machine():
    alone = re.compile(r"(?<![\w./])/(work|root|home|tmp|Users)/\w")
    for path in tracked("."):
        if "vendor" not in path.parts:
            assert not alone.search(path.read_text("utf8", errors="ignore")), path


@pytest.mark.parametrize("path", tracked("*.md"), ids=lambda path: path.name)
def test_links_between_files_resolve(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf8"), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        file = link.partition("#")[0]
        if file and not re.match(r"https?:|mailto:", file):
            assert (path.parent / file).exists(), f"{path.name}: {link}"


def test_mathjax_is_as_it_was_published():
    folder = ROOT / "book/_assets/vendor/mathjax"
    sums = dict(
        reversed(line.split("  "))
        for line in (folder / "SHA256SUMS").read_text("utf8").splitlines()
    )
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files - {"SHA256SUMS"} == set(sums)
    for name, digest in sums.items():
        content = Path(folder, name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
