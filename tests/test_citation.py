"""How to cite the course: one name and one version wherever they stand."""

import tomllib

import yaml

from tests.pages import BOOK, ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
REQUIRED = {"cff-version", "message", "title", "authors"}  # by the schema 1.2.0
OTHERS = {"type", "version", "date-released", "license", "abstract", "keywords"}


def test_the_citation_has_what_its_form_requires():
    assert REQUIRED <= set(CITATION) <= REQUIRED | OTHERS
    assert CITATION["cff-version"] == "1.2.0" and CITATION["type"] == "software"
    assert [set(author) for author in CITATION["authors"]] == [{"name"}]


def test_name_and_version_agree():
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    page = (BOOK / "references.md").read_text("utf8")
    changes = (ROOT / "CHANGELOG.md").read_text("utf8")
    version, title = CITATION["version"], CITATION["title"]
    assert version == package["version"]
    assert page.count(f"Version {version}") == 2
    assert f"\n## [{version}] - {CITATION['date-released']}\n" in changes
    assert (ROOT / "README.md").read_text("utf8").startswith(f"# {title}\n")
    assert page.count(title) == 2
