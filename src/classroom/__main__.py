"""The course's commands for a class, from its folder: `python -m classroom grade ps01`.

grade psNN        grade what was handed in, side by side; see `--help`
handout FOLDER    write the students' copy of the course: no solutions, no grading
bundle            write that copy, with its book built, into one zip
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from classroom import ledger, workers
from classroom.bundle import bundle
from classroom.grading import Class, grade_class, open_class
from classroom.handout import handout
from classroom.ledger import Graded
from classroom.question import Unclear
from classroom.sandbox import Refused, usable
from classroom.summary import write_summary


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    options = parser().parse_args(arguments)
    try:
        return options.do(Path.cwd(), options)
    except (Unclear, Refused, ValueError, BlockingIOError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: the same command goes on where it was.")
        return 130


def do_grade(root: Path, options: argparse.Namespace) -> int:
    """Grade a set; exit status 1 where somebody could not be graded."""
    if not (options.unsandboxed or options.scheduler):
        usable()  # refuses here, before anything is started
    with alone(root):
        return int(run(open_class(root, options.set), options) > 0)


def do_handout(root: Path, options: argparse.Namespace) -> int:
    """Write the students' copy."""
    sets = handout(root, options.folder.absolute())
    print(f"wrote {options.folder}: book, labs, and {', '.join(sets)}")
    return 0


def do_bundle(root: Path, options: argparse.Namespace) -> int:
    """Write the students' copy, with its book built, into one zip."""
    path = bundle(root)
    print(f"wrote {path.relative_to(root)}, {path.stat().st_size / 1e6:.1f} MB")
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    outer = argparse.ArgumentParser(prog="python -m classroom")
    commands = outer.add_subparsers(required=True)
    copy = commands.add_parser("handout", help="write the students' copy of the course")
    copy.add_argument("folder", type=Path, help="a new folder")
    copy.set_defaults(do=do_handout)
    one = commands.add_parser("bundle", help="write it, with its book, into one zip")
    one.set_defaults(do=do_bundle)
    grade = commands.add_parser("grade", help="grade what was handed in for a set")
    grade.set_defaults(do=do_grade)
    grade.add_argument("set", help="psNN")
    grade.add_argument("--csv", type=Path, help="write a row a student and question")
    grade.add_argument("--workers", type=int, help="side by side (one a core)")
    grade.add_argument("--scheduler", help="of a Dask cluster: tls://HOST:PORT")
    grade.add_argument(
        "--again", action="store_true", help="whoever was graded before too"
    )
    grade.add_argument(
        "--unsandboxed",
        action="store_true",
        help="run students' code as yourself: it may read and change all that you may",
    )
    return outer


def run(group: Class, options: argparse.Namespace) -> int:
    """Grade who is not graded yet, tell it line by line; return how many failed."""
    everybody, failed = group.students(), 0
    ready = {} if options.again else {s: group.done(s) for s in everybody}
    rows = [graded for graded in ready.values() if graded]
    left = [student for student in everybody if not ready.get(student)]
    print(f"{group.name}: {len(everybody)} handed in, {len(left)} to grade")
    if left:
        with workers.cluster(options.scheduler, options.workers) as client:
            results = grade_class(group, left, client, not options.unsandboxed)
            for result in tqdm(results, total=len(left), unit="student"):
                match result:
                    case Graded():
                        rows.append(result)
                        tqdm.write(line(result))
                    case (student, why):
                        failed += 1
                        tqdm.write(f"{student:20} not graded: {why}")
    if options.csv:
        ledger.write_csv(options.csv, rows)
        print(f"wrote {options.csv}")
    print(f"wrote {write_summary(group, rows)}")
    return failed


def line(graded: Graded) -> str:
    """Tell one student's result in a line."""
    points, of = (sum(getattr(m, k) for m in graded.marks) for k in ("points", "of"))
    lost = [
        f"{m.question} ({m.mistake})" if m.mistake else m.question
        for m in graded.marks
        if m.points < m.of
    ]
    return f"{graded.student:20} {points:g} of {of:g}   {', '.join(lost)}"


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep a second grader out of the same course while this one is at work.

    Raises:
        BlockingIOError: where another one is.
    """
    with (root / "grading.lock").open("w") as file:
        try:
            if os.name == "posix":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BlockingIOError(
                "Another `classroom grade` is at work in this folder: wait for it."
            ) from None
        yield


if __name__ == "__main__":
    sys.exit(main())
