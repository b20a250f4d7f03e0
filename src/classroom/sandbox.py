"""Start the sandbox that runs submissions: bubblewrap around `classroom.zygote`.

It sees Python, its packages and the two packages of the course, all read-only; no
network, no home, no course folder, no gradebook, no other submission.
"""

import atexit
import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from classroom import cgroup

START_SECONDS = 120
SCRATCH = "/scratch"  # a submission's own; not /tmp, where the course may lie


class Refused(Exception):
    """No sandbox can be had on this machine; the text says what to do."""


class Job(NamedTuple):
    """One submission's process: write the job, read the lines."""

    stdin: BinaryIO
    stdout: BinaryIO


class Sandbox:
    """One zygote, for one submission after another; it starts with the first.

    Raises:
        Refused: where bubblewrap or user namespaces are missing.
    """

    process: subprocess.Popen | None = None
    groups: Sequence[Path] = ()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Start the zygote, and wait until it has loaded what submissions import."""
        words = command(sys.executable, "-P", "-m", "classroom.zygote")
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as said:
            self.process = subprocess.Popen(
                [*words, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
            self.groups = cgroup.enclose(self.process.pid)
            theirs.close()  # so that its end is heard
            self.control.settimeout(START_SECONDS)
            if self.control.recv(64) != b"ready":
                self.close()
                said.seek(0)
                lines = said.read().decode(errors="replace").split("\n")
                raise Refused(refusal(" ".join(lines[-2:]).strip() or "no start"))

    def close(self) -> None:
        """Hang up: the zygote ends, and its namespaces with all that runs in them."""
        if self.process is None:
            return
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        cgroup.remove(self.groups)
        self.process, self.groups = None, ()

    @contextlib.contextmanager
    def job(self) -> Iterator[Job]:
        """Start one submission's process; at the end it is killed with its children."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.open()
        (reads, stdin), (stdout, writes), (leash, held) = (os.pipe() for _ in range(3))
        socket.send_fds(self.control, [b"job"], [reads, writes, leash])
        for file in (reads, writes, leash):
            os.close(file)
        try:
            yield Job(os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"))
        finally:
            os.close(held)


@cache
def shared() -> Sandbox:
    """Return this process's sandbox, which ends with it."""
    sandbox = Sandbox()
    atexit.register(sandbox.close)
    return sandbox


def usable() -> None:
    """Enter an empty sandbox and leave it again.

    Raises:
        Refused: where that is not possible.
    """
    done = subprocess.run(command("/bin/true"), capture_output=True, text=True)
    if done.returncode:
        raise Refused(refusal(done.stderr.strip() or "bubblewrap could not start"))


def command(*program: str) -> list[str]:
    """Write down the sandbox: what it may see, and what it starts."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None or sys.platform != "linux":
        raise Refused(refusal("bubblewrap (bwrap) was not found"))
    root = os.geteuid() == 0
    if root:  # the zygote makes its own users, and mounts /proc before it does
        users = ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETUID"]
        users += ["--cap-add", "CAP_SETGID", "--dir", "/proc"]
    else:
        users = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
        users += ["--disable-userns", "--proc", "/proc"]
        users += ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"]
    alone = "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup"
    environment = {"PATH": "/usr/bin:/bin", "HOME": SCRATCH, "TMPDIR": SCRATCH}
    environment |= {"MPLBACKEND": "Agg", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    environment |= {"OMP_NUM_THREADS": "1"}
    return [
        *(bubblewrap, *alone.split(), "--new-session", "--clearenv"),
        *(w for pair in environment.items() for w in ("--setenv", *pair)),
        *("--cap-drop", "ALL", *users),
        *(word for path in visible() for word in bind(path)),
        *("--dev", "/dev", "--perms", "1777", "--tmpfs", SCRATCH),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", SCRATCH),
        *program,
    ]


def visible() -> list[Path]:
    """List what Python needs: the system's libraries, its own, and our two packages."""
    system = map(Path, ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache"))
    python = map(Path, (sys.prefix, sys.base_prefix, sysconfig.get_path("purelib")))
    paths = sorted(
        {p.absolute() for p in (*system, *python, *packages()) if p.exists()}
    )
    inside = [p for p in paths if not any(q in p.parents for q in paths)]
    return inside


def packages() -> list[Path]:
    """Find the folders of the course's two packages, wherever they are installed."""
    found = (importlib.util.find_spec(name) for name in ("classroom", "dgm"))
    return [Path(spec.origin).parent for spec in found if spec and spec.origin]


def bind(path: Path) -> list[str]:
    """Show a path in the sandbox, read-only, under folders that any user may enter."""
    parents = [str(parent) for parent in reversed(path.parents)][1:]
    words = [w for parent in parents for w in ("--perms", "0755", "--dir", parent)]
    return [*words, "--ro-bind", str(path), str(path)]


def refusal(why: str) -> str:
    """Say in one sentence why there is no sandbox, and what to do."""
    return (
        f"No sandbox: {why}. Grading runs students' code, so it needs Linux with "
        "bubblewrap (`apt install bubblewrap`) and user namespaces; on a machine that "
        "holds nothing you would miss, --unsandboxed grades without."
    )
