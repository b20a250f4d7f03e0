"""Bars against counting by hand; digits against scikit-learn."""

import math
from itertools import product

import pytest
import torch
from sklearn.datasets import load_digits

from dgm.data.bars import Bars, all_images, bar_images, bars_log_prob, kl_to_truth
from dgm.data.digits import digits


def by_counting(flip):
    """List (p, how many images) for every count of lit pixels in each column."""
    table = []
    for lit in product(range(5), repeat=4):
        images = math.prod(math.comb(4, n) for n in lit)
        wrong = [4 - lit[c] + sum(lit) - lit[c] for c in range(4)]
        p = sum(flip**n * (1 - flip) ** (16 - n) for n in wrong) / 4
        table.append((p, images))
    return table


def test_all_images_are_every_image_once():
    x = all_images()
    number = (x * 2.0 ** torch.arange(15, -1, -1)).sum(-1)
    torch.testing.assert_close(number, torch.arange(65536).double(), rtol=0, atol=0)
    assert x.shape == (65536, 16) and bool(((x == 0) | (x == 1)).all())


def test_a_bar_is_one_column_of_four_rows():
    for c, image in enumerate(bar_images().reshape(4, 4, 4)):
        assert image.sum() == 4 and bool((image[:, c] == 1).all())


@pytest.mark.parametrize("flip", [1e-3, 0.05, 0.3, 0.499])
def test_bars_sum_to_one_and_have_the_entropy_that_counting_gives(flip):
    bars, table = Bars(flip), by_counting(flip)
    total = bars.log_prob(all_images()).exp().sum().item()
    entropy = -sum(images * p * math.log(p) for p, images in table)
    assert math.isclose(total, 1, abs_tol=1e-12)
    assert math.isclose(bars.entropy().item(), entropy, abs_tol=1e-10)


def test_bars_log_prob_is_a_mixture_of_four_bernoullis():
    column = torch.distributions.Categorical(logits=torch.zeros(4))
    pixels = torch.distributions.Bernoulli(0.9 * bar_images() + 0.05)
    given = torch.distributions.Independent(pixels, 1)
    mixture = torch.distributions.MixtureSameFamily(column, given)
    x = all_images()[::7].reshape(-1, 1, 16)
    torch.testing.assert_close(Bars(0.05).log_prob(x), mixture.log_prob(x))


def test_entropy_is_that_of_column_and_noise_less_what_the_image_hides():
    """H(x) = H(column) + H(x|column) - H(column|x), at 5% flips 4.561502 nats."""
    wrong = (all_images()[:, None] != bar_images()).sum(-1)
    p_joint = 0.25 * 0.05**wrong * 0.95 ** (16 - wrong)  # (65536, 4)
    p_column = p_joint / p_joint.sum(-1, keepdim=True)
    hidden = -(p_joint * p_column.log()).sum()
    noise = -16 * (0.05 * math.log(0.05) + 0.95 * math.log(0.95))
    entropy = Bars(0.05).entropy()
    torch.testing.assert_close(entropy, math.log(4) + noise - hidden)
    assert math.isclose(entropy.item(), 4.561502, abs_tol=5e-7)


def test_column_and_row_order_do_not_matter():
    x = all_images()[torch.randperm(65536)[:2000]].reshape(-1, 4, 4)
    bars, row, column = Bars(0.1), torch.randperm(4), torch.tensor([2, 0, 3, 1])
    shuffled = x[:, row][:, :, column]
    log_p = bars.log_prob(x.reshape(-1, 16))
    torch.testing.assert_close(bars.log_prob(shuffled.reshape(-1, 16)), log_p)


def statistics(x, log_p):
    """Pixels, products of pixels, clean bars and log p of images, one a column."""
    pairs = (x[:, :, None] * x[:, None, :]).flatten(1)
    clean = (x[:, None] == bar_images()).all(-1).double()
    return torch.cat([x, pairs, clean, log_p[:, None]], -1)


def test_the_sampler_draws_from_the_exact_distribution():
    """Means of 277 statistics, each within 5 of its own exact standard errors."""
    bars, num = Bars(0.05), 20_000
    log_p, x = bars.log_prob(all_images()), bars.sample((num,))
    every, p = statistics(all_images(), log_p), log_p.exp()
    mean = p @ every
    error = ((p @ (every - mean) ** 2) / num).sqrt()
    drawn = statistics(x, bars.log_prob(x)).mean(0)
    assert ((drawn - mean).abs() < 5 * error).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_samples_have_the_shape_asked_for_and_the_default_dtype(dtype):
    torch.set_default_dtype(dtype)
    for shape in [(), (3,), (2, 3), (0,)]:
        x = Bars().sample(shape)
        assert x.shape == (*shape, 16) and x.dtype == dtype
        assert Bars().log_prob(x).shape == shape
    x = Bars().sample((5,))
    exact = bars_log_prob(x.double(), 0.05)
    torch.testing.assert_close(Bars(0.05).log_prob(x), exact.to(dtype))


@pytest.mark.parametrize("flip", [0, 0.5, 1, -0.1, math.nan])
def test_bars_refuse_a_flip_outside(flip):
    with pytest.raises(ValueError, match=f"got {flip}, expected between 0 and 0.5"):
        Bars(flip)


def test_bars_refuse_what_is_not_a_binary_image():
    for x, word in [(torch.full((16,), 0.5), "0.5"), (torch.ones(4, 4), r"\(4, 4\)")]:
        with pytest.raises(ValueError, match=f"images: got .*{word}, expected"):
            Bars().log_prob(x)


def test_the_best_independent_pixels_are_4_849_nats_away():
    """KL by summing all images = cross-entropy of 16 pixels - entropy, and least."""
    log_p = Bars(0.05).log_prob(all_images())
    lit = 0.25 * 0.95 + 0.75 * 0.05

    def kl(p):
        log_model = (all_images() * p.log() + (1 - all_images()) * (1 - p).log()).sum(
            -1
        )
        return kl_to_truth(log_p, log_model)

    best = kl(torch.full((16,), lit))
    cross = -16 * (lit * math.log(lit) + (1 - lit) * math.log(1 - lit))
    torch.testing.assert_close(best, cross - Bars(0.05).entropy())
    assert math.isclose(best.item(), 4.849198, abs_tol=1e-6)
    for _ in range(20):
        assert kl((lit + 0.05 * torch.randn(16)).clamp(0.01, 0.99)) > best


def test_kl_to_truth_is_zero_only_at_the_truth():
    log_p = Bars(0.05).log_prob(all_images())
    assert kl_to_truth(log_p, log_p.clone()) == 0
    for flip in (0.049, 0.051, 0.3):
        assert kl_to_truth(log_p, Bars(flip).log_prob(all_images())) > 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_digits_are_scikit_learn_s_cut_at_eight(dtype):
    torch.set_default_dtype(dtype)
    x, y = digits()
    scans = load_digits()
    assert x.shape == (1797, 64) and x.dtype == dtype and y.dtype == torch.int64
    assert (x.numpy() == (scans.images.reshape(-1, 64) > 7.5)).all()
    assert (y.numpy() == scans.target).all()
