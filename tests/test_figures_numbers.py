"""What the figures compute in a browser, against torch on the same weights."""

import json
import math

import pytest
import torch

from dgm import figures
from dgm.data.bars import Bars, all_images, bar_images
from dgm.densities import diagonal_normal
from dgm.figures.export import figure_images, unpack
from dgm.quadrature import exact_elbo, exact_posterior, log_evidence, ruler

pytestmark = pytest.mark.browser
IMAGES = figure_images()
CASES = [
    (name, mu, sigma)
    for name in IMAGES
    for mu, sigma in ((-3.5, 2.0), (-1.53, 0.29), (0.0, 0.05), (0.7, 0.6), (3.5, 0.1))
]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on a figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic_all())
    weights = json.dumps(figures.trained("weights")["weights"])

    def run(name, line, argument=None):
        start = f"const n = LivingFigures.{name}.numbers;"
        start += f"const w = n.floats?.({weights});"
        return page.evaluate(f"(arg) => {{ {start} return {line}; }}", argument)

    yield run
    page.close()


@pytest.fixture(scope="module")
def model():
    return unpack(figures.trained("weights")["weights"])


def close(got, expected, tolerance=1e-9):
    got = torch.as_tensor(got, dtype=torch.float64)
    assert torch.allclose(got, expected.double(), rtol=0, atol=tolerance)


def test_mean_images(numbers, model):
    z = torch.linspace(-3.5, 3.5, 57, dtype=torch.float64)
    line = "arg.map((z) => Array.from(n.meanImage(w, z)))"
    got = numbers("bar_decoder", line, z.tolist())
    with torch.no_grad():
        close(got, model.likelihood(z[:, None]).mean)


def test_the_projection_is_orthogonal_and_squares_the_bars(numbers):
    pixels = torch.eye(16).tolist()
    P = torch.tensor(numbers("bar_decoder", "arg.map(n.project)", pixels))  # (16, 2)
    close(P.T @ P, torch.eye(2))
    close(bar_images() @ P.double(), torch.tensor([[-1, 1], [1, 1], [1, -1], [-1, -1]]))


def test_pixels_off_the_nearest_bar(numbers, model):
    z = torch.linspace(-3, 3, 13, dtype=torch.float64)
    with torch.no_grad():
        off = (model.likelihood(z[:, None]).mean[:, None] - bar_images()).abs().sum(-1)
    least = off.min(-1)
    got = numbers(
        "bar_decoder", "arg.map((z) => n.nearest(n.meanImage(w, z)))", z.tolist()
    )
    close([near["off"] for near in got], least.values)
    assert [near["bar"] - 1 for near in got] == least.indices.tolist()


def test_share_of_the_prior_between_bars(numbers, model):
    z, dz = ruler(4001)
    with torch.no_grad():
        mean = model.likelihood(z).mean  # (marks, 1, 16)
        far = (mean - bar_images()).abs().sum(-1).min(-1).values > 2
        share = (dz[:, 0] * model.prior().log_prob(z)[:, 0].exp() * far).sum()
    close(numbers("bar_decoder", "n.between(w)"), share)


def test_share_of_the_data_that_is_as_far_off(numbers):
    p, off = Bars(0.05).log_prob(all_images()).exp(), torch.full((2**16,), 16)
    for bar in bar_images():
        off = off.minimum((all_images() != bar).sum(-1))
    share = torch.stack([p[off >= k].sum() for k in range(9)])
    close(numbers("bar_decoder", "arg.map(n.asFar)", list(range(9))), share, 1e-12)


def test_a_draw_is_fixed_by_its_seed_and_right_on_average(numbers):
    u = torch.tensor(
        numbers("bar_decoder", "arg.map(n.uniforms)", list(range(1, 1000)))
    )
    again = numbers("bar_decoder", "arg.map(n.uniforms)", list(range(1, 1000)))
    assert torch.equal(u, torch.tensor(again))
    assert ((u >= 0) & (u < 1)).all() and len(u.unique()) == u.numel()
    share = (u < 0.3).double().mean(0)  # of 999 draws of each pixel
    assert (share - 0.3).abs().max() < 5 * math.sqrt(0.3 * 0.7 / 999)
    x = numbers("bar_decoder", "n.sample(arg, n.uniforms(7))", [0.3] * 16)
    assert x == (u[6] < 0.3).int().tolist()


