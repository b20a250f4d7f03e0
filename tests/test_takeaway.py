"""What a reader takes away, and opens elsewhere: notebooks, buttons that lead on."""

import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from classroom.anywhere import Repository, first_cell
from tests.pages import ROOT

sys.path.insert(0, str(ROOT / "book/_ext"))
import buttons  # noqa: E402

CONFIG = f"""
import sys
sys.path.insert(0, {str(ROOT / "book/_ext")!r})
extensions = ["myst_nb", "living", "notebooks", "buttons"]
html_theme = "sphinx_book_theme"
html_theme_options = {{"use_download_button": False, "navbar_persistent": []}}
myst_enable_extensions = ["amsmath", "dollarmath"]
nb_execution_mode = "off"
numfig = True
suppress_warnings = ["myst-nb.lexer"]  # unknown where nothing is executed
"""
URL = "https://github.com/somebody/course"
INDEX = "# Front\n\n```{toctree}\n05_page\n```\n"
PAGE = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---
(page)=
# A page

```{living} two_kls
:alt: What "there" is to see.
:set: w=0.5
```

## A part

$$a \\\\ b$$ (eq-one)

By {eq}`eq-one`, [this page](#page) costs \\$5 and *a_b* is $a|b$. Set: `ps01`.

> As somebody said.

````{admonition} Answer
:class: dropdown
1. One, $x$.

   ```text
   kept
     as it is
   ```
2. <a href="#two_kls" data-set="w=0.5">Two</a>.
````

| a | b |
| --- | --- |
| $p(x\\|z)$ | 2 |

```{code-cell} ipython3
:mirrors: dgm.bounds.elbo
x = 1
```

```{margin}
A note.
```
"""
TEXT = """## A part

$$
\\begin{aligned}a \\\\ b\\end{aligned} \\tag{1}
$$

By eq. 1, this page costs \\$5 and *a\\_b* is $a|b$. Set: `ps01`.

> As somebody said.

<details><summary>Answer</summary>

1. One, $x$.

   ```text
   kept
     as it is
   ```
2. Two.

</details>

| a | b |
| --- | --- |
| $p(x\\vert z)$ | 2 |"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a book of two pages whose settings name a public repository."""
    folder = tmp_path_factory.mktemp("course")
    files = {
        "conf.py": CONFIG + 'math_eqref_format = "eq. {number}"\n',
        "_config.yml": f"repository: {{url: {URL}}}",
        "index.md": INDEX,
        "05_page.md": PAGE,
        "notebooks/05_page_lab.ipynb": "",
        "exercises/ps01/ps01.ipynb": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf8")
    command = "-m sphinx -W -D exclude_patterns=notebooks,exercises . _build/html"
    command = [sys.executable, *command.split()]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "_build/html"


@pytest.mark.slow
def test_a_page_becomes_plain_markdown(site):
    notebook = nbformat.read(site / "05_page.ipynb", as_version=4)
    nbformat.validate(notebook)
    title, bring, figure, text, code, note = notebook.cells
    assert title.source == "# A page" and note.source == "> A note."
    assert bring.source == first_cell(Repository(URL, "main"), ".")
    assert text.source == TEXT and code.source == "x = 1"
    shown = figure.outputs[0].data["text/markdown"]
    assert shown.endswith('What "there" is to see.')
    figure.source += ".w"
    fresh = nbformat.v4.new_notebook(cells=[bring, figure])
    NotebookClient(fresh, timeout=60, kernel_name="python3").execute()
    assert figure.outputs[0].data["text/plain"] == "0.5"


@pytest.mark.slow
def test_buttons_lead_to_the_public_repository(site):
    page = (site / "05_page.html").read_text("utf8")
    links = re.findall(r'href="([^"]*\.ipynb)"', page)
    binder, colab = (
        "https://mybinder.org/v2/gh/somebody/course/main?urlpath=lab/tree",
        "https://colab.research.google.com/github/somebody/course/blob/main",
    )
    lab, one = "notebooks/05_page_lab.ipynb", "exercises/ps01/ps01.ipynb"
    paths = [f"{place}/{path}" for path in (lab, one) for place in (binder, colab)]
    assert links == ["05_page.ipynb", *paths]
    assert ".ipynb" not in (site / "index.html").read_text("utf8")


@pytest.mark.parametrize(
    ("url", "binder"),
    [
        ("https://gitlab.com/a/b", "gl/a%2Fb/main"),
        (
            "https://git.example.org/a/b",
            "git/https%3A%2F%2Fgit.example.org%2Fa%2Fb/main",
        ),
    ],
)
def test_colab_reads_github_alone(url, binder):
    (only,) = buttons.services(Repository(url, "main"), "x.ipynb")
    assert only["url"].startswith(f"https://mybinder.org/v2/{binder}?")


def test_without_a_repository_there_is_no_launch_button(tmp_path):
    for setting, labels in ("''", []), (URL, ["launch-buttons"]):
        (tmp_path / "_config.yml").write_text(f"repository: {{url: {setting}}}", "utf8")
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        (tmp_path / "notebooks/a_lab.ipynb").touch()
        app = SimpleNamespace(outdir=tmp_path, srcdir=tmp_path)
        context = {"header_buttons": []}
        buttons.add(app, "book/a", "page.html", context, doctree=object())
        assert [b["label"] for b in context["header_buttons"]] == labels
