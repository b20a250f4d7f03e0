"""The instant check: what it says to right, wrong, broken and missing answers."""

import ast
import json
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from classroom import check as module
from classroom.question import Question, encode

STUB = "def mean_square(x, scale):\n    raise NotImplementedError()"
RIGHT = "def mean_square(x, scale):\n    return scale * (x**2).mean(-1)"


def draw(g):
    return {"x": torch.randn(4, 3, generator=g).double(), "scale": 2.5}


@pytest.fixture
def sheet():
    question = Question("mean_square", 2, draw, 1e-8, "exact", gradients=("x",))
    question.right(lambda x, scale: scale * (x**2).mean(-1))

    @question.mistake("You add up: a mean divides by how many there are.")
    def sum_for_mean(x, scale):
        return scale * (x**2).sum(-1)

    @question.mistake("Your numbers have lost their way back to x.")
    def detached(x, scale):
        return scale * (x.detach() ** 2).mean(-1)

    other = Question("other", 1, draw, 1e-8, "exact", answers=[lambda x, scale: x])
    return {q.name: q.sheet(1) for q in (question, other)}


@pytest.fixture
def says(sheet, tmp_path, monkeypatch, capsys):
    """Return a function: run cells in a folder with checks.json, give what is said."""
    text = json.dumps({"questions": sheet}, default=encode)
    (tmp_path / "checks.json").write_text(text)
    monkeypatch.chdir(tmp_path)

    def run(*cells, name="mean_square"):
        notebook = {"torch": torch}
        for cell in [*cells, "from classroom.check import check"]:
            exec(cell, notebook)
        call = compile(f"check({name!r})", "cell", "eval")  # of a text, eval would
        assert eval(call, notebook) is None  # end Python with 130 at an interrupt
        return " ".join(capsys.readouterr().out.split())

    return run


def body(line):
    return f"def mean_square(x, scale):\n    {line}"


def test_right(says):
    assert says(RIGHT) == "mean_square: Right."


def test_a_named_mistake(says):
    said = says(body("return scale * (x**2).sum(-1)"))
    assert said.startswith("mean_square: Not yet. It looks like 'sum for mean'. You ")


def test_equal_values_with_a_lost_gradient(says):
    said = says(body("return scale * (x.detach()**2).mean(-1)"))
    assert "It looks like 'detached'" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return -scale * (x**2).mean(-1)", "It is minus the right answer."),
        ("return 2 * scale * (x**2).mean(-1)", "It is the right answer times 2."),
        ("return 0 * x[:, 0]", "0 of 12 numbers are right; no mistake"),
        ("return scale * (x**2).mean(-1) + 1", "the right answer plus 1.0000, every"),
        ("return (scale * (x**2).mean(-1)).float()", "rounded, or made in float32?"),
        ("return (x**2).mean(-1)[:, None] * scale", "Shape [4, 1], expected [4], on"),
        ("return (x**2).mean(-1)[:, None] * scale", "The numbers are right, the shape"),
        ("return scale * (x - x).log().mean(-1)", "Your answer has -inf at [0], on in"),
        ("return scale * (x**2).mean(-1) * torch.tensor(float('nan'))", "has nan at"),
        (
            "return scale * (x**2).mean(-1) - x[:, 0] + x[:, 0].detach()",
            "a gradient is",
        ),
        ("return scale * x.abs().mean(-1)", "0 of 12 numbers are right"),
        ("return", "It returned nothing (None): is the line with return missing?"),
        ("return x, scale", "It returned several things: put them into one tensor"),
        ("return 'five'", "It returned something that is no tensor of numbers."),
        ("return 3.0", "Shape [], expected [4], on inputs 1, x [4, 3], scale 2.5."),
        ("return x @ x", "RuntimeError in `return x @ x` (line 2), on inputs 1"),
        ("import os; x.no_such", "AttributeError in `import os; x.no_such` (line 2)"),
        ("raise NotImplementedError()", "Not written yet: your code goes where"),
    ],
)
def test_it_says_how_an_answer_differs(says, line, said, monkeypatch):
    monkeypatch.setattr(
        module.linecache, "getline", lambda *_: body(line).split("\n")[1]
    )
    assert said in says(body(line))


