"""Collect from nbgrader's exchange on a server where a student is a system user.

Everybody may put a folder into the exchange. nbgrader goes by its name and follows
links: a folder called "bob+..." replaces Bob's work, and a link to the gradebook is
copied as a submission, by the one who may read the gradebook. Here a submission is its
owner's, and only plain files of that owner are taken.
"""

import os
import pwd
import secrets
import stat
from datetime import datetime
from pathlib import Path

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect

from classroom.submission import LARGEST

NOFOLLOW = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class Collect(ExchangeCollect):
    """nbgrader's `collect`, which does not believe a folder's name.

    With `ExchangeCollect.check_owner = False` it does: where all are one system user.
    """

    def _path_to_record(self, path: str) -> dict:
        """Say whose submission a folder is, and of when; nobody's where it is none."""
        name = Path(path).name
        nobody = {"username": "", "filename": name, "timestamp": datetime.min}
        try:
            record, status = super()._path_to_record(path), os.lstat(path)
            student, owner = record["username"], owner_of(status)
        except (ExchangeError, ValueError, OverflowError, OSError):
            self.log.warning(f"{name}: not a submission, left where it is")
            return nobody
        if not stat.S_ISDIR(status.st_mode) or student in ("", ".", ".."):
            self.log.warning(f"{name}: not a submission, left where it is")
            return nobody
        if self.check_owner and student != owner:
            self.log.warning(f"{name} is {owner}'s, not {student}'s: left where it is")
            return nobody
        return record

    def copy_files(self) -> None:
        """Copy what is somebody's."""
        self.src_records = [r for r in self.src_records if r["username"]]
        super().copy_files()

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Copy a submission: the notebook, when it was handed in, and its secret.

        A notebook that is a link, a pipe, somebody else's or too large becomes an
        empty file, which is graded like any other: with zero, and a sentence.
        """
        notebook = f"{self.coursedir.assignment_id}.ipynb"
        taken = {"timestamp.txt": Path(src).name.rsplit("+", 3)[2].encode()}
        folder = os.open(src, NOFOLLOW | os.O_DIRECTORY)
        try:
            taken[notebook] = plain(folder, notebook, LARGEST)
            secret = plain(folder, "submission_secret.txt", 999)
        finally:
            os.close(folder)
        # Feedback is released under it: without one, to nobody.
        taken["submission_secret.txt"] = secret or secrets.token_hex(64).encode()
        Path(dest).mkdir(parents=True)
        for name, data in taken.items():
            Path(dest, name).write_bytes(data)


def owner_of(status: os.stat_result) -> str:
    """Name the owner of a file."""
    try:
        return pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        return str(status.st_uid)


def plain(folder: int, name: str, largest: int) -> bytes:
    """Read a plain file of the folder's owner; nothing where it is anything else."""
    try:
        with open(os.open(name, NOFOLLOW, dir_fd=folder), "rb") as stream:
            status = os.fstat(stream.fileno())
            own = status.st_uid == os.fstat(folder).st_uid
            sane = stat.S_ISREG(status.st_mode) and status.st_size <= largest
            return stream.read(largest) if own and sane else b""
    except OSError:
        return b""
