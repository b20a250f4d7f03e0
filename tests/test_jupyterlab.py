"""A real JupyterLab, network cut: figures with a kernel behind them, stopped, reopened.

One server, one page with two notebooks, loaded twice: what follows shares it.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from dgm.figures import widgets
from tests.conftest import leave, watch

pytestmark = pytest.mark.browser
FIGURES = [name for name in widgets.__all__ if name not in ("LivingFigure", "figure")]
WORK = [
    "from dgm.figures.widgets import Inflate\n"
    "figure = Inflate(mu=1.0, sigma=0.3)\nfigure",
    "figure",
    "print(figure.mu)",
    "from dgm.data.bars import Bars\nfrom dgm.training import fit\n"
    "from dgm.vae import vae, vae_bound\nnets, x = vae(16, 8, 1), Bars().sample((99,))",
    "for step in fit(vae_bound(*nets), x, *nets, steps=10**6, batch=9):\n    pass",
    "whole = all(p.isfinite().all() for n in nets for p in n.parameters())\n"
    "print(step.iteration, bool(whole))",
]
SHOW = ["from dgm.figures.widgets import *", *(f"{name}()" for name in FIGURES)]
LONG = 60_000  # ms, for a slow machine
SHELL = "window.jupyterapp.shell.currentWidget"
READY = """(path) => {
    const tab = window.jupyterapp?.shell?.currentWidget, { context } = tab ?? {};
    const kernel = context?.sessionContext?.session?.kernel;
    return context?.path === path && context.sessionContext.isReady
        && kernel?.status === "idle" && kernel.connectionStatus === "connected"
        && tab.content.widgets.length > 5;
}"""
COMMAND = """([name, args]) => {
    window.over = false;
    const over = () => { window.over = true; };
    window.jupyterapp.commands.execute(name, args).finally(over);
}"""


class Lab:
    """Drives one JupyterLab: cells by number, commands by name, as its menus do."""

    def __init__(self, page, url):
        self.page, self.url = page, url

    def load(self, path):
        self.page.goto(f"{self.url}/lab/tree/{path}?reset")
        self.page.wait_for_function(READY, arg=path)

    def turn_to(self, path):
        self.do("docmanager:open", path=path)
        self.page.wait_for_function(READY, arg=path)

    def do(self, command, wait=True, **args):
        self.page.evaluate(COMMAND, [command, args])
        if wait:
            self.page.wait_for_function("window.over")

    def run(self, *cells, wait=True):
        for cell in cells:
            self.page.evaluate(f"{SHELL}.content.activeCellIndex = {cell}")
            self.do("notebook:run-cell", wait=wait)

    def outputs(self, cell):
        cells = f"{SHELL}.content.model.sharedModel.cells"
        return self.page.evaluate(f"{cells}[{cell}].outputs")

    def printed(self, cell):
        return "".join("".join(o.get("text", "")) for o in self.outputs(cell))

    def seen(self):
        """What stands in the cells, errors included, of the notebook in front."""
        return self.page.locator(".jp-NotebookPanel:visible").inner_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start JupyterLab as `make lab` does, on notebooks of its own, without a token."""
    root = tmp_path_factory.mktemp("lab")
    for name, sources in {"work": WORK, "show": SHOW}.items():
        about = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        cells = [new_code_cell(source) for source in sources]
        nbformat.write(
            new_notebook(cells=cells, metadata=about), root / f"{name}.ipynb"
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = "JUPYTER_CONFIG JUPYTER_DATA JUPYTER_RUNTIME JUPYTERLAB_SETTINGS"
    places = (places + " JUPYTERLAB_WORKSPACES").split()
    own = {f"{place}_DIR": str(root / place) for place in places}
    command = [
        sys.executable, "-m", "jupyterlab", "--config=jupyter_lab_config.py",
        "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    env = os.environ | own | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    with (root / "log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            await_answer(f"{url}/api", process, root / "log")
            yield root, url
        finally:
            process.terminate()
            process.wait(30)


def await_answer(url, process, log):
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            return urllib.request.urlopen(url).close()
        except URLError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def driven(window, server):
    """Open the notebook on a projector of 1280 x 720, and run it up to the training."""
    page, complaints = watch(window, width=1280, height=720)
    page.set_default_timeout(LONG)
    lab = Lab(page, server[1])
    lab.load("work.ipynb")
    lab.run(0, 1, 3)
    yield lab, complaints
    leave(page)


@pytest.fixture
def lab(driven):
    """Turn to the notebook; what the browser complains of in a test fails it."""
    lab, complaints = driven
    lab.turn_to("work.ipynb")
    yield lab
    ours = (  # a slow machine; polls that a load cuts off; what a restart cuts off
        "console warning", "failed: ", "console error: Could not restore the debugger",
    )  # fmt: skip
    assert [said for said in complaints if not said.startswith(ours)] == []
    assert "Error displaying" not in lab.seen()


def slider(lab, view=0):
    return lab.page.get_by_role("slider", name="Mean of q").and_(
        lab.page.locator("input")
    ).nth(view)  # fmt: skip


def test_arrow_keys_reach_the_slider_the_kernel_and_the_other_view(lab):
    slider(lab).focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    expect(slider(lab)).not_to_have_value("1", timeout=LONG)
    moved = float(slider(lab).input_value())
    expect(slider(lab, view=1)).to_have_value(f"{moved:g}", timeout=LONG)
    for _ in range(50):  # a widget's last change waits for the kernel's answer
        lab.run(2)
        if float(lab.printed(2)) == moved:
            break
        lab.page.wait_for_timeout(100)
    assert float(lab.printed(2)) == moved > 1


def test_f_fills_the_screen_where_the_pointer_is_and_writes_where_one_writes(lab):
    full = "!!document.fullscreenElement"
    lab.do("notebook:enter-command-mode")
    lab.page.locator(".living-figure").first.hover()
    lab.page.keyboard.press("f")
    lab.page.wait_for_function(full)
    lab.page.keyboard.press("f")
    lab.page.wait_for_function(f"!({full})")
    lab.page.locator(".jp-Notebook .cm-content").first.click()
    lab.page.locator(".living-figure").first.hover()
    lab.page.keyboard.press("f")
    cell = f"{SHELL}.content.model.sharedModel.cells[0]"
    lab.page.wait_for_function(f"{cell}.source.length > {len(WORK[0])}")
    assert not lab.page.evaluate(full)
    lab.page.keyboard.press("Backspace")


def test_every_figure_fits_the_notebooks_window_on_a_projector(lab):
    """By the menus that book/instructors.md names; a line of output fits below."""
    lab.turn_to("show.ipynb")
    lab.page.get_by_role("menuitem", name="View").click()
    lab.page.locator(".lm-Menu-item", has_text="Appearance").hover()
    lab.page.locator(".lm-Menu-item", has_text="Presentation Mode").click()
    lab.page.locator(".jp-mod-presentationMode").wait_for()
    lab.page.keyboard.press("Control+b")
    lab.page.locator("#jp-left-stack").wait_for(state="hidden")
    lab.run(*range(len(SHOW)))
    tall = {}
    for cell, name in enumerate(FIGURES, 1):
        lab.page.evaluate(f"{SHELL}.content.scrollToItem({cell}, 'start')")
        node = f"{SHELL}.content.widgets[{cell}].node.querySelector('figure')"
        lab.page.wait_for_function(f"{node}?.clientWidth")
        lab.page.wait_for_timeout(100)  # two frames, for what it measures
        height = lab.page.evaluate(f"{node}.getBoundingClientRect().height")
        tall[name] = round(height)
    panel = f"{SHELL}.node.querySelector('.jp-WindowedPanel-outer')"
    room = lab.page.evaluate(f"{panel}.clientHeight")
    assert {name: h for name, h in tall.items() if h > room - 12} == {}
    assert min(tall.values()) > room / 2  # and is no stamp
    lab.do("application:toggle-presentation-mode")


def test_a_training_that_is_stopped_leaves_a_model_and_no_running_bar(lab):
    lab.run(4, wait=False)
    counted = lab.page.locator(".jp-NotebookPanel:visible").get_by_text("step/s")
    counted.wait_for()
    lab.page.locator('[data-command="notebook:interrupt-kernel"]:visible').first.click()
    lab.page.wait_for_function("window.over")
    errors = [o["ename"] for o in lab.outputs(4) if o["output_type"] == "error"]
    assert errors in (["KeyboardInterrupt"], ["Stopped"])
    stood = counted.inner_text()
    lab.run(5)
    steps, whole = lab.printed(5).split()
    assert int(steps) > 0 and whole == "True"
    assert counted.inner_text() == stood


def test_a_notebook_opened_again_shows_its_figures_and_runs(lab, server):
    source = f"{SHELL}.content.model.sharedModel.cells[4]"
    lab.page.evaluate(f"{source}.setSource({source}.source.replace('10**6', '20'))")
    lab.run(4)  # its progress bar stays, so that what is saved leads somewhere
    slider(lab).fill("0.5")
    lab.do("docmanager:save")
    assert "widgets" in json.loads((server[0] / "work.ipynb").read_text())["metadata"]
    lab.do("kernelmenu:shutdown")
    lab.load("work.ipynb")
    expect(slider(lab, view=1)).to_have_value("0.5", timeout=LONG)
    note = (
        "getComputedStyle(document.querySelector('.living-figure'), '::before').content"
    )
    assert "No kernel hears" in lab.page.evaluate(note)
    lab.do("notebook:restart-run-all", wait=False)
    lab.page.get_by_role("button", name="Confirm Kernel Restart").click()
    lab.page.wait_for_function("window.over")
    expect(slider(lab, view=1)).to_have_value("1", timeout=LONG)
    assert lab.printed(2) == "1.0\n" and lab.printed(5) == "20 True\n"
    assert "No kernel hears" not in lab.page.evaluate(note)
