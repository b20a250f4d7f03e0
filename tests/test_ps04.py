"""Problem set 04: its references against other routes, and the text's numbers."""

import contextlib
import io
import math
import re

import pytest
import torch
from submissions import ROOT, code, solved
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from classroom.question import load
from classroom.release import CHECK_SEED
from dgm.linear_gaussian import LinearGaussian
from dgm.mixtures import BernoulliMixture
from dgm.mixtures import m_step as counted

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps04")}
EVERY = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


def answers(name):
    return pytest.mark.parametrize("answer", QUESTIONS[name].answers)


@pytest.fixture
def oracle():
    """A line in three pixels, everything in closed form, and four of its pictures."""
    W, b = torch.tensor([[1.0], [-0.5], [0.3]]), torch.tensor([0.2, 0.0, -0.4])
    return LinearGaussian(W, b, sigma=0.6).double(), torch.randn(4, 3)


@pytest.fixture
def mixture():
    """Weights, pixels and pictures, and shares that are not the posterior."""
    log_pi, theta = torch.randn(3).log_softmax(0), 0.1 + 0.8 * torch.rand(3, 5)
    return log_pi, theta, torch.rand(30, 5).round(), torch.randn(30, 3).softmax(1)


@EVERY
@pytest.mark.parametrize(
    "seeds",
    [(CHECK_SEED,), pytest.param(range(1000, 1050), marks=pytest.mark.slow)],
    ids=["check", "secret"],
)
def test_no_answer_looks_like_another(question, seeds):
    for seed in seeds:
        question.sheet(seed)  # raises Unclear


# -- Jensen and the bound --------------------------------------------------------------


@answers("jensen_gap")
def test_the_gap_is_positive_and_sees_ratios_only(answer):
    v, w = torch.randn(5, 200).exp(), torch.rand(5, 200)
    gap = answer(v, w)
    assert gap.min() > 0
    assert answer(1e9 * v, 0.01 * w).allclose(gap)
    assert answer(torch.full((5, 3), 7.0), w[:, :3]).abs().max() < 1e-12
    two = answer(torch.tensor([[1.0], [4.0]]), torch.tensor([[2.0], [1.0]]))
    assert two.item() == pytest.approx(math.log(2) - math.log(4) / 3)


@answers("kl_gaussian")
def test_the_kl_is_its_integral_on_a_ruler(answer):
    mu, log_sigma = torch.randn(4, 2), 0.5 * torch.randn(4, 2)
    z = torch.linspace(-15, 15, 6001)[:, None, None]
    q = Normal(mu, log_sigma.exp())
    ratio = q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)
    kl = torch.trapezoid(q.log_prob(z).exp() * ratio, z[:, 0, 0], dim=0)
    assert answer(mu, log_sigma).allclose(kl.sum(-1), rtol=1e-9)


@answers("split")
def test_each_row_is_the_closed_form(answer, oracle):
    """Both by other roads: log p by a determinant, the KL between two bells."""
    model, x = oracle
    q = Normal(torch.tensor([0.3, -1.0, 0.0, 2.0]), torch.tensor([0.3, 0.8, 1.1, 0.5]))
    z = torch.linspace(-9, 9, 4001)
    log_joint = model.log_joint(x, z[:, None, None]).detach()
    width = torch.full_like(z, (z[1] - z[0]).item())
    bound, gap = answer(log_joint, q.log_prob(z[:, None]), width)
    exact = model.exact_posterior(x)
    post = Normal(exact.mean[:, 0], exact.variance.sqrt()[:, 0])
    assert gap.allclose(kl_divergence(q, post), rtol=1e-9)
    log_p = model.log_evidence(x).detach()
    assert bound.allclose(log_p - kl_divergence(q, post), rtol=1e-9)


@answers("split")
def test_a_gap_does_not_mind_how_unlikely_the_picture_is(answer):
    log_joint, log_q, width = QUESTIONS["split"].cases(5)[0].values()
    moved = answer(log_joint - 1000, log_q, width) - answer(log_joint, log_q, width)
    assert moved.allclose(torch.tensor([[-1000.0], [0.0]]).expand_as(moved))


