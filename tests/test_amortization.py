"""The best bell against brute force and closed forms; the two gaps by other routes."""

import pytest
import torch
from torch.autograd.functional import hessian, jacobian

from dgm import amortization
from dgm.amortization import best_bell, elbo_of_bells, fit_local, gaps, slopes
from dgm.data.bars import Bars, bar_images
from dgm.densities import diagonal_normal
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.linear_gaussian import LinearGaussian
from dgm.nets import bars_by_hand, mlp
from dgm.posteriors import Encoder, LocalPosterior
from dgm.quadrature import exact_elbo, exact_kl, log_evidence, ruler


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


def pictures():
    """Bars, their mixtures and noise: one hill, two hills, anything."""
    two_stories = torch.cat([bar_images()[:2, :8], bar_images()[2:, 8:]], 1)
    noise = torch.randint(2, (20, 16)).double()
    return torch.cat([Bars().sample((20,)), two_stories, noise])


def test_slopes_are_those_of_autograd(model):
    x = pictures()
    phi = torch.tensor([0.7, -1.5])

    def bound(phi):
        q_z = diagonal_normal(*phi[None].chunk(2, -1))
        return exact_elbo(model, q_z, x[:1], *ruler()).squeeze()

    width = torch.stack([phi[1].exp(), torch.tensor(1.0)])
    elbo, slope, bend = slopes(model, phi[None], x[:1])
    exact = jacobian(bound, phi) * width
    curve = hessian(bound, phi) * width * width[:, None]
    torch.testing.assert_close(elbo[0], bound(phi), rtol=0, atol=1e-7)
    # the short ruler ends at six sigma, where t^4 still sees a little
    torch.testing.assert_close(slope[0], exact, rtol=0, atol=1e-5)
    torch.testing.assert_close(bend[0], curve, rtol=0, atol=1e-3)


def test_brute_force_is_the_exact_elbo_of_each_bell(model):
    x, mu = pictures(), torch.linspace(-2, 2, 5)
    bells = diagonal_normal(mu[:, None], torch.linspace(-1.5, -0.4, 5)[:, None])
    table = elbo_of_bells(model, bells, x, *ruler())
    assert table.shape == (5, len(x))
    for row, m, s in zip(table, bells.mean, bells.stddev.log(), strict=True):
        q_z = diagonal_normal(m.expand(len(x), 1), s.expand(len(x), 1))
        exact = exact_elbo(model, q_z, x, *ruler())
        torch.testing.assert_close(row, exact, rtol=0, atol=1e-9)


@torch.no_grad()
def test_no_bell_of_a_fine_mesh_is_better_than_the_best(model):
    x = pictures()
    best = exact_elbo(model, best_bell(model, x)(x), x, *ruler())
    mu, log_sigma = torch.linspace(-3.5, 3.5, 141), torch.linspace(-3.0, 0.5, 36)
    mesh = torch.cartesian_prod(mu, log_sigma)
    bells = diagonal_normal(mesh[:, :1], mesh[:, 1:])
    ahead = best - elbo_of_bells(model, bells, x, *ruler()).amax(0)
    assert ahead.min() > -1e-6 and ahead.max() < 0.05


def test_the_best_bell_is_on_top(model):
    x = pictures()
    best = best_bell(model, x)
    exact_elbo(model, best(x), x, *ruler()).sum().backward()
    for p in best.parameters():
        torch.testing.assert_close(p.grad, 0 * p, rtol=0, atol=1e-4)


def test_of_two_hills_the_higher_one_is_found():
    model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(bars_by_hand()))
    x = torch.cat([bar_images()[0, :8], bar_images()[3, 8:]])
    left, right = x.clone(), x.clone()
    left[8], right[3] = 1, 1  # one more pixel of bar 1, or of bar 4
    mu = best_bell(model, torch.stack([left, right])).mu
    assert mu[0] < -0.5 and mu[1] > 0.5


