"""The few Linux calls that a sandbox needs and Python's os module lacks (before 3.12).

Each raises OSError with the kernel's reason.
"""

import ctypes
import os

NEWNS, NEWIPC, NEWUSER, NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
NOSUID, NODEV, NOEXEC, RDONLY = 2, 4, 8, 1

SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_NO_NEW_PRIVS = 1, 4, 24, 38
CAP_AMBIENT, CLEAR_ALL = 47, 4
LAST_CAP = 40

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave namespaces behind; a new PID namespace begins with the next child."""
    _checked(_libc.unshare(flags), "unshare")


def mount(kind: str, place: str, flags: int = 0, options: str = "") -> None:
    """Mount a fresh file system of a kind, such as tmpfs, over a folder."""
    words = (kind.encode(), place.encode(), kind.encode())
    _checked(_libc.mount(*words, flags, options.encode()), f"mount {place}")


def prctl(option: int, value: int = 0, second: int = 0) -> int:
    """Set an attribute of this process."""
    numbers = (ctypes.c_ulong(v) for v in (value, second, 0, 0))
    return _checked(_libc.prctl(option, *numbers), f"prctl {option}")


def drop_all_capabilities() -> None:
    """Give up every privilege, now and across exec; needs no privilege itself."""
    prctl(SET_NO_NEW_PRIVS, 1)
    prctl(CAP_AMBIENT, CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
