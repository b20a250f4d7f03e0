"""Networks against their formulas."""

import math

import pytest
import torch
from torch import nn

from dgm.nets import bars_by_hand, mlp


def columns(logits):
    """Reshape (..., 16) to (..., column, row)."""
    return logits.reshape(*logits.shape[:-1], 4, 4).mT


def test_mlp_is_tanh_between_linear_layers_and_nothing_at_the_end():
    net, z = mlp(2, 5, 3, 16), torch.randn(7, 4, 2)
    (W1, b1), (W2, b2), (W3, b3) = [
        (layer.weight, layer.bias) for layer in net if isinstance(layer, nn.Linear)
    ]
    h = torch.tanh(torch.tanh(z @ W1.T + b1) @ W2.T + b2)
    torch.testing.assert_close(net(z), h @ W3.T + b3)


def test_mlp_of_two_sizes_is_linear():
    net, z = mlp(3, 2), torch.randn(4, 3)
    torch.testing.assert_close(net(2 * z) - net(z), net(z) - net(0 * z))


def test_mlp_gives_every_parameter_a_gradient():
    net = mlp(1, 8, 8, 16)
    net(torch.randn(5, 1)).square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("sizes", [(), (16,)])
def test_mlp_refuses_fewer_than_two_sizes(sizes):
    with pytest.raises(ValueError, match="expected an input and an output size"):
        mlp(*sizes)


@pytest.mark.parametrize("flip", [0.05, 0.2])
def test_bars_by_hand_draws_one_bar_between_two_walls(flip):
    middles = torch.tensor([[-1.5], [-0.34], [0.34], [1.5]])  # one z in each quarter
    p = torch.sigmoid(bars_by_hand(slope=100.0, flip=flip)(middles)).detach()
    bars = torch.eye(4)[:, :, None].expand(4, 4, 4)  # (z, column, row)
    expected = bars * (1 - flip) + (1 - bars) * flip
    torch.testing.assert_close(columns(p), expected, rtol=0, atol=1e-6)


def test_bars_by_hand_is_undecided_between_two_bars_at_each_quartile():
    quartiles = torch.tensor([[-0.6744897501960817], [0.0], [0.6744897501960817]])
    logits = columns(bars_by_hand(slope=100.0)(quartiles).detach())
    dark = -math.log(0.95 / 0.05)
    for k in range(3):
        expected = torch.full((4, 4), dark)
        expected[k : k + 2] = 0.0  # p = 1/2 in the columns on both sides
        torch.testing.assert_close(logits[k], expected, rtol=0, atol=1e-6)


def test_bars_by_hand_mirrors_its_columns_with_z():
    net, z = bars_by_hand(), torch.linspace(-4, 4, 33)[:, None]
    mirrored = columns(net(-z)).flip(-2)
    torch.testing.assert_close(columns(net(z)), mirrored, rtol=0, atol=1e-6)
