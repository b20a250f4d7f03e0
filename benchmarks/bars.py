"""The bars cell of chapter 05: CPU-seconds to convergence, beside a plain loop.

Run: python -m benchmarks.bars

Both loops train the same networks from the same seeds. The page's has its data
resident, logits, fused Adam and a falling step size. The plain one is the loop of most
tutorials: DataLoader, sigmoid and binary cross-entropy on probabilities, Adam as it
comes, the loss read at every step. Quality is exact: expectations over all 65,536
images. "Converged": the evidence within 0.25 nat of minus the entropy, the ELBO within
0.3 nat of the evidence.
"""

import statistics
from collections.abc import Iterator

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.rows import Row, compared, cpu_seconds, spread
from dgm.bounds import elbo_closed_kl
from dgm.data.bars import Bars, all_images
from dgm.densities import kl_standard_normal, reparameterize
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp
from dgm.posteriors import Encoder
from dgm.quadrature import exact_elbo, log_evidence_chunked, ruler
from dgm.training import fit

STEPS, BATCH, LR, SEEDS = 300, 200, 0.06, 5
BARS, IMAGES = Bars(flip=0.05), all_images()
LOG_P = BARS.log_prob(IMAGES)


def build(seed):
    torch.manual_seed(seed)
    data = BARS.sample((4096,)).float()
    decoder = BernoulliDecoder(mlp(1, 32, 16))
    model = LatentVariableModel(StandardNormal(1), decoder)
    return data, model, Encoder(mlp(16, 32, 2))


def ours(data, model, posterior, steps=STEPS):
    def bound(x):
        q_z = posterior(x)
        z = reparameterize(q_z.mean, q_z.stddev, torch.randn(1, len(x), 1))
        return elbo_closed_kl(model, q_z, x, z)

    for _ in fit(bound, data, model, posterior, steps=steps, batch=BATCH, lr=LR):
        pass


def plain(data, model, posterior, steps=STEPS):
    parameters = [*model.parameters(), *posterior.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    loader = DataLoader(TensorDataset(data), batch_size=BATCH, shuffle=True)
    done, total = 0, 0.0
    while done < steps:
        for (x,) in loader:
            mu, log_sigma = posterior.net(x).chunk(2, -1)
            z = mu + log_sigma.exp() * torch.randn_like(mu)
            pixels = torch.sigmoid(model.likelihood.net(z))
            loss = nn.functional.binary_cross_entropy(pixels, x, reduction="sum")
            loss = (loss + kl_standard_normal(mu, log_sigma).sum()) / len(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            done += 1


@torch.no_grad()
def quality(model, posterior):
    """How far log evidence is below minus the entropy, and the ELBO below it."""
    model.double(), posterior.double()
    evidence = log_evidence_chunked(model, IMAGES, *ruler(501))
    parts = IMAGES.split(4096)
    bound = torch.cat(
        [exact_elbo(model, posterior(x), x, *ruler(81, 6.0)) for x in parts]
    )
    p = LOG_P.exp()
    return (p @ (LOG_P - evidence)).item(), (p @ (evidence - bound)).item()


def rows() -> Iterator[Row]:
    """Yield both loops' CPU-seconds and what they reach, over seeds."""
    torch.set_num_threads(1)
    loops = {"page's loop": ours, "plain loop": plain}
    for loop in loops.values():  # what the first call of anything costs is not the loop
        loop(*build(0), steps=20)
    runs = {name: [] for name in loops}
    for seed in range(SEEDS):
        for name, loop in loops.items():
            built = build(seed)
            seconds = cpu_seconds(lambda loop=loop, built=built: loop(*built))
            runs[name].append((seconds, *quality(*built[1:])))
    speeds = {name: [1 / run[0] for run in found] for name, found in runs.items()}
    yield from compared(speeds, "runs/CPU-s", "page's loop", f"bars, {STEPS} steps")
    for name, found in runs.items():
        seconds, to_truth, gap = zip(*found, strict=True)
        yield spread(f"bars, from nothing, {name}", seconds, "CPU-s")
        yield spread(f"bars, entropy to evidence, {name}", to_truth, "nats")
        yield spread(f"bars, evidence to ELBO, {name}", gap, "nats")
        done = statistics.mean(a < 0.25 and b < 0.3 for _, a, b in found)
        yield Row(f"bars, share of {SEEDS} seeds that converge, {name}", done, "")


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
