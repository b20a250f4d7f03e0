"""Autoencoders: scores, the squared slopes against autograd, the optimal denoiser."""

import math

import pytest
import torch
from torch.nn.functional import logsigmoid

from dgm.autoencoders import (
    Autoencoder,
    contractive,
    copying,
    denoising,
    sparse,
    squared_jacobian,
)
from dgm.data.bars import all_images, bar_images
from dgm.densities import bernoulli
from dgm.training import fit

SIZES = [(16, 5), (16, 7, 3), (16, 9, 6, 2)]


def images(number=40):
    return (torch.rand(number, 16) < 0.4).double()


@pytest.mark.parametrize("sizes", SIZES)
def test_both_ways_use_the_same_weights(sizes):
    coder = Autoencoder(*sizes)
    for p in coder.back:
        torch.nn.init.normal_(p)
    z = a = 2 * torch.rand(40, sizes[-1]) - 1
    for layer, bias in zip([*coder.layers][::-1], [*coder.back][::-1], strict=True):
        a = torch.einsum("bi,id->bd", a, layer.weight) + bias
        a, logits = torch.tanh(a), a
    torch.testing.assert_close(coder.decode(z).base_dist.logits, logits)
    codes = coder.encode(images())
    assert codes.shape == (40, sizes[-1]) and codes.abs().max() < 1


def test_every_parameter_gets_a_gradient():
    coder = Autoencoder(16, 7, 3)
    copying(coder)(images()).mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in coder.parameters())


def test_the_score_is_minus_the_cross_entropy():
    coder, x = Autoencoder(16, 3), images()
    copy = coder.decode(coder.encode(x)).mean
    entropy = torch.nn.functional.binary_cross_entropy(copy, x, reduction="none")
    torch.testing.assert_close(copying(coder)(x), -entropy.sum(-1))


def test_the_score_is_no_probability():
    """Each image brings its own code, so the sum over all of them passes one."""
    coder, x = Autoencoder(16, 8), bar_images().repeat(64, 1)
    for _ in fit(copying(coder), x, coder, steps=60, batch=128, lr=0.05):
        pass
    with torch.no_grad():
        assert copying(coder)(all_images()).exp().sum() > 1.5


@pytest.mark.parametrize("sizes", SIZES)
def test_squared_slopes_are_those_of_autograd(sizes):
    coder, x = Autoencoder(*sizes), images()
    J = torch.func.vmap(torch.func.jacrev(coder.encode))(x)  # (batch, dim_z, dim_x)
    got = squared_jacobian(coder, x)
    torch.testing.assert_close(got, J.square().sum((1, 2)), rtol=1e-12, atol=0)
    bent = coder.layers[0].weight.square().sum()  # the slope of tanh left out
    assert not torch.allclose(got, bent.expand(40), rtol=1e-3)


def test_prices_are_what_they_say():
    coder, x = Autoencoder(16, 7, 3), images()
    copy, z = copying(coder)(x), coder.encode(x)
    slopes = squared_jacobian(coder, x)
    torch.testing.assert_close(sparse(coder, 0.7)(x), copy - 0.7 * z.abs().sum(-1))
    torch.testing.assert_close(contractive(coder, 0.7)(x), copy - 0.7 * slopes)


def test_a_small_code_is_a_faint_picture():
    """What tied weights are for: dividing the code by ten shows in the copy."""
    coder, x = Autoencoder(16, 8), bar_images().repeat(64, 1)
    for _ in fit(copying(coder), x, coder, steps=60, batch=128, lr=0.05):
        pass
    with torch.no_grad():
        before = copying(coder)(x).mean()
        coder.layers[0].weight /= 10
        assert copying(coder)(x).mean() < before - 1


def test_the_denoiser_spoils_as_often_as_it_says():
    heard = []

    class Ear(Autoencoder):
        def encode(self, x):
            heard.append(x)
            return super().encode(x)

    x = images(4000)
    denoising(Ear(16, 3), 0.2)(x)
    share, error = (heard[0] != x).double().mean(), math.sqrt(0.16 / x.numel())
    assert abs(share - 0.2) < 5 * error
    assert set(heard[0].unique().tolist()) == {0.0, 1.0}


def test_the_denoiser_scores_the_clean_picture():
    """A coder that answers with a fixed picture is scored on x, whatever was seen."""

    class Fixed(Autoencoder):
        def decode(self, z):
            return bernoulli(4 * bar_images()[:1] - 2)

    x = bar_images()[:1].repeat(50, 1)
    expected = 16 * logsigmoid(torch.tensor(2.0))
    got = denoising(Fixed(16, 3), 0.3)(x)
    torch.testing.assert_close(got, expected.expand(50))


@torch.no_grad()
def test_no_coder_beats_the_posterior_mean():
    """By enumeration of all pairs of a clean bar and a spoiled picture."""
    flip, clean = 0.2, bar_images()
    wrong = (all_images()[:, None] - clean).abs().sum(-1)
    joint = (flip**wrong * (1 - flip) ** (16 - wrong)) / 4  # (65536, 4)
    best = (joint / joint.sum(1, keepdim=True)) @ clean

    def score(copy):
        one, zero = joint @ clean, joint @ (1 - clean)
        return (one * copy.log() + zero * (1 - copy).log()).sum()

    top = score(best)
    for shift in (0.1, -0.1):
        other = torch.sigmoid(best.logit() + shift * torch.randn_like(best))
        assert score(other) < top
    coder = Autoencoder(16, 6)
    assert score(coder.decode(coder.encode(all_images())).mean) < top


def test_too_few_sizes_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"sizes: got \(16,\), expected pixels"):
        Autoencoder(16)
