"""Problem set 05, gradients through noise: how each answer is judged, and what we say.

The statements stand in ps05.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

from functools import partial

import torch
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.distributions import Normal, kl_divergence

from classroom.check import waves
from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-13, the nearest mistake is 0.01 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


def draw_waves(g, dim_z, jumps):
    """A function of z: a wave and, where asked for, a jump in each coordinate."""
    a, c = (1 + uniform(g, dim_z) for _ in range(2))
    return partial(waves, a, 1 + uniform(g, dim_z), normal(g, dim_z), jumps * c)


def draw_bell(g, *shape):
    """Mean and log sigma: no sigma near 1, no mu near 0."""
    mu = (0.4 + uniform(g, *shape)) * (2.0 * (uniform(g, *shape) < 0.5) - 1)
    return {"mu": mu, "log_sigma": -0.4 - 0.5 * uniform(g, *shape)}


# -- reparameterize --------------------------------------------------------------------


def draw_noise(g):
    """Five draws for each of two images, three coordinates."""
    return draw_bell(g, 2, 3) | {"eps": normal(g, 5, 2, 3)}


reparameterize = Question(
    "reparameterize",
    points=1,
    draw=draw_noise,
    atol=ATOL,
    why=WHY + "; equal points can have lost their way back, so gradients count too",
    gradients=("mu", "log_sigma"),
)


@reparameterize.right
def stretched_and_shifted(mu, log_sigma, eps):
    return mu + log_sigma.exp() * eps


@reparameterize.right
def by_loc_and_scale(mu, log_sigma, eps):
    q = Normal(mu, log_sigma.exp())
    return torch.addcmul(q.loc, q.scale, eps)


@reparameterize.mistake(
    "The points are right, and have lost their way back to mu and log_sigma: made "
    "under no_grad, or detached, or by way of .data. No gradient gets through."
)
def held_still(mu, log_sigma, eps):
    return stretched_and_shifted(mu, log_sigma, eps).detach()


@reparameterize.mistake(
    "Only mu moves the points. sigma was made without its way back, so the bell can "
    "shift and never learns how wide to be."
)
def width_held_still(mu, log_sigma, eps):
    return mu + log_sigma.detach().exp() * eps


@reparameterize.mistake(
    "You read log_sigma as the log of a variance. Here it is the log of sigma itself: "
    "sigma = exp(log_sigma), with no half."
)
def half_the_log(mu, log_sigma, eps):
    return mu + (log_sigma / 2).exp() * eps


@reparameterize.mistake(
    "You stretch the noise by the variance. A bell of standard deviation sigma is mu + "
    "sigma * eps, without the square."
)
def stretched_by_variance(mu, log_sigma, eps):
    return mu + (2 * log_sigma).exp() * eps


@reparameterize.mistake(
    "You stretch the noise by log sigma. That can be negative, and a sigma cannot: take"
    " the exponential first."
)
def lost_exponential(mu, log_sigma, eps):
    return mu + log_sigma * eps


@reparameterize.mistake(
    "You make sigma positive with softplus. That would do in a network of your own; "
    "log_sigma is a logarithm, and exp undoes it."
)
def softplus_for_exp(mu, log_sigma, eps):
    return mu + torch.nn.functional.softplus(log_sigma) * eps


# -- pathwise_grad ---------------------------------------------------------------------


def draw_pushed(g):
    """A smooth f of three coordinates, and five draws."""
    f = draw_waves(g, 3, jumps=0)
    return {"f": f} | draw_bell(g, 3) | {"eps": normal(g, 5, 3)}


pathwise_grad = Question("pathwise_grad", points=3, draw=draw_pushed, atol=ATOL,
                         why=WHY)  # fmt: skip


@pathwise_grad.right
def chain_rule(f, mu, log_sigma, eps):
    sigma_eps = log_sigma.exp() * eps
    z = (mu + sigma_eps).requires_grad_()
    slope = grad(f(z).sum(), z)[0]  # (samples, dim_z)
    return torch.stack([slope, slope * sigma_eps]).mean(1)


@pathwise_grad.right
def by_jacobian(f, mu, log_sigma, eps):
    def average(mu, log_sigma):
        return f(stretched_and_shifted(mu, log_sigma, eps)).mean()

    return torch.stack(jacobian(average, (mu, log_sigma)))


@pathwise_grad.right
def nudged_by_hand(f, mu, log_sigma, eps):
    """Central differences at the same noise, extrapolated: right to 1e-10."""

    def average(phi):
        return f(stretched_and_shifted(phi[0], phi[1], eps)).mean()

    phi, h = torch.stack([mu, log_sigma]), 2e-3
    rows = []
    for direction in torch.eye(phi.numel()).reshape(-1, *phi.shape):
        near, wide, wider = (
            (average(phi + s * direction) - average(phi - s * direction)) / (2 * s)
            for s in (h, 2 * h, 4 * h)
        )
        rows.append((64 * near - 20 * wide + wider) / 45)
    return torch.stack(rows).reshape(phi.shape)


@pathwise_grad.mistake(
    "Your second row is the slope in sigma. The question asks for log sigma, and "
    "d sigma / d log sigma = sigma: one more factor."
)
def pushed_in_sigma(f, mu, log_sigma, eps):
    rows = chain_rule(f, mu, log_sigma, eps)
    return torch.stack([rows[0], rows[1] / log_sigma.exp()])


@pathwise_grad.mistake(
    "You read log_sigma as the log of a variance: the points, and with them both rows, "
    "belong to a bell of another width. sigma = exp(log_sigma)."
)
def pushed_by_log_variance(f, mu, log_sigma, eps):
    rows = chain_rule(f, mu, log_sigma / 2, eps)
    return torch.stack([rows[0], rows[1] / 2])


@pathwise_grad.mistake(
    "Your second row has lost eps. A nudge of log sigma moves z by sigma * eps: far "
    "points further, left ones to the left."
)
def lost_noise(f, mu, log_sigma, eps):
    slope = chain_rule(f, mu, log_sigma, eps)[0]
    return torch.stack([slope, slope * log_sigma.exp()])


@pathwise_grad.mistake(
    "You add the draws up. An estimate of a mean is a mean: more draws must make it "
    "calmer, not larger."
)
def pushes_added_up(f, mu, log_sigma, eps):
    return len(eps) * chain_rule(f, mu, log_sigma, eps)


@pathwise_grad.mistake(
    "Your slopes are zero: z was held still (detached, or made under no_grad), and so "
    "it no longer knows mu and sigma."
)
def pushed_nothing(f, mu, log_sigma, eps):
    return torch.zeros(2, len(mu))


@pathwise_grad.mistake(
    "This is minus the slope. An estimator points uphill; the minus sign comes last, "
    "in the training step."
)
def pushed_downhill(f, mu, log_sigma, eps):
    return -chain_rule(f, mu, log_sigma, eps)


@pathwise_grad.mistake(
    "The rows have changed places: slopes in mu above, slopes in log sigma below."
)
def rows_changed(f, mu, log_sigma, eps):
    return chain_rule(f, mu, log_sigma, eps).flip(0)


@pathwise_grad.mistake(
    "You average the draws first and push the one point that is left. f bends, so "
    "the mean of its slopes is not its slope at the mean: push every draw."
)
def one_mean_point(f, mu, log_sigma, eps):
    return chain_rule(f, mu, log_sigma, eps.mean(0, keepdim=True))


@pathwise_grad.mistake(
    "Your first row has a factor sigma too much. A nudge of mu moves every point by "
    "just as much; only log sigma moves it by sigma * eps."
)
def sigma_in_both_rows(f, mu, log_sigma, eps):
    rows = chain_rule(f, mu, log_sigma, eps)
    return torch.stack([rows[0] * log_sigma.exp(), rows[1]])


# -- score_grad ------------------------------------------------------------------------


def draw_weighed(g):
    """An f that has waves and jumps in each of three coordinates, and five draws."""
    f = draw_waves(g, 3, jumps=1)
    return {"f": f} | draw_bell(g, 3) | {"eps": normal(g, 5, 3)}


score_grad = Question("score_grad", points=3, draw=draw_weighed, atol=ATOL, why=WHY)


@score_grad.right
def weighed(f, mu, log_sigma, eps):
    value = f(stretched_and_shifted(mu, log_sigma, eps))[:, None]
    score = torch.stack([eps / log_sigma.exp(), eps**2 - 1])
    return (value * score).mean(1)


def slopes_of(surrogate, f, mu, log_sigma, eps):
    """Differentiate a surrogate(value, log_q) with z held or not, as it likes."""
    phi = [mu.clone().requires_grad_(), log_sigma.clone().requires_grad_()]
    z, q = stretched_and_shifted(*phi, eps), Normal(phi[0], phi[1].exp())
    return torch.stack(grad(surrogate(f, z, q), phi, materialize_grads=True))


@score_grad.right
def by_surrogate(*inputs):
    def surrogate(f, z, q):
        return (f(z).detach() * q.log_prob(z.detach()).sum(-1)).mean()

    return slopes_of(surrogate, *inputs)


@score_grad.mistake(
    "Nothing was held still: z moves inside f, and inside log q as well. Make z, let "
    "it forget where it came from, and only then ask f and log q."
)
def nothing_held(*inputs):
    def surrogate(f, z, q):
        return (f(z) * q.log_prob(z).sum(-1)).mean()

    return slopes_of(surrogate, *inputs)


@score_grad.mistake(
    "z moves inside log q. A point that runs along with the bell keeps its log q, but "
    "for -log sigma: so mu gets nothing, and log sigma minus f."
)
def moved_in_log_q(*inputs):
    def surrogate(f, z, q):
        return (f(z).detach() * q.log_prob(z).sum(-1)).mean()

    return slopes_of(surrogate, *inputs)


@score_grad.mistake(
    "f's own slope came in through z, multiplied by log q. In this estimate f is a "
    "number that weighs: it counts, and is not differentiated."
)
def f_differentiated_too(*inputs):
    def surrogate(f, z, q):
        return (f(z) * q.log_prob(z.detach()).sum(-1)).mean()

    return slopes_of(surrogate, *inputs)


@score_grad.mistake(
    "You push the points. This f has jumps: autograd sees the slope between them, not "
    "the jumps, and does not say so. Weigh: use the values of f alone."
)
def pushed_over_jumps(*inputs):
    return slopes_of(lambda f, z, q: f(z).mean(), *inputs)


@score_grad.mistake(
    "In log sigma the score is eps^2 - 1, and you have lost the -1. It comes from -log "
    "sigma in log q: a wider bell is lower at its centre."
)
def lost_minus_one(f, mu, log_sigma, eps):
    value = f(stretched_and_shifted(mu, log_sigma, eps))[:, None]
    return (value * torch.stack([eps / log_sigma.exp(), eps**2])).mean(1)


@score_grad.mistake(
    "Your second row is the slope in sigma. The question asks for log sigma, and "
    "d sigma / d log sigma = sigma: one more factor."
)
def weighed_in_sigma(f, mu, log_sigma, eps):
    rows = weighed(f, mu, log_sigma, eps)
    return torch.stack([rows[0], rows[1] / log_sigma.exp()])


@score_grad.mistake(
    "Your score in mu has lost its sigma: (z - mu) / sigma^2 is eps / sigma."
)
def score_in_mu_without_sigma(f, mu, log_sigma, eps):
    rows = weighed(f, mu, log_sigma, eps)
    return torch.stack([rows[0] * log_sigma.exp(), rows[1]])


@score_grad.mistake(
    "Your score in mu has one sigma too many below. z - mu is sigma * eps, so (z - "
    "mu) / sigma^2 is eps / sigma."
)
def sigma_squared_below(f, mu, log_sigma, eps):
    rows = weighed(f, mu, log_sigma, eps)
    return torch.stack([rows[0] / log_sigma.exp(), rows[1]])


@score_grad.mistake(
    "You average f and the score apart and multiply the means. All that the "
    "estimate knows is which draws had much f and much score at once: multiply draw "
    "by draw, then average."
)
def means_multiplied(f, mu, log_sigma, eps):
    mean = f(stretched_and_shifted(mu, log_sigma, eps)).mean()
    return mean * torch.stack([eps / log_sigma.exp(), eps**2 - 1]).mean(1)


# -- leave_one_out ---------------------------------------------------------------------


def draw_values(g):
    """Five draws for three images, each image at another height."""
    return {"f_values": normal(g, 5, 3) - torch.tensor([2.0, 5.0, 9.0])}


leave_one_out = Question("leave_one_out", points=2, draw=draw_values, atol=ATOL,
                         why=WHY)  # fmt: skip


@leave_one_out.right
def all_but_own(f_values):
    return (f_values.sum(0) - f_values) / (len(f_values) - 1)


@leave_one_out.right
def one_by_one(f_values):
    rows = range(len(f_values))
    return torch.stack([f_values[[j for j in rows if j != k]].mean(0) for k in rows])


@leave_one_out.mistake(
    "Your baseline contains the draw's own value. Taken off it, a part of the signal "
    "goes too, and the estimate is too small by a factor (K - 1) / K."
)
def own_value_included(f_values):
    return f_values.mean(0).expand_as(f_values)


@leave_one_out.mistake(
    "You leave the own value out of the sum, but divide as if it were in. There are K "
    "- 1 others."
)
def divided_by_all(f_values):
    return (f_values.sum(0) - f_values) / len(f_values)


@leave_one_out.mistake(
    "You average over the other images too. One image's log w may lie at -5 and the "
    "next one's at -9: each column has a baseline of its own."
)
def over_all_images(f_values):
    return (f_values.sum() - f_values) / (f_values.numel() - 1)


@leave_one_out.mistake(
    "You average along the wrong axis, over the images of one draw. The draws are the "
    "rows: sum along axis 0."
)
def over_the_wrong_axis(f_values):
    return all_but_own(f_values.mT).mT


@leave_one_out.mistake(
    "This is f minus its baseline, what weighs in the end. Return the baseline itself; "
    "whoever calls it takes it off."
)
def taken_off_already(f_values):
    return f_values - all_but_own(f_values)


# -- worth: predict, then measure ------------------------------------------------------


def draw_slopes(g):
    """Twelve draws' slopes in three coordinates, with unequal means and spreads."""
    push = (1 + uniform(g, 3)) * normal(g, 12, 3) + 2
    weigh = 3 * (1 + 2 * uniform(g, 3)) * normal(g, 12, 3) + 2
    return {"push": push, "weigh": weigh}


