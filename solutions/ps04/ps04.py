"""Problem set 04, the bound and EM: how each answer is judged, and what we say.

The statements stand in ps04.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

import torch
from torch.distributions import (
    Bernoulli,
    Independent,
    MultivariateNormal,
    Normal,
    kl_divergence,
)

from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-12, the nearest mistake is 0.01 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


# -- jensen_gap ------------------------------------------------------------------------


def draw_numbers(g):
    """Four numbers with four weights, three times; the weights do not sum to 1."""
    return {"v": (1.5 * normal(g, 4, 3)).exp(), "w": 0.2 + 2 * uniform(g, 4, 3)}


jensen_gap = Question("jensen_gap", points=1, draw=draw_numbers, atol=ATOL, why=WHY)


@jensen_gap.right
def log_of_mean_less_mean_of_log(v, w):
    share = w / w.sum(0)
    return (share * v).sum(0).log() - (share * v.log()).sum(0)


@jensen_gap.right
def from_the_mean(v, w):
    """The gap sees ratios only: divide by the mean, and its log is 0."""
    mean = (w * v).sum(0) / w.sum(0)
    return -(w * (v / mean).log()).sum(0) / w.sum(0)


@jensen_gap.mistake(
    "You use the weights as they come. They are only proportional to the shares: divide"
    " by their sum first, or four equal numbers will have a gap."
)
def weights_as_they_come(v, w):
    return (w * v).sum(0).log() - (w * v.log()).sum(0)


@jensen_gap.mistake(
    "Your gap is negative: the two have changed places. The log bends downwards, so the"
    " log of the mean is the larger one."
)
def gap_upside_down(v, w):
    return -log_of_mean_less_mean_of_log(v, w)


@jensen_gap.mistake(
    "You give all numbers the same weight. Both means, the one inside the log and the "
    "one outside, are weighted with the shares."
)
def all_alike(v, w):
    return log_of_mean_less_mean_of_log(v, torch.ones_like(w))


@jensen_gap.mistake(
    "You measure along the wrong axis: the mean less exp(mean of the logs). That grows "
    "when all numbers do. The gap is a difference of two logs."
)
def on_the_other_axis(v, w):
    share = w / w.sum(0)
    return (share * v).sum(0) - (share * v.log()).sum(0).exp()


@jensen_gap.mistake(
    "You divide by the sum of all weights of all cases. Each column is a case of its "
    "own, and its shares sum to 1: divide by w.sum(0)."
)
def shared_among_the_cases(v, w):
    return weights_as_they_come(v, w / w.sum())


# -- kl_gaussian -----------------------------------------------------------------------


def draw_bells(g):
    """Four bells of three coordinates: no sigma near 1, no mu near 0."""
    mu = (0.4 + uniform(g, 4, 3)) * (2.0 * (uniform(g, 4, 3) < 0.5) - 1)
    return {"mu": mu, "log_sigma": -0.3 - uniform(g, 4, 3)}


kl_gaussian = Question("kl_gaussian", points=1, draw=draw_bells, atol=ATOL, why=WHY)


def terms(mu, sigma, half=0.5, one=1.0):
    return half * (mu**2 + sigma**2 - one) - sigma.log()


@kl_gaussian.right
def closed_form(mu, log_sigma):
    return terms(mu, log_sigma.exp()).sum(-1)


@kl_gaussian.right
def by_kl_divergence(mu, log_sigma):
    q, prior = Normal(mu, log_sigma.exp()), Normal(0.0, 1.0)
    return kl_divergence(q, prior).sum(-1)


@kl_gaussian.mistake(
    "You read log_sigma as the log of the variance: sigma = exp(log_sigma) here, with "
    "no half, and sigma^2 = exp(2 log_sigma)."
)
def log_of_the_variance(mu, log_sigma):
    return closed_form(mu, log_sigma / 2)


@kl_gaussian.mistake(
    "You have put variance where sigma stands: exp(2 log_sigma) squared once more. Try "
    "a bell that is the prior but for its width."
)
def variance_squared(mu, log_sigma):
    return closed_form(mu, 2 * log_sigma)


@kl_gaussian.mistake(
    "The half is lost: it stands in front of mu^2 + sigma^2 - 1, all three. For mu = 2 "
    "and sigma = 1 the KL is 2 nats."
)
def lost_half(mu, log_sigma):
    return terms(mu, log_sigma.exp(), half=1.0).sum(-1)


@kl_gaussian.mistake(
    "The -1 is lost. When the bell is the prior the KL must be 0; yours is a half for "
    "each coordinate."
)
def lost_minus_one(mu, log_sigma):
    return terms(mu, log_sigma.exp(), one=0.0).sum(-1)


@kl_gaussian.mistake(
    "This is KL(prior, q), the other order. The mean is to be taken under q, and then "
    "no sigma stands in a denominator."
)
def from_the_prior(mu, log_sigma):
    sigma = log_sigma.exp()
    return (0.5 * ((1 + mu**2) / sigma**2 - 1) + log_sigma).sum(-1)


@kl_gaussian.mistake(
    "You take the mean over the coordinates. Independent coordinates add up: every "
    "number that must be said costs nats of its own."
)
def mean_over_coordinates(mu, log_sigma):
    return terms(mu, log_sigma.exp()).mean(-1)


@kl_gaussian.mistake(
    "The half has reached too far: it does not stand in front of log sigma. (In front "
    "of log sigma^2 it would, and there it cancels the 2.)"
)
def half_of_the_log(mu, log_sigma):
    return (terms(mu, log_sigma.exp()) + log_sigma / 2).sum(-1)


# -- split -----------------------------------------------------------------------------


def draw_curves(g):
    """Seven marks, three images; the second one so unlikely that its exp is zero."""
    width, log_q = 0.1 + uniform(g, 7), normal(g, 7, 3)
    log_joint = 1.5 * normal(g, 7, 3) - 6
    log_joint[:, 1] -= 900
    log_q = log_q - (log_q + width.log()[:, None]).logsumexp(0)
    return {"log_joint": log_joint, "log_q": log_q, "width": width}


split = Question("split", points=3, draw=draw_curves, atol=ATOL, why=WHY)


def area(log_curve, width):
    return (log_curve + width.log()[:, None]).logsumexp(0)


def two_rows(log_joint, log_q, width, log_p=None):
    """Bound, and KL from q to the joint divided by its area (which may be wrong)."""
    mass = width[:, None] * log_q.exp()
    log_p = area(log_joint, width) if log_p is None else log_p
    bound = (mass * (log_joint - log_q)).sum(0)
    return torch.stack([bound, (mass * (log_q - log_joint + log_p)).sum(0)])


@split.right
def each_by_its_sum(log_joint, log_q, width):
    return two_rows(log_joint, log_q, width)


@split.right
def gap_by_subtraction(log_joint, log_q, width):
    """Scale q to the area of the joint's highest point, then use log p = L + KL."""
    top = log_joint.amax(0)
    mass = width[:, None] * log_q.exp()
    bound = top - (mass * (log_q + top - log_joint)).sum(0)
    log_p = top + (width @ (log_joint - top).exp()).log()
    return torch.stack([bound, log_p - bound])


