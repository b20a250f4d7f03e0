"""Problem set 07: its references against training, enumeration and averages."""

import contextlib
import io
import re

import pytest
import torch
from submissions import ROOT, code, solved
from torch.distributions import Normal, kl_divergence

from classroom.question import load

QUESTIONS = {q.name: q for q in load(ROOT / "solutions" / "ps07")}


def answer(name):
    return QUESTIONS[name].answers[0]


def climbed(loss, *parameters):
    """Make a loss small in its parameters, and return them."""
    parameters = [p.clone().requires_grad_() for p in parameters]
    lbfgs = torch.optim.LBFGS(
        parameters, max_iter=300, tolerance_change=1e-13, line_search_fn="strong_wolfe"
    )

    def step():
        lbfgs.zero_grad()
        now = loss(*parameters)
        now.backward()
        return now

    lbfgs.step(step)
    return [p.detach() for p in parameters]


def test_a_linear_autoencoder_trained_by_gradients_copies_like_the_reference():
    """Encoder, decoder and both constants start at random; the weights differ."""
    inputs = QUESTIONS["linear_autoencoder"].cases(3)[0]
    x, k = inputs["x"], inputs["k"]

    def copy(pictures, E, e, D, d):
        return (pictures @ E.T + e) @ D.T + d

    def loss(*weights):
        return ((copy(x, *weights) - x) ** 2).sum(-1).mean()

    dim = x.shape[1]
    shapes = (k, dim), (k,), (dim, k), (dim,)
    ways = [climbed(loss, *(torch.randn(s) / 2 for s in shapes)) for _ in range(2)]
    assert (ways[0][0] - ways[1][0]).abs().max() > 0.1
    for weights in ways:
        trained = copy(inputs["new"], *weights)  # climbed to within 1e-4
        exact = answer("linear_autoencoder")(**inputs)
        assert torch.allclose(trained, exact, atol=1e-3)


def test_upright_bars_are_copied_and_lying_ones_not_seen():
    upright = torch.eye(4).repeat(1, 4)
    lying = torch.eye(4).repeat_interleave(4, dim=1)
    for right in QUESTIONS["linear_autoencoder"].answers[:2]:
        assert torch.allclose(right(upright, upright, 3), upright)
        assert torch.allclose(right(upright, lying, 3), torch.tensor(0.25))


def test_no_cleaner_has_a_smaller_mean_cross_entropy():
    """All 2^5 noisy pictures, exactly; a network of one number a pixel is climbed."""
    clean = torch.tensor([[1.0, 1, 0, 0, 1], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0]])
    weights, flip = torch.tensor([0.5, 0.2, 0.3]), 0.2
    noisy = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 5)
    toss = torch.distributions.Bernoulli(clean * (1 - flip) + (1 - clean) * flip)
    joint = toss.log_prob(noisy[:, None]).sum(-1).exp() * weights  # (noisy, clean)
    assert joint.sum().item() == pytest.approx(1)

    def loss(logits):
        on, off = logits.sigmoid().log(), (-logits).sigmoid().log()
        return -(joint[..., None] * (clean * on[:, None] + (1 - clean) * off[:, None])
                 ).sum()  # fmt: skip

    best = climbed(loss, torch.zeros(32, 5))[0].sigmoid()
    for right in QUESTIONS["denoise"].answers:
        assert torch.allclose(right(noisy, clean, weights, flip), best, atol=1e-4)


def test_the_penalty_is_how_far_the_code_moves():
    """Nudge each pixel a little: the squared changes of the code add up to it."""
    inputs = QUESTIONS["contractive_penalty"].cases(3)[0]
    x, W, b = inputs.values()
    nudges, h = 1e-5 * torch.eye(6), torch.nn.functional.linear
    up, down = (
        h(x[:, None] + s * nudges, W, b).sigmoid() for s in (1, -1)
    )  # (images, pixel nudged, unit)
    moved = (((up - down) / 2e-5) ** 2).sum((1, 2))
    for right in QUESTIONS["contractive_penalty"].answers:
        assert torch.allclose(right(x, W, b), moved, atol=1e-8)


def test_the_repaired_penalty_has_no_way_round():
    """Smaller codes and larger columns: no copy changes, and no penalty."""
    h, W = QUESTIONS["sparse_penalty"].cases(3)[0].values()
    stretch = 0.1 + torch.rand(4)
    assert torch.allclose((h * stretch) @ (W / stretch).T, h @ W.T)
    for right in QUESTIONS["sparse_penalty"].answers:
        assert torch.allclose(right(h * stretch, W / stretch), right(h, W))
        alone = sum(right(h * unit, W) for unit in torch.eye(4))
        assert torch.allclose(alone, right(h, W))
    open_ways = {
        f.__name__
        for f in QUESTIONS["sparse_penalty"].mistakes
        if not torch.allclose(f(h * stretch, W / stretch), f(h, W))
    }
    assert open_ways == {
        "still_sick",
        "units_never_asked",
        "lengths_squared",
        "one_length_for_all",
    }


