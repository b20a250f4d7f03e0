"""What the benchmarks measure is what they say: closed forms, flows, masks, slopes."""

import pytest
import torch

from benchmarks.estimators import CHUNK, closed_form, variances, votes
from benchmarks.families import Masked, Planar, sample_pixels
from benchmarks.growth import CASES, Case, case_rows, exponent


@pytest.mark.parametrize(("d", "s", "delta"), [(1, 1, 0), (3, 1.0, 1.0), (5, 0.5, -2)])
def test_the_toy_s_variances_are_the_closed_form_s(d, s, delta):
    away = torch.full((d,), float(delta))
    found, error = variances(votes(d, s, away, CHUNK))
    exact = torch.stack(closed_form(d, s, away))
    assert ((found / exact - 1).abs() < 4 * error).all()
    assert error.max() < 0.05


def test_at_the_optimum_the_closed_form_is_the_page_s():
    for d in (1, 10, 100):
        found = [v.item() for v in closed_form(d, 1.0, torch.zeros(d))]
        assert found == pytest.approx([1, (d + 2) * (d + 4) / 4, (d + 4) / 2])


def test_a_planar_flow_counts_its_own_volume():
    flow, z = Planar(4), torch.randn(4)
    flow.u.data *= 30  # so far against w that it must be moved back
    f, ladj = flow((z[None], torch.zeros(1)))
    jacobian = torch.autograd.functional.jacobian(
        lambda z: flow((z[None], torch.zeros(1)))[0][0], z
    )
    torch.testing.assert_close(ladj[0], jacobian.det().log())


def test_a_masked_net_s_logit_sees_the_pixels_before_and_no_other():
    net, x = Masked(6, 24), torch.rand(6)
    sees = torch.autograd.functional.jacobian(lambda x: net(x[None])[0], x) != 0
    assert (sees == torch.ones(6, 6).tril(-1).bool()).all()


def test_pixels_are_drawn_one_after_the_other():
    net = Masked(4, 16)
    net.second.bias.data = torch.tensor([50.0, -50, 50, 0])
    net.second.weight.data[:3] = 0
    x = sample_pixels(net, 400)
    assert (x[:, :3] == torch.tensor([1.0, 0, 1])).all() and 0 < x[:, 3].mean() < 1


def test_the_exponent_is_fitted_to_the_upper_sizes(monkeypatch):
    cost = {1: 50.0, 10: 50.0, 100: 100.0, 1000: 10_000.0}
    monkeypatch.setattr("benchmarks.growth.cpu_seconds", lambda work: cost[work()])
    case = Case("toy", lambda size: lambda: size, tuple(cost), 100, 2)
    *points, fit = case_rows(case)
    assert [row.value for row in points] == list(cost.values())
    assert fit.value == 2 and fit.ratio == fit.low == fit.high == 1
    assert exponent([1, 2], [5, 40]) == pytest.approx(3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_runs_at_its_smallest(case):
    torch.set_default_dtype(torch.float32)
    case.prepare(case.sizes[0])()
    assert len(case.sizes) >= 5 and sum(s >= case.start for s in case.sizes) >= 3