@split.mistake(
    "The bound is right. The second row is the KL the other way round, from the "
    "posterior to q: what the bound is short by is an average under q, of log q less "
    "the log posterior."
)
def kl_swapped(log_joint, log_q, width):
    log_post = log_joint - area(log_joint, width)
    other = (width[:, None] * log_post.exp() * (log_post - log_q)).sum(0)
    return torch.stack([two_rows(log_joint, log_q, width)[0], other])


@split.mistake(
    "The gap is right. The bound has lost its entropy: it averages log p(x, z) - log q,"
    " not log p(x, z) alone. Without it the best q is a needle on the joint's peak."
)
def bound_without_entropy(log_joint, log_q, width):
    energy = (width[:, None] * log_q.exp() * log_joint).sum(0)
    return torch.stack([energy, two_rows(log_joint, log_q, width)[1]])


@split.mistake(
    "The second row is minus the first: a KL to the joint, whose area is not 1. Divide "
    "the joint by its area, and you have the posterior."
)
def kl_to_the_joint(log_joint, log_q, width):
    return two_rows(log_joint, log_q, width, log_p=0.0)


@split.mistake(
    "The first row is log p(x), the whole of it: the log was taken after the mean. The "
    "bound takes it before, and falls short by the second row."
)
def evidence_for_bound(log_joint, log_q, width):
    gap = two_rows(log_joint, log_q, width)[1]
    return torch.stack([area(log_joint, width), gap])


