"""The first code cell of every notebook: it brings the course where it is missing.

    python -m classroom.anywhere     writes it into the labs, from the course's folder

Where the course is installed, the cell does nothing. On Colab and Binder it fetches
the repository that `_config.yml` names; elsewhere, or where none is named, it stops
with one sentence. `classroom.release` puts it into each problem set, the book into each
notebook that it offers.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import yaml

ADDRESS = r"https://[\w.-]+(/[\w.~-]+){2,}"
START = """\
# Where the course is installed, this cell does nothing.
import importlib.util
import os

if importlib.util.find_spec("dgm") is None:
"""
STOP = """\
raise ModuleNotFoundError(
    "This notebook needs the course's packages: run `make lab` in the course's "
    "folder, or `pip install -r requirements.txt` and `pip install -e .` there."
)
"""
FETCH = """\
    import subprocess
    import sys

    if "google.colab" not in sys.modules and "BINDER_REPO_URL" not in os.environ:
{stop}
    clone = "git clone --quiet --depth 1 --branch {branch} {url} course"
    install = "-m pip install --quiet ./course"  # what is there already, stays
    if not os.path.isdir("course"):
        subprocess.run(clone.split(), check=True)
    subprocess.run([sys.executable, *install.split()], check=True)
    importlib.invalidate_caches()

if os.path.isdir("course/{folder}"):  # after a restart too
    os.chdir("course/{folder}")  # to the files beside this notebook
"""


@dataclass(frozen=True)
class Repository:
    """Where the public can find the course: an address and a branch."""

    url: str
    branch: str


def repository(root: Path) -> Repository | None:
    """Read the one setting, `repository` of _config.yml; None where it names nothing.

    Raises:
        ValueError: where it is no address that git can clone from.
    """
    path = root / "_config.yml"
    config = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
    named = config.get("repository") or {}
    url = (named.get("url") or "").removesuffix("/").removesuffix(".git")
    if not url:
        return None
    branch = named.get("branch") or "main"
    if not (re.fullmatch(ADDRESS, url) and re.fullmatch(r"[\w./-]+", branch)):
        raise ValueError(
            f"_config.yml: got the repository {url!r} with branch {branch!r}, "
            "expected an address such as https://github.com/somebody/course"
        )
    return Repository(url, branch)


def first_cell(public: Repository | None, folder: str) -> str:
    """Write the cell's source.

    Args:
        public: the public repository, or None.
        folder: the notebook's own, in the repository.
    """
    if public is None:
        return START.replace("import os\n", "") + indent(STOP, 4 * " ").rstrip()
    stop = indent(STOP, 8 * " ").rstrip()
    values = {"stop": stop, "branch": public.branch, "url": public.url}
    return START + FETCH.format(folder=folder, **values).rstrip()


def refresh(lab: Path, source: str) -> bool:
    """Put the cell into a lab, which has one already; say whether it has changed."""
    before = lab.read_text("utf-8")
    notebook = json.loads(before)
    cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    if "find_spec" not in "".join(cell["source"]):
        raise ValueError(f"{lab}: expected its first code cell to look for the course")
    lines = source.splitlines(keepends=True)
    cell["source"] = lines if isinstance(cell["source"], list) else source
    after = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    lab.write_text(after, "utf-8", newline="\n")
    return after != before


def main() -> int:
    """Write the cell into every lab."""
    root = Path.cwd()
    try:
        source = first_cell(repository(root), "notebooks")
        for lab in sorted(root.glob("notebooks/*_lab.ipynb")):
            if refresh(lab, source):
                print(f"wrote: {lab.relative_to(root)}")
    except ValueError as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
