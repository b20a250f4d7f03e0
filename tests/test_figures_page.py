"""Living figures in a page on disk, network cut: seen, moved, linked, read aloud."""

import re
from itertools import combinations

import pytest
from playwright.sync_api import expect

from dgm import figures
from tests.figure_page import get_state, put_state, seen, settle, write_page, written

pytestmark = pytest.mark.browser
KNOBS = '.lf-handle[role="slider"][tabindex="0"], input[type="range"]'
EXTREMES = {
    "bar_decoder": [{"z": -3.5}, {"z": 0.0}, {"z": 0.85, "seed": 3}, {"z": 3.5}],
    "jensen": [
        {"z1": 0.05, "z2": 4.0},
        {"z1": 4.0, "z2": 0.05, "w": 0.5},
        {"z1": 4.0, "z2": 4.0},
        {"z1": 0.05, "z2": 0.05},
        {"z1": 0.05, "z2": 4.0, "w": 0.95},
        {"z1": 0.6, "z2": 0.4, "w": 0.0},
        {"z1": 2.0, "z2": 2.2, "w": 1.0},
    ],
    "noise": [
        {"image": "3", "noise": 0.0, "seed": 1},
        {"image": "8", "noise": 1.0, "step": 0.3, "seed": 5},
        {"image": "0", "noise": 0.0, "step": 0.2, "seed": 999},
        {"image": "7", "noise": 0.2, "seed": 40},
    ],
    "far": [
        {"x1": -9.0, "x2": 4.0, "paint": "which"},
        {"x1": 9.0, "x2": -4.0, "paint": "both"},
        {"x1": -1.7, "x2": 4.0, "paint": "nothing"},
        {"x1": -3.6, "x2": -2.6, "paint": "which"},
        {"x1": 3.6, "x2": 2.6, "paint": "both"},
    ],
    "two_kls": [
        {"which": "qp", "w": 0.0, "mu": -3.0, "sigma": 0.4},
        {"which": "pq", "w": 1.0, "mu": 3.0, "sigma": 0.4},
        {"which": "qp", "w": 0.5, "mu": 0.0, "sigma": 1.8},
        {"which": "pq", "w": 0.4, "mu": 1.6, "sigma": 0.5},
        {"which": "pq", "w": 0.6, "mu": -0.3, "sigma": 1.7},
        {"which": "qp", "w": 0.9, "mu": 2.2, "sigma": 0.9},
    ],
    "ppca": [
        {"weights": "unequal", "angle": 0.0, "curve": "shown"},
        {"weights": "unequal", "angle": 150.0, "curve": "shown"},
        {"weights": "unequal", "angle": 180.0, "curve": "hidden"},
        {"weights": "equal", "angle": 45.0, "curve": "shown"},
    ],
    "bend": [
        {"bend": 0.0, "sigma": 0.1, "z": -3.0},
        {"bend": 1.0, "sigma": 0.1, "z": 3.0},
        {"bend": 1.0, "sigma": 1.2, "z": 0.0},
        {"bend": 0.5, "sigma": 0.4, "z": 0.2},
    ],
    "area": [
        {"image": "bar 1", "shift": -2.0, "width": 0.7},
        {"image": "bar 4", "shift": 2.0, "width": 0.7},
        {"image": "bar 1", "shift": 2.0, "width": 3.0},
        {"image": "bar 3", "shift": -0.4, "width": 1.0},
        {"image": "noisy", "shift": 0.4, "width": 0.7},
        {"image": "two halves", "shift": 0.0, "width": 3.0},
        {"image": "two halves", "shift": -1.2, "width": 1.0},
    ],
    "gradients": [
        {"how": "push", "mu": -2.0, "sigma": 0.1, "K": 64},
        {"how": "detached", "mu": -2.0, "sigma": 1.0, "K": 1},
        {"how": "weigh", "mu": 2.0, "sigma": 1.0, "K": 64},
        {"how": "baseline", "mu": 0.0, "sigma": 0.1, "K": 1},
        {"how": "detached", "mu": -0.6, "sigma": 0.5, "K": 2},
        {"how": "detached", "mu": 2.0, "sigma": 0.1, "K": 64},
    ],
    "em": [
        {"step": 0, "seed": 1},
        {"step": 1, "seed": 99},
        {"step": 3, "seed": 17},
        {"step": 10, "seed": 37},
        {"step": 24, "seed": 16},
        {"step": 24, "seed": 17},
    ],
    "inflate": [
        {"image": "bar 1", "mu": -3.5, "sigma": 2.0},
        {"image": "bar 1", "mu": 3.5, "sigma": 0.05},
        {"image": "bar 3", "mu": 0.3, "sigma": 0.05},
        {"image": "two halves", "mu": 0.0, "sigma": 0.8},
        {"image": "noisy", "mu": 0.5, "sigma": 0.3},
        {"image": "bar 4", "mu": 2.4, "sigma": 1.2},
        {"image": "bar 4", "mu": 2.0, "sigma": 2.0},
        {"image": "bar 2", "mu": 3.5, "sigma": 1.738},
        {"image": "bar 4", "mu": -3.5, "sigma": 0.05},
    ],
    "codes": [
        {"rule": "free", "z1": -1.0, "z2": 1.0},
        {"rule": "sparse", "z1": 1.0, "z2": -1.0, "image": "6"},
        {"rule": "denoising", "image": "0", "dots": "shown"},
        {"rule": "contractive", "z1": 0.0, "z2": 0.0, "dots": "shown", "seed": 7},
    ],
    "latent_plane": [
        {"z1": -3.0, "z2": 3.0},
        {"z1": 3.0, "z2": -3.0, "image": "3", "other": "3"},
        {"z1": 2.0, "z2": 1.4, "image": "5", "other": "7"},
        {"z1": -2.26, "z2": 1.01, "image": "4", "other": "9"},
    ],
    "gaps": [
        {"rank": 1, "dots": "shown"},
        {"rank": 300, "dots": "shown"},
        {"rank": 600, "dots": "shown"},
        {"rank": 654, "dots": "shown"},
        {"rank": 654, "dots": "hidden"},
    ],
    "race": [
        {"image": "12 images", "updates": 25},
        {"image": "12 images", "updates": 62},
        {"image": "bar 4", "updates": 100},
        {"image": "noisy", "updates": 17},
        {"image": "two halves", "updates": 0},
        {"image": "two halves", "updates": 100},
    ],
}


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_knob_moves_the_picture_by_keyboard(opened, name):
    page = opened(name)
    knobs = page.locator(KNOBS)
    assert knobs.count() >= 2
    for knob in knobs.all():
        put_state(page, name, figures.START[name])
        before, value = seen(page, name), knob.get_attribute("aria-valuetext")
        knob.focus()
        for key in ("ArrowLeft", "PageDown"):
            page.keyboard.press(key)
        assert seen(page, name) != before, knob
        assert knob.get_attribute("aria-valuetext") != value


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_knob_moves_the_picture_by_mouse(opened, name):
    page = opened(name)
    for knob in page.locator(KNOBS).all():
        put_state(page, name, figures.START[name])
        before, box = seen(page, name), knob.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 40, y, steps=4)
        page.mouse.up()
        assert seen(page, name) != before, knob


