"""The square of codes: what the browser encodes and decodes, against torch."""

import base64
import json

import pytest
import torch
from playwright.sync_api import expect

from dgm import figures
from dgm.autoencoders import Autoencoder
from dgm.data.digits import digits
from dgm.figures.export_codes import RULES, SHOWN, SIZES, UNSEEN
from dgm.figures.export_digits import hex_digits
from tests.figure_page import get_state, put_state, settle

STORED = figures.trained("coders", "shown", "kinds", file="codes.json")


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("codes"))
    start = "const n = LivingFigures.codes.numbers, stored = "
    start += f"{json.dumps(STORED['coders'])}, images = "
    start += f"{json.dumps(STORED['shown'])}.map(n.unhex);"
    start += "const coder = (rule) => n.coder(n.floats(stored[rule]));"
    yield lambda line, arg=None: page.evaluate(
        f"(arg) => {{ {start} return {line}; }}", arg
    )
    page.close()


def trained(rule):
    """Rebuild in float64 the coder whose weights are stored."""
    flat = bytearray(base64.b64decode(STORED["coders"][rule]))
    coder, flat = Autoencoder(*SIZES), torch.frombuffer(flat, dtype=torch.float32)
    torch.nn.utils.vector_to_parameters(flat.double(), coder.parameters())
    return coder


def unseen():
    return digits()[0][UNSEEN : UNSEEN + SHOWN]


def test_what_is_stored_is_small_and_unseen():
    x, y = digits()
    assert STORED["shown"] == [hex_digits(row) for row in unseen()]
    assert [int(kind) for kind in STORED["kinds"]] == y[UNSEEN:][:SHOWN].tolist()
    assert tuple(STORED["coders"]) == figures.RANGE["codes"]["rule"] == tuple(RULES)
    assert (figures.HERE / "codes.json").stat().st_size < 60_000


@torch.no_grad()
def test_what_the_figure_says_of_its_rules():
    """Sparse: one number off. Contractive: one at its wall. Both measured here."""
    codes = {rule: trained(rule).encode(unseen()).abs() for rule in RULES}
    assert codes["sparse"].mean(0).min() < 0.02
    assert (codes["contractive"].median(0).values > 0.99).sum() == 1
    assert codes["free"].mean(0).min() > 0.3


@pytest.mark.browser
@pytest.mark.parametrize("rule", RULES)
@torch.no_grad()
def test_codes_and_pictures(numbers, rule):
    coder, z = trained(rule), 2 * torch.rand(30, 2) - 1
    codes = numbers(f"images.map((x) => [...coder('{rule}').encode(x)])")
    torch.testing.assert_close(
        torch.tensor(codes), coder.encode(unseen()), rtol=0, atol=1e-9
    )
    drawn = numbers(f"arg.map((z) => [...coder('{rule}').decode(z)])", z.tolist())
    torch.testing.assert_close(
        torch.tensor(drawn), coder.decode(z).mean, rtol=0, atol=1e-9
    )


@pytest.mark.browser
@torch.no_grad()
def test_pixels_to_the_nearest_digit(numbers):
    z = torch.tensor(numbers("n.atRandom(7)"))
    assert z.shape == (100, 2) and z.abs().max() < 1
    assert z.mean(0).abs().max() < 4 / (3 * 100) ** 0.5  # four standard errors
    got = numbers("n.written(coder('free'), n.atRandom(7), images)")
    drawn = (trained("free").decode(z).mean > 0.5).double()
    nearest = torch.cdist(drawn, unseen(), p=1).min(1).values
    assert got == pytest.approx(nearest.mean().item(), abs=1e-9)


@pytest.mark.browser
def test_the_answer_is_hidden_until_the_reader_commits(opened):
    page = opened("codes")
    put_state(page, "codes", {"rule": "contractive", "dots": "shown"})
    expect(page.locator("#codes")).to_contain_text("random codes")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#codes")).not_to_contain_text("random codes")
    assert get_state(page, "codes")["dots"] == "hidden"
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    said = page.locator(".lf-say.told").filter(has_text="You said")
    said.wait_for()
    assert get_state(page, "codes")["dots"] == "shown"


@pytest.mark.browser
def test_to_x_goes_to_the_code_of_x(opened):
    page = opened("codes")
    page.get_by_role("radio", name="7").click()
    page.get_by_role("button", name="To x").click()  # reduced motion: at once
    settle(page)
    with torch.no_grad():
        code = trained("free").encode(unseen()[7])
    state = get_state(page, "codes")
    assert [state["z1"], state["z2"]] == pytest.approx(code.tolist(), abs=1e-3)