worth = Question("worth", points=2, draw=draw_slopes, atol=ATOL, why=WHY)


@worth.right
def ratio_of_variances(push, weigh):
    return weigh.var(0).sum() / push.var(0).sum()


@worth.right
def by_covariance(push, weigh):
    spread = [torch.cov(slopes.T, correction=0).trace() for slopes in (push, weigh)]
    return spread[1] / spread[0]


@worth.mistake(
    "Your fraction is upside down: this says how many pushing draws one weighing draw "
    "is worth. The noisier method stands above."
)
def upside_down(push, weigh):
    return 1 / ratio_of_variances(push, weigh)


@worth.mistake(
    "You compare standard deviations. The mean of n draws has 1/n of the variance, and "
    "only the root of that in its standard deviation: compare variances."
)
def spreads_compared(push, weigh):
    return weigh.std(0).sum() / push.std(0).sum()


@worth.mistake(
    "This is the root of the ratio. The mean of n draws has 1/n of the variance: to "
    "match four times the variance, four times the draws are needed, not two."
)
def root_of_the_ratio(push, weigh):
    return ratio_of_variances(push, weigh).sqrt()


@worth.mistake(
    "You compare mean squares. The slope itself is in them, and that part no number of"
    " draws takes away: subtract each coordinate's mean first."
)
def mean_squares(push, weigh):
    return (weigh**2).sum() / (push**2).sum()


