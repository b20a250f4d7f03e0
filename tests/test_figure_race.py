"""The race: both lanes as torch computes them, and what a new image does."""

import json

import pytest
import torch

from dgm import figures
from dgm.data.bars import all_images
from dgm.densities import diagonal_normal, kl_standard_normal
from dgm.figures.export import figure_images
from dgm.figures.export_amortization import hex_digits
from dgm.figures.export_digits import unpack
from dgm.quadrature import exact_elbo, log_evidence, ruler
from dgm.vae import vae
from tests.figure_page import get_state, put_state, settle

KEYS = ("weights", "encoder", "set", "arrivals")
STORED = figures.trained(*KEYS, file="amortization.json")
RACES = {name: [STORED["arrivals"][name]] for name in ("bar 4", "noisy", "two halves")}
RACES |= {"12 images": STORED["set"]}


def pixels(codes):
    return all_images()[torch.tensor([int(code, 16) for code in codes])]


@pytest.fixture(scope="module")
def trained():
    model, posterior = vae(16, 32, 1)
    return unpack(STORED["weights"], model), unpack(STORED["encoder"], posterior)


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("race"))
    start = "const n = LivingFigures.race.numbers;"
    start += f"const [w, enc] = {json.dumps([STORED[k] for k in KEYS[:2]])}"
    start += ".map(n.floats), evidence = n.evidences(w);"
    yield lambda line, argument=None: page.evaluate(
        f"(arg) => {{ {start} return {line}; }}", argument
    )
    page.close()


def close(got, expected, tolerance=1e-9):
    got = torch.as_tensor(got, dtype=torch.float64)
    assert torch.allclose(got, expected.double(), rtol=0, atol=tolerance)


def on_the_ruler(model, x, phi):
    """Integrate the ELBO on the fixed ruler, for phi of shape (batch, 2)."""
    (mu, log_sigma), (z, dz) = phi[:, None].unbind(-1), ruler()
    weight = dz * diagonal_normal(mu, log_sigma).log_prob(z).exp()
    log_lik = model.likelihood(z).log_prob(x)
    return (weight * log_lik).sum(0) - kl_standard_normal(mu, log_sigma)


def test_the_images_are_those_of_the_other_figures():
    for name, x in figure_images().items():
        assert STORED["arrivals"][name] == hex_digits(x)
    assert set(RACES) == set(figures.RANGE["race"]["image"])
    assert len(STORED["set"]) == 12


@pytest.mark.browser
def test_the_elbo_and_its_slopes(numbers, trained):
    x = pixels(STORED["set"])
    phi = torch.stack([4 * torch.rand(12) - 2, 3 * torch.rand(12) - 3], 1)
    line = "arg.map(([x, q]) => n.elboOf(evidence(x), ...q))"
    got = numbers(line, list(zip(x.tolist(), phi.tolist(), strict=True)))
    q_z = diagonal_normal(phi[:, :1], phi[:, 1:])
    with torch.no_grad():
        close([v["elbo"] for v in got], exact_elbo(trained[0], q_z, x, *ruler(4001)))
    phi.requires_grad_()
    exact = on_the_ruler(trained[0], x, phi).sum()
    close([v["slopes"] for v in got], torch.autograd.grad(exact, phi)[0])


@pytest.mark.browser
def test_own_bells_climb_as_adam_does(numbers, trained):
    x = pixels([*STORED["set"], *STORED["arrivals"].values()])
    got = torch.tensor(numbers("arg.map((x) => n.climb(evidence(x)))", x.tolist()))
    phi = torch.zeros(len(x), 2, requires_grad=True)
    adam = torch.optim.Adam([phi], lr=0.1)
    for k in range(101):
        elbo = on_the_ruler(trained[0], x, phi)
        close(got[:, k, :2], phi.detach(), 1e-7)  # rounding, carried along 100 steps
        close(got[:, k, 2], elbo.detach())
        adam.zero_grad()
        (-elbo.sum()).backward()
        adam.step()


@pytest.mark.browser
@pytest.mark.parametrize("name", RACES)
def test_both_lanes_are_means_over_images(numbers, trained, name):
    (model, posterior), x = trained, pixels(RACES[name])
    line = "((r) => [r.local, r.amortized, r.log, r.over])(n.race(evidence, enc, arg))"
    local, amortized, log_p, over = numbers(line, x.tolist())
    with torch.no_grad():
        close(amortized, exact_elbo(model, posterior(x), x, *ruler(4001)).mean())
        close(log_p, log_evidence(model, x, *ruler()).mean())
        prior = diagonal_normal(torch.zeros(len(x), 1), torch.zeros(len(x), 1))
        close(local[0], exact_elbo(model, prior, x, *ruler(4001)).mean())
    assert len(local) == 101 and max(local) < log_p
    assert 0 <= over <= 100 and local[over] > amortized
    assert all(v <= amortized for v in local[:over])


@pytest.mark.browser
def test_an_odd_image_is_better_off_with_the_prior(numbers):
    """The surprise: the encoder's bell is worse than no answer at all."""
    line = "n.race(evidence, enc, arg).over"
    odd, clean = (pixels(RACES[n]).tolist() for n in ("two halves", "bar 4"))
    assert numbers(line, odd) == 0 and numbers(line, clean) > 20


@pytest.mark.browser
def test_a_new_image_sends_the_own_bell_back_to_the_prior(opened):
    page = opened("race")
    put_state(page, "race", {"updates": 70})
    page.get_by_role("button", name="A new image arrives").click()
    settle(page)
    assert get_state(page, "race") == {"image": "bar 4", "updates": 0}
    assert "The encoder leads" in spoken(page)
    put_state(page, "race", {"updates": 70})
    page.get_by_role("radio", name="two halves").click()
    settle(page)
    assert get_state(page, "race") == {"image": "two halves", "updates": 0}
    assert "Own bell leads" in spoken(page)


def spoken(page):
    page.wait_for_timeout(500)
    return page.locator(".lf-spoken").text_content()


@pytest.mark.browser
def test_step_back_and_play(opened):
    page = opened("race")
    page.get_by_role("button", name="Step").click()
    page.get_by_role("button", name="Step").click()
    page.get_by_role("button", name="Back").click()
    assert get_state(page, "race")["updates"] == 11
    page.get_by_role("button", name="Play").click()  # reduced motion: at once
    settle(page)
    assert get_state(page, "race")["updates"] == 100
    assert page.get_by_text("Own bells lead").is_visible()


@pytest.mark.browser
def test_predict_when_the_lead_changes(opened):
    page = opened("race")
    put_state(page, "race", {"updates": 80})
    page.get_by_role("button", name="Predict").click()
    assert page.locator("[inert]").count() == 3  # images, slider and steps are locked
    settle(page)
    assert page.locator(".lf-readout b").nth(1).inner_text() == "−18.033"  # the start
    assert not page.locator('[aria-label="Updates of each bell"]').first.is_visible()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    said = page.locator(".lf-say.told").filter(has_text="You said 15, it is 62")
    said.wait_for()
    settle(page)
    assert get_state(page, "race")["updates"] == 62
    assert page.get_by_text("leads at 62").is_visible()
    page.get_by_role("button", name="Step").click()
    settle(page)
    assert page.locator(".lf-say.told").count() == 0  # the reader moved on