@pytest.mark.parametrize("name", figures.NAMES)
def test_ends_of_a_knob_stay_in_range_and_reset_comes_home(opened, name):
    page = opened(name)
    home, drawn = get_state(page, name), seen(page, name)
    for knob in page.locator(KNOBS).all():
        for key in ("Home", "End", "ArrowRight"):
            knob.focus()
            page.keyboard.press(key)
            settle(page)
            for k, (lo, hi) in numeric_ranges(name):
                assert lo <= get_state(page, name)[k] <= hi
    page.get_by_role("button", name="Reset").click()
    assert get_state(page, name) == home
    assert seen(page, name) == drawn


def numeric_ranges(name):
    return [(k, r) for k, r in figures.RANGE[name].items() if not isinstance(r[0], str)]


@pytest.mark.parametrize("name", figures.NAMES)
def test_the_spoken_line_follows_and_waits(opened, name):
    page = opened(name)
    spoken = page.locator(f"#{name} .lf-spoken")
    spoken.filter(has_text=re.compile(r"\d")).wait_for(state="attached")
    before = spoken.text_content()
    page.locator(KNOBS).first.focus()
    page.keyboard.press("PageUp")
    settle(page)
    assert spoken.text_content() == before  # a drag is not interrupted
    expect(spoken).not_to_have_text(before)


def test_the_readout_is_the_numbers(opened):
    page = opened("jensen")
    put_state(page, "jensen", {"z1": 1.0, "z2": 4.0, "w": 0.5})
    assert page.locator(".lf-readout b").all_inner_texts() == [
        "0.916",
        "0.693",
        "0.223",
    ]
    put_state(page, "jensen", {"z2": 1.0})
    assert page.locator(".lf-readout b").last.inner_text() == "0.000"
    assert "gap is 0" in page.locator(".lf-say").inner_text()


