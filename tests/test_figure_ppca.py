"""The figure of probabilistic PCA: its numbers, against 65,536 weighted pictures."""

from functools import cache

import pytest
import torch
from playwright.sync_api import expect

from dgm import figures
from dgm.data.bars import all_images, bar_images
from dgm.linear_gaussian import LinearGaussian, ppca_from_moments
from dgm.mixtures import BernoulliMixture
from tests.figure_page import get_state, put_state

pytestmark = pytest.mark.browser
PI = {"unequal": [0.4, 0.3, 0.2, 0.1], "equal": 4 * [0.25]}
ANGLES = [0, 37, 80, 150, 180]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("ppca"))
    start = "const n = LivingFigures.ppca.numbers; return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


@cache
def moments(name):
    """Count the pictures' probability, mean and covariance."""
    theta = 0.05 + 0.9 * bar_images()
    images, log_pi = all_images(), torch.tensor(PI[name]).log()
    p = BernoulliMixture(log_pi, theta).log_prob(images).exp()
    mean = p @ images
    away = images - mean
    return p, mean, away.T @ (p[:, None] * away)


def line(numbers, name, angle):
    """Return the figure's PPCA at an angle as a model, and what the figure says."""
    got = numbers(f"n.line(n.WEIGHTS.{name}, {angle})")
    u = torch.tensor(got["u"]).repeat(4)[:, None] / 2  # a column has four pixels
    mean = 0.05 + 0.9 * torch.tensor(PI[name]).repeat(4)
    return LinearGaussian(got["w"] * u, mean, got["sigma"]), u, got


@pytest.mark.parametrize("name", PI)
def test_the_mean_log_density_is_the_sum_over_all_pictures(numbers, name):
    p, mean, covariance = moments(name)
    for angle in ANGLES:
        model, u, got = line(numbers, name, angle)
        torch.testing.assert_close(u.T @ u, torch.ones(1, 1))
        variance = (u.T @ covariance @ u).item()
        assert abs(variance - got["variance"]) < 1e-12
        torch.testing.assert_close(model.likelihood.net.bias, mean)
        exact = (p @ model.log_evidence(all_images())).item()
        assert abs(exact - got["log"]) < 1e-9


@pytest.mark.parametrize("name", PI)
def test_w_and_sigma_are_the_best_of_their_direction(numbers, name):
    p, _, _ = moments(name)
    model, _, got = line(numbers, name, 37)
    model.likelihood.log_sigma.requires_grad_()
    (p @ model.log_evidence(all_images())).backward()
    along = model.likelihood.net.weight.grad.T @ model.likelihood.net.weight
    assert along.abs().item() < 1e-9
    assert model.likelihood.log_sigma.grad.abs().item() < 1e-9


def test_the_best_angle_is_the_maximum_likelihood(numbers):
    p, mean, covariance = moments("unequal")
    best = ppca_from_moments(mean, covariance, 1)
    exact = (p @ best.log_evidence(all_images())).item()
    assert abs(numbers("n.line(n.WEIGHTS.unequal, 150).log") - exact) < 1e-9


def test_on_equal_bars_every_angle_is_as_good(numbers):
    line = "arg.map((a) => n.line(n.WEIGHTS.equal, a).log)"
    logs = torch.tensor(numbers(line, ANGLES))
    assert logs.max() - logs.min() < 1e-12


def test_the_bars_stand_where_their_means_project(numbers):
    axes = torch.tensor(numbers("[0, 90].map(n.direction)")).repeat(1, 4) / 2
    torch.testing.assert_close(axes @ axes.T, torch.eye(2))
    for name in PI:
        got = torch.tensor(numbers(f"n.places(n.WEIGHTS.{name})"))
        _, mean, _ = moments(name)
        expected = (0.05 + 0.9 * bar_images() - mean) @ axes.T
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
        draws = torch.tensor(numbers(f"n.cloud(n.WEIGHTS.{name}, 3, 3000)"))
        error = draws.std(0) / len(draws) ** 0.5
        assert (draws.mean(0).abs() < 4 * error).all()


@pytest.fixture
def page(opened):
    return opened("ppca")


def test_predict_shows_no_curve_before_the_guess_and_turns_after(page):
    curve = page.locator(".lf-plot path.lf-line.model")
    page.get_by_role("button", name="Show the curve").click()
    page.get_by_role("button", name="Predict").click()
    expect(curve).to_have_attribute("d", "")
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    said = page.locator(".lf-say.told")
    expect(said).to_contain_text("You said 100°, it is 150°")
    expect(curve).not_to_have_attribute("d", "")
    state = {"weights": "unequal", "angle": 150, "curve": "shown"}
    assert get_state(page, "ppca") == state


def test_on_equal_bars_the_verdict_is_that_all_are_right(page):
    page.get_by_role("radio", name="all alike").click()
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("Enter")
    expect(page.locator(".lf-say.told")).to_contain_text("the curve is flat")


def test_the_handle_in_the_plane_turns_the_line(page):
    put_state(page, "ppca", {"angle": 90})
    box = page.locator(".lf-plane .lf-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reach = page.locator(".lf-plane > svg").bounding_box()["width"] * 2.05 / 4.7
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + reach, y + reach / 3, steps=5)
    page.mouse.up()
    assert abs(get_state(page, "ppca")["angle"] - 33.7) < 1.5
