"""What collecting may be made to believe: a name, a link, a file of somebody else."""

import os
import pwd
from types import SimpleNamespace

import pytest
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import collect as theirs
from traitlets.config import Config

from classroom import collect
from classroom.collect import Collect

WHEN = "2026-11-21 10:00:00.000000 UTC"
ME = pwd.getpwuid(os.getuid()).pw_name


class NoGradebook:
    """A gradebook without deadlines."""

    def __init__(self, *where):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *why):
        pass

    def find_assignment(self, name):
        raise MissingEntry


@pytest.fixture
def inbound(tmp_path, monkeypatch):
    monkeypatch.setattr(theirs, "Gradebook", NoGradebook)
    folder = tmp_path / "exchange" / "dgm" / "inbound"
    folder.mkdir(parents=True)
    return folder


def put(inbound, student, when=WHEN, text="{}", end="abc"):
    folder = inbound / f"{student}+ps01+{when}+{end}"
    folder.mkdir()
    (folder / "ps01.ipynb").write_text(text)
    (folder / "submission_secret.txt").write_text("own secret")
    (folder / "timestamp.txt").write_text("no time at all")
    return folder


def collected(tmp_path, **more):
    """Collect, and return for each student what is in the folder."""
    config = Config()
    config.CourseDirectory.root = str(tmp_path / "course")
    config.CourseDirectory.course_id = "dgm"
    config.CourseDirectory.assignment_id = "ps01"
    (tmp_path / "course").mkdir()
    config.Exchange.root = str(tmp_path / "exchange")
    config.ExchangeCollect.update(more)
    (tmp_path / "exchange").chmod(0o777)
    Collect(coursedir=CourseDirectory(config=config), config=config).start()
    folders = (tmp_path / "course").glob("submitted/*/ps01")
    return {
        folder.parent.name: {p.name: p.read_text() for p in folder.iterdir()}
        for folder in folders
    }


def test_the_newest_of_ones_own_is_taken(tmp_path, inbound):
    put(inbound, ME, text="old")
    put(inbound, ME, WHEN.replace("10:00", "11:00"), "new")
    assert collected(tmp_path) == {
        ME: {
            "ps01.ipynb": "new",
            "timestamp.txt": WHEN.replace("10:00", "11:00"),
            "submission_secret.txt": "own secret",
        }
    }


def test_attack_in_another_ones_name(tmp_path, inbound):
    put(inbound, ME)
    put(inbound, "bob")
    assert set(collected(tmp_path)) == {ME}


def test_a_trial_goes_by_the_names(tmp_path, inbound):
    put(inbound, "ada")
    put(inbound, "bob")
    assert set(collected(tmp_path, check_owner=False)) == {"ada", "bob"}


@pytest.mark.parametrize("name", ["x", "a+b", "+ps01++", "a+ps01+never+b", "..+ps01+"])
def test_attack_what_is_no_submission(tmp_path, inbound, name):
    (inbound / name).mkdir()
    put(inbound, ME)
    assert set(collected(tmp_path)) == {ME}


def test_attack_links_lead_nowhere(tmp_path, inbound):
    (tmp_path / "gradebook.db").write_text("all the marks")
    folder = put(inbound, ME)
    for name in ("ps01.ipynb", "submission_secret.txt"):
        (folder / name).unlink()
        (folder / name).symlink_to(tmp_path / "gradebook.db")
    (folder / "more").symlink_to(tmp_path)
    (inbound / f"{ME}+ps01+{WHEN.replace('10:', '11:')}+x").symlink_to(tmp_path)
    files = collected(tmp_path)[ME]
    assert files["ps01.ipynb"] == "" and len(files["submission_secret.txt"]) == 128
    assert set(files) == {"ps01.ipynb", "submission_secret.txt", "timestamp.txt"}


def test_attack_pipe_and_size(tmp_path, inbound, monkeypatch):
    monkeypatch.setattr(collect, "LARGEST", 10)
    folder = put(inbound, ME, text="more than ten")
    (folder / "submission_secret.txt").unlink()
    os.mkfifo(folder / "submission_secret.txt")
    files = collected(tmp_path)[ME]
    assert files["ps01.ipynb"] == "" and len(files["submission_secret.txt"]) == 128


def test_attack_a_file_of_another_owner(tmp_path, monkeypatch):
    (tmp_path / "ps01.ipynb").write_text("{}")
    folder = os.open(tmp_path, os.O_RDONLY)
    assert collect.plain(folder, "ps01.ipynb", 99) == b"{}"
    true = os.fstat
    monkeypatch.setattr(
        collect.os, "fstat", lambda fd: true(fd) if fd == folder else another(true(fd))
    )
    assert collect.plain(folder, "ps01.ipynb", 99) == b""
    os.close(folder)


def another(status):
    """Give a file to somebody else."""
    return SimpleNamespace(
        st_uid=status.st_uid + 1, st_mode=status.st_mode, st_size=status.st_size
    )
