"""What one input event costs in each living figure, every slider and handle dragged.

Run: .venv/bin/python -m benchmarks.figures

Headless Chromium with software rendering, 1280 px wide. Counted is the time of the
page's main thread for script, style and layout, from an event until the next frame is
drawn; in processor time, so that a busy machine changes it little. A figure is to stay
under 16 ms, one frame of 60 a second.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.rows import Row, spread
from dgm import figures
from tests.figure_page import get_state, put_state, write_page

KNOBS = '.lf-handle[role="slider"][tabindex="0"], input[type="range"]'
STEPS = 16
COUNTED = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
FRAME = "new Promise((ok) => requestAnimationFrame(() => setTimeout(ok)))"


def rows() -> Iterator[Row]:
    """Yield a row a figure: median and extremes over the events of all its knobs."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        print("no Chromium here: nothing is measured")
        return
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        for name in figures.NAMES:
            page.goto(write_page(Path(folder), name).as_uri())
            page.locator(f"#{name}[data-ready]").wait_for()
            yield spread(f"{name}, one input event", events(page, name), "ms")
        browser.close()


def events(page: Page, name: str) -> list[float]:
    """Drag each knob of a figure to and fro; return milliseconds, one an event."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1e3 * sum(m["value"] for m in metrics if m["name"] in COUNTED)

    costs = []
    for knob in page.locator(KNOBS).all():
        put_state(page, name, figures.START[name])
        knob.scroll_into_view_if_needed()
        for x, y in places(page, knob.bounding_box()):
            state, before = get_state(page, name), spent()
            page.mouse.move(x, y)
            page.evaluate(FRAME)
            cost = spent() - before
            if get_state(page, name) != state:  # at an end of its way it costs nothing
                costs.append(cost)
        page.mouse.up()
    session.detach()
    return costs


def places(page: Page, box: dict) -> Iterator[tuple[float, float]]:
    """Press a knob, then yield where the pointer goes: out by degrees, and back."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    reach = max(60, 0.4 * box["width"])  # a slider's track is wide, a handle is not
    for step in range(1, STEPS + 1):
        side = -1 if step > STEPS // 2 else 1
        out = step % (STEPS // 2) + 1
        yield x + side * reach * out / (STEPS // 2), y


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
