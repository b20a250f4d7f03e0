"""A published table: VAE and IWAE with k = 1, 5, 50 on MNIST, one stochastic layer.

Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders, arXiv:1509.00519,
Table 1. With k = 1 the two bounds are the same number, so that five cells fill six.

Run: python -m benchmarks.iwae_table --schedule reduced     (two cores)
     python -m benchmarks.iwae_table --schedule full        (a GPU)

Interrupt it when you like, and call it again: it goes on where it was.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.iwae_cell import Cell, binarized
from benchmarks.iwae_run import Plan, Run
from benchmarks.rows import Row
from dgm.data.mnist import mnist, mnist_is_here
from dgm.device import pick_device
from dgm.evaluation import mean_and_error

FOLDER = Path("_build/iwae")
PAPER = {
    ("VAE", 1): 86.76, ("VAE", 5): 86.47, ("VAE", 50): 86.35,
    ("IWAE", 1): 86.76, ("IWAE", 5): 85.54, ("IWAE", 50): 84.78,
}  # fmt: skip
CELLS = [("VAE", 1), ("VAE", 5), ("IWAE", 5), ("IWAE", 50), ("VAE", 50)]
PLANS = {
    "full": Plan(tuple(3**i for i in range(8)), batch=20, samples=5000),
    "reduced": Plan((1,) * 8, batch=20, samples=1000),
}
DEPARTURES = {
    "full": [],
    "reduced": [
        "8 epochs instead of 3280: the paper's eight step sizes, one epoch each",
        "NLL by 1000 samples instead of 5000",
    ],
}
ALWAYS = [
    "q's network runs once an image, not once a sample: the same density",
    "Adam's second moment starts at zero and beta1 is 0.9, as the paper says; the "
    "authors' code starts it at one and takes 0.99",
    "a pixel's bias starts at the logit of its mean, as in the authors' code; the "
    "paper is silent",
    "all 60,000 images train; the authors' code keeps 400 for validation",
    "batches are shuffled; the authors' code takes the images in their order",
    "IWAE with k = 1 is not trained: it is VAE with k = 1",
]


def images(part: str) -> Tensor:
    """Load MNIST's grey values, or grey noise of its shape where it is missing."""
    if mnist_is_here():
        return mnist(part)[0].float()
    noise = torch.Generator().manual_seed(0)
    return torch.rand(60_000 if part == "train" else 10_000, 784, generator=noise)


def test_images(device: torch.device) -> Tensor:
    """Binarize the test set once, alike for all cells: differences are paired."""
    torch.manual_seed(2015)
    return binarized(images("t10k")).to(device)


class Progress:
    """Say what is done, and estimate what is left from what this session did."""

    def __init__(self, total: float, say: Callable[[str], None]) -> None:
        self.left, self.done, self.say = total, 0.0, say
        self.start = time.monotonic()

    def skip(self, work: float) -> None:
        self.left -= work

    def tell(self, work: float, what: str) -> None:
        self.left, self.done = self.left - work, self.done + work
        spent = time.monotonic() - self.start
        minutes = self.left * spent / self.done / 60
        self.say(f"{what}   {spent / 60:.1f} min, about {minutes:.0f} min left")


def cost(k: int, images: int) -> float:
    """Guess an epoch's cost: a visit is 5 parts, each sample another."""
    return (5 + k) * images


def run_cell(
    cell: Cell, plan: Plan, data: Tensor, test: Tensor, folder: Path, bar: Progress
) -> None:
    """Train and evaluate a cell, unless its result is there."""
    result, epoch = folder / f"{cell}.json", cost(cell.k, len(data))
    epochs, each = sum(plan.stages), plan.samples / 5  # a decode, no gradient
    if result.exists():
        return bar.skip(epochs * epoch + len(test) * each)
    run = Run(cell, plan, data, folder / f"{cell}.pt")
    bar.skip(run.epoch * epoch + len(run.log_px) * each)
    for mean in run.train():
        bar.tell(epoch, f"{cell}  epoch {run.epoch}/{epochs}  bound {mean:.2f}")
    before = len(run.log_px)
    for done in run.evaluate(test):
        if done % 1000 == 0 or done == len(test):
            what = f"{cell}  {done}/{len(test)} images, {run.log_px.mean():.2f} nats"
            bar.tell((done - before) * each, what)
            before = done
    text = json.dumps({"plan": repr(plan), "log_px": run.log_px.tolist()})
    beside = result.with_suffix(".part")
    beside.write_text(text)
    beside.replace(result)
    run.path.unlink(missing_ok=True)


