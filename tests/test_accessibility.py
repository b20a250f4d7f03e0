"""The book by keyboard, by ear, enlarged, in the dark: axe-core, and what it leaves."""

from contextlib import contextmanager

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.pages import ROOT

pytestmark = pytest.mark.browser
FAULTS = (ROOT / "tests/access_faults.js").read_text("utf8")
AXE = """async (how) => {
    const place = how.runOnly ? window.kinds : document.fullscreenElement ?? document;
    const { violations } = await axe.run(place, { preload: false, ...how });
    return violations.filter((v) => /serious|critical/.test(v.impact))
        .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 120)}`));
}"""
RULES = {
    "color-contrast": {"enabled": False},  # seconds a page: see `axe_contrast`
    "label-content-name-mismatch": {"enabled": True},
}
LAY_OPEN = """() => {
    const still = document.head.appendChild(document.createElement("style"));
    still.textContent = "*, ::before, ::after { transition: none !important; }";
    const closed = ".toggle-button-hidden, details:not([open]) > summary";
    const opened = [...document.querySelectorAll(closed)], { theme } =
        document.documentElement.dataset;
    opened.forEach((node) => node.click());
    window.putBack = () => {
        still.remove();
        opened.forEach((node) => node.click());
        document.documentElement.dataset.theme = theme;
    };
}"""
FAULTY = {
    "image-alt": '<img src="data:,">',
    "button-name": "<button><svg></svg></button>",
    "label-content-name-mismatch": '<button aria-label="Go">Search here</button>',
    "color-contrast": '<p style="color: #999">too pale</p>',
    'contrast 2.85: "too pale"': '<p style="color: #999">too pale</p>',
    'contrast 3.98: "half there"': '<p style="opacity: .5">half there</p>',
    'contrast 2.85: "drawn"': '<svg><text y="20" fill="#999">drawn</text></svg>',
    "target 20 px": '<button style="height: 20px">small</button>',
    "no sign of focus": '<button style="outline: 0">where?</button>',
    "focus on what cannot be seen": '<p style="opacity: 0"><a href="#">gone</a></p>',
    "no description": '<article><img src="data:," alt="_images/a.png"></article>',
    "the page is": '<div style="width: 5000px">wide</div>',
}


@contextmanager
def laid_open(page):
    """Open every answer and every fold of a page, and put all back afterwards."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(LAY_OPEN)
    page.keyboard.press("Tab")  # from now on the focus is shown
    yield
    page.evaluate("putBack()")


def look(page):
    """List what cannot be read, hit or seen to have the focus."""
    return page.evaluate(FAULTS)


def axe(page):
    """List what axe-core finds, serious or critical, contrast left aside."""
    return page.evaluate(AXE, {"rules": RULES})


def axe_contrast(page):
    """List what axe-core cannot read, given one text of each kind that `look` saw."""
    return page.evaluate(AXE, {"runOnly": ["color-contrast"]})


def in_both_schemes(page, *asked):
    """List what these find in the dark and in the light."""
    found = []
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        found += [f"{theme}: {fault}" for ask in asked for fault in ask(page)]
    return found


def test_anyone_can_read_a_page(visit):
    with laid_open(visit.page):
        found = axe(visit.page) + in_both_schemes(visit.page, look, axe_contrast)
    assert not found, "\n".join(found)


def test_anyone_can_read_a_page_on_a_phone_or_enlarged(phone):
    before = phone.page.viewport_size
    with laid_open(phone.page):
        found = axe(phone.page) + in_both_schemes(phone.page, look)
        phone.page.set_viewport_size({"width": 640, "height": 450})  # 1280 at 200%
        found += [f"enlarged: {fault}" for fault in look(phone.page)]
    phone.page.set_viewport_size(before)
    assert not found, "\n".join(found)


def test_anyone_can_read_a_figure_in_full_screen(visit):
    found = []
    with laid_open(visit.page):
        for figure in visit.page.locator("[data-living]").all():
            figure.locator("input, [role=slider][tabindex='0']").first.press("f")
            visit.page.wait_for_function("document.fullscreenElement")
            found += axe(visit.page) + in_both_schemes(visit.page, look)
            visit.page.evaluate("document.exitFullscreen()")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["search.html?q=entropy", "genindex.html"])
def test_anyone_can_search(html, watched, name):
    page, complaints = watched()
    page.goto(f"{html.as_uri()}/{name}")
    if "?" in name:
        page.locator("#search-results a").first.wait_for()
    with laid_open(page):
        found = axe(page)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            found += in_both_schemes(page, look, axe_contrast)
    assert not found + complaints, "\n".join(found + complaints)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_planted_barrier_is_seen(watched, fault):
    page, _ = watched()
    title = '<html lang="en"><title>A page</title><h1>A page</h1><main>'
    page.set_content(title + FAULTY[fault])
    with laid_open(page):
        found = axe(page) + in_both_schemes(page, look, axe_contrast)
    assert any(fault in line for line in found), found


def test_an_answer_opens_by_keyboard(html, watched):
    page, _ = watched()
    page.goto((html / "book/05_jensen.html").as_uri())
    answer = page.get_by_role("button", name="Answer").first
    text = page.locator(".admonition.toggle p:not(.admonition-title)").first
    assert answer.get_attribute("aria-expanded") == "false" and not text.is_visible()
    answer.press("Enter")
    assert answer.get_attribute("aria-expanded") == "true" and text.is_visible()
    answer.press("Enter")
    assert not text.is_visible()
