"""Inside the sandbox: load torch once, then fork a shut-in child for each submission.

`classroom.sandbox` starts this in bubblewrap and sends, over a socket, three files for
each submission: what the runner reads, what it writes, and a leash. Each child has its
own user (where the starter is root), its own processes, mounts and empty folder, no
privilege and hard limits; when the leash is let go, it is killed with all that it
started. Nothing else here can be written to, so nothing is left for the next one.
"""

import os
import resource
import select
import signal
import socket
import sys

from classroom import kernel

FIRST_UID, USERS = 100_000, 60_000  # outside: nobody else's
MEGABYTE = 2**20
LIMITS = {
    resource.RLIMIT_AS: 6 * 1024 * MEGABYTE,
    resource.RLIMIT_FSIZE: 64 * MEGABYTE,
    resource.RLIMIT_NPROC: 64,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CORE: 0,
}


def main(control: socket.socket) -> None:
    """Serve submissions until the other side hangs up, dead or alive."""
    own_users = os.getuid() == 0
    if own_users:
        enter_user_namespace()
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers need nobody's wait
    control.send(b"ready")
    number = 0
    while True:
        message, files, *_ = socket.recv_fds(control, 64, 3)
        if not message:
            return
        number += 1
        if os.fork() == 0:
            control.close()
            keep(1 + number % USERS if own_users else None, *files)
        for file in files:
            os.close(file)


def enter_user_namespace() -> None:
    """Map users 0 to USERS to numbers that own nothing outside, and forbid nesting."""
    kernel.mount("proc", "/proc", kernel.NOSUID | kernel.NODEV | kernel.NOEXEC)
    parent, (waits, goes) = os.getpid(), os.pipe()
    child = os.fork()
    if child == 0:  # still outside, and so allowed to write the maps
        os.close(goes)
        os.read(waits, 1)
        for kind in ("uid_map", "gid_map"):
            with open(f"/proc/{parent}/{kind}", "w") as file:
                file.write(f"0 {FIRST_UID} {USERS}")
        os._exit(0)
    kernel.unshare(kernel.NEWUSER)
    os.close(goes)
    if os.waitpid(child, 0)[1] != 0:
        raise OSError("the user namespace could not be mapped")
    os.setresgid(0, 0, 0)
    os.setgroups([])
    os.setresuid(0, 0, 0)
    kernel.prctl(kernel.SET_DUMPABLE, 1)  # or /proc/self would belong to others
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")


def load() -> None:
    """Import what submissions import, on one thread, so that children have it."""
    import torch.distributions
    import torch.optim

    import classroom.runner  # noqa: F401

    torch.set_num_threads(1)
    weight = torch.eye(8, requires_grad=True)
    (weight @ weight).logsumexp(0).sum().backward()  # what is set up at first use
    torch.optim.SGD([weight]).step()


def keep(uid: int | None, reads: int, writes: int, leash: int) -> None:
    """Fork the submission's first process, and kill it when the leash is let go."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    kernel.unshare(kernel.NEWPID | kernel.NEWNS | kernel.NEWIPC)
    child = os.fork()
    if child == 0:
        os.close(leash)
        run(uid, reads, writes)
    os.close(reads)
    os.close(writes)
    ended = os.pidfd_open(child)
    select.select([leash, ended], [], [])
    os.kill(child, signal.SIGKILL)  # the first process: all the others go with it
    os.waitpid(child, 0)
    os._exit(0)


def run(uid: int | None, reads: int, writes: int) -> None:
    """Become the runner of one submission, shut in."""
    try:
        os.dup2(reads, 0)
        os.dup2(writes, 1)
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        os.closerange(3, 4096)
        shut_in(uid)
        from classroom import runner

        runner.main()
    finally:  # whatever happens, never back into the zygote's loop
        os._exit(1)


def shut_in(uid: int | None) -> None:
    """Take away the view of processes, writable files, privileges and excess."""
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where memory runs out, this one goes, not its keeper
    owner = "" if uid is None else f",uid={uid},gid={uid}"
    scratch, flags = os.environ["TMPDIR"], kernel.NOSUID | kernel.NODEV
    options = f"nr_inodes=4096,mode=700{owner}"
    for place, size in ((scratch, "256m"), ("/dev/shm", "64m")):
        kernel.mount("tmpfs", place, flags, f"size={size},{options}")
    kernel.mount("tmpfs", "/proc", flags | kernel.RDONLY, "size=4k")
    os.chdir(scratch)
    for kind, limit in LIMITS.items():
        resource.setrlimit(kind, (limit, limit))
    for capability in range(kernel.LAST_CAP + 1):
        kernel.prctl(kernel.CAPBSET_DROP, capability)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    kernel.drop_all_capabilities()
    kernel.prctl(kernel.SET_DUMPABLE, 0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
