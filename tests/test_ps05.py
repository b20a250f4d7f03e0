"""Problem set 05: its references against quadrature, closed forms and averages."""

import contextlib
import io
import math
import re
from functools import partial

import pytest
import torch
from submissions import ROOT, code, solved
from torch.distributions import Normal

from classroom.check import measure, waves
from classroom.question import load

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps05")}
MU, LOG_SIGMA = torch.tensor([0.6]).double(), torch.tensor([-0.5]).double()
DRAWS = 200_000


def answer(name):
    return QUESTIONS[name].answers[0]


def wave(jump):
    one = torch.ones(1)
    return partial(waves, 1.3 * one, 1.7 * one, 0.4 * one, jump * one)


def exact_slopes(f):
    """Differentiate the mean of f in mu and log sigma: q moves over a fixed ruler."""
    phi = [v.clone().requires_grad_() for v in (MU, LOG_SIGMA)]
    z = torch.linspace(-8, 8, 40_001)[:, None]
    q = Normal(phi[0], phi[1].exp()).log_prob(z).exp()[:, 0]
    mean = torch.trapezoid(q * f(z), z[:, 0])
    return torch.cat(torch.autograd.grad(mean, phi))


def test_points_have_the_bells_law_and_move_with_it():
    """z < a just where the noise is below (a - mu) / sigma; dz = dmu + eps dsigma."""
    eps = torch.linspace(-3, 3, 7)[:, None]
    for right in QUESTIONS["reparameterize"].answers:
        z = right(MU, LOG_SIGMA, eps)
        q = Normal(MU, LOG_SIGMA.exp())
        assert torch.allclose(q.cdf(z), Normal(0.0, 1.0).cdf(eps))
        inputs = {"mu": MU, "log_sigma": LOG_SIGMA, "eps": eps[:1]}
        slopes = measure(right, inputs, ["mu", "log_sigma"])[1:]
        assert torch.allclose(torch.cat(slopes), torch.tensor([1.0, -3 * q.scale]))


@pytest.mark.parametrize(("name", "jump"), [("pathwise_grad", 0), ("score_grad", 0.8)])
def test_the_mean_of_many_estimates_is_the_exact_slope(name, jump):
    f, eps = wave(jump), torch.randn(DRAWS, 1)
    estimate = answer(name)(f, MU, LOG_SIGMA, eps)[:, 0]
    parts = [answer(name)(f, MU, LOG_SIGMA, part)[:, 0] for part in eps.split(1000)]
    standard_error = torch.stack(parts).std(0) / math.sqrt(len(parts))
    assert ((estimate - exact_slopes(f)).abs() < 4 * standard_error).all()
    assert (standard_error < 0.02).all()


def test_pushing_over_jumps_is_wrong_on_average():
    """The trap of question 3 is one: no number of draws repairs it."""
    f, eps = wave(0.8), torch.randn(DRAWS, 1)
    pushed = answer("pathwise_grad")(f, MU, LOG_SIGMA, eps)[:, 0]
    assert (pushed - exact_slopes(f)).abs().max() > 0.3


def test_weighing_needs_values_only():
    def without_graph(z):
        return wave(0.8)(z.detach())

    inputs = MU, LOG_SIGMA, torch.randn(50, 1)
    for right in QUESTIONS["score_grad"].answers:
        same = right(without_graph, *inputs)
        assert torch.allclose(same, right(wave(0.8), *inputs))


def test_a_baseline_without_its_own_draw_keeps_the_mean_and_one_with_it_does_not():
    """Over all 4^3 ways to draw three of four points, weighed, exactly."""
    p = torch.tensor([0.1, 0.2, 0.3, 0.4])
    f = torch.tensor([-9.0, -2.0, 5.0, 1.0])
    score = torch.tensor([2.0, -1.0, 0.5, 0.0])
    score = score - p @ score  # as of any score, the mean is zero
    which = torch.cartesian_prod(*[torch.arange(4)] * 3).T  # (3 draws, 64 ways)
    chance = p[which].prod(0)
    exact = p @ (f * score)

    def mean(baseline):
        return chance @ ((f[which] - baseline(f[which])) * score[which]).mean(0)

    for right in QUESTIONS["leave_one_out"].answers:
        assert mean(right).item() == pytest.approx(exact.item(), abs=1e-12)
    assert mean(lambda f: f.mean(0)) == pytest.approx(exact.item() * 2 / 3, abs=1e-12)


def test_a_constant_is_taken_off_whole():
    for right in QUESTIONS["leave_one_out"].answers:
        assert torch.allclose(right(torch.full((4, 2), -9.0)), torch.tensor(-9.0))


