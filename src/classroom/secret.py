"""The class's secret: one seed for a problem set, from which the probes' inputs come.

It is drawn once, kept beside the gradebook as psNN.secret.json, and never drawn again
by itself: every submission and every re-grade must see the same inputs.

Run from the course's folder: python -m classroom.secret psNN     (see `seed_of`)
"""

import contextlib
import json
import os
import secrets
import sys
import tempfile
from pathlib import Path

from classroom.question import Question, Unclear, load

DRAWS = 100


def seed_of(folder: Path, name: str, questions: list[Question], graded: bool) -> int:
    """Return the secret seed of a set; draw it where nobody has been graded yet.

    Raises:
        Unclear: where it is damaged, or gone although there are marks.
    """
    path = folder / f"{name}.secret.json"
    if not path.exists():
        if graded:
            raise Unclear(
                f"{path} is missing, but {name} has marks already; put it back from a "
                f"backup. To grade everybody anew instead: `python -m classroom.secret "
                f"{name}`, then `nbgrader autograde {name} --force`."
            )
        keep(path, draw(questions))
    try:
        seed = json.loads(path.read_text("utf-8"))["seed"]
        if type(seed) is int and 0 <= seed < 2**63:
            return seed
    except (ValueError, TypeError, KeyError):
        pass
    raise Unclear(
        f'{path} is damaged, expected {{"set": "{name}", "seed": a number}}; put it '
        "back from a backup."
    )


def draw(questions: list[Question]) -> int:
    """Draw a seed on whose inputs all known answers differ (the separation rule)."""
    for last in range(DRAWS):
        seed = secrets.randbits(62)
        try:
            for question in questions:
                question.sheet(seed)
            return seed
        except Unclear:
            if last == DRAWS - 1:
                raise
    raise AssertionError("unreachable")


def keep(path: Path, seed: int) -> None:
    """Write the seed where none is; of two who do so at once, the first one counts."""
    half = tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".half", delete=False
    )
    with half:
        json.dump({"set": path.name.split(".")[0], "seed": seed}, half)
    with contextlib.suppress(FileExistsError):
        os.link(half.name, path)
    os.unlink(half.name)


def main(name: str) -> None:
    """Draw a new seed for a set whose file was taken away on purpose."""
    path = Path.cwd() / f"{name}.secret.json"
    if path.exists():
        sys.exit(
            f"{path} exists: move it away first, if everybody is to be graded anew."
        )
    keep(path, draw(load(Path.cwd() / "solutions" / name)))
    print(f"wrote {path}: keep it with the gradebook.")


if __name__ == "__main__":
    main(*sys.argv[1:])
