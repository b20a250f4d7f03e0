"""The VAE's bound: unbiased for the ELBO, below log p(x), with all parameters in it."""

import math

import pytest
import torch

from dgm.bounds import elbo, log_weights
from dgm.data.bars import Bars
from dgm.densities import reparameterize
from dgm.quadrature import exact_elbo, log_evidence, ruler
from dgm.training import fit
from dgm.vae import vae, vae_bound

DRAWS = 4000


@pytest.fixture
def trained():
    """A VAE on bars after a hundred steps, and four images."""
    model, posterior = vae(16, hidden=8, dim_z=1)
    data = Bars(flip=0.05).sample((512,))
    bound = vae_bound(model, posterior)
    for _ in fit(bound, data, model, posterior, steps=100, batch=128, lr=0.05):
        pass
    return model, posterior, data[:4]


def test_sizes():
    model, posterior = vae(784, hidden=400, dim_z=20)
    count = [sum(p.numel() for p in net.parameters()) for net in (posterior, model)]
    assert count == [330_040, 322_784]  # as page 10 counts them by hand
    assert model.likelihood(torch.zeros(3, 20)).mean.shape == (3, 784)
    assert posterior(torch.zeros(3, 784)).mean.shape == (3, 20)


def test_a_fresh_network_draws_grey():
    """What the first line of a log must say: about log 2 a pixel."""
    model, posterior = vae(64, hidden=64, dim_z=2)
    x = torch.randint(2, (500, 64)).double()
    first = vae_bound(model, posterior)(x).mean().item()
    assert abs(first + 64 * math.log(2)) < 2.0


def test_unbiased_for_the_elbo_and_below_the_evidence(trained):
    model, posterior, x = trained
    with torch.no_grad():
        draws = vae_bound(model, posterior)(x.repeat(DRAWS, 1)).reshape(DRAWS, 4)
        exact = exact_elbo(model, posterior(x), x, *ruler(401))
        error = draws.std(0) / DRAWS**0.5
        assert ((draws.mean(0) - exact).abs() < 4 * error).all()
        assert (exact < log_evidence(model, x, *ruler())).all()


def test_same_mean_as_the_sampled_bound(trained):
    model, posterior, x = trained
    with torch.no_grad():
        q_z = posterior(x)
        z = reparameterize(q_z.mean, q_z.stddev, torch.randn(DRAWS, 4, 1))
        log_w = log_weights(model, q_z, x, z)
        closed = vae_bound(model, posterior)(x.repeat(DRAWS, 1)).reshape(DRAWS, 4)
        error = (log_w.var(0) + closed.var(0)).div(DRAWS).sqrt()
        assert ((elbo(log_w) - closed.mean(0)).abs() < 4 * error).all()


def test_fresh_noise_and_one_value_an_image(trained):
    model, posterior, x = trained
    bound = vae_bound(model, posterior)
    assert bound(x).shape == (4,)
    assert (bound(x) != bound(x)).all()


def test_the_encoder_hears_the_decoder(trained):
    """With the sample detached, the slope of the encoder would be the KL's alone."""
    model, posterior, x = trained
    weights = list(posterior.parameters())
    whole = torch.stack(
        [
            torch.cat([g.flatten() for g in torch.autograd.grad(b.sum(), weights)])
            for b in (vae_bound(model, posterior)(x) for _ in range(400))
        ]
    )
    ruled = exact_elbo(model, posterior(x), x, *ruler(201)).sum()
    exact = torch.cat([g.flatten() for g in torch.autograd.grad(ruled, weights)])
    error = whole.std(0) / len(whole) ** 0.5
    assert ((whole.mean(0) - exact).abs() <= 5 * error + 1e-9).all()


def test_every_parameter_gets_a_slope():
    model, posterior = vae(16, hidden=8, dim_z=2)
    vae_bound(model, posterior)(Bars().sample((8,))).sum().backward()
    for parameter in [*model.parameters(), *posterior.parameters()]:
        assert parameter.grad.abs().sum() > 0