@worth.mistake(
    "You form a ratio in each coordinate and average the ratios. Add up the variances "
    "of all coordinates first, then divide once."
)
def mean_of_ratios(push, weigh):
    return (weigh.var(0) / push.var(0)).mean()


@worth.mistake(
    "You take the variance of all numbers in one pot. Then the differences between "
    "the coordinates' means count as noise: a variance for each coordinate, then "
    "their sum."
)
def all_in_one_pot(push, weigh):
    return weigh.var() / push.var()


@worth.mistake(
    "You form a ratio in each coordinate and add the ratios. Add up the variances "
    "of all coordinates first, then divide once."
)
def sum_of_ratios(push, weigh):
    return (weigh.var(0) / push.var(0)).sum()


# -- worse_pathwise: construct a case --------------------------------------------------


def draw_sigmas(g):
    """Four bells, each with a factor of its own."""
    sigma = torch.tensor([0.3, 0.6, 1.5, 2.5]) + 0.2 * uniform(g, 4)
    return {"sigma": sigma, "times": 1.3 + 2 * uniform(g, 4)}


worse_pathwise = Question(
    "worse_pathwise",
    points=3,
    draw=draw_sigmas,
    atol=1e-4,
    why="a search by halving, or on a fine grid, ends within 1e-5; the nearest mistake "
    "is 0.02 away",
)


