"""Problem set 01: the numbers that its text promises."""

import contextlib
import io
import re

import pytest
import torch
from submissions import ROOT, code, solved

from classroom.question import load

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps01")}
IMAGES = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 16).double()


@pytest.fixture
def log_p():
    reference = QUESTIONS["bars_log_prob"].answers[0]
    return reference(IMAGES, 0.05, torch.full((4,), 0.25))


def test_the_truth_sums_to_one_and_has_its_entropy(log_p):
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert -(log_p.exp() @ log_p).item() == pytest.approx(4.561502, abs=5e-7)


def test_unequal_weights_still_sum_to_one():
    for answer in QUESTIONS["bars_log_prob"].answers:
        log_p = answer(IMAGES, 0.2, torch.tensor([0.4, 0.3, 0.2, 0.1]))
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_independent_pixels_waste_4_849198_nats(log_p):
    for answer in QUESTIONS["best_independent_pixels"].answers:
        *probs, kl = answer(IMAGES, log_p.exp())
        assert kl.item() == pytest.approx(4.849198, abs=1e-6)
        assert torch.stack(probs).allclose(torch.tensor(0.275))


def test_any_other_pixels_are_worse(log_p):
    p = log_p.exp()
    *best, kl = QUESTIONS["best_independent_pixels"].answers[0](IMAGES, p)
    for step in (-0.02, 0.02):
        probs = torch.stack(best)
        probs[3] += step
        log_model = (IMAGES * probs.log() + (1 - IMAGES) * (1 - probs).log()).sum(-1)
        assert (p * (log_p - log_model)).sum() > kl + 1e-4


def test_pixels_with_the_same_means_are_probabilities_and_agree_most():
    a, b = torch.rand(50), torch.rand(50)
    best, alone = (f(a, b) for f in (QUESTIONS["same_means"].answers[0],
                                     lambda a, b: torch.stack(
                                         [(1 - a) * (1 - b), (1 - a) * b,
                                          a * (1 - b), a * b])))  # fmt: skip
    assert best.sum(0).allclose(torch.ones(50)) and (best > -1e-12).all()
    assert (best[2] + best[3]).allclose(a) and (best[1] + best[3]).allclose(b)
    assert (best[0] + best[3] >= alone[0] + alone[3] - 1e-12).all()
    assert (best[1] * best[2]).abs().max() < 1e-12  # no room left to agree more


def test_the_sick_log_ends_where_no_model_can_be_and_the_repaired_one_below():
    namespace, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps01")):
            exec(text.replace("guess = None", "guess = 1"), namespace)
    assert "You said 1 nats; it is 4.8492." in out.getvalue()
    last = re.findall(r"Iteration:  300   log p\(x\): +(-[\d.]+)", out.getvalue())
    sick, repaired = map(float, last)
    assert sick > -4.56 + 1
    assert sick - repaired == pytest.approx(torch.tensor(4.0).log().item(), abs=2e-3)
    assert repaired < -4.56 + 0.12  # three standard errors of 4000 images
