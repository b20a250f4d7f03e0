"""Problem set 03: its references against other routes, and the text's numbers."""

import contextlib
import io
import math
import re
from itertools import product

import pytest
import torch
from submissions import ROOT, code, solved

from classroom.question import load
from classroom.release import CHECK_SEED
from dgm.linear_gaussian import LinearGaussian
from dgm.prior_sampling import relative_variance
from dgm.quadrature import ruler

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps03")}
EVERY = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


def answers(name):
    return pytest.mark.parametrize("answer", QUESTIONS[name].answers)


def uneven(num_z):
    """A ruler from -8 to 8, dense in the middle; 2 n - 1 marks halve the gaps of n."""
    return torch.linspace(-2, 2, num_z) ** 3


@pytest.fixture
def oracle():
    """A model with everything in closed form, and four of its pictures."""
    W, b = torch.tensor([[1.0], [-0.5], [0.3]]), torch.tensor([0.2, 0.0, -0.4])
    return LinearGaussian(W, b, sigma=0.6).double(), torch.randn(4, 3)


def joint(oracle, z):
    model, x = oracle
    return model.log_joint(x, z[:, None, None]).detach()


@EVERY
@pytest.mark.parametrize(
    "seeds",
    [(CHECK_SEED,), pytest.param(range(1000, 1050), marks=pytest.mark.slow)],
    ids=["check", "secret"],
)
def test_no_answer_looks_like_another(question, seeds):
    for seed in seeds:
        question.sheet(seed)  # raises Unclear


# -- area and shape --------------------------------------------------------------------


@answers("log_evidence")
def test_the_area_is_the_closed_form_and_the_gaps_halved_quarter_the_error(
    answer, oracle
):
    model, x = oracle
    exact = model.log_evidence(x).detach()
    coarse, half = (
        (answer(joint(oracle, z), z) - exact).abs().max().item()
        for z in (uneven(1001), uneven(2001))
    )
    assert coarse < 1e-4  # the rule's own error: gap squared times curvature, over 12
    assert coarse / half == pytest.approx(4, rel=0.01)


@answers("log_evidence")
def test_the_area_has_no_lower_end_and_is_exact_on_straight_lines(answer):
    z = torch.tensor([-1.0, 0.5, 0.7, 3.0])
    log_joint = torch.stack([(z + 2).log(), (5 - z).log() - 5000], 1)
    exact = torch.tensor([12.0, 16.0]).log()  # triangles and rectangles
    exact[1] -= 5000
    assert answer(log_joint, z).allclose(exact, rtol=0, atol=1e-11)


@answers("posterior_on_grid")
def test_the_shape_is_the_closed_form_and_has_area_one(answer, oracle):
    model, x = oracle
    z, width = ruler()
    log_prior = model.prior().log_prob(z[:, 0])
    density = answer(model.likelihood(z).log_prob(x), log_prior, width[:, 0])
    exact = model.exact_posterior(x).log_prob(z).exp()
    assert density.allclose(exact, rtol=1e-9, atol=1e-12)
    assert (width * density).sum(0).allclose(torch.ones(4))


@answers("posterior_on_grid")
def test_posteriors_averaged_over_all_pictures_are_the_prior(answer):
    """Sixteen pictures of four pixels: sum of p(x) p(z|x) over them is p(z)."""
    x, width = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4), torch.rand(9)
    prior = torch.rand(9)
    prior /= width @ prior
    on = torch.rand(9, 4)
    log_lik = on.log() @ x.T + (1 - on).log() @ (1 - x).T
    area = width @ (log_lik.exp() * prior[:, None])
    assert area.sum().item() == pytest.approx(1, abs=1e-12)
    assert (answer(log_lik, prior.log(), width) @ area).allclose(prior)


# -- odds and data ---------------------------------------------------------------------


@answers("log_odds")
def test_the_odds_average_to_the_prior_over_all_pictures(answer):
    """Story one's probability, averaged over the 65,536 pictures, is w."""
    x = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 16)
    clean, flip, w = (torch.rand(2, 16) < 0.5).double(), 0.1, 0.3
    wrong = (x[:, None] - clean).abs().sum(-1)
    p = flip**wrong * (1 - flip) ** (16 - wrong) @ torch.tensor([w, 1 - w])
    belief = answer(x, *clean, flip, w).sigmoid()
    assert (p @ belief).item() == pytest.approx(w, abs=1e-12)
    assert belief.min() < 0.01 < 0.9 < belief.max()


@answers("log_odds")
def test_one_pixel_counts_twice(answer):
    one, two = torch.ones(16), torch.zeros(16)
    x = torch.tril(torch.ones(16, 16))  # one pixel more in each row
    steps = answer(x, one, two, 0.05, 0.001).diff()
    assert steps.allclose(torch.tensor(2 * math.log(19)))


@answers("log_evidence_data")
def test_the_data_are_a_sum_over_every_choice_of_places(answer):
    """Each picture has its own z: 3^4 ways to place four pictures, all written out."""
    log_lik = torch.randn(3, 4) - 2
    ways = [sum(log_lik[k, n] for n, k in enumerate(way)).exp()
            for way in product(range(3), repeat=4)]  # fmt: skip
    exact = (sum(ways) / len(ways)).log()
    assert answer(log_lik).allclose(exact) and answer(log_lik).shape == ()
    many = log_lik.repeat(1, 2500)
    assert answer(many).item() == pytest.approx(2500 * exact.item(), rel=1e-12)