def push_over_weigh(t):
    """Ratio of the two variances, t = (k sigma)^2."""
    fall = torch.exp(-2 * t)
    return t * (1 - fall) / (1 + (1 - 4 * t) * fall)


def by_halving(ratio, sigma):
    """Solve push_over_weigh((k sigma)^2) = ratio for k."""
    low, high = torch.zeros_like(ratio), ratio + 2
    for _ in range(80):
        middle = (low + high) / 2
        enough = push_over_weigh(middle) > ratio
        low, high = low.where(enough, middle), middle.where(enough, high)
    return high.sqrt() / sigma


@worse_pathwise.right
def by_closed_form(sigma, times):
    return by_halving(times, sigma)


@worse_pathwise.right
def by_ruler(sigma, times):
    """Variances by the trapezoid rule, k by halving in log k."""
    eps = torch.linspace(-9, 9, 2001)
    mass = torch.exp(-0.5 * eps**2) / torch.exp(-0.5 * eps**2).sum()

    def excess(log_k):
        k, wave = log_k.exp(), log_k.exp() * sigma * eps[:, None]
        push, weigh = -k * wave.sin(), wave.cos() * eps[:, None] / sigma
        return (mass @ push**2 / (mass @ weigh**2)).log() - times.log()

    left, right = -(2 * sigma).log(), (2 * times).log() - sigma.log()
    for _ in range(60):
        middle = (left + right) / 2
        below = excess(middle) < 0
        left, right = middle.where(below, left), right.where(below, middle)
    return right.exp()


