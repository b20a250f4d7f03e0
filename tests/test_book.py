"""The built book, opened from disk in a browser without a network."""

import re
import sys
from collections import Counter
from html import escape, unescape
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from pypdf import PdfReader
from submissions import SETS, secret_lines, written_answers

from tests.figure_page import settle
from tests.pages import BOOK, ROOT, chapters, numbered

sys.path.insert(0, str(ROOT / "book/_ext"))
import pdf  # noqa: E402
from licences import PACKAGES  # noqa: E402

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]
FAULTS = (ROOT / "tests/page_faults.js").read_text("utf8")
KILOBYTES = 300
SLIDERS = "input[type=range], [role=slider]:not([aria-disabled=true])"
FAULTY = {
    "raw TeX": "the mean $x$ of it",
    "no alt text": '<img src="data:,">',
    "px wide, the screen": '<div style="width: 5000px">wide</div>',
    "a cell warns": '<div class="stderr">UserWarning</div>',
    "a cell shows": '<div class="cell_output"><pre>&lt;a.B at 0x7f&gt;</pre></div>',
    "wider than its column": f"<pre style='overflow: auto'>{'x' * 500}</pre>",
    "a widget": '<script type="application/vnd.jupyter.widget-view+json"></script>',
    "formulas, 0 typeset": '<span class="math">x</span>',
    "MathJax": r'<span class="math">\(\nomacro{x}\)</span>',
}
MATHJAX = ROOT / "book/_assets/vendor/mathjax/tex-mml-chtml.js"
STATE = "f => f.model.address().split('?')[1]"
DRAWING = "f => [...f.querySelectorAll('svg')].map((n) => n.outerHTML).join()"
COMMON = {  # lines that a chapter has too, and which give nothing away
    "p = log_p.exp()",
    "for _ in range(60):",
    "return log_lik.logsumexp(0) - math.log(len(log_lik))",
}
READOUT = """s => [s.value, s.ariaValueText, s.ariaValueNow,
    s.closest('label')?.querySelector('output')?.textContent].join()"""


def test_a_page_is_whole(visit):
    for _ in range(20):  # on a slow machine it is a while until all has its place
        faults = visit.page.evaluate(FAULTS, {"wide": True})
        if not faults:
            break
        visit.page.wait_for_timeout(100)
    faults += visit.complaints
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_planted_fault_is_seen(watched, tmp_path, fault):
    page, _ = watched()
    load = f'<script src="{MATHJAX.as_uri()}"></script>'
    body = f'<div class="bd-article">{FAULTY[fault]}</div>'
    (tmp_path / "page.html").write_text(load + body, "utf8")
    page.goto((tmp_path / "page.html").as_uri())
    page.evaluate("() => MathJax.startup.promise.then(() => null)")
    faults = page.evaluate(FAULTS, {"wide": True})
    assert len(faults) == 1 and fault in faults[0]


def test_a_page_fits_a_phone_in_the_dark(phone):
    faults = phone.page.evaluate(FAULTS, {"wide": False}) + phone.complaints
    assert not faults, "\n".join(faults)
    assert phone.page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.fixture
def moved(visit):
    """A visit whose figures are put back afterwards."""
    figures = visit.page.locator("[data-living]").all()
    states = [figure.evaluate(STATE) for figure in figures]
    yield visit
    for figure, state in zip(figures, states, strict=True):
        figure.evaluate("(f, state) => f.model.take(state)", state)


def test_every_slider_moves_its_figure(moved):
    page = moved.page
    for figure in page.locator("[data-living]").all():
        sliders = figure.locator(SLIDERS).all()
        assert sliders, "a living figure needs something to move by keyboard"
        for slider in sliders:
            slider.focus()
            before = figure.evaluate(DRAWING), slider.evaluate(READOUT)
            page.keyboard.press("ArrowLeft")
            page.keyboard.press("ArrowLeft")
            settle(page)
            after = figure.evaluate(DRAWING), slider.evaluate(READOUT)
            assert before[0] != after[0] and before[1] != after[1]
    assert moved.complaints == []


def test_links_in_the_text_move_their_figure(moved):
    page = moved.page
    for link in page.locator("a[data-set]").all():
        figure = page.locator(link.get_attribute("href"))
        before = figure.evaluate(DRAWING)
        link.click()
        settle(page)
        assert figure.evaluate(DRAWING) != before, link.get_attribute("data-set")
    assert moved.complaints == []