@answers("posterior_weights")
def test_the_weights_make_the_gradient_of_the_log_area(answer):
    theta, x = torch.randn(6, 5, requires_grad=True), torch.rand(5, 3).round()
    log_lik = theta @ x - torch.nn.functional.softplus(theta).sum(1, keepdim=True)
    through_area = torch.autograd.grad(
        log_lik.exp().mean(0).log().sum(), theta, retain_graph=True
    )[0]
    weights = answer(log_lik.detach())
    taught = torch.autograd.grad((weights * log_lik).sum(), theta)[0]
    assert taught.allclose(through_area)


# -- darts -----------------------------------------------------------------------------


@answers("prior_sampling")
def test_estimate_and_squared_error_are_unbiased_over_every_throw(answer):
    """Three darts at four equally likely places: all 64 throws."""
    log_p = torch.randn(4)
    throws = torch.tensor(list(product(range(4), repeat=3))).T  # (darts, throws)
    log_mean, error = answer(log_p[throws])
    p, estimate = log_p.exp(), log_mean.exp()
    assert estimate.mean().allclose(p.mean())
    scatter = estimate.var(correction=0)
    assert (error * estimate).square().mean().allclose(scatter)
    assert scatter.allclose(p.var(correction=0) / 3)


@answers("log_darts_needed")
def test_so_many_darts_scatter_by_so_much(answer):
    """Unequal shares, three darts: their relative variance, summed over all throws."""
    log_lik, share = torch.randn(4, 1), torch.rand(4).softmax(0)
    throws = torch.tensor(list(product(range(4), repeat=3))).T
    chance, means = share[throws].prod(0), log_lik.exp()[throws, 0].mean(0)
    mean = chance @ means
    error = (chance @ (means - mean) ** 2).sqrt() / mean
    assert (
        answer(log_lik, share.log(), error.item(), 1).exp().allclose(torch.tensor(3.0))
    )


@answers("log_darts_needed")
def test_two_dimensions_are_the_pairs_written_out(answer):
    log_lik, log_share = torch.randn(5, 2), torch.randn(5).log_softmax(0)
    pairs = (log_lik[:, None] + log_lik).reshape(25, 2)
    shares = (log_share[:, None] + log_share).reshape(25)
    side_by_side = answer(log_lik, log_share, 0.1, 2)
    assert side_by_side.allclose(answer(pairs, shares, 0.1, 1))


@answers("log_darts_needed")
def test_the_number_of_darts_is_the_package_s(answer, oracle):
    model, x = oracle
    z, dz = ruler()
    with torch.no_grad():
        log_share = model.prior().log_prob(z[:, 0]) + dz[:, 0].log()
        log_lik = model.likelihood(z).log_prob(x)
        v = relative_variance(model, x, z, dz)
    assert answer(log_lik, log_share, 0.1, 1).allclose((100 * v).log())


@answers("rare_but_cheap")
def test_the_case_sinks_the_claim(answer):
    """Less likely and cheaper, as ordered, by the general count of darts."""
    share, height, ratio, saving = 0.01 + 0.98 * torch.rand(4, 50)
    s, h = answer(share, height, ratio, saving)
    assert (s > share).all() and (s < 1).all() and (0 < h).all() and (h < height).all()
    assert (s * h).allclose(ratio * share * height)
    count = QUESTIONS["log_darts_needed"].answers[0]
    for i in range(50):
        a, b = (count(torch.stack([high.log(), torch.tensor(-700.0)])[:, None],
                      torch.stack([wide, 1 - wide]).log(), 0.1, 1)
                for wide, high in ((share[i], height[i]), (s[i], h[i])))  # fmt: skip
        assert (b - a).exp().item() == pytest.approx(saving[i].item(), rel=1e-9)


@pytest.mark.parametrize("name", ["posterior_on_grid", "posterior_weights"])
def test_a_shape_does_not_mind_how_unlikely_the_picture_is(name):
    log_lik, rest = torch.randn(5, 3), []
    if name == "posterior_on_grid":
        rest = [torch.randn(5), torch.rand(5)]
    for answer in QUESTIONS[name].answers:
        assert answer(log_lik - 1000, *rest).allclose(answer(log_lik, *rest))


@answers("prior_sampling")
def test_a_factor_moves_the_log_and_leaves_the_relative_error(answer):
    log_lik = torch.randn(5, 3)
    moved = answer(log_lik - 1000) - answer(log_lik)
    assert moved[0].allclose(torch.tensor(-1000.0))
    assert moved[1].abs().max() < 1e-10


# -- the text --------------------------------------------------------------------------


@pytest.mark.slow
def test_the_text_s_numbers_are_what_a_student_sees():
    namespace, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps03")):
            exec(text.replace("guess = None", "guess = 95"), namespace)
    seen = out.getvalue()
    log = [float(v) for v in re.findall(r"Iteration: .*log p\(x\): +(-[\d.]+)", seen)]
    sick, repaired = log[: len(log) // 2], log[len(log) // 2 :]
    assert max(sick) < -9.41 + 0.02 and sick[0] < -9.6 and sick[-1] > -9.45
    assert -4.8 < repaired[-1] < -4.56
    assert "You said 95 percent; it is 27." in seen
    assert "Of the others 100 percent are too low." in seen
    assert "1 side by side: bar 3 519 darts, two halves 185" in seen
    assert "81 marks: ['-3.4553', '-12.3910'" in seen
    assert "[-6.9068, -1.0179,  4.8710]" in seen
    assert re.search(r"A: .*darts 900\nB: .*p 5e-06, darts 450$", seen, re.M)
