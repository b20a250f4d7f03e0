"""Scoring a trained model: decodes a CPU-second, and memory at any K.

Run: python -m benchmarks.evaluation
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from benchmarks.images import kind, train_and_test
from benchmarks.rows import Row, cpu_seconds, spread
from dgm.evaluation import evaluate, mean_and_error
from dgm.training import fit
from dgm.vae import vae, vae_bound


def trained(steps: int):
    torch.manual_seed(0)
    x, test = train_and_test()
    modules = vae(784, 400, 20)
    for _ in fit(vae_bound(*modules), x, *modules, steps=steps, batch=128, lr=1e-3):
        pass
    return modules, test


def rows() -> Iterator[Row]:
    """Yield speed for large and small K, memory for growing K, and an NLL."""
    torch.set_num_threads(1)
    modules, test = trained(steps=1000)
    for images, K in ((8, 5000), (200, 100), (2000, 1)):
        x, speeds = test[:images], []
        for _ in range(6):
            seconds = cpu_seconds(lambda x=x, K=K: evaluate(*modules, x, K))
            speeds.append(images * K / seconds)
        yield spread(f"evaluate, {images} images, K = {K}", speeds[1:], "decodes/CPU-s")
    for K in (1, 100, 10_000, 100_000):
        yield Row(f"evaluate, memory of the whole process, K = {K}", peak(K), "MB")
    for K in (1, 50, 5000):
        mean, error = mean_and_error(evaluate(*modules, test[:100], K))
        yield Row(f"evaluate, bound of 100 {kind()} after 1000 steps, K = {K}",
                  mean, "nats", low=mean - error, high=mean + error)  # fmt: skip


def peak(K: int) -> float:
    """Return the most memory that a fresh process holds, torch and all (on Linux)."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh) as pool:
        return pool.submit(_score, K).result()


def _score(K: int) -> float:
    torch.set_num_threads(1)
    modules, x = vae(784, 400, 20), (torch.rand(3, 784) < 0.13).float()
    evaluate(*modules, x, K)
    lines = Path("/proc/self/status").read_text("utf8").splitlines()
    return next(int(line.split()[1]) for line in lines if "VmHWM" in line) / 1024


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
