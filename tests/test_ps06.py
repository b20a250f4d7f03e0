"""Problem set 06: the numbers that its text promises, each by a route of its own."""

import contextlib
import io
import math
import re
from functools import cache
from itertools import combinations

import pytest
import torch
from submissions import ROOT, code, solved
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from classroom.question import load

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps06")}
SECRET_SEEDS = range(50)


def answers(name):
    return QUESTIONS[name].answers


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_mistakes_are_kept_apart_on_secret_inputs(name):
    for seed in SECRET_SEEDS:
        QUESTIONS[name].sheet(seed)  # raises Unclear where two answers look alike


@pytest.mark.parametrize("answer", answers("encode"))
def test_an_encoder_has_positive_widths_and_rows_of_their_own(answer):
    for inputs in QUESTIONS["encode"].cases(3):
        bells = answer(**inputs)
        assert (bells[1] > 0).all()
        alone = answer(**inputs | {"x": inputs["x"][2:3]})
        assert torch.allclose(alone[:, 0], bells[:, 2], rtol=1e-12)
        last = {"W2": 0 * inputs["W2"], "b2": torch.tensor([3.0, -2.0, 0.0, -1.0])}
        says = torch.tensor([[3.0, -2.0], [1.0, 1 / math.e]])  # two mu, two sigma
        assert torch.allclose(answer(**inputs | last), says[:, None].expand(2, 5, 2))


def bound(mu, log_sigma, x, W, b, eps):
    """Estimate each picture's bound from the draws of eps, shape (rows,)."""
    z = mu + log_sigma.exp() * eps
    logits, pixels = z @ W.T + b, x.expand(*z.shape[:-1], -1)
    wrong = binary_cross_entropy_with_logits(logits, pixels, reduction="none")
    kl = kl_divergence(Normal(mu, log_sigma.exp()), Normal(0.0, 1.0)).sum(-1)
    return -wrong.sum(-1).mean(0) - kl


def test_one_update_goes_along_each_rows_own_gradient():
    for inputs in QUESTIONS["climb"].cases(3):
        inputs["eps"] = inputs["eps"][:1]
        start = torch.stack([inputs["mu"], inputs["log_sigma"]]).requires_grad_()
        given = (inputs[k] for k in ("x", "W", "b"))
        up = torch.autograd.grad(bound(*start, *given, inputs["eps"][0]).sum(), start)
        for answer in answers("climb"):
            moved = (answer(**inputs) - start) / inputs["rate"]
            assert torch.allclose(moved, up[0], atol=1e-12)


def test_rows_end_on_the_best_bell_of_a_mesh_and_the_decoder_stays():
    W, b, x = torch.randn(6, 1), torch.randn(6), (torch.rand(4, 6) < 0.5).double()
    marks = Normal(0.0, 1.0).icdf((torch.arange(24) + 0.5) / 24)  # the same draws
    eps, start = marks[None, :, None, None].expand(400, 24, 4, 1), torch.zeros(4, 1)
    before = W.clone(), b.clone()
    rows = answers("climb")[0](start, start, x, W, b, eps, 0.1)
    assert torch.equal(W, before[0]) and torch.equal(b, before[1])
    mesh = torch.cartesian_prod(torch.linspace(-3, 3, 121), torch.linspace(-2, 0.5, 51))
    mu, log_sigma = mesh.T[..., None]
    table = [bound(mu, log_sigma, row, W, b, marks[:, None, None]) for row in x]
    ahead = bound(*rows, x, W, b, marks[:, None, None]) - torch.stack(table).amax(-1)
    assert -1e-9 < ahead.min() and ahead.max() < 1e-2


@pytest.mark.parametrize("answer", answers("minibatch_bound"))
@pytest.mark.parametrize("batch", [1, 2, 4, 5])
def test_the_mean_over_all_minibatches_is_the_bound_of_the_data_set(answer, batch):
    log_lik, kl = torch.randn(3, 7) - 5, torch.rand(7)
    batches = [list(rows) for rows in combinations(range(7), batch)]
    found = torch.stack([answer(log_lik[:, rows], kl[rows], 7) for rows in batches])
    assert torch.allclose(found.mean(), (log_lik.mean(0) - kl).sum())


def test_gaps_are_not_negative_and_add_up():
    for answer in answers("gaps"):
        for inputs in QUESTIONS["gaps"].cases(3):
            found = answer(**inputs)
            assert (found >= 0).all()
            whole = inputs["log_p"] - inputs["elbo_enc"]
            assert torch.allclose(found.sum(0), whole)
            worse = answer(**inputs | {"elbo_enc": inputs["elbo_enc"] - 1})
            assert torch.allclose(worse[0], found[0])  # no fault of the encoder's


def kl_of(mu, sigma, m, s):
    return kl_divergence(Normal(mu, sigma), Normal(m, s))


