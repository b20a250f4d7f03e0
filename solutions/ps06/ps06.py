"""Problem set 06, amortization: how each answer is judged, and what we say.

The statements stand in ps06.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn.functional import linear, softplus

from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-12, the nearest mistake is 5e-4 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


def whole(g, low, high, *shape):
    return torch.randint(low, high + 1, shape, generator=g).double()


# -- encode ----------------------------------------------------------------------------


def draw_encoder(g):
    """Five pictures of six pixels, three hidden units, two z: no sizes are equal."""
    x = (uniform(g, 5, 6) < 0.5).double()
    W1, b1, W2 = normal(g, 3, 6), normal(g, 3), normal(g, 4, 3)
    return {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": 0.3 + 0.5 * normal(g, 4)}


encode = Question("encode", points=1, draw=draw_encoder, atol=ATOL, why=WHY)


def outputs(x, W1, b1, W2, b2):
    return linear(linear(x, W1, b1).tanh(), W2, b2)


@encode.right
def by_chunks(x, W1, b1, W2, b2):
    mu, log_sigma = outputs(x, W1, b1, W2, b2).chunk(2, -1)
    return torch.stack([mu, log_sigma.exp()])


@encode.right
def one_picture_at_a_time(x, W1, b1, W2, b2):
    rows = [W2 @ torch.tanh(W1 @ picture + b1) + b2 for picture in x]
    mu, log_sigma = torch.stack(rows).unflatten(-1, (2, -1)).unbind(1)
    return torch.stack((mu, math.e**log_sigma))


@encode.mistake(
    "Your second half is the network's raw output. It is the log of sigma: sometimes "
    "negative, which no width can be. Take its exp."
)
def raw_output_as_sigma(x, W1, b1, W2, b2):
    return torch.stack(outputs(x, W1, b1, W2, b2).chunk(2, -1))


@encode.mistake(
    "You read the second half as the log of the variance: you halve it, or take the "
    "root of its exp. Here it is the log of sigma itself."
)
def log_variance(x, W1, b1, W2, b2):
    mu, log_variance = outputs(x, W1, b1, W2, b2).chunk(2, -1)
    return torch.stack([mu, (0.5 * log_variance).exp()])


@encode.mistake(
    "You return the variance, the square of sigma. The question asks for the standard "
    "deviation."
)
def variance_for_sigma(x, W1, b1, W2, b2):
    mu, sigma = by_chunks(x, W1, b1, W2, b2)
    return torch.stack([mu, sigma**2])


@encode.mistake(
    "Your halves have changed places: the first dim_z outputs are mu, the last dim_z "
    "are log sigma."
)
def halves_swapped(x, W1, b1, W2, b2):
    log_sigma, mu = outputs(x, W1, b1, W2, b2).chunk(2, -1)
    return torch.stack([mu, log_sigma.exp()])


@encode.mistake(
    "You take every second output for mu. The outputs do not alternate: first all of "
    "mu, then all of log sigma."
)
def alternating(x, W1, b1, W2, b2):
    out = outputs(x, W1, b1, W2, b2)
    return torch.stack([out[:, ::2], out[:, 1::2].exp()])


@encode.mistake(
    "You make sigma positive with softplus. That would do in a network of your own; "
    "these weights were trained for exp, which undoes the log."
)
def softplus_for_exp(x, W1, b1, W2, b2):
    mu, log_sigma = outputs(x, W1, b1, W2, b2).chunk(2, -1)
    return torch.stack([mu, softplus(log_sigma)])


@encode.mistake(
    "There is no tanh. Two linear layers on top of each other are one linear layer."
)
def no_tanh(x, W1, b1, W2, b2):
    mu, log_sigma = linear(linear(x, W1, b1), W2, b2).chunk(2, -1)
    return torch.stack([mu, log_sigma.exp()])


@encode.mistake(
    "Both halves went through the exp. mu may be negative: only the second half is "
    "a logarithm."
)
def mu_exponentiated(x, W1, b1, W2, b2):
    return torch.stack(outputs(x, W1, b1, W2, b2).exp().chunk(2, -1))


@encode.mistake(
    "The second bias, b2, is missing: it says where a bell stands before the "
    "picture has spoken."
)
def lost_second_bias(x, W1, b1, W2, b2):
    return by_chunks(x, W1, b1, W2, 0 * b2)


# -- climb -----------------------------------------------------------------------------


def draw_rows(g):
    """Five pictures of six pixels, two z, three updates of four draws each."""
    W, b, x = normal(g, 6, 2), normal(g, 6), (uniform(g, 5, 6) < 0.5).double()
    mu, log_sigma = 0.7 * normal(g, 5, 2), uniform(g, 5, 2) - 0.8
    eps, rate = normal(g, 3, 4, 5, 2), 0.03 + 0.04 * uniform(g, 1).item()
    start = {"mu": mu, "log_sigma": log_sigma}
    return start | {"x": x, "W": W, "b": b, "eps": eps, "rate": rate}


climb = Question("climb", points=3, draw=draw_rows, atol=ATOL, why=WHY)


def slopes(mu, log_sigma, x, W, b, eps):
    """Differentiate each picture's bound by hand: one row for mu, one for log sigma."""
    sigma = log_sigma.exp()
    pull = (x - (linear(mu + sigma * eps, W, b)).sigmoid()) @ W  # d log p(x|z) / dz
    up = (pull * eps).mean(0) * sigma
    return torch.stack([pull.mean(0) - mu, up + 1 - sigma**2])


