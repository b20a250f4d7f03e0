"""The gradients figure: its four estimators against `dgm.gradients`, in float64."""

import math
import re

import pytest
import torch
from playwright.sync_api import expect

from dgm import figures
from dgm.densities import diagonal_normal
from dgm.gradients import (
    detached,
    leave_one_out,
    pathwise,
    phi_gradients,
    score_function,
)
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import bars_by_hand
from dgm.posteriors import LocalPosterior
from dgm.quadrature import exact_elbo, ruler

pytestmark = pytest.mark.browser
WAYS = {
    "push": pathwise,
    "weigh": score_function,
    "baseline": lambda *args: score_function(*args, baseline=leave_one_out),
    "detached": detached,
}
CASES = [(1.2, 0.4, 8), (-2.0, 0.1, 64), (0.0, 1.0, 2), (0.3, 0.25, 5), (2.0, 1.0, 64)]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("gradients"))
    start = "const n = LivingFigures.gradients.numbers; return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


@pytest.fixture
def model():
    return LatentVariableModel(StandardNormal(1), BernoulliDecoder(bars_by_hand(2.0)))


@pytest.fixture
def x(numbers):
    return torch.tensor([numbers("n.x")], dtype=torch.float64)  # (1, 16)


def slope_in_mu(way, model, x, eps, mu, sigma):
    """Return what `dgm.gradients` makes of the noise eps, shape (draws,)."""
    posterior = LocalPosterior(torch.tensor([[mu]]), torch.tensor([[math.log(sigma)]]))
    surrogate = way(model, posterior(x), x, eps[:, None, None])[1]
    return phi_gradients(surrogate, posterior)[0, 0]


def test_log_joint_and_its_slope(numbers, model, x):
    z = torch.linspace(-3, 3, 61, requires_grad=True)
    log_joint = model.log_joint(x, z[:, None, None])[:, 0]
    (slope,) = torch.autograd.grad(log_joint.sum(), z)
    got = torch.tensor(numbers("arg.map(n.logJoint)", z.tolist()))
    torch.testing.assert_close(got[:, 0], log_joint.detach(), rtol=0, atol=1e-9)
    torch.testing.assert_close(got[:, 1], slope, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("mu", "sigma", "K"), CASES)
def test_each_estimate_is_the_package_s_at_the_same_noise(
    numbers, model, x, mu, sigma, K
):
    noise = torch.tensor(numbers("Array.from(n.clouds(3))")).reshape(400, 64)
    got = numbers("n.estimates(n.clouds(3), ...arg)", [K, mu, sigma])
    for name, way in WAYS.items():
        for row in (0, 1, 399):
            mine = slope_in_mu(way, model, x, noise[row, :K], mu, sigma)
            assert abs(got[name][row] - mine) < 1e-9, name


@pytest.mark.parametrize(("mu", "sigma", "K"), CASES)
def test_an_estimate_is_the_mean_of_the_votes_that_the_arrows_show(
    numbers, mu, sigma, K
):
    cloud = "Array.from(n.clouds(3)).slice(64, 64 + arg[0])"  # the second row
    votes = numbers(f"n.votes({cloud}, arg[1], arg[2])", [K, mu, sigma])
    means = numbers("n.estimates(n.clouds(3), ...arg)", [K, mu, sigma])
    for name in WAYS:
        assert abs(sum(votes[name]) / K - means[name][1]) < 1e-9, name


@pytest.mark.parametrize(("mu", "sigma", "K"), CASES)
def test_the_exact_slope(numbers, model, x, mu, sigma, K):
    centre = torch.tensor([[float(mu)]], requires_grad=True)
    q_z = diagonal_normal(centre, torch.tensor([[math.log(sigma)]]))
    exact_elbo(model, q_z, x, *ruler()).sum().backward()
    assert abs(numbers("n.exact(...arg)", [mu, sigma]) - centre.grad.item()) < 1e-9


@pytest.mark.parametrize(("mu", "sigma", "K"), CASES)
def test_three_centre_on_the_slope_and_the_detached_one_on_zero(numbers, mu, sigma, K):
    line = "Object.values(n.estimates(n.clouds(5), ...arg)).map(n.moments)"
    aims = [numbers("n.exact(...arg)", [mu, sigma])] * 3 + [0.0]
    for aim, got in zip(aims, numbers(line, [K, mu, sigma]), strict=True):
        assert abs(got["mean"] - aim) < 5 * got["error"]


def test_one_draw_has_no_others_to_lean_on(numbers):
    got = numbers("n.estimates(n.clouds(3), 1, 0, 1)")
    assert all(math.isnan(v) for v in got["baseline"])


def test_the_noise_is_standard_normal(numbers):
    eps = torch.tensor(numbers("Array.from(n.clouds(8))"))
    z = eps.sort().values
    expected = torch.distributions.Normal(0, 1).cdf(z)
    rank = (torch.arange(len(z)) + 0.5) / len(z)
    assert (rank - expected).abs().max() < 1.95 / len(z) ** 0.5  # Kolmogorov, 0.1%


def test_predict_hides_the_row_then_shows_it(opened):
    page = opened("gradients")
    page.get_by_role("radio", name="hold still").click()
    drawn, nothing = page.locator(".lf-steps").last, re.compile("^$")
    expect(drawn).not_to_have_attribute("d", nothing)
    page.get_by_role("button", name="Predict").click()
    expect(drawn).to_have_attribute("d", nothing)
    said = page.locator(".lf-readout b").all_inner_texts()[1]
    assert float(said.split(" ± ")[0].replace("−", "-")) < -10  # the row above it
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    page.locator(".lf-say.told").filter(has_text="they centre on 0.0").wait_for()
    expect(drawn).not_to_have_attribute("d", nothing)
