"""A cell of the IWAE table in progress: it trains, evaluates, and can be interrupted.

Its state lies in one file, written beside and renamed, so that it is whole at any
moment: whoever is killed loses an epoch, or `SAVE_EVERY` seconds of short ones, and
ends on the same bits.
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import torch
from torch import Tensor, nn

from benchmarks.iwae_cell import Cell, build, make_bound
from dgm.device import Replayed
from dgm.evaluation import evaluate
from dgm.matmul import onednn, pays
from dgm.training import minibatches, train_step

SAVE_EVERY = 30.0  # seconds
CHUNK = 100  # test images a piece of evaluation


@dataclass(frozen=True)
class Plan:
    """How long and how finely: what a reduced run changes."""

    stages: tuple[int, ...]  # epochs at each step size
    batch: int
    samples: int  # of the test set's bound
    sizes: tuple[int, ...] = (784, 200, 200, 50)

    def rates(self) -> list[float]:
        """Give each epoch its step size: the paper's 0.001 * 10^(-i/7) in stage i."""
        return [
            1e-3 * 10 ** (-i / 7)
            for i, epochs in enumerate(self.stages)
            for _ in range(epochs)
        ]


class Run:
    """A cell in progress: its modules, its optimizer, and how far it got."""

    def __init__(self, cell: Cell, plan: Plan, data: Tensor, path: Path) -> None:
        torch.manual_seed(cell.seed)
        self.cell, self.plan, self.data, self.path = cell, plan, data, path
        self.model, self.posterior = build(data, plan.sizes)
        both = nn.ModuleList([self.model, self.posterior])
        # the authors climb the batch's sum, `train_step` its mean: so eps is divided
        rate = torch.tensor(1e-3, dtype=torch.float32, device=data.device)
        self.optimizer = torch.optim.Adam(
            both.parameters(), rate, eps=1e-4 / plan.batch, fused=True, capturable=True
        )
        self.modules, self.epoch, self.log_px = both, 0, data.new_empty(0)
        self.saved = time.monotonic()
        if path.exists():
            self._load()

    def train(self) -> Iterator[float]:
        """Yield the mean bound of each epoch that is still to do."""
        bound = make_bound(self.cell.kind, self.cell.k, self.model, self.posterior)

        def step(x: Tensor) -> Tensor:
            return train_step(bound, x, self.optimizer)

        if self.data.is_cuda:
            step = Replayed(step)
        batch = self.plan.batch
        for rate in self.plan.rates()[self.epoch :]:
            self.optimizer.param_groups[0]["lr"].fill_(rate)
            with onednn() if pays(self.modules) else nullcontext():
                batches = islice(minibatches(self.data, batch), len(self.data) // batch)
                mean = torch.stack([step(x) for x in batches]).mean().item()
            self.epoch += 1
            self.save()
            yield mean

    def evaluate(self, test: Tensor) -> Iterator[int]:
        """Yield how many test images have their log p(x), a chunk at a time."""
        both, samples = (self.model, self.posterior), self.plan.samples
        while (done := len(self.log_px)) < len(test):
            new = evaluate(*both, test[done : done + CHUNK], samples)
            self.log_px = torch.cat([self.log_px, new])
            self.save()
            yield len(self.log_px)

    def save(self) -> None:
        """Write the state beside its place, and move it there, if it is time."""
        if time.monotonic() - self.saved < SAVE_EVERY:
            return
        state = {
            "plan": repr(self.plan), "epoch": self.epoch, "log_px": self.log_px,
            "modules": self.modules.state_dict(), "random": _random_state(self.data),
            "optimizer": self.optimizer.state_dict(),
        }  # fmt: skip
        beside = self.path.with_suffix(".part")
        torch.save(state, beside)
        beside.replace(self.path)
        self.saved = time.monotonic()

    def _load(self) -> None:
        state = _read(self.path)
        if state["plan"] != repr(self.plan):
            raise ValueError(
                f"{self.path} is of another plan: got {state['plan']}, expected "
                f"{self.plan}; move it away"
            )
        self.modules.load_state_dict(state["modules"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.log_px = state["epoch"], state["log_px"]
        _set_random_state(self.data, state["random"])


def _read(path: Path) -> dict:
    try:
        with ZipFile(path) as file:
            damage = file.testzip()  # compares checksums, which torch does not
    except (BadZipFile, RuntimeError) as error:
        damage = error
    if damage:
        raise ValueError(
            f"{path} is damaged ({damage}); delete it, and this cell starts again"
        )
    return torch.load(path, weights_only=True)


def _random_state(data: Tensor) -> Tensor:
    return torch.cuda.get_rng_state() if data.is_cuda else torch.get_rng_state()


def _set_random_state(data: Tensor, state: Tensor) -> None:
    (torch.cuda.set_rng_state if data.is_cuda else torch.set_rng_state)(state.cpu())