def bound_of_rows(mu, log_sigma, x, W, b, eps, z=None):
    z = mu + log_sigma.exp() * eps if z is None else z
    log_lik = Bernoulli(logits=linear(z, W, b)).log_prob(x).sum(-1).mean(0)
    q_z, prior = Normal(mu, log_sigma.exp()), Normal(0.0, 1.0)
    return log_lik - kl_divergence(q_z, prior).sum(-1)


def follow(slope, mu, log_sigma, x, W, b, eps, rate):
    """Climb along what `slope` returns for each update."""
    rows = torch.stack([mu, log_sigma])
    for noise in eps:
        rows = rows + rate * slope(*rows, x, W, b, noise)
    return rows


@climb.right
def by_hand(mu, log_sigma, x, W, b, eps, rate):
    return follow(slopes, mu, log_sigma, x, W, b, eps, rate)


@climb.right
def each_picture_on_its_own(mu, log_sigma, x, W, b, eps, rate):
    def alone(n):
        rows = torch.stack([mu[n], log_sigma[n]])[:, None].requires_grad_()
        for noise in eps[:, :, n, None]:
            bound = bound_of_rows(*rows, x[n, None], W, b, noise)
            rows = rows + rate * torch.autograd.grad(bound, rows)[0]
        return rows[:, 0]

    return torch.stack([alone(n) for n in range(len(x))], 1)


@climb.mistake(
    "You differentiate the mean over the pictures, so each row gets 1/N of its slope "
    "and climbs N times too slowly: the more company, the slower. The rows are N "
    "separate climbs: differentiate the sum."
)
def mean_over_pictures(mu, log_sigma, x, W, b, eps, rate):
    return by_hand(mu, log_sigma, x, W, b, eps, rate / len(x))


@climb.mistake(
    "All rows take the same step: the slopes are added over the pictures before they "
    "are used. Each picture has its own mu and log sigma, and its own slope."
)
def one_step_for_all_rows(mu, log_sigma, x, W, b, eps, rate):
    def shared(*inputs):
        return slopes(*inputs).sum(1, keepdim=True)

    return follow(shared, mu, log_sigma, x, W, b, eps, rate)


@climb.mistake(
    "Your decoder moves as well: from the second update on, W and b have gone uphill "
    "too. Here the decoder is held still; only the rows climb."
)
def decoder_trained_too(mu, log_sigma, x, W, b, eps, rate):
    rows = torch.stack([mu, log_sigma])
    for noise in eps:
        wrong = x - linear(rows[0] + rows[1].exp() * noise, W, b).sigmoid()
        z = rows[0] + rows[1].exp() * noise
        uphill = torch.einsum("snx,snz->xz", wrong, z) / len(noise)
        rows = rows + rate * slopes(*rows, x, W, b, noise)
        W, b = W + rate * uphill, b + rate * wrong.mean(0).sum(0)
    return rows


@climb.mistake(
    "You step in sigma: mu is right, but log sigma should move by rate times the slope"
    " in log sigma. The two slopes differ by a factor sigma, and steps in sigma can "
    "cross zero."
)
def steps_in_sigma(mu, log_sigma, x, W, b, eps, rate):
    for noise in eps:
        up_mu, up_log_sigma = slopes(mu, log_sigma, x, W, b, noise)
        sigma = log_sigma.exp()
        mu, sigma = mu + rate * up_mu, sigma + rate * up_log_sigma / sigma
        log_sigma = sigma.log()
    return torch.stack([mu, log_sigma])