@split.mistake(
    "The widths are lost. A mark speaks for a piece of the line: the mass of q on it is"
    " width times density, and only these masses sum to 1."
)
def lost_widths(log_joint, log_q, width):
    return two_rows(log_joint, log_q, torch.ones_like(width))


@split.mistake(
    "You exponentiate the joint before you sum: for an unlikely picture its area is 0 "
    "by then, and the log of that is -inf. Stay in logs: torch.logsumexp."
)
def joint_after_exp(log_joint, log_q, width):
    return two_rows(log_joint, log_q, width, (width @ log_joint.exp()).log())


@split.mistake(
    "The bound is right. The posterior is not: you divided the joint by the sum of its "
    "heights. Its area counts the widths as well, and only then does the posterior have"
    " area 1."
)
def posterior_without_widths(log_joint, log_q, width):
    return two_rows(log_joint, log_q, width, log_joint.logsumexp(0))


@split.mistake(
    "Both numbers are right, and have changed places: the bound comes first, the KL "
    "below it."
)
def rows_exchanged(log_joint, log_q, width):
    return two_rows(log_joint, log_q, width).flip(0)


# -- better_but_lower: construct a case ------------------------------------------------


def draw_orders(g):
    """Five orders; better + lower is above log 2, so that a lost log 2 shows."""
    return {
        "log_p": -5 - 40 * uniform(g, 5),
        "better": 0.3 + 0.5 * uniform(g, 5),
        "lower": 0.5 + uniform(g, 5),
    }


better_but_lower = Question("better_but_lower", points=3, draw=draw_orders, atol=ATOL,
                            why=WHY)  # fmt: skip


def parts_of(log_evidence, four_products):
    """Both joints from their sum, and from 4 t (1 - t), t the larger one's share."""
    root = (1 - four_products).sqrt()
    shares = torch.stack([(1 + root) / 2, four_products / (1 + root) / 2])
    return log_evidence + shares.log()


@better_but_lower.right
def by_the_quadratic(log_p, better, lower):
    return parts_of(log_p + better, (-2 * (better + lower)).exp())


@better_but_lower.right
def by_the_odds(log_p, better, lower):
    """With odds e^(2 a) of the larger joint, the KL of a coin is log cosh a."""
    a = torch.acosh((better + lower).exp())
    sides = torch.stack([2 * a, -2 * a])
    return log_p + better + torch.nn.functional.logsigmoid(sides)


@better_but_lower.mistake(
    "B's evidence is right, and its bound is not low enough. It must end `lower` below "
    "A's, but its evidence is `better` above: the gap has to span both."
)
def gap_of_lower_alone(log_p, better, lower):
    return parts_of(log_p + better, (-2 * lower).exp())


@better_but_lower.mistake(
    "You lost log 2, the coin's entropy. With q = 1/2 the bound is the mean of the log "
    "joints plus log 2; it makes up for cutting p(x) into two parts."
)
def lost_the_entropy(log_p, better, lower):
    return parts_of(log_p + better, 4 * (-2 * (better + lower)).exp())


@better_but_lower.mistake(
    "The bound is as low as ordered, but B's evidence is that of A. A better model has "
    "joints that sum to more: log(p1 + p2) = log_p + better."
)
def evidence_not_raised(log_p, better, lower):
    return parts_of(log_p, (-2 * lower).exp())


@better_but_lower.mistake(
    "The orders are in nats, so they are added to logs. You multiplied the evidence by "
    "1 + better."
)
def percent_for_nats(log_p, better, lower):
    raised = better.log1p()
    return parts_of(log_p + raised, (-2 * (raised + lower)).exp())


