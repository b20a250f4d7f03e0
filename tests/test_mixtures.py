"""The mixture of Bernoullis: counted over all images, and by Bayes with plain products.

The own route here multiplies probabilities, pixel by pixel; the package adds logs.
"""

import math

import pytest
import torch

from dgm.data.bars import Bars, all_images, bar_images, bars_log_prob
from dgm.mixtures import BernoulliMixture, m_step, mixture_log_joint


def example(k=3, dim_x=16):
    """A mixture without any symmetry, and images, half of them bars."""
    mixture = BernoulliMixture(torch.randn(k).log_softmax(0), torch.rand(k, dim_x))
    x = torch.cat([Bars(0.05).sample((40,)), torch.rand(40, 16).round()])
    return mixture, x[:, :dim_x]


def products(mixture, x):
    """p(x, z) as a product over the pixels, shape (batch, k)."""
    pixels = torch.where(x[:, None] == 1, mixture.theta, 1 - mixture.theta)
    return mixture.log_pi.exp() * pixels.prod(-1)


def bound(mixture, x, r):
    """The mean over images of E_q log p(x, z) - E_q log q, in nats."""
    return (r * mixture.log_joint(x) - torch.xlogy(r, r)).sum(-1).mean()


@pytest.mark.parametrize("k", [1, 4])
def test_it_sums_to_one_over_all_images(k):
    total = example(k)[0].log_prob(all_images()).exp().sum()
    torch.testing.assert_close(total, torch.tensor(1.0), rtol=0, atol=1e-12)


def test_four_clean_columns_with_flips_are_the_bars_themselves():
    theta = bar_images() * 0.9 + 0.05
    mixture = BernoulliMixture(torch.full((4,), math.log(1 / 4)), theta)
    images = all_images()
    expected = bars_log_prob(images, 0.05)
    torch.testing.assert_close(mixture.log_prob(images), expected)


def test_the_joint_is_a_product_over_pixels():
    mixture, x = example()
    torch.testing.assert_close(mixture.log_joint(x).exp(), products(mixture, x))


def test_responsibilities_are_bayes_and_joint_over_them_is_the_evidence():
    mixture, x = example()
    joint, r = products(mixture, x), mixture.responsibilities(x)
    torch.testing.assert_close(r, joint / joint.sum(-1, keepdim=True))
    ratio = mixture.log_joint(x) - r.log()
    torch.testing.assert_close(ratio, mixture.log_prob(x)[:, None].expand_as(ratio))


def test_after_the_e_step_the_bound_is_the_log_likelihood():
    mixture, x = example()
    r, log_p = mixture.responsibilities(x), mixture.log_prob(x).mean()
    torch.testing.assert_close(bound(mixture, x, r), log_p)
    other = 0.9 * r + 0.1 / r.shape[1]
    assert bound(mixture, x, other) < log_p - 1e-3


def test_no_neighbour_of_the_m_step_has_a_higher_bound():
    mixture, x = example()
    r = mixture.responsibilities(x)
    best = m_step(x, r)
    assert bound(best, x, r) > bound(mixture, x, r) + 0.1
    for _ in range(200):
        theta = (best.theta.logit(1e-9) + 0.1 * torch.randn(3, 16)).sigmoid()
        log_pi = (best.log_pi + 0.1 * torch.randn(3)).log_softmax(0)
        for near in ((best.log_pi, theta), (log_pi, best.theta)):
            assert bound(BernoulliMixture(*near), x, r) < bound(best, x, r)


def test_the_m_step_matches_the_slope_by_autograd():
    """At the maximum the slope is zero in every direction that keeps the weights' sum.

    Half of the images are noise, so theta is off its ends, 0 and 1.
    """
    mixture, x = example()
    r = mixture.responsibilities(x)
    best = m_step(x, r)
    logits = best.theta.logit().requires_grad_()
    weights = best.log_pi.clone().requires_grad_()
    joint = mixture_log_joint(x, weights.log_softmax(0), logits.sigmoid())
    for slope in torch.autograd.grad((r * joint).sum(), (logits, weights)):
        torch.testing.assert_close(slope, torch.zeros_like(slope), rtol=0, atol=1e-10)


