"""What every test shares: float64, a fixed seed, one headless Chromium."""

import os
import re
import shutil

import pytest
import torch

if "PYTEST_XDIST_WORKER" in os.environ:  # a process a core: no threads beside it
    torch.set_num_threads(1)
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


TOGETHER = ("test_deploy", "test_classroom_course", "test_book")  # on one worker each


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
            file = nodeid.split("::")[0].split("/")[-1].removesuffix(".py")
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
    """One Chromium for the session, from the system (no download)."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        missing("Chromium", "figures and pages cannot be tried in a browser.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def watched(browser):
    """Return a function that makes a page with the network cut, and its complaints.

    `page, complaints = watched(width=1280, height=900, dark=False)`: every request
    that does not stay on this machine, every failed request, console error and
    uncaught exception of the page is appended to `complaints`.
    """
    contexts = []

    def make(width=1280, height=900, dark=False):
        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page, complaints = context.new_page(), []
        local = ("file:", "data:", "blob:", "http://127.0.0.1", "http://localhost")

        def route(request):
            if request.request.url.startswith(local):
                return request.continue_()
            complaints.append(f"external request: {request.request.url}")
            return request.abort()

        def console(message):
            if message.type in ("error", "warning"):
                complaints.append(f"console {message.type}: {message.text}")

        def answered(response):
            if response.status >= 400:
                complaints.append(f"{response.status}: {response.url}")

        page.route("**/*", route)
        page.on("console", console)
        page.on("pageerror", lambda e: complaints.append(f"page error: {e}"))
        page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
        page.on("response", answered)
        return page, complaints

    yield make
    for context in contexts:
        context.close()
