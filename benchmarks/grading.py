"""Grading a class: CPU-seconds a submission, beside plain nbgrader on the same files.

Run: python benchmarks/grading.py [SUBMISSIONS]        (as root: it counts in a cgroup)

Both courses hold the same right answers to ps01, without the cells that carry no
points. Plain nbgrader executes each notebook, as you; its points cells hold no test, so
it is spared what ours does: to call eight functions on three sets of inputs each, shut
in. CPU-seconds are those of every process that a command starts, in user and kernel,
as a control group counts them.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from classroom.question import load
from classroom.source import read_source

ROOT = Path(__file__).parents[1]
NAME, ROUNDS = "ps01", 3
ACCOUNTS = {  # version 1 and version 2: the folder, the file, seconds in it
    Path("/sys/fs/cgroup/cpuacct"): ("cpuacct.usage", lambda t: int(t) / 1e9),
    Path("/sys/fs/cgroup"): ("cpu.stat", lambda t: int(t.split()[1]) / 1e6),
}
PLAIN = """c = get_config()
c.CourseDirectory.course_id = "plain"
c.CourseDirectory.source_directory = "_build/source"
c.CourseDirectory.release_directory = "exercises"
"""


def main(submissions=50):
    few = submissions // 5
    with tempfile.TemporaryDirectory() as scratch:
        courses = {n: make_course(Path(scratch), n) for n in (few, submissions)}
        plain, plain_wall = measure(nbgrader(make_course(Path(scratch), submissions)))
        ours = {n: [] for n in courses}
        walls = {1: [], 2: []}
        for _ in range(ROUNDS):
            for n, course in courses.items():
                ours[n].append(measure(classroom(course, 1))[0])
            for workers, seconds in walls.items():
                command = classroom(courses[submissions], workers)
                seconds.append(measure(command)[1])
        alone = measure(nbgrader(make_course(Path(scratch), 1)))[0]
    whole, part = (statistics.median(ours[n]) for n in (submissions, few))
    each = (whole - part) / (submissions - few)
    plain_each = (plain - alone) / (submissions - 1)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
          f"{submissions} submissions of {NAME}, {ROUNDS} rounds\n")  # fmt: skip
    print(f"{'':32}{'plain nbgrader':>16}{'classroom grade':>18}{'ratio':>8}")
    for words, one, two in (
        ("CPU-seconds, all of them", plain, whole),
        ("a submission, start included", plain / submissions, whole / submissions),
        ("a submission, steady state", plain_each, each),
    ):
        print(f"{words:32}{one:16.2f}{two:18.2f}{one / two:8.1f}")
    one, two = (statistics.median(walls[n]) for n in (1, 2))
    ratios = [a / b for a, b in zip(walls[1], walls[2], strict=True)]
    print(f"\nseconds on the clock: plain {plain_wall:.0f}, ours {one:.1f} with one "
          f"worker, {two:.1f} with two\none worker over two: {one / two:.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip


def make_course(scratch, submissions):
    """Write a course with a released set and its submissions; nobody is graded."""
    course = Path(tempfile.mkdtemp(dir=scratch))
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder / NAME, course / folder / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    release = [sys.executable, "-m", "classroom.release", NAME]
    subprocess.run(release, cwd=course, check=True, capture_output=True)
    folder = course / "solutions" / NAME
    notebook = read_source(folder / f"{NAME}.md", load(folder))
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "markdown" or "nbgrader" in cell.metadata
    ]
    for number in range(submissions):
        home = course / "submitted" / f"student-{number:03}" / NAME
        home.mkdir(parents=True)
        nbformat.write(notebook, home / f"{NAME}.ipynb")
    return course


def nbgrader(course):
    """Turn a course into one of plain nbgrader's; return its command."""
    (course / "nbgrader_config.py").write_text(PLAIN)
    return course, [sys.executable, "-m", "nbgrader", "autograde", NAME]


def classroom(course, workers):
    words = ["-m", "classroom", "grade", NAME, "--again", "--workers", str(workers)]
    return course, [sys.executable, *words]


def measure(job):
    """Run a command in a group of its own: CPU-seconds, and seconds on the clock."""
    (course, command), begin = job, time.perf_counter()
    parent = next((p for p, (file, _) in ACCOUNTS.items() if (p / file).exists()), None)
    if parent is None:
        sys.exit("expected a control group that counts CPU time: run as root, on Linux")
    group = Path(tempfile.mkdtemp(prefix="benchmark-", dir=parent))
    enter = f'echo $$ > {group}/cgroup.procs && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", enter, "sh", *command], cwd=course, capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    clock = time.perf_counter() - begin
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    time.sleep(1)  # until the last process has gone
    file, read = ACCOUNTS[parent]
    seconds = read((group / file).read_text())
    group.rmdir()
    return seconds, clock


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
