"""A model is a prior times a likelihood: sums, integrals and what a module owes."""

import pytest
import torch

from dgm.data.bars import all_images
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp


def bars_model(dim_z=1):
    return LatentVariableModel(
        StandardNormal(dim_z), BernoulliDecoder(mlp(dim_z, 8, 16))
    )


@torch.no_grad()
def test_the_joint_sums_and_integrates_to_one():
    z = torch.linspace(-8, 8, 33)  # the sum over x is one at each z: few will do
    log_joint = bars_model().log_joint(all_images(), z[:, None, None])
    area = torch.trapezoid(log_joint.exp().sum(-1), z)
    torch.testing.assert_close(area, torch.tensor(1.0), rtol=0, atol=1e-10)


def test_the_joint_is_the_likelihood_times_the_prior():
    model, x, z = (
        bars_model(2),
        torch.randint(2, (3, 16)).double(),
        torch.randn(5, 3, 2),
    )
    p = model.likelihood.net(z).sigmoid()  # (5, 3, 16)
    likelihood = torch.where(x == 1, p, 1 - p).prod(-1)
    prior = (torch.exp(-0.5 * z**2) / (2 * torch.pi) ** 0.5).prod(-1)
    joint = model.log_joint(x, z).exp()
    torch.testing.assert_close(joint, likelihood * prior)


def test_one_z_for_all_images_is_each_image_at_that_z():
    model, x, z = (
        bars_model(2),
        torch.randint(2, (3, 16)).double(),
        torch.randn(5, 1, 2),
    )
    shared = model.log_joint(x, z)
    torch.testing.assert_close(shared, model.log_joint(x, z.expand(5, 3, 2)))
    assert shared.shape == (5, 3)


def test_the_prior_is_standard_normal_in_every_dimension():
    prior, z = StandardNormal(3)(), torch.randn(5, 4, 3)
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(z)
    torch.testing.assert_close(prior.log_prob(z), normal.sum(-1))
    assert (prior.mean == 0).all() and (prior.stddev == 1).all()


def test_only_the_likelihood_learns_and_all_of_it_does():
    model = bars_model(2)
    model.log_joint(torch.ones(3, 16), torch.randn(5, 3, 2)).sum().backward()
    assert not list(model.prior.parameters())
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_model_moves_to_another_dtype_whole():
    model = bars_model().float()
    log_joint = model.log_joint(torch.ones(3, 16).float(), torch.zeros(5, 1, 1).float())
    assert log_joint.dtype == torch.float32


def test_a_model_comes_back_from_its_state():
    model, twin, z = bars_model(), bars_model(), torch.randn(5, 1, 1)
    twin.load_state_dict(model.state_dict())
    x = torch.randint(2, (3, 16)).double()
    torch.testing.assert_close(twin.log_joint(x, z), model.log_joint(x, z))


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (torch.full((2, 16), 0.5), "got the value 0.5, expected only 0 and 1"),
        (torch.ones(2, 64), r"got shape \(2, 64\), expected \(..., 16\)"),
    ],
)
def test_the_likelihood_refuses_what_it_cannot_score(x, words):
    with pytest.raises(ValueError, match=words):
        bars_model().likelihood.check(x)
