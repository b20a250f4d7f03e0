"""The zip for a classroom with bad Wi-Fi, unpacked: read, run, nothing leaked."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from submissions import ROOT

from classroom import bundle as module
from classroom import handout
from classroom.question import Unclear
from tests.test_book import leaks
from tests.test_classroom_handout import solutions_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
RUN = ("exercises/ps01/ps01.ipynb", "notebooks/06_em_lab.ipynb")


@pytest.fixture(scope="module")
def unpacked(html, tmp_path_factory):
    """The zip's one folder; that the sets are as released is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handout, "release", lambda *a, **k: [])
        path = module.bundle(ROOT)
    to = tmp_path_factory.mktemp("stick")
    module.shutil.unpack_archive(path, to)
    (folder,) = to.iterdir()
    return folder


def test_its_readme_speaks_of_what_is_there(unpacked):
    readme = (unpacked / "README.txt").read_text("utf-8")
    assert not (unpacked / "README.md").exists() and "Unpack it first" in readme
    for named in ("site", "notebooks", "exercises", "book/how-to-use.md"):
        assert named in readme and (unpacked / named).exists()
    assert (unpacked / "site/index.html").exists()


def test_no_solution_is_in_it_and_no_word_to_the_instructor(unpacked):
    assert solutions_in(unpacked) == [] and leaks(unpacked / "site") == []
    text = (ROOT / "book/instructors.md").read_text("utf-8")
    heads = re.findall(r"^## (.{9,})$", text, re.M)
    assert len(heads) > 3
    for page in ("book/instructors.html", "searchindex.js"):
        shown = (unpacked / "site" / page).read_text("utf-8")
        assert [head for head in heads if head in shown] == [], page


@pytest.mark.browser
def test_one_click_opens_the_book(unpacked, watched):
    page, complaints = watched()
    page.goto((unpacked / "site/index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.get_by_role("link", name=re.compile("Jensen and the bound")).first.click()
    page.locator("[data-living][data-ready]").first.wait_for()
    assert complaints == []


def test_a_problem_set_and_a_lab_run_from_it(unpacked, monkeypatch):
    """As a student has them: with the folder's own packages, in one kernel."""
    monkeypatch.setenv("PYTHONPATH", str(unpacked / "src"))
    sheet, lab = (nbformat.read(unpacked / name, as_version=4) for name in RUN)
    first = next(i for i, c in enumerate(sheet.cells) if c.source.startswith("check("))
    where = f"%cd {unpacked}/notebooks\nimport classroom, dgm\nprint(dgm.__path__, "
    own = nbformat.v4.new_code_cell(where + "classroom.__path__)")
    stub = sheet.cells[first - 1]
    stub.metadata["tags"] = ["raises-exception"]
    sheet.cells = [*sheet.cells[: first + 1], own, *lab.cells]
    place = {"metadata": {"path": str(unpacked / "exercises/ps01")}}
    NotebookClient(sheet, resources=place, kernel_name="python3", timeout=120).execute()
    said = ["".join(o.get("text", "") for o in c.outputs) for c in code(sheet)]
    assert ": Not written yet: " in said[code(sheet).index(own) - 1]
    assert own.outputs[0]["text"].count(f"{unpacked}/src") == 2


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_a_book_that_cannot_be_built_leaves_the_old_zip(tmp_path, monkeypatch):
    def fails(course):
        raise Unclear("no")

    (tmp_path / "_build").mkdir()
    (tmp_path / "_build/dgm-course.zip").write_text("the old one")
    monkeypatch.setattr(module, "handout", lambda root, to: to.mkdir())
    monkeypatch.setattr(module, "build", fails)
    with pytest.raises(Unclear, match="no"):
        module.bundle(tmp_path)
    (left,) = (tmp_path / "_build").iterdir()
    assert left.read_text() == "the old one"