def run_table(
    plan: Plan, data: Tensor, test: Tensor, folder: Path, seeds: int = 1,
    say: Callable[[str], None] = print,
) -> None:  # fmt: skip
    """Fill the table, cheap cells first."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = [Cell(*key, seed) for key in CELLS for seed in range(seeds)]
    evaluation = len(cells) * len(test) * plan.samples / 5
    training = sum(plan.stages) * sum(cost(cell.k, len(data)) for cell in cells)
    bar = Progress(training + evaluation, say)
    for cell in cells:
        run_cell(cell, plan, data, test, folder, bar)


def results(folder: Path) -> dict[tuple[str, int], Tensor]:
    """Collect what is there: the NLL of each test image, a mean over seeds."""
    found = {}
    for kind, k in CELLS:
        files = sorted(folder.glob(f"{kind}-{k}-*.json"))
        if files:
            logs = [torch.tensor(json.loads(f.read_text())["log_px"]) for f in files]
            found[kind, k] = -torch.stack(logs).double().mean(0)
    if ("VAE", 1) in found:
        found["IWAE", 1] = found["VAE", 1]
    return found


def rows(folder: Path = FOLDER / "reduced") -> Iterator[Row]:
    """Yield what is finished: each cell beside the paper's, and what it gains.

    The gain over VAE with k = 1 is paired, image by image. The ends are one standard
    error over test images away.
    """
    found = results(folder)
    for (kind, k), nll in found.items():
        name = f"IWAE table, {folder.name}, {kind} k={k}"
        (mean, error), paper = mean_and_error(nll), PAPER[kind, k]
        ends = (mean - error) / paper, (mean + error) / paper
        yield Row(name, mean, "nats", f"the paper's {paper}", mean / paper, *ends)
        if ("VAE", 1) in found and k > 1:
            gain, error = mean_and_error(found["VAE", 1] - nll)
            yield Row(f"{name}, less than VAE k=1", gain, "nats",
                      low=gain - error, high=gain + error)  # fmt: skip


def table(folder: Path) -> Iterator[str]:
    """Write the table's lines, the paper's beside ours, and the paired differences."""
    found = results(folder)
    here, less = f"{'NLL here':>16s}", f"{'less than VAE k=1':>24s}"
    yield f"{'':10s}{here}{'paper':>8s}{less}{'paper':>8s}"
    for (kind, k), paper in PAPER.items():
        if (kind, k) not in found or ("VAE", 1) not in found:
            yield f"{kind:5s}k={k:<3d}{'not run':>16s}{paper:8.2f}"
            continue
        nll, gain = found[kind, k], found["VAE", 1] - found[kind, k]
        se, paired = nll.std() / len(nll) ** 0.5, gain.std() / len(gain) ** 0.5
        yield (
            f"{kind:5s}k={k:<3d}{nll.mean():9.2f} ± {se:4.2f}{paper:8.2f}"
            f"{gain.mean():16.2f} ± {paired:5.3f}{PAPER['VAE', 1] - paper:8.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--schedule", choices=PLANS, default="reduced")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    device, folder = pick_device(), FOLDER / asked.schedule
    data, test = images("train").to(device), test_images(device)
    plan = PLANS[asked.schedule]
    if not mnist_is_here():
        print("MNIST is missing: grey noise of its shape; the numbers mean nothing")
    print(f"{plan}\non {device}, {torch.get_num_threads()} threads; files in {folder}")
    run_table(plan, data, test, folder, asked.seeds, lambda s: print(s, flush=True))
    print("\nTable 1, one stochastic layer; ± is one standard error over test images")
    print(*table(folder), sep="\n")
    print("\nDepartures from the paper:")
    print(*(f"- {line}" for line in DEPARTURES[asked.schedule] + ALWAYS), sep="\n")


if __name__ == "__main__":
    main()
