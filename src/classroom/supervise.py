"""Run a submission in a process of its own, and take only plain numbers from it.

The process (`classroom.runner`) says what it begins. When it hangs, dies or talks too
much, it is killed with its children, and a new one leaves out what it was at: one bad
cell or question costs only itself. Where the process lives is the caller's choice:
`Sandbox.job` shuts it in, `unsandboxed` does not.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from torch import Tensor

from classroom.check import decode
from classroom.question import encode

COMMAND = (sys.executable, "-P", "-m", "classroom.runner")
STARTS = 12  # processes for one submission, at most
START_SECONDS = 120  # for a process to load torch
LONGEST = 4_000_000  # bytes of one line


class Runner(Protocol):
    """A process that reads one job and writes lines."""

    stdin: BinaryIO
    stdout: BinaryIO


Start = Callable[[], AbstractContextManager[Runner]]  # kills it at the end
Step = int | str  # a cell's number, a question's name, "start" or "end"


def supervise(
    cells: list[str], calls: list[dict], seconds: float, start: Start
) -> dict[Step, dict]:
    """Run cells, call functions; return what was seen of each, whatever happened.

    Args:
        cells: the text of the submission's code cells.
        calls: for each question its name, gradients and cases (the inputs).
        seconds: for one cell or one question.
        start: what starts a runner, `Sandbox.job` or `unsandboxed`.

    Returns:
        For every question, and for every cell that did not go well, one of
        {"answers": list of tensors}, {"error": {"kind", "cell", "line"}} and
        {"lost": "time", "exit" or "output"}.

    Raises:
        RuntimeError: where no runner comes up; that is no submission's fault.
    """
    seen: dict[Step, dict] = {}
    for _ in range(STARTS):
        skip = [step for step in seen if "lost" in seen[step]]
        todo = [call for call in calls if call["name"] not in seen]
        job = {"cells": cells, "skip": skip, "calls": todo}
        step, why = run_once(job, seen, seconds, start)
        if step == "end":
            break
        if step == "start":
            raise RuntimeError(f"no runner came up ({why})")
        seen[step] = {"lost": why}
    return {call["name"]: {"lost": "time"} for call in calls} | seen


def run_once(
    job: dict, seen: dict[Step, dict], seconds: float, start: Start
) -> tuple[Step, str]:
    """Run one process until it ends or is lost: return at which step, and why."""
    steps = {"end", *range(len(job["cells"])), *(c["name"] for c in job["calls"])}
    lines: queue.Queue[bytes] = queue.Queue(maxsize=100)
    step: Step = "start"
    with start() as runner:
        threading.Thread(target=feed, args=(runner, job), daemon=True).start()
        threading.Thread(target=read, args=(runner, lines), daemon=True).start()
        for _ in range(3 * len(steps)):  # a submission may have found our channel
            try:
                limit = START_SECONDS if step == "start" else seconds
                line = lines.get(timeout=limit)
                if line == b"":
                    return step, "exit"
                said = plain(line)
                if said.get("begin", step) not in steps | {"start"}:
                    return step, "output"
            except queue.Empty:
                return step, "time"
            except Exception:  # whatever a forged line brings about
                return step, "output"
            if "begin" in said:
                step = said["begin"]
            else:
                seen[step] = said
            if step == "end":
                return step, ""
    return step, "output"


def plain(line: bytes) -> dict:
    """Read one line of the runner's; ValueError where it is not what a runner says."""
    said = json.loads(line, object_hook=decode)
    match said:
        case {"begin": int() | str()}:
            return {"begin": said["begin"]}
        case {"answers": [*answers]} if all(isinstance(a, Tensor) for a in answers):
            return {"answers": answers}
        case {"error": {"kind": str(), "cell": int() | None, "line": int()}}:
            return {"error": said["error"]}
    raise ValueError("not a runner's line")


@contextlib.contextmanager
def unsandboxed() -> Iterator[subprocess.Popen]:
    """Start a runner as the user who grades; kill it and its children at the end.

    It works in an empty folder, but sees, and may change, all that the user may.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runner = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            yield runner
        finally:
            kill(runner)


def kill(runner: subprocess.Popen) -> None:
    """End a process and its group, so that nothing is left running."""
    if os.name == "posix":  # before wait(): until then the group's number is its own
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(runner.pid, signal.SIGKILL)
    else:
        tree = ["taskkill", "/F", "/T", "/PID", str(runner.pid)]
        subprocess.run(tree, capture_output=True, check=False)
    runner.wait()


def feed(runner: Runner, job: dict) -> None:
    """Hand the job over."""
    with contextlib.suppress(OSError), runner.stdin as stream:
        stream.write(json.dumps(job, default=encode).encode())


def read(runner: Runner, lines: queue.Queue) -> None:
    """Pass the runner's lines on, b"" at the end; a longer one comes in pieces."""
    line = b"begin"
    with runner.stdout as stream:
        while line:
            line = stream.readline(LONGEST)
            lines.put(line)
