"""Problem set 03, inference and evidence: how each answer is judged, and what we say.

The statements stand in ps03.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

import math

import torch
from torch.nn.functional import one_hot

from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-12, the nearest mistake is 0.04 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


def uneven_marks(g, num_z):
    """Marks on both sides of 0, no two gaps alike."""
    z = (0.1 + uniform(g, num_z)).cumsum(0)
    return z - z.mean()


def log_lik_table(g, num_z, num_images):
    """Log-likelihoods; the second image is so unlikely that its exp is zero."""
    log_lik = 2 * normal(g, num_z, num_images) - 6
    log_lik[:, 1] -= 900
    return log_lik


def share_of_line(z):
    """Half of the gap to the left and half of the gap to the right of each mark."""
    gaps, none = z.diff(), torch.zeros(1)
    return (torch.cat([none, gaps]) + torch.cat([gaps, none])) / 2


# -- log_evidence ----------------------------------------------------------------------


def draw_joint(g):
    """Seven marks, three images."""
    return {"log_joint": log_lik_table(g, 7, 3), "z": uneven_marks(g, 7)}


log_evidence = Question("log_evidence", points=3, draw=draw_joint, atol=ATOL, why=WHY)


@log_evidence.right
def mark_by_mark(log_joint, z):
    return (log_joint + share_of_line(z).log()[:, None]).logsumexp(0)


@log_evidence.right
def from_the_top(log_joint, z):
    top = log_joint.max(0).values
    return top + torch.trapezoid((log_joint - top).exp(), z, dim=0).log()


@log_evidence.mistake(
    "You add up heights; an area is height times width. Lay the ruler with half the "
    "gaps and this log p(x) grows by log 2, again and again: each mark needs its piece "
    "of the line."
)
def no_gaps(log_joint, z):
    return log_joint.logsumexp(0)


@log_evidence.mistake(
    "You give all marks the same width. This ruler is uneven: where the marks stand "
    "close, each of them speaks for a shorter piece of the line."
)
def even_gaps(log_joint, z):
    return log_joint.logsumexp(0) + z.diff().mean().log()


@log_evidence.mistake(
    "You take the height at the left end of each piece. The trapezoid rule takes the "
    "mean of the heights at both ends: on few marks that is far better."
)
def left_heights(log_joint, z):
    return (log_joint[:-1] + z.diff().log()[:, None]).logsumexp(0)


@log_evidence.mistake(
    "Twice the area, log 2 = 0.69 too high: the half of (p_i + p_(i+1)) / 2 is lost. A "
    "mark gets half of the gap on either side of it."
)
def lost_half(log_joint, z):
    return mark_by_mark(log_joint, 2 * z)


@log_evidence.mistake(
    "Inside all is right, but the first and the last mark count whole. There is a piece"
    " of the line on one side of them only, so they get half of one gap. "
    "(torch.gradient does this at its ends.)"
)
def ends_count_whole(log_joint, z):
    width = share_of_line(z)
    width[[0, -1]] *= 2
    return (log_joint + width.log()[:, None]).logsumexp(0)


@log_evidence.mistake(
    "You exponentiate before you sum: below about -745, exp gives 0, and its log is "
    "-inf. Stay in logs (torch.logsumexp; a factor becomes a summand), or take the "
    "largest one out first."
)
def exponentiated_first(log_joint, z):
    return torch.trapezoid(log_joint.exp(), z, dim=0).log()


@log_evidence.mistake(
    "You take the height at the right end of each piece. The trapezoid rule takes "
    "the mean of the heights at both ends: on few marks that is far better."
)
def right_heights(log_joint, z):
    return (log_joint[1:] + z.diff().log()[:, None]).logsumexp(0)


@log_evidence.mistake(
    "You average the logs of the two heights. The rule averages the heights "
    "themselves, and the log of a mean is above the mean of the logs: "
    "torch.logaddexp adds two heights that are given as logs."
)
def mean_of_two_logs(log_joint, z):
    middle = (log_joint[1:] + log_joint[:-1]) / 2
    return (middle + z.diff().log()[:, None]).logsumexp(0)


@log_evidence.mistake(
    "You add the lengths to logs as they are. In logs a factor becomes a summand: "
    "add the log of the length."
)
def lengths_without_log(log_joint, z):
    return (log_joint + share_of_line(z)[:, None]).logsumexp(0)


# -- posterior_on_grid -----------------------------------------------------------------


def draw_prior_and_likelihood(g):
    """As many images as marks: a prior laid along the images raises no error."""
    z, mu, sigma = uneven_marks(g, 6), normal(g, 1), 0.5 + uniform(g, 1)
    log_prior = -0.5 * ((z - mu) / sigma) ** 2 - sigma.log() - 0.5 * math.log(math.tau)
    log_lik, width = log_lik_table(g, 6, 6), share_of_line(z)
    return {"log_lik": log_lik, "log_prior": log_prior, "width": width}


posterior_on_grid = Question(
    "posterior_on_grid",
    points=2,
    draw=draw_prior_and_likelihood,
    atol=ATOL,
    why="float64: right answers agree to about 1e-12, the nearest mistake is 0.1 away",
)


@posterior_on_grid.right
def joint_over_its_area(log_lik, log_prior, width):
    log_joint = log_lik + log_prior[:, None]
    return (log_joint - (log_joint + width.log()[:, None]).logsumexp(0)).exp()


@posterior_on_grid.right
def from_the_highest_joint(log_lik, log_prior, width):
    log_joint = log_lik + log_prior.unsqueeze(1)
    joint = (log_joint - log_joint.max(0).values).exp()
    return joint / (width @ joint)


@posterior_on_grid.mistake(
    "Yours sum to 1 over the marks, as if each stood for a piece of length 1. A density"
    " has area 1: the sum of density times width."
)
def sums_to_one(log_lik, log_prior, width):
    return (log_lik + log_prior[:, None]).softmax(0)


@posterior_on_grid.mistake(
    "These are the probabilities of the pieces of the line, and sum to 1. The density "
    "is probability by length: divide each by its width."
)
def mass_of_pieces(log_lik, log_prior, width):
    return joint_over_its_area(log_lik, log_prior, width) * width[:, None]


@posterior_on_grid.mistake(
    "This is the likelihood, scaled to area 1: the prior has no say. If you did add it,"
    " look at the shapes: log_prior of shape (num_z,) is laid along the last axis, the "
    "images, where it is a constant per image and cancels. Write log_prior[:, None]."
)
def likelihood_without_prior(log_lik, log_prior, width):
    return joint_over_its_area(log_lik + log_prior, 0 * log_prior, width)


@posterior_on_grid.mistake(
    "You divide by a sum over the images. Each image has its own posterior: the area "
    "runs over z, down its column, and knows nothing of the neighbours."
)
def shared_among_the_images(log_lik, log_prior, width):
    return (log_lik + log_prior[:, None]).softmax(1)


@posterior_on_grid.mistake(
    "You exponentiate before you divide: for an unlikely image joint and area are both "
    "0 by then, and 0 / 0 is not a number. Subtract the log of the area first."
)
def divided_after_exp(log_lik, log_prior, width):
    joint = (log_lik + log_prior[:, None]).exp()
    return joint / (width @ joint)


@posterior_on_grid.mistake(
    "Prior and widths are laid along the images: a tensor of shape (num_z,) is matched "
    "with the last axis of (num_z, num_images). Write log_prior[:, None] and width[:, "
    "None]. Torch is silent because there are as many images here as marks."
)
def laid_along_the_images(log_lik, log_prior, width):
    return (log_lik + log_prior + width.log()).softmax(0) / width


@posterior_on_grid.mistake(
    "This is the log of the density. The density itself was asked for: take the "
    "exp, last."
)
def log_of_the_density(log_lik, log_prior, width):
    return joint_over_its_area(log_lik, log_prior, width).log()


@posterior_on_grid.mistake(
    "You divide by the widths, but they are not in the sum that you divided by "
    "before: sum joint times width, then density times width adds up to 1."
)
def widths_not_in_the_area(log_lik, log_prior, width):
    return sums_to_one(log_lik, log_prior, width) / width[:, None]


# -- log_odds --------------------------------------------------------------------------


def draw_stories(g):
    """Two clean pictures and six noisy ones: three of each story."""
    one = (uniform(g, 16) < 0.5).double()
    two = one.clone()
    differ = torch.randperm(16, generator=g)[: 5 + int(5 * uniform(g, 1))]
    two[differ] = 1 - one[differ]
    noise = (uniform(g, 6, 16) < 0.2).double()
    x = (torch.stack([one, two]).repeat(3, 1) - noise).abs()
    flip, w = 0.03 + 0.3 * uniform(g, 1).item(), 0.1 + 0.3 * uniform(g, 1).item()
    return {"x": x, "one": one, "two": two, "flip": flip, "w": w}


log_odds = Question(
    "log_odds",
    points=2,
    draw=draw_stories,
    atol=ATOL,
    why="float64: right answers agree to about 1e-14, the nearest mistake is 0.1 away",
)


def logit(p):
    return math.log(p) - math.log1p(-p)


@log_odds.right
def by_wrong_pixels(x, one, two, flip, w):
    wrong_one, wrong_two = (x != one).sum(-1), (x != two).sum(-1)
    return logit(w) - logit(flip) * (wrong_two - wrong_one)


@log_odds.right
def by_two_likelihoods(x, one, two, flip, w):
    def log_lik(clean):
        p = flip + (1 - 2 * flip) * clean
        return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)

    return (w * log_lik(one).exp() / ((1 - w) * log_lik(two).exp())).log()


@log_odds.mistake(
    "You compare the likelihoods alone. Before the picture came, story one had "
    "probability w and story two 1 - w: the log of these odds is added."
)
def prior_left_out(x, one, two, flip, w):
    return by_wrong_pixels(x, one, two, flip, 0.5)


@log_odds.mistake(
    "You add log w. Story two has a prior too: the prior's log odds are log w - log(1 -"
    " w)."
)
def log_w_for_its_odds(x, one, two, flip, w):
    return prior_left_out(x, one, two, flip, w) + math.log(w)


@log_odds.mistake(
    "You count the pixels that speak for story one and forget those that speak for "
    "story two: they are subtracted, n_2 - n_1. (So one pixel that changes sides counts"
    " twice.)"
)
def only_pixels_for_one(x, one, two, flip, w):
    in_favour = ((x == one) & (x != two)).sum(-1)
    return logit(w) - logit(flip) * in_favour


@log_odds.mistake(
    "You pay for wrong pixels and forget the right ones. A pixel that is wrong in one "
    "story is right in the other, which has probability 1 - flip: it counts log((1 - "
    "flip) / flip)."
)
def right_pixels_for_free(x, one, two, flip, w):
    evidence = prior_left_out(x, one, two, flip, w)
    return logit(w) + evidence * math.log(flip) / logit(flip)


@log_odds.mistake(
    "These are the odds of story two. The more pixels are wrong in it, n_2, the better "
    "for story one."
)
def the_other_story(x, one, two, flip, w):
    return -by_wrong_pixels(x, one, two, flip, w)


@log_odds.mistake(
    "This is the probability of story one. Its log odds were asked for, log p - log(1 -"
    " p): evidence adds up on that scale."
)
def a_probability(x, one, two, flip, w):
    return by_wrong_pixels(x, one, two, flip, w).sigmoid()


@log_odds.mistake(
    "These are the odds. Their log was asked for: on that scale prior and pixels "
    "add up."
)
def odds_without_log(x, one, two, flip, w):
    return by_wrong_pixels(x, one, two, flip, w).exp()


@log_odds.mistake(
    "The pixels are right. Your prior odds are those of story two, (1 - w) / w."
)
def prior_upside_down(x, one, two, flip, w):
    return by_wrong_pixels(x, one, two, flip, 1 - w)


@log_odds.mistake(
    "The prior is right. Your pixels speak for the other story: one that fits story "
    "one counts log((1 - flip) / flip), which is positive."
)
def pixels_upside_down(x, one, two, flip, w):
    return by_wrong_pixels(x, one, two, 1 - flip, w)


# -- log_evidence_data -----------------------------------------------------------------


def draw_data(g):
    """Sixty images at four z: the product of their areas is zero in float64."""
    return {"log_lik": 2 * normal(g, 4, 60) - 20}


log_evidence_data = Question("log_evidence_data", points=2, draw=draw_data, atol=ATOL,
                             why=WHY)  # fmt: skip


@log_evidence_data.right
def areas_then_logs_then_sum(log_lik):
    return (log_lik.logsumexp(0) - math.log(len(log_lik))).sum()


@log_evidence_data.right
def image_by_image(log_lik):
    return sum(column.exp().mean().log() for column in log_lik.unbind(1))


@log_evidence_data.mistake(
    "You let all pictures share one z: you multiply over the pictures first and average"
    " over z last. Every picture has a z of its own, so its average over z comes first."
)
def one_z_for_all(log_lik):
    return log_lik.sum(1).logsumexp(0) - math.log(len(log_lik))


@log_evidence_data.mistake(
    "You average the areas over the pictures and take the log last. All of the pictures"
    " must come up: their areas multiply, so the logs add."
)
def log_of_a_mean(log_lik):
    return log_lik.exp().mean().log()


@log_evidence_data.mistake(
    "Your product of the areas is 0 in float64, and its log -inf. A sum of logs is the "
    "same number and never gets near zero."
)
def product_underflows(log_lik):
    return log_lik.exp().mean(0).prod().log()


@log_evidence_data.mistake(
    "This is the mean per picture. It is the better number for comparing data sets of "
    "different sizes, but the log evidence of all pictures is the sum."
)
def mean_per_picture(log_lik):
    return areas_then_logs_then_sum(log_lik) / log_lik.shape[1]


@log_evidence_data.mistake(
    "You add p(x|z) over the K places and do not divide by K. That is log K too high "
    "for each picture."
)
def lost_log_k_in_data(log_lik):
    return log_lik.logsumexp(0).sum()


@log_evidence_data.mistake(
    "You subtract log K once. Each picture has its own average over the K places, so it"
    " is subtracted for each of them: N times."
)
def log_k_once(log_lik):
    return log_lik.logsumexp(0).sum() - math.log(len(log_lik))


@log_evidence_data.mistake(
    "You average the logs over z. A picture's area is an average of probabilities, "
    "and its log comes after."
)
def mean_of_logs_over_z(log_lik):
    return log_lik.mean(0).sum()


@log_evidence_data.mistake(
    "You add up the whole table. Over the pictures logs add, but over z it is "
    "probabilities that are averaged: first torch.logsumexp down each column."
)
def everything_added(log_lik):
    return log_lik.sum()


@log_evidence_data.mistake(
    "You add the areas of the pictures. All of the pictures must come up, so areas "
    "multiply, and it is their logs that add."
)
def areas_added(log_lik):
    return log_lik.exp().mean(0).sum()


# -- posterior_weights: find the bug ---------------------------------------------------


def draw_places(g):
    """Five places, three images."""
    return {"log_lik": log_lik_table(g, 5, 3)}


posterior_weights = Question("posterior_weights", points=2, draw=draw_places, atol=ATOL,
                             why=WHY)  # fmt: skip


@posterior_weights.right
def softmax_over_places(log_lik):
    return log_lik.softmax(0)


@posterior_weights.right
def slope_of_the_log_area(log_lik):
    """The same weights as a derivative: that is why they are the right teachers."""
    places = log_lik.clone().requires_grad_()
    return torch.autograd.grad(places.logsumexp(0).sum(), places)[0]


@posterior_weights.mistake(
    "Still sick: every place is taught every picture, so all places learn the same mean"
    " image. A place should be taught a picture as much as it explains it."
)
def prior_weights(log_lik):
    return torch.full_like(log_lik, 1 / len(log_lik))


@posterior_weights.mistake(
    "Your weights sum to 1 over the pictures. They are p(z|x): for each picture, each "
    "column, they sum to 1 over the places."
)
def softmax_over_pictures(log_lik):
    return log_lik.softmax(1)


@posterior_weights.mistake(
    "You give all the weight to the best place. The posterior shares it out; this is a "
    "posterior that is never in doubt."
)
def winner_takes_all(log_lik):
    return one_hot(log_lik.argmax(0), len(log_lik)).T.double()


@posterior_weights.mistake(
    "You exponentiate before you divide: for a picture that no place explains well, all"
    " p(x|z) are 0 by then, and 0 / 0 is not a number. torch.softmax takes the largest "
    "one out first."
)
def weights_after_exp(log_lik):
    return log_lik.exp() / log_lik.exp().sum(0)


@posterior_weights.mistake(
    "These are the likelihoods p(x|z). They are not divided by their sum, so a picture "
    "that is unlikely everywhere hardly teaches at all: learning needs the shape, area "
    "1."
)
def not_divided(log_lik):
    return log_lik.exp()


@posterior_weights.mistake(
    "These are the logs of the weights. The weights multiply a gradient: they must be "
    "positive and sum to 1."
)
def logs_of_weights(log_lik):
    return log_lik.log_softmax(0)


@posterior_weights.mistake(
    "Your weights sum to 1 over the whole table. Every picture has a posterior of "
    "its own: each column sums to 1."
)
def softmax_of_the_table(log_lik):
    return log_lik.ravel().softmax(0).reshape(log_lik.shape)


# -- prior_sampling --------------------------------------------------------------------


def draw_darts(g):
    """Six darts at three images."""
    return {"log_lik": log_lik_table(g, 6, 3)}


prior_sampling = Question("prior_sampling", points=3, draw=draw_darts, atol=ATOL,
                          why=WHY)  # fmt: skip


def estimate_and(error, log_lik):
    log_estimate = log_lik.logsumexp(0) - math.log(len(log_lik))
    return torch.stack([log_estimate, error])


@prior_sampling.right
def from_the_best_dart(log_lik):
    top = log_lik.max(0).values
    ratio = (log_lik - top).exp()
    error = ratio.std(0) / ratio.mean(0) / len(ratio) ** 0.5
    return torch.stack([top + ratio.mean(0).log(), error])


@prior_sampling.right
def by_two_moments(log_lik):
    K = len(log_lik)
    log_mean, log_square = log_lik.logsumexp(0), (2 * log_lik).logsumexp(0)
    v = (log_square - 2 * log_mean + math.log(K)).expm1()
    return estimate_and((v.clamp(min=0) / (K - 1)).sqrt(), log_lik)


@prior_sampling.mistake(
    "The first row averages logs. The estimate averages p(x|z) over the darts and takes"
    " the log last; only then is it unbiased for p(x)."
)
def mean_of_logs(log_lik):
    return torch.stack([log_lik.mean(0), from_the_best_dart(log_lik)[1]])


@prior_sampling.mistake(
    "The first row is log K too high: a sum over the darts, not a mean. Twice as many "
    "darts would find twice the area."
)
def lost_log_k(log_lik):
    return torch.stack([log_lik.logsumexp(0), from_the_best_dart(log_lik)[1]])


@prior_sampling.mistake(
    "The second row is the spread of one dart. The mean of K darts shakes less: divide "
    "by the root of K."
)
def error_of_one_dart(log_lik):
    return estimate_and(from_the_best_dart(log_lik)[1] * len(log_lik) ** 0.5, log_lik)


@prior_sampling.mistake(
    "The second row is made from the spread of the logs. What is averaged is p(x|z), so"
    " its own spread counts, s / p-hat: a few darts far above the rest make it large."
)
def spread_of_the_logs(log_lik):
    return estimate_and(log_lik.std(0) / len(log_lik) ** 0.5, log_lik)


@prior_sampling.mistake(
    "The second row divides the squares by K. The mean was fitted to the same K darts, "
    "so the spread around it comes out too small: divide by K - 1, as torch.std does."
)
def squares_over_k(log_lik):
    ratio = (log_lik - log_lik.max(0).values).exp()
    error = ratio.std(0, correction=0) / ratio.mean(0) / len(ratio) ** 0.5
    return estimate_and(error, log_lik)


@prior_sampling.mistake(
    "You exponentiate first: for an unlikely picture every p(x|z) is 0 by then, the log"
    " -inf, and 0 / 0 not a number. Take the best dart out of all of them; neither the "
    "relative error nor the log minds."
)
def darts_after_exp(log_lik):
    p = log_lik.exp()
    return torch.stack([p.mean(0).log(), p.std(0) / p.mean(0) / len(p) ** 0.5])


@prior_sampling.mistake(
    "The first row is right. The second has s^2 where s belongs: an error is a root "
    "of a variance."
)
def variance_for_spread(log_lik):
    ratio = (log_lik - log_lik.max(0).values).exp()
    ratio = ratio / ratio.mean(0)
    return estimate_and(ratio.var(0) / len(ratio) ** 0.5, log_lik)


@prior_sampling.mistake(
    "The first row is right. Your error is s / sqrt(K), in the unit of p: divide by "
    "the estimate to make it relative. (For an unlikely picture it is 0 here, "
    "though the estimate is as unsure as any.)"
)
def absolute_error(log_lik):
    return estimate_and(log_lik.exp().std(0) / len(log_lik) ** 0.5, log_lik)


@prior_sampling.mistake(
    "The second row is right. The first is the estimate itself; its log was asked for."
)
def estimate_without_log(log_lik):
    log_p, error = from_the_best_dart(log_lik)
    return torch.stack([log_p.exp(), error])


# -- log_darts_needed ------------------------------------------------------------------


def draw_shares(g):
    """Five pieces of the prior, three images, two to six z side by side."""
    shares = {"log_share": normal(g, 5).log_softmax(0)}
    error, dim = 0.02 + 0.2 * uniform(g, 1).item(), 2 + int(5 * uniform(g, 1))
    return {"log_lik": log_lik_table(g, 5, 3)} | shares | {"error": error, "dim": dim}


log_darts_needed = Question("log_darts_needed", points=3, draw=draw_shares, atol=ATOL,
                            why=WHY)  # fmt: skip


def log_one_plus_v(log_lik, log_share):
    mean = (log_lik + log_share[:, None]).logsumexp(0)
    return (2 * log_lik + log_share[:, None]).logsumexp(0) - 2 * mean


@log_darts_needed.right
def in_logs(log_lik, log_share, error, dim):
    v = (dim * log_one_plus_v(log_lik, log_share)).expm1()
    return v.log() - 2 * math.log(error)


@log_darts_needed.right
def by_the_shapes(log_lik, log_share, error, dim):
    """The second form of the equation: posterior squared over prior."""
    posterior = (log_lik + log_share[:, None]).softmax(0)
    one_plus_v = (posterior**2 / log_share.exp()[:, None]).sum(0)
    return ((one_plus_v**dim - 1) / error**2).log()


@log_darts_needed.mistake(
    "You divide by the error. The error falls with the root of K, so half the error "
    "takes four times the darts: divide by its square."
)
def error_not_squared(log_lik, log_share, error, dim):
    return in_logs(log_lik, log_share, error, dim) + math.log(error)


@log_darts_needed.mistake(
    "You lost the - 1. A picture that says nothing about its place has E[p^2] = E[p]^2 "
    "and takes no darts at all."
)
def lost_minus_one(log_lik, log_share, error, dim):
    return dim * log_one_plus_v(log_lik, log_share) - 2 * math.log(error)


@log_darts_needed.mistake(
    "You add v over the dimensions. All of the z must land well at once: the factors 1 "
    "+ v multiply."
)
def dimensions_added(log_lik, log_share, error, dim):
    return in_logs(log_lik, log_share, error, 1) + math.log(dim)


@log_darts_needed.mistake(
    "You raise v to the power. It is E[p^2] / E[p]^2 = 1 + v that multiplies over the "
    "dimensions; the 1 is subtracted at the end."
)
def power_of_v(log_lik, log_share, error, dim):
    return dim * log_one_plus_v(log_lik, log_share).expm1().log() - 2 * math.log(error)


@log_darts_needed.mistake(
    "You weigh all pieces alike. The darts fall where the prior is: piece i catches a "
    "share exp(log_share[i]) of them."
)
def all_shares_equal(log_lik, log_share, error, dim):
    return in_logs(log_lik, torch.zeros_like(log_share).log_softmax(0), error, dim)


@log_darts_needed.mistake(
    "You take the variance of log p(x|z). Darts average p(x|z) itself: a likelihood of "
    "e^-900 all over the line costs nothing, one high narrow hill costs much."
)
def variance_of_the_logs(log_lik, log_share, error, dim):
    share = log_share.exp()
    v = share @ log_lik**2 - (share @ log_lik) ** 2
    return ((1 + v) ** dim - 1).log() - 2 * math.log(error)


@log_darts_needed.mistake(
    "This is K itself. Its natural logarithm was asked for: with many dimensions K "
    "has no room in a float."
)
def number_without_log(log_lik, log_share, error, dim):
    return in_logs(log_lik, log_share, error, dim).exp()


@log_darts_needed.mistake(
    "You multiply by the squared error. A smaller error takes more darts: K = v / "
    "error^2, so 2 log(error) is subtracted."
)
def multiplied_by_error(log_lik, log_share, error, dim):
    return in_logs(log_lik, log_share, 1 / error, dim)


# -- rare_but_cheap: construct a case --------------------------------------------------


def draw_plain_pictures(g):
    """Five plain pictures."""
    return {
        "share": 0.05 + 0.4 * uniform(g, 5),
        "height": 0.1 + 0.8 * uniform(g, 5),
        "ratio": 0.1 + 0.4 * uniform(g, 5),
        "saving": 0.2 + 0.6 * uniform(g, 5),
    }


rare_but_cheap = Question(
    "rare_but_cheap",
    points=2,
    draw=draw_plain_pictures,
    atol=ATOL,
    why="float64: right answers agree to about 1e-16, the nearest mistake is 0.01 away",
)


@rare_but_cheap.right
def by_v(share, height, ratio, saving):
    v = saving * (1 / share - 1)
    wider = 1 / (1 + v)
    return torch.stack([wider, ratio * share * height / wider])


@rare_but_cheap.right
def in_one_fraction(share, height, ratio, saving):
    mixed = share + saving * (1 - share)
    return torch.stack([share / mixed, ratio * height * mixed])


def with_area(share_b, share, height, ratio):
    return torch.stack([share_b, ratio * share * height / share_b])


@rare_but_cheap.mistake(
    "You divide the share by the saving, as if K went with 1 / share. K goes with v = 1"
    " / share - 1, and your share can even exceed 1."
)
def share_over_saving(share, height, ratio, saving):
    return with_area(share / saving, share, height, ratio)


@rare_but_cheap.mistake(
    "The share is right. The area is share times height, and the share has grown: with "
    "height times ratio, p(B) is too large."
)
def height_times_ratio(share, height, ratio, saving):
    return torch.stack([by_v(share, height, ratio, saving)[0], ratio * height])


@rare_but_cheap.mistake(
    "Your picture B needs more darts than A, by as much as it should need fewer: v_B = "
    "saving * v_A, and a small v is a wide piece."
)
def dearer(share, height, ratio, saving):
    return by_v(share, height, ratio, 1 / saving)


@rare_but_cheap.mistake(
    "You save on the error. The number of darts goes with v itself, the error with its "
    "root: v_B = saving * v_A, without a square."
)
def error_for_darts(share, height, ratio, saving):
    return by_v(share, height, ratio, saving**2)


@rare_but_cheap.mistake(
    "You keep the share and lower the height. p falls as it should, but B needs exactly"
    " as many darts as A: the height cancels in v. To save darts, widen the piece."
)
def only_lower(share, height, ratio, saving):
    return torch.stack([share, ratio * height])


@rare_but_cheap.mistake(
    "The rows have changed places: the share of B comes first, its height second."
)
def rows_swapped(share, height, ratio, saving):
    return by_v(share, height, ratio, saving).flip(0)


@rare_but_cheap.mistake(
    "The share is right. Your second row is the area p(B), share times height: "
    "divide it by the share of B."
)
def area_for_height(share, height, ratio, saving):
    return torch.stack([by_v(share, height, ratio, saving)[0], ratio * share * height])


@rare_but_cheap.mistake(
    "The share is right. Your height would be right if p(A) were the height of A; "
    "it is share times height."
)
def share_of_a_forgotten(share, height, ratio, saving):
    wider = by_v(share, height, ratio, saving)[0]
    return torch.stack([wider, ratio * height / wider])


@rare_but_cheap.mistake(
    "The share is right. Your B is as likely as A: p(B) = ratio * p(A)."
)
def ratio_left_out(share, height, ratio, saving):
    return by_v(share, height, 1, saving)


QUESTIONS = [
    log_evidence,
    posterior_on_grid,
    log_odds,
    log_evidence_data,
    posterior_weights,
    prior_sampling,
    log_darts_needed,
    rare_but_cheap,
]
