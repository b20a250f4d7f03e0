"""Mirrored cells say what the package does, and the comparison can fail."""

import ast

import pytest

from tests.mirrors import bare, fixed, problems
from tests.page_form import page_form
from tests.pages import numbered

HEAD = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A page

```{code-cell} ipython3
import math

from dgm.densities import diagonal_normal
```

"""
CELL = """```{code-cell} ipython3
:mirrors: dgm.bounds.elbo dgm.bounds.iwae
def elbo(log_w):
    return log_w.mean(0)                  # (batch,)

def iwae(log_w):
    return log_w.logsumexp(0) - math.log(len(log_w))
```

```{code-cell} ipython3
log_p = [elbo, iwae]
```
"""
FAULTS = {
    "another reduction": ("mean(0)", "mean(1)"),
    "another default": ("def iwae(log_w)", "def iwae(log_w=0)"),
    "another order": ("logsumexp(0) - math.log(len(log_w))", "logsumexp(0)"),
    "another name": ("def elbo(", "def the_elbo("),
    "a shadowed builtin": ("import math", "import math\nlen = max"),
    "a shadowed module": ("import math\n", "import cmath as math\n"),
    "a missing import": ("import math\n", ""),
    "a hidden mirror": ("log_p = [", "elbo = ["),
    "a hidden import": ("log_p = [", "diagonal_normal = ["),
    "an unmarked twin": (":mirrors: dgm.bounds.elbo ", ":mirrors: "),
    "an unknown name": ("dgm.bounds.iwae", "dgm.bounds.mean_weight"),
    "an unknown module": ("dgm.bounds.iwae", "dgm.bound.iwae"),
}


@pytest.mark.parametrize("path", numbered(), ids=lambda path: path.stem)
def test_pages_mirror_the_package(path):
    assert problems(path.read_text("utf8")) == []


def test_a_true_page_passes():
    assert problems(HEAD + CELL) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    was, now = FAULTS[fault]
    page = HEAD + CELL
    assert was in page
    assert problems(page.replace(was, now, 1)) != []


def test_fix_writes_the_package_and_leaves_the_rest():
    page = HEAD + CELL
    assert fixed(page) == page
    broken = page.replace("mean(0)", "sum(0)")
    mended = fixed(broken)
    assert problems(broken) and not problems(mended)
    assert mended.partition("def elbo")[0] == page.partition("def elbo")[0]
    assert mended.partition("def iwae")[2] == page.partition("def iwae")[2]


ANNOTATED = '''class Model(Base):
    """Say what it is."""

    size: int = 3
    name: str

    def score(self, x: Tensor, *rest: int, scale: float = 1.0) -> Tensor:
        """Say what it does.

        With "->" in it.
        """

        y: Tensor = x * scale  # (batch,)
        return y
'''
ON_PAGE = """class Model(Base):
    size = 3

    def score(self, x, *rest, scale=1.0):
        y = x * scale  # (batch,)
        return y"""


def test_page_form_drops_annotations_and_keeps_comments():
    assert page_form(ANNOTATED) == ON_PAGE
    trees = [ast.parse(source).body[0] for source in (ANNOTATED, ON_PAGE)]
    assert bare(trees[0]) == bare(trees[1])


def test_decorators_count():
    plain, decorated = "def f(x):\n    return x", "@cache\ndef f(x):\n    return x"
    trees = [ast.parse(source).body[0] for source in (plain, decorated)]
    assert bare(trees[0]) != bare(trees[1])
