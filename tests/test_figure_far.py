"""The far figure: Bayes in the plane, and what it says, against torch in float64."""

import math

import pytest
import torch
from playwright.sync_api import expect
from torch.distributions import MultivariateNormal

from dgm import figures
from tests.figure_page import put_state

pytestmark = pytest.mark.browser
PLACES = [[-0.8, 0.8], [0.0, 0.0], [-7.0, 3.0], [9.0, -4.0], [-9.0, 4.0], [1.4, 0.6]]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("far"))
    start = "const n = LivingFigures.far.numbers; return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


def log_joint(x):
    """Return log p(x, disc) and log p(x, cross), shape (batch, 2)."""
    m = torch.tensor([[-1.4, -0.6], [1.4, 0.6]])
    return MultivariateNormal(m, torch.eye(2)).log_prob(x[:, None]) - math.log(2)


def test_joint_and_its_two_factors(numbers):
    expected = log_joint(torch.tensor(PLACES))
    joint = torch.tensor(numbers("arg.map(n.joint)", PLACES))
    torch.testing.assert_close(joint, expected, rtol=0, atol=1e-12)
    asked = numbers("arg.map(n.ask)", PLACES)
    which = torch.tensor([a["which"] for a in asked])
    torch.testing.assert_close(which, expected.softmax(-1)[:, 0], rtol=0, atol=1e-12)
    whether = torch.tensor([a["whether"] for a in asked])
    torch.testing.assert_close(whether, expected.logsumexp(-1), rtol=0, atol=1e-12)


def test_p_of_x_has_area_one(numbers):
    line = torch.linspace(-9, 9, 73).tolist()
    plane = [[u, v] for u in line for v in line]
    total = sum(numbers("arg.map((x) => Math.exp(n.ask(x).whether))", plane))
    assert abs(total * 0.25**2 - 1) < 1e-9


def test_the_paint_is_one_factor_or_the_joint(numbers):
    joint = log_joint(torch.tensor(PLACES))
    which = 1 - 2 * joint.softmax(-1)[:, 0]
    got = torch.tensor(numbers('arg.map((x) => n.shade(x, "which"))', PLACES))
    torch.testing.assert_close(got, which, rtol=0, atol=1e-12)
    peak = 1 / (4 * math.pi)  # half of a bell's top
    both = joint.amax(-1).exp() / peak
    got = torch.tensor(numbers('arg.map((x) => n.shade(x, "both"))', PLACES))
    torch.testing.assert_close(got.abs(), both, rtol=0, atol=1e-12)
    assert all(a * b >= -1e-15 for a, b in zip(got, which, strict=True))


@pytest.fixture
def page(opened):
    return opened("far")


def test_predict_hides_the_paint_and_tells_both_factors(numbers, page):
    put_state(page, "far", {"paint": "which"})
    tile = page.locator("#far rect[fill='currentColor']").first
    expect(tile).to_be_visible()
    page.get_by_role("button", name="Predict").click()
    expect(tile).to_be_hidden()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    said = page.locator(".lf-say.told")
    far = numbers("n.ask(arg)", [-7, 3])
    expect(said).to_contain_text(f"it is {far['which']:.4f}")
    expect(said).to_contain_text(f"{far['whether']:.1f}".replace("-", "−"))
    expect(page.locator(".lf-under.exact")).to_contain_text("−24.7 nats")
    expect(page.locator("[inert]")).to_have_count(0)
