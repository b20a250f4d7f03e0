"""The bent line: its curve, density and contour, against torch on a ruler."""

import json

import pytest
import torch
from playwright.sync_api import expect

from dgm import figures
from dgm.figures.export_bend import arch
from dgm.latent_variable import LatentVariableModel, StandardNormal
from dgm.linear_gaussian import GaussianDecoder, fit_ppca
from dgm.nets import mlp
from dgm.quadrature import log_evidence, ruler
from tests.figure_page import get_state, put_state, settle

pytestmark = pytest.mark.browser
STORED = figures.trained("points", "line", "weights", file="bend.json")
STATES = [(0.0, 1.0), (0.3, 0.2), (1.0, 0.1), (1.0, 1.0)]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("bend"))
    start = "const n = LivingFigures.bend.numbers, s = %s, w = Float64Array.from("
    start = start % json.dumps(STORED) + "s.weights); return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


class Bent(torch.nn.Module):
    """The figure's m(z), a line and a network mixed."""

    def __init__(self, bend):
        super().__init__()
        self.bend, self.net = bend, mlp(1, 16, 2)
        row = torch.tensor(STORED["weights"])
        torch.nn.utils.vector_to_parameters(row, self.net.parameters())

    def forward(self, z):
        line = torch.tensor(STORED["line"])
        return (1 - self.bend) * (z * line[:2] + line[2:]) + self.bend * self.net(z)


def model_of(bend, sigma):
    return LatentVariableModel(StandardNormal(1), GaussianDecoder(Bent(bend), sigma))


@pytest.mark.parametrize(("bend", "sigma"), STATES)
@torch.no_grad()
def test_mean_log_density(numbers, bend, sigma):
    x = torch.tensor(STORED["points"])
    line = f"n.meanLog(s.points, n.density(s.line, w, {bend}, {sigma}))"
    exact = log_evidence(model_of(bend, sigma), x, *ruler(2001)).mean().item()
    assert abs(numbers(line) - exact) < 1e-6  # the figure's ruler ends at 6


def test_the_best_straight_line_is_ppca_s(numbers):
    x = torch.tensor(STORED["points"])
    line = fit_ppca(x, 1)
    exact = line.log_evidence(x).mean().item()
    assert abs(numbers("n.bestLine(s.points)") - exact) < 1e-12
    W, b = torch.tensor(STORED["line"]).split(2)
    torch.testing.assert_close(
        W.abs(), line.likelihood.net.weight[:, 0].abs(), rtol=0, atol=1e-3
    )
    torch.testing.assert_close(b, line.likelihood.net.bias, rtol=0, atol=1e-3)


def test_the_contour_holds_the_share_that_it_says(numbers):
    line = "n.levels(p, (z) => n.curveAt(s.line, w, 1, z), 0.2, [0.5, 0.9])"
    levels = numbers(
        f"(() => {{ const p = n.density(s.line, w, 1, 0.2); return {line} }})()"
    )
    torch.manual_seed(2)
    model = model_of(1.0, 0.2)
    with torch.no_grad():
        x = model.likelihood(torch.randn(4000, 1)).sample()
        heights = log_evidence(model, x, *ruler(401)).exp()
    for level, share in zip(levels, (0.5, 0.9), strict=True):
        assert abs((heights > level).double().mean() - share) < 0.1  # 300 draws


def test_the_contour_of_a_round_hill_is_a_circle(numbers):
    side = torch.arange(41.0) - 20
    hill = -torch.hypot(side, side[:, None]).flatten()
    pieces = torch.tensor(numbers("n.contour(arg, 41, -12)", hill.tolist()))
    radius = (pieces.reshape(-1, 2) - 20).norm(dim=1)
    assert (radius - 12).abs().max() < 0.03
    around = (pieces[:, 0] - pieces[:, 1]).norm(dim=1).sum()
    assert abs(around / (24 * torch.pi) - 1) < 0.01


def test_points_on_an_arch_lie_near_the_circle():
    radius = arch(2000).norm(dim=1)
    error = radius.std() / 2000**0.5
    assert abs(radius.mean() - 1.005) < 5 * error  # 1 + noise^2 / 2


@pytest.fixture
def page(opened):
    return opened("bend")


def test_the_bend_alone_lowers_log_p_and_the_verdict_says_so(page):
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    expect(page.locator(".lf-say.told")).to_contain_text("You said −1.85, it is −2.47")
    assert get_state(page, "bend")["bend"] == 1


def test_another_network_is_drawn_at_once(page):
    put_state(page, "bend", {"bend": 1.0})
    road = page.locator(".lf-plane path.thick")
    before = road.get_attribute("d")
    put_state(page, "bend", {"weights": [0.1] * 66})
    settle(page)
    assert road.get_attribute("d") != before
    shown = page.locator(".lf-readout b").first.inner_text()
    assert shown.startswith("−")


def test_the_point_can_be_dragged_along_the_line(page):
    put_state(page, "bend", {"bend": 0.0})
    box = page.locator(".lf-plane .lf-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 80, y + 5, steps=4)
    page.mouse.up()
    per = page.locator(".lf-plane > svg").bounding_box()["width"] / 4.6
    moved = 0.8 - 80 / per / STORED["line"][0]
    assert abs(get_state(page, "bend")["z"] - moved) < 0.06