def test_two_equal_values_are_easy_to_hit_by_mouse(opened):
    page = opened("jensen")
    knobs = page.locator('.lf-handle[aria-label="z1"], .lf-handle[aria-label="z2"]')
    first, second = (knob.bounding_box() for knob in knobs.all())
    x, y = first["x"] + 18, first["y"] + 18
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + second["x"] - first["x"] + 1, y, steps=9)
    page.mouse.up()
    state = get_state(page, "jensen")
    assert state["z1"] == state["z2"] == figures.START["jensen"]["z2"]


def test_noise_stays_while_z_moves_and_changes_on_request(opened):
    page = opened("bar_decoder")
    pixels = page.locator(".lf-images .lf-picture >> nth=1")
    draws = []
    for z in (-3.0, -2.0, 0.0, 2.0, -3.0):
        put_state(page, "bar_decoder", {"z": z})
        draws.append(pixels.inner_html())
    assert draws[0] == draws[1] == draws[4]  # one bar, one noise: one image
    assert len(set(draws)) == 3
    put_state(page, "bar_decoder", {"z": 0.0})
    page.get_by_role("button", name="Resample").click()
    settle(page)
    assert pixels.inner_html() not in draws


def test_the_point_in_the_plane_can_be_dragged_along_its_curve(opened):
    page = opened("bar_decoder")
    put_state(page, "bar_decoder", {"z": -2.0})
    box = page.locator(".lf-plane .lf-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 190, y, steps=5)
    page.mouse.up()
    assert -0.7 < get_state(page, "bar_decoder")["z"] < 0  # from bar 1 to bar 2


def test_an_image_is_picked_by_mouse_and_by_keyboard(opened):
    page = opened("inflate")
    page.get_by_role("radio", name="noisy").click()
    assert get_state(page, "inflate")["image"] == "noisy"
    page.keyboard.press("ArrowRight")
    assert get_state(page, "inflate")["image"] == "two halves"


def test_two_figures_of_a_kind_do_not_share_a_picker(tmp_path, watched):
    page, complaints = watched()
    path = write_page(tmp_path, "inflate")
    box = re.search(r"<div id.*</div>", path.read_text("utf8"))[0]
    twin = box.replace('id="inflate"', 'id="twin"')
    path.write_text(path.read_text("utf8").replace(box, box + twin), "utf8")
    page.goto(path.as_uri())
    page.locator("#twin[data-ready]").wait_for()
    page.locator("#twin").get_by_role("radio", name="noisy").click()
    checked = page.locator("input:checked")
    assert [c.get_attribute("value") for c in checked.all()] == ["bar 4", "noisy"]
    assert complaints == []


def test_best_q_leaves_the_gap_that_a_gaussian_must_leave(opened):
    page = opened("inflate")
    page.get_by_role("button", name="Best").click()
    settle(page)
    log_p, elbo, gap = (
        float(t.replace("−", "-"))
        for t in page.locator(".lf-readout b").all_inner_texts()
    )
    assert 0 < gap < 0.3
    assert abs(elbo + gap - log_p) < 0.0021  # three numbers rounded to three digits


def test_predict_commit_reveal(opened):
    page = opened("inflate")
    before = get_state(page, "inflate")
    page.get_by_role("button", name="Predict").click()
    assert page.locator("[inert]").count() == 3  # pictures, plot and sliders are locked
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    guess = page.locator(".lf-bar text.data").text_content()
    assert get_state(page, "inflate") == before
    page.keyboard.press("Enter")
    said = page.locator(".lf-say.told").filter(has_text="You said")
    said.wait_for()
    assert guess.split()[1] in said.inner_text()
    assert page.locator(".lf-bar text.data").text_content() == guess  # the mark stands
    elbo = page.locator(".lf-bar text.q").text_content()
    assert f"it is {elbo.removeprefix('ELBO ')}:" in said.inner_text()
    assert get_state(page, "inflate")["sigma"] == 2 * before["sigma"]
    assert page.locator("[inert]").count() == 0
    page.get_by_role("slider", name="Mean of q").first.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert page.locator(".lf-bar text.data").text_content() == ""  # the reader moved on


def test_a_prediction_can_be_called_off(opened):
    page = opened("inflate")

    before = written(page, "inflate")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("[inert]")).not_to_have_count(0)
    assert written(page, "inflate") != before
    page.wait_for_timeout(500)  # until the question is spoken
    mark = page.get_by_role("slider", name="Your guess of the ELBO")
    expect(mark).to_be_focused()
    mark.press("Escape")
    expect(page.locator("[inert]")).to_have_count(0)
    settle(page)
    assert written(page, "inflate") == before


