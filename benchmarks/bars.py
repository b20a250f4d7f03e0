"""The bars cell of chapter 05: CPU-seconds to convergence, beside a plain loop.

Run: python benchmarks/bars.py

Both loops train the same networks from the same seeds. `ours` is the page's loop
(data resident, logits, fused Adam, falling step size). `plain` is the loop of most
tutorials: DataLoader, sigmoid and binary cross-entropy on probabilities, Adam as it
comes, the loss read at every step. Quality is exact: expectations over all 65,536
images.
"""

import platform
import statistics
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

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


def main():
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, Python {platform.python_version()}, 1 thread")
    print(f"{STEPS} steps of {BATCH}; nats by exact expectation; CPU-seconds\n")
    print("loop   seed  CPU s   entropy - evidence   evidence - ELBO")
    seconds = {ours: [], plain: []}
    for loop in (ours, plain):  # what the first call of anything costs is not the loop
        loop(*build(0), steps=20)
    for seed in range(SEEDS):
        for loop in (ours, plain):
            built = build(seed)
            start = time.process_time()
            loop(*built)
            seconds[loop].append(time.process_time() - start)
            to_truth, gap = quality(*built[1:])
            name, last = loop.__name__, seconds[loop][-1]
            print(f"{name:6s} {seed:4d} {last:6.2f} {to_truth:17.3f} {gap:17.3f}")
    ratios = [b / a for a, b in zip(seconds[ours], seconds[plain], strict=True)]
    print(
        f"\nplain / ours, same steps: median {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
