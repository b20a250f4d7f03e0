"""Climb a bound: one step, and a loop that the page owns."""

import os
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from tqdm.auto import tqdm

from dgm.bounds import Bound
from dgm.device import Replayed
from dgm.matmul import onednn, pays


@dataclass(frozen=True)
class Step:
    """What one training step leaves behind; `print(step)` writes a line of the log.

    The ELBO stays a 0-d tensor, so that a step does not wait for the device: whoever
    reads it, waits.
    """

    iteration: int
    elbo: Tensor  # mean over the batch, in nats per image
    examples_per_second: float

    def __str__(self) -> str:
        return (
            f"Iteration: {self.iteration:5d}   ELBO: {self.elbo.item():9.3f}   "
            f"Examples/s: {self.examples_per_second:.2e}"
        )


class Stopped(KeyboardInterrupt):
    """An interrupt of `fit`: in a notebook one line, where else a traceback stands."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for it
        return [str(self)]


def train_step(bound: Bound, x: Tensor, optimizer: Optimizer) -> Tensor:
    """Move the parameters one step uphill on a batch's mean bound.

    Here, and nowhere else, stand the minus sign and the mean over the batch.

    Args:
        bound: from images to one bound per image, in nats; it draws its own noise.
        x: a batch of images, shape (batch, dim_x).
        optimizer: holds the parameters.

    Returns:
        The mean bound before the step, a 0-d tensor outside the graph.

    Page: "The whole loop" in book/05_jensen.md.   Lecture: PA, "ELBO".
    """
    elbo = bound(x).mean()
    optimizer.zero_grad(set_to_none=True)
    (-elbo).backward()
    optimizer.step()
    return elbo.detach()


def minibatches(data: Tensor, batch: int) -> Iterator[Tensor]:
    """Yield shuffled batches for ever; a ragged last one is left for the next shuffle.

    Args:
        data: all images, resident on one device, shape (num_data, dim_x).
        batch: images a batch, at most num_data.

    Page: "The whole loop" in book/05_jensen.md.
    """
    while True:
        order = torch.randperm(len(data), device=data.device)
        for rows in order.split(batch)[: len(data) // batch]:
            yield data.index_select(0, rows)


def fit(
    bound: Bound,
    data: Tensor,
    *modules: nn.Module,
    steps: int,
    batch: int = 128,
    lr: float = 1e-2,
    replay: bool = True,
) -> Iterator[Step]:
    """Train modules on a bound with Adam, and yield a `Step` after each step.

    The caller's `for` is the training loop: print, draw or stop in it. A progress bar
    stands in a terminal and in JupyterLab (none where TQDM_DISABLE=1). Interrupt it
    when you like: the modules stay as far as they got, and `Stopped` says how far.

    Args:
        bound: from images to one bound per image, in nats.
        data: images, shape (num_data, dim_x), on the modules' device.
        modules: whose parameters move; one with a likelihood checks the data first.
        steps: how many steps.
        batch: images a step.
        lr: Adam's first step size; it falls linearly to zero, so that the last steps
            average out the noise that the first ones need.
        replay: on a GPU, record the step once and play it back (`Replayed`): faster by
            far, but what the bound reads from Python is frozen as it was at the record.

    Raises:
        ValueError: if the data are not what the model can score, or fewer than a batch.
        RuntimeError: if the bound cannot be recorded on a GPU.

    Page: "The whole loop" in book/05_jensen.md.
    """
    for module in modules:
        if hasattr(module, "likelihood"):
            module.likelihood.check(data)
    if not 1 <= batch <= len(data):
        raise ValueError(
            f"batch: got {batch} with {len(data)} images, expected 1 to {len(data)}"
        )
    step_size = torch.tensor(lr, dtype=torch.float32, device=data.device)
    moved = [p for module in modules for p in module.parameters()]
    optimizer = Adam(moved, lr=step_size, fused=True, capturable=True)

    def step(x: Tensor) -> Tensor:
        return train_step(bound, x, optimizer)

    if data.is_cuda and replay:
        step = Replayed(step)
    product = onednn if pays(*modules) else nullcontext
    quiet = bool(os.environ.get("TQDM_DISABLE")) or None  # None: quiet in a pipe

    def climb() -> Iterator[Step]:
        batches, start = minibatches(data, batch), time.perf_counter()
        for i in tqdm(range(1, steps + 1), unit="step", disable=quiet):
            step_size.fill_(lr * (1 - (i - 1) / steps))
            try:
                with product():  # off again before the caller's code runs
                    elbo = step(next(batches))
            except KeyboardInterrupt:
                raise Stopped(f"Stopped in step {i} of {steps}; what was trained "
                              "stays as far as it got.") from None  # fmt: skip
            yield Step(i, elbo, i * batch / (time.perf_counter() - start))

    return climb()  # so that the checks above speak at the call
