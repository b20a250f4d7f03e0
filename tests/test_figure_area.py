"""The area figure: evidence, curves and what it says, against torch in float64."""

import pytest
import torch
from torch.distributions import Normal

from dgm import figures
from dgm.data.bars import bar_images
from dgm.figures.export import figure_images
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import bars_by_hand
from dgm.quadrature import exact_posterior, log_evidence, ruler
from tests.figure_page import put_state, settle

pytestmark = pytest.mark.browser
IMAGES = figure_images()
THETAS = [(0.0, 1.0), (-2.5, 0.5), (2.5, 3.0), (0.7, 1.6), (2.5, 0.5)]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("area"))
    start = "const n = LivingFigures.area.numbers; return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


def model_of(shift, width):
    """Build the model with z = width * t, t from N(0, 1): the same p(x)."""
    net = bars_by_hand()
    net[0].bias.data -= net[0].weight.data[:, 0] * shift
    net[0].weight.data *= width
    return LatentVariableModel(StandardNormal(1), BernoulliDecoder(net))


@pytest.mark.parametrize(("shift", "width"), THETAS)
@torch.no_grad()
def test_evidence(numbers, shift, width):
    x = torch.stack([*IMAGES.values()]).double()
    got = torch.tensor(numbers(f"n.evidence(arg, {shift}, {width})", x.tolist()))
    expected = log_evidence(model_of(shift, width), x, *ruler())
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("shift", "width"), THETAS)
@torch.no_grad()
def test_curves(numbers, shift, width):
    t, dt = ruler()
    z, model = width * t, model_of(shift, width)
    for x in IMAGES.values():
        line = "n.curves(...arg, Math.exp(n.evidence([arg[0]], arg[1], arg[2])[0]))"
        got = numbers(line, [x.tolist(), shift, width, z[:, 0, 0].tolist()])
        got = {name: torch.tensor(heights) for name, heights in got.items()}
        batch = x[None].double()
        prior = Normal(0.0, width).log_prob(z[:, 0, 0]).exp()
        likelihood = model.likelihood(t).log_prob(batch).exp()[:, 0]
        posterior = exact_posterior(model, batch, t, dt).exp()[:, 0] / width
        expected = {"prior": prior, "likelihood": likelihood, "posterior": posterior}
        for name, heights in expected.items():
            torch.testing.assert_close(got[name], heights, rtol=1e-9, atol=1e-12)
        product = got["prior"] * got["likelihood"]
        torch.testing.assert_close(got["joint"], product, rtol=1e-12, atol=0)


@torch.no_grad()
def test_the_prior_is_a_ceiling_once_the_best_likelihood_is_divided_off(numbers):
    for x in IMAGES.values():
        top = numbers("n.best(arg)", x.tolist())
        z = torch.linspace(-5, 5, 4001)[:, None, None]
        likelihood = model_of(0.0, 1.0).likelihood(z).log_prob(x.double()).exp()
        assert abs(likelihood.max() / top - 1) < 1e-4  # two rulers


def test_what_the_decoder_draws(numbers):
    z = torch.linspace(-4, 4, 17)
    got = torch.tensor(numbers("arg.map((z) => [...n.byHand(z, 0.5)])", z.tolist()))
    with torch.no_grad():
        mean = model_of(0.5, 1.0).likelihood(z[:, None]).mean
    torch.testing.assert_close(got, mean, rtol=0, atol=1e-12)


def test_columns_count_pixels(numbers):
    got = numbers("arg.map(n.columns)", bar_images().tolist())
    assert got == (4 * torch.eye(4)).int().tolist()


@pytest.fixture
def page(opened):
    return opened("area")


def test_the_readout_is_the_area_and_its_log(numbers, page):
    put_state(page, "area", {"image": "two halves", "shift": -1.2})
    shown = page.locator(".lf-readout b").all_inner_texts()
    bars = [IMAGES[f"bar {c}"].tolist() for c in (1, 2, 3, 4)]
    images = [IMAGES["two halves"].tolist(), *bars]
    log, *rest = numbers("n.evidence(arg, -1.2, 1)", images)
    assert shown[1] == f"{log:.2f}".replace("-", "−")
    assert shown[2] == f"{sum(rest) / 4:.2f}".replace("-", "−")


def test_predict_moves_the_walls_and_tells_the_new_number(numbers, page):
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("PageDown")
    page.keyboard.press("Enter")
    said = page.locator(".lf-say.told").filter(has_text="You said −3.5, it is")
    said.wait_for()
    settle(page)
    (log,) = numbers("n.evidence(arg, 1.5, 1)", [IMAGES["bar 4"].tolist()])
    assert f"it is {log:.1f}".replace("-", "−") in said.inner_text()
    assert page.locator("[inert]").count() == 0