@pytest.mark.parametrize("name", figures.NAMES)
def test_the_address_remembers_and_restores(opened, name):
    page = opened(name)
    page.locator(KNOBS).first.focus()
    page.keyboard.press("PageUp")
    page.wait_for_function("location.hash.includes('?')")
    moved, address = get_state(page, name), page.evaluate("location.hash")
    assert address.startswith(f"#{name}?")
    page = opened(name, hash=address)
    assert get_state(page, name) == moved


@pytest.mark.parametrize(
    "garbage",
    [
        "mu=abc&sigma=&image=bar+9&weights=AAAA&range=1",
        "mu=NaN&sigma=1e999&__proto__=1&z=%E0%A4%A",
        "%",
        "mu",
    ],
)
def test_garbage_in_the_address_is_ignored(opened, garbage):
    page = opened("inflate", hash=f"#inflate?{garbage}")
    assert get_state(page, "inflate") == figures.START["inflate"]


def test_the_address_cannot_leave_the_range(opened):
    page = opened("inflate", hash="#inflate?mu=99&sigma=-5")
    state = get_state(page, "inflate")
    assert (state["mu"], state["sigma"]) == (3.5, 0.05)


def test_a_link_in_the_text_moves_the_figure(opened):
    page = opened("inflate")
    page.get_by_text("move it").click()
    assert get_state(page, "inflate")["mu"] == -1
    page.wait_for_function("location.hash.includes('mu=-1')")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", figures.NAMES)
def test_a_phone_shows_all_of_it(opened, name, dark):
    page = opened(name, width=1280, dark=dark)
    page.set_viewport_size({"width": 390, "height": 800})
    for state in EXTREMES[name]:
        put_state(page, name, state)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, state


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", figures.NAMES)
def test_labels_cover_neither_each_other_nor_a_knob(opened, name, width):
    page = opened(name, width=width)
    line = """(svg) => [...svg.querySelectorAll(".lf-label, .lf-handle :not(.lf-hit)")]
        .filter((n) => n.getAttribute("visibility") !== "hidden" && n.closest("g")
            ?.getAttribute("visibility") !== "hidden")
        .map((n) => [n.textContent, n.getBoundingClientRect()])
        .filter(([, b]) => b.width > 0)
        .map(([t, b]) => [t, b.left + 1, b.top + 3, b.right - 1, b.bottom - 3])"""
    for state in EXTREMES[name]:
        put_state(page, name, state)
        for svg in page.locator(".lf-plot > svg, .lf-bar > svg").all():
            for one, other in combinations(svg.evaluate(line), 2):
                apart = (
                    one[3] <= other[1]
                    or other[3] <= one[1]
                    or one[4] <= other[2]
                    or other[4] <= one[2]
                )
                assert apart, (state, one, other)


def luminance(color):
    parts = [float(v) / 255 for v in re.findall(r"[\d.]+", color)[:3]]
    r, g, b = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("dark", [False, True])
def test_every_role_can_be_read(opened, dark):
    page = opened("inflate", dark=dark)
    line = """(figure) => ["data", "prior", "q", "exact", "model", ""].map((role) => {
        const node = figure.appendChild(document.createElement("p"));
        node.className = role || "lf-under";
        if (!role) node.style.color = "var(--mute)";
        return getComputedStyle(node).color;
    }).concat(getComputedStyle(figure).backgroundColor)"""
    *roles, paper = map(luminance, page.locator("figure").evaluate(line))
    assert (paper < 0.05) == dark
    for role in roles:
        light, low = max(role, paper), min(role, paper)
        assert (light + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("name", figures.NAMES)
def test_targets_are_large_and_named(opened, name):
    page = opened(name, width=390)
    labels = ".lf-picker label, .lf-chips label"
    for node in page.locator(f"{KNOBS}, button:visible, {labels}").all():
        box = node.bounding_box()
        assert min(box["width"], box["height"]) >= 24, node
    for knob in page.locator(KNOBS).all():
        assert knob.get_attribute("aria-label")


def test_a_figure_that_cannot_start_says_so(tmp_path, watched):
    page, complaints = watched()
    path = write_page(tmp_path, "inflate")
    path.write_text(path.read_text("utf8").replace('"range"', '"rang"'), "utf8")
    page.goto(path.as_uri())
    page.get_by_text("This figure could not start").wait_for()
    assert len(complaints) == 1
