"""A measured figure, and contestants taken in turn so that their ratios hold.

A shared machine changes its speed from minute to minute. So nothing is measured alone:
the contestants run one after the other, several rounds, and what is quoted is the
median over rounds of the ratio within a round.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of the table and of `bench.json`.

    `low` and `high` are the extremes over the rounds: of `ratio` where there is one,
    else of `value`.
    """

    name: str
    value: float
    unit: str
    ratio_to: str | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def interleaved(
    contestants: dict[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Let each contestant measure itself once a round; return its figures in order."""
    figures = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            figures[name].append(measure())
    return figures


def compared(
    figures: dict[str, list[float]], unit: str, ours: str, prefix: str
) -> Iterator[Row]:
    """Yield a row a contestant: its median, and `ours` over it, round by round."""
    for name, values in figures.items():
        ratios = [a / b for a, b in zip(figures[ours], values, strict=True)]
        yield Row(
            f"{prefix}, {name}", statistics.median(values), unit, f"{prefix}, {ours}",
            statistics.median(ratios), min(ratios), max(ratios),
        )  # fmt: skip


def spread(name: str, values: list[float], unit: str) -> Row:
    """Return a row of one contestant's median and extremes."""
    middle = statistics.median(values)
    return Row(name, middle, unit, low=min(values), high=max(values))


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU-seconds, of all threads, that a piece of work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start
