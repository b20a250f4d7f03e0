"""Every problem set: its right answers pass, its mistakes are named, nothing leaks."""

import functools
import json
import re

import pytest
from submissions import (
    QUESTIONS,
    ROOT,
    SETS,
    code,
    from_truth,
    position,
    released,
    secret_lines,
    solved,
    truth,
    written_answers,
)

from classroom.check import judge
from classroom.grade import grade
from classroom.question import load
from classroom.release import CHECK_SEED, release
from classroom.supervise import supervise

QUESTIONS_OF = {n: [(q.name, q) for m, q in QUESTIONS if m == n] for n in SETS}
SEEDS = (CHECK_SEED, 7, 20231)
IDS = [f"{name}-{q.name}" for name, q in QUESTIONS]
of_every_question = pytest.mark.parametrize(("name", "question"), QUESTIONS, ids=IDS)
of_every_set = pytest.mark.parametrize("name", SETS)


@functools.cache
def sheet_of(name, question, seed):
    """Write a question's sheet once for all tests of its set (conftest.py)."""
    return dict(QUESTIONS_OF[name])[question].sheet(seed)


def seen(name, question, function, seed):
    """Judge one of the corpus's functions as a student's would be."""
    sheet = sheet_of(name, question.name, seed)
    return judge(question.numbers(function, sheet["cases"]), sheet)


@of_every_question
@pytest.mark.parametrize("seed", SEEDS)
def test_right_answers_are_right(name, question, seed):
    for function in question.answers:
        assert seen(name, question, function, seed).right, function.__name__


@of_every_question
@pytest.mark.parametrize("seed", SEEDS)
def test_mistakes_are_named(name, question, seed):
    for function, hint in question.mistakes.items():
        verdict = seen(name, question, function, seed)
        assert not verdict.right
        assert verdict.mistake == function.__name__.replace("_", " ")
        assert hint in verdict.text


@of_every_question
def test_an_unforeseen_answer_is_told_how_it_differs(name, question):
    def half(*inputs):
        return 0.5 * question.answers[0](*inputs)

    verdict = seen(name, question, half, CHECK_SEED)
    assert not verdict.right and not verdict.mistake
    assert verdict.text == "It is the right answer times 0.5."


@of_every_question
def test_a_question_is_whole(name, question):
    assert len(question.answers) >= 2 and question.points >= 1 and question.why
    assert 3 <= len(question.mistakes) <= 9
    for hint in question.mistakes.values():
        assert len(hint) > 60 and hint.endswith((".", "?", ")")), hint


@of_every_set
def test_statements_say_points_and_minutes(name):
    heads = re.findall(
        r"^## \d+\. .*\((?:(\d+) \+ )?(\d+) points?, (\d+) minutes\)$",
        (ROOT / "solutions" / name / f"{name}.md").read_text("utf-8"),
        re.M,
    )
    questions = load(ROOT / "solutions" / name)
    assert [int(head[1]) for head in heads] == [q.points for q in questions]
    assert 60 <= sum(int(head[2]) for head in heads) <= 90
    assert len(questions) >= 5
    text = "\n".join(c.source for c in released(name).cells)
    assert all(f"{q.name}(" in text for q in questions)


@of_every_set
def test_exercises_are_up_to_date(name):
    assert release(ROOT, name, write=False) == []


@of_every_set
def test_no_solution_leaves(name):
    """No line of a solution region, or of an answer in the truth, is in the release."""
    public = "\n".join(cell.source for cell in released(name).cells)
    assert not secret_lines(name) & {line.strip() for line in public.splitlines()}
    assert not any(answer[:40] in public for answer in written_answers(name))


@of_every_set
def test_checks_hold_numbers_and_sentences(name):
    questions = load(ROOT / "solutions" / name)
    known = {name, "nan", "inf", "-inf"} | {g for q in questions for g in q.gradients}
    for question in questions:
        known |= {f.__name__.replace("_", " ") for f in question.mistakes}
        known |= set(question.mistakes.values())

    def strings(value):
        children = value.values() if isinstance(value, dict) else value
        if isinstance(value, str):
            return {value}
        if not isinstance(value, dict | list):
            return set()
        return set().union(*map(strings, children))

    sheet = json.loads((ROOT / "exercises" / name / "checks.json").read_text("utf-8"))
    assert list(sheet["questions"]) == [q.name for q in questions]
    assert strings(sheet) <= known


@pytest.mark.slow
@of_every_set
def test_the_corpus_in_the_runner(name, sandboxed):
    """Each function of the corpus, in the process that runs submissions."""
    questions, calls, expected = load(ROOT / "solutions" / name), [], {}
    for question in questions:
        sheet = question.sheet(7)
        for function in [*question.answers, *question.mistakes]:
            ask = {k: sheet[k] for k in ("gradients", "cases")}
            calls.append({"name": function.__name__} | ask)
            right = function in question.answers
            expected[function.__name__] = (right, sheet)
    setup = released(name).cells[position(released(name), "setup")].source
    answers = supervise([setup, truth(name)], calls, 30, sandboxed)
    for function, (right, sheet) in expected.items():
        verdict = judge(answers[function]["answers"], sheet)
        assert verdict.right == right, function
        assert right or verdict.mistake == function.replace("_", " ")


@pytest.mark.slow
@of_every_set
@pytest.mark.parametrize("start", [0, 1])
def test_a_mistake_costs_its_own_points_only(name, start, sandboxed):
    """Every second question is answered wrongly, the others by the notebook."""
    questions, wrong = load(ROOT / "solutions" / name), {}
    for question in questions[start::2]:
        function = next(iter(question.mistakes)).__name__
        wrong[question.name] = from_truth(name, question.name, function)
    marks = grade(questions, code(solved(name, **wrong)), 7, sandboxed)
    assert len(marks) == len(questions)
    for mark in marks:
        right = mark.question not in wrong
        assert mark.points == (mark.of if right else 0), mark
        assert bool(mark.mistake) != right


@pytest.mark.slow
@of_every_set
def test_the_untouched_release_scores_zero(name, sandboxed):
    questions = load(ROOT / "solutions" / name)
    for mark in grade(questions, code(released(name)), 7, sandboxed):
        assert mark.points == 0
        assert mark.text == "Not written: the stub was left as it is."