@worse_pathwise.mistake(
    "Your k makes the standard deviation that many times larger. The variance is asked "
    "for: it is the square."
)
def spread_times_larger(sigma, times):
    return by_halving(times**2, sigma)


@worse_pathwise.mistake(
    "With your k it is weighing that is the noisier one, by the factor asked for. You "
    "need a quicker wave, not a slower one."
)
def the_other_way_round(sigma, times):
    return by_halving(1 / times, sigma)


@worse_pathwise.mistake(
    "This is the limit of quick waves, where sin^2 and cos^2 both average to one half "
    "under the bell. At this k the bell still sees the wave: keep the exponentials."
)
def only_the_limit(sigma, times):
    return times.sqrt() / sigma


@worse_pathwise.mistake(
    "Your k is right for sigma = 1. What counts is how many waves fit under the bell: "
    "k times sigma."
)
def lost_the_width(sigma, times):
    return by_halving(times, torch.ones_like(sigma))


@worse_pathwise.mistake(
    "In your weighing the score has lost its sigma. In mu, d log q / d mu = (z - mu) / "
    "sigma^2 = eps / sigma."
)
def score_without_sigma(sigma, times):
    return by_halving(times * sigma**2, sigma)


@worse_pathwise.mistake(
    "The variance of pushing grows with k^2: in the limit of quick waves k is the "
    "ROOT of times, over sigma. And at this k the bell still sees the wave: keep "
    "the exponentials."
)
def limit_without_root(sigma, times):
    return times / sigma


@worse_pathwise.mistake(
    "Your exponentials belong to k sigma. The squares of sine and cosine turn twice "
    "as fast: sin^2 a = (1 - cos 2a) / 2, so c = 2 k sigma."
)
def single_angle(sigma, times):
    def ratio(t):  # t = (k sigma)^2
        fall = torch.exp(-t / 2)
        return t * (1 - fall) / (1 + (1 - t) * fall)

    low, high = torch.zeros_like(times), 30 + times
    for _ in range(80):
        middle = (low + high) / 2
        enough = ratio(middle) > times
        low, high = low.where(enough, middle), middle.where(enough, high)
    return high.sqrt() / sigma


# -- held_grads ------------------------------------------------------------------------


def draw_held(g):
    """Four draws in three coordinates."""
    return draw_bell(g, 3) | {"eps": normal(g, 4, 3)}


held_grads = Question("held_grads", points=3, draw=draw_held, atol=ATOL, why=WHY)