@climb.mistake(
    "You climb the likelihood alone: the KL to the prior is missing. Without it the "
    "bell only wants to become a spike at the best z."
)
def lost_kl(mu, log_sigma, x, W, b, eps, rate):
    def likelihood_only(mu, log_sigma, *given):
        prior_pull = torch.stack([-mu, 1 - (2 * log_sigma).exp()])
        return slopes(mu, log_sigma, *given) - prior_pull

    return follow(likelihood_only, mu, log_sigma, x, W, b, eps, rate)


@climb.mistake(
    "Only the KL climbs: your z has lost its way back to mu and log sigma (a detach, "
    ".data, a no_grad, or torch.tensor around it), so the picture has no say and every"
    " row drifts to the prior."
)
def detached_sample(mu, log_sigma, x, W, b, eps, rate):
    def prior_only(mu, log_sigma, *given):
        return torch.stack([-mu, 1 - (2 * log_sigma).exp()])

    return follow(prior_only, mu, log_sigma, x, W, b, eps, rate)


@climb.mistake(
    "You go downhill. The bound is to become large: add rate times the slope. (An "
    "optimizer's minus sign belongs to a loss.)"
)
def downhill(mu, log_sigma, x, W, b, eps, rate):
    return by_hand(mu, log_sigma, x, W, b, eps, -rate)


@climb.mistake(
    "Your log sigma steps with a slope at the new mu. Both slopes are taken at the "
    "same place, then both numbers move, together."
)
def one_after_the_other(mu, log_sigma, x, W, b, eps, rate):
    for noise in eps:
        mu = mu + rate * slopes(mu, log_sigma, x, W, b, noise)[0]
        log_sigma = log_sigma + rate * slopes(mu, log_sigma, x, W, b, noise)[1]
    return torch.stack([mu, log_sigma])


@climb.mistake(
    "mu is right. Your second half is sigma; log sigma was asked for, the number "
    "that climbs."
)
def sigma_returned(mu, log_sigma, x, W, b, eps, rate):
    mu, log_sigma = by_hand(mu, log_sigma, x, W, b, eps, rate)
    return torch.stack([mu, log_sigma.exp()])


# -- minibatch_bound -------------------------------------------------------------------


def draw_minibatch(g):
    """Three draws for five of the pictures; five never divides their number."""
    num_data = 5 * int(whole(g, 4, 30, 1)) + int(whole(g, 1, 4, 1))
    log_lik, kl = -6 + 2 * normal(g, 3, 5), 0.5 + 2 * uniform(g, 5)
    return {"log_lik": log_lik, "kl": kl, "num_data": num_data}


minibatch_bound = Question(
    "minibatch_bound", points=2, draw=draw_minibatch, atol=ATOL, why=WHY
)


@minibatch_bound.right
def by_the_mean(log_lik, kl, num_data):
    return num_data * (log_lik - kl).mean()


@minibatch_bound.right
def by_scaling_the_sum(log_lik, kl, num_data):
    draws, batch = log_lik.shape
    return (log_lik.sum() / draws - kl.sum()) * (num_data / batch)


@minibatch_bound.mistake(
    "You add up the pictures of the batch and stop. They stand for the whole data set:"
    " each speaks for N/B pictures, so multiply by N/B."
)
def lost_n_over_b(log_lik, kl, num_data):
    return log_lik.mean(0).sum() - kl.sum()


@minibatch_bound.mistake(
    "This is the bound of one picture on average. The question asks for the sum over "
    "the data set: num_data times as much."
)
def mean_per_picture(log_lik, kl, num_data):
    return (log_lik - kl).mean()


@minibatch_bound.mistake(
    "You scale the likelihood by N/B and leave the KL as it is. Each of the N rows "
    "pays its own KL, so it is scaled too; otherwise the likelihood weighs N/B times "
    "too much, and the bells shrink to spikes."
)
def kl_not_scaled(log_lik, kl, num_data):
    return num_data * log_lik.mean() - kl.sum()


@minibatch_bound.mistake(
    "You add the KL. It is a cost, and the bound is what is left: log-likelihood minus"
    " KL."
)
def kl_added(log_lik, kl, num_data):
    return num_data * (log_lik + kl).mean()