@answers("better_but_lower")
def test_the_case_sinks_the_claim(answer):
    """The better model has the lower bound, by the definitions of both."""
    log_p, better, lower = -1000 * torch.rand(50), torch.rand(50), torch.rand(50)
    p1, p2 = answer(log_p, better, lower)
    assert (p1 > p2).all()
    assert torch.logaddexp(p1, p2).allclose(log_p + better)
    bound = 0.5 * (p1 + math.log(2)) + 0.5 * (p2 + math.log(2))
    assert bound.allclose(log_p - lower, rtol=0, atol=1e-9)


@answers("best_bell")
def test_no_other_widths_have_a_smaller_gap(answer):
    A = torch.randn(6, 4)
    exact = MultivariateNormal(torch.zeros(4), precision_matrix=torch.eye(4) + A.T @ A)
    found = answer(exact.precision_matrix)

    def gap(sigma):
        scale = torch.diag(sigma)
        q = MultivariateNormal(torch.zeros(4), scale_tril=scale)
        return kl_divergence(q, exact)

    sigma = found[:4].clone().requires_grad_()
    assert gap(sigma).item() == pytest.approx(found[4].item(), abs=1e-11)
    assert torch.autograd.grad(gap(sigma), sigma)[0].abs().max() < 1e-10
    for _ in range(20):
        assert gap(found[:4] * (0.2 * torch.randn(4)).exp()) > found[4]


@answers("best_bell")
def test_the_gap_is_what_the_bound_of_probabilistic_pca_lacks(answer):
    """E_q[log p(x, z)] by hand, with E|x - b - W z|^2 = |x - b - W m|^2 + tr W'W S."""
    W, b, noise, x = torch.randn(5, 2), torch.randn(5), 0.7, torch.randn(3, 5)
    model = LinearGaussian(W, b, noise)
    m = model.exact_posterior(x).mean.detach()
    found = answer(torch.eye(2) + W.T @ W / noise**2)
    variance = found[:2] ** 2
    missed = (x - b - m @ W.T).square().sum(1) + (W**2).sum(0) @ variance
    log_lik = -missed / (2 * noise**2) - 2.5 * math.log(math.tau * noise**2)
    log_prior = -0.5 * (m.square().sum(1) + variance.sum()) - math.log(math.tau)
    entropy = found[:2].log().sum() + math.log(math.tau) + 1
    lacking = model.log_evidence(x) - (log_lik + log_prior + entropy)
    assert lacking.detach().allclose(found[2].expand(3))


# -- EM --------------------------------------------------------------------------------


@answers("e_step")
def test_shares_are_the_posterior_and_their_bound_touches(answer, mixture):
    log_pi, theta, x, _ = mixture
    model, r = BernoulliMixture(log_pi, theta), answer(x, log_pi, theta)
    assert r.allclose(model.responsibilities(x)) and r.shape == (30, 3)
    reached = QUESTIONS["bound"].answers[0](x, r, log_pi, theta)
    assert reached.allclose(model.log_prob(x), rtol=0, atol=1e-12)


def total_bound(x, r, log_pi, theta):
    return QUESTIONS["bound"].answers[0](x, r, log_pi, theta).sum()


@answers("m_step")
def test_no_other_parameters_have_a_higher_bound(answer, mixture):
    """Slope zero in logits of both, and a hundred neighbours below."""
    _, _, x, r = mixture
    rows = answer(x, r)
    log_pi, theta = rows[:, 0], rows[:, 1:]
    best = total_bound(x, r, log_pi, theta)
    a, b = log_pi.clone().requires_grad_(), theta.logit().requires_grad_()
    value = total_bound(x, r, a.log_softmax(0), b.sigmoid())
    for slope in torch.autograd.grad(value, [a, b]):
        assert slope.abs().max() < 1e-9
    for _ in range(100):
        near = (log_pi + 0.1 * torch.randn(3)).log_softmax(0)
        pixels = (theta.logit() + 0.1 * torch.randn(3, 5)).sigmoid()
        assert total_bound(x, r, near, pixels) < best
    model = counted(x, r)
    assert rows.allclose(torch.cat([model.log_pi[:, None], model.theta], 1))


