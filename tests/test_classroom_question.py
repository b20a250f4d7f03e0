"""A question: its corpus, its inputs, and the separation rule."""

import json
from functools import partial

import pytest
import torch

from classroom.check import decode, waves
from classroom.question import CASES, Question, Unclear, encode, load


def question(draw=lambda g: {"x": torch.randn(4, generator=g, dtype=torch.float64)}):
    q = Question("double", points=1, draw=draw, atol=1e-8, why="exact")
    q.right(lambda x: 2 * x)

    @q.mistake("You square.")
    def squared(x):
        return x**2

    return q


def test_equal_seeds_draw_equal_inputs():
    q = question()
    one, two, other = q.cases(5), q.cases(5), q.cases(6)
    assert len(one) == CASES
    assert all(torch.equal(a["x"], b["x"]) for a, b in zip(one, two, strict=True))
    assert not torch.equal(one[0]["x"], other[0]["x"])
    assert not torch.equal(one[0]["x"], one[1]["x"])


def test_a_sheet_does_not_depend_on_the_default_dtype():
    q = Question("third", 1, lambda g: {"x": torch.rand(2, generator=g)}, 1e-8, "exact")
    q.right(lambda x: x + torch.tensor(1 / 3))
    torch.set_default_dtype(torch.float32)
    sheet = q.sheet(0)
    assert torch.get_default_dtype() == torch.float32
    assert sheet["right"][0].dtype == torch.float64
    assert torch.equal(sheet["right"][0], sheet["cases"][0]["x"] + 1 / 3)


def test_answers_that_look_alike_are_refused():
    """At x = 2 doubling and squaring are the same: such inputs tell nothing."""
    with pytest.raises(Unclear, match="'right' and 'squared' are 0.0e.00 apart"):
        question(draw=lambda g: {"x": torch.full((4,), 2.0)}).sheet(0)
    near = question(draw=lambda g: {"x": torch.full((4,), 2 + 2e-8)})
    with pytest.raises(Unclear, match="draw inputs that tell them apart"):
        near.sheet(0)
    assert question(draw=lambda g: {"x": torch.full((4,), 2.1)}).sheet(0)


def test_tensors_survive_json():
    for value in (torch.randn(2, 3), torch.tensor(1.5), torch.zeros(0, 4),
                  torch.tensor([torch.inf, -torch.inf, 1e-300])):  # fmt: skip
        text = json.dumps(value, default=encode, allow_nan=False)
        assert torch.equal(json.loads(text, object_hook=decode), value)
    nan = json.loads(json.dumps(torch.tensor(torch.nan), default=encode),
                     object_hook=decode)  # fmt: skip
    assert nan.isnan()


def test_a_function_survives_json():
    """As data: no code is stored, and autograd sees its smooth part as it was."""
    a, k, b, c = torch.randn(4, 3).unbind()
    f, z = partial(waves, a, k, b, c), torch.randn(5, 2, 3)
    text = json.dumps({"f": f}, default=encode)
    again = json.loads(text, object_hook=decode)["f"]
    assert torch.equal(again(z), f(z)) and f(z).shape == (5, 2)
    assert "cos" not in text and text.count("shape") == 4
    z.requires_grad_()
    (slope,) = torch.autograd.grad(again(z).sum(), z)
    assert torch.allclose(slope, -a * k * torch.sin(k * z + b))


def test_the_jumps_of_a_function_have_no_slope():
    """Autograd sees a level floor left and right of a step, and no step."""
    one, none = torch.ones(1), torch.zeros(1)
    stair = partial(waves, none, one, none, -one)  # -1 below pi / 2, +1 above
    z = torch.linspace(0, 3, 8)[:, None].requires_grad_()
    assert stair(z).tolist() == [-1.0] * 4 + [1.0] * 4
    assert torch.autograd.grad(stair(z).sum(), z)[0].abs().max() == 0


def test_a_missing_file_of_truth(tmp_path):
    with pytest.raises(Unclear, match="ps77: expected its questions in .*ps77.py"):
        load(tmp_path / "ps77")