@minibatch_bound.mistake(
    "You add the draws of z of a picture. They are attempts at one and the same "
    "expectation: average over the first axis."
)
def draws_added(log_lik, kl, num_data):
    return num_data * (log_lik.sum(0) - kl).mean()


@minibatch_bound.mistake(
    "You multiply by the number of batches. The last batch is smaller here, so N/B is "
    "not that whole number: with N = 10 and B = 4 it is 2.5, not 3."
)
def number_of_batches(log_lik, kl, num_data):
    batches = math.ceil(num_data / len(kl))
    return batches * (log_lik.mean(0) - kl).sum()


@minibatch_bound.mistake(
    "Upside down: each picture of the batch speaks for N/B pictures, and that is "
    "more than one."
)
def b_over_n(log_lik, kl, num_data):
    return len(kl) / num_data * (log_lik.mean(0) - kl).sum()


@minibatch_bound.mistake(
    "You multiply the batch's sum by N. That makes every picture of it speak for "
    "all N: the B of them share that, N/B each."
)
def sum_times_n(log_lik, kl, num_data):
    return num_data * (log_lik.mean(0) - kl).sum()


@minibatch_bound.mistake(
    "You scale the KL and leave the likelihood as it is. Both are sums over the "
    "pictures of the data set: the whole difference times N/B."
)
def only_the_kl_scaled(log_lik, kl, num_data):
    return log_lik.mean(0).sum() - num_data * kl.mean()


# -- gaps ------------------------------------------------------------------------------


def draw_table(g):
    """Seven bells for four pictures; the encoder's bell is some other row for each."""
    log_p = normal(g, 4) - 5
    table = log_p - 0.1 - 3 * uniform(g, 7, 4)
    chosen = torch.randint(7, (1, 4), generator=g)
    elbo_enc = table.gather(0, chosen)[0] - 0.05
    return {"log_p": log_p, "elbo_table": table, "elbo_enc": elbo_enc}


gaps = Question("gaps", points=2, draw=draw_table, atol=ATOL, why=WHY)


@gaps.right
def by_the_best_bell(log_p, elbo_table, elbo_enc):
    best = elbo_table.amax(0)
    return torch.stack([log_p - best, best - elbo_enc])


@gaps.right
def rest_of_the_whole_gap(log_p, elbo_table, elbo_enc):
    gaussian = (log_p - elbo_table).min(0).values
    return torch.stack((gaussian, log_p - elbo_enc - gaussian))


@gaps.mistake(
    "The numbers are right and their order is not: the Gaussian gap comes first, the "
    "amortization gap second."
)
def gaps_swapped(log_p, elbo_table, elbo_enc):
    return by_the_best_bell(log_p, elbo_table, elbo_enc).flip(0)


@gaps.mistake(
    "Your gaps are negative. A gap is the upper number minus the lower: log p(x) lies "
    "above the best bound, and that above the encoder's."
)
def lost_minus_sign(log_p, elbo_table, elbo_enc):
    return -by_the_best_bell(log_p, elbo_table, elbo_enc)


@gaps.mistake(
    "You take one bell for all pictures, the best on average. Each picture may choose "
    "its own: the maximum is over the bells, for each column by itself."
)
def one_bell_for_all(log_p, elbo_table, elbo_enc):
    best = elbo_table[elbo_table.mean(1).argmax()]
    return torch.stack([log_p - best, best - elbo_enc])


@gaps.mistake(
    "Your second row is the whole gap, from log p(x) down to the encoder. The "
    "amortization gap starts at the best bell: what is above it, no encoder can get."
)
def whole_gap_second(log_p, elbo_table, elbo_enc):
    return torch.stack([log_p - elbo_table.amax(0), log_p - elbo_enc])


@gaps.mistake(
    "You average over the bells. The two gaps meet at the best bell: take the largest "
    "bound of each column."
)
def average_bell(log_p, elbo_table, elbo_enc):
    middle = elbo_table.mean(0)
    return torch.stack([log_p - middle, middle - elbo_enc])


@gaps.mistake(
    "You average over the pictures. Each has its own two gaps, and the mean hides the "
    "few that lose most: return a column for each picture."
)
def mean_gaps(log_p, elbo_table, elbo_enc):
    return by_the_best_bell(log_p, elbo_table, elbo_enc).mean(-1)


@gaps.mistake(
    "You take one number for all pictures, the largest of the whole table. Each "
    "picture has its own best bell: the maximum of its column."
)
def largest_of_the_table(log_p, elbo_table, elbo_enc):
    best = elbo_table.max()
    return torch.stack([log_p - best, best - elbo_enc])


