"""Densities against torch.distributions, enumeration, quadrature and autograd."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn.functional import logsigmoid

from dgm.densities import (
    bernoulli,
    check_binary,
    diagonal_normal,
    kl_standard_normal,
    reparameterize,
)

S, B, D = 5, 3, 16
SHAPES = [(D,), (1, D), (B, D), (1, 1, D), (S, 1, D), (1, B, D), (S, B, D)]


def pixel_by_pixel(logits, x):
    """The definition: one factor a pixel, p where x = 1 and 1 - p where x = 0."""
    return (x * logsigmoid(logits) + (1 - x) * logsigmoid(-logits)).sum(-1)


def random_images(*shape):
    return torch.randint(2, shape).double()


def test_diagonal_normal_is_one_factor_a_coordinate():
    mu, log_sigma, z = torch.randn(3, 2), torch.randn(3, 2), torch.randn(5, 3, 2)
    q_z = diagonal_normal(mu, log_sigma)
    factors = Normal(mu, log_sigma.exp()).log_prob(z)
    by_hand = -0.5 * ((z - mu) / log_sigma.exp()) ** 2 - log_sigma
    by_hand = by_hand - 0.5 * math.log(2 * math.pi)
    torch.testing.assert_close(q_z.log_prob(z), factors.sum(-1))
    torch.testing.assert_close(q_z.log_prob(z), by_hand.sum(-1))
    assert (q_z.batch_shape, q_z.event_shape) == ((3,), (2,))


def test_diagonal_normal_integrates_to_one():
    grid = torch.linspace(-9, 9, 181)
    z = torch.cartesian_prod(grid, grid)
    q_z = diagonal_normal(torch.tensor([0.4, -1.0]), torch.tensor([-0.7, 0.1]))
    area = q_z.log_prob(z).exp().sum() * 0.1**2
    torch.testing.assert_close(area, torch.tensor(1.0), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(D,), (1, D), (2, D)])
@pytest.mark.parametrize("scale", [0.0, 2.0, 200.0])
def test_bernoulli_sums_to_one_over_every_image(shape, scale):
    images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * D)
    x = images[:, None] if shape == (2, D) else images  # two z: (65536, 1, 16)
    logits = scale * torch.randn(shape).tanh()
    total = bernoulli(logits).log_prob(x).exp().sum(0)
    torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-11)


@pytest.mark.parametrize("logits_shape", SHAPES)
@pytest.mark.parametrize("x_shape", SHAPES)
def test_bernoulli_is_pixel_by_pixel_for_every_shape(logits_shape, x_shape):
    logits, x = 3 * torch.randn(logits_shape), random_images(*x_shape)
    log_lik = bernoulli(logits).log_prob(x)
    expected = pixel_by_pixel(logits, x)
    torch.testing.assert_close(log_lik, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(D,), (1, D), (B, D), (S, 1, D), (S, B, D)])
def test_bernoulli_gradient_is_x_minus_p(shape):
    logits, x = torch.randn(shape, requires_grad=True), random_images(B, D)
    bernoulli(logits).log_prob(x).sum().backward()
    error = (x - logits.detach().sigmoid()).expand(*shape[:-2], B, D)
    if logits.shape[-2:] != (B, D):
        error = error.sum(-2, keepdim=logits.ndim > 1)
    torch.testing.assert_close(logits.grad, error, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("shape", [(D,), (1, D), (2, D), (4, 1, D)])
def test_bernoulli_is_finite_where_a_decoder_is_certain(shape, dtype):
    logits = torch.full(shape, 200.0, dtype=dtype)
    logits[..., ::2] = -200.0
    likely = (logits.reshape(-1, D)[:1] > 0).to(dtype)
    wrong = likely.clone()
    wrong[..., 5] = 1 - wrong[..., 5]
    for x, nats in [(likely, 0.0), (wrong, -200.0), (1 - likely, -200.0 * D)]:
        log_lik = bernoulli(logits).log_prob(x)
        assert log_lik.dtype == dtype
        torch.testing.assert_close(log_lik, torch.full_like(log_lik, nats))


def test_bernoulli_expands_and_samples_like_its_parent():
    pixels = bernoulli(torch.randn(1, D)).expand((B,))
    x = pixels.sample((7,))
    expected = pixel_by_pixel(pixels.base_dist.logits, x)
    torch.testing.assert_close(pixels.log_prob(x), expected)
    assert x.shape == (7, B, D) and bool(((x == 0) | (x == 1)).all())


def test_kl_is_the_library_s_and_adds_over_dimensions():
    mu, log_sigma = torch.randn(40, 3), torch.randn(40, 3)
    q_z = Independent(Normal(mu, log_sigma.exp()), 1)
    prior = Independent(Normal(torch.zeros(40, 3), torch.ones(40, 3)), 1)
    kl = kl_standard_normal(mu, log_sigma)
    torch.testing.assert_close(kl, kl_divergence(q_z, prior))
    parts = [kl_standard_normal(mu[:, [j]], log_sigma[:, [j]]) for j in range(3)]
    torch.testing.assert_close(kl, sum(parts))


def test_kl_is_the_integral_that_it_stands_for():
    mu, log_sigma = torch.tensor([0.0, 0.7, -2.0]), torch.tensor([0.5, -0.5, -1.5])
    t = torch.linspace(-12, 12, 2401)[:, None]  # in units of q's own sigma
    z = mu + log_sigma.exp() * t
    log_q = -0.5 * t**2 - log_sigma - 0.5 * math.log(2 * math.pi)
    log_prior = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    integral = (0.01 * log_sigma.exp() * log_q.exp() * (log_q - log_prior)).sum(0)
    kl = kl_standard_normal(mu[:, None], log_sigma[:, None])
    torch.testing.assert_close(kl, integral, rtol=0, atol=1e-12)


def test_kl_is_zero_only_at_the_prior():
    zero = torch.zeros(1, 4)
    assert kl_standard_normal(zero, zero).item() == 0
    for away in (1e-3 * torch.eye(4), -1e-3 * torch.eye(4), torch.randn(100, 4)):
        assert (kl_standard_normal(away, torch.zeros_like(away)) > 4e-7).all()
        assert (kl_standard_normal(torch.zeros_like(away), away) > 4e-7).all()


def test_kl_gradient_is_mu_and_sigma_squared_minus_one():
    mu = torch.randn(6, 2, requires_grad=True)
    log_sigma = torch.randn(6, 2, requires_grad=True)
    kl_standard_normal(mu, log_sigma).sum().backward()
    torch.testing.assert_close(mu.grad, mu.detach())
    torch.testing.assert_close(log_sigma.grad, log_sigma.detach().exp() ** 2 - 1)


def test_reparameterize_gives_noise_mu_s_mean_and_sigma_s_deviation():
    mu, sigma = torch.randn(3, 2), torch.rand(3, 2) + 0.1
    eps = torch.randn(50, 3, 2)
    eps = (eps - eps.mean(0)) / eps.std(0)  # mean 0 and deviation 1, exactly
    z = reparameterize(mu, sigma, eps)
    assert z.shape == eps.shape
    torch.testing.assert_close(z.mean(0), mu)
    torch.testing.assert_close(z.std(0), sigma)


def test_reparameterize_moves_with_mu_by_one_and_with_sigma_by_eps():
    mu, sigma, eps = torch.randn(1, 2), torch.rand(1, 2), torch.randn(1, 1, 2)
    jacobian = torch.autograd.functional.jacobian
    by_mu, by_sigma = jacobian(lambda m, s: reparameterize(m, s, eps), (mu, sigma))
    torch.testing.assert_close(by_mu.reshape(2, 2), torch.eye(2))
    torch.testing.assert_close(by_sigma.reshape(2, 2), torch.diag(eps.flatten()))


def test_check_binary_hands_back_what_it_was_given():
    for x in (random_images(D), random_images(B, D), random_images(S, B, D).float()):
        assert check_binary(x, D) is x


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (torch.full((2, D), 0.5), ["the value 0.5", "only 0 and 1", "x > 0.5"]),
        (torch.full((2, D), -1.0), ["the value -1", "only 0 and 1"]),
        (torch.full((2, D), math.nan), ["the value nan", "only 0 and 1"]),
        (torch.ones(2, D).int(), ["torch.int32", "floating point", "x.float()"]),
        (torch.ones(2, D).bool(), ["torch.bool", "floating point", "x.float()"]),
        (torch.ones(2, 4, 4), ["(2, 4, 4)", "(..., 16)", "x.reshape(-1, 16)"]),
        (torch.ones(D, 2), ["(16, 2)", "(..., 16)"]),
        (torch.tensor(1.0), ["()", "(..., 16)"]),
    ],
)
def test_check_binary_names_what_came_what_was_expected_and_what_to_do(x, words):
    with pytest.raises(ValueError) as refusal:
        check_binary(x, D)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_a_bell_narrower_than_the_root_of_the_smallest_float_keeps_its_width():
    """torch's own stddev squares sigma first: in float32, nothing is left of e^-60."""
    log_sigma = torch.full((2, 3), -60.0, dtype=torch.float32, requires_grad=True)
    sigma = diagonal_normal(torch.zeros(2, 3), log_sigma).stddev
    sigma.log().sum().backward()
    torch.testing.assert_close(sigma.log(), log_sigma)
    torch.testing.assert_close(log_sigma.grad, torch.ones_like(log_sigma))


def test_a_pixel_that_is_all_but_certain_is_scored_to_the_last_digit():
    """Big logits of the right sign cost nothing, however many there are of them."""
    logits = torch.full((3, 784), 1e4, dtype=torch.float32)
    log_lik = bernoulli(logits).log_prob(torch.ones_like(logits))
    assert (log_lik == 0).all()
