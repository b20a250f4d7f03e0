"""Problem set 02: its references against other routes, and the text's numbers."""

import contextlib
import io
import math
import re

import pytest
import torch
from submissions import ROOT, code, solved
from torch.distributions import MultivariateNormal

from classroom.question import load
from classroom.release import CHECK_SEED
from dgm.linear_gaussian import LinearGaussian
from dgm.mixtures import BernoulliMixture
from dgm.quadrature import log_evidence, ruler

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps02")}
EVERY = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
SIGMA = torch.tensor(0.6, dtype=torch.float64)


def answers(name):
    return pytest.mark.parametrize("answer", QUESTIONS[name].answers)


def mistake(name, called):
    known = QUESTIONS[name].mistakes
    return next(f for f in known if f.__name__ == called)


@EVERY
@pytest.mark.parametrize(
    "seeds",
    [(CHECK_SEED,), pytest.param(range(1000, 1050), marks=pytest.mark.slow)],
    ids=["check", "secret"],
)
def test_no_answer_looks_like_another(question, seeds):
    for seed in seeds:
        question.sheet(seed)  # raises Unclear


# -- probabilistic PCA -----------------------------------------------------------------


@answers("ppca_covariance")
def test_the_covariance_is_that_of_the_drawn_pictures(answer):
    """Points at +-root(n) along every axis of (z, eps) have covariance I, exactly."""
    W = torch.randn(5, 2)
    n = sum(W.shape)
    points = n**0.5 * torch.cat([torch.eye(n), -torch.eye(n)])
    x = points[:, :2] @ W.T + SIGMA * points[:, 2:]
    assert answer(W, SIGMA).allclose(x.T @ x / len(x))


@answers("ppca_log_prob")
def test_the_density_is_the_area_under_the_joint(answer):
    """The integral over z on a ruler, and the package's closed form."""
    W, b, x = torch.randn(4, 1), torch.randn(4), torch.randn(6, 4)
    model = LinearGaussian(W, b, SIGMA.item())
    by_ruler = log_evidence(model, x, *ruler())
    assert answer(x, W, b, SIGMA).allclose(by_ruler, rtol=1e-11)
    W = torch.randn(4, 3)
    model = LinearGaussian(W, b, SIGMA.item())
    assert answer(x, W, b, SIGMA).allclose(model.log_evidence(x), rtol=1e-11)


@answers("ppca_posterior")
def test_joint_over_posterior_is_the_same_at_every_z(answer):
    W, b, x = torch.randn(5, 2), torch.randn(5), torch.randn(3, 5)
    means, S = answer(x, W, b, SIGMA).split([3, 2])
    z = 2 * torch.randn(50, 3, 2)
    log_prior = MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(z)
    seen = MultivariateNormal(z @ W.T + b, SIGMA**2 * torch.eye(5))
    log_p = seen.log_prob(x) + log_prior - MultivariateNormal(means, S).log_prob(z)
    assert log_p.allclose(log_p[0].expand(50, 3), atol=1e-9)


def log_lik_of_fit(x, W, log_sigma):
    C = W @ W.T + (2 * log_sigma).exp() * torch.eye(len(W))
    return MultivariateNormal(x.mean(0), C).log_prob(x).mean()


@answers("ppca_fit")
@pytest.mark.parametrize("dim_z", [1, 2, 3])
def test_the_fit_is_the_top_of_the_likelihood(answer, dim_z):
    """Its slope is zero, no start that is climbed from gets higher, and C fits W."""
    x = torch.randn(40, 5) * torch.tensor([3.0, 2.0, 1.5, 1.0, 0.8])
    C = answer(x, dim_z)
    variance, U = torch.linalg.eigh(C)
    assert variance[: 5 - dim_z].allclose(variance[0])
    W = U[:, -dim_z:] * (variance[-dim_z:] - variance[0]).sqrt()
    at = [W.requires_grad_(), (0.5 * variance[0].log()).requires_grad_()]
    best = log_lik_of_fit(x, *at)
    for slope in torch.autograd.grad(best, at):
        assert slope.abs().max() < 1e-9
    phi = [torch.randn(5, dim_z).requires_grad_(), torch.zeros(()).requires_grad_()]
    climb = torch.optim.LBFGS(phi, max_iter=80, line_search_fn="strong_wolfe")

    def down():
        climb.zero_grad()
        loss = -log_lik_of_fit(x, *phi)
        loss.backward()
        return loss

    climb.step(down)
    assert log_lik_of_fit(x, *phi).item() == pytest.approx(best.item(), abs=1e-5)
    assert log_lik_of_fit(x, *phi) <= best + 1e-9


@answers("same_density")
def test_the_case_sinks_the_claim(answer):
    """Same density on any picture, another posterior, and pixel 1 without z_2."""
    W, b, x = torch.randn(4, 2), torch.randn(4), 3 * torch.randn(20, 4)
    other = answer(W)
    assert other[0, 1].abs() < 1e-12 and other[0, 0] > 0 and other[1, 1] > 0
    one, two = (LinearGaussian(w, b, SIGMA.item()) for w in (W, other))
    assert one.log_evidence(x).allclose(two.log_evidence(x))
    means = [model.exact_posterior(x).mean for model in (one, two)]
    assert (means[0] - means[1]).abs().max() > 0.1


