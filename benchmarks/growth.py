"""What costs how much more? CPU-seconds against size, and the exponent of each.

Run: python -m benchmarks.growth        (under two minutes)

A cost c * size^e is a line of slope e on logarithmic axes. Small sizes cost overhead,
which has no exponent: so the line is fitted to the upper sizes alone, those from
`start` on. They end before an array fills 32 MB: larger ones go back to the system
after each use, and to fetch them anew costs more than to fill them. Three rounds,
interleaved; one thread.
"""

import math
import statistics
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor, nn
from torch.optim import Adam

from benchmarks.families import Masked, Planar, sample_pixels
from benchmarks.rows import Row, cpu_seconds, interleaved, spread
from dgm.bounds import Bound, iwae, log_weights
from dgm.densities import reparameterize
from dgm.matmul import is_accurate, onednn
from dgm.training import minibatches, train_step
from dgm.vae import vae, vae_bound

ROUNDS = 3
Work = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """Work whose size is varied: `prepare(size)` returns it, set up and warm."""

    name: str
    prepare: Callable[[int], Work]
    sizes: tuple[int, ...]
    start: int  # the first size that is fitted
    expected: int


def stepping(bound: Bound, data: Tensor, batch: int, *modules: nn.Module) -> Work:
    """Return work that goes once through the data, or twice if they are one batch."""
    optimizer = Adam([p for m in modules for p in m.parameters()], fused=True)
    batches, steps = minibatches(data, batch), max(2, len(data) // batch)

    def work() -> None:
        for x in islice(batches, steps):
            train_step(bound, x, optimizer)

    return work


def black(num: int, dim_x: int) -> Tensor:
    return (torch.rand(num, dim_x) < 0.5).float()


def an_epoch(num_data: int) -> Work:
    both = vae(784, hidden=100, dim_z=20)
    return stepping(vae_bound(*both), black(num_data, 784), 128, *both)


def by_dim_x(dim_x: int) -> Work:
    both = vae(dim_x, hidden=100, dim_z=20)
    return stepping(vae_bound(*both), black(128, dim_x), 128, *both)


def by_dim_z(dim_z: int) -> Work:
    both = vae(64, hidden=100, dim_z=dim_z)
    return stepping(vae_bound(*both), black(128, 64), 128, *both)


def by_samples(k: int) -> Work:
    model, posterior = vae(784, hidden=400, dim_z=20)

    def bound(x: Tensor) -> Tensor:
        q_z = posterior(x)
        z = reparameterize(q_z.mean, q_z.stddev, torch.randn(k, *q_z.mean.shape))
        return iwae(log_weights(model, q_z, x, z))

    return stepping(bound, black(32, 784), 32, model, posterior)


def by_layers(layers: int) -> Work:
    """Climb the density of a stack of flows: log N(f(x)) + log |det|, 20 numbers."""
    stack = nn.Sequential(*(Planar(20) for _ in range(layers)))

    def bound(x: Tensor) -> Tensor:
        z, ladj = stack((x, torch.zeros(len(x))))
        return ladj - 0.5 * (z**2).sum(-1) - 10 * math.log(math.tau)

    return stepping(bound, torch.randn(128, 20), 128, stack)


def by_pixels(width: Callable[[int], int]) -> Callable[[int], Work]:
    """Draw 32 images pixel by pixel, a full pass of the network for each pixel."""

    def prepare(pixels: int) -> Work:
        net = Masked(pixels, width(pixels))
        return lambda: sample_pixels(net, 32)

    return prepare


PIXELS = (49, 100, 196, 400, 784, 1024)
CASES = [
    Case("an epoch, N images", an_epoch, (512, 1024, 2048, 4096, 8192), 1024, 1),
    Case("a step, dim_x", by_dim_x, (256, 1024, 2048, 4096, 8192, 12288), 4096, 1),
    Case("a step, dim_z", by_dim_z, (32, 512, 2048, 4096, 8192, 16384), 2048, 1),
    Case("an IWAE step, K samples", by_samples, (1, 5, 25, 50, 100, 200), 50, 1),
    Case("a step of a flow, layers", by_layers, (2, 8, 32, 64, 128, 256), 32, 1),
    Case(
        "drawing by a net 1024 wide, pixels",
        by_pixels(lambda pixels: 1024), PIXELS, 400, 2,
    ),
    Case(
        "drawing by a net twice as wide, pixels",
        by_pixels(lambda pixels: 2 * pixels), PIXELS, 400, 3,
    ),
]  # fmt: skip


def exponent(sizes: list[float], seconds: list[float]) -> float:
    """Fit a line to the logarithms by least squares, and return its slope.

    >>> exponent([1, 10, 100], [3, 300, 30000])
    2.0
    """
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(s) for s in seconds]
    )
    return round(slope, 12)


def measure(case: Case) -> dict[int, list[float]]:
    """Time every size once a round, after a first call that does not count."""
    torch.manual_seed(0)
    works = {size: case.prepare(size) for size in case.sizes}
    works[case.sizes[0]]()
    return interleaved(
        {size: lambda work=work: cpu_seconds(work) for size, work in works.items()},
        ROUNDS,
    )


def case_rows(case: Case) -> Iterator[Row]:
    """Yield a row a size, and the exponent that the upper sizes show."""
    seconds = measure(case)
    for size, rounds in seconds.items():
        yield spread(f"growth, {case.name} = {size}", rounds, "CPU-seconds")
    upper = [size for size in case.sizes if size >= case.start]
    fits = [
        exponent(upper, [seconds[size][i] for size in upper]) for i in range(ROUNDS)
    ]
    middle = exponent(upper, [statistics.median(seconds[size]) for size in upper])
    name = f"growth, {case.name}: exponent from {case.start} on, expected"
    yield Row(
        f"{name} {case.expected}", middle, "exponent", f"expected {case.expected}",
        middle / case.expected, min(fits) / case.expected, max(fits) / case.expected,
    )  # fmt: skip


def rows() -> Iterator[Row]:
    torch.set_num_threads(1)
    with onednn() if is_accurate() else nullcontext():
        for case in CASES:
            yield from case_rows(case)


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
