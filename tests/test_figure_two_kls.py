"""The figure of the two KLs: both directions and both best bells, against torch."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

from dgm import figures
from tests.figure_page import get_state, put_state

pytestmark = pytest.mark.browser
CASES = [
    (w, mu, sigma)
    for w in (0.0, 0.15, 0.4, 0.5, 1.0)
    for mu, sigma in ((0.0, 1.0), (-3.0, 0.4), (1.6, 0.5), (0.3, 1.8), (3.0, 1.1))
]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("two_kls"))
    start = "const n = LivingFigures.two_kls.numbers; return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


def hills(w):
    weights = Categorical(torch.tensor([w, 1 - w]))
    return MixtureSameFamily(weights, Normal(torch.tensor([-1.6, 1.6]), 0.5))


def kl(one, other):
    """Integrate one (log one - log other) on a ruler that is wide and fine."""
    z = torch.linspace(-25, 25, 50_001)
    log_p = one.log_prob(z)
    return torch.trapezoid(log_p.exp() * (log_p - other.log_prob(z)), z)


def test_log_p(numbers):
    z = torch.linspace(-6, 6, 61)
    for w in (0.15, 0.5, 0.9):
        got = torch.tensor(numbers(f"arg.map((z) => n.logP(z, {w}))", z.tolist()))
        torch.testing.assert_close(got, hills(w).log_prob(z), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("w", "mu", "sigma"), CASES)
def test_both_directions(numbers, w, mu, sigma):
    p, q = hills(w), Normal(mu, sigma)
    if w in (0.0, 1.0):  # one hill is left: closed form
        p = Normal(1.6 if w == 0 else -1.6, 0.5)
        expected = kl_divergence(q, p), kl_divergence(p, q)
    else:
        expected = kl(q, p), kl(p, q)
    for which, value in zip(("qp", "pq"), expected, strict=True):
        assert abs(numbers("n.kl(...arg)", [which, w, mu, sigma]) - value) < 1e-9


def test_what_is_paid_adds_up(numbers):
    z = torch.linspace(-12, 12, 4001)
    for which in ("qp", "pq"):
        line = f"arg.map((z) => n.paid.{which}(z, 0.4, 0.3, 0.8))"
        area = torch.trapezoid(torch.tensor(numbers(line, z.tolist())), z)
        assert abs(numbers(f"n.kl('{which}', 0.4, 0.3, 0.8)") - area) < 1e-9


@pytest.mark.parametrize("w", [0.1, 0.4, 0.5, 0.75])
def test_each_best_bell_is_a_bottom(numbers, w):
    covering, seeking = numbers(f"[n.cover({w}), n.seek({w}, 0)]")
    for best, measure in (
        (covering, lambda q: kl(hills(w), q)),
        (seeking, lambda q: kl(q, hills(w))),
    ):
        at = torch.tensor([best[0], math.log(best[1])], requires_grad=True)
        measure(Normal(at[0], at[1].exp())).backward()
        assert at.grad.abs().max() < 1e-3  # nats per unit; steps end at 1e-5


def test_the_covering_bell_has_the_moments_and_the_seeking_one_a_hill(numbers):
    mean, width = numbers("n.cover(0.3)")
    p = hills(0.3)
    assert abs(mean - p.mean.item()) < 1e-12
    assert abs(width - p.stddev.item()) < 1e-12
    assert abs(numbers("n.seek(0.3, -1)")[0] - 1.6) < 0.05  # the heavier hill
    assert abs(numbers("n.seek(0.5, -1)")[0] + 1.6) < 0.05  # as heavy: the nearer


@pytest.fixture
def page(opened):
    return opened("two_kls")


def test_the_buttons_bring_q_to_its_two_best_places(page):
    page.get_by_role("button", name="Best for KL(q, p)").click()
    state = get_state(page, "two_kls")
    assert abs(state["mu"] - 1.6) < 0.01 and abs(state["sigma"] - 0.5) < 0.02
    page.get_by_role("button", name="Best for KL(p, q)").click()
    state = get_state(page, "two_kls")
    assert abs(state["mu"] - 0.32) < 1e-3 and state["which"] == "pq"


@pytest.mark.parametrize(("which", "mean"), [("qp", "1.60"), ("pq", "0.32")])
def test_predict_tells_where_the_best_mean_is(page, which, mean):
    put_state(page, "two_kls", {"which": which})
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("PageDown")
    page.keyboard.press("Enter")
    told = page.locator(".lf-say.told")
    told.filter(has_text=f"You said −0.50, the best mean is {mean}").wait_for()