def test_em_never_goes_down():
    mixture, x = example(4)
    before = mixture.log_prob(x).mean()
    for _ in range(30):
        mixture = m_step(x, mixture.responsibilities(x))
        after = mixture.log_prob(x).mean()
        assert after >= before - 1e-12
        before = after


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_784_pixels_do_not_underflow(dtype):
    """p(x) is about exp(-800) here: its exponential is 0, its log is not.

    Image 0 is nearer to kind 0 by 784 log(0.36 / 0.35) nats: the posterior is known.
    """
    theta = torch.tensor([0.36, 0.35], dtype=dtype)[:, None].expand(2, 784)
    mixture = BernoulliMixture(torch.full((2,), 0.5, dtype=dtype).log(), theta)
    x = torch.ones(1, 784, dtype=dtype)
    ahead = 784 * math.log(0.36 / 0.35)
    expected = 784 * math.log(0.36) + math.log(0.5) + math.log1p(math.exp(-ahead))
    torch.testing.assert_close(mixture.log_prob(x).item(), expected, rtol=1e-5, atol=0)
    other = mixture.responsibilities(x)[0, 1].item()
    assert other == pytest.approx(1 / (1 + math.exp(ahead)), rel=1e-2)
    blank = m_step(x, mixture.responsibilities(x)).log_prob(x)
    assert blank.isfinite().all()


@pytest.mark.parametrize("pixels", [1, 3])
def test_a_theta_of_zero_or_one_forbids_exactly(pixels):
    mixture = BernoulliMixture(
        torch.tensor([0.5, 0.5]).log(), torch.tensor([[0.0], [1.0]]).expand(2, pixels)
    )
    images = torch.tensor([[0.0], [1.0]]).expand(2, pixels)
    joint = math.log(0.5) * torch.ones(2, 2).where(torch.eye(2) == 1, torch.inf)
    assert mixture.log_joint(images).equal(joint)
    assert mixture.responsibilities(images).equal(torch.eye(2))
    assert m_step(images, torch.eye(2)).log_joint(images).equal(joint)


def test_an_impossible_image_has_no_posterior():
    mixture = BernoulliMixture(torch.zeros(1), torch.tensor([[0.0, 0.5]]))
    x = torch.eye(2).flip(0)
    assert mixture.log_prob(x)[1] == -torch.inf
    with pytest.raises(ValueError, match="number 1 has probability zero under every"):
        mixture.responsibilities(x)


def test_a_kind_that_nobody_chose_gets_no_weight():
    r = torch.tensor([[1.0, 0.0]]).expand(80, 2)
    _, x = example()
    mixture = m_step(x, r)
    assert mixture.log_pi.tolist() == [0.0, -math.inf]
    assert mixture.responsibilities(x).equal(r)


def test_it_moves_to_another_dtype_whole():
    mixture, x = example()
    assert mixture.float().log_prob(x.float()).dtype == torch.float32


@pytest.mark.parametrize(
    "log_pi, theta, sentence",
    [
        (torch.zeros(2), torch.zeros(3, 4), r"expected \(k,\) and \(k, dim_x\)"),
        (torch.zeros(1), torch.zeros(4), r"expected \(k,\) and \(k, dim_x\)"),
        (torch.zeros(2), torch.zeros(2, 4), "weights sum to 2, expected 1"),
        (torch.full((1,), math.nan), torch.zeros(1, 4), "weights sum to nan"),
        (torch.zeros(1), torch.full((1, 4), 1.5), "value 1.5, expected probabilities"),
        (torch.zeros(1), torch.full((1, 4), math.nan), "theta: got the value nan"),
    ],
)
def test_parameters_are_checked_at_the_door(log_pi, theta, sentence):
    with pytest.raises(ValueError, match=sentence):
        BernoulliMixture(log_pi, theta)


def test_images_are_checked_at_the_door():
    with pytest.raises(ValueError, match="got the value 0.5, expected only 0 and 1"):
        example()[0].log_prob(torch.full((1, 16), 0.5))


def test_a_softmax_over_the_wrong_axis_is_refused_by_the_m_step():
    mixture, x = example()
    with pytest.raises(ValueError, match="weights sum to 0.0375, expected 1"):
        m_step(x, mixture.log_joint(x).softmax(0))


def test_many_mixtures_at_once_are_each_by_itself():
    theta, log_pi = torch.rand(5, 3, 16), torch.randn(5, 3).log_softmax(-1)
    _, x = example()
    together = mixture_log_joint(x, log_pi[:, None], theta)
    for got, *one in zip(together, log_pi, theta, strict=True):
        torch.testing.assert_close(got, BernoulliMixture(*one).log_joint(x))