def test_numbers_and_arrays_count_as_tensors(says):
    numpy = "return (scale * (x**2).mean(-1)).detach().numpy()"
    assert "It looks like 'detached'" in says(body(numpy))


def test_inputs_may_be_changed_in_place(says):
    assert says(body("x.pow_(2); return scale * x.mean(-1)")) == "mean_square: Right."


def test_a_call_leaves_the_inputs_as_they_were():
    inputs = {"x": torch.ones(2, 3), "scale": 2.5}
    (answer,) = module.measure(lambda x, scale: x.mul_(scale), inputs, [])
    assert torch.equal(answer, torch.full((2, 3), 2.5))
    assert torch.equal(inputs["x"], torch.ones(2, 3)) and not inputs["x"].requires_grad


def test_arguments_may_have_other_names(says):
    assert "Right" in says(RIGHT.replace("scale", "s").replace("x", "y"))


def test_a_function_may_be_passed(sheet, says, tmp_path):
    """The student's function gets a callable, and no sentence spells its numbers."""
    one = torch.ones(1)

    def draw(g):
        return {"f": partial(module.waves, one, one, 0 * one, one), "z": one[None]}

    question = Question("twice", 1, draw, 1e-8, "exact", gradients=("z",))
    question.right(lambda f, z: 2 * f(z))
    text = json.dumps({"questions": {"twice": question.sheet(1)}}, default=encode)
    (tmp_path / "checks.json").write_text(text)
    assert "Right." in says("def twice(f, z):\n    return f(z) + f(z)", name="twice")
    detached = "def twice(f, z):\n    return 2 * f(z.detach())"
    assert "The values are right, a gradient is not" in says(detached, name="twice")
    wrong = "def twice(f, z):\n    return f(z)[None]"
    assert "Shape [1, 1], expected [1], on inputs 1, z [1, 1]." in says(
        wrong, name="twice"
    )


def test_a_name_that_is_no_function(says):
    assert "It stands for nothing, expected your function: run its cell." in says(
        "pass"
    )
    assert "stands for a int, expected your function" in says("mean_square = 3")


def test_an_unknown_question_gets_the_nearest_name(says):
    said = says(RIGHT, name="mean_sqare")
    assert "expected one of: mean_square, other." in said
    assert 'Did you mean check("mean_square")?' in said


def test_the_function_itself_will_do_for_its_name(says, tmp_path, capsys):
    notebook = {}
    exec(RIGHT + "\nfrom classroom.check import check\ncheck(mean_square)", notebook)
    assert capsys.readouterr().out == "mean_square: Right.\n"


def test_a_missing_file_and_a_damaged_one(says, tmp_path):
    (tmp_path / "checks.json").write_text('{"questions": ')
    assert "(JSONDecodeError), expected the file that came with the no" in says(RIGHT)
    (tmp_path / "checks.json").unlink()
    assert f"Cannot read {tmp_path}/checks.json (FileNotFoundError)" in says(RIGHT)


def test_an_interrupt_goes_through(says):
    with pytest.raises(KeyboardInterrupt):
        says(body("raise KeyboardInterrupt"))


def test_distance_knows_infinities_and_shapes():
    one = torch.tensor([1.0, torch.inf, torch.nan])
    assert module.distance([one], [one.clone()]) == 0
    assert module.distance([one], [torch.tensor([1.5, torch.inf, torch.nan])]) == 0.5
    assert module.distance([one], [one[:2]]) == torch.inf
    assert module.distance([one], [torch.tensor([1.0, -torch.inf, torch.nan])]) == (
        torch.inf
    )


def imported(path):
    """Name the packages that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names |= {a.name for a in node.names} if isinstance(node, ast.Import) else set()
        names |= {node.module} if isinstance(node, ast.ImportFrom) else set()
    return {name.split(".")[0] for name in names}


def test_it_stands_alone():
    """A student's copy has this one module: it imports no other of classroom."""
    assert imported(Path(module.__file__)) <= {*sys.stdlib_module_names, "torch"}


def test_there_is_no_science_in_classroom():
    for path in Path(module.__file__).parent.glob("*.py"):
        assert "dgm" not in imported(path), path
