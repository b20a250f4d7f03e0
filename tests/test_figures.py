"""Living figures from Python: their texts, their states, their widgets."""

import json

import pytest
import torch
from traitlets import TraitError

from dgm import figures
from dgm.data.bars import Bars, bar_images
from dgm.figures import widgets
from dgm.figures.export import figure_images, unpack
from dgm.quadrature import exact_posterior, log_evidence, ruler

WIDGETS = {
    name: getattr(widgets, "".join(word.title() for word in name.split("_")))
    for name in figures.NAMES
}


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_module_exports_once_and_imports_nothing(name):
    text = figures.bundle(name)
    assert text.count("\nexport default ") == 1
    assert "\nimport " not in text
    assert "http://www.w3.org/2000/svg" in text and text.count("://") == 1
    assert len(text) < 50_000  # a page with one figure, before compression


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_figures_own_code_is_short(name):
    text = (figures.HERE / f"{name}.js").read_text("utf8")
    assert len(text.splitlines()) < 150


def test_the_book_gets_the_shared_parts_once():
    text = figures.classic_all()
    assert text.count("function frame(") == 1
    assert "export default" not in text
    assert all(f'LivingFigures["{name}"]' in text for name in figures.NAMES)


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_state_is_json_and_within_its_own_range(name):
    state = json.loads(json.dumps(figures.state(name)))
    for key, limits in state["range"].items():
        words = isinstance(state[key], str)
        assert state[key] in limits if words else limits[0] <= state[key] <= limits[1]
    assert set(figures.SHARE[name]) == set(state["range"])


def test_images_are_the_exported_ones_and_the_choices():
    images = figures.state("inflate")["images"]
    assert tuple(images) == figures.RANGE["inflate"]["image"]
    for name, x in figure_images().items():
        assert [int(bit) for bit in images[name]] == x.tolist()


def test_an_unknown_figure_is_named():
    with pytest.raises(ValueError, match="got 'inflated', expected one of bar_decoder"):
        figures.bundle("inflated")


def test_the_stored_decoder_explains_bars_from_left_to_right():
    model = unpack(figures.trained("weights")["weights"])
    z, dz = ruler()
    with torch.no_grad():
        posterior = exact_posterior(model, bar_images(), z, dz).exp()
        mean = (dz * posterior * z[..., 0]).sum(0)
        short = Bars().log_prob(bar_images()) - log_evidence(model, bar_images(), z, dz)
    assert (mean.diff() > 0.3).all()
    assert (short < 0.5).all()  # nats below the truth, for each clean bar


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_widget_starts_where_the_page_does(name):
    widget, state = WIDGETS[name](), figures.state(name)
    assert {key: getattr(widget, key) for key in state} == state
    assert all(widget.trait_metadata(key, "sync") for key in state)
    assert widget._esm == figures.bundle(name)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: widgets.Inflate(sigma=0), "sigma=0.0, expected a number from 0.05"),
        (lambda: widgets.Inflate(sigma=-1.0), "Inflate: got sigma=-1.0"),
        (lambda: widgets.Inflate(image="bar 9"), "expected one of bar 1, bar 2"),
        (lambda: widgets.Inflate(mu=float("nan")), "got mu=nan"),
        (lambda: widgets.Jensen(z1=0), "z1=0.0, expected a number from 0.05 to 4"),
        (lambda: widgets.Jensen(w=1.1), "w=1.1, expected a number from 0 to 1"),
        (lambda: widgets.BarDecoder(z=9), "z=9.0, expected a number from -3.5 to 3.5"),
        (lambda: widgets.BarDecoder(seed=0), "seed=0, expected a number from 1 to 999"),
    ],
)
def test_a_widget_refuses_in_one_sentence(make, sentence):
    with pytest.raises(TraitError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_refused_value_leaves_the_figure_as_it_was():
    figure, heard = widgets.Inflate(), []
    figure.observe(lambda change: heard.append(change.new), names="sigma")
    with pytest.raises(TraitError):
        figure.sigma = 0
    figure.sigma = 0.4
    assert heard == [0.4]


def test_the_widget_hands_out_the_image_that_it_shows():
    figure = widgets.Inflate(image="two halves")
    assert figure.x == figure_images()["two halves"].tolist()