@better_but_lower.mistake(
    "A factor 2 is lost on the way: the gap is minus *half* of log(4 t (1 - t)), since "
    "the coin gives each of the two joints one half."
)
def lost_the_half(log_p, better, lower):
    return parts_of(log_p + better, (-(better + lower)).exp())


@better_but_lower.mistake(
    "The numbers are right, the rows have changed places: the larger joint comes first."
)
def smaller_one_first(log_p, better, lower):
    return by_the_quadratic(log_p, better, lower).flip(0)


@better_but_lower.mistake(
    "These are the logs of the posterior's two shares, which sum to 1. The joints have "
    "the same ratio and sum to p_B(x): add log p_B(x) to both."
)
def shares_for_joints(log_p, better, lower):
    return by_the_quadratic(log_p, better, lower) - log_p - better


# -- best_bell -------------------------------------------------------------------------


def draw_precision(g):
    """The curvature of a posterior of three or four z, as probabilistic PCA has it."""
    dim_z = 3 + int(2 * uniform(g, 1))
    A = normal(g, dim_z + 1, dim_z)
    return {"precision": torch.eye(dim_z) + 2 * A.T @ A}


best_bell = Question("best_bell", points=3, draw=draw_precision, atol=ATOL, why=WHY)


def gap_of(sigma, precision):
    """KL from independent coordinates to the exact posterior, the means being equal."""
    stretch = (precision.diagonal() * sigma**2 - 1).sum() - torch.logdet(precision)
    return 0.5 * stretch - sigma.log().sum()


def with_gap(sigma, gap):
    return torch.cat([sigma, gap[None]])


@best_bell.right
def from_the_slope(precision):
    sigma = precision.diagonal().rsqrt()
    return with_gap(sigma, gap_of(sigma, precision))


@best_bell.right
def by_the_library(precision):
    sigma = 1 / precision.diagonal().sqrt()
    zero = torch.zeros(len(sigma))
    q = MultivariateNormal(zero, torch.diag(sigma**2))
    exact = MultivariateNormal(zero, precision_matrix=precision)
    return with_gap(sigma, kl_divergence(q, exact))


@best_bell.right
def one_coordinate_after_the_other(precision):
    """Given the others, a coordinate has variance 1 / P_jj; det P by elimination."""
    A, log_det = precision.clone(), 0.0
    for j in range(len(A)):
        log_det = log_det + A[j, j].log()
        A = A - torch.outer(A[:, j], A[j]) / A[j, j]
    variance = 1 / precision.diagonal()
    return with_gap(variance.sqrt(), -0.5 * (variance.log().sum() + log_det))


@best_bell.mistake(
    "Your bell has the posterior's own widths, the roots of the diagonal of P^-1. That "
    "is best for the other KL, the one from the posterior to q. The bound punishes q "
    "for any place where the posterior is thin, so its best bell is narrower."
)
def widths_of_the_posterior(precision):
    sigma = torch.linalg.inv(precision).diagonal().sqrt()
    return with_gap(sigma, gap_of(sigma, precision))


@best_bell.mistake(
    "The gap is right; above it stand variances. A width is a standard deviation, the "
    "root."
)
def variances_for_widths(precision):
    sigma = precision.diagonal().rsqrt()
    return with_gap(sigma**2, gap_of(sigma, precision))


@best_bell.mistake(
    "The gap is right; above it stand the roots of the curvatures. The sharper the "
    "hill, the narrower the bell: one over that."
)
def roots_of_the_curvature(precision):
    sigma = precision.diagonal().rsqrt()
    return with_gap(1 / sigma, gap_of(sigma, precision))


@best_bell.mistake(
    "The widths are right; the gap is the other KL, from the posterior to q. What the "
    "bound lacks is averaged under q."
)
def gap_the_other_way(precision):
    sigma, covariance = precision.diagonal().rsqrt(), torch.linalg.inv(precision)
    stretch = (covariance.diagonal() / sigma**2 - 1).sum() + torch.logdet(precision)
    return with_gap(sigma, 0.5 * stretch + sigma.log().sum())


