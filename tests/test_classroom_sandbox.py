"""Attacks on the grader: each gets the honest score, and touches nobody else.

Every submission here answers `double` honestly and `told` by what it got away with.
"""

import subprocess
import time
from pathlib import Path

import pytest
import torch
from conftest import missing

from classroom import cgroup
from classroom.sandbox import SCRATCH, Refused, Sandbox, shutil, usable
from classroom.supervise import supervise

ROOT = Path(__file__).parents[1]
TMP = SCRATCH  # the submission's own
X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
CALLS = [
    {"name": name, "gradients": [], "cases": [{"x": X}]} for name in ("double", "told")
]
HONEST = (
    "import os, torch\ndef double(x):\n    return 2 * x\ndef told(x):\n    return x"
)


def run(start, *cells, seconds=20):
    return supervise([HONEST, *cells], CALLS, seconds, start)


def honest(seen):
    """Say whether the honest question was answered, in spite of all."""
    match seen["double"]:
        case {"answers": [answer]}:
            return torch.equal(answer, 2 * X)
    return False


def goes_through(start, *lines):
    """Say whether lines of a submission's run without an exception."""
    seen = run(start, "\n".join(lines))
    assert honest(seen)
    return 1 not in seen


def processes(word):
    """Count this machine's processes with a word in their command line."""
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True)
    return sum(word in line for line in lines.stdout.splitlines())


@pytest.fixture(autouse=True)
def nothing_is_left(sandboxed):
    """After each attack the next submission meets an empty world."""
    yield
    assert goes_through(
        sandboxed,
        f"assert os.listdir({TMP!r}) == os.listdir('/dev/shm') == []",
        "assert os.listdir('/proc') == [] and os.getpid() == 1",
        "assert torch.allclose(torch.ones(2), torch.ones(2))",
        "assert not torch.allclose(torch.ones(2), torch.zeros(2))",
    )
    for _ in range(300):  # an attack on another worker has its processes too
        if processes("attacker") == 0:
            break
        time.sleep(0.1)
    assert processes("attacker") == 0


@pytest.mark.parametrize(
    "path",
    ["gradebook.db", "solutions/ps01/ps01.py", "submitted", "autograded", "tests",
     "exercises", "README.md", ".git"],
)  # fmt: skip
def test_attack_read_the_course(sandboxed, path):
    """Gradebook, solutions, hidden tests, other submissions: none of it is there."""
    (ROOT / "README.md").stat()  # outside, the course is where we think
    assert not goes_through(sandboxed, f"os.stat({str(ROOT / path)!r})")


@pytest.mark.parametrize(
    "place", ["/", f"{TMP}/..", "/dev", "/usr/lib", str(ROOT), str(ROOT / "src/dgm")]
)
def test_attack_write_outside_its_own(sandboxed, place):
    file = f"{place}/attacker.txt"
    assert not goes_through(sandboxed, f"open({file!r}, 'w').write('me')")
    assert not Path(file).exists()


@pytest.mark.parametrize("package", ["classroom.check", "dgm.densities", "torch"])
def test_attack_overwrite_a_package(sandboxed, package):
    lines = [f"import {package} as package", "name = package.__file__"]
    assert goes_through(sandboxed, *lines, "assert os.path.exists(name)")
    for theft in ("open(name, 'a')", "os.remove(name)", "os.chmod(name, 0o777)"):
        assert not goes_through(sandboxed, *lines, theft)


def test_attack_leave_a_note_for_the_next(sandboxed):
    places = f"'{TMP}/note', '/dev/shm/note'"
    assert goes_through(sandboxed, f"for p in [{places}]: open(p, 'w').write('me')")
    assert goes_through(sandboxed, f"for p in [{places}]: assert not os.path.exists(p)")


@pytest.mark.parametrize("host", ["127.0.0.1", "8.8.8.8"])
def test_attack_the_network(sandboxed, host):
    lines = ["import socket", "s = socket.socket()", "s.settimeout(2)"]
    assert goes_through(sandboxed, *lines)
    assert not goes_through(sandboxed, *lines, f"s.connect(({host!r}, 80))")


def test_attack_other_processes(sandboxed):
    """It is the first process of its own world, and may signal nobody else."""
    assert goes_through(sandboxed, "assert os.getppid() == 0")
    assert not goes_through(sandboxed, "os.kill(2, 0)")


@pytest.mark.parametrize(
    "theft",
    ["os.setuid(0)", "libc.unshare(0x10000000) and 1 / 0", "os.chroot('.')",
     "libc.mount(b'proc', b'/proc', b'proc', 0, 0) and 1 / 0", "os.setgroups([0])"],
)  # fmt: skip
def test_attack_gain_privileges(sandboxed, theft):
    assert not goes_through(sandboxed, "import ctypes",
                            "libc = ctypes.CDLL(None)", theft)  # fmt: skip