@gaps.mistake(
    "You take the worst bell of each picture. The two gaps meet at the best one: "
    "bounds are better when they are larger."
)
def worst_bell(log_p, elbo_table, elbo_enc):
    worst = elbo_table.amin(0)
    return torch.stack([log_p - worst, worst - elbo_enc])


@gaps.mistake(
    "The first row is right. In the second the order is turned: the best bell lies "
    "above the encoder's, and a gap is upper minus lower."
)
def second_gap_turned(log_p, elbo_table, elbo_enc):
    right = by_the_best_bell(log_p, elbo_table, elbo_enc)
    return right * torch.tensor([[1.0], [-1.0]])


# -- rare_picture: construct a case ----------------------------------------------------


def draw_worlds(g):
    """Four worlds; picture B is rare in the first two and common in the others."""
    s, mean_gap = 0.2 + 0.6 * uniform(g, 4), 0.05 + 0.4 * uniform(g, 4)
    w = torch.tensor([0.05, 0.2, 0.6, 0.8]) + 0.1 * uniform(g, 4)
    return {"s": s, "w": w, "mean_gap": mean_gap}


rare_picture = Question("rare_picture", points=3, draw=draw_worlds, atol=ATOL,
                        why=WHY)  # fmt: skip


@rare_picture.right
def on_paper(s, w, mean_gap):
    distance = s * (2 * mean_gap / (w * (1 - w))).sqrt()
    return torch.stack([distance, mean_gap * w / (1 - w), mean_gap * (1 - w) / w])


@rare_picture.right
def from_a_world_of_distance_one(s, w, mean_gap):
    """Gaps grow with the square of the distance: build one world and stretch it."""
    shared = Normal(w, s)  # mu minimizes, and sigma = s wherever mu stands
    lost = [kl_divergence(shared, Normal(torch.full_like(w, m), s)) for m in (0.0, 1.0)]
    stretch = mean_gap / ((1 - w) * lost[0] + w * lost[1])
    return torch.stack([stretch.sqrt(), stretch * lost[0], stretch * lost[1]])


@rare_picture.mistake(
    "Your bell is wide enough for both pictures: it has the mean and the variance of "
    "the two posteriors together. That minimizes the other KL. In KL(q, p) the average"
    " is over q, and a wide q is fined where p is nearly zero: set the derivative in "
    "sigma to zero once more."
)
def wide_enough_for_both(s, w, mean_gap):
    low, high = torch.zeros_like(s), 4 * mean_gap + 2  # of w (1 - w) (D / s)**2
    for _ in range(80):
        spread = (low + high) / 2
        above = spread - 0.5 * spread.log1p() > mean_gap
        low, high = torch.where(above, low, spread), torch.where(above, spread, high)
    distance = s * (spread / (w * (1 - w))).sqrt()
    q_z = Normal(w * distance, s * (1 + spread).sqrt())
    lost = [kl_divergence(q_z, Normal(m, s)) for m in (0 * distance, distance)]
    return torch.stack([distance, *lost])


@rare_picture.mistake(
    "Your bell stands in the middle and serves both alike. But the mean counts B w "
    "times and A 1 - w times, so the best mu lies nearer to the one that comes more "
    "often."
)
def halfway(s, w, mean_gap):
    return torch.stack([s * (8 * mean_gap).sqrt(), mean_gap, mean_gap])


@rare_picture.mistake(
    "Your bell stands on picture A and forgets B. A small step towards B costs A "
    "almost nothing (its loss is a square) and helps B: the best mu is w D."
)
def forgets_the_rare_one(s, w, mean_gap):
    distance = s * (2 * mean_gap / w).sqrt()
    return torch.stack([distance, 0 * w, mean_gap / w])


@rare_picture.mistake(
    "The two gaps have changed places. B comes with probability w, and the rarer a "
    "picture is, the more it loses; the order is D, gap of A, gap of B."
)
def rows_swapped(s, w, mean_gap):
    return on_paper(s, w, mean_gap)[[0, 2, 1]]


@rare_picture.mistake(
    "The two gaps are right, the distance is too short by a root of two: in the KL the"
    " square of the distance is divided by 2 s^2."
)
def lost_half(s, w, mean_gap):
    distance, *lost = on_paper(s, w, mean_gap)
    return torch.stack([distance / math.sqrt(2), *lost])


