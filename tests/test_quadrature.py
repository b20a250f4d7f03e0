"""Quadrature against closed forms, itself at half the step, and planted faults."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from dgm import quadrature
from dgm.data.bars import Bars, all_images
from dgm.densities import diagonal_normal
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.linear_gaussian import LinearGaussian
from dgm.nets import bars_by_hand, mlp
from dgm.quadrature import (
    exact_elbo,
    exact_kl,
    exact_posterior,
    log_evidence,
    log_evidence_chunked,
    ruler,
)


def random_net():
    """A tanh network about as steep as a trained one."""
    net = mlp(1, 32, 16)
    with torch.no_grad():
        for p in net.parameters():
            p.mul_(3.0)
    return net


@pytest.fixture(params=[random_net, bars_by_hand])
def model(request):
    return LatentVariableModel(StandardNormal(1), BernoulliDecoder(request.param()))


@pytest.fixture
def oracle():
    return LinearGaussian(torch.randn(4, 1), torch.randn(4), sigma=0.3)


def some_q(batch, shift=0.0):
    """Gaussians that fit on the ruler: 8 sigma inside its ends, 6 marks a sigma."""
    mu = torch.linspace(-2, 2, batch)[:, None]
    sigma = torch.linspace(0.1, 0.7, batch).roll(batch // 2)[:, None]
    return diagonal_normal(mu, sigma.log() + shift)


def test_the_ruler_is_even_symmetric_and_ready_for_broadcasting():
    z, dz = ruler(5, end=2.0)
    assert z.shape == (5, 1, 1) and z.flatten().tolist() == [-2, -1, 0, 1, 2]
    assert dz.shape == (5, 1) and dz.flatten().tolist() == [0.5, 1, 1, 1, 0.5]


def test_the_ruler_is_float64_whatever_the_default():
    torch.set_default_dtype(torch.float32)
    assert [part.dtype for part in ruler()] == [torch.float64] * 2


def test_the_ruler_integrates_a_normal_s_moments():
    z, dz = ruler()
    bell = (dz * Normal(0.0, 1.0).log_prob(z[..., 0]).exp())[:, 0]
    moments = [(bell * z[:, 0, 0] ** power).sum().item() for power in range(7)]
    for found, exact in zip(moments, [1, 0, 1, 0, 3, 0, 15], strict=True):
        assert math.isclose(found, exact, abs_tol=1e-9)


def test_log_evidence_is_the_closed_form(oracle):
    x = oracle.likelihood(oracle.prior().sample((50,))).sample()
    by_ruler = log_evidence(oracle, x, *ruler())
    torch.testing.assert_close(by_ruler, oracle.log_evidence(x), rtol=0, atol=1e-8)


def test_exact_posterior_is_the_closed_form(oracle):
    x, (z, dz) = torch.randn(3, 4), ruler()
    by_ruler = exact_posterior(oracle, x, z, dz)
    closed = oracle.exact_posterior(x).log_prob(z)
    torch.testing.assert_close(by_ruler, closed, rtol=0, atol=1e-8)


def test_half_the_step_and_a_longer_ruler_change_nothing(model):
    x = Bars().sample((30,))
    once = log_evidence(model, x, *ruler())
    for finer in (ruler(2001), ruler(1251, end=10.0)):
        again = log_evidence(model, x, *finer)
        torch.testing.assert_close(again, once, rtol=0, atol=1e-10)


def test_exact_posterior_integrates_to_one(model):
    z, dz = ruler()
    log_post = exact_posterior(model, Bars().sample((30,)), z, dz)
    assert log_post.shape == (1001, 30)
    area = (dz * log_post.exp()).sum(0)
    torch.testing.assert_close(area, torch.ones(30), rtol=0, atol=1e-12)


def test_exact_posterior_times_evidence_is_the_joint(model):
    x, (z, dz) = Bars().sample((5,)), ruler()
    joint = exact_posterior(model, x, z, dz) + log_evidence(model, x, z, dz)
    p = model.likelihood.net(z).sigmoid()
    factors = torch.where(x == 1, p, 1 - p).log().sum(-1)
    prior = -0.5 * z[..., 0] ** 2 - 0.5 * math.log(2 * math.pi)
    torch.testing.assert_close(joint, factors + prior, rtol=0, atol=1e-10)


@pytest.mark.parametrize("batch", [1, 20])
def test_elbo_and_kl_to_the_posterior_make_up_the_evidence(model, batch):
    x, q_z = Bars().sample((batch,)), some_q(batch)
    bound, gap = exact_elbo(model, q_z, x, *ruler()), exact_kl(model, q_z, x, *ruler())
    evidence = log_evidence(model, x, *ruler())
    torch.testing.assert_close(bound + gap, evidence, rtol=0, atol=1e-9)
    assert (gap > 0).all() and bound.shape == gap.shape == (batch,)


def test_elbo_and_kl_are_stable_at_half_the_step(model):
    x, q_z = Bars().sample((20,)), some_q(20)
    for route in (exact_elbo, exact_kl):
        once, again = (route(model, q_z, x, *ruler(n)) for n in (1001, 2001))
        torch.testing.assert_close(again, once, rtol=0, atol=1e-10)


def test_at_the_exact_posterior_the_gap_is_zero_and_the_bound_tight(oracle):
    x = torch.randn(5, 4)
    posterior = oracle.exact_posterior(x)
    q_z = diagonal_normal(posterior.mean, posterior.stddev.log())
    gap = exact_kl(oracle, q_z, x, *ruler())
    torch.testing.assert_close(gap, torch.zeros(5), rtol=0, atol=1e-10)
    bound = exact_elbo(oracle, q_z, x, *ruler())
    torch.testing.assert_close(bound, oracle.log_evidence(x), rtol=0, atol=1e-9)


def test_exact_kl_is_the_library_s_between_gaussians(oracle):
    x, q_z = torch.randn(20, 4), some_q(20)
    posterior = oracle.exact_posterior(x)
    gaussian = Independent(Normal(posterior.mean, posterior.stddev), 1)
    gap = exact_kl(oracle, q_z, x, *ruler())
    torch.testing.assert_close(gap, kl_divergence(q_z, gaussian), rtol=0, atol=1e-7)


def misfit(model, q_bound, q_gap, x):
    """How far ELBO + KL misses the evidence, at worst."""
    total = exact_elbo(model, q_bound, x, *ruler()) + exact_kl(
        model, q_gap, x, *ruler()
    )
    return (total - log_evidence(model, x, *ruler())).abs().max()


def test_a_shifted_log_sigma_in_one_route_breaks_the_identity(model):
    x, q_z, shifted = Bars().sample((20,)), some_q(20), some_q(20, shift=0.01)
    assert misfit(model, q_z, q_z, x) < 1e-9
    assert misfit(model, shifted, q_z, x) > 1e-3
    assert misfit(model, q_z, shifted, x) > 1e-3


def swapped(mu, log_sigma):
    """KL(prior, q) where KL(q, prior) belongs."""
    q_z = Normal(mu, log_sigma.exp())
    return kl_divergence(Normal(0.0, 1.0).expand(mu.shape), q_z).sum(-1)


def sigma_for_variance(mu, log_sigma):
    """The KL of someone who takes log sigma for the log-variance."""
    return (0.5 * (mu**2 + log_sigma.exp() - 1 - log_sigma)).sum(-1)


@pytest.mark.parametrize("wrong_kl", [swapped, sigma_for_variance])
def test_a_wrong_closed_form_kl_breaks_the_identity(model, wrong_kl, monkeypatch):
    x, q_z = Bars().sample((20,)), some_q(20)
    monkeypatch.setattr(quadrature, "kl_standard_normal", wrong_kl)
    assert misfit(model, q_z, q_z, x) > 1e-2


@torch.no_grad()
def test_the_model_s_probabilities_of_all_images_sum_to_one(model):
    log_p = log_evidence_chunked(model, all_images(), *ruler(81))
    total = log_p.exp().sum()
    torch.testing.assert_close(total, torch.tensor(1.0), rtol=0, atol=1e-11)


@pytest.mark.parametrize("chunk", [1, 7, 10, 4096])
def test_chunks_change_nothing_but_memory(model, chunk):
    x = Bars().sample((10,))
    whole = log_evidence(model, x, *ruler())
    parts = log_evidence_chunked(model, x, *ruler(), chunk=chunk)
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-12)
    assert whole.requires_grad and not parts.requires_grad


def test_chunks_refuse_what_the_model_cannot_score(model):
    with pytest.raises(ValueError, match="expected only 0 and 1"):
        log_evidence_chunked(model, torch.full((3, 16), 0.5), *ruler())