@best_bell.mistake(
    "The widths are right, the gap is twice too large: a log determinant is made of "
    "variances, and comes with a half in every Gaussian density."
)
def twice_the_gap(precision):
    sigma = precision.diagonal().rsqrt()
    return with_gap(sigma, 2 * gap_of(sigma, precision))


@best_bell.mistake(
    "The widths are right, the gap has the wrong sign. A KL is never negative: the "
    "diagonal's product is at least the determinant."
)
def gap_below_zero(precision):
    sigma = precision.diagonal().rsqrt()
    return with_gap(sigma, -gap_of(sigma, precision))


@best_bell.mistake(
    "You answer for the other KL, from the posterior to q, and rightly so: its best "
    "bell has the posterior's own widths. But the bound lacks KL(q, posterior), which "
    "punishes q for any place where the posterior is thin: its best bell is narrower."
)
def all_for_the_other_kl(precision):
    covariance = torch.linalg.inv(precision)
    spread = covariance.diagonal()
    gap = 0.5 * (spread.log().sum() - torch.logdet(covariance))
    return with_gap(spread.sqrt(), gap)


# -- e_step ----------------------------------------------------------------------------


def draw_mixture(g, num_images):
    """Three kinds, 46 pixels, thirty of which are hardly ever on."""
    theta = 0.3 + 0.4 * uniform(g, 3, 46)
    theta[:, :30] = 1e-12 * (1 + 0.1 * uniform(g, 3, 30))
    x = (uniform(g, num_images, 46) < 0.5).double()
    x[:, :30] = 0
    log_pi = (0.5 * normal(g, 3) + torch.tensor([1.0, 0.0, -1.0])).log_softmax(0)
    return {"x": x, "log_pi": log_pi, "theta": theta}


def draw_unlikely(g):
    """As many pictures as kinds; in the second one all thirty pixels are on."""
    inputs = draw_mixture(g, 3)
    inputs["x"][1, :30] = 1
    return inputs


e_step = Question("e_step", points=2, draw=draw_unlikely, atol=ATOL, why=WHY)


def pixels_log_lik(x, theta):
    return x @ theta.log().T + (1 - x) @ (-theta).log1p().T  # (pictures, k)


@e_step.right
def joint_over_evidence(x, log_pi, theta):
    log_joint = log_pi + pixels_log_lik(x, theta)
    return (log_joint - log_joint.logsumexp(1, keepdim=True)).exp()


@e_step.right
def by_ratios(x, log_pi, theta):
    """r_c = 1 / sum over all kinds a of the odds p(x, a) / p(x, c)."""
    log_lik = Independent(Bernoulli(theta), 1).log_prob(x[:, None])
    log_joint = log_lik + log_pi
    odds = log_joint[:, None, :] - log_joint[:, :, None]  # (pictures, c, a)
    return odds.exp().sum(-1).reciprocal()


@e_step.mistake(
    "The weights pi are lost. A kind that is rare before anyone has seen the picture "
    "needs better evidence than a common one. If you did add log pi, look at the "
    "shapes: along the pictures, as log_pi[:, None], it cancels."
)
def lost_pi(x, log_pi, theta):
    return pixels_log_lik(x, theta).softmax(1)


@e_step.mistake(
    "You give each picture whole to its best kind. That is k-means, and the bound does "
    "not touch log p(x) then: the E step keeps the doubt."
)
def winner_takes_all(x, log_pi, theta):
    best = (pixels_log_lik(x, theta) + log_pi).argmax(1)
    return torch.nn.functional.one_hot(best, len(theta)).double()


@e_step.mistake(
    "Your columns sum to 1, not your rows: every kind shares itself out among the "
    "pictures. A picture shares itself out among the kinds."
)
def columns_sum_to_one(x, log_pi, theta):
    return (pixels_log_lik(x, theta) + log_pi).softmax(0)