@rare_picture.mistake(
    "You take s for the variance. It is the standard deviation of the posteriors, and "
    "the distance is measured in it."
)
def sigma_for_variance(s, w, mean_gap):
    return on_paper(s.sqrt(), w, mean_gap)


@rare_picture.mistake(
    "Your gaps are already multiplied with how often the picture comes: they add up "
    "to the mean gap. Asked for is what each loses when it comes."
)
def times_how_often(s, w, mean_gap):
    rows = on_paper(s, w, mean_gap)
    return rows * torch.stack([torch.ones_like(w), 1 - w, w])


@rare_picture.mistake(
    "The gaps are right. Your distance is measured in widths: multiply by s."
)
def distance_in_widths(s, w, mean_gap):
    distance, *lost = on_paper(s, w, mean_gap)
    return torch.stack([distance / s, *lost])


@rare_picture.mistake(
    "The gaps are right. Your distance is the square of it: the KL has (D / s)^2, "
    "so a root is missing."
)
def root_forgotten(s, w, mean_gap):
    distance, *lost = on_paper(s, w, mean_gap)
    return torch.stack([distance**2, *lost])


# -- break_even ------------------------------------------------------------------------


def draw_bills(g):
    """Six bills in whole trips; in the first two the bills are equal for some N."""
    c_encode, saved = whole(g, 5, 30, 6), whole(g, 20, 90, 6)
    rest = whole(g, 1, 19, 6) * torch.tensor([0, 0, 1, 1, 1, 1])
    c_train = saved * whole(g, 10, 200, 6) + rest
    return {"c_train": c_train, "c_encode": c_encode, "c_local": c_encode + saved}


break_even = Question("break_even", points=1, draw=draw_bills, atol=ATOL,
                      why="the answers are whole numbers, and exact")  # fmt: skip


@break_even.right
def first_whole_number_above(c_train, c_encode, c_local):
    return (c_train / (c_local - c_encode)).floor() + 1


@break_even.right
def by_trying(c_train, c_encode, c_local):
    N = torch.arange(1, 20001)[:, None]
    dearer = c_train + N * c_encode >= N * c_local
    return dearer.sum(0) + 1


@break_even.mistake(
    "At your N the two ways can cost the same (with training 120, look 2, climb 12 at "
    "N = 12). The question asks where the encoder is cheaper: one picture more."
)
def tie_counts(c_train, c_encode, c_local):
    return (c_train / (c_local - c_encode)).ceil()


@break_even.mistake(
    "Your N is one too small: with so many pictures the climbs are still no dearer. "
    "Round up, not down."
)
def rounded_down(c_train, c_encode, c_local):
    return (c_train / (c_local - c_encode)).floor()


@break_even.mistake(
    "You return the point where the two bills cross. Pictures come whole: which is the"
    " first whole number beyond it?"
)
def not_whole(c_train, c_encode, c_local):
    return c_train / (c_local - c_encode)


@break_even.mistake(
    "A look is not free: each picture costs c_encode with the encoder, so what it "
    "saves is c_local - c_encode."
)
def free_looks(c_train, c_encode, c_local):
    return (c_train / c_local).floor() + 1


@break_even.mistake(
    "You leave out the training, so the encoder pays from the first picture on. That "
    "is the bill of somebody who was given the encoder."
)
def free_training(c_train, c_encode, c_local):
    return torch.ones_like(c_train)


@break_even.mistake(
    "Where the bills cross between two whole numbers, yours is one picture too "
    "many: rounding up is enough there. Only at a tie one more is needed."
)
def one_too_many(c_train, c_encode, c_local):
    return (c_train / (c_local - c_encode)).ceil() + 1


# -- coast -----------------------------------------------------------------------------


def draw_memory(g):
    """Four rows: one was never seen, and one has slopes as small as 1e-4."""
    step, size = int(whole(g, 3, 9, 1)), torch.tensor([1, 0, 1e-4, 1])[:, None]
    m = size * normal(g, 4, 2) * (1 - 0.9**step)
    v = size**2 * (0.5 + uniform(g, 4, 2)) * (1 - 0.999**step)
    absent, rate = int(whole(g, 4, 12, 1)), 0.05 + 0.1 * uniform(g, 1).item()
    return {"m": m, "v": v, "step": step, "absent": absent, "rate": rate}


coast = Question("coast", points=2, draw=draw_memory, atol=ATOL, why=WHY)


def corrected(m, v, t):
    return m / (1 - 0.9**t), v / (1 - 0.999**t)