@pytest.mark.parametrize("called", ["cut_off", "first_row_turned", "sheared"])
def test_an_empty_corner_alone_is_another_density(called):
    inputs = QUESTIONS["same_density"].cases(3)[0]
    W = mistake("same_density", called)(**inputs)
    assert W[0, 1].abs() < 1e-12
    assert (W @ W.T - inputs["W"] @ inputs["W"].T).abs().max() > 0.01


# -- mixtures --------------------------------------------------------------------------


def three_kinds():
    """Shares and pixels that are multiples of 1/20."""
    theta = torch.tensor([[0.9, 0.2], [0.15, 0.5], [0.6, 0.95]])
    return torch.tensor([0.3, 0.5, 0.2]), theta


@answers("mixture_log_prob")
def test_probabilities_of_all_pictures_sum_to_one(answer):
    log_pi, theta = torch.randn(3).log_softmax(0), torch.rand(3, 10)
    x = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 10)
    assert answer(x, log_pi, theta).exp().sum().item() == pytest.approx(1, abs=1e-12)
    model = BernoulliMixture(log_pi, theta)
    assert answer(x, log_pi, theta).allclose(model.log_prob(x))


@answers("mixture_log_prob")
def test_a_log_probability_has_no_lower_end(answer):
    """A hundred pixels that a kind draws once in 10^12 times: far below exp(-745)."""
    x, log_pi = torch.ones(1, 100), torch.tensor([0.5, 0.5]).log()
    theta = torch.full((2, 100), 1e-12)
    assert answer(x, log_pi, theta).item() == pytest.approx(1200 * math.log(0.1))


@answers("draw_pictures")
def test_pictures_come_as_often_as_the_mixture_says(answer):
    """All 8000 cells of the cube of (u_0, u_1, u_2), each of side 1/20."""
    pi, theta = three_kinds()
    middle = (torch.arange(20) + 0.5) / 20
    drawn = answer(pi.log(), theta, torch.cartesian_prod(middle, middle, middle))
    for x in torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 2):
        often = (drawn == x).all(1).double().mean()
        exact = (pi * (x * theta + (1 - x) * (1 - theta)).prod(1)).sum()
        assert often.item() == pytest.approx(exact.item(), abs=1e-12)


def test_the_sick_sampler_is_right_about_every_single_pixel():
    pi, theta = three_kinds()
    middle = (torch.arange(100) + 0.5) / 100
    u = torch.cartesian_prod(middle[:1], middle, middle)
    drawn = mistake("draw_pictures", "from_the_mean_picture")(pi.log(), theta, u)
    assert drawn.mean(0).allclose(pi @ theta, atol=0.005)  # a cell's half width
    both = drawn.prod(1).mean()
    assert (both - pi @ theta.prod(1)).abs() > 0.02


@answers("gmm_log_prob")
def test_the_density_of_three_bells_has_area_one(answer):
    log_pi, mu = torch.randn(3).log_softmax(0), torch.randn(3, 2)
    marks = torch.linspace(-12, 12, 301)
    net = torch.cartesian_prod(marks, marks)
    p = answer(net, log_pi, mu, torch.tensor([0.3, 0.8, 1.5])).exp()
    assert p.sum().item() * 0.08**2 == pytest.approx(1, abs=1e-9)
    far = answer(torch.full((1, 2), 1e3), log_pi, mu, torch.tensor([0.3, 0.8, 1.5]))
    assert -1e6 < far.item() < -1e5  # about -(1000 / 1.5)^2, and not -inf


@answers("gmm_log_prob")
def test_bells_without_end_on_a_straight_line_are_probabilistic_pca(answer):
    """The ruler's marks as kinds, the prior's shares as weights: the closed form."""
    W, b, x = torch.randn(3, 1), torch.randn(3), torch.randn(5, 3)
    z, dz = ruler()
    log_pi = (-0.5 * z[..., 0] ** 2 + dz.reshape(z[..., 0].shape).log()).flatten()
    mu = z.reshape(-1, 1) @ W.T + b
    found = answer(x, log_pi.log_softmax(0), mu, SIGMA.expand(len(mu)))
    model = LinearGaussian(W, b, SIGMA.item())
    assert found.allclose(model.log_evidence(x), rtol=1e-11)


# -- the text --------------------------------------------------------------------------


@pytest.mark.slow
def test_the_text_s_numbers_are_what_a_student_sees():
    namespace, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps02")):
            exec(text.replace("guess = None", "guess = 4"), namespace)
    seen = out.getvalue()
    gains = [float(v) for v in re.findall(r"gained +([\d.]+)", seen)]
    assert min(gains[:5]) > 0.3 and max(gains[5:]) < 0.05  # six directions
    assert "area 1.000000" in seen and "sum 1.000000000, entropy 4.4551" in seen
    wrong = [float(v) for v in re.findall(r"^(?:data|drawn) .* ([\d.]+)$", seen, re.M)]
    assert wrong == pytest.approx([0.8, 4, 0.8, 0.8], abs=0.2)
    log_p = re.findall(r"W'?.*log p\(x\) = (-[\d.]+)", seen)
    assert len(log_p) == 2 and log_p[0] == log_p[1]
    right = [int(n) for n in re.findall(r"(\d+) of 500 points right", seen)]
    assert right[3] > 250 > right[2] and right[-2] < 500 == right[-1]
