"""What every test shares: float64, a fixed seed, one headless Chromium."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from filelock import FileLock

from tests.figure_page import write_page
from tests.pages import PAGES, ROOT

if "PYTEST_XDIST_WORKER" in os.environ:  # a process a core: no threads beside it
    torch.set_num_threads(1)
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

CHROMIUM_FLAGS = [
    *"--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync".split(),
    *"--disable-background-networking --disable-component-update".split(),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
LOCAL = ("file:", "data:", "blob:", "http://127.0.0.1:", "http://localhost:")
TOGETHER = (
    "test_deploy",
    "test_classroom_course",
    "test_classroom_bundle",
    "test_classroom_runner",
    "test_jupyterlab",
)  # on one worker each
PAGE = re.compile("|".join(sorted(PAGES, key=len, reverse=True)))


def pytest_xdist_auto_num_workers():
    """Run more workers than cores: browsers, kernels and killed loops mostly wait."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_xdist_make_scheduler(config, log):
    """Keep what shares something costly on one worker; all else goes where there is
    room. (xdist's own groups have no effect with pytest 9.2.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.removeprefix("tests/").partition(".py::")
            if page := PAGE.search(test):  # opened once for all that is asked of it
                return page[0]
            if file == "test_problem_sets":  # a set's sheets are written once
                found = re.search(r"\[.*?(ps\d\d)", nodeid)
                return found[1] if found else nodeid
            return file if file in TOGETHER else nodeid

    return Groups(config, log)


@pytest.fixture(autouse=True)
def exact_and_seeded():
    """Run in float64 from a fixed seed, and put the default dtype back."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def missing(tool, why):
    """Skip with a sentence where a tool is missing; on CI that is a failure."""
    sentence = f"{tool} is missing: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def sandboxed():
    """Start runners as grading does: one sandbox for the session."""
    if not shutil.which("bwrap"):
        missing("bubblewrap", "submissions cannot be shut in.")
    from classroom.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox.job


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the session, from the system; beyond this machine is nothing."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        missing("Chromium", "figures and pages cannot be tried in a browser.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def window(browser):
    """One window of that browser; a page in it costs a third of a window of its own."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def watched(window):
    """Return a function that makes a page with the network cut, and its complaints.

    `page, complaints = watched(width=1280, height=900, dark=False)`: every request
    that leaves this machine, every failed request, console error and
    uncaught exception of the page is appended to `complaints`.
    """
    pages = []

    def make(**screen):
        page, complaints = watch(window, **screen)
        pages.append(page)
        return page, complaints

    yield make
    for page in pages:
        leave(page)


@pytest.fixture(scope="session")
def tab(window):
    """One page for all the figures that tests open in a page of their own."""
    page, complaints = watch(window)
    yield page, complaints
    leave(page)


@pytest.fixture
def opened(tmp_path, tab):
    """Return a function that opens figures in a page; complaints fail the test."""
    page, complaints = tab
    complaints.clear()

    def open_page(*names, hash="", width=1280, dark=False):
        page.goto("about:blank")  # or a new hash would not load the page anew
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(reduced_motion="reduce")
        page.goto(write_page(tmp_path, *names, dark=dark).as_uri() + hash)
        for name in names:
            page.locator(f"#{name}[data-ready]").wait_for()
        return page

    yield open_page
    assert complaints == []


def watch(window, width=1280, height=900, dark=False):
    """Make a page as `watched` does, for a fixture that outlives a test."""
    page, complaints = window.new_page(), []
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if dark else "light")

    def asked(request):
        if not request.url.startswith(LOCAL):
            complaints.append(f"external request: {request.url}")

    def console(message):
        if message.type in ("error", "warning"):
            complaints.append(f"console {message.type}: {message.text}")

    def answered(response):
        if response.status >= 400:
            complaints.append(f"{response.status}: {response.url}")

    page.on("request", asked)
    page.on("console", console)
    page.on("pageerror", lambda e: complaints.append(f"page error: {e}"))
    page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
    page.on("response", answered)
    return page, complaints


def leave(page):
    """Close a page; what it stored is gone, as if the next one were the first."""
    if page.url.startswith(("file:", "http")):
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.close()


@pytest.fixture(scope="session")
def html(tmp_path_factory):
    """Build the book as `make book` does, once; seconds, when nothing has changed."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with FileLock(shared / "book.lock"):
        if not (shared / "book.built").exists():
            build(ROOT)
            (shared / "book.built").touch()
    return ROOT / "_build/html"


def build(folder):
    """Build the book of a folder; a warning is a failure."""
    tool = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    command = [tool, "build", ".", "-W", "--keep-going"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture(scope="session")
def served(html):
    """The address of the book on a plain web server of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=html)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Visit(NamedTuple):
    """A page of the book that is open: what a reader sees, and what went wrong."""

    name: str
    page: object
    complaints: list[str]
    loaded: list[str]


@pytest.fixture(scope="session", params=PAGES)
def visit(request, html, window):
    """Each page, opened once from disk, wide and light, for all that is asked of it.

    A test that takes `visit` runs once a page, on the worker that has it open; who
    moves something puts it back.
    """
    yield from read(request.param, html.as_uri(), window)


@pytest.fixture(scope="session", params=PAGES)
def phone(request, served, window):
    """The same from a web server, on a phone in the dark."""
    yield from read(request.param, served, window, width=390, height=844, dark=True)


def read(name, where, window, **screen):
    """Open a page and read it to its end."""
    page, complaints = watch(window, **screen)
    loaded = []
    page.on("requestfinished", lambda request: loaded.append(request.url))
    page.goto(f"{where}/{name}.html")
    page.evaluate("() => window.MathJax?.startup.promise.then(() => null)")
    for figure in page.locator("[data-living]").all():
        figure.scroll_into_view_if_needed()
        figure.and_(page.locator("[data-ready]")).wait_for()
    yield Visit(name, page, complaints, loaded)
    leave(page)
