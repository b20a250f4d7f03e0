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

    `ratio` is `value` over that of the row that `ratio_to` names, or over what it says:
    the number of a theory or a paper. `low` and `high` are the extremes over rounds, of
    `ratio` where there is one, else of `value`.
    """

    name: str
    value: float
    unit: str
    ratio_to: str | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        line = f"{self.name:64} {self.value:11.5g} {self.unit:22}"
        extremes = "" if self.low is None else f" ({self.low:.4g} to {self.high:.4g})"
        if self.ratio is None:
            return line + extremes
        return line + f" {self.ratio:.4g} x {self.ratio_to}" + extremes


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
    """Yield each contestant's median, then `ours` over each other, round by round."""
    for name, values in figures.items():
        yield spread(f"{prefix}, {name}", values, unit)
    mine = statistics.median(figures[ours])
    for name in [name for name in figures if name != ours]:
        ratios = [a / b for a, b in zip(figures[ours], figures[name], strict=True)]
        yield Row(
            f"{prefix}, {ours}", mine, unit, f"{prefix}, {name}",
            statistics.median(ratios), min(ratios), max(ratios),
        )  # fmt: skip


def spread(name: str, values: list[float], unit: str) -> Row:
    """Return a row of one contestant's median and extremes."""
    middle = statistics.median(values)
    return Row(name, middle, unit, low=min(values), high=max(values))


class Watch:
    """CPU-seconds of all threads, and seconds on the clock, between start and stop."""

    def start(self) -> None:
        self._cpu, self._clock = time.process_time(), time.perf_counter()

    def stop(self) -> None:
        self.cpu = time.process_time() - self._cpu
        self.clock = time.perf_counter() - self._clock


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU-seconds, of all threads, that a piece of work takes."""
    watch = Watch()
    watch.start()
    work()
    watch.stop()
    return watch.cpu
