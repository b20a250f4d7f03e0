"""Prior sampling against exact areas, its error against closed forms and itself."""

import math
from itertools import combinations

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from dgm.data.bars import bar_images
from dgm.densities import bernoulli
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.linear_gaussian import LinearGaussian
from dgm.nets import bars_by_hand
from dgm.prior_sampling import prior_sampling, relative_variance
from dgm.quadrature import log_evidence, ruler


@pytest.fixture
def world():
    model = LatentVariableModel(StandardNormal(1), BernoulliDecoder(bars_by_hand()))
    return model.requires_grad_(False)


@pytest.fixture
def oracle():
    return LinearGaussian(torch.randn(4, 1), torch.randn(4), 0.6).requires_grad_(False)


def even_places(number=20_000):
    """Lay darts evenly by their rank in the prior: no dz, and no density."""
    u = (torch.arange(number) + 0.5) / number
    return Normal(0.0, 1.0).icdf(u)[:, None, None]


def exact_relative_variance(model, x):
    """A squared Gaussian is a Gaussian of half the variance, times a constant."""
    W, b = model.likelihood.net.weight, model.likelihood.net.bias
    variance = model.likelihood.log_sigma.exp() ** 2
    half = W @ W.T + 0.5 * variance * torch.eye(len(b))
    scale = -0.5 * len(b) * torch.log(4 * math.pi * variance)
    log_square = scale + MultivariateNormal(b, half).log_prob(x)
    return (log_square - 2 * model.log_evidence(x)).expm1()


def test_the_mean_over_all_choices_of_darts_is_the_mean_of_all(world):
    x, z = bar_images()[1:2], torch.randn(7, 1, 1)
    of_all = prior_sampling(world, x, z).exp()
    for number in (1, 3, 6):
        chosen = [z[list(rows)] for rows in combinations(range(7), number)]
        some = torch.stack([prior_sampling(world, x, part) for part in chosen])
        assert torch.allclose(some.exp().mean(0), of_all, rtol=1e-12)
        assert some.mean() < of_all.log().item()  # Jensen: the log is too low


def test_evenly_laid_darts_find_the_area_of_the_ruler(world):
    x = bar_images()
    gap = prior_sampling(world, x, even_places()) - log_evidence(world, x, *ruler())
    assert gap.abs().max() < 1e-8


def test_evenly_laid_darts_find_the_area_in_closed_form(oracle):
    x = oracle.likelihood(torch.randn(5, 1)).sample()
    gap = prior_sampling(oracle, x, even_places()) - oracle.log_evidence(x)
    assert gap.abs().max() < 1e-5  # the midpoint rule's error, in u


def test_an_area_below_the_smallest_number_is_found():
    model = LatentVariableModel(
        StandardNormal(1), lambda z: bernoulli((0 * z - 2000).expand(*z.shape[:-1], 1))
    )
    assert prior_sampling(model, torch.ones(1, 1), torch.zeros(3, 1, 1)).item() == -2000


def test_relative_variance_is_the_closed_form(oracle):
    x = oracle.likelihood(torch.randn(5, 1)).sample()
    v = relative_variance(oracle, x, *ruler(4001))
    assert torch.allclose(v, exact_relative_variance(oracle, x), rtol=1e-9)


def test_relative_variance_is_stable_when_the_step_is_halved(world):
    v, half = (relative_variance(world, bar_images(), *ruler(n)) for n in (1001, 2001))
    assert torch.allclose(v, half, rtol=1e-9)


def test_it_predicts_the_error_of_many_estimates(world):
    x, darts, repeats = bar_images()[2:3], 200, 4000
    z = torch.randn(darts, repeats, 1)
    exact = log_evidence(world, x, *ruler())
    ratio = (prior_sampling(world, x, z) - exact).exp()
    error = ratio.std() / repeats**0.5
    assert abs(ratio.mean() - 1) < 4 * error  # unbiased
    squares = (ratio - 1) ** 2
    spread = squares.std() / repeats**0.5
    predicted = relative_variance(world, x, *ruler()).item() / darts
    assert abs(squares.mean() - predicted) < 4 * spread


def test_a_hill_with_a_share_of_the_prior_costs_one_over_that_share():
    def left_quarter(z):  # a pixel that is on left of the first quartile only
        return bernoulli(50 * torch.sign(Normal(0.0, 1.0).icdf(torch.tensor(0.25)) - z))

    model = LatentVariableModel(StandardNormal(1), left_quarter)
    v = relative_variance(model, torch.ones(1, 1), *ruler(100_001))
    assert v.item() == pytest.approx(3, rel=1e-3)  # the step at the wall