def test_draws_have_the_law_of_the_pool():
    """Over a fine lattice of u and eps: the share below t is the pool's."""
    mu, log_sigma = (
        torch.tensor([[-2.0], [0.3], [1.5]]),
        torch.tensor([[-1.0], [0], [-2]]),
    )
    u = (torch.arange(300) + 0.5) / 300
    eps = Normal(0.0, 1.0).icdf((torch.arange(2000) + 0.5) / 2000)
    pairs = torch.cartesian_prod(u, eps)
    t = torch.linspace(-3, 3, 13)
    pool = Normal(mu, log_sigma.exp()).cdf(t).mean(0)
    for right in QUESTIONS["draw_codes"].answers:
        z = right(mu, log_sigma, pairs[:, 0], pairs[:, 1:])
        assert torch.allclose((z < t).double().mean(0), pool, atol=1e-3)


def test_a_program_and_its_beta_vae_rank_all_models_alike():
    """Loss and beta bound of 2000 (error, KL) pairs: one is a multiple of the other."""
    inputs = QUESTIONS["hidden_beta"].cases(3)[0]
    error, kl = 50 * torch.rand(2000, 1), 20 * torch.rand(2000, 1)
    c, divided_by, w, sigma = inputs.values()
    loss = c * error / divided_by + w * kl
    log_lik = Normal(0.0, sigma).log_prob(error.sqrt())
    for right in QUESTIONS["hidden_beta"].answers:
        cost = right(**inputs) * kl - log_lik
        for one, two in zip(loss.T, cost.T, strict=True):
            assert torch.corrcoef(torch.stack([one, two]))[
                0, 1
            ].item() == pytest.approx(1)


def test_the_price_is_that_of_a_bound_climbed_from_anywhere():
    for inputs in QUESTIONS["awake"].cases(3):
        variances, sigma, beta = inputs.values()

        def kl(v, log_s, variances=variances):
            return 0.5 * (v**2 * variances + (2 * log_s).exp() - 1) - log_s

        def loss(w, v, log_s, variances=variances, sigma=sigma, beta=beta, kl=kl):
            error = variances * (1 - w * v) ** 2 + w**2 * (2 * log_s).exp()
            return (error / (2 * sigma**2) + beta * kl(v, log_s)).sum()

        _, v, log_s = climbed(loss, *(0.5 + torch.rand(3, 5)))
        for right in QUESTIONS["awake"].answers:
            assert torch.allclose(right(**inputs), kl(v, log_s), atol=1e-4)


def test_with_beta_one_the_awake_model_has_the_variance_of_the_data():
    """Maximum likelihood: w^2 + sigma^2 is the variance, and the KL tells w."""
    nats = answer("awake")(torch.tensor([3.0]), 0.8, 1)
    w2 = 0.8**2 * (torch.exp(2 * nats) - 1)  # the KL is half log(1 + w^2 / sigma^2)
    assert (w2 + 0.8**2).item() == pytest.approx(3)


def test_the_case_copies_and_writes_as_it_says():
    """On a lattice of noise: the nearest of four centres, from bells and from p(z)."""
    sigma, miss = torch.tensor([0.3, 0.9]), torch.tensor([0.05, 0.01])
    eps = Normal(0.0, 1.0).icdf((torch.arange(20_000) + 0.5) / 20_000)
    for right in QUESTIONS["outrun"].answers:
        for s, m, (a, outer, price) in zip(
            sigma, miss, right(sigma, miss).T, strict=True
        ):
            centres = a * torch.tensor([-3.0, -1.0, 1.0, 3.0])
            z = torch.cat([centres + s * eps[:, None], eps[:, None]], 1)
            drawn = (z[..., None] - centres).abs().argmin(-1)
            wrong = (drawn[:, :4] != torch.arange(4)).double().mean()
            written = ((drawn[:, 4] == 0) | (drawn[:, 4] == 3)).double().mean()
            assert wrong.item() == pytest.approx(m.item(), abs=2e-4)
            assert written.item() == pytest.approx(outer.item(), abs=2e-4)
            kls = kl_divergence(Normal(centres, s), Normal(0.0, 1.0))
            assert kls.mean().item() == pytest.approx(price.item())


@pytest.mark.slow
def test_the_notebook_shows_what_its_text_says():
    namespace, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in code(solved("ps07")):
            exec(re.sub(r"^(guess\w*) += None", r"\1 = 1", text, flags=re.M), namespace)
            if "trained = train(sick_penalty)" in text:
                columns = namespace["trained"][1].weight.norm(dim=0).mean().item()
    said = out.getvalue()
    log = re.findall(
        r"Iteration: +(\d+) .*penalty: +([\d.]+) +units on: +([\d.]+)", said
    )
    sick, repaired = log[:5], log[5:]
    assert 2.5 < float(sick[0][1]) / float(sick[-1][1]) < 4  # "down to a third"
    assert abs(float(sick[1][2]) - float(sick[-1][2])) < 1.5
    assert columns == pytest.approx(3.3, abs=0.3)
    assert float(repaired[-1][2]) < 0.5 * float(sick[-1][2])
    assert said.count(" 0.25  0.25  0.25  0.25") == 4
    for loss, awake in (("5 \\* sum", 3), ("sum", 2), ("mean", 0)):
        assert re.search(rf"^{loss} +{awake} awake", said, re.M)
    pairs = re.findall(r"([\d.]+) \(([\d.]+)\)", said)
    assert len(pairs) == 15
    assert all(abs(float(a) - float(b)) < 0.011 for a, b in pairs)
