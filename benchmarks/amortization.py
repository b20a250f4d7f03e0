"""What an encoder saves: looking against climbing, and training with and without one.

Run: python -m benchmarks.amortization        (two to three minutes)

The networks are the full-size VAE's, 784-400-20, the images MNIST's, black from one
half of grey on. CPU-seconds of one thread; what is watched costs nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import islice

import torch
from torch import Tensor
from torch.optim import Adam

from benchmarks.images import kind, train_and_test
from benchmarks.rows import Row, Watch, cpu_seconds
from dgm.amortization import fit_local
from dgm.bounds import elbo_closed_kl
from dgm.data.mnist import mnist_is_here
from dgm.densities import diagonal_normal, reparameterize
from dgm.latent_variable import LatentVariableModel
from dgm.matmul import is_accurate, onednn
from dgm.training import minibatches, train_step
from dgm.vae import vae, vae_bound

DIM_Z, BATCH, RATE = 20, 100, 1e-3
TARGET = -115.0 if mnist_is_here() else -310.0  # nats; of noise no more can be had
PATIENCE = 60.0  # CPU-seconds
TRAIN, TEST = train_and_test()
SIZES, INNER = (500, 1000, 2000, 5000), (1, 5)


def build() -> tuple:
    torch.manual_seed(0)
    return vae(784, hidden=400, dim_z=DIM_Z)


def until(
    steps: Iterator, measure: Callable[[object], float], target: float, every: int
) -> float | None:
    """Return the CPU-seconds until what `steps` yields measures up; None: too long."""
    watch, spent = Watch(), 0.0
    watch.start()
    for state in islice(steps, every - 1, None, every):
        watch.stop()
        spent += watch.cpu
        if measure(state) >= target:
            return spent
        if spent > PATIENCE:
            return None
        watch.start()
    return None


@torch.no_grad()
def mean_elbo(model: LatentVariableModel, q_z: object, x: Tensor) -> float:
    noise = torch.Generator().manual_seed(1)
    z = q_z.mean + q_z.stddev * torch.randn(4, *q_z.mean.shape, generator=noise)
    return elbo_closed_kl(model, q_z, x, z).mean().item()


def by_encoder(model: LatentVariableModel, posterior: object, data: Tensor) -> Iterator:
    """Train the pair for ever, a step at a time."""
    bound, batches = vae_bound(model, posterior), minibatches(data, BATCH)
    both = [*model.parameters(), *posterior.parameters()]
    optimizer = Adam(both, lr=RATE, fused=True)
    while True:
        yield train_step(bound, next(batches), optimizer)


def row_adam(memory: Tensor, rows: Tensor, slope: Tensor, lr: float = 0.2) -> Tensor:
    """Move rows that keep their own memory for Adam, as in chapter 08.

    Of 0.05, 0.1 and 0.2 the last was the quickest at 1000 images.
    """
    m, v, age = memory[rows].split((2 * DIM_Z, 2 * DIM_Z, 1), -1)
    age, m = age + 1, 0.9 * m + 0.1 * slope
    v = 0.999 * v + 0.001 * slope**2
    memory[rows] = torch.cat([m, v, age], -1)
    m, v = m / (1 - 0.9**age), v / (1 - 0.999**age)
    return lr * m / (v.sqrt() + 1e-8)


def bound_of_rows(model: LatentVariableModel, phi: Tensor, x: Tensor) -> Tensor:
    q_z = diagonal_normal(*phi.chunk(2, -1))
    z = reparameterize(q_z.mean, q_z.stddev, torch.randn(1, len(x), DIM_Z))
    return elbo_closed_kl(model, q_z, x, z)


def by_table(
    model: LatentVariableModel, table: Tensor, data: Tensor, inner: int
) -> Iterator:
    """Train a decoder and a row an image for ever, `inner` updates a visit."""
    memory = torch.zeros(len(data), 4 * DIM_Z + 1)
    optimizer = Adam(model.parameters(), lr=RATE, fused=True)
    batches = minibatches(torch.arange(len(data)), BATCH)
    while True:
        rows = next(batches)
        x = data[rows]
        for _ in range(inner):
            phi = table[rows].requires_grad_()
            (slope,) = torch.autograd.grad(bound_of_rows(model, phi, x).sum(), phi)
            table[rows] += row_adam(memory, rows, slope)
        phi = table[rows]
        yield train_step(lambda x, phi=phi: bound_of_rows(model, phi, x), x, optimizer)


def training_seconds(num_data: int, inner: int) -> float | None:
    """Return CPU-seconds to the target on the training images; inner 0: an encoder."""
    (model, posterior), data = build(), TRAIN[:num_data]
    table, some = torch.zeros(num_data, 2 * DIM_Z), slice(0, 500)
    table[:, DIM_Z:] = -1.0  # log sigma
    steps = by_table(model, table, data, inner)
    if inner == 0:
        steps = by_encoder(model, posterior, data)

    def measure(_: object) -> float:
        q_z = diagonal_normal(*table[some].chunk(2, -1))
        if inner == 0:
            q_z = posterior(data[some])
        return mean_elbo(model, q_z, data[some])

    return until(steps, measure, TARGET, 25)


def training_rows() -> Iterator[Row]:
    """Yield the cost of the named ELBO with and without an encoder, as N grows."""
    what = f"training 784-400-20 to {TARGET:g} nats on its own images, {kind()}"
    for num_data in SIZES:
        alone = f"{what}, with an encoder, N={num_data}"
        base = training_seconds(num_data, 0) or PATIENCE
        yield Row(alone, base, "CPU-seconds")
        for inner in INNER:
            spent = training_seconds(num_data, inner)
            name = f"{what}, a row an image, K={inner}, N={num_data}"
            if spent is None:
                name, spent = f"{name}, given up", PATIENCE
            yield Row(name, spent, "CPU-seconds", alone, spent / base)


def inference_rows() -> Iterator[Row]:
    """Yield what a look costs, and a climb to the look's ELBO, for new images."""
    (model, posterior), x = build(), TEST[:200]
    steps = by_encoder(model, posterior, TRAIN[:5000])
    for _ in range(1500):
        next(steps)
    with torch.no_grad():
        target = mean_elbo(model, posterior(x), x)
        look = min(cpu_seconds(lambda: posterior(x)) for _ in range(20)) / len(x)
    unit, name = (
        "CPU-microseconds an image",
        f"inference at {target:.1f} nats, {kind()}",
    )
    looked = f"{name}, by the encoder"
    yield Row(looked, 1e6 * look, unit)
    for draws in (1, 8):
        climb = fit_local(model, x, steps=200, draws=draws)
        spent = until(climb, lambda q: mean_elbo(model, q(x), x), target, 5)
        climbed = f"{name}, by climbing with {draws} draws an update"
        if spent is not None:
            each = spent / len(x)
            yield Row(climbed, 1e6 * each, unit, looked, each / look)


def rows() -> Iterator[Row]:
    torch.set_num_threads(1)
    with onednn() if is_accurate() else nullcontext():
        yield from inference_rows()
        yield from training_rows()


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