def faded(m, v, absent):
    """What is left of m and v after 1, 2, ... steps with a slope of zero."""
    k = torch.arange(1.0, absent + 1)[:, None, None]
    return k, m * 0.9**k, v * 0.999**k


@coast.right
def all_steps_at_once(m, v, step, absent, rate):
    k, m, v = faded(m, v, absent)
    m, v = corrected(m, v, step + k)
    return rate * (m / (v.sqrt() + 1e-8)).sum(0)


@coast.right
def corrections_in_the_rate(m, v, step, absent, rate):
    moved = torch.zeros_like(m)
    for t in range(step + 1, step + absent + 1):
        m, v, root = m - m / 10, v - v / 1000, math.sqrt(1 - 0.999**t)
        moved += rate * root / (1 - 0.9**t) * m / (v.sqrt() + 1e-8 * root)
    return moved


@coast.mistake(
    "Your rows stay where they are. Their slope is zero, but Adam follows m, the "
    "running mean of slopes, and that is not zero yet."
)
def unseen_rows_stay(m, v, step, absent, rate):
    return torch.zeros_like(m)


@coast.mistake(
    "Your clock stands still: t stays at the row's last look. It counts Adam's steps, "
    "and those go on for the whole table, so the first unseen step has t = step + 1."
)
def clock_stands_still(m, v, step, absent, rate):
    _, m, v = faded(m, v, absent)
    m, v = corrected(m, v, step)
    return rate * (m / (v.sqrt() + 1e-8)).sum(0)


@coast.mistake(
    "You begin with the step of the last look, which is over: in the first unseen step"
    " m and v have taken in a zero already, and t is step + 1."
)
def begins_one_step_early(m, v, step, absent, rate):
    return all_steps_at_once(m / 0.9, v / 0.999, step - 1, absent, rate)


@coast.mistake(
    "Your m fades and your v does not. With a slope of zero both shrink, v by a factor"
    " 0.999 in each step."
)
def v_does_not_fade(m, v, step, absent, rate):
    k, m, _ = faded(m, v, absent)
    m, v = corrected(m, v, step + k)
    return rate * (m / (v.sqrt() + 1e-8)).sum(0)


@coast.mistake(
    "The bias correction is missing. m and v began at zero, so early on both are too "
    "small: divide them by 1 - 0.9**t and 1 - 0.999**t."
)
def no_bias_correction(m, v, step, absent, rate):
    _, m, v = faded(m, v, absent)
    return rate * (m / (v.sqrt() + 1e-8)).sum(0)


@coast.mistake(
    "Your 1e-8 stands inside the root, where it acts like 1e-4: rows with small slopes"
    " then hardly move. Add it after the root."
)
def tiny_inside_the_root(m, v, step, absent, rate):
    k, m, v = faded(m, v, absent)
    m, v = corrected(m, v, step + k)
    return rate * (m / (v + 1e-8).sqrt()).sum(0)


@coast.mistake(
    "Neither m nor v fades. A slope of zero is a slope: in each step m shrinks by a "
    "factor 0.9, and v by 0.999."
)
def nothing_fades(m, v, step, absent, rate):
    k = torch.arange(1.0, absent + 1)[:, None, None]
    m, v = corrected(m, v, step + k)
    return rate * (m / (v.sqrt() + 1e-8)).sum(0)


@coast.mistake(
    "Your last step is missing: absent steps are taken, from step + 1 to step + "
    "absent. (range leaves out its end.)"
)
def one_step_short(m, v, step, absent, rate):
    return all_steps_at_once(m, v, step, absent - 1, rate)


@coast.mistake(
    "Your clock starts again at 1. Adam's t counts all steps since training began, "
    "and so the first unseen one has t = step + 1."
)
def clock_starts_again(m, v, step, absent, rate):
    return all_steps_at_once(m, v, 0, absent, rate)


# -- row_step: find the bug ------------------------------------------------------------


def draw_state(g):
    """Five rows: seen, absent, seen for the first time, never seen, seen on its top."""
    looks = torch.cat([whole(g, 2, 6, 2), torch.zeros(2), whole(g, 2, 6, 1)])[:, None]
    m = normal(g, 5, 2) * (1 - 0.9**looks)
    v = (0.5 + uniform(g, 5, 2)) * (1 - 0.999**looks)
    state = torch.stack([normal(g, 5, 2), m, v, looks.expand(5, 2)])
    seen, moving = torch.tensor([1.0, 0, 1, 0, 1]), torch.tensor([1.0, 0, 1, 0, 0])
    slope, rate = normal(g, 5, 2) * moving[:, None], 0.05 + 0.1 * uniform(g, 1).item()
    return {"state": state, "slope": slope, "seen": seen, "rate": rate}