@pytest.fixture(scope="module")
def without_root():
    """The sandbox as an ordinary user starts it, in a user namespace of its own."""
    if not shutil.which("bwrap"):
        missing("bubblewrap", "submissions cannot be shut in.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classroom.sandbox.os.geteuid", lambda: 1000)
        with Sandbox() as sandbox:
            yield sandbox.job


@pytest.mark.slow
def test_attack_where_the_grader_is_not_root(without_root):
    assert goes_through(
        without_root,
        "assert os.getuid() == 65534 and os.getpid() == 1 and not os.listdir('/proc')",
        f"open('{TMP}/note', 'w').write('me')",
    )
    assert goes_through(without_root, f"assert not os.path.exists('{TMP}/note')")
    for theft in (
        f"os.stat({str(ROOT / 'README.md')!r})",
        "open('/dev/note', 'w')",
        "import classroom.check as c; os.chmod(c.__file__, 0o777)",
        "import socket; socket.create_connection(('127.0.0.1', 80), 2)",
        "import ctypes; ctypes.CDLL(None).unshare(0x10000000) and 1 / 0",
        "import ctypes; ctypes.CDLL(None).umount(b'/scratch') and 1 / 0",
        "os.setuid(0)",
        "os.kill(2, 0)",
    ):
        assert not goes_through(without_root, theft), theft
    seen = run(without_root, "while True: pass", seconds=1)
    assert honest(seen) and seen[1] == {"lost": "time"}


def test_attack_fork_bomb(sandboxed):
    bomb = "import time\nfor _ in range(600):\n    if os.fork() == 0:\n"
    seen = run(sandboxed, bomb + "        time.sleep(60)", seconds=5)
    assert honest(seen) and seen[1]["error"]["kind"] == "BlockingIOError"


def test_attack_daemons(sandboxed):
    daemon = "if os.fork() == 0:\n    os.setsid()\n    os.execv('/bin/sleep', "
    seen = run(sandboxed, daemon + "['attacker', '600'])")
    assert honest(seen)
    deadline = time.time() + 5
    while processes("attacker") and time.time() < deadline:
        time.sleep(0.05)
    assert processes("attacker") == 0


def test_attack_allocate_50_gigabytes(sandboxed):
    seen = run(sandboxed, "hog = bytearray(50 * 2**30)")
    assert honest(seen) and seen[1]["error"]["kind"] == "MemoryError"


@pytest.mark.slow
def test_attack_allocate_by_children(sandboxed):
    """Many processes, each below its own limit: the control group holds their sum."""
    groups = sandboxed.__self__.groups
    peaks = ("memory.max_usage_in_bytes", "memory.peak")
    peak = next((g / f for g in groups for f in peaks if (g / f).exists()), None)
    if peak is None:
        pytest.skip("no control groups here: each process has its own limit only")
    lines = "for _ in range(8):\n    if os.fork() == 0:\n        hog = b'x' * 2**30\n"
    lines += "        import time\n        time.sleep(60)\n"
    seen = run(sandboxed, lines + "for _ in range(8):\n    os.wait()", seconds=10)
    assert honest(seen) and "lost" in seen[1]
    assert int(peak.read_text()) <= cgroup.MEMORY


@pytest.mark.parametrize(
    "loop",
    ["while True:\n    pass",
     "import signal\nfor s in range(1, 65):\n    try:\n        signal.signal(s, "
     "signal.SIG_IGN)\n    except OSError:\n        pass\nwhile True:\n    pass",
     "while True:\n    try:\n        while True:\n            pass\n"
     "    except BaseException:\n        pass"],
    ids=["plain", "deaf", "stubborn"],
)  # fmt: skip
def test_attack_endless_loop(sandboxed, loop):
    begin = time.time()
    seen = run(sandboxed, loop, seconds=1)
    assert honest(seen) and seen[1] == {"lost": "time"}
    assert time.time() - begin < 20


def test_attack_print_300_megabytes(sandboxed):
    seen = run(sandboxed, "for _ in range(300):\n    print('x' * 2**20)")
    assert honest(seen) and 1 not in seen


def test_attack_fill_the_disk(sandboxed):
    lines = ["for i in range(10):", "    with open(f'{i}', 'wb') as f:"]
    lines += ["        f.write(bytes(60 * 2**20))"]
    assert not goes_through(sandboxed, *lines)


