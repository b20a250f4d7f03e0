"""The process that runs a submission: `python -m classroom.runner`.

Plain data in, one JSON object on standard input:
    {"cells": [text, ...], "skip": [cell, ...],
     "calls": [{"name": ..., "gradients": [...], "cases": [{argument: value}, ...]}]}
Plain data out, one JSON object a line on standard output:
    {"begin": "start" | cell number | name}       what runs now
    {"error": {"kind": ..., "cell": ..., "line": ...}}
    {"answers": [tensor, ...]}
    {"begin": "end"}
What the submission itself prints goes nowhere. `classroom.supervise` reads these lines
in another process, and believes nothing but that they are numbers.
"""

import json
import os
import random
import re
import sys
import types
from collections.abc import Callable

import numpy
import torch

from classroom import check
from classroom.question import encode

LARGEST = 100_000  # numbers in the answers to one question


def main() -> None:
    """Run the cells, then call the functions, and write what came out."""
    job = json.loads(sys.stdin.read(), object_hook=check.decode)
    emit = keep_channel()
    torch.set_num_threads(1)
    check.check = lambda name: None  # no points come from it, and it would cost time
    notebook = sys.modules["__main__"] = types.ModuleType("__main__")
    namespace = notebook.__dict__
    emit({"begin": "start"})
    for number, text in enumerate(job["cells"]):
        if number not in job["skip"]:
            emit({"begin": number})
            guard(lambda n=number, t=text: run_cell(n, t, namespace), namespace, emit)
    for call in job["calls"]:
        emit({"begin": call["name"]})
        guard(lambda c=call: answer(c, namespace, emit), namespace, emit)
    emit({"begin": "end"})
    os._exit(0)  # the submission's exit handlers and threads have no say


def keep_channel() -> Callable[[dict], None]:
    """Keep standard output for our lines; give the submission the null device."""
    channel, owner = os.fdopen(os.dup(1), "w"), os.getpid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)

    def emit(line: dict) -> None:
        if os.getpid() == owner:  # and not a fork of the submission's
            print(json.dumps(line), file=channel, flush=True)

    return emit


def guard(action: Callable[[], None], namespace: dict, emit: Callable) -> None:
    """Do one thing of the submission's, with fresh seeds; report what it raises."""
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    try:
        action()
    except BaseException as error:  # a submission may raise SystemExit too
        file, line = check.own_line(error, namespace)
        cell = re.fullmatch(r"<cell (\d+)>", file)
        own = isinstance(error, check.Unusable)  # raised by us, about the answer
        place = {"cell": int(cell[1]) if cell else None, "line": line}
        kind = str(error) if own else type(error).__name__
        emit({"error": {"kind": kind, **place}})


def run_cell(number: int, text: str, namespace: dict) -> None:
    """Execute one code cell; what only IPython understands is taken out first."""
    try:
        code = compile(text, f"<cell {number}>", "exec")
    except SyntaxError:
        code = compile(without_magics(text), f"<cell {number}>", "exec")
    exec(code, namespace)


def without_magics(text: str) -> str:
    """Put `pass` in the place of lines such as %timeit, !ls and torch.exp?"""
    return re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??)$", r"\1pass", text, flags=re.M)


def answer(call: dict, namespace: dict, emit: Callable) -> None:
    """Call one function on its inputs and write down the numbers."""
    function, answers = namespace.get(call["name"]), []
    if not callable(function):
        raise check.Unusable("missing")
    for inputs in call["cases"]:
        answers += check.measure(function, inputs, call["gradients"])
    if sum(a.numel() for a in answers) > LARGEST:
        raise check.Unusable("large")
    emit({"answers": [encode(a) for a in answers]})


if __name__ == "__main__":
    main()