@e_step.mistake(
    "You exponentiate before you divide: for an unlikely picture all joints are 0 by "
    "then, and 0 / 0 is not a number. Subtract in logs, then exponentiate; "
    "torch.softmax does."
)
def divided_after_exp(x, log_pi, theta):
    joint = (pixels_log_lik(x, theta) + log_pi).exp()
    return joint / joint.sum(1, keepdim=True)


@e_step.mistake(
    "You add pi itself. Probabilities multiply, so their *logs* add up: log_pi is "
    "already what you need."
)
def pi_added_to_a_log(x, log_pi, theta):
    return (pixels_log_lik(x, theta) + log_pi.exp()).softmax(1)


@e_step.mistake(
    "These are the logs of the shares. A share is a probability, between 0 and 1, and a"
    " picture's shares sum to 1."
)
def logs_of_shares(x, log_pi, theta):
    return (pixels_log_lik(x, theta) + log_pi).log_softmax(1)


@e_step.mistake(
    "You divide by the sums of *other* pictures: a sum over the kinds has shape "
    "(num_images,), and that is laid along the last axis. Write keepdim=True. Torch is "
    "silent, because there are as many pictures here as kinds."
)
def sums_of_other_pictures(x, log_pi, theta):
    log_joint = pixels_log_lik(x, theta) + log_pi
    return (log_joint - log_joint.logsumexp(1)).exp()


# -- m_step ----------------------------------------------------------------------------


def draw_shares(g):
    """Seven pictures of five pixels, shared out among three kinds."""
    x = (uniform(g, 7, 5) < 0.4 + 0.2 * uniform(g, 5)).double()
    x[0], x[1] = 0, 1
    logits = 0.7 * normal(g, 7, 3) + torch.tensor([0.6, 0.0, -0.6])
    logits[:3] += 4 * torch.eye(3)  # each kind is the best for somebody
    r = logits.softmax(1)
    return {"x": x, "r": r}


m_step = Question("m_step", points=3, draw=draw_shares, atol=ATOL, why=WHY)


def beside(pi, theta):
    return torch.cat([pi.log()[:, None], theta], 1)


def weighted_means(x, r):
    return r.T @ x / r.sum(0)[:, None]


@m_step.right
def by_counting(x, r):
    return beside(r.mean(0), weighted_means(x, r))


@m_step.right
def kind_by_kind(x, r):
    rows = []
    for share in r.unbind(1):
        theta = (share[:, None] * x).sum(0) / share.sum()
        rows.append(torch.cat([(share.sum() / len(x)).log()[None], theta]))
    return torch.stack(rows)


@m_step.mistake(
    "The weights are right. The pixels are divided by N, the number of all pictures; "
    "kind c has only sum_n r_nc of them. Yours are too dark: together the k rows make "
    "one mean picture, not k."
)
def pixels_over_n(x, r):
    return beside(r.mean(0), r.T @ x / len(x))


@m_step.mistake(
    "The pixels are right. The weights are all 1/k: the shares that the kinds won in "
    "the E step are thrown away."
)
def weights_all_alike(x, r):
    return beside(torch.full((r.shape[1],), 1 / r.shape[1]), weighted_means(x, r))


@m_step.mistake(
    "The pixels are right. The first column holds the logs of counts: the weights must "
    "sum to 1, so divide by the number of pictures."
)
def counts_for_weights(x, r):
    return beside(r.sum(0), weighted_means(x, r))


@m_step.mistake(
    "The pixels are right. The first column is pi itself; asked is its log."
)
def lost_log(x, r):
    return beside(r.mean(0).exp(), weighted_means(x, r))


@m_step.mistake(
    "You round the shares first, every picture whole to its best kind. The M step "
    "counts with the shares as they are: half a picture counts a half."
)
def rounded_shares(x, r):
    whole = torch.nn.functional.one_hot(r.argmax(1), r.shape[1]).double()
    return by_counting(x, whole)


@m_step.mistake(
    "Every kind has got the mean picture: the shares do not enter the pixels. Weigh "
    "picture n with r_nc when you average for kind c."
)
def mean_picture_for_all(x, r):
    return beside(r.mean(0), x.mean(0).expand(r.shape[1], -1))


