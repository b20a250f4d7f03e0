"""What is measured is what is said: ratios the right way round, limits that limit."""

import importlib
import json

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import __main__ as runner
from benchmarks import gpu, training
from benchmarks.rows import Row, Watch, compared, interleaved
from benchmarks.tutorial import Pictures, on_tensors
from dgm.matmul import is_accurate

STEP = 1_640_000  # multiplications of one example, counted by hand in chapter 10


@pytest.mark.parametrize("name", runner.PARTS)
def test_every_part_has_rows(name):
    if name == "figures":
        pytest.importorskip("playwright")
    assert callable(importlib.import_module(f"benchmarks.{name}").rows)


def test_contestants_take_turns_and_ratios_are_taken_within_a_round():
    order, speeds = [], {"ours": iter((8.0, 30.0, 6.0)), "peer": iter((4.0, 10.0, 6.0))}
    figures = interleaved(
        {n: lambda n=n: order.append(n) or next(speeds[n]) for n in speeds}, rounds=3
    )
    assert order == ["ours", "peer"] * 3
    *alone, row = compared(figures, "examples/s", "ours", "train")
    assert [r.value for r in alone] == [8, 6] and alone[0].low == 6
    assert (row.name, row.ratio_to, row.value) == ("train, ours", "train, peer", 8)
    assert (row.ratio, row.low, row.high) == (2, 1, 3)


def test_a_run_of_one_part_keeps_what_was_measured_before(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "RESULT", tmp_path / "build/bench.json")
    monkeypatch.setattr(runner, "PARTS", ("bars", "rows"))
    (tmp_path / "build").mkdir()
    for name, value in (("bars", 1.0), ("rows", 2.0), ("bars", 3.0)):
        module = importlib.import_module(f"benchmarks.{name}")
        row = Row(f"{name}, it", value, "nats")
        monkeypatch.setattr(module, "rows", lambda row=row: iter([row]), raising=False)
        runner.main([name])
    found = json.loads(runner.RESULT.read_text("utf8"))
    assert {row["name"]: row["value"] for row in found["rows"]} == {
        "bars, it": 3.0, "rows, it": 2.0,
    }  # fmt: skip
    assert set(found["rows"][0]) >= {"unit", "ratio_to", "ratio", "low", "high"}
    assert {"machine", "versions", "parts"} <= set(found)
    with pytest.raises(SystemExit, match="got nix, expected some of bars rows"):
        runner.main(["nix"])


def test_the_limit_is_the_step_s_products_and_no_more():
    torch.set_default_dtype(torch.float32)
    with FlopCounterMode(display=False) as counter:
        training.products_of_a_step(3, torch.device("cpu"))()
    assert counter.get_total_flops() == 2 * 3 * STEP
    x = (torch.rand(3, 784) < 0.13).float()
    is_accurate()  # once, with a product of its own
    with FlopCounterMode(display=False) as counter, torch.random.fork_rng():
        training.page(x, 3)(Watch())
    assert counter.get_total_flops() == 2 * 3 * STEP


def test_loops_are_the_same_work():
    """The tutorial's network asks for the same products; a picture is its bytes."""
    torch.set_default_dtype(torch.float32)
    x = (torch.rand(3, 784) < 0.13).float()
    assert (torch.stack([Pictures(x)[n][0] for n in range(3)]).view(3, 784) == x).all()
    with FlopCounterMode(display=False) as counter:
        on_tensors(x, 3)(Watch())
    assert counter.get_total_flops() == 2 * 3 * STEP


def test_the_borrowed_product_keeps_the_gradient():
    torch.set_default_dtype(torch.float32)
    x = (torch.rand(64, 784) < 0.13).float()
    assert training.gradient_error(x).value < 1e-6


def test_a_gpu_s_contestants_run_where_there_is_none():
    torch.set_default_dtype(torch.float32)
    x = (torch.rand(32, 784) < 0.13).float()
    speeds = {name: run() for name, run in gpu.contestants(x, 16, 2).items()}
    assert len(speeds) == 3 and all(speed > 0 for speed in speeds.values())
