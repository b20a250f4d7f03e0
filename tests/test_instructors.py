"""The instructors' page against the files that it speaks of: nothing there is stale."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from submissions import SETS

from classroom.__main__ import parser
from classroom.check import judge
from classroom.question import load
from classroom.source import read_source
from dgm.figures.states import FIGURES
from tests.pages import BOOK, ROOT, chapters

PAGE = (BOOK / "instructors.md").read_text("utf8")
README = (ROOT / "README.md").read_text("utf8")
CHAPTERS = {path.stem[:2]: path for path in chapters()}
LABS = [path.name for path in sorted((ROOT / "notebooks").glob("*_lab.ipynb"))]
WORDS = dict(enumerate("no one two three four five six seven eight nine ten eleven "
                       "twelve thirteen fourteen fifteen sixteen".split()))  # fmt: skip
SCRIPTS = {
    text[:2]: text for text in re.split(r"^### |^\(a-class", PAGE, flags=re.M)[1:-1]
}
LINKS = re.findall(r'href="(\w+)\.html#([\w-]+)\?([^"]+)"', PAGE)
of_every_chapter = pytest.mark.parametrize("number", CHAPTERS)


def heads(name):
    """Read the minutes of a set's questions off their heads."""
    text = (ROOT / "solutions" / name / f"{name}.md").read_text("utf8")
    return [int(m) for m in re.findall(r"^## \d+\. .* (\d+) minutes\)$", text, re.M)]


def figures(page):
    """Map the id of each living figure on a page to its name."""
    boxes = re.findall(r"^```\{living\} (\w+)\n(.*?)^```", page, re.M | re.S)
    own = {name: re.search(r"^:id: (\S+)", options, re.M) for name, options in boxes}
    return {match[1] if match else name: name for name, match in own.items()}


def misfit(page, box, state):
    """Say what a prepared link asks for that its figure has not; "" if nothing."""
    path = BOOK / f"{page}.md"
    name = figures(path.read_text("utf8")).get(box) if path.exists() else None
    if not name:
        return f"no figure {box} in {page}"
    for key, value in parse_qsl(state):
        limits = FIGURES[name].range.get(key)
        if not limits:
            return f"{name} has no {key}"
        known = isinstance(limits[0], str)
        fits = value in limits if known else limits[0] <= float(value) <= limits[1]
        if not fits:
            return f"{key}={value} is out of range"
    return ""


def test_the_counts_in_prose_are_those_of_the_files():
    n = WORDS[len(CHAPTERS)], WORDS[len(LABS)], WORDS[len(SETS)]
    assert "{} chapters, {} labs and {} problem sets".format(*n).capitalize() in README
    coverage = (BOOK / "coverage.md").read_text("utf8")
    assert f"{n[0]} chapters and {n[2]} problem sets are here so far" in coverage


def test_every_lab_and_set_is_in_the_tables():
    how = (BOOK / "how-to-use.md").read_text("utf8")
    assert re.findall(r"^\| `notebooks/(.*?)`", how, re.M) == LABS
    assert sorted(set(re.findall(r"\(notebooks/(.*?)\)", README))) == LABS
    assert sorted(set(re.findall(r"\(exercises/(ps\d+)/", README))) == SETS
    assert sorted(set(re.findall(r"`(ps\d+)`, ", PAGE))) == SETS


@pytest.mark.parametrize("name", SETS)
def test_a_sets_minutes_are_everywhere_the_same(name):
    minutes = heads(name)
    text = (ROOT / "solutions" / name / f"{name}.md").read_text("utf8")
    about = int(re.search(r"About (\d+) minutes", text)[1])
    assert abs(about - sum(minutes)) <= 5
    said = re.findall(rf"\[{name}\]\([^)]*\)([^|]*)", README)
    assert said and {s.strip() for s in said} == {f", {about} min"}
    assert {int(m) for m in re.findall(rf"`{name}`, (\d+) min", PAGE)} <= {about}
    parts = re.findall(rf"`{name}`, questions (\d) to (\d), (\d+) min", PAGE)
    for first, last, m in parts:
        assert abs(sum(minutes[int(first) - 1 : int(last)]) - int(m)) <= 5


@of_every_chapter
def test_a_chapters_minutes_are_those_of_its_page(number):
    text = CHAPTERS[number].read_text("utf8")
    label = re.search(r"^\(([\w-]+)\)=$", text, re.M)[1]
    time = re.search(r"Time: (\d+) minutes", text)[1]
    said = re.findall(rf"\(#{label}\)[^|]*?, (\d+) min", PAGE)
    assert said and set(said) == {time}


@of_every_chapter
def test_every_exercise_has_its_minute(number):
    """In the page's order, with its own time, and a link to a place just before it."""
    text = CHAPTERS[number].read_text("utf8")
    asked = re.findall(
        r"^\(([\w-]+)\)=$|^:::\{admonition\} Your turn, (\d+) ", text, re.M
    )
    here, places = None, []
    for label, minutes in asked:
        here = label or here
        places += [] if label else [(minutes, here)]
    said = re.findall(r"\[\*Your turn\*, (\d+) min\]\(#([\w-]+)\)", SCRIPTS[number])
    assert said == places
    starts = [int(m) for m in re.findall(r"^\| (\d+) \|", SCRIPTS[number], re.M)]
    assert starts == sorted(set(starts)) and starts[0] == 0 and starts[-1] < 72


@pytest.mark.parametrize("link", LINKS, ids=lambda link: f"{link[0]}-{link[2]}")
def test_a_prepared_link_fits_its_figure(link):
    assert misfit(*link) == ""


def test_every_figure_is_projected_and_a_link_that_does_not_fit_is_found():
    shown = {(page, box) for page, box, _ in LINKS}
    have = {
        (p.stem, box) for p in CHAPTERS.values() for box in figures(p.read_text("utf8"))
    }
    assert have <= shown and "no figure" in misfit("05_jensen", "jensen", "w=0.5")
    assert misfit("05_jensen", "inflate", "nu=0") and misfit("99_none", "inflate", "")
    assert misfit("05_jensen", "inflate", "mu=9") == "mu=9 is out of range"


def test_the_commands_are_the_courses_own():
    commands = re.findall(r"`\.venv/bin/python -m classroom ([^`]+)`", PAGE)
    assert len(commands) == 2
    for command in commands:
        assert parser().parse_args(command.split()).do


def test_the_example_of_a_question_is_released_and_judged(tmp_path):
    """The page's two pieces, put where it says, make a set that is whole."""
    text = re.search(r"^````text\n(.*?)^````$", PAGE, re.M | re.S)[1]
    truth = re.search(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)[1]
    folder = tmp_path / "ps01"
    folder.mkdir()
    for suffix, more in ((".md", text), (".py", f"{truth}\nQUESTIONS.append(to_bits)")):
        old = Path(ROOT, "solutions/ps01/ps01").with_suffix(suffix).read_text("utf8")
        (folder / f"ps01{suffix}").write_text(f"{old}\n{more}\n", "utf8")
    questions = load(folder)
    read_source(folder / "ps01.md", questions)
    to_bits, sheet = questions[-1], questions[-1].sheet(1)
    answers = [*to_bits.answers, *to_bits.mistakes]
    verdicts = [judge(to_bits.numbers(f, sheet["cases"]), sheet) for f in answers]
    assert [verdict.right for verdict in verdicts] == [True, True, False]
