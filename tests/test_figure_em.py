"""The EM figure: its climb against dgm.mixtures, and what it says of each half-step."""

import pytest
import torch
from playwright.sync_api import expect

from dgm import figures
from dgm.data.bars import Bars, bar_images, bars_log_prob
from dgm.mixtures import BernoulliMixture, m_step
from tests.figure_page import put_state, settle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def numbers(window):
    """Return a function that runs a line of JavaScript on the figure's numbers."""
    page = window.new_page()
    page.evaluate(figures.classic("em"))
    start = "const n = LivingFigures.em.numbers; return"
    yield lambda line, arg=None: page.evaluate(f"(arg) => {{ {start} {line}; }}", arg)
    page.close()


@pytest.fixture
def images(numbers):
    return torch.tensor(numbers("n.IMAGES")).double()


def test_the_images_are_draws_of_the_bars_in_order(images):
    torch.manual_seed(4)
    x = Bars(0.05).sample((20,))
    bar = (x[:, None] - bar_images()).abs().sum(-1).argmin(-1)
    assert images.equal(x[bar.argsort(stable=True)])


def test_the_true_bars_stand_where_the_figure_says(numbers, images):
    assert abs(numbers("n.truth") - bars_log_prob(images, 0.05).mean()) < 1e-12


@pytest.mark.parametrize("seed", [7, 16, 20, 36, 86])
def test_each_half_step_is_the_package_s(numbers, images, seed):
    """The first five steps: later ones multiply the rounding of the first."""
    path = numbers(f"n.climb({seed}).slice(0, 7)")
    nats = numbers(f"n.climb({seed}).map(n.split)")
    pi, theta = (torch.tensor(path[0][key]).double() for key in ("pi", "theta"))
    mixture, r = BernoulliMixture(pi.log(), theta), torch.tensor(path[0]["r"])
    for k, (state, told) in enumerate(zip(path, nats, strict=False)):
        if k % 2:
            r = mixture.responsibilities(images)
        elif k:
            mixture = m_step(images, r)
        torch.testing.assert_close(torch.tensor(state["r"]).double(), r)
        got = torch.tensor(state["theta"]).double()
        torch.testing.assert_close(got, mixture.theta, rtol=0, atol=1e-9)
        assert abs(told["logP"] - mixture.log_prob(images).mean()) < 1e-9


@pytest.mark.parametrize("seed", [1, 7, 16, 20, 36])
def test_bound_and_kl_add_up_and_each_step_does_its_one_thing(numbers, seed):
    nats = numbers(f"n.climb({seed}).map(n.split)")
    for k, n in enumerate(nats):
        assert abs(n["logP"] - n["bound"] - n["kl"]) < 1e-9
        assert n["kl"] > -1e-12
        if k % 2:
            assert abs(n["logP"] - nats[k - 1]["logP"]) < 1e-12 and n["kl"] < 1e-12
        elif k:
            before = nats[k - 1]
            assert n["bound"] > before["bound"] - 1e-12
            rise = n["logP"] - before["logP"]
            assert rise > n["bound"] - before["bound"] - 1e-12


def test_a_kl_with_its_arguments_swapped_would_not_add_up(numbers):
    line = """(() => { const m = n.climb(16)[2], p = n.eStep(m).r, s = n.split(m);
        const kl = p.map((row, i) => row.reduce((t, v, c) =>
            t + v * Math.log(v / m.r[i][c]), 0)).reduce((a, b) => a + b) / p.length;
        return Math.abs(s.logP - s.bound - kl); })()"""
    assert numbers(line) > 0.1


@pytest.mark.parametrize(("seed", "bars"), [(16, [1, 2]), (17, []), (37, [4])])
def test_which_bars_are_missed(numbers, images, seed, bars):
    last = numbers(f"n.climb({seed})[24]")
    assert numbers("n.missed(arg)", last) == bars
    columns = torch.tensor(last["theta"]).double().reshape(4, 4, 4).mean(1) > 0.3
    alone = columns[columns.sum(1) == 1].any(0)
    assert [c + 1 for c in range(4) if not alone[c]] == bars


@pytest.fixture
def page(opened):
    return opened("em")


def test_only_the_step_whose_turn_it_is_can_be_pressed(page):
    e_step, m_step = (page.get_by_role("button", name=f"{s} step") for s in "EM")
    say = page.locator(".lf-say")
    expect(m_step).to_be_disabled()
    e_step.click()
    expect(say).to_contain_text("the gap is 0")
    expect(e_step).to_be_disabled()
    m_step.click()
    expect(say).to_contain_text("M: the pictures moved")
    shown = page.locator(".lf-readout b")
    expect(shown.last).not_to_have_text("0.000")


def test_predict_runs_to_the_end_and_says_what_was_missed(numbers, page):
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("button", name="E step")).to_be_hidden()
    assert "5.2" not in page.locator("#em figure").inner_text()
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    end = numbers("n.split(n.climb(16)[24]).logP")
    said = page.locator(".lf-say.told")
    expect(said).to_contain_text(f"it is {end:.1f}".replace("-", "−"))
    expect(said).to_contain_text("Missed: bars 1 and 2. They share a kind")
    assert page.locator("[inert]").count() == 0


def test_the_readout_adds_up(page):
    put_state(page, "em", {"step": 4, "seed": 17})
    settle(page)
    texts = page.locator(".lf-readout b").all_inner_texts()
    log_p, bound, kl = (float(text.replace("−", "-")) for text in texts)
    assert abs(log_p - bound - kl) < 0.0016
