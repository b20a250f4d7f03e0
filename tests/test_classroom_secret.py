"""The class's secret seed: drawn once, checked, kept, never replaced by itself."""

import json
import sys
import threading

import pytest
import torch

from classroom import secret
from classroom.question import Question, Unclear


@pytest.fixture
def questions():
    q = Question("f", 1, lambda g: {"x": torch.randn(3, generator=g)}, 1e-8, "exact")
    q.right(lambda x: x)
    q.mistake("Twice.")(lambda x: 2 * x)
    return [q]


def test_it_is_drawn_once(tmp_path, questions):
    seed = secret.seed_of(tmp_path, "ps07", questions, graded=False)
    assert 0 <= seed < 2**63
    assert secret.seed_of(tmp_path, "ps07", questions, graded=True) == seed
    assert [p.name for p in tmp_path.iterdir()] == ["ps07.secret.json"]
    kept = json.loads((tmp_path / "ps07.secret.json").read_text())
    assert kept == {"set": "ps07", "seed": seed}
    assert secret.seed_of(tmp_path, "ps08", questions, graded=False) != seed


def test_with_marks_a_missing_one_is_not_drawn_again(tmp_path, questions):
    with pytest.raises(Unclear, match="is missing, but ps07 has marks already"):
        secret.seed_of(tmp_path, "ps07", questions, graded=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}", '{"seed": "5"}', '{"seed": -1}', "[1]",
                                  '{"seed": true}'])  # fmt: skip
def test_a_damaged_one_is_not_drawn_again(tmp_path, questions, text):
    (tmp_path / "ps07.secret.json").write_text(text)
    with pytest.raises(Unclear, match="is damaged, expected .* put it back from a"):
        secret.seed_of(tmp_path, "ps07", questions, graded=False)
    assert (tmp_path / "ps07.secret.json").read_text() == text


def test_a_draw_keeps_the_separation_rule(questions, monkeypatch):
    """Seeds on whose inputs two answers look alike are passed over."""
    flat = Question(
        "g", 1, lambda g: {"x": torch.rand(1, generator=g).round()}, 1e-8, ""
    )
    flat.right(lambda x: x)
    flat.mistake("Twice.")(lambda x: 2 * x)  # alike where all three inputs are zero
    for _ in range(40):
        assert any(case["x"] != 0 for case in flat.cases(secret.draw([flat])))
    same = Question("h", 1, lambda g: {"x": torch.zeros(1)}, 1e-8, "")
    same.right(lambda x: x)
    same.mistake("Twice.")(lambda x: 2 * x)
    with pytest.raises(Unclear, match="tell them apart"):
        secret.draw([same])


def test_of_two_graders_at_once_the_first_one_counts(tmp_path, questions):
    seeds = []

    def grader():
        seeds.append(secret.seed_of(tmp_path, "ps07", questions, graded=False))

    threads = [threading.Thread(target=grader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seeds) == 8 and len(set(seeds)) == 1


def test_a_new_one_on_purpose_only(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "solutions" / "ps07"
    folder.mkdir(parents=True)
    (folder / "ps07.py").write_text("QUESTIONS = []")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    secret.main("ps07")
    assert "wrote" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="exists: move it away first"):
        secret.main("ps07")
