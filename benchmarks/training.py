"""Training the 784-400-20 VAE: the page's loop beside every peer and the machine.

Run: python -m benchmarks.training
"""

import collections
import copy
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from unittest import mock

import torch
from torch import Tensor, nn

from benchmarks import peers, tutorial
from benchmarks.images import kind, train_and_test
from benchmarks.rows import Row, Watch, compared, interleaved, spread
from benchmarks.tutorial import Loop
from dgm import training
from dgm.bounds import Bound
from dgm.matmul import onednn
from dgm.training import fit
from dgm.vae import vae, vae_bound

EXAMPLES, ROUNDS = 12_800, 5
PEERS = {
    "tutorial loop": tutorial.on_pictures,
    "tutorial loop, tensors ready": tutorial.on_tensors,
    "Pyro": peers.pyro,
    "Lightning": peers.lightning,
    "pythae": peers.pythae,
}
PRODUCTS = "matrix products alone, "


def rows() -> Iterator[Row]:
    """Yield throughput for each batch and number of threads, then what is not lost."""
    x = train_and_test()[0][:EXAMPLES]
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for batch in (128, 1000):
            yield from throughput(x, batch, threads)
    torch.set_num_threads(1)
    yield gradient_error(x[:128])
    yield from test_elbo()


def throughput(x: Tensor, batch: int, threads: int) -> Iterator[Row]:
    """CPU-seconds count on one thread, the clock on two."""
    loops = {"page's loop": page, "bare tensors": bare} | PEERS
    run = {name: timed(make(x, batch), x, threads) for name, make in loops.items()}
    for name, context in (("torch's default", None), ("oneDNN", onednn)):
        run[PRODUCTS + name] = timed(products(x, batch, context), x, threads)
    for measure in run.values():  # what the first epoch sets up is not counted
        measure()
    unit = "examples/CPU-s" if threads == 1 else "examples/s"
    prefix = f"train, batch {batch}, {threads} thread{'s'[: threads - 1]}"
    yield from compared(interleaved(run, ROUNDS), unit, "page's loop", prefix)


def timed(run: Loop, x: Tensor, threads: int) -> Callable[[], float]:
    """Turn a loop into a measurement of its examples a second."""
    watch = Watch()

    def measure() -> float:
        run(watch)
        return len(x) / (watch.cpu if threads == 1 else watch.clock)

    return measure


def page(x: Tensor, batch: int, bound: Callable[..., Bound] = vae_bound) -> Loop:
    """The loop on the page: chapter 10's VAE and bound, chapter 05's `fit`."""
    model, posterior = vae(784, 400, 20)

    def run(watch: Watch) -> None:
        climb = fit(
            bound(model, posterior), x, model, posterior,
            steps=len(x) // batch, batch=batch, lr=1e-3,
        )  # fmt: skip
        watch.start()  # the door is behind us, as a peer's set-up is
        last = collections.deque(climb, maxlen=1)[0]
        last.elbo.item()
        watch.stop()

    return run


def bare(x: Tensor, batch: int) -> Loop:
    """The same loop without density objects: what they cost."""

    def bound(model: nn.Module, posterior: nn.Module) -> Bound:
        def elbo(x: Tensor) -> Tensor:
            mu, log_sigma = posterior.net(x).chunk(2, -1)
            sigma = log_sigma.exp()
            logits = model.likelihood.net(mu + sigma * torch.randn_like(mu))
            log_lik = (x * logits - nn.functional.softplus(logits)).sum(-1)
            return log_lik - (0.5 * (mu**2 + sigma**2 - 1) - log_sigma).sum(-1)

        return elbo

    return page(x, batch, bound)


def products(x: Tensor, batch: int, library: Callable | None) -> Loop:
    """The step's eleven matrix products and nothing else: the machine's limit."""
    step, context = products_of_a_step(batch, x.device), library or nullcontext

    def run(watch: Watch) -> None:
        watch.start()
        for _ in range(len(x) // batch):
            with context():
                step()
        watch.stop()

    return run


def products_of_a_step(batch: int, device: torch.device) -> Callable[[], None]:
    """Make the products of one step: forward, and back for weights and inputs."""
    layers = ((784, 400), (400, 40), (20, 400), (400, 784))
    weights = [
        torch.randn(outward, inward, device=device) for inward, outward in layers
    ]
    inputs = [torch.randn(batch, inward, device=device) for inward, _ in layers]
    slopes = [torch.randn(batch, outward, device=device) for _, outward in layers]

    def step() -> None:
        for k, (weight, h, g) in enumerate(zip(weights, inputs, slopes, strict=True)):
            h @ weight.T, g.T @ h  # forward, and the weight's gradient
            if k:
                g @ weight  # the input's gradient; nobody asks for the image's

    return step


def gradient_error(x: Tensor) -> Row:
    """The page's gradient, as `fit` computes it, against float64's, noise the same."""
    torch.manual_seed(0)
    modules, eps = vae(784, 400, 20), torch.randn(1, len(x), 20)
    double = [copy.deepcopy(module).double() for module in modules]

    def gradient(nets: list[nn.Module], x: Tensor, eps: Tensor) -> Tensor:
        with mock.patch("torch.randn", lambda *_, **__: eps):
            bound = vae_bound(*nets)(x).mean()
        parameters = [p for net in nets for p in net.parameters()]
        slopes = torch.autograd.grad(bound, parameters)
        return torch.cat([slope.flatten() for slope in slopes]).double()

    with onednn() if training.pays(*modules) else nullcontext():
        found = gradient(modules, x, eps)
    exact = gradient(double, x.double(), eps.double())
    error = ((found - exact).norm() / exact.norm()).item()
    return Row("train, error of the gradient against float64", error, "of its norm")


def test_elbo() -> Iterator[Row]:
    """Three epochs with oneDNN and without, the same seeds: the test set's ELBO."""
    (x, test), ends = train_and_test(), {"oneDNN": [], "torch's default": []}
    for seed in (0, 1):
        for name, found in ends.items():
            torch.manual_seed(seed)
            modules = vae(784, 400, 20)
            off = mock.patch.object(training, "pays", lambda *_: False)
            with nullcontext() if name == "oneDNN" else off:
                climb = fit(vae_bound(*modules), x, *modules,
                            steps=3 * len(x) // 128, batch=128, lr=1e-3)  # fmt: skip
            for _ in climb:
                pass
            torch.manual_seed(0)
            with torch.no_grad():
                found.append(vae_bound(*modules)(test).double())
    for name, found in ends.items():
        means = [bound.mean().item() for bound in found]
        where = f"train, test ELBO after 3 epochs, {kind()}, {name}"
        yield spread(where, means, "nats")
    apart = [a - b for a, b in zip(*ends.values(), strict=True)]
    name = "train, test ELBO: oneDNN minus torch's default"
    yield spread(name, [bound.mean().item() for bound in apart], "nats")
    most = max(bound.abs().max().item() for bound in apart)
    yield Row(f"{name}, the image that differs most", most, "nats")


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
