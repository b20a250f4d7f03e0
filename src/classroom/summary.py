"""One page about a graded set: the marks, the mistakes, the hardest questions."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from classroom.ledger import Graded

if TYPE_CHECKING:
    from classroom.grading import Class

BINS = 10


def write_summary(group: "Class", rows: Sequence[Graded]) -> Path:
    """Write `grading/psNN.html`; it needs no script and no network."""
    page = group.root / "grading" / f"{group.name}.html"
    page.parent.mkdir(exist_ok=True)
    text = Path(__file__).with_name("summary.html.j2").read_text("utf-8")
    template = jinja2.Template(text, autoescape=True)
    half = page.with_suffix(".half")
    half.write_text(template.render(**numbers(rows, group.name)), "utf-8")
    os.replace(half, page)
    return page


def numbers(rows: Sequence[Graded], name: str) -> dict:
    """Count what the page shows."""
    shares = [sum(m.points for m in r.marks) / sum(m.of for m in r.marks) for r in rows]
    bins = Counter(min(int(share * BINS), BINS - 1) for share in shares)
    missed, mistakes = Counter(), Counter()
    for row in rows:
        for m in row.marks:
            missed[m.question] += m.points < m.of
            mistakes[m.question, m.mistake] += bool(m.mistake)
    return {
        "name": name,
        "students": len(rows),
        "median": sorted(shares)[len(shares) // 2] if shares else 0,
        "bins": [(i / BINS, (i + 1) / BINS, bins[i]) for i in range(BINS)],
        "most": max(bins.values(), default=1),
        "missed": missed.most_common(),
        "mistakes": [(q, m, n) for (q, m), n in mistakes.most_common() if n],
    }