@held_grads.right
def by_formula(mu, log_sigma, eps):
    s = log_sigma.exp()
    closed = torch.stack([-mu, 1 - s**2])
    inside = torch.stack([-eps / s, 1 - eps**2]).mean(1)
    return torch.stack([closed, inside])


@held_grads.right
def with_any_likelihood(mu, log_sigma, eps):
    """Differentiate both bounds; the likelihood is as good as any other."""
    phi = [mu.clone().requires_grad_(), log_sigma.clone().requires_grad_()]
    q, p = Normal(phi[0], phi[1].exp()), Normal(torch.zeros_like(mu), 1.0)
    z = (q.loc + q.scale * eps).detach()
    log_lik = z.sin()
    bounds = [
        (log_lik - kl_divergence(q, p)).mean(0),
        (log_lik + p.log_prob(z) - q.log_prob(z)).mean(0),
    ]
    slopes = [grad(b.sum(), phi, retain_graph=True) for b in bounds]
    return torch.stack([torch.stack(pair) for pair in slopes])


@held_grads.mistake(
    "Not everything is zero. The likelihood and the prior of a z that stands still say "
    "nothing about phi, but the KL, or log q, still has mu and sigma in it."
)
def nothing_left(mu, log_sigma, eps):
    return torch.zeros(2, 2, len(mu))


@held_grads.mistake(
    "The first block is right. The second is zero on average only: at a given eps it "
    "is noise, and that noise is what the optimizer gets."
)
def only_the_average(mu, log_sigma, eps):
    rows = by_formula(mu, log_sigma, eps)
    return torch.stack([rows[0], torch.zeros(2, len(mu))])


@held_grads.mistake(
    "In your second block z moves inside log q. Then mu cancels and log sigma gets 1, "
    "the slope of the entropy. z is held: it is a number."
)
def z_moves_after_all(mu, log_sigma, eps):
    rows = by_formula(mu, log_sigma, eps)
    return torch.stack([rows[0], torch.stack([0 * mu, 0 * mu + 1])])


@held_grads.mistake(
    "These are the slopes of the price, not of the bound. The KL, and log q, stand in "
    "the bound with a minus sign: uphill is towards a smaller KL."
)
def slopes_of_the_price(mu, log_sigma, eps):
    return -by_formula(mu, log_sigma, eps)


@held_grads.mistake(
    "Your second rows are slopes in sigma. The question asks for log sigma, and "
    "d sigma / d log sigma = sigma: one more factor."
)
def held_in_sigma(mu, log_sigma, eps):
    rows = by_formula(mu, log_sigma, eps)
    return torch.stack([rows[:, 0], rows[:, 1] / log_sigma.exp()], 1)


@held_grads.mistake(
    "In the slopes of log sigma a 1 is missing: it comes from -log sigma in the KL and "
    "in log q, and it is what keeps a bell from shrinking to a point."
)
def lost_the_one(mu, log_sigma, eps):
    rows = by_formula(mu, log_sigma, eps)
    return torch.stack([rows[:, 0], rows[:, 1] - 1], 1)


@held_grads.mistake(
    "In the second block your slope in log sigma is eps^2 - 1, that of log q. The "
    "bound has MINUS log q."
)
def sign_lost_in_b(mu, log_sigma, eps):
    rows = by_formula(mu, log_sigma, eps)
    return torch.stack([rows[0], rows[1] * torch.tensor([[1.0], [-1.0]])])


@held_grads.mistake(
    "You add the draws up in the second block. B is a mean over the draws, and so "
    "are its slopes."
)
def draws_summed(mu, log_sigma, eps):
    rows = by_formula(mu, log_sigma, eps)
    return torch.stack([rows[0], rows[1] * len(eps)])


@held_grads.mistake(
    "Both of your blocks are those of A. In B there is no closed-form KL: with z "
    "held, only -log q depends on phi, at the given eps."
)
def a_twice(mu, log_sigma, eps):
    return by_formula(mu, log_sigma, eps)[[0, 0]]


# -- bound: find the bug ---------------------------------------------------------------


def draw_batch(g):
    """Two draws for each of four images, three coordinates."""
    log_lik = draw_waves(g, 3, jumps=0)
    return {"log_lik": log_lik} | draw_bell(g, 4, 3) | {"eps": normal(g, 2, 4, 3)}


