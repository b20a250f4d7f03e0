"""Running a submission apart: nothing hangs, nothing is lost, nothing is left."""

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import torch

from classroom.runner import without_magics
from classroom.supervise import plain, supervise, unsandboxed

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
CALLS = [
    {"name": name, "gradients": [], "cases": [{"x": X}, {"x": -X}]}
    for name in ("double", "total", "nothing")
]
GOOD = """
import torch
def double(x):
    return 2 * x
def total(x):
    return x.sum()
"""
LUCKY = """
def nothing(x):
    return torch.rand(1, 2)
"""


def run(*cells, calls=CALLS, seconds=20):
    return supervise(list(cells), calls, seconds, unsandboxed)


@pytest.fixture(scope="module")
def seen():
    """One submission with many small faults, run once."""
    return run(
        "%matplotlib inline\nimport math\nmath.exp?\n!ls",
        "print('x' * 10**7)\nimport sys\nsys.stderr.write('y' * 10**6)",
        GOOD,
        "def half(",
        "1 / 0",
        "import sys\nsys.exit(3)",
        "input('your name? ')",
        "from classroom.check import check\nassert check('double') is None\n"
        "assert check.__module__ != 'classroom.check'  # it does nothing there",
        "import os\nif os.fork() == 0:\n    double = None\nelse:\n    os.wait()",
        "torch.rand(2)" + LUCKY,
    )


def test_answers_come_back_as_numbers(seen):
    one, two = seen["double"]["answers"]
    assert torch.equal(one, 2 * X) and torch.equal(two, -2 * X)
    assert [a.item() for a in seen["total"]["answers"]] == [10, -10]


def test_a_failing_cell_does_not_stop_the_next(seen):
    kinds = {n: s["error"]["kind"] for n, s in seen.items() if "error" in s}
    assert kinds == {3: "SyntaxError", 4: "ZeroDivisionError", 5: "SystemExit",
                     6: "EOFError"}  # fmt: skip
    assert seen[4]["error"] == {"kind": "ZeroDivisionError", "cell": 4, "line": 1}


def test_luck_is_the_same_for_all(seen):
    again = run("import torch\ndef nothing(x):\n    return torch.rand(1, 2)")
    for a, b in zip(
        seen["nothing"]["answers"], again["nothing"]["answers"], strict=True
    ):
        assert torch.equal(a, b)


@pytest.mark.slow
def test_a_loop_an_exit_and_a_flood_cost_only_themselves():
    started = time.time()
    seen = run(
        GOOD,
        "while True:\n    pass",
        "def double(x):\n    while True:\n        pass",
        "import os\ndef nothing(x):\n    os._exit(0)",
        seconds=1.5,
    )
    assert seen[1] == {"lost": "time"}
    assert seen["double"] == {"lost": "time"}
    assert seen["nothing"] == {"lost": "exit"}
    assert [a.item() for a in seen["total"]["answers"]] == [10, -10]
    assert time.time() - started < 120


@pytest.mark.slow
def test_a_wide_answer_and_noise_on_the_channel():
    noise = """
def double(x):
    import os
    for channel in range(3, 30):
        try:
            os.write(channel, b'{"answers": [1, 2]}\\n' * 50)
        except OSError:
            pass
    return 2 * x
def total(x):
    return torch.zeros(200, 1000)
def nothing(x):
    return None, x
"""
    seen = run("import torch", noise)
    assert seen["double"] == {"lost": "output"}
    assert seen["total"]["error"]["kind"] == "large"
    assert seen["nothing"]["error"]["kind"] == "several"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_left_running(tmp_path):
    note = tmp_path / "pid"
    child = f"""
import subprocess, pathlib
child = subprocess.Popen(["sleep", "600"])
pathlib.Path({str(note)!r}).write_text(str(child.pid))
"""
    run(child, GOOD)
    time.sleep(0.2)
    status = Path("/proc", note.read_text(), "stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


def test_a_runner_that_does_not_come_up_is_no_fault_of_the_submission():
    @contextmanager
    def gone():
        words = [sys.executable, "-c", "input()"]  # reads the job, and ends
        with Popen(words, stdin=PIPE, stdout=PIPE) as runner:
            yield runner

    with pytest.raises(RuntimeError, match="no runner came up .exit."):
        supervise([], CALLS, 5, gone)


@pytest.mark.parametrize(
    "line",
    [b"5", b"[]", b"{}", b'{"begin": [1]}', b'{"answers": [1]}', b'{"answers": 3}',
     b'{"error": {"kind": 1, "cell": 0, "line": 0}}', b'{"error": "x"}', b"half a li",
     b'{"answers": [{"shape": [3], "data": [1, 2]}]}', b"[" * 100000,
     b'{"answers": [{"waves": [1, 2]}]}', b'{"answers": {"waves": 5}}'],
)  # fmt: skip
def test_what_is_no_runners_line_is_refused(line):
    refusals = ValueError, RuntimeError, RecursionError, AttributeError, TypeError
    with pytest.raises(refusals):
        plain(line)


def test_what_only_ipython_reads_is_taken_out():
    text = "%time x\n  !ls -l\nx = 5 % 3\ntorch.exp?\n?x\n%%time\nnot_magic"
    out = "pass\n  pass\nx = 5 % 3\npass\npass\npass\nnot_magic"
    assert without_magics(text) == out
