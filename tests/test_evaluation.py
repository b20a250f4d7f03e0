"""The K-sample bound of many images: the same in any chunks, below the evidence."""

import math

import pytest
import torch

from dgm import evaluation
from dgm.bounds import iwae, log_weights
from dgm.data.bars import Bars
from dgm.densities import diagonal_normal, reparameterize
from dgm.evaluation import evaluate, mean_and_error
from dgm.linear_gaussian import LinearGaussian
from dgm.vae import vae


@pytest.mark.parametrize("chunk", [16, 32, 1000])
def test_it_is_iwae_however_it_is_cut(chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "DECODES", chunk)
    (model, posterior), x = vae(16, 8, 1), Bars().sample((3,))
    torch.manual_seed(1)
    found = evaluate(model, posterior, x, num_samples=80)
    torch.manual_seed(1)
    parts = x.split(max(1, chunk // 80))
    for part, bound in zip(parts, found.split(len(parts[0])), strict=True):
        with torch.no_grad():
            q_z = posterior(part)
            z = reparameterize(q_z.mean, q_z.stddev, torch.randn(80, len(part), 1))
            expected = iwae(log_weights(model, q_z, part, z))
        torch.testing.assert_close(bound, expected)


def test_the_mean_over_repeats_is_the_exact_bound_of_two_samples():
    """Two rulers, one a sample, give L_2; repeats have it within their error."""
    model = LinearGaussian(torch.ones(3, 1), torch.zeros(3), sigma=0.5)
    x, mu, log_sigma = torch.tensor([[1.0, 0.5, 0.0]]), torch.tensor([[0.1]]), -0.5

    def posterior(x):
        return diagonal_normal(mu.expand(len(x), 1), torch.full((len(x), 1), log_sigma))

    t = torch.linspace(-8, 8, 801)
    weight = torch.exp(-0.5 * t**2) / math.sqrt(math.tau) * (t[1] - t[0])
    z = (mu + math.exp(log_sigma) * t)[0][:, None, None]
    log_w = log_weights(model, posterior(x), x, z)[:, 0]
    pairs = torch.logaddexp(log_w[:, None], log_w) - math.log(2)
    exact = weight @ pairs @ weight
    mean, error = mean_and_error(evaluate(model, posterior, x.expand(40_000, 3), 2))
    assert error < 0.01 and abs(mean - exact) < 4 * error
    assert exact < model.log_evidence(x) - 10 * error


def test_no_more_decodes_at_once_than_it_says(monkeypatch):
    model, posterior = vae(16, 8, 2)
    rows, decode = [], model.likelihood.forward
    monkeypatch.setattr(
        model.likelihood,
        "forward",
        lambda z: rows.append(z[..., 0].numel()) or decode(z),
    )
    x = Bars().sample((30,))
    for num_samples in (1, 7, 999, 1000, 2500):
        rows.clear()
        evaluate(model, posterior, x, num_samples)
        assert sum(rows) == 30 * num_samples and max(rows) <= evaluation.DECODES


def test_it_leaves_no_graph_and_refuses_what_it_cannot_score():
    (model, posterior), x = vae(16, 8, 1), Bars().sample((3,))
    assert not evaluate(model, posterior, x, 5).requires_grad
    with pytest.raises(ValueError, match="got the value 0.5, expected only 0 and 1"):
        evaluate(model, posterior, x / 2, 5)
    with pytest.raises(ValueError, match="num_samples: got 0, expected 1 or more"):
        evaluate(model, posterior, x, 0)