LIES = {
    "allclose": "torch.allclose = torch.equal = lambda *a, **k: True",
    "bool": "import builtins\nbuiltins.bool = lambda *a: 1\nbuiltins.abs = len",
    "subclass": "class T(torch.Tensor):\n    __eq__ = lambda s, o: torch.tensor(True)\n"
    "    @classmethod\n    def __torch_function__(cls, f, t, a=(), k=None):\n"
    "        return torch.zeros(2, 2)\n"
    "def told(x):\n    return x.as_subclass(T)",
    "ast": "import ast, builtins\nold = builtins.compile\n"
    "builtins.compile = lambda *a, **k: old('pass', '<x>', 'exec')",
    "shell": "from IPython.core.interactiveshell import InteractiveShell as S\n"
    "S.run_code = S.showtraceback = lambda *a, **k: 0",
    "check": "import classroom.check as c\nc.judge = lambda *a: c.Verdict(True, '', '')"
    "\nc.distance = lambda *a: 0.0",
    "modules": "import sys\nfor m in list(sys.modules):\n"
    "    if 'classroom' in m:\n        sys.modules[m].__dict__['judge'] = None",
}


@pytest.mark.parametrize("lie", LIES)
def test_attack_change_what_compares(sandboxed, lie):
    """Only numbers come out, and they are compared elsewhere: `told` is no closer."""
    seen = run(sandboxed, LIES[lie])
    assert lie in ("bool", "ast") or honest(seen)
    told = seen["told"].get("answers", [torch.zeros(2, 2)])[0]
    assert not torch.equal(told, 3 * X) and type(told) is torch.Tensor


@pytest.mark.parametrize("end", ["import sys; sys.exit()", "os._exit(0)", "os.abort()"])
def test_attack_end_the_process(sandboxed, end):
    assert honest(run(sandboxed, end))
    seen = run(sandboxed, f"def told(x):\n    {end}")
    assert honest(seen) and "answers" not in seen["told"]


FORGED = '{"answers": [{"shape": [], "data": [1.0]}]}'
CHANNELS = {
    "stdout": f"os.write(1, b'{FORGED}\\n')",
    "every file": "for fd in range(64):\n    try:\n"
    f"        os.write(fd, b'{FORGED}\\n' * 9)\n    except OSError:\n        pass",
    "garbage": "for fd in range(64):\n    try:\n        os.write(fd, b'\\xff' * 9999)\n"
    "    except OSError:\n        pass",
    "end early": "for fd in range(64):\n    try:\n"
    '        os.write(fd, b\'{"begin": "end"}\\n\')\n    except OSError:\n        pass',
    "flood": "for fd in range(3, 64):\n    try:\n"
    "        while True: os.write(fd, b'{\"begin\": 0}\\n' * 999)\n"
    "    except OSError:\n        pass",
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_attack_forge_the_channel(sandboxed, channel):
    """What a forged line says is a number at most; a wrong one is a wrong answer."""
    seen = run(sandboxed, CHANNELS[channel], seconds=3)
    for name in ("double", "told"):
        for answer in seen[name].get("answers", []):
            assert type(answer) is torch.Tensor
    if channel in ("stdout", "garbage"):
        assert honest(seen)


def test_attack_a_pickle_in_the_answer(sandboxed):
    bomb = "class Bomb:\n    def __reduce__(self):\n"
    bomb += f"        return os.system, ('touch {TMP}/attacker',)\n"
    seen = run(sandboxed, bomb + "def told(x):\n    return Bomb()")
    assert honest(seen) and "answers" not in seen["told"]


def test_attack_an_endless_answer(sandboxed):
    seen = run(sandboxed, "def told(x):\n    return torch.zeros(10**6)")
    assert honest(seen) and seen["told"]["error"]["kind"] == "large"


def test_each_submission_starts_from_the_same_seed(sandboxed):
    cell = "def told(x):\n    return torch.rand(3)"
    one, two = (run(sandboxed, cell)["told"]["answers"][0] for _ in range(2))
    assert torch.equal(one, two)


def test_without_bubblewrap_it_refuses_in_one_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Refused, match="bwrap.*apt install bubblewrap.*--unsandboxed"):
        run(Sandbox().job)


def test_where_namespaces_are_forbidden_it_refuses_too(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions' >&2; exit 1\n")
    fake.chmod(0o700)
    monkeypatch.setattr(shutil, "which", lambda name: str(fake))
    with pytest.raises(Refused, match="^No sandbox: bwrap: No permissions. Grading"):
        usable()


@pytest.mark.slow
def test_a_sandbox_that_died_is_started_again():
    with Sandbox() as sandbox:
        assert honest(run(sandbox.job))
        sandbox.process.kill()
        sandbox.process.wait()
        assert honest(run(sandbox.job))
