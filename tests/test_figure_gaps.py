"""The distribution of the gap: what is stored, computed and predicted."""

import base64
import json

import pytest
import torch

from dgm import figures
from dgm.data.bars import Bars, all_images, bar_images
from dgm.densities import diagonal_normal
from dgm.figures.export_amortization import doubles, halves, hex_digits, split
from dgm.figures.export_digits import unpack
from dgm.quadrature import exact_elbo, exact_posterior, log_evidence_chunked, ruler
from dgm.vae import vae
from tests.figure_page import get_state, put_state, settle, written

KEYS = ("weights", "encoder", "images", "bells", "gaps", "mean", "largest")
STORED = figures.trained(*KEYS, file="amortization.json")
SOME = [0, 1, 66, 100, 300, 500, 640, 652, 653]  # least, start, some, most


def pairs(key):
    raw = bytearray(base64.b64decode(STORED[key]))
    return torch.frombuffer(raw, dtype=torch.float32).reshape(-1, 2).double()


@pytest.fixture(scope="module")
def trained():
    model, posterior = vae(16, 32, 1)
    return unpack(STORED["weights"], model), unpack(STORED["encoder"], posterior)


@pytest.fixture(scope="module")
def images():
    codes = torch.tensor([int(code, 16) for code in STORED["images"]])
    return all_images()[codes]


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("gaps"))
    start = "const n = LivingFigures.gaps.numbers, evidence = (w, x) => n.evidences(w)"
    start += f"(x); const [w, enc] = {json.dumps([STORED[k] for k in KEYS[:2]])}"
    start += ".map(n.floats);"
    yield lambda line, argument=None: page.evaluate(
        f"(arg) => {{ {start} return {line}; }}", argument
    )
    page.close()


def close(got, expected, tolerance=1e-9):
    got = torch.as_tensor(got, dtype=torch.float64)
    assert torch.allclose(got, expected.double(), rtol=0, atol=tolerance)


def test_the_dots_are_all_near_images_and_some_rare_ones(images):
    off = (images[:, None] != bar_images()).sum(-1).amin(-1)
    assert [(off == k).sum().item() for k in range(3)] == [4, 64, 480]
    names = set(STORED["images"])
    assert len(names) == len(images) == figures.RANGE["gaps"]["rank"][1]
    assert {hex_digits(x) for x in torch.cat([halves(), doubles()])} <= names


def test_the_stored_gaps_are_the_exact_ones_in_order(trained, images):
    total = pairs("gaps").sum(1)
    assert (total.diff() >= 0).all() and (pairs("gaps") > 0).all()
    bells, gaps = split(*trained, images[SOME])
    close(gaps, pairs("gaps")[SOME], 3e-6)  # rounding to float32
    close(bells, pairs("bells")[SOME], 3e-6)


@pytest.mark.slow
def test_the_stored_mean_is_over_all_images(trained):
    x, p = all_images(), Bars(0.05).log_prob(all_images()).exp()
    model, posterior = trained
    with torch.no_grad():
        log_p = log_evidence_chunked(model, x, *ruler())
        parts = [exact_elbo(model, posterior(b), b, *ruler(61)) for b in x.split(4096)]
    gap = log_p - torch.cat(parts)
    close(p @ gap, torch.tensor(STORED["mean"]).sum(), 2e-6)
    close(gap.max(), torch.tensor(STORED["largest"]), 2e-6)


@pytest.mark.browser
def test_evidence_and_posterior(numbers, trained, images):
    x, (z, dz) = images[SOME], ruler()
    got = numbers("arg.map((x) => evidence(w, x).log)", x.tolist())
    with torch.no_grad():
        close(got, log_evidence_chunked(trained[0], x, z, dz))
        post = exact_posterior(trained[0], x, z, dz).exp()[:, -1]
    line = "((u) => Array.from(u.joint, (v) => v / Math.exp(u.log)))(evidence(w, arg))"
    close(numbers(line, x[-1].tolist()), post)


@pytest.mark.browser
def test_the_encoder_and_the_two_gaps(numbers, trained, images):
    model, posterior = trained
    x = images[SOME]
    with torch.no_grad():
        q_z = posterior(x)
        own = torch.cat([q_z.mean, q_z.stddev.log()], 1)
    close(numbers("arg.map((x) => Array.from(n.encode(enc, x)))", x.tolist()), own)
    bells = pairs("bells")[SOME]
    line = "arg.map(([x, q]) => n.split(evidence(w, x), q, n.encode(enc, x)))"
    got = numbers(line, list(zip(x.tolist(), bells.tolist(), strict=True)))
    best = diagonal_normal(bells[:, :1], bells[:, 1:])
    with torch.no_grad():
        high, low = (exact_elbo(model, q, x, *ruler(2001)) for q in (best, q_z))
        gaps = log_evidence_chunked(model, x, *ruler()) - high, high - low
    close([[v["gaussian"], v["amortization"]] for v in got], torch.stack(gaps, 1))


@pytest.mark.browser
def test_the_chance_of_an_image(numbers, images):
    got = numbers("arg.map(n.chance)", images.tolist())
    close(got, Bars(0.05).log_prob(images).exp(), 1e-15)
    bits = numbers("arg.map(n.unhex)", STORED["images"])
    close(bits, images, 0)


@pytest.mark.browser
def test_predict_the_largest_gap(opened):
    page = opened("gaps")
    dots = page.locator(".lf-dots")
    assert dots.get_attribute("visibility") == "hidden"
    page.get_by_role("button", name="Predict").click()
    assert page.locator("[inert]").count() == 2
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".lf-say.told").filter(has_text="You said 1.58, it is 21.3").wait_for()
    settle(page)
    assert dots.get_attribute("visibility") == "visible"
    assert get_state(page, "gaps") == {"rank": 654, "dots": "shown"}
    assert page.get_by_text("largest 21.3").is_visible()
    page.get_by_role("slider", name="Image, by its gap").first.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert get_state(page, "gaps")["rank"] == 653
    assert not page.get_by_text("you 1.58").is_visible()  # the reader moved on


@pytest.mark.browser
def test_a_called_off_prediction_leaves_no_trace(opened):
    page = opened("gaps")
    before = written(page, "gaps")
    page.get_by_role("button", name="Predict").click()
    page.keyboard.press("Escape")
    settle(page)
    assert written(page, "gaps") == before
    assert get_state(page, "gaps") == figures.START["gaps"]


@pytest.mark.browser
def test_a_click_takes_the_nearest_dot(opened):
    page = opened("gaps")
    put_state(page, "gaps", {"dots": "shown"})
    for k in (653, 651, 5):
        box = page.locator(".lf-dots circle").nth(k).bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert get_state(page, "gaps")["rank"] == k + 1


@pytest.mark.browser
def test_the_numbers_add_up(opened):
    page = opened("gaps")
    for rank in (1, 300, 654):
        put_state(page, "gaps", {"rank": rank})
        gap, gaussian, amortization = map(
            float, page.locator(".lf-readout b").all_inner_texts()
        )
        assert abs(gap - gaussian - amortization) < 0.0016  # three rounded numbers
        assert gap == pytest.approx(pairs("gaps")[rank - 1].sum().item(), abs=6e-4)
