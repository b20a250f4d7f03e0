"""The oracle itself, against the joint Gaussian of (x, z) and textbook regression."""

import pytest
import torch
from torch.distributions import MultivariateNormal

from dgm.latent_variable import LatentVariableModel, StandardNormal
from dgm.linear_gaussian import (
    GaussianDecoder,
    LinearGaussian,
    fit_ppca,
    ppca_from_moments,
)
from dgm.nets import mlp
from dgm.quadrature import log_evidence, ruler

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


def projector(model):
    """Return the projector onto the span of W: it is identified, W is not."""
    Q = torch.linalg.qr(model.likelihood.net.weight).Q
    return Q @ Q.mT


def cloud(num_data=300, dim_x=5):
    """Rows with five unlike spreads, turned at random."""
    turn = torch.linalg.qr(torch.randn(dim_x, dim_x)).Q
    return torch.randn(num_data, dim_x) * torch.arange(1.0, dim_x + 1) @ turn + 1


@pytest.mark.parametrize("dim_z", [1, 2, 4])
def test_the_fit_spans_what_the_singular_vectors_span(dim_z):
    x = cloud()
    V = torch.linalg.svd(x - x.mean(0)).Vh[:dim_z].mT
    torch.testing.assert_close(projector(fit_ppca(x, dim_z)), V @ V.mT)


@pytest.mark.parametrize("dim_z", [1, 2, 4])
def test_the_fit_s_evidence_is_tipping_and_bishop_s_number(dim_z):
    x = cloud()
    values = torch.linalg.svdvals(x - x.mean(0)) ** 2 / len(x)  # falling
    noise = values[dim_z:].mean()
    log_det = values[:dim_z].log().sum() + (5 - dim_z) * noise.log()
    expected = -0.5 * (5 * torch.log(torch.tensor(2 * torch.pi)) + log_det + 5)
    torch.testing.assert_close(fit_ppca(x, dim_z).log_evidence(x).mean(), expected)


@pytest.mark.parametrize("dim_z", [1, 2])
def test_no_step_of_any_parameter_leads_uphill(dim_z):
    x = cloud()
    model = fit_ppca(x, dim_z)
    model.likelihood.log_sigma.requires_grad_()
    model.log_evidence(x).mean().backward()
    for p in (*model.parameters(), model.likelihood.log_sigma):
        assert p.grad.abs().max() < 1e-10


def test_the_fit_beats_two_hundred_neighbours():
    x = cloud()
    best = fit_ppca(x, 2)
    W, b, sigma = best._parameters_now()
    top = best.log_evidence(x).mean()
    for _ in range(200):
        near = LinearGaussian(
            W + 0.1 * torch.randn_like(W),
            b + 0.1 * torch.randn_like(b),
            (sigma * torch.exp(0.1 * torch.randn(()))).item(),
        )
        assert near.log_evidence(x).mean() < top


def test_a_turned_W_is_another_W_and_the_same_density():
    x = cloud()
    model = fit_ppca(x, 2)
    W, b, sigma = model._parameters_now()
    R = torch.linalg.qr(torch.randn(2, 2)).Q
    turned = LinearGaussian(W @ R, b, sigma.item())
    assert (W - W @ R).abs().max() > 0.1
    torch.testing.assert_close(turned.log_evidence(x), model.log_evidence(x))


def test_as_many_equal_directions_as_there_are_give_no_line():
    model = ppca_from_moments(torch.zeros(4), 2.5 * torch.eye(4), 2)
    assert model.likelihood.net.weight.abs().max() < 1e-6
    assert abs(model.likelihood.log_sigma.exp().item() ** 2 - 2.5) < 1e-12


@pytest.mark.parametrize(
    "x, dim_z", [(torch.ones(4), 1), (torch.full((4, 3), -1e999), 1)]
)
def test_fit_takes_rows_of_finite_numbers(x, dim_z):
    with pytest.raises(ValueError, match=r"expected \(num_data, dim_x\), all finite"):
        fit_ppca(x, dim_z)


@pytest.mark.parametrize("dim_z", [0, 5, 6])
def test_fit_wants_fewer_directions_than_columns(dim_z):
    with pytest.raises(ValueError, match=f"dim_z: got {dim_z}, expected from 1 to 4"):
        fit_ppca(cloud(), dim_z)


def test_fit_refuses_data_without_noise():
    flat = torch.randn(20, 2) @ torch.randn(2, 5)
    with pytest.raises(ValueError, match="vary in 2 directions, expected more than"):
        fit_ppca(flat, 2)


def test_a_bent_decoder_without_a_bend_is_the_linear_one():
    """A network whose tanh is never left from its straight part, on the ruler."""
    W, b = torch.tensor([[0.8], [-0.3]]), torch.tensor([0.5, 1.0])
    net = mlp(1, 1, 2)
    with torch.no_grad():
        net[0].weight.fill_(1e-5)
        net[0].bias.zero_()
        net[2].weight.copy_(1e5 * W)
        net[2].bias.copy_(b)
    bent = LatentVariableModel(StandardNormal(1), GaussianDecoder(net, 0.4))
    line = LinearGaussian(W, b, 0.4)
    x = bent.likelihood.check(torch.randn(7, 2))
    got = log_evidence(bent, x, *ruler())
    torch.testing.assert_close(got, line.log_evidence(x), rtol=0, atol=1e-7)
    with pytest.raises(ValueError, match=r"expected \(batch, 2\), all finite"):
        bent.likelihood.check(torch.randn(7, 3))