@m_step.mistake(
    "Your rows of theta sum to 1 over the pixels, as if one pixel were on at a time. "
    "Each pixel is on or off by itself: divide by how many pictures the kind has, not "
    "by how many pixels."
)
def pixels_sum_to_one(x, r):
    lit = r.T @ x
    return beside(r.mean(0), lit / lit.sum(1, keepdim=True))


# -- bound: find the bug ---------------------------------------------------------------


def draw_q(g):
    """Five pictures, and shares that are not the posterior; a few are exactly zero."""
    inputs = draw_mixture(g, 5)
    r = normal(g, 5, 3).softmax(1)
    r[1] = torch.tensor([0.0, 1.0, 0.0])
    r[3] = torch.tensor([0.3, 0.0, 0.7])
    return {"x": inputs["x"], "r": r} | {k: inputs[k] for k in ("log_pi", "theta")}


bound = Question("bound", points=2, draw=draw_q, atol=ATOL, why=WHY)


def energy(x, r, theta):
    return (r * pixels_log_lik(x, theta)).sum(1)


def entropy(r):
    return -torch.xlogy(r, r).sum(1)


@bound.right
def energy_and_entropy(x, r, log_pi, theta):
    return energy(x, r, theta) + r @ log_pi + entropy(r)


@bound.right
def reconstruction_less_price(x, r, log_pi, theta):
    """The same bound in its other form: minus KL(q, pi)."""
    kept = r > 0
    price = torch.where(kept, r * (r.where(kept, torch.ones(())).log() - log_pi), 0.0)
    return energy(x, r, theta) - price.sum(1)


@bound.right
def evidence_less_gap(x, r, log_pi, theta):
    """From above: log p(x) minus KL(q, p(z|x))."""
    log_joint = pixels_log_lik(x, theta) + log_pi
    log_p = log_joint.logsumexp(1)
    gap = torch.special.xlogy(r, r) - r * (log_joint - log_p[:, None])
    return log_p - gap.sum(1)


@bound.mistake(
    "This is still her bound: log p(x|z) where log p(x, z) belongs. Without log pi_c "
    "nobody pays for saying which kind it was, and the bound may lie above log p(x)."
)
def still_without_prior(x, r, log_pi, theta):
    return energy(x, r, theta) + entropy(r)


@bound.mistake(
    "The prior is in, and the entropy has gone: the mean of log p(x, z) alone. After an"
    " exact E step it lies below log p(x), by all the doubt that is left in q."
)
def doubt_not_counted(x, r, log_pi, theta):
    return energy(x, r, theta) + r @ log_pi


@bound.mistake(
    "The entropy has the wrong sign: -log q is added, so a doubtful q is *better* off. "
    "Minus the sum of r log r is positive."
)
def entropy_taken_off(x, r, log_pi, theta):
    return energy(x, r, theta) + r @ log_pi - entropy(r)


@bound.mistake(
    "Where r is exactly 0 you get 0 times log 0, which is not a number. What nobody "
    "chose counts nothing: torch.xlogy(r, r) knows that 0 log 0 = 0."
)
def zero_times_minus_infinity(x, r, log_pi, theta):
    return (r * (pixels_log_lik(x, theta) + log_pi - r.log())).sum(1)


@bound.mistake(
    "This is log p(x) itself: r has no say. The bound is what *this* q reaches, and "
    "touches log p(x) only if q is the posterior."
)
def evidence_itself(x, r, log_pi, theta):
    return (pixels_log_lik(x, theta) + log_pi).logsumexp(1)


@bound.mistake(
    "The prior enters without q: you add the plain sum of all log pi_c. Each is to be "
    "weighted by r_c, the probability that it was this kind."
)
def prior_not_averaged(x, r, log_pi, theta):
    return energy(x, r, theta) + log_pi.sum() + entropy(r)


QUESTIONS = [
    jensen_gap,
    kl_gaussian,
    split,
    better_but_lower,
    best_bell,
    e_step,
    m_step,
    bound,
]
