"""The oracle itself, against the joint Gaussian of (x, z) and textbook regression."""

import pytest
import torch
from torch.distributions import MultivariateNormal

from dgm.linear_gaussian import LinearGaussian

SIZES = [(1, 1), (3, 1), (4, 2), (2, 5)]


def example(dim_x, dim_z, sigma=0.3):
    """A random model, images from it, and what it was made of."""
    W, b = torch.randn(dim_x, dim_z), torch.randn(dim_x)
    model = LinearGaussian(W, b, sigma)
    x = model.likelihood(torch.randn(6, dim_z)).sample()
    return model, x, W, b


@pytest.mark.parametrize("size", SIZES)
def test_the_joint_is_one_big_gaussian(size):
    model, x, W, b = example(*size)
    z = torch.randn(6, size[1])
    cov_x = W @ W.T + 0.3**2 * torch.eye(size[0])
    rows = [torch.cat([cov_x, W], 1), torch.cat([W.T, torch.eye(size[1])], 1)]
    joint = MultivariateNormal(torch.cat([b, torch.zeros(size[1])]), torch.cat(rows))
    expected = joint.log_prob(torch.cat([x, z], 1))
    torch.testing.assert_close(model.log_joint(x, z[None])[0], expected)


@pytest.mark.parametrize("size", SIZES)
def test_the_posterior_is_the_regression_of_z_on_x(size):
    model, x, W, b = example(*size)
    gain = W.T @ torch.linalg.inv(W @ W.T + 0.3**2 * torch.eye(size[0]))
    posterior = model.exact_posterior(x)
    torch.testing.assert_close(posterior.mean, (x - b) @ gain.T)
    covariance = (torch.eye(size[1]) - gain @ W).expand(6, -1, -1)
    torch.testing.assert_close(posterior.covariance_matrix, covariance)


@pytest.mark.parametrize("size", SIZES)
def test_joint_over_posterior_is_the_evidence_at_every_z(size):
    model, x, _, _ = example(*size)
    z = torch.randn(50, 6, size[1])
    ratio = model.log_joint(x, z) - model.exact_posterior(x).log_prob(z)
    torch.testing.assert_close(ratio, model.log_evidence(x).expand(50, 6))


def test_the_evidence_integrates_to_one():
    model, _, _, b = example(2, 2)
    grid = torch.linspace(-15, 15, 301)
    area = model.log_evidence(torch.cartesian_prod(grid, grid) + b).exp().sum() * 0.1**2
    torch.testing.assert_close(area, torch.tensor(1.0), rtol=0, atol=1e-9)


def test_samples_have_the_model_s_mean_and_covariance():
    """Each moment within 5 of its standard errors, from 20,000 samples."""
    model, _, W, b = example(3, 2)
    x = model.likelihood(model.prior().sample((20_000,))).sample() - b
    covariance = W @ W.T + 0.3**2 * torch.eye(3)
    products = x[:, :, None] * x[:, None, :] - covariance
    for moment in (x, products.flatten(1)):
        error = moment.std(0) / len(x) ** 0.5
        assert (moment.mean(0).abs() < 5 * error).all()


def test_the_closed_form_follows_the_parameters_that_training_moves():
    model, x, _, _ = example(3, 1)
    with torch.no_grad():
        model.likelihood.net.weight.mul_(2.0)
        model.likelihood.net.bias.add_(1.0)
    z = torch.randn(1, 6, 1)
    ratio = model.log_joint(x, z) - model.exact_posterior(x).log_prob(z)
    torch.testing.assert_close(ratio[0], model.log_evidence(x))


@pytest.mark.parametrize("default", [torch.float32, torch.float64])
def test_a_float64_oracle_is_exact_whatever_the_default_dtype(default):
    torch.set_default_dtype(default)
    W, b = torch.ones(3, 1, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    model = LinearGaussian(W, b, sigma=0.3)
    x, z = b + 0.7 * W.T, W[None, :1]
    ratio = model.log_joint(x, z) - model.exact_posterior(x).log_prob(z)
    torch.testing.assert_close(ratio[0], model.log_evidence(x), rtol=0, atol=1e-12)


def test_the_oracle_moves_to_another_dtype_whole():
    model, x, _, _ = example(3, 2)
    model, x = model.float(), x.float()
    assert model.log_evidence(x).dtype == torch.float32
    assert model.exact_posterior(x).mean.dtype == torch.float32


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_sigma_must_be_positive(sigma):
    with pytest.raises(ValueError, match=f"sigma: got {sigma}, expected a positive"):
        LinearGaussian(torch.ones(3, 1), torch.zeros(3), sigma)


@pytest.mark.parametrize("W, b", [((3,), (3,)), ((3, 1), (1,)), ((3, 1), (3, 1))])
def test_loadings_and_mean_must_fit(W, b):
    with pytest.raises(ValueError, match=r"expected \(dim_x, dim_z\) and \(dim_x,\)"):
        LinearGaussian(torch.ones(W), torch.zeros(b), 1.0)


@pytest.mark.parametrize(
    "x", [torch.ones(3), torch.ones(2, 4), torch.full((2, 3), -1e999)]
)
def test_data_must_be_rows_of_finite_numbers(x):
    with pytest.raises(ValueError, match=r"expected \(batch, 3\), all finite"):
        example(3, 1)[0].likelihood.check(x)
