"""The noise figure: its classifier and its log p(x), against torch in float64."""

import pytest
import torch
from playwright.sync_api import expect
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from dgm import figures
from dgm.figures.export_digits import unpack
from dgm.figures.export_noise import SEEN, nibbles, shuffled
from dgm.nets import mlp
from tests.figure_page import put_state

pytestmark = pytest.mark.browser
STORED = figures.trained("classifier", "bells", "unseen", "line", file="noise.json")


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("noise"))
    page.evaluate("(stored) => { window.stored = stored; }", STORED)
    start = "const n = LivingFigures.noise.numbers, [bells, unseen] = "
    start += "['bells', 'unseen'].map((key) => n.shades(stored[key])); return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


def pictures(numbers):
    """Return some noisy pictures, as the figure draws them, shape (6, 64)."""
    line = "[[0, 0, 1], [3, 0.1, 1], [3, 1, 1], [8, 0.5, 7], [7, 1, 9], [1, 0.2, 3]]"
    line += ".map(([y, noise, seed]) => n.noisy(unseen[y], noise, seed))"
    return torch.tensor(numbers(line))


def test_the_stored_digits_are_the_page_s(numbers):
    x, y = shuffled()
    bells, unseen = (torch.tensor(numbers(name)) for name in ("bells", "unseen"))
    assert bells.shape == (600, 64) and unseen.shape == (10, 64)
    assert (bells - x[:600]).abs().max() <= 1 / 30 + 1e-12  # 16 shades
    for digit, picture in enumerate(unseen):
        far = (x[SEEN:] - picture).abs().amax(1)
        assert far.min() <= 1 / 30 + 1e-12 and y[SEEN:][far.argmin()] == digit


def test_noise_is_normal_and_cut_off(numbers):
    grey = torch.full((64,), 0.5).tolist()
    seeds = "Array.from({ length: 200 }, (_, s) => n.noisy(arg, 0.1, s + 1))"
    drawn = (torch.tensor(numbers(seeds, grey)) - 0.5) / 0.1
    assert abs(drawn.mean()) < 4 / len(drawn.flatten()) ** 0.5
    assert abs(drawn.std() - 1) < 4 / (2 * len(drawn.flatten())) ** 0.5
    loud = pictures(numbers)
    assert loud.min() == 0 and loud.max() == 1


@torch.no_grad()
def test_the_classifier(numbers):
    net = unpack(STORED["classifier"], mlp(64, 64, 10).float())
    x = pictures(numbers)
    line = "arg.map((x) => n.classify(n.floats(stored.classifier), x))"
    got = torch.tensor(numbers(line, x.tolist()))
    torch.testing.assert_close(got, net(x).softmax(-1), rtol=0, atol=1e-12)
    torch.testing.assert_close(got.sum(-1), torch.ones(6), rtol=0, atol=1e-12)


def test_a_step_away_follows_the_slope(numbers):
    net = unpack(STORED["classifier"], mlp(64, 64, 10).float())
    unseen = torch.tensor(numbers("unseen")).requires_grad_()
    net(unseen).log_softmax(-1).diagonal().sum().backward()
    line = "unseen.map((x, y) => n.slope(n.floats(stored.classifier), x, y))"
    got = torch.tensor(numbers(line))
    torch.testing.assert_close(got, unseen.grad, rtol=1e-9, atol=1e-12)
    line = line.replace("n.slope(", "n.stepAway(").replace("x, y))", "x, y, 0.2))")
    stepped = (unseen - 0.2 * unseen.grad.sign()).clamp(0, 1).detach()
    got = torch.tensor(numbers(line))
    torch.testing.assert_close(got, stepped, rtol=0, atol=1e-12)


def test_log_density(numbers):
    x, bells = pictures(numbers), torch.tensor(numbers("bells"))
    even = Categorical(logits=torch.zeros(len(bells)))
    expected = MixtureSameFamily(even, Independent(Normal(bells, 0.13), 1)).log_prob(x)
    got = torch.tensor(numbers("arg.map((x) => n.logDensity(bells, x))", x.tolist()))
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-9)


def test_two_pixels_a_byte():
    assert nibbles(torch.tensor([[1.0, 0.0], [0.2, 0.0]])) == "8DA="


@pytest.fixture
def page(opened):
    return opened("noise")


def test_predict_ends_in_noise_and_says_which_and_whether(numbers, page):
    put_state(page, "noise", {"image": "3", "noise": 0.1, "seed": 1})
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("PageDown")
    page.keyboard.press("Enter")
    p = numbers("n.classify(n.floats(stored.classifier), n.noisy(unseen[3], 1, 1))")
    log_p = numbers("n.logDensity(bells, n.noisy(unseen[3], 1, 1))")
    said = page.locator(".lf-say.told")
    expect(said).to_contain_text("You said 0.40")
    expect(said).to_contain_text(f"{max(p):.3f} sure that this is a {p.index(max(p))}")
    expect(said).to_contain_text(f"{log_p:.0f} nats".replace("-", "−"))
    expect(page.locator("[inert]")).to_have_count(0)


def test_other_noise_moves_the_picture(page):
    seen = "document.querySelectorAll('.lf-images svg')[1].innerHTML"
    before = page.evaluate(seen)
    page.get_by_role("button", name="Other noise").click()
    page.wait_for_function(f"(before) => {seen} !== before", arg=before)
