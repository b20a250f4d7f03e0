"""One limit on memory and processes for all that a sandbox starts, where there can be.

The limits on single processes hold everywhere; a control group also holds their sum.
It takes root, or a group that was delegated to the user (systemd does for sessions).
"""

import contextlib
import os
import tempfile
from pathlib import Path

MEMORY = 4 * 2**30  # bytes, the loaded torch included
PROCESSES = 128
SYSTEM = Path("/sys/fs/cgroup")
LIMITS = {  # where the file lies, in version 1 and in version 2, and what is written
    "memory": ("memory.limit_in_bytes", "memory.max", MEMORY),
    "pids": ("pids.max", "pids.max", PROCESSES),
}


def enclose(pid: int) -> list[Path]:
    """Put a process, and all that it will start, into new groups with limits.

    Returns:
        The groups, to be given to `remove`; fewer or none where they cannot be set.
    """
    groups = []
    for controller, (old, new, limit) in LIMITS.items():
        for parent, file in ((SYSTEM / controller, old), (own_group(), new)):
            if not (parent / "cgroup.procs").exists():
                continue
            with contextlib.suppress(OSError):
                group = Path(tempfile.mkdtemp(prefix="classroom-", dir=parent))
                groups.append(group)
                (group / file).write_text(str(limit))
                (group / "cgroup.procs").write_text(str(pid))
                break
    return groups


def own_group() -> Path:
    """Return this process's place in the unified hierarchy (version 2)."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    names = [line.removeprefix("0::/") for line in lines if line.startswith("0::/")]
    return SYSTEM / names[0] if names else SYSTEM / "none"


def remove(groups: list[Path]) -> None:
    """Remove groups whose processes have ended."""
    for group in groups:
        with contextlib.suppress(OSError):
            os.rmdir(group)
