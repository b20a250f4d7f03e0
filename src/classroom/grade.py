"""Turn a submission's code into marks: probe its functions, compare, put it in words.

This is the trusted side. Nothing here depends on nbgrader, and no sentence shows an
input or a right answer: those are the class's secret.
"""

import builtins
import difflib
import re
from typing import NamedTuple

from classroom.check import UNUSABLE, judge
from classroom.question import Question
from classroom.supervise import Start, Step, supervise

LOST = {
    "time": "It did not end within {seconds:g} seconds: is there an endless loop?",
    "exit": "It ended the process that ran it: is there an exit, or a crash?",
    "output": "What it gave back could not be read as numbers.",
}


class Mark(NamedTuple):
    """The points of one question, and what was seen: a mistake's name, a sentence."""

    question: str
    points: float
    of: float
    mistake: str
    text: str


def grade(
    questions: list[Question],
    cells: list[str],
    seed: int,
    start: Start,
    seconds: float = 20,
) -> list[Mark]:
    """Grade the code cells of one submission on the inputs that belong to a seed.

    Args:
        questions: the problem set's.
        cells: the text of the code cells, in order.
        seed: the class's secret; equal seeds give equal submissions equal marks.
        start: what starts a runner, `Sandbox.job` or `unsandboxed`.
        seconds: for one cell or one question.
    """
    sheets = {q.name: q.sheet(seed) for q in questions}
    asked = ("gradients", "cases")
    calls = [{"name": n} | {k: s[k] for k in asked} for n, s in sheets.items()]
    seen = supervise(cells, calls, seconds, start)
    return [mark(q, sheets[q.name], seen, cells, seconds) for q in questions]


def mark(
    question: Question,
    sheet: dict,
    seen: dict[Step, dict],
    cells: list[str],
    seconds: float,
) -> Mark:
    """Judge what one question's function gave: all of its points, or none."""
    match seen[question.name]:
        case {"answers": answers} if len(answers) == len(sheet["right"]):
            secret = {k: v for k, v in sheet.items() if k != "cases"}
            right, mistake, text = judge(answers, secret)
            points = question.points if right else 0
            return Mark(question.name, points, question.points, mistake, text)
        case {"error": error}:
            text = explain(question.name, error, seen, cells, seconds)
        case {"lost": why}:
            text = LOST[why].format(seconds=seconds)
        case _:
            text = LOST["output"]
    return Mark(question.name, 0, question.points, "", text)


def explain(
    name: str, error: dict, seen: dict[Step, dict], cells: list[str], seconds: float
) -> str:
    """Say why there are no answers: not written, no such function, or an exception."""
    kind = error["kind"]
    if kind == "NotImplementedError":
        return "Not written: the stub was left as it is."
    if kind == "missing":
        return missing(name, seen, cells, seconds)
    if kind == "large":
        return "Its answer has far more numbers than the question asks for."
    return UNUSABLE.get(kind) or f"It stopped: {raised(error, cells)}."


def raised(error: dict, cells: list[str]) -> str:
    """Name an exception and the student's line; its message may hold our inputs."""
    kind = error["kind"]
    known = isinstance(getattr(builtins, kind, None), type)
    kind = kind if known else "an exception of its own kind"
    try:
        line = cells[error["cell"]].splitlines()[error["line"] - 1].strip()
    except (TypeError, IndexError):
        return kind
    return f"{kind} in line {error['line']} of its cell, `{line}`"


def missing(name: str, seen: dict[Step, dict], cells: list[str], seconds: float) -> str:
    """Say why there is no function of this name: its cell failed, or it was renamed."""
    for number, text in enumerate(cells):
        if re.search(rf"^def {name}\b", text, re.M) and number in seen:
            why = seen[number]
            if "lost" in why:
                return "Its cell: " + LOST[why["lost"]].format(seconds=seconds)
            return f"Its cell stopped: {raised(why['error'], cells)}."
    names = re.findall(r"^def (\w+)", "\n".join(cells), re.M)
    near = difflib.get_close_matches(name, names, 1, 0.7)
    hint = f" There is a function {near[0]}: was it renamed?" if near else ""
    return f"There is no function {name} in the notebook: was its cell deleted?{hint}"
