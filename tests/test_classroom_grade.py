"""From what was seen of a submission to marks and sentences; the secret stays one."""

import pytest
import torch

from classroom.grade import grade, mark
from classroom.question import Question
from classroom.supervise import unsandboxed


@pytest.fixture
def question():
    def draw(g):
        return {"x": torch.randn(4, generator=g, dtype=torch.float64), "k": 7}

    q = Question("triple", points=3, draw=draw, atol=1e-8, why="exact")
    q.right(lambda x, k: 3 * x)

    @q.mistake("You double.")
    def doubled(x, k):
        return 2 * x

    return q


@pytest.fixture
def marked(question):
    """Return a function: from what the runner saw to a mark."""
    sheet = question.sheet(11)

    def give(seen, cells=(), **others):
        return mark(question, sheet, {"triple": seen} | others.get("more", {}),
                    list(cells), 20)  # fmt: skip

    give.sheet = sheet
    return give


def times(sheet, factor):
    return {"answers": [factor * case["x"] for case in sheet["cases"]]}


def error(kind, cell=None, line=0):
    return {"error": {"kind": kind, "cell": cell, "line": line}}


def test_points_for_the_right_answer_only(marked):
    right = marked(times(marked.sheet, 3))
    assert (right.points, right.of, right.mistake) == (3, 3, "")
    wrong = marked(times(marked.sheet, 2))
    assert (wrong.points, wrong.of, wrong.mistake) == (0, 3, "doubled")
    assert wrong.text == "It looks like 'doubled'. You double."
    other = marked(times(marked.sheet, 4))
    assert (other.points, other.mistake) == (0, "")
    assert other.text == "It is the right answer times 1.333."


def test_no_sentence_shows_an_input(marked):
    """Neither shapes nor values of what the class is graded on."""
    bad = times(marked.sheet, 3)
    bad["answers"][1] = bad["answers"][1] / 0
    assert marked(bad).text.endswith("at [0], on inputs 2.")
    assert marked({"answers": [torch.zeros(9)] * 3}).text == (
        "Shape [9], expected [4], on inputs 1."
    )
    assert marked(error("0.123456", 0, 1), ["raise E"]).text == (
        "It stopped: an exception of its own kind in line 1 of its cell, `raise E`."
    )


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (error("NotImplementedError"), "Not written: the stub was left as it is."),
        (
            error("KeyError", 1, 2),
            "It stopped: KeyError in line 2 of its cell, `b[2]`.",
        ),
        (error("KeyError", 9, 9), "It stopped: KeyError."),
        (error("several"), "It returned several things: put them into one tensor"),
        (error("large"), "far more numbers than the question asks for."),
        ({"lost": "time"}, "It did not end within 20 seconds: is there an endless"),
        ({"lost": "exit"}, "It ended the process that ran it"),
        ({"lost": "output"}, "could not be read as numbers."),
        ({"answers": []}, "could not be read as numbers."),
    ],
)
def test_what_went_wrong_is_said(marked, seen, said):
    got = marked(seen, ["", "a = 1\nb[2]"])
    assert got.points == 0 and said in got.text


def test_a_missing_function_is_explained(marked):
    gone = error("missing")
    assert marked(gone, ["x = 1"]).text == (
        "There is no function triple in the notebook: was its cell deleted?"
    )
    assert (
        "There is a function tripel: was it renamed?"
        in marked(gone, ["def tripel(x):\n    return x"]).text
    )
    cells = ["import nowhere\ndef triple(x):\n    return x"]
    stopped = {0: error("ModuleNotFoundError", 0, 1)}
    assert marked(gone, cells, more=stopped).text == (
        "Its cell stopped: ModuleNotFoundError in line 1 of its cell, `import nowhere`."
    )
    assert (
        "Its cell: It did not end"
        in marked(gone, cells, more={0: {"lost": "time"}}).text
    )


@pytest.mark.slow
def test_equal_submissions_get_equal_marks(question):
    text = "import torch\ndef triple(x, k):\n    return 3 * x + 1e-3 * torch.rand(4)"
    assert grade([question], [text], 5, unsandboxed) == grade(
        [question], [text], 5, unsandboxed
    )
