"""What may be handed in: everything is read with care, and graded or explained."""

import json
import os
from unittest.mock import Mock

import nbformat
import pytest

from classroom import submission
from classroom.submission import (
    FLAG,
    SubmissionExporter,
    Unreadable,
    only_plain_files,
    read,
)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "submitted" / "ada" / "ps01"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def path(folder):
    return folder / "ps01.ipynb"


def notebook(cells=1, **metadata):
    new = nbformat.v4.new_code_cell
    cells = [new("x = 1") for _ in range(cells)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))


def test_a_notebook_is_read(path):
    path.write_text(notebook(3), "utf-8")
    assert len(read(path).cells) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{'not': json", "not a Jupyter notebook"),
        ("", "not a Jupyter notebook"),
        ("[1, 2]", "not a Jupyter notebook"),
        ('{"cells": "none"}', "not a Jupyter notebook"),
        ("[" * 100_000, "not a Jupyter notebook"),
        ("\udcff\udcfe", "not a Jupyter notebook"),
        (notebook(submission.MOST_CELLS + 1), "has 1001 cells, expected at most 1000"),
    ],
    ids=["broken", "empty", "list", "cells", "deep", "bytes", "10,000 cells"],
)
def test_attack_what_is_no_notebook(path, text, words):
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unreadable, match=words):
        read(path)


def test_attack_200_megabytes(path):
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(Unreadable, match="200 MB, expected at most 20.*clear all out"):
        read(path)


def test_attack_a_link_to_another_submission(path, tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text(notebook(), "utf-8")
    path.symlink_to(other)
    with pytest.raises(Unreadable, match="is a link"):
        read(path)


def test_attack_a_folder_that_is_a_link(folder, tmp_path):
    (folder / "ps01.ipynb").write_text(notebook(), "utf-8")
    thief = tmp_path / "submitted" / "eve"
    thief.symlink_to(folder.parent)
    with pytest.raises(Unreadable, match="is a link"):
        read(thief / "ps01" / "ps01.ipynb")


def test_attack_a_pipe_that_never_ends(path):
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="not a plain file"):
        read(path)


def test_attack_a_link_beside_the_notebook(folder, tmp_path):
    """nbgrader would copy what it leads to, and hand it back with the feedback."""
    path, secret = folder / "ps01.ipynb", tmp_path / "gradebook.db"
    secret.write_text("marks")
    path.write_text(notebook(), "utf-8")
    (folder / "more").mkdir()
    (folder / "more" / "mine.txt").write_text("plain")
    (folder / "more" / "theirs").symlink_to(secret)
    (folder / "all").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    only_plain_files(assignment="ps01", student="*", notebooks=[str(path)])
    left = {str(p.relative_to(folder)) for p in folder.rglob("*")}
    assert left == {"ps01.ipynb", "more", "more/mine.txt"}
    aside = folder.with_name("ps01.set-aside")
    assert (aside / "more/theirs").is_symlink() and (aside / "all").is_symlink()
    assert secret.read_text() == "marks"


def test_attack_a_link_that_cannot_be_set_aside(folder, monkeypatch):
    """The command ends: nbgrader passes over any other exception of a hook's."""
    (folder / "all").symlink_to(folder)
    monkeypatch.setattr(os, "replace", Mock(side_effect=PermissionError("no")))
    with pytest.raises(SystemExit, match="could not be set aside .*remove them"):
        only_plain_files("ps01", "*", [str(folder / "ps01.ipynb")])


def test_nbgrader_gets_an_empty_notebook_that_says_why(path):
    path.write_text("{", "utf-8")
    text, _ = SubmissionExporter().from_filename(str(path))
    assert "not a Jupyter notebook" in json.loads(text)["metadata"][FLAG]
    assert json.loads(text)["cells"] == []
