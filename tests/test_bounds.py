"""Bounds against the oracle, quadrature, each other and counting subsets."""

import itertools
import math

import pytest
import torch

from dgm.bounds import elbo, elbo_closed_kl, iwae, log_weights
from dgm.data.bars import Bars
from dgm.densities import diagonal_normal, reparameterize
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.linear_gaussian import LinearGaussian
from dgm.nets import bars_by_hand, mlp
from dgm.posteriors import LocalPosterior
from dgm.quadrature import exact_elbo, log_evidence, ruler


def bars_case(num_samples, batch=4):
    """A decoder drawn by hand, images, a Gaussian q for each, and draws from it."""
    model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(bars_by_hand()))
    mu = torch.linspace(-1.5, 1.5, batch)[:, None]
    q_z = diagonal_normal(mu, torch.full((batch, 1), -1.0))
    return model, q_z, Bars().sample((batch,)), q_z.sample((num_samples,))


def within_standard_errors(draws, exact, errors=4.0):
    """Whether the mean over the first axis lies this many standard errors off."""
    error = draws.std(0) / len(draws) ** 0.5
    return bool(((draws.mean(0) - exact).abs() < errors * error).all())


@pytest.mark.parametrize("dim_z", [1, 2])
def test_one_sample_at_the_exact_posterior_is_the_evidence(dim_z):
    model = LinearGaussian(torch.randn(4, dim_z), torch.randn(4), sigma=0.3)
    x = torch.randn(6, 4)
    posterior, evidence = model.exact_posterior(x), model.log_evidence(x)
    log_w = log_weights(model, posterior, x, posterior.sample((3,)))
    for one_sample in log_w.split(1):
        torch.testing.assert_close(elbo(one_sample), evidence)
        torch.testing.assert_close(iwae(one_sample), evidence)


def test_log_weights_are_joint_over_q_term_by_term():
    model = LatentVariableModel(StandardNormal(2), BernoulliDecoder(mlp(2, 8, 16)))
    x, z = torch.randint(2, (3, 16)).double(), torch.randn(5, 3, 2)
    mu, log_sigma = torch.randn(3, 2), torch.randn(3, 2)
    p = model.likelihood.net(z).sigmoid()
    bell = (-0.5 * z**2).exp() / (2 * torch.pi) ** 0.5
    q = (-0.5 * ((z - mu) / log_sigma.exp()) ** 2).exp() / log_sigma.exp()
    q = q / (2 * torch.pi) ** 0.5
    weights = torch.where(x == 1, p, 1 - p).prod(-1) * bell.prod(-1) / q.prod(-1)
    log_w = log_weights(model, diagonal_normal(mu, log_sigma), x, z)
    torch.testing.assert_close(log_w, weights.log())


def test_weights_average_to_the_evidence():
    """E_q w = p(x) and E_q log w = ELBO, each within 4 of its standard errors."""
    model, q_z, x, z = bars_case(20_000)
    wide = diagonal_normal(q_z.mean, torch.zeros_like(q_z.mean))
    z = wide.mean + (z - q_z.mean) / q_z.stddev
    log_w = log_weights(model, wide, x, z)
    evidence = log_evidence(model, x, *ruler())
    assert within_standard_errors((log_w - evidence).exp(), 1.0)
    assert within_standard_errors(log_w, exact_elbo(model, wide, x, *ruler()))


def test_both_estimates_of_the_elbo_have_the_mean_that_quadrature_gives():
    """20,000 draws of each: 4 standard errors to quadrature, and of the difference."""
    model, q_z, x, z = bars_case(20_000)
    exact = exact_elbo(model, q_z, x, *ruler())
    by_w = log_weights(model, q_z, x, z)
    rows = q_z.expand((20_000, 4))  # an image again for each draw: one-sample estimates
    each = diagonal_normal(rows.mean.flatten(0, 1), rows.stddev.log().flatten(0, 1))
    closed = elbo_closed_kl(model, each, x.repeat(20_000, 1), z.reshape(1, -1, 1))
    closed = closed.reshape(20_000, 4)
    assert within_standard_errors(by_w, exact)
    assert within_standard_errors(closed, exact)
    assert within_standard_errors(by_w - closed, 0.0)


def test_an_average_over_samples_is_the_average_of_single_samples():
    model, q_z, x, z = bars_case(50)
    log_w = log_weights(model, q_z, x, z)
    assert elbo(log_w).shape == (4,)
    torch.testing.assert_close(elbo(log_w), sum(elbo(w) for w in log_w.split(1)) / 50)
    single = [elbo_closed_kl(model, q_z, x, one) for one in z.split(1)]
    torch.testing.assert_close(elbo_closed_kl(model, q_z, x, z), sum(single) / 50)


def test_the_mean_over_subsets_rises_with_their_size_and_stays_below():
    """True draw by draw: the mean over all subsets of k of seven fixed weights."""
    log_w = 3 * torch.randn(7, 2)
    means = []
    for k in range(1, 8):
        rows = torch.tensor(list(itertools.combinations(range(7), k)))
        means.append(torch.stack([iwae(log_w[r]) for r in rows]).mean(0))
    for smaller, larger in itertools.pairwise(means):
        assert (smaller < larger).all()
    torch.testing.assert_close(means[0], elbo(log_w))
    torch.testing.assert_close(means[-1], log_w.exp().mean(0).log())


def test_iwae_of_one_weight_or_of_equal_weights_is_the_weight():
    log_w = torch.randn(1, 5)
    torch.testing.assert_close(iwae(log_w), elbo(log_w))
    torch.testing.assert_close(iwae(log_w.expand(9, 5)), log_w[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shift", [-1e5, 1e5])
def test_iwae_neither_underflows_nor_overflows(shift, dtype):
    log_w = torch.tensor([[0.0, 1.0], [1.0, 1.0]], dtype=dtype)
    expected = [shift + math.log((1 + math.e) / 2), shift + 1.0]
    found = iwae(log_w + shift)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=dtype))


def test_iwae_shares_its_gradient_out_by_the_weights():
    log_w = torch.randn(6, 2, requires_grad=True)
    iwae(log_w).sum().backward()
    torch.testing.assert_close(log_w.grad, log_w.detach().softmax(0))


def test_both_elbos_move_q_alike_where_z_is_reparameterized():
    """Pathwise gradients of 4,000 draws: mean difference within 4 standard errors."""
    model, _, x, _ = bars_case(1, batch=1)
    posterior = LocalPosterior(torch.full((4000, 1), 0.5), torch.full((4000, 1), -1.0))
    x, eps, grads = x.expand(4000, 16), torch.randn(1, 4000, 1), []
    for closed in (False, True):
        q_z = posterior(x)  # one q a draw: one gradient a draw
        z = reparameterize(q_z.mean, q_z.stddev, eps)
        by_w = elbo(log_weights(model, q_z, x, z))
        bound = elbo_closed_kl(model, q_z, x, z) if closed else by_w
        grads.append(torch.autograd.grad(bound.sum(), list(posterior.parameters())))
    for one, other in zip(*grads, strict=True):
        assert within_standard_errors(one - other, 0.0)
        assert (one != other).all()  # the estimates differ, their means do not
