"""Write the course into one zip, for a classroom whose network is bad.

It is the students' copy (`classroom.handout`) with the book built in it: who unpacks it
reads without a network, and without anything but a browser.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from classroom.handout import SET_UP, handout
from classroom.question import Unclear

NAME = "dgm-course"
SITE = "site"
README = f"""Deep generative models: the whole course in one folder

Are you looking at this inside of a zip file? Unpack it first, or links lead nowhere.
(Windows: right-click the file, then "Extract All".)

READ    Double-click index.html in the folder {SITE}. Everything works in any browser,
        without a network: figures, formulas, search.
DO      Labs are in notebooks/, problem sets in exercises/. They need Python with the
        packages below. Install them where the network is good: once, never again.

Labs and problem sets
---------------------

{SET_UP}"""


def bundle(root: Path) -> Path:
    """Write _build/dgm-course.zip, whole or not at all; return its path.

    Pages are taken from the book's cache where `root` has it, else executed.

    Raises:
        Unclear: where `handout` refuses, or the book cannot be built.
    """
    built = root / "_build"
    built.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built) as scratch:
        course = Path(scratch, NAME)
        handout(root, course)
        if (built / ".jupyter_cache").exists():
            shutil.copytree(built / ".jupyter_cache", course / "_build/.jupyter_cache")
        build(course)
        os.replace(course / "_build/html", course / SITE)
        shutil.rmtree(course / "_build")
        (course / "README.md").unlink()
        (course / "README.txt").write_text(README, "utf-8")  # a double click opens it
        whole = shutil.make_archive(course, "zip", scratch, NAME)
        return Path(shutil.move(whole, built / f"{NAME}.zip"))


def build(course: Path) -> None:
    """Build a copy's own book: the instructors' page is not in its pages or search."""
    tool = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    command = [tool, "build", ".", "-W", "--keep-going"]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    if done.returncode:
        raise Unclear(f"the book could not be built:\n{done.stderr[-3000:]}")