def test_a_page_is_light(visit):
    parts = re.compile(r"/_images/|/_static/living/")
    own = [visit.page.url.partition("#")[0], *filter(parts.search, visit.loaded)]
    sizes = {url: Path(unquote(urlsplit(url).path)).stat().st_size for url in own}
    assert sum(sizes.values()) < KILOBYTES * 1000, sizes


def test_the_front_door_opens(html, watched):
    page, complaints = watched()
    page.goto((html / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    assert (
        page.locator(".bd-article h1").inner_text().startswith("Deep Generative Models")
    )
    assert complaints == []


def what_pages_hold():
    """Count what the finder must list, in the pages' own text."""
    marks = {
        "living-figures": r"^```\{living\} ",
        "your-turn": r"^:::\{admonition\} Your turn",
        "figures-with-a-number": r"figure: \{name: |^  +figure:$|^```\{figure\} ",
        "functions-of-the-package": r"\bdgm(?:\.\w+)+(?= |$)",
    }
    text = "\n".join(path.read_text("utf8") for path in sorted(BOOK.glob("*.md")))
    mirrored = "\n".join(re.findall(r"^:mirrors: (.*)$", text, re.M))
    return {
        name: len(re.findall(mark, mirrored if "package" in name else text, re.M))
        for name, mark in marks.items()
    }


def test_the_finder_lists_all_that_the_pages_hold(html, watched):
    page, complaints = watched()
    page.goto((html / "book/finder.html").as_uri())
    listed = {
        name: page.locator(f"section#{name} dl.finder li a").count()
        for name in what_pages_hold()
    }
    assert listed == what_pages_hold() and min(listed.values()) > 10
    page.locator("section#your-turn dl.finder a").nth(3).click()
    page.wait_for_url(re.compile("#your-turn-"))
    title = page.locator(".admonition:target > .admonition-title").inner_text()
    assert title.startswith("Your turn") and complaints == []


@pytest.mark.parametrize("name", ["05_jensen", "how-to-use"])  # with formulas, without
def test_the_notation_opens_beside_the_text(html, watched, name):
    page, complaints = watched(width=390, height=844)
    page.goto((html / f"book/{name}.html").as_uri())
    button = page.locator(".notation-button")
    button.focus()
    page.keyboard.press("Enter")
    page.locator(".notation-body[data-ready] mjx-container").first.wait_for()
    row = page.locator(".notation-body tr", has_text="log-evidence")
    assert row.locator("code").inner_text() == "log_evidence"
    assert page.locator(".notation-body mjx-merror").count() == 0
    assert page.locator(".notation-body mjx-container[tabindex]").count() == 0
    assert page.evaluate("document.activeElement.className") == "notation-body"
    assert page.evaluate("document.activeElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    assert not page.locator("#notation-panel").is_visible()
    assert button.evaluate("b => b === document.activeElement") and complaints == []


def test_papers_are_named_by_author_and_year(html):
    papers = (html / "book/references.html").read_text("utf8")
    papers = re.findall(r'<div class="citation".*?</div>', papers, re.S)
    entries = [unescape(re.sub(r"<[^>]+>", "", paper)) for paper in papers]
    assert len(entries) > 30
    for entry in entries:
        assert re.search(r"^[^()]+ \((19|20)\d\d\)\. \w", entry, re.M), entry
    chapter = (html / "book/05_jensen.html").read_text("utf8")
    words = re.sub(r"<[^>]+>", "", chapter)
    assert "Burda et al. (2016)" in words and "(Burda et al., 2016)" in words


@pytest.mark.parametrize("server", [False, True], ids=["disk", "server"])
def test_search_finds_a_chapter(html, served, watched, server):
    page, complaints = watched()
    page.goto(f"{served if server else html.as_uri()}/search.html?q=entropy")
    page.locator("#search-results a", has_text=re.compile("picture")).first.wait_for()
    assert complaints == []


def test_the_network_is_cut_and_a_request_is_seen(watched, tmp_path):
    """Planted: a font and a script of other hosts, and a file that is not there."""
    urls = ("http://example.org/a.png", "https://8.8.8.8/b.png", "nothing.png")
    images = "".join(f"<img src='{url}'>" for url in urls)
    (tmp_path / "page.html").write_text(images, "utf8")
    page, complaints = watched()
    page.goto((tmp_path / "page.html").as_uri())
    for url in urls:
        assert any(c.startswith("failed: ") and c.endswith(url) for c in complaints)
    asked = [c for c in complaints if c.startswith("external")]
    assert asked == [f"external request: {url}" for url in urls[:2]]


def test_what_is_of_others_brings_its_licence(html):
    static = html / "_static"
    others = set()
    for package in PACKAGES:
        text = (static / "licences" / f"{package}.txt").read_text("utf8")
        assert "Copyright" in text and len(text) > 900, package
        files = (file.name for file in distribution(package).files)
        others |= {re.sub(r"(_t|\.jinja)$", "", name) for name in files}  # templates
    ours = {path.name for path in (ROOT / "book/_assets").rglob("*")}
    for path in static.rglob("*.*"):
        name = re.sub(r"\.[0-9a-f]{64}\.", ".", path.name)
        generated = path.parent.name in ("living", "licences")
        generated |= name in ("pygments.css", "notation-tables.js")
        assert generated or name in {*ours, *others}, f"{path}: under which licence?"
    for script in ("bootstrap", "fontawesome"):
        assert (static / f"scripts/{script}.js.LICENSE.txt").exists()
    assert (static / "vendor/mathjax/LICENSE").exists()


def test_every_link_resolves(html):
    for path in sorted((html / "book").glob("*.html")):
        for link in re.findall(r'(?:href|src)="([^"]*)"', path.read_text("utf8")):
            url = urlsplit(unescape(link))
            if url.scheme or url.netloc or url.path.startswith("data:"):
                continue
            target = path.parent / unquote(url.path) if url.path else path
            assert target.exists(), f"{path.name}: {link}"
            if url.fragment and target.suffix == ".html":
                name = re.escape(unquote(url.fragment).partition("?")[0])
                anchor = re.search(rf'\b(id|name)="{name}"', target.read_text("utf8"))
                assert anchor, f"{path.name}: {link}"


@pytest.mark.parametrize("name", [f"book/{path.stem}" for path in numbered()])
def test_a_chapter_can_be_taken_away(html, name):
    notebook = nbformat.read(html / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[:2] == ["markdown", "code"]
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    myst = re.compile(r"\{[a-z]+(:[a-z]+)?\}`|^:::|^```\{|^\([\w-]+\)=|<a ", re.M)
    assert myst.findall(text) == []
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    images = [out for out in outputs if "image/png" in out.get("data", {})]
    images += re.findall(r"!\[[^]]+\]\(data:image/svg\+xml;base64,\w{99}", text)
    page = (html / f"{name}.html").read_text("utf8")
    assert len(images) == len(re.findall(r'<img alt="[^"]*"[^>]*_images/', page))
    assert any(out.output_type == "stream" for out in outputs)
    assert page.count("data-living=") == sum(
        "figures.widgets" in c.source for c in notebook.cells
    )


def test_a_notebook_comes_by_its_button(served, watched):
    page, complaints = watched()
    page.goto(f"{served}/book/05_jensen.html")
    with page.expect_download(timeout=10_000) as download:
        page.locator(".btn-download-notebook-button").click()
    assert download.value.suggested_filename == "05_jensen.ipynb"
    assert complaints == []


def test_pages_on_paper(html, browser, tmp_path):
    names = ["book/10_vae_blur", "book/10_vae_clinic"]
    pdf.make(browser, pdf.read(html, names), tmp_path / "book.pdf")
    reader = PdfReader(tmp_path / "book.pdf")
    texts = [page.extract_text() for page in reader.pages]
    entries = re.findall(r"^(Blur|The bug).*?(\d+)$", texts[1], re.M)
    assert "Deep Generative Models" in texts[0] and len(entries) == 2
    start, end = (int(number) - 1 for _, number in entries)
    for page, title in {start: "Blur, and its", end: "The bug clinic: six"}.items():
        assert title in texts[page] and str(page + 1) in texts[page].split("\n")
    kinds = {kind for page in reader.pages[start:end] for kind in font_kinds(page)}
    assert "/Type3" in kinds  # MathJax's letters
    assert not any("\\(" in text or "\\[" in text for text in texts)
    targets = {n for page in reader.pages[start:end] for n in linked(reader, page)}
    assert targets == {end}  # the other chapters are not in this print
    titles = [mark.title for mark in reader.outline if not isinstance(mark, list)]
    assert titles[2].startswith("Blur, and its") and titles[3].startswith(
        "The bug clin"
    )


def font_kinds(page):
    """Name the kinds of the fonts of a PDF's page."""
    fonts = page["/Resources"].get("/Font", {}).values()
    return [font.get_object()["/Subtype"] for font in fonts]


def linked(reader, page):
    """Say to which pages the links of a page lead; one that leads nowhere fails."""
    notes = [note.get_object() for note in page.get("/Annots", [])]
    names = [note["/Dest"] for note in notes if "/Dest" in note]
    places = reader.named_destinations
    return [reader.get_destination_page_number(places[name]) for name in names]


def test_no_id_stands_twice_on_a_page(html):
    """A label and a figure of one name: the address would find the first of them."""
    for path in sorted((html / "book").glob("*.html")):
        ids = Counter(re.findall(r'\bid="([^"]+)"', path.read_text("utf8")))
        assert [name for name, n in ids.items() if n > 1] == [], path.name


def test_no_solution_is_published(html):
    for path in html.rglob("*.*"):
        name = path.relative_to(html)
        assert not {"solutions", "exercises", "tests"} & set(name.parts), name
        if path.suffix in {".html", ".js", ".ipynb", ".md", ".txt", ".json"}:
            shown = path.stem == "instructors"  # how one is marked, in an example
            assert shown or "### BEGIN SOLUTION" not in path.read_text("utf8"), name
    assert leaks(html) == []


def test_a_planted_solution_is_found(tmp_path):
    page, found = "<pre>a = 1\n  <b>{}</b>  # so\n</pre><p>{}</p>", set()
    (tmp_path / "clean.html").write_text(page.format("b = 2", "Nothing."), "utf8")
    for name in SETS:
        line = max(map(bare, secret_lines(name)), key=len)
        text = written_answers(name)[-1]
        for file, planted in {"code": (line, ""), "text": ("", text)}.items():
            planted = page.format(*map(escape, planted))
            (tmp_path / f"{name}-{file}.html").write_text(planted, "utf8")
            found.add(f"{name}-{file}.html")
    cell = nbformat.v4.new_code_cell(f"a = 1\n    {line}  # so\n")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "code.ipynb")
    found.add("code.ipynb")
    assert {file for file, _ in leaks(tmp_path)} == found


def leaks(folder):
    """List (page, what) for what the solutions have in common with a folder's pages."""
    lines = {bare(line) for name in SETS for line in secret_lines(name)} - COMMON
    texts = [part for n in SETS for t in written_answers(n) for part in t.split("\n\n")]
    openings = {plain(text)[:40] for text in texts if len(text) > 60}
    found = []
    for path in sorted(
        p for kind in ("html", "ipynb") for p in folder.rglob(f"*.{kind}")
    ):
        page = path.read_text("utf8")
        if path.suffix == ".ipynb":
            page = "\n".join(cell["source"] for cell in nbformat.reads(page, 4).cells)
        page = unescape(re.sub(r"<[^>]+>", "", page))
        both = lines & {bare(line) for line in page.split("\n")} - {""}
        both |= {text for text in openings if text in plain(page)}
        found += [(path.name, what) for what in sorted(both)]
    return found


def bare(line):
    """Drop a line's comment and its space."""
    return line.partition("#")[0].strip()


def plain(text):
    """Keep the letters alone, so that neither markup nor a line's end hides a text."""
    return re.sub(r"[^a-z]+", " ", text.lower()).strip()


def verdicts(html):
    """Return (line, verdict) for each line that a page's check has printed."""
    printed = re.findall(r"<pre>(.*?)</pre>", html, re.S)
    lines = unescape(re.sub(r"<[^>]+>", "", "\n".join(printed))).splitlines()
    ends = (re.search(r"\b(ok|WRONG|TOO COARSE)$", line.rstrip()) for line in lines)
    return [(line, end[1]) for line, end in zip(lines, ends, strict=True) if end]


@pytest.mark.parametrize("name", [f"book/{path.stem}" for path in chapters()])
def test_checks_pass_and_their_planted_faults_do_not(html, name):
    seen = verdicts((html / f"{name}.html").read_text("utf8"))
    assert {verdict for _, verdict in seen} == {"ok", "WRONG"}
    for line, verdict in seen:
        assert (verdict == "WRONG") == line.startswith("fault"), line
