"""The instant check: `check("bars_log_prob")` in a notebook says how an answer looks.

It reads checks.json beside the notebook: numbers and sentences, never code. It is the
one module of classroom in a student's copy, so it imports no other.
"""

import difflib
import json
import linecache
import math
import sys
import textwrap
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

UNUSABLE = {
    "nothing": "It returned nothing (None): is the line with return missing?",
    "several": "It returned several things: put them into one tensor, torch.stack.",
    "other": "It returned something that is no tensor of numbers.",
}


class Unusable(Exception):
    """A check cannot be made, or an answer not compared; the text says why."""


class Verdict(NamedTuple):
    """What an answer was seen to be: right, a mistake that has a name, or neither."""

    right: bool
    mistake: str
    text: str


def check(name: str) -> None:
    """Print how the notebook's function `name` does on the stored inputs."""
    name = getattr(name, "__name__", name)  # check(f) for check("f")
    try:
        questions = read_questions(Path.cwd() / "checks.json")
        seen = look(name, sys._getframe(1).f_globals, questions)
        text = seen.text if seen.right else f"Not yet. {seen.text}"
    except Unusable as reason:
        text = str(reason)
    print(textwrap.fill(f"{name}: {text}", 88, break_on_hyphens=False))


def read_questions(path: Path) -> dict:
    """Read checks.json; Unusable, with one sentence, where it is missing or broken."""
    try:
        return json.loads(path.read_text("utf-8"), object_hook=decode)["questions"]
    except Exception as error:
        raise Unusable(
            f"Cannot read {path} ({type(error).__name__}), expected the file that came "
            "with the notebook, beside it; copy the problem set's whole folder again."
        ) from None


def waves(a: Tensor, k: Tensor, b: Tensor, c: Tensor, z: Tensor) -> Tensor:
    """Sum a cos(k z + b) + c sign cos(k z + b) over the last axis: waves and jumps."""
    cos = torch.cos(k * z + b)
    return (a * cos + c * cos.sign()).sum(-1)


def decode(value: dict) -> dict | Tensor | partial:
    """Turn a JSON object back into a float64 tensor or into waves, where it is one."""
    if value.keys() != {"shape", "data"}:
        return partial(waves, *value["waves"]) if [*value] == ["waves"] else value
    data = [float(v) for v in value["data"]]  # "nan" and "inf" are strings there
    return torch.tensor(data, dtype=torch.float64).reshape(value["shape"])


def look(name: str, namespace: dict, questions: dict) -> Verdict:
    """Call the function of this name on the stored inputs and judge its answers."""
    if name not in questions:
        near = difflib.get_close_matches(str(name), questions, 1, 0.4)
        hint = f' Did you mean check("{near[0]}")?' if near else ""
        known = ", ".join(questions)
        raise Unusable(f"No question has this name, expected one of: {known}.{hint}")
    function, question, answers = namespace.get(name), questions[name], []
    if not callable(function):
        what = "nothing" if function is None else f"a {type(function).__name__}"
        raise Unusable(f"It stands for {what}, expected your function: run its cell.")
    for case, inputs in enumerate(question["cases"]):
        try:
            answers += measure(function, inputs, question["gradients"])
        except Exception as error:
            raise Unusable(excuse(error, namespace, place(question, case))) from None
    return judge(answers, question)


def excuse(error: Exception, namespace: dict, where: str) -> str:
    """Put an exception of the student's function into a sentence, with its line."""
    if isinstance(error, NotImplementedError):
        return "Not written yet: your code goes where the stub raises its error."
    if isinstance(error, Unusable):
        return UNUSABLE[str(error)]
    file, line = own_line(error, namespace)
    code = linecache.getline(file, line).strip() or "its call"
    return f"{type(error).__name__} in `{code}` (line {line}), on {where}: {error}"


def own_line(error: BaseException, namespace: dict) -> tuple[str, int]:
    """Find the last file and line of the student's own that an error came through."""
    frames = traceback.walk_tb(error.__traceback__)
    own = [(f.f_code.co_filename, n) for f, n in frames if f.f_globals is namespace]
    return own[-1] if own else ("", 0)


def place(question: dict, case: int) -> str:
    """Name one of the sets of inputs, and what is in it where that is no secret."""
    inputs = question.get("cases", {case: {}})[case]
    short = {k: [*v.shape] if torch.is_tensor(v) else v for k, v in inputs.items()}
    named = [f", {k} {v}" for k, v in short.items() if not callable(v)]
    return f"inputs {case + 1}{''.join(named)}"


