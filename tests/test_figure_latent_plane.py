"""The latent plane: what the browser decodes and encodes, against torch; its handle."""

import json

import pytest
import torch

from dgm import figures
from dgm.data.digits import digits
from dgm.figures.export_digits import HIDDEN, SHOWN, UNSEEN, hex_digits, unpack
from dgm.vae import vae
from tests.figure_page import get_state, put_state, settle

KEYS = ("decoder", "encoder", "codes", "labels")
STORED = figures.trained(*KEYS, file="digits.json")


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("latent_plane"))
    start = "const n = LivingFigures.latent_plane.numbers;"
    start += f"const [dec, enc] = {json.dumps([STORED[k] for k in KEYS[:2]])}"
    start += ".map(n.floats);"
    yield lambda line, argument=None: page.evaluate(
        f"(arg) => {{ {start} return {line}; }}", argument
    )
    page.close()


@pytest.fixture(scope="module")
def trained():
    model, posterior = vae(64, HIDDEN, 2)
    return unpack(STORED["decoder"], model), unpack(STORED["encoder"], posterior)


def close(got, expected, tolerance=1e-9):
    got = torch.as_tensor(got, dtype=torch.float64)
    assert torch.allclose(got, expected.double(), rtol=0, atol=tolerance)


def test_the_codes_are_digits_that_training_did_not_see():
    x, y = digits()
    shown = slice(UNSEEN, UNSEEN + SHOWN)
    assert STORED["codes"] == [hex_digits(row) for row in x[shown]]
    assert [int(label) for label in STORED["labels"]] == y[shown].tolist()
    assert STORED["labels"][:10] == "".join(figures.RANGE["latent_plane"]["image"])


@pytest.mark.browser
def test_bits(numbers):
    x = digits()[0][UNSEEN : UNSEEN + SHOWN]
    close(numbers("arg.map(n.unhex)", STORED["codes"]), x, 0)


@pytest.mark.browser
def test_decoded_digits(numbers, trained):
    z = torch.cat([6 * torch.rand(40, 2) - 3, torch.tensor([[-3, 3], [3, -3.0]])])
    got = numbers("arg.map((z) => Array.from(n.decode(dec, z)))", z.tolist())
    with torch.no_grad():
        close(got, trained[0].likelihood(z).mean)


@pytest.mark.browser
def test_bells_of_the_encoder(numbers, trained):
    x = digits()[0][UNSEEN : UNSEEN + SHOWN]
    got = numbers("arg.map((x) => n.encode(enc, x))", x.tolist())
    with torch.no_grad():
        q_z = trained[1](x)
    close([q["mu"] for q in got], q_z.mean)
    close([q["sigma"] for q in got], q_z.stddev)


@pytest.mark.browser
def test_the_share_of_the_way_is_that_of_the_nearest_point(numbers):
    cases = torch.randn(30, 3, 2)
    got = torch.tensor(numbers("arg.map((c) => n.along(...c))", cases.tolist()))
    a, b, z = cases.unbind(1)
    t = torch.linspace(0, 1, 2001)[:, None, None]
    far = ((1 - t) * a + t * b - z).norm(dim=-1)  # (marks, cases)
    close(got, far.argmin(0) / 2000, 3e-4)  # half a mark
    assert numbers("n.along([1, 2], [1, 2], [3, 4])") == 0
    on = numbers("n.along([0, 1], [2, -1], n.mix([0, 1], [2, -1], 0.3))")
    assert abs(on - 0.3) < 1e-15


@pytest.mark.browser
def test_unsure_wrong_and_nearest(numbers):
    m, x, z = torch.rand(64), (torch.rand(64) < 0.5).double(), torch.randn(30, 2)
    flips = torch.stack([m, 1 - m]).min(0).values.sum()
    close(numbers("n.unsure(arg)", m.tolist()), flips)
    off = ((m > 0.5) != (x > 0.5)).sum().item()
    assert numbers("n.wrong(...arg)", [m.tolist(), x.tolist()]) == off
    near = (z[1:] - z[0]).norm(dim=1).argsort()[:3].tolist()
    got = numbers("n.nearest(arg.slice(1), arg[0])", z.tolist())
    assert got == near


@pytest.mark.browser
def test_half_way_the_decoder_is_surer_than_the_pixels(numbers):
    """What the figure starts with: half way from a 4 to a 7 lie the 9s."""
    state = figures.START["latent_plane"]
    i, j = int(state["image"]), int(state["other"])
    line = "arg.map((i) => n.unhex(i)).map((x) => n.encode(enc, x).mu)"
    a, b = numbers(line, [STORED["codes"][i], STORED["codes"][j]])
    t = numbers("n.along(...arg)", [a, b, [state["z1"], state["z2"]]])
    assert abs(t - 0.5) < 0.002
    drawn = numbers("n.unsure(n.decode(dec, arg))", [state["z1"], state["z2"]])
    codes = [STORED["codes"][i], STORED["codes"][j]]
    mixed = numbers("n.unsure(n.mix(...arg.map(n.unhex), 0.5))", codes)
    assert drawn < 0.6 * mixed


@pytest.mark.browser
def test_the_point_has_two_ways_to_go_by_keyboard(opened):
    page = opened("latent_plane")
    page.locator(".lf-both").focus()
    before = get_state(page, "latent_plane")
    moves = {
        "ArrowRight": (0.05, 0),
        "ArrowDown": (0, -0.05),
        "Shift+ArrowUp": (0, 0.5),
    }
    for key, (a, b) in moves.items():
        page.keyboard.press(key)
        after = get_state(page, "latent_plane")
        assert after["z1"] == pytest.approx(before["z1"] + a, abs=1e-9)
        assert after["z2"] == pytest.approx(before["z2"] + b, abs=1e-9)
        before = after


@pytest.mark.browser
def test_the_point_follows_the_pointer_both_ways(opened):
    page = opened("latent_plane")
    box = page.locator(".lf-both").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = get_state(page, "latent_plane")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    settle(page)
    after, moved = get_state(page, "latent_plane"), page.locator(".lf-both")
    assert after["z1"] > before["z1"] and after["z2"] < before["z2"]
    assert moved.bounding_box()["x"] == pytest.approx(box["x"] + 60, abs=1)
    assert moved.bounding_box()["y"] == pytest.approx(box["y"] + 40, abs=1)


@pytest.mark.browser
def test_another_image_keeps_the_share_of_the_way(opened):
    page = opened("latent_plane")
    way = page.get_by_role("slider", name="t, from x to x′")
    way.focus()
    page.keyboard.press("End")
    settle(page)
    page.get_by_role("radio", name="2").last.click()
    settle(page)
    assert get_state(page, "latent_plane")["other"] == "2"
    assert way.get_attribute("aria-valuetext") == "1.00"


@pytest.mark.browser
def test_a_walk_ends_at_the_other_image(opened):
    page = opened("latent_plane")
    put_state(page, "latent_plane", {"image": "0", "other": "1"})
    page.get_by_role("button", name="Walk").click()  # reduced motion: at once
    settle(page)
    way = page.get_by_role("slider", name="t, from x to x′")
    assert way.get_attribute("aria-valuetext") == "1.00"