bound = Question(
    "bound",
    points=3,
    draw=draw_batch,
    atol=ATOL,
    why=WHY + "; the sick bound's values are right, so gradients are compared too",
    gradients=("mu", "log_sigma"),
)


def price(mu, log_sigma):
    q = Normal(mu, log_sigma.exp())
    return kl_divergence(q, Normal(torch.zeros_like(mu), 1.0)).sum(-1)


@bound.right
def repaired(log_lik, mu, log_sigma, eps):
    return log_lik(stretched_and_shifted(mu, log_sigma, eps)).mean(0) - price(
        mu, log_sigma
    )


@bound.right
def by_moments(log_lik, mu, log_sigma, eps):
    squares = (mu**2 + (2 * log_sigma).exp()).sum(-1)
    kl = squares / 2 - log_sigma.sum(-1) - mu.shape[-1] / 2
    return (log_lik(torch.addcmul(mu, log_sigma.exp(), eps)) - kl).mean(0)


@bound.mistake(
    "Still sick: the slope in mu and log_sigma is minus that of the KL, and nothing "
    "else. Which line makes z forget them?"
)
def still_sick(log_lik, mu, log_sigma, eps):
    z = held_still(mu, log_sigma, eps)
    return log_lik(z).mean(0) - price(mu, log_sigma)


@bound.mistake(
    "Now mu moves z, but sigma does not. The likelihood never tells a bell that it is "
    "too wide, so its width goes to the prior's."
)
def half_repaired(log_lik, mu, log_sigma, eps):
    z = width_held_still(mu, log_sigma, eps)
    return log_lik(z).mean(0) - price(mu, log_sigma)


@bound.mistake(
    "You took the KL out. That it sank to zero was the symptom, not the illness; "
    "without it this is no bound, and sigma shrinks to nothing."
)
def without_the_price(log_lik, mu, log_sigma, eps):
    return log_lik(stretched_and_shifted(mu, log_sigma, eps)).mean(0)


@bound.mistake(
    "You add the KL. It is what the bound pays: the mean log-likelihood minus the KL. "
    "Added, it would drive q away from the prior without end."
)
def price_added(log_lik, mu, log_sigma, eps):
    z = stretched_and_shifted(mu, log_sigma, eps)
    return log_lik(z).mean(0) + price(mu, log_sigma)


@bound.mistake(
    "z is well, but now the KL has lost its way back: it is subtracted in the log and "
    "never felt by the encoder."
)
def price_never_felt(log_lik, mu, log_sigma, eps):
    z = stretched_and_shifted(mu, log_sigma, eps)
    return log_lik(z).mean(0) - price(mu, log_sigma).detach()


@bound.mistake(
    "Now sigma moves z, but mu does not: one .data is still there. The likelihood "
    "never tells a bell where to stand."
)
def only_the_width_moves(log_lik, mu, log_sigma, eps):
    z = mu.detach() + log_sigma.exp() * eps
    return log_lik(z).mean(0) - price(mu, log_sigma)


@bound.mistake(
    "You average the KL over the coordinates. A bell in dim_z coordinates pays for "
    "each of them: the sum."
)
def mean_price(log_lik, mu, log_sigma, eps):
    z = stretched_and_shifted(mu, log_sigma, eps)
    return log_lik(z).mean(0) - price(mu, log_sigma) / mu.shape[-1]


@bound.mistake(
    "You read log_sigma as the log of a variance. Nothing was wrong with the "
    "widths: sigma = exp(log_sigma), in z and in the KL."
)
def widths_halved(log_lik, mu, log_sigma, eps):
    z = stretched_and_shifted(mu, log_sigma / 2, eps)
    return log_lik(z).mean(0) - price(mu, log_sigma / 2)


@bound.mistake(
    "You add up the draws. They are attempts at one and the same expectation: "
    "average over the first axis."
)
def draws_of_z_added(log_lik, mu, log_sigma, eps):
    z = stretched_and_shifted(mu, log_sigma, eps)
    return log_lik(z).sum(0) - price(mu, log_sigma)


QUESTIONS = [
    reparameterize,
    pathwise_grad,
    score_grad,
    leave_one_out,
    worth,
    worse_pathwise,
    held_grads,
    bound,
]