def test_it_takes_so_many_draws_to_match_one_push():
    """The mean of n draws has the variance of one push, added over coordinates."""
    push, n = torch.randn(60_000, 2) * torch.tensor([1.0, 6.0]), 15
    weigh = torch.randn(60_000, 2) * torch.tensor([20.0, 8.0])
    found = answer("worth")(push, weigh)
    means = weigh.reshape(-1, n, 2).mean(1)
    left = means.var(0).sum() / push.var(0).sum()
    assert left.item() == pytest.approx(found.item() / n, rel=0.05)


def test_the_worth_of_a_push_grows_with_the_square_of_the_dimension():
    """By moments, f = |z|^2 at mu = 1: Var(f eps) = 4 D^2 + 14 D + 12, Var(2 z) = 4."""
    for dim in (1, 10, 100):
        eps = torch.randn(20_000, dim)
        z = 1 + eps
        found = answer("worth")(2 * z, (z**2).sum(-1, keepdim=True) * eps)
        assert found.item() == pytest.approx(dim**2 + 3.5 * dim + 3, rel=0.15)


def test_the_case_has_the_variances_asked_for():
    sigma, times = torch.tensor([0.4, 1.0, 2.5]), torch.tensor([1.2, 2.0, 3.9])
    eps = torch.linspace(-9, 9, 4001)[:, None]
    mass = Normal(0.0, 1.0).log_prob(eps).exp()
    for right in QUESTIONS["worse_pathwise"].answers:
        k = right(sigma, times)
        push = (-k * (k * sigma * eps).sin()) ** 2
        weigh = ((k * sigma * eps).cos() * eps / sigma) ** 2
        ratio = (mass * push).sum(0) / (mass * weigh).sum(0)
        assert torch.allclose(ratio, times, atol=1e-9)


def test_held_slopes_are_minus_that_of_the_kl_and_noise_of_mean_zero():
    eps = torch.randn(DRAWS, 1)
    a, b = answer("held_grads")(MU, LOG_SIGMA, eps)
    minus_kl = torch.stack([-MU, 1 - (2 * LOG_SIGMA).exp()])
    assert torch.allclose(a, minus_kl)
    error = torch.tensor([1 / LOG_SIGMA.exp().item(), math.sqrt(2)]) / math.sqrt(DRAWS)
    assert (b[:, 0].abs() < 4 * error).all()
    one, two = (answer("held_grads")(MU, LOG_SIGMA, e)[1] for e in eps[:2, None])
    assert (one - two).abs().max() > 0.01


def test_the_sick_bound_has_the_right_value():
    """Only its slopes give it away: the question must compare gradients."""
    question = QUESTIONS["bound"]
    sick = next(f for f in question.mistakes if f.__name__ == "still_sick")
    for inputs in question.cases(3):
        well, ill = (
            measure(f, inputs, question.gradients) for f in (answer("bound"), sick)
        )
        assert torch.allclose(well[0], ill[0], atol=1e-12)
        for one, two in zip(well[1:], ill[1:], strict=True):
            assert (one - two).abs().max() > 0.1


def test_the_repaired_bound_has_the_slopes_of_its_value():
    question = QUESTIONS["bound"]
    inputs = question.cases(3)[0]
    _, *slopes = measure(answer("bound"), inputs, question.gradients)
    for name, slope in zip(question.gradients, slopes, strict=True):
        nudge = torch.zeros_like(inputs[name])
        nudge[1, 2] = 1e-5
        up, down = (
            answer("bound")(**(inputs | {name: inputs[name] + s * nudge}))
            for s in (1, -1)
        )
        gain = (up - down)[1] / 2e-5
        assert gain.item() == pytest.approx(slope[1, 2].item(), abs=1e-8)


@pytest.mark.slow
def test_the_notebook_shows_what_its_text_says():
    namespace, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps05")):
            exec(re.sub(r"^(guess\w*) += None", r"\1 = 1", text, flags=re.M), namespace)
    said = out.getvalue()
    log = re.findall(r"Iteration: +(\d+) +ELBO: +(-[\d.]+) +KL: +([\d.]+)", said)
    (_, sick, no_kl), (_, repaired, kl) = (row for row in log if row[0] == "800")
    assert float(no_kl) == 0 and float(kl) > 1
    assert float(sick) == pytest.approx(-9.41, abs=0.1)
    assert float(repaired) > -5.3
    assert re.search(r"pathwise_grad +0.000\nscore_grad +0.24", said)
    last = re.search(r"step 60  A: mu ([- ]0\.0\d+)  sigma +([\d.]+)", said)
    assert float(last[2]) == pytest.approx(1, abs=0.01)
