"""Gradient estimators: right on average, or wrong in the way that is claimed."""

import math

import pytest
import torch
from torch.autograd import grad

from dgm.bounds import elbo, log_weights
from dgm.densities import diagonal_normal
from dgm.gradients import (
    detached,
    leave_one_out,
    pathwise,
    phi_gradients,
    score_function,
)
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.linear_gaussian import LinearGaussian
from dgm.nets import bars_by_hand
from dgm.posteriors import LocalPosterior
from dgm.quadrature import exact_elbo, exact_kl, ruler

X = torch.tensor([[0.0, 0, 1, 1] + 3 * [0, 0, 1, 0]], dtype=torch.float64)


def with_baseline(*args):
    return score_function(*args, baseline=leave_one_out)


RIGHT = [pathwise, score_function, with_baseline]
right = pytest.mark.parametrize("estimator", RIGHT, ids=lambda f: f.__name__)


def bars_model(slope=4.0):
    decoder = BernoulliDecoder(bars_by_hand(slope))
    return LatentVariableModel(StandardNormal(1), decoder)


def bell(mu=0.2, log_sigma=-1.5, copies=1):
    return LocalPosterior(
        torch.full((copies, 1), mu), torch.full((copies, 1), log_sigma)
    )


def phi_estimates(estimator, samples=10, repeats=4000, slope=4.0, **at):
    """Return `repeats` independent estimates of the slope in (mu, log sigma)."""
    eps, q = torch.randn(samples, repeats, 1), bell(copies=repeats, **at)
    x = X.expand(repeats, 16)
    return phi_gradients(estimator(bars_model(slope), q(x), x, eps)[1], q)


def exact_gradient(slope=4.0, **at):
    q, x = bell(**at), X
    return phi_gradients(exact_elbo(bars_model(slope), q(x), x, *ruler()), q)[0]


def errors_off(rows, exact):
    """Say how many standard errors the mean of the rows is away from `exact`."""
    return (rows.mean(0) - exact) / (rows.std(0) / len(rows) ** 0.5)


@pytest.mark.parametrize("at", [{}, {"mu": -0.5, "log_sigma": -0.3}], ids=str)
def test_two_exact_routes_agree(at):
    q, x = bell(**at), X
    weighed = -phi_gradients(exact_kl(bars_model(), q(x), x, *ruler()), q)[0]
    torch.testing.assert_close(weighed, exact_gradient(**at))  # rounding


@pytest.mark.parametrize("at", [{}, {"mu": -0.5, "log_sigma": -0.3}], ids=str)
@right
def test_the_slope_in_phi_is_unbiased(estimator, at):
    off = errors_off(phi_estimates(estimator, **at), exact_gradient(**at))
    assert off.abs().max() < 4  # standard errors


@pytest.mark.parametrize("estimator", [*RIGHT, detached], ids=lambda f: f.__name__)
def test_the_slope_in_theta_is_unbiased(estimator):
    model, q, x = bars_model(), bell(), X
    theta = [model.likelihood.net[0].weight, model.likelihood.net[2].bias]

    def slopes(surrogate):
        parts = grad(surrogate.sum(), theta, retain_graph=True)
        return torch.cat([part.flatten() for part in parts])  # 3 + 16

    exact = slopes(exact_elbo(model, q(x), x, *ruler()))
    rows = [
        slopes(estimator(model, q(x), x, torch.randn(32, 1, 1))[1]) for _ in range(100)
    ]
    assert errors_off(torch.stack(rows), exact).abs().max() < 4


def test_all_give_theta_the_same_at_equal_noise():
    model, q, x, eps = bars_model(), bell(), X, torch.randn(5, 1, 1)
    weight = model.likelihood.net[0].weight
    a, *others = (
        grad(f(model, q(x), x, eps)[1].sum(), weight)[0] for f in (*RIGHT, detached)
    )
    for b in others:
        torch.testing.assert_close(a, b)


def test_a_held_z_gives_phi_noise_of_mean_zero():
    rows = phi_estimates(detached)
    assert errors_off(rows, torch.zeros(2)).abs().max() < 4
    assert errors_off(rows, exact_gradient()).abs().min() > 50
    assert (rows.std(0) > 0.1).all()  # noise, and not a zero


def test_all_print_the_same_bound():
    model, q, x, eps = bars_model(), bell(), X, torch.randn(7, 1, 1)
    log_w = log_weights(model, q(x), x, 0.2 + math.exp(-1.5) * eps)
    for estimator in (*RIGHT, detached):
        torch.testing.assert_close(estimator(model, q(x), x, eps)[0], elbo(log_w))


def test_a_forgotten_detach_is_right_in_mu_and_wrong_in_log_sigma():
    """Keep the fault that the page plants what the page says of it."""

    def forgot(model, q_z, x, eps):
        z = q_z.mean + q_z.stddev * eps
        log_w = log_weights(model, q_z, x, z)
        return elbo(log_w), (log_w.detach() * q_z.log_prob(z) + log_w).mean(0)

    exact, x = exact_gradient(), X
    bound = exact_elbo(bars_model(), bell()(x), x, *ruler()).detach()
    off = errors_off(phi_estimates(forgot), exact)
    assert off[0].abs() < 4 < off[1].abs()
    shifted = exact - torch.stack([torch.zeros(1), bound]).squeeze(1)
    assert errors_off(phi_estimates(forgot), shifted).abs().max() < 4