@pytest.mark.parametrize("answer", answers("rare_picture"))
def test_no_bell_of_a_mesh_serves_both_pictures_better(answer):
    for inputs in QUESTIONS["rare_picture"].cases(3):
        for s, w, mean_gap in zip(*inputs.values(), strict=True):
            far, of_a, of_b = answer(s[None], w[None], mean_gap[None])[:, 0]
            mu, scale = torch.linspace(0, 1, 401) * far, torch.linspace(0.5, 3, 251)
            mu, sigma = torch.cartesian_prod(mu, scale * s).T
            a, b = kl_of(mu, sigma, 0 * far, s), kl_of(mu, sigma, far, s)
            best = ((1 - w) * a + w * b).argmin()
            mean = ((1 - w) * a + w * b)[best]
            assert mean_gap - 1e-9 < mean < mean_gap + 1e-4
            assert torch.allclose((1 - w) * of_a + w * of_b, mean_gap)
            assert torch.allclose(torch.stack([a[best], b[best]]),
                                  torch.stack([of_a, of_b]), atol=0.02)  # fmt: skip


def test_the_encoder_pays_from_n_on_and_not_before():
    for answer in answers("break_even"):
        for inputs in QUESTIONS["break_even"].cases(3):
            train, look, climb = inputs.values()
            N = answer(**inputs)
            assert (train + N * look < N * climb).all() and (N >= 1).all()
            assert (train + (N - 1) * look >= (N - 1) * climb).all()
            assert ((train + (N - 1) * look)[:2] == ((N - 1) * climb)[:2]).all()


def adam_over(table, slopes, rate):
    """Climb with torch's Adam, one step for each slope; return the table at each."""
    table = table.clone().requires_grad_()
    optimizer, path = torch.optim.Adam([table], lr=rate, maximize=True), []
    for slope in slopes:
        table.grad = slope.clone()
        optimizer.step()
        path.append(table.detach().clone())
    return path, optimizer.state[table]


def test_rows_coast_as_far_as_with_torchs_adam():
    slopes, absent = torch.randn(6, 4, 2) * torch.tensor([1, 1e-4, 3, 1])[:, None], 9
    slopes[:, 3] = 0
    _, state = adam_over(torch.zeros(4, 2), slopes, 0.1)
    still = torch.zeros(absent, 4, 2)
    path, _ = adam_over(torch.zeros(4, 2), torch.cat([slopes, still]), 0.1)
    for answer in answers("coast"):
        m, v = -state["exp_avg"], state["exp_avg_sq"]  # torch keeps m of minus slope
        moved = answer(m, v, 6, absent, 0.1)
        assert torch.allclose(moved, path[-1] - path[5], rtol=0, atol=1e-12)


@pytest.mark.parametrize("answer", answers("row_step"))
def test_a_repaired_row_moves_as_if_it_were_alone_with_its_own_adam(answer):
    looked = (torch.rand(12, 5) < 0.4).double()
    looked[:, 0], start = 1, torch.randn(5, 2)
    slopes = torch.randn(12, 5, 2) * looked[..., None]
    slopes[-3:, 0] = 0  # seen, on top of its hill: it moves on all the same
    state = torch.stack([start, 0 * start, 0 * start, 0 * start])
    for slope, seen in zip(slopes, looked, strict=True):
        state = answer(state, slope, seen, 0.1)
    for n in range(5):
        path, _ = adam_over(start[n], slopes[looked[:, n] > 0, n], 0.1)
        assert torch.allclose(state[0, n], path[-1], rtol=0, atol=1e-12)
    assert torch.equal(state[3, :, 0], looked.sum(0))


@cache
def printed():
    """Return what the solved notebook prints; no checks.json lies here for it."""
    namespace, out, threads = {}, io.StringIO(), torch.get_num_threads()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps06")):
            exec(text.replace("guess = None", "guess = 1"), namespace)
    torch.set_num_threads(threads)
    return out.getvalue()


def test_the_notebook_prints_what_its_text_says():
    text = printed()
    two_hills = re.search(r"x = 2.0   Gaussian gap ([\d.]+)", text)[1]
    assert float(two_hills) == pytest.approx(math.log(2), abs=5e-3)
    assert "D = 0.95; A loses 0.00051 nats, B loses 4.95" in text
    assert "unseen for 200 steps it went on by 9.5 of them" in text
    alone = re.findall(r"alone, off by (\S+)", text)
    assert len(alone) == 4 and max(map(float, alone)) < 1e-12
    means = re.findall(r"(?:their mean|all seven) +(-[\d.]+)", text)
    assert len(means) == 2 and means[0] == means[1]


def test_rows_of_the_sick_log_lose_more_unseen_and_the_repaired_ones_do_not():
    lost = re.findall(r"^ +(\d) +([\d.]+) +([\d.]+) +[\d.]+$", printed(), re.M)
    assert [int(number) for number, *_ in lost] == 2 * list(range(1, 9))
    first, last = ([float(row[i]) for row in lost] for i in (1, 2))
    assert all(a < b for a, b in zip(first[:7], first[1:8], strict=True))
    assert first[7] > 10 * first[0] and set(first[8:]) == {first[0]}
    assert last[7] < last[15] and set(last[8:15]) == {0.0}  # a look at t = 8, at t = 1