def test_where_the_posterior_is_gaussian_the_best_bell_is_the_posterior(oracle):
    x = oracle.likelihood(oracle.prior().sample((30,))).sample()
    best, exact = best_bell(oracle, x)(x), oracle.exact_posterior(x)
    torch.testing.assert_close(best.mean, exact.mean, rtol=0, atol=1e-6)
    torch.testing.assert_close(best.stddev, exact.stddev, rtol=0, atol=1e-6)
    gaussian, shared = gaps(oracle, oracle.exact_posterior, x)
    for gap in (gaussian, shared):
        torch.testing.assert_close(gap, torch.zeros(30), rtol=0, atol=1e-6)


def test_an_image_s_best_bell_does_not_depend_on_its_company(model):
    x = pictures()
    together, order = best_bell(model, x), torch.randperm(len(x))
    again, alone = best_bell(model, x[order]), best_bell(model, x[3:4])
    torch.testing.assert_close(again.mu, together.mu[order], rtol=0, atol=1e-6)
    torch.testing.assert_close(alone.log_sigma[0], together.log_sigma[3])


def test_the_gaps_are_kls(model):
    x, encoder = pictures(), Encoder(mlp(16, 32, 2))
    encoder.net[-1].bias.data[1] = -1.5  # no wider than the short ruler is made for
    gaussian, shared = gaps(model, encoder, x)
    for gap, posterior in (
        (gaussian, best_bell(model, x)),
        (gaussian + shared, encoder),
    ):
        other_route = exact_kl(model, posterior(x), x, *ruler(3001, end=7.5))
        # 1e-4: the short ruler under a wide bell, where the decoder's walls are steep
        torch.testing.assert_close(gap, other_route, rtol=0, atol=1e-4)
    assert gaussian.min() > -1e-6 and shared.min() > -1e-6
    assert gaussian.shape == shared.shape == (len(x),)
    assert not gaussian.requires_grad and not shared.requires_grad


def test_the_best_bell_has_no_amortization_gap(model):
    x = pictures()
    gaussian, shared = gaps(model, best_bell(model, x), x)
    torch.testing.assert_close(shared, torch.zeros(len(x)), rtol=0, atol=1e-9)


def test_a_climb_that_does_not_end_says_so(model, monkeypatch):
    def uphill_for_ever(model, phi, x):
        return phi[:, 0], torch.ones_like(phi), -torch.eye(2).expand(len(phi), 2, 2)

    monkeypatch.setattr(amortization, "slopes", uphill_for_ever)
    with pytest.raises(RuntimeError, match="images still climb after 200 steps"):
        best_bell(model, pictures())


def test_a_row_starts_at_the_prior_and_first_moves_by_the_step_size(model):
    x = pictures()
    rows = next(iter(fit_local(model, x, steps=50, lr=0.1)))
    assert isinstance(rows, LocalPosterior)
    for p in (rows.mu, rows.log_sigma):
        torch.testing.assert_close(p.abs(), torch.full_like(p, 0.1), rtol=1e-4, atol=0)


def test_a_row_learns_from_its_own_image_only(model):
    x = pictures()
    other = torch.cat([x[:1], 1 - x[1:]])
    ends = []
    for images in (x, other):
        torch.manual_seed(0)
        *_, rows = fit_local(model, images, steps=5)
        ends.append(rows.mu)
    torch.testing.assert_close(ends[0][0], ends[1][0])
    assert (ends[0][1:] != ends[1][1:]).any()


@torch.no_grad()
def test_rows_of_clean_bars_climb_nearly_to_the_top():
    model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(bars_by_hand()))
    x = bar_images()
    with torch.enable_grad():
        *_, rows = fit_local(model, x, steps=150)
    reached = exact_elbo(model, rows(x), x, *ruler())
    best = exact_elbo(model, best_bell(model, x)(x), x, *ruler())
    evidence = log_evidence(model, x, *ruler())
    assert (reached > best - 0.1).all() and (best < evidence).all()


def test_the_decoder_stays(model):
    x, before = pictures(), [p.clone() for p in model.parameters()]
    for _ in fit_local(model, x, steps=3):
        pass
    best_bell(model, x)
    for p, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(p, old) and p.grad is None and p.requires_grad