def test_vertical_walls_deceive_who_pushes():
    """Between cliffs only the prior pulls: -mu, with hardly any noise."""
    rows = phi_estimates(pathwise, slope=1e9)
    q, x = bell(), X
    model = bars_model(slope=1e9)
    truth = -phi_gradients(exact_kl(model, q(x), x, *ruler(20_001)), q)[0]
    assert errors_off(rows, torch.tensor([-0.2, 1 - math.exp(-3)])).abs().max() < 4
    assert errors_off(rows, truth)[0].abs() > 1000
    weighed = phi_estimates(score_function, slope=1e9)
    assert errors_off(weighed, truth).abs().max() < 4


# --- the baseline


def test_leave_one_out_leaves_one_out():
    log_w = torch.randn(5, 3)
    changed = log_w.clone()
    changed[2] += 7.0
    before, after = leave_one_out(log_w), leave_one_out(changed)
    torch.testing.assert_close(after[2], before[2])  # row k does not see sample k
    torch.testing.assert_close(after[0], before[0] + 7.0 / 4)  # the others do


def test_a_constant_costs_only_who_weighs_without_a_baseline():
    class Shifted(LatentVariableModel):
        def log_joint(self, x, z):
            return super().log_joint(x, z) + 100

    plain, q, eps = bars_model(), bell(), torch.randn(9, 1, 1)
    shifted = Shifted(plain.prior, plain.likelihood)

    def change(estimator):
        a, b = (estimator(model, q(X), X, eps)[1] for model in (plain, shifted))
        return phi_gradients(b, q) - phi_gradients(a, q)

    for estimator in (pathwise, with_baseline):
        torch.testing.assert_close(change(estimator), torch.zeros(1, 2))
    held = phi_gradients(detached(plain, q(X), X, eps)[1], q)  # - grad log q
    torch.testing.assert_close(change(score_function), -100 * held)


# --- variances, against closed forms


class Toy:
    """A "model" whose log_joint is f + log q, so that log w is f: any f will do."""

    def __init__(self, f, q_z):
        self.f, self.q_z = f, q_z

    def log_joint(self, x, z):
        return self.f(z) + self.q_z.log_prob(z)


def toy_spread(estimator, f, dim=1, repeats=40_000):
    """Return the spread of one draw's slope in mu's first coordinate, at N(0, I)."""
    q = LocalPosterior(torch.zeros(repeats, dim), torch.zeros(repeats, dim))
    q_z, x = q(torch.zeros(repeats, 16)), torch.zeros(repeats, 16)
    eps = torch.randn(1, repeats, dim)
    surrogate = estimator(Toy(f, q_z), q_z, x, eps)[1]
    return phi_gradients(surrogate, q)[:, 0].std()


@pytest.mark.parametrize("dim", [1, 4, 12])
def test_the_price_of_dimensions(dim):
    def hill(z):
        return -0.5 * (z**2).sum(-1)

    def best(model, q_z, x, eps):  # the best constant
        return score_function(
            model, q_z, x, eps, baseline=lambda w: torch.full_like(w, -(dim + 2) / 2)
        )

    close = {"rtol": 0.05, "atol": 0.0}  # five standard errors of the widest
    for estimator, variance in (
        (pathwise, 1.0),
        (score_function, (dim + 2) * (dim + 4) / 4),
        (best, (dim + 2) / 2),
    ):
        spread = torch.tensor(variance**0.5)
        torch.testing.assert_close(toy_spread(estimator, hill, dim), spread, **close)


@pytest.mark.parametrize("k", [0.5, 1.0, 5.0])
def test_short_waves_are_dear_to_who_pushes(k):
    def wave(z):
        return torch.cos(k * z).sum(-1)

    fade = math.exp(-2 * k**2)
    push, weigh = k**2 * (1 - fade) / 2, (1 + (1 - 4 * k**2) * fade) / 2
    for estimator, variance in ((pathwise, push), (score_function, weigh)):
        spread = torch.tensor(variance**0.5)
        measured = toy_spread(estimator, wave)
        torch.testing.assert_close(measured, spread, rtol=0.03, atol=0.0)
    assert (push < weigh) == (k < 1)


# --- phi_gradients


def test_each_image_gets_its_own_gradient():
    q = LocalPosterior(torch.randn(3, 2), torch.randn(3, 2))
    scale = torch.tensor([1.0, 10.0, 100.0])

    def surrogate(rows):
        return scale[rows] * (q.mu[rows] ** 2 + q.log_sigma[rows]).sum(-1)

    together = phi_gradients(surrogate(torch.arange(3)), q)
    assert together.shape == (3, 4)
    for n in range(3):
        alone = phi_gradients(surrogate(torch.tensor([n])), q)
        torch.testing.assert_close(together[n], alone[n])
    torch.testing.assert_close(together[:, :2], 2 * scale[:, None] * q.mu.detach())
    torch.testing.assert_close(together[:, 2:], scale[:, None].expand(3, 2))


def test_a_gradient_that_is_none_reads_as_zero():
    q = bell()
    assert phi_gradients(q.mu.sum(-1), q).tolist() == [[1.0, 0.0]]


def test_sticking_the_landing_is_silent_at_the_summit():
    """Detach phi inside log q only: at the exact posterior every draw says zero."""
    model = LinearGaussian(torch.ones(3, 1), torch.zeros(3), sigma=0.5)
    x = torch.tensor([[1.0, 0.5, 0.0]])
    summit = model.exact_posterior(x)
    q = LocalPosterior(summit.mean.detach(), summit.stddev.log().detach())
    q_z, eps = q(x), torch.randn(6, 1, 1)
    z = q_z.mean + q_z.stddev * eps
    quiet = diagonal_normal(q_z.mean.detach(), q_z.stddev.log().detach())
    landed = phi_gradients(elbo(log_weights(model, quiet, x, z)), q)
    assert landed.abs().max() < 1e-12
    assert phi_gradients(pathwise(model, q(x), x, eps)[1], q).abs().min() > 1e-3
