"""How noisy are three estimators of one gradient? On a toy in closed form, and on bars.

Run: python -m benchmarks.estimators

The toy: climb E[f(z)], f(z) = -|z - a|^2 / 2, z from N(mu, s^2 I) in d dimensions, by
one draw's slope in mu_1. Weighing (score function) hears every coordinate's noise,
pushing (pathwise) only its own.
"""

import statistics
from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.rows import Row
from dgm.data.bars import Bars
from dgm.gradients import leave_one_out, pathwise, score_function
from dgm.training import fit
from dgm.vae import vae, vae_bound

DRAWS, CHUNK = 1_000_000, 50_000
AT_OPTIMUM = (1, 2, 5, 10, 20, 50, 100)
OFF = [(1, 1.0, 1.0), (10, 1.0, 1.0), (100, 1.0, 1.0), (10, 0.5, 2.0)]  # d, s, delta
LOOKS, ROUNDS, GRADIENTS = (0, 100, 300, 600), 5, 100


def closed_form(d: int, s: float, delta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    r"""Derive the variances of the three: pushed, weighed, weighed with the mean off.

    With delta = mu - a, weighing is -(|delta|^2 + 2 s delta eps + s^2 |eps|^2) eps_1
    / (2 s). Its square needs E eps_1^2 = 1, E |eps|^2 eps_1^2 = d + 2,
    E |eps|^4 eps_1^2 = (d + 2)(d + 4) and E (delta eps)^2 eps_1^2 = |delta|^2 + 2
    delta_1^2; the mean is -delta_1.
    """
    far, first = delta @ delta, delta[0] ** 2
    weighed = (
        far**2
        + 4 * s**2 * (far + 2 * first)
        + 2 * far * s**2 * (d + 2)
        + s**4 * (d + 2) * (d + 4)
    ) / (4 * s**2) - first
    return torch.tensor(s**2), weighed, s**2 * (d + 4) / 2 + far + first


def votes(d: int, s: float, delta: Tensor, draws: int = DRAWS) -> Tensor:
    """Let each draw say its slope in mu_1, by the three estimators: (3, draws)."""
    noise, parts = torch.Generator().manual_seed(d), []
    mean = -(delta @ delta + s**2 * d) / 2  # of f
    for _ in range(draws // CHUNK):
        eps = torch.randn(CHUNK, d, generator=noise, dtype=torch.float64)
        away = delta + s * eps  # z - a
        f, slope_log_q = -0.5 * (away**2).sum(-1), eps[:, 0] / s
        weighed = torch.stack([f * slope_log_q, (f - mean) * slope_log_q])
        parts.append(torch.cat([-away[None, :, 0], weighed]))
    return torch.cat(parts, 1)


def variances(votes: Tensor) -> tuple[Tensor, Tensor]:
    """Estimate variances and their standard errors, relative: tails are heavy."""
    centred = votes - votes.mean(1, keepdim=True)
    square = centred**2
    variance = square.mean(1)
    return variance, square.std(1) / variance / votes.shape[1] ** 0.5


def toy_rows(d: int, s: float, delta: float) -> Iterator[Row]:
    """Yield weighing over pushing, without and with a baseline, beside the truth."""
    away = torch.full((d,), delta, dtype=torch.float64)
    (path, *weighed), errors = variances(votes(d, s, away))
    pushed, *truths = closed_form(d, s, away)
    where = "at the optimum" if delta == 0 else f"delta {delta:g} each, s {s:g}"
    names = ("score over pathwise", "score with mean baseline over pathwise")
    for name, value, truth, error in zip(
        names, weighed, truths, errors[1:], strict=True
    ):
        measured, exact = (value / path).item(), (truth / pushed).item()
        off, two = measured / exact, 2 * (error**2 + errors[0] ** 2).sqrt().item()
        yield Row(
            f"variance, {name}, toy {where}, d={d}", measured, "times",
            f"closed form {exact:.4g}", off, off - two, off + two,
        )  # fmt: skip


def weigh_baseline(model: object, q_z: object, x: Tensor, eps: Tensor) -> tuple:
    return score_function(model, q_z, x, eps, baseline=leave_one_out)


ESTIMATORS = {
    "pathwise": pathwise,
    "score": score_function,
    "score with leave-one-out baseline": weigh_baseline,
}


def spread_of_gradient(model: object, posterior: object, x: Tensor, name: str) -> float:
    """Trace the covariance of the encoder's gradient over draws, two z an image."""
    gradients = []
    for _ in range(GRADIENTS):
        q_z, eps = posterior(x), torch.randn(2, len(x), 1, dtype=x.dtype)
        _, surrogate = ESTIMATORS[name](model, q_z, x, eps)
        slopes = torch.autograd.grad(surrogate.mean(), list(posterior.parameters()))
        gradients.append(torch.cat([g.flatten() for g in slopes]))
    return torch.stack(gradients).var(0).sum().item()


def look(model: object, posterior: object, x: Tensor, step: int) -> Iterator[Row]:
    """Yield the three estimators' noise at one moment of training."""
    figures = {name: [] for name in ESTIMATORS}
    for _ in range(ROUNDS):
        for name, traces in figures.items():
            traces.append(spread_of_gradient(model, posterior, x, name))
    for name, traces in figures.items():
        ratios = [a / b for a, b in zip(traces, figures["pathwise"], strict=True)]
        yield Row(
            f"trace of the encoder gradient's covariance, {name}, bars, step {step}",
            statistics.median(traces), "squared nats", "pathwise, same draws",
            statistics.median(ratios), min(ratios), max(ratios),
        )  # fmt: skip


def bars_rows() -> Iterator[Row]:
    """Train the bars VAE, and stop at a few steps to look at the noise."""
    torch.manual_seed(0)
    data = Bars(flip=0.05).sample((4096,))
    model, posterior = vae(16, hidden=32, dim_z=1)
    yield from look(model, posterior, data[:256], 0)
    both = (model, posterior)
    steps = fit(vae_bound(*both), data, *both, steps=LOOKS[-1], batch=200, lr=0.03)
    for step in steps:
        if step.iteration in LOOKS:
            yield from look(model, posterior, data[:256], step.iteration)


def rows() -> Iterator[Row]:
    for d in AT_OPTIMUM:
        yield from toy_rows(d, 1.0, 0.0)
    for d, s, delta in OFF:
        yield from toy_rows(d, s, delta)
    yield from bars_rows()


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