def measure(function: Callable, inputs: dict, gradients: list[str]) -> list[Tensor]:
    """Call a function on copies of inputs: its answer, then the gradients asked for.

    A gradient is of the answer's sum: 0 where its way back is lost, nan for a nan.
    """
    given = {k: v.clone() if torch.is_tensor(v) else v for k, v in inputs.items()}
    leaves = [given[name].requires_grad_() for name in gradients]
    given |= {name: given[name].clone() for name in gradients}  # free to be changed
    answer = as_tensor(function(*given.values()))
    blank = 0.0 if answer.isfinite().all() else math.nan
    slopes = [torch.full_like(leaf, blank) for leaf in leaves]
    if leaves and answer.requires_grad and blank == 0:
        slopes = torch.autograd.grad(answer.sum(), leaves, materialize_grads=True)
    return [t.detach().clone() for t in (answer, *slopes)]


def as_tensor(answer: object) -> Tensor:
    """Take a tensor, an array or a number; else Unusable, with a key of UNUSABLE."""
    if answer is None or isinstance(answer, tuple | list):
        raise Unusable("nothing" if answer is None else "several")
    try:
        return torch.as_tensor(answer).double()
    except (TypeError, ValueError, RuntimeError):
        raise Unusable("other") from None


def judge(answers: list[Tensor], question: dict) -> Verdict:
    """Compare answers with the right ones and with those of the named mistakes."""
    if distance(answers, question["right"]) <= question["atol"]:
        return Verdict(True, "", "Right.")
    for known in question["mistakes"]:
        if distance(answers, known["answers"]) <= question["atol"]:
            text = f"It looks like '{known['name']}'. {known['hint']}"
            return Verdict(False, known["name"], text)
    return Verdict(False, "", differs(answers, question))


def distance(a: list[Tensor], b: list[Tensor]) -> float:
    """Return the largest difference; infinite where shapes or NaNs do not match."""
    if [t.shape for t in a] != [t.shape for t in b]:
        return math.inf
    x, y = (torch.cat([t.double().flatten() for t in side]) for side in (a, b))
    gap = (x - y).abs().nan_to_num(math.inf, math.inf)
    return gap.where((x != y) & ~(x.isnan() & y.isnan()), 0.0).max().item()


def differs(answers: list[Tensor], question: dict) -> str:
    """Say how an answer that nobody foresaw differs: shape, NaN, or the numbers."""
    right, step = question["right"], 1 + len(question["gradients"])
    for i, (a, b) in enumerate(zip(answers, right, strict=True)):
        where, what = place(question, i // step), "gradient" if i % step else "answer"
        if a.shape != b.shape:
            alike = distance([a.ravel()], [b.ravel()]) < 1e-6
            only = " The numbers are right, the shape is not." if alike else ""
            return f"Shape {[*a.shape]}, expected {[*b.shape]}, on {where}.{only}"
        if not a.isfinite().all() and b.isfinite().all():
            at = (~a.isfinite()).nonzero()[0].tolist()
            return f"Your {what} has {a[tuple(at)]:g} at {at}, on {where}."
    values = ([t.ravel().double() for t in side[::step]] for side in (answers, right))
    return compare(*map(torch.cat, values), question["atol"])


def compare(a: Tensor, b: Tensor, atol: float) -> str:
    """Find the plainest sentence that leads from the right numbers b to a."""
    factor, offset = ((a @ b) / (b @ b)).item(), (a - b).mean().item()
    near = 1e-6 * (1 + b.abs().max())
    multiple = factor if abs(factor) > 1e-3 else math.nan  # zero is no multiple
    for text, known, gap in [
        ("The values are right, a gradient is not: was something detached?", b, atol),
        ("Right to six digits: was something rounded, or made in float32?", b, near),
        ("It is minus the right answer.", -b, near),
        (f"It is the right answer times {factor:.4g}.", multiple * b, near),
        (f"It is the right answer plus {offset:.4f}, everywhere.", b + offset, near),
    ]:
        if (a - known).abs().max() <= gap:
            return text
    hits = ((a - b).abs() <= near).sum()
    return f"{hits} of {len(a)} numbers are right; no mistake we know gives the others."
