"""The first code cell of a notebook: nothing, one sentence, or the course fetched."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import types

import pytest
from submissions import ROOT, SETS

from classroom.anywhere import Repository, first_cell, main, repository
from tests.test_labs import LABS
from tests.test_structure import imports

PUBLIC = Repository("https://github.com/somebody/course", "main")
FOLDER = "exercises/ps01"
SENTENCE = "^This notebook needs the course's packages: run `make lab`"
MODULE = {"scikit-learn": "sklearn", "ipython": "IPython"}


@pytest.fixture
def missing(monkeypatch):
    """Hide the course; return what the cell asks of the system, which does nothing."""
    asked = []
    find = importlib.util.find_spec
    hidden = lambda name: None if name == "dgm" else find(name)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    monkeypatch.setattr(subprocess, "run", lambda words, check: asked.append(words))
    monkeypatch.setattr(os, "chdir", lambda folder: asked.append(folder))
    monkeypatch.setattr(os.path, "isdir", lambda folder: folder == f"course/{FOLDER}")
    monkeypatch.delenv("BINDER_REPO_URL", raising=False)
    return asked


def first_code(path):
    cells = json.loads(path.read_text("utf8"))["cells"]
    return "".join(next(c for c in cells if c["cell_type"] == "code")["source"])


def test_every_lab_and_every_set_begins_with_it():
    public = repository(ROOT)
    for lab in LABS:
        assert first_code(lab) == first_cell(public, "notebooks"), lab
    for name in SETS:
        notebook = ROOT / "exercises" / name / f"{name}.ipynb"
        assert first_code(notebook) == first_cell(public, f"exercises/{name}")


def test_where_the_course_is_installed_it_does_nothing():
    code = f"{first_cell(PUBLIC, FOLDER)}\nimport sys\n"
    code += "assert not {'dgm', 'subprocess', 'ssl'} & {*sys.modules}"
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("public", [None, PUBLIC])
def test_on_a_machine_of_ones_own_it_says_what_to_do(missing, public):
    with pytest.raises(ModuleNotFoundError, match=SENTENCE):
        exec(first_cell(public, FOLDER), {})
    assert missing == []


@pytest.mark.parametrize("service", ["Colab", "Binder"])
def test_a_service_fetches_the_public_repository(missing, monkeypatch, service):
    if service == "Colab":
        monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("colab"))
    else:
        monkeypatch.setenv("BINDER_REPO_URL", "https://github.com/else/where")
    with pytest.raises(ModuleNotFoundError, match=SENTENCE):
        exec(first_cell(None, FOLDER), {})
    exec(first_cell(PUBLIC, FOLDER), {})
    clone, install, folder = missing
    assert clone[:2] == ["git", "clone"] and clone[-3:] == [
        "main",
        PUBLIC.url,
        "course",
    ]
    assert install[:4] == [sys.executable, "-m", "pip", "install"]
    assert install[-1] == "./course" and folder == f"course/{FOLDER}"


@pytest.mark.parametrize(
    "address", ["github.com/a/b", "https://x.org", "https://x/a b/c"]
)
def test_what_git_cannot_clone_is_refused(tmp_path, address):
    (tmp_path / "_config.yml").write_text(f"repository: {{url: '{address}'}}", "utf8")
    with pytest.raises(ValueError, match="expected an address such as https://"):
        repository(tmp_path)


def test_the_setting_reaches_the_labs(tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").mkdir()
    copy = tmp_path / "notebooks" / LABS[0].name
    copy.write_bytes((ROOT / LABS[0]).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main() == 0 and copy.read_bytes() == (ROOT / LABS[0]).read_bytes()
    (tmp_path / "_config.yml").write_text(f"repository: {{url: {PUBLIC.url}/}}", "utf8")
    assert main() == 0 and first_code(copy) == first_cell(PUBLIC, "notebooks")
    assert capsys.readouterr().out == f"wrote: notebooks/{LABS[0].name}\n"


def test_the_package_asks_for_what_it_imports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    asked = {MODULE.get(name, name) for name in project["dependencies"]}
    sources = [p.read_text("utf8") for p in (ROOT / "src/dgm").rglob("*.py")]
    sources += [(ROOT / "src/classroom/check.py").read_text("utf8")]
    for lab in LABS:
        cells = json.loads(lab.read_text("utf8"))["cells"]
        sources += ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    used = {name.split(".")[0] for source in sources for name in imports(source)}
    assert used - sys.stdlib_module_names - {"dgm", "classroom"} == asked


def test_binder_reads_the_one_list():
    lines = (ROOT / "binder/requirements.txt").read_text("utf8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "-r ../requirements.txt"
    ]
    version = (ROOT / "binder/runtime.txt").read_text("utf8")
    assert re.fullmatch(r"python-3\.1[1-4]\n", version)