def test_evidence(numbers, model):
    x = torch.stack([*IMAGES.values()])
    got = numbers("inflate", "arg.map((x) => n.evidence(w, x).log)", x.tolist())
    with torch.no_grad():
        close(got, log_evidence(model, x, *ruler()))


def test_elbo_and_gap(numbers, model):
    line = "arg.map(([x, mu, s]) => n.bound(w, x, mu, s, n.evidence(w, x).log))"
    got = numbers("inflate", line, [(IMAGES[i].tolist(), m, s) for i, m, s in CASES])
    x = torch.stack([IMAGES[i] for i, _, _ in CASES])
    mu, sigma = torch.tensor([case[1:] for case in CASES]).double().T[..., None]
    with torch.no_grad():
        elbo = exact_elbo(model, diagonal_normal(mu, sigma.log()), x, *ruler(2001))
        close([v["elbo"] for v in got], elbo)
        close([v["kl"] for v in got], log_evidence(model, x, *ruler()) - elbo)
    assert min(v["kl"] for v in got) > 0


def test_the_lower_curve_is_q_scaled_and_the_upper_one_the_joint(numbers, model):
    z, dz = ruler()
    for x in IMAGES.values():
        got = numbers("inflate", "Array.from(n.evidence(w, arg).joint)", x.tolist())
        with torch.no_grad():
            joint = model.log_joint(x[None], z).exp()[:, 0]
            post = exact_posterior(model, x[None], z, dz).exp()[:, 0]
        close(got, joint)
        close(torch.tensor(got) / (dz[:, 0] @ joint), post)


@pytest.mark.parametrize("name", IMAGES)
def test_best_q_is_a_summit(numbers, model, name):
    x, limits = IMAGES[name], {"mu": [-3.5, 3.5], "sigma": [0.05, 2]}
    mu, sigma = numbers("inflate", "n.bestQ(w, ...arg)", [x.tolist(), limits])
    q = torch.tensor([[mu], [math.log(sigma)]], requires_grad=True)
    q_z = diagonal_normal(q[:1], q[1:])
    exact_elbo(model, q_z, x[None], *ruler()).sum().backward()
    assert q.grad.abs().max() < 0.02  # nats per unit: within a step of 1e-4 of the top


def test_jensen(numbers):
    case = torch.rand(40, 3) * torch.tensor([3.95, 3.95, 1]) + torch.tensor(
        [0.05, 0.05, 0]
    )
    edges = [[2, 2, 0.4], [0.05, 4, 0], [0.05, 4, 1], [1, 3, 2 / 3], [4, 0.05, 0.95]]
    case = torch.cat([case, torch.tensor(edges)])
    got = numbers("jensen", "arg.map((c) => n.jensen(...c))", case.tolist())
    z1, z2, w = case.T
    log_mean = (w * z1 + (1 - w) * z2).log()
    mean_log = w * z1.log() + (1 - w) * z2.log()
    close([v["logMean"] for v in got], log_mean, 1e-14)
    close([v["meanLog"] for v in got], mean_log, 1e-14)
    close([v["gap"] for v in got], log_mean - mean_log, 1e-14)
    assert min(v["gap"] for v in got) > -1e-15
    assert max(abs(v["gap"]) for v in got[40:43]) < 1e-15


def test_numbers_as_text(window):
    page, text = window.new_page(), (figures.HERE / "numbers.js").read_text("utf8")
    calls = "[fix(-0.001), fix(-1.5), sig(0.1094), sig(2.05e-6), sig(0), percent(1)]"
    got = page.evaluate(f"(() => {{ {text} return {calls}; }})()")
    page.close()
    assert got == ["0.00", "−1.50", "0.109", "2.05 × 10⁻⁶", "0.00", "100%"]


@pytest.mark.parametrize("name", figures.NAMES)
def test_the_module_loads_as_a_module_too(window, name):
    page = window.new_page()
    line = """async (text) => {
        const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
        const figure = (await import(url)).default;
        return [typeof figure.render, Object.keys(figure.numbers)];
    }"""
    kind, keys = page.evaluate(line, figures.bundle(name))
    page.close()
    assert kind == "function" and keys