@answers("bound")
def test_the_bound_is_short_of_log_p_by_the_kl(answer, mixture):
    log_pi, theta, x, r = mixture
    model = BernoulliMixture(log_pi, theta)
    exact = model.responsibilities(x)
    gap = (r * (r / exact).log()).sum(1)
    assert answer(x, r, log_pi, theta).allclose(model.log_prob(x) - gap)


@answers("bound")
def test_a_kind_that_nobody_chose_counts_nothing(answer, mixture):
    """Exactly zero is the limit of ever smaller shares."""
    log_pi, theta, x, _ = mixture
    least = torch.tensor([1e-12, 0.4, 0.6 - 1e-12]).expand(30, 3)
    none = torch.tensor([0.0, 0.4, 0.6]).expand(30, 3)
    one, two = (answer(x, r, log_pi, theta) for r in (none, least))
    assert one.allclose(two, rtol=0, atol=1e-9) and one.isfinite().all()


# -- the text --------------------------------------------------------------------------


def table(text):
    rows = re.findall(r"^ +(\d+) +(-[\d.]+) +(-[\d.]+) +([\d.]+)$", text, re.M)
    return {int(row[0]): [float(v) for v in row[1:]] for row in rows}


@pytest.mark.slow
def test_the_text_s_numbers_are_what_a_student_sees():
    namespace, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps04")):
            exec(re.sub(r"^(guess\w*) += None", r"\1 = 9", text, flags=re.M), namespace)
    seen = out.getvalue()
    assert "['0.1446', '0.1446', '0.0000']" in seen
    sums = re.findall(r"sigma [\d.]+: .* = (-[\d.]+)", seen)
    assert len(sums) == 5 and len(set(sums)) == 1
    assert re.search(r"correlation 0.90: sigma 0.436", seen)
    assert re.search(r"B: log p\(x\) +-9.000, bound -11.000", seen)
    found = [int(n) for n in re.findall(r": +(\d+) of 20", seen)]
    assert 0 < found[0] < 20 and found[1] == 20  # the third hangs on rounding
    assert re.findall(r"after E: .* gap (-?[\d.]+)", seen) == 9 * ["0.0000"]
    assert not re.search(r"gap -", seen)


def sick_run(namespace):
    """Fit as the text says, and yield log p(x) and the sick bound of each round."""
    torch.manual_seed(0)
    x, log_pi = namespace["noisy_bars"](500), torch.full((4,), -math.log(4))
    theta = 0.49 + 0.02 * torch.rand(4, 16)
    for _ in range(41):
        r = namespace["e_step"](x, log_pi, theta)
        log_p = BernoulliMixture(log_pi, theta).log_prob(x).mean().item()
        sick = namespace["sick_bound"](x, r, log_pi, theta).mean().item()
        yield log_p, sick, sick - log_p, log_pi
        rows = namespace["m_step"](x, r)
        log_pi, theta = rows[:, 0], rows[:, 1:].clamp(0, 1)


def test_the_sick_log_is_what_the_sick_bound_prints():
    text = (ROOT / "solutions" / "ps04" / "ps04.md").read_text("utf-8")
    namespace, wanted = {}, ("def e_step", "def m_step", "def sick", "import math")
    for cell in code(solved("ps04")):
        if cell.startswith(wanted):
            exec(cell, namespace)
    rounds, told = list(sick_run(namespace)), table(text)
    assert sorted(told) == [0, 1, 3, 5, 10, 40]
    for number, row in told.items():
        digits = [0.0006, 0.0006, 0.00006]
        for said, ran, close in zip(row, rounds[number][:3], digits, strict=True):
            assert said == pytest.approx(ran, abs=close)
    last = rounds[-1]
    entropy = -(last[3].exp() * last[3]).sum().item()
    assert last[2] == pytest.approx(entropy, abs=1e-5)
    shares = namespace["SHARES"]
    assert -(shares * shares.log()).sum().item() == pytest.approx(1.280, abs=5e-4)
