"""oneDNN's matrix product: switched on inside a step, and nowhere else."""

import pytest
import torch
from torch import nn

from dgm import matmul
from dgm.matmul import SWITCH, is_accurate, onednn, pays
from dgm.training import fit


@pytest.fixture
def big():
    return nn.Linear(400, 300, dtype=torch.float32)


@pytest.fixture
def accurate(monkeypatch):
    """Let the self-check say yes or no, whatever this processor does."""
    return lambda answer: monkeypatch.setattr(matmul, "is_accurate", lambda: answer)


def precisions(net, steps=3):
    """Train, and note the switch inside each step, between steps and at the end."""
    inside, between = [], []

    def bound(x):
        inside.append(SWITCH.fp32_precision)
        return net(x).sum(-1)

    data = torch.ones(8, net.in_features, dtype=net.weight.dtype)
    for _ in fit(bound, data, net, steps=steps, batch=4):
        between.append(SWITCH.fp32_precision)
    return inside, [*between, SWITCH.fp32_precision]


def test_it_is_on_in_a_step_and_off_between(big, accurate):
    accurate(True)
    inside, outside = precisions(big)
    assert inside == ["bf16"] * 3 and outside == ["none"] * 4


@pytest.mark.parametrize(
    "net",
    [nn.Linear(400, 249, dtype=torch.float32), nn.Linear(400, 300).double()],
    ids=["small", "float64"],
)
def test_it_stays_off_where_it_does_not_pay(net, accurate):
    accurate(True)
    assert set(sum(precisions(net), [])) == {"none"}


def test_it_stays_off_where_it_is_not_accurate(big, accurate):
    accurate(False)
    assert not pays(big)
    assert set(sum(precisions(big), [])) == {"none"}


def test_an_error_in_a_step_puts_it_back(big, accurate):
    accurate(True)

    def bound(x):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        list(fit(bound, torch.ones(8, 400), big, steps=1, batch=4))
    assert SWITCH.fp32_precision == "none"


def test_the_self_check_can_say_no_and_leaves_the_seed_alone():
    torch.manual_seed(3)
    expected = torch.randn(5)
    torch.manual_seed(3)
    assert not is_accurate.__wrapped__(limit=1e-9)  # float32 has no nine digits
    assert (torch.randn(5) == expected).all()


@pytest.mark.skipif(not is_accurate(), reason="not accurate on this processor: unused")
def test_gradients_keep_float32_accuracy(big):
    x = torch.randn(128, 400, dtype=torch.float32)

    def gradient(net, x):
        return torch.autograd.grad(net(x).tanh().sum(), net.weight)[0]

    with onednn():
        got = gradient(big, x)
    double = nn.Linear(400, 300, dtype=torch.float64)
    double.load_state_dict(big.state_dict())
    exact = gradient(double, x.double())
    assert (got - exact).norm() / exact.norm() < 1e-6