row_step = Question(
    "row_step",
    points=3,
    draw=draw_state,
    atol=ATOL,
    why="float64: right answers agree to about 1e-15; a v that fades unseen, by a "
    "thousandth in a step, is 2e-6 away",
)


def step_of_all(state, slope, rate):
    phi, m, v, looks = state
    m, v, looks = m.lerp(slope, 0.1), v.lerp(slope**2, 0.001), looks + 1
    uphill = m / (1 - 0.9**looks) / ((v / (1 - 0.999**looks)).sqrt() + 1e-8)
    return torch.stack([phi + rate * uphill, m, v, looks])


@row_step.right
def only_where_seen(state, slope, seen, rate):
    return torch.where(seen[:, None] > 0, step_of_all(state, slope, rate), state)


@row_step.right
def by_rows(state, slope, seen, rate):
    rows, after = seen.nonzero()[:, 0], state.clone()
    after[:, rows] = step_of_all(state[:, rows], slope[rows], rate)
    return after


@row_step.mistake(
    "Still sick: the rows that were not seen have moved. To multiply the slope by seen"
    " changes nothing, for it is zero there already; what pushes them is m."
)
def still_sick(state, slope, seen, rate):
    return step_of_all(state, slope, rate)


@row_step.mistake(
    "Now the absent rows stay, but their memory does not: m and v fade and looks "
    "counts up while nobody looks. Memory and count belong to the row: keep them too."
)
def memory_fades_unseen(state, slope, seen, rate):
    after = step_of_all(state, slope, rate)
    after[0] = only_where_seen(state, slope, seen, rate)[0]
    return after


@row_step.mistake(
    "The count still runs for all rows. It says how often a row was looked at, and the"
    " bias correction needs that: after one look m is a tenth of the slope, however "
    "many steps went by."
)
def count_runs_for_all(state, slope, seen, rate):
    after = only_where_seen(state, slope, seen, rate)
    return torch.cat([after[:3], state[3:] + 1])


@row_step.mistake(
    "You have it the wrong way round: the rows that were seen stay, and the others "
    "move."
)
def only_the_absent_move(state, slope, seen, rate):
    return only_where_seen(state, slope, 1 - seen, rate)


@row_step.mistake(
    "You wipe out the memory of the absent rows. At its next look such a row starts "
    "again from nothing; keep m, v and looks as they were."
)
def memory_wiped(state, slope, seen, rate):
    after = only_where_seen(state, slope, seen, rate)
    return torch.cat([after[:1], after[1:] * seen[:, None]])


@row_step.mistake(
    "You ask the slope which rows are absent. A row that was seen can have slope zero "
    "too, on top of its hill, and then its m still counts: ask `seen`."
)
def asked_the_slope(state, slope, seen, rate):
    return only_where_seen(state, slope, (slope != 0).any(-1).double(), rate)


@row_step.mistake(
    "The rows, their m and their count are kept; their v is not. It fades by only a "
    "thousandth in a step, but all that is kept of an absent row was to stay."
)
def squares_fade_unseen(state, slope, seen, rate):
    phi, m, _, looks = only_where_seen(state, slope, seen, rate)
    return torch.stack([phi, m, step_of_all(state, slope, rate)[2], looks])


@row_step.mistake(
    "The absent rows stay, and so does their count. But m and v fade while nobody "
    "looks, so at its next look a row has lost part of its memory."
)
def memory_fades_count_kept(state, slope, seen, rate):
    phi, _, _, looks = only_where_seen(state, slope, seen, rate)
    _, m, v, _ = step_of_all(state, slope, rate)
    return torch.stack([phi, m, v, looks])


@row_step.mistake(
    "You set m of the absent rows to zero. Then nothing pushes them, but m is lost, "
    "v fades and the count runs: keep all four as they were."
)
def m_wiped_to_stop_it(state, slope, seen, rate):
    phi, m, v, looks = state
    return step_of_all(torch.stack([phi, m * seen[:, None], v, looks]), slope, rate)


QUESTIONS = [
    encode,
    climb,
    minibatch_bound,
    gaps,
    rare_picture,
    break_even,
    coast,
    row_step,
]
