"""The table's cells: what they climb, and that an interruption changes no bit."""

import math

import pytest
import torch
from torch.distributions import Normal

from benchmarks import iwae_run
from benchmarks.iwae_cell import Cell, build, make_bound
from benchmarks.iwae_run import Plan, Run
from benchmarks.iwae_table import PAPER, PLANS, results, rows, run_table, table

PLAN = Plan(stages=(1, 1), batch=16, samples=60, sizes=(9, 8, 8, 2))


@pytest.fixture
def grey():
    return torch.rand(64, 9)


@pytest.fixture(autouse=True)
def save_always(monkeypatch):
    monkeypatch.setattr(iwae_run, "SAVE_EVERY", 0.0)


def log_w_by_hand(model, posterior, x, k):
    """Weigh with torch's own densities, from the seed that the bound had."""
    mu, log_sigma = posterior.net(x).chunk(2, -1)
    q_z = Normal(mu, log_sigma.exp())
    z = mu + log_sigma.exp() * torch.randn(k, *mu.shape)
    p = torch.sigmoid(model.likelihood.net(z))
    log_lik = (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)
    return log_lik + (Normal(0.0, 1.0).log_prob(z) - q_z.log_prob(z)).sum(-1)


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("kind", ["VAE", "IWAE"])
def test_vae_averages_after_the_log_and_iwae_before(grey, kind, k):
    model, posterior = build(grey, PLAN.sizes)
    torch.manual_seed(1)
    bound = make_bound(kind, k, model, posterior)(grey)
    torch.manual_seed(1)
    x = (torch.rand_like(grey) < grey).double()  # drawn anew at each visit
    log_w = log_w_by_hand(model, posterior, x, k)
    expected = log_w.mean(0) if kind == "VAE" else log_w.exp().mean(0).log()
    torch.testing.assert_close(bound, expected)


def test_networks_start_as_the_paper_s(grey):
    model, posterior = build(grey, (9, 8, 8, 2))
    decoder, encoder = model.likelihood.net, posterior.net
    torch.testing.assert_close(decoder[-1].bias.sigmoid(), grey.mean(0))
    assert [layer.out_features for layer in encoder[::2]] == [8, 8, 4]
    for half in encoder[-1].weight.chunk(2):
        assert 0.7 < half.abs().max() / math.sqrt(6 / 10) <= 1
    assert not any(layer.bias.any() for layer in (*encoder[::2], *decoder[:-1:2]))


def test_the_full_plan_is_the_paper_s_and_the_reduced_one_ends_at_its_step_size():
    full, reduced = PLANS["full"].rates(), PLANS["reduced"].rates()
    assert len(full) == 3280 and full[0] == reduced[0] == 1e-3
    assert math.isclose(full[-1], 1e-4) and math.isclose(reduced[-1], 1e-4)
    assert PLANS["full"].batch == 20 and PLANS["full"].samples == 5000


def fill(folder, grey, say=lambda line: None):
    run_table(PLAN, grey, grey[:40].round(), folder, say=say)
    return {f.name: f.read_text() for f in folder.glob("*.json")}


@pytest.mark.parametrize("word", ["VAE-5-0  epoch 1", "IWAE-5-0  epoch 2", "images"])
def test_whoever_is_interrupted_ends_on_the_same_bits(tmp_path, grey, word):
    def interrupt(line):
        if word in line:
            raise KeyboardInterrupt

    whole = fill(tmp_path / "whole", grey)
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "twice", grey, interrupt)
    assert fill(tmp_path / "twice", grey) == whole and len(whole) == 5
    assert not list((tmp_path / "twice").glob("*.p*t"))  # nothing is left over


def test_a_cell_that_was_killed_in_an_epoch_goes_on_from_the_one_before(
    tmp_path, grey, monkeypatch
):
    whole, steps = fill(tmp_path / "whole", grey), []
    step = iwae_run.train_step

    def killed(*args):
        steps.append(1)
        if len(steps) == 6:  # the second epoch's second
            raise SystemExit
        return step(*args)

    monkeypatch.setattr(iwae_run, "train_step", killed)
    with pytest.raises(SystemExit):
        fill(tmp_path / "twice", grey)
    assert fill(tmp_path / "twice", grey) == whole
    assert len(steps) == 6 + (8 - 4) + 4 * 8  # one epoch of six steps was kept


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "flipped"])
def test_a_damaged_checkpoint_is_named(tmp_path, grey, damage):
    path, cell = tmp_path / "VAE-1-0.pt", Cell("VAE", 1)
    next(Run(cell, PLAN, grey, path).train())
    good = path.read_bytes()
    start, end = good[: len(good) // 2], good[len(good) // 2 + 64 :]
    flipped = start + bytes(255 - b for b in good[len(start) : -len(end)]) + end
    bad = {"cut": start, "empty": b"", "noise": b"x" * 99, "flipped": flipped}
    path.write_bytes(bad[damage])
    with pytest.raises(ValueError, match=r"VAE-1-0.pt is damaged .* delete it"):
        Run(cell, PLAN, grey, path)


def test_a_checkpoint_of_another_plan_is_refused(tmp_path, grey):
    path, cell = tmp_path / "VAE-1-0.pt", Cell("VAE", 1)
    next(Run(cell, PLAN, grey, path).train())
    other = Plan(stages=(1, 2), batch=16, samples=60, sizes=(9, 8, 8, 2))
    with pytest.raises(ValueError, match="is of another plan"):
        Run(cell, other, grey, path)


def test_the_table_pairs_its_cells_over_images(tmp_path, grey):
    assert sum("not run" in line for line in table(tmp_path)) == 6
    fill(tmp_path, grey)
    found = results(tmp_path)
    assert (found["IWAE", 1] == found["VAE", 1]).all()
    gain = found["VAE", 1] - found["IWAE", 5]
    line = next(line for line in table(tmp_path) if line.startswith("IWAE k=5 "))
    error = gain.std().item() / math.sqrt(40)
    assert f"{gain.mean():.2f} ± {error:.3f}" in line and "85.54" in line
    named = {row.name.split(", ", 2)[-1]: row for row in rows(tmp_path)}
    assert {name for name in named if "less" not in name} == {
        f"{kind} k={k}" for kind, k in PAPER
    }
    won = named["IWAE k=5, less than VAE k=1"]
    assert won.value == pytest.approx(gain.mean().item())
    assert won.high - won.value == pytest.approx(error)
