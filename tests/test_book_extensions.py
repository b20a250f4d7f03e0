"""The book's own Sphinx extensions, on a book of two pages."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy
import pytest
import torch
from PIL import Image

from dgm.plotting.curves import plot_lines
from tests.pages import ROOT

sys.path.insert(0, str(ROOT / "book/_ext"))
import small_images  # noqa: E402

pytestmark = pytest.mark.slow
CONFIG = f"""
import sys
sys.path.insert(0, {str(ROOT / "book/_ext")!r})
extensions = ["myst_nb", "execution", "living", "mirrored"]
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # unknown where nothing is executed
"""
INDEX = "# Front\n\n```{toctree}\npage\n```\n"
PAGE = """# A page

```{living} jensen
:alt: What "there" is to see.
```

```{living} jensen
:alt: The same, elsewhere.
:id: again
:set: z1=1.5&w=0.5
```

```{code-cell} ipython3
:mirrors: dgm.bounds.elbo dgm.bounds.iwae
x = 1
```
"""
FAULTS = {
    "```{living} jensens\n:alt: A figure.\n```": "got 'jensens', expected one of",
    "```{living} jensen\n```": "write :alt:",
    "```{living} jensen\n:alt: A.\n:set: mu=1\n```": "got 'mu', expected one of z1",
    "```{living} jensen\n:alt: A.\n:set: w=wide\n```": "got w=wide, expected a number",
    "```{living} jensen\n:alt: A.\n:set: w=2\n```": "expected a number from 0 to 1",
}


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a small book: exit status, errors."""

    def run(page):
        (tmp_path / "conf.py").write_text(CONFIG, "utf8")
        (tmp_path / "index.md").write_text(INDEX, "utf8")
        head = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n"
        (tmp_path / "page.md").write_text(head + page, "utf8")
        command = "-m sphinx --fail-on-warning --keep-going . out".split()
        command = [sys.executable, *command]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stderr

    return run


def test_a_page_gets_its_figures_and_no_other_page_does(build, tmp_path):
    status, errors = build(PAGE)
    assert (status, errors) == (0, "")
    page = (tmp_path / "out/page.html").read_text("utf8")
    assert "living/" not in (tmp_path / "out/index.html").read_text("utf8")
    assert len(re.findall(r'"_static/living/jensen\.js', page)) == 1
    assert len(re.findall(r'"_static/living/host\.js', page)) == 1
    assert "What &quot;there&quot; is to see." in page
    states = re.findall(r'<script type="application/json">(.*?)</script>', page)
    first, second = map(json.loads, states)
    assert second == first | {"z1": 1.5, "w": 0.5} != first
    words = re.sub("<[^>]*>", "", page)
    assert "from dgm.bounds import elbo, iwae" in words


def test_a_wrong_figure_stops_the_build_with_a_sentence(build):
    for _ in range(2):  # the second time too, although nothing has changed
        status, errors = build("# A page\n\n" + "\n\n".join(FAULTS))
        assert status != 0
        for sentence in FAULTS.values():
            assert sentence in errors


def test_pictures_get_smaller_and_stay_what_they_are(tmp_path):
    folder = tmp_path / "_images"
    folder.mkdir()
    x = torch.linspace(0, 6, 100)
    figure = plot_lines(x, {"sine": x.sin()}, {"sine": "q"}, xlabel="x")
    figure.savefig(folder / "figure.png")
    before = (folder / "figure.png").stat().st_size
    drawn = numpy.asarray(Image.open(folder / "figure.png").convert("RGB")).astype(int)
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    small_images.shrink(app, None)
    after = numpy.asarray(Image.open(folder / "figure.png").convert("RGB")).astype(int)
    assert (folder / "figure.png").stat().st_size < 0.7 * before
    assert abs(after - drawn).max() <= 16  # of 255
    assert [path.name for path in folder.iterdir()] == ["figure.png"]
