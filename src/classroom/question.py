"""A graded question: everything that decides its points, in one object."""

import importlib.util
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path

import torch
from torch import Tensor

from classroom.check import distance, measure

CASES = 3  # sets of inputs that an answer is tried on
APART = 10  # any two answers of a question differ by this many tolerances


class Unclear(Exception):
    """A problem set cannot be released or graded as it stands; the text says why."""


@contextmanager
def float64() -> Iterator[None]:
    """Make new tensors float64, as the notebooks do, and put the default back."""
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(default)


@dataclass
class Question:
    """One function that a student writes; `name` is its name and its cell's id.

    Args:
        name: the function's name.
        points: what a right answer is worth.
        draw: from a seeded generator to the function's arguments, in their order:
            tensors, numbers, and functions made as `partial(check.waves, a, k, b, c)`.
        atol: how far from the right answer is still right ...
        why: ... and the reason.
        gradients: arguments in which the answer is differentiated too, where equal
            values can hide a wrong gradient.
    """

    name: str
    points: int
    draw: Callable[[torch.Generator], dict]
    atol: float
    why: str
    gradients: tuple[str, ...] = ()
    answers: list[Callable] = field(default_factory=list)
    mistakes: dict[Callable, str] = field(default_factory=dict)

    def right(self, function: Callable) -> Callable:
        """Register a right answer: the first is the reference, others must equal it."""
        self.answers.append(function)
        return function

    def mistake(self, hint: str) -> Callable:
        """Register a wrong answer, with what to tell the student who gives it."""
        return lambda function: self.mistakes.setdefault(function, hint) and function

    def cases(self, seed: int) -> list[dict]:
        """Draw the sets of inputs that belong to a seed."""
        generator = torch.Generator().manual_seed(seed)
        with float64():
            return [self.draw(generator) for _ in range(CASES)]

    def numbers(self, function: Callable, cases: list[dict]) -> list[Tensor]:
        """Call one of our functions on inputs: its answers and gradients."""
        with float64():
            parts = [measure(function, case, self.gradients) for case in cases]
        return sum(parts, [])

    def sheet(self, seed: int) -> dict:
        """Write down all that a comparison needs: inputs, right and known answers.

        Raises:
            Unclear: where two answers look alike on these inputs (the separation rule).
        """
        cases = self.cases(seed)
        mistakes = [
            {
                "name": function.__name__.replace("_", " "),
                "hint": hint,
                "answers": self.numbers(function, cases),
            }
            for function, hint in self.mistakes.items()
        ]
        right = self.numbers(self.answers[0], cases)
        self.separate([{"name": "right", "answers": right}, *mistakes])
        return {
            "atol": self.atol,
            "gradients": self.gradients,
            "cases": cases,
            "right": right,
            "mistakes": mistakes,
        }

    def separate(self, known: list[dict]) -> None:
        """Raise Unclear where two known answers are within APART tolerances."""
        for one, two in combinations(known, 2):
            gap = distance(one["answers"], two["answers"])
            if gap < APART * self.atol:
                raise Unclear(
                    f"{self.name}: '{one['name']}' and '{two['name']}' are {gap:.1e} "
                    f"apart, expected at least {APART * self.atol:.0e}; draw inputs "
                    "that tell them apart."
                )


def encode(value: Tensor | partial) -> dict:
    """Turn a tensor into a JSON object; not-a-number and infinity become strings.

    A function that is data, `partial(check.waves, a, k, b, c)`, becomes its tensors.
    """
    if isinstance(value, partial):
        return {"waves": value.args}
    data = [v if math.isfinite(v) else str(v) for v in value.double().ravel().tolist()]
    return {"shape": list(value.shape), "data": data}


def load(folder: Path) -> list[Question]:
    """Load the questions of a problem set from its one file of truth.

    Raises:
        Unclear: where the folder does not hold psNN.py with a list QUESTIONS.
    """
    file = folder / f"{folder.name}.py"
    if not file.exists():
        raise Unclear(f"{folder.name}: expected its questions in {file}")
    spec = importlib.util.spec_from_file_location(folder.name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.QUESTIONS
