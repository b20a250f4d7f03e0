"""Training on a GPU: line by line and replayed, beside the card's matrix products.

Run: python -m benchmarks.gpu        (without a GPU it says so, and measures nothing)

All is float32, TF32 off, as torch comes. The data lie on the card. A measurement ends
when the card has ended. A first run lets torch raise where a step makes Python wait.
"""

import collections
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from benchmarks.images import train_and_test
from benchmarks.rows import Row, compared, interleaved, spread
from benchmarks.training import products_of_a_step
from dgm.training import Step, fit
from dgm.vae import vae, vae_bound

BATCHES, EXAMPLES, ROUNDS = (128, 512, 1000, 2048, 4096, 8192), 2_000_000, 3
STEP = 1_640_000  # multiplications of one example, as chapter 10 counts them
LARGE = 8192  # rows and columns of the product that takes the card's whole breadth


def rows() -> Iterator[Row]:
    """Yield examples a second for each batch, replayed, line by line, and the limit."""
    if not torch.cuda.is_available():
        print("no GPU here: nothing is measured")
        return
    x = train_and_test()[0].to("cuda")
    limit = LARGE**3 / large_product()  # multiplications a second
    name = f"GPU, {torch.cuda.get_device_name()}, a product of {LARGE}^3"
    yield Row(name, 2e-12 * limit, "TF/s")
    run = climb(x, 128, 10, replay=False)  # the door may read; a step may not
    torch.cuda.set_sync_debug_mode("error")
    collections.deque(run, maxlen=0)
    torch.cuda.set_sync_debug_mode("default")
    for batch in BATCHES:
        found = interleaved(contestants(x, batch, EXAMPLES // batch), ROUNDS)
        yield from compared(found, "examples/s", "replayed", f"GPU, batch {batch}")
        for way in ("replayed", "line by line"):
            share = [STEP * speed / limit for speed in found[way]]
            yield spread(f"GPU, batch {batch}, {way}, of the card's limit", share, "")


def contestants(x: Tensor, batch: int, steps: int) -> dict[str, Callable[[], float]]:
    """Name the ways to take `steps` steps; each returns its examples a second."""
    product = products_of_a_step(batch, x.device)

    def speed(run: Callable[[], object]) -> float:
        wait(x)
        begun = time.perf_counter()
        run()
        wait(x)
        return batch * steps / (time.perf_counter() - begun)

    def train(replay: bool) -> float:
        run = climb(x, batch, steps, replay)
        return speed(lambda: collections.deque(run, maxlen=0))

    return {
        "replayed": lambda: train(replay=True),
        "line by line": lambda: train(replay=False),
        "matrix products alone": lambda: speed(
            lambda: [product() for _ in range(steps)]
        ),
    }


def climb(x: Tensor, batch: int, steps: int, replay: bool) -> Iterator[Step]:
    model, posterior = (module.to(x.device) for module in vae(784, 400, 20))
    return fit(vae_bound(model, posterior), x, model, posterior,
               steps=steps, batch=batch, lr=1e-3, replay=replay)  # fmt: skip


def wait(x: Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize()


def large_product() -> float:
    """Return the seconds of one product, the best of five."""
    a, b = torch.randn(2, LARGE, LARGE, device="cuda")
    best = float("inf")
    for _ in range(5):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        a @ b
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begun)
    return best


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
