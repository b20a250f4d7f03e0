"""Problem set 07, autoencoders to VAEs: how each answer is judged, and what we say.

The statements stand in ps07.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

import math

import torch
from torch.autograd.functional import jacobian
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import one_hot

from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-12, the nearest mistake is 1e-4 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


# -- linear_autoencoder ----------------------------------------------------------------


def draw_cloud(g):
    """Thirty points off the origin, two strong directions of six; five new points."""
    turn = torch.linalg.qr(normal(g, 6, 6)).Q
    spread = torch.tensor([4.0, 2.5, 0.6, 0.5, 0.4, 0.3]) * turn
    away = 1 + uniform(g, 6)
    x, new = normal(g, 30, 6) @ spread.T + away, 2 * normal(g, 5, 6) + away
    return {"x": x, "new": new, "k": 2}


linear_autoencoder = Question(
    "linear_autoencoder", points=3, draw=draw_cloud, atol=ATOL, why=WHY
)


def directions(x, k):
    """The k strongest directions of a cloud, as columns."""
    return torch.linalg.svd(x, full_matrices=False).Vh[:k].T


@linear_autoencoder.right
def by_svd(x, new, k):
    mean = x.mean(0)
    V = directions(x - mean, k)
    return mean + (new - mean) @ V @ V.T


@linear_autoencoder.right
def by_eigenvectors(x, new, k):
    V = torch.linalg.eigh(torch.cov(x.T)).eigenvectors[:, -k:]
    return torch.addmm(x.mean(0), new - x.mean(0), V @ V.T)


@linear_autoencoder.right
def trained_by_turns(x, new, k):
    """Fit the decoder to the codes, then the codes to the decoder, and again."""
    mean, D = x.mean(0), torch.eye(x.shape[1])[:, :k]
    for _ in range(400):
        codes = torch.linalg.lstsq(D, (x - mean).T).solution
        D = torch.linalg.lstsq(codes.T, x - mean).solution.T
    return mean + (D @ torch.linalg.lstsq(D, (new - mean).T).solution).T


@linear_autoencoder.mistake(
    "You left the mean in: your first direction points from the origin to the middle of"
    " the cloud, and a code number is spent on it. The constants e and d can do that "
    "for nothing: subtract the mean of x first, add it at the end."
)
def through_the_origin(x, new, k):
    V = directions(x, k)
    return new @ V @ V.T


@linear_autoencoder.mistake(
    "Your copies lie around zero: the mean that you took off is not put back. It is "
    "the decoder's constant d."
)
def mean_not_put_back(x, new, k):
    return by_svd(x, new, k) - x.mean(0)


@linear_autoencoder.mistake(
    "Your directions are right, but the new pictures went in as they are. What was "
    "taken off x before training is taken off a new picture too, and put back after."
)
def new_not_centred(x, new, k):
    V = directions(x - x.mean(0), k)
    return new @ V @ V.T


@linear_autoencoder.mistake(
    "You centre the new pictures by their own mean. A trained autoencoder keeps the "
    "mean of its training data, and may be shown one picture alone."
)
def mean_of_the_new(x, new, k):
    V = directions(x - x.mean(0), k)
    return new.mean(0) + (new - new.mean(0)) @ V @ V.T


@linear_autoencoder.mistake(
    "You keep the k directions in which the data vary least. eigh sorts from small to "
    "large, svd from large to small: which end do you cut?"
)
def weakest_directions(x, new, k):
    V = torch.linalg.eigh(torch.cov(x.T)).eigenvectors[:, :k]
    return x.mean(0) + (new - x.mean(0)) @ V @ V.T


@linear_autoencoder.mistake(
    "You multiply the codes by the singular values on the way out. In x = U S V' they "
    "belong to the data; a new picture's code (x - mean) V has its size already."
)
def stretched_on_the_way_out(x, new, k):
    mean, V = x.mean(0), directions(x - x.mean(0), k)
    size = torch.linalg.svdvals(x - mean)[:k]
    return mean + (new - mean) @ V @ (size * V).T


@linear_autoencoder.mistake(
    "You subtract the mean, but your directions come from the cloud as it lies, mean "
    "and all: the strongest of them points at its middle. Subtract first, then svd."
)
def directions_of_the_raw_cloud(x, new, k):
    mean, V = x.mean(0), directions(x, k)
    return mean + (new - mean) @ V @ V.T


@linear_autoencoder.mistake(
    "You trained on the new pictures. They are there to be copied; mean and directions "
    "come from x."
)
def trained_on_the_new(x, new, k):
    return by_svd(new, new, k)


@linear_autoencoder.mistake(
    "You subtract one number, the mean over everything. Every pixel has a mean of its "
    "own: x.mean(0)."
)
def one_mean_for_all_pixels(x, new, k):
    mean = x.mean()
    V = directions(x - mean, k)
    return mean + (new - mean) @ V @ V.T


# -- denoise ---------------------------------------------------------------------------


def draw_noisy(g):
    """Three clean pictures of ten pixels, unequally frequent; four noisy ones."""
    half = torch.arange(10) < 5
    clean = torch.stack([half, ~half, torch.arange(10) % 2 == 0]).double()
    clean = clean[:, torch.randperm(10, generator=g)]
    weights = torch.tensor([0.5, 0.2, 0.3]) + 0.1 * uniform(g, 3)
    source = clean[torch.tensor([0, 1, 2, 2])]
    noisy = (source - (uniform(g, 4, 10) < 0.25).double()).abs()
    return {"noisy": noisy, "clean": clean, "weights": weights / weights.sum(),
            "flip": 0.15 + 0.15 * uniform(g, 1).item()}  # fmt: skip


denoise = Question("denoise", points=3, draw=draw_noisy, atol=ATOL, why=WHY)


def log_joint(noisy, clean, weights, flip):
    """log p(clean i, noisy n), shape (num_noisy, num_clean)."""
    wrong = torch.cdist(noisy, clean, p=1)
    right = noisy.shape[1] - wrong
    return weights.log() + wrong * math.log(flip) + right * math.log1p(-flip)


@denoise.right
def mean_under_the_posterior(noisy, clean, weights, flip):
    return log_joint(noisy, clean, weights, flip).softmax(-1) @ clean


@denoise.right
def pixel_by_pixel_of_the_noise(noisy, clean, weights, flip):
    rows = []
    for seen in noisy:
        chance = torch.where(seen == clean, 1 - flip, flip).prod(-1) * weights
        rows.append((chance[:, None] * clean).sum(0) / chance.sum())
    return torch.stack(rows)


@denoise.mistake(
    "You say the one clean picture that is most probable. Cross-entropy punishes "
    "certainty that fails without bound: what you know of the others belongs in too."
)
def the_likeliest_only(noisy, clean, weights, flip):
    best = log_joint(noisy, clean, weights, flip).argmax(-1)
    return clean[best]


@denoise.mistake(
    "You give back what came in. That would be best if the target were the noisy "
    "picture; the target is the clean one."
)
def copied_the_noise(noisy, clean, weights, flip):
    return noisy


@denoise.mistake(
    "You say the mean of the clean pictures, whatever comes in. It is the best answer "
    "with closed eyes; the noisy picture tells which clean ones are likely."
)
def eyes_closed(noisy, clean, weights, flip):
    return (weights @ clean).expand_as(noisy)


@denoise.mistake(
    "You clean each pixel by itself. All pixels come from one clean picture: the whole "
    "noisy picture says which one, and that says every pixel."
)
def each_pixel_alone(noisy, clean, weights, flip):
    on = weights @ clean
    if_on = on * torch.where(noisy == 1, 1 - flip, flip)
    if_off = (1 - on) * torch.where(noisy == 0, 1 - flip, flip)
    return if_on / (if_on + if_off)


@denoise.mistake(
    "You left out how frequent the clean pictures are. A rare one needs better "
    "evidence: its weight multiplies the likelihood."
)
def lost_weights(noisy, clean, weights, flip):
    return mean_under_the_posterior(noisy, clean, torch.ones_like(weights), flip)


@denoise.mistake(
    "You put fresh noise on top: this is the probability that a pixel is on in another "
    "noisy copy of the same picture. The target has no noise."
)
def noised_again(noisy, clean, weights, flip):
    p = mean_under_the_posterior(noisy, clean, weights, flip)
    return p * (1 - flip) + (1 - p) * flip


@denoise.mistake(
    "Your shares do not add up to 1: weight times likelihood is a joint probability. "
    "Divide by its sum over the clean pictures, the probability of the noisy one."
)
def not_divided(noisy, clean, weights, flip):
    return log_joint(noisy, clean, weights, flip).exp() @ clean


@denoise.mistake(
    "You add the weights to a log-likelihood as they are. Logs are added to logs: it is"
    " log w."
)
def weights_without_log(noisy, clean, weights, flip):
    joint = log_joint(noisy, clean, weights, flip) - weights.log() + weights
    return joint.softmax(-1) @ clean


@denoise.mistake(
    "You count the pixels that flipped and not those that stayed: each of them has "
    "probability 1 - flip, and a likely picture has more of them."
)
def stayed_pixels_left_out(noisy, clean, weights, flip):
    wrong = torch.cdist(noisy, clean, p=1)
    return (weights.log() + wrong * math.log(flip)).softmax(-1) @ clean


# -- contractive_penalty ---------------------------------------------------------------


def draw_sigmoid_encoder(g):
    """Five pictures of six pixels, four units: no sizes are equal."""
    x = (uniform(g, 5, 6) < 0.5).double()
    return {"x": x, "W": normal(g, 4, 6), "b": normal(g, 4)}


contractive_penalty = Question(
    "contractive_penalty", points=2, draw=draw_sigmoid_encoder, atol=ATOL, why=WHY
)


def code(x, W, b):
    return torch.sigmoid(x @ W.T + b)


@contractive_penalty.right
def by_the_chain_rule(x, W, b):
    h = code(x, W, b)
    return (h * (1 - h)) ** 2 @ (W**2).sum(-1)


@contractive_penalty.right
def by_autograd(x, W, b):
    return torch.stack([(jacobian(lambda v: code(v, W, b), v) ** 2).sum() for v in x])


@contractive_penalty.mistake(
    "The slope of the sigmoid, h (1 - h), stands in your sum without its square. Every "
    "entry of the Jacobian is h_j (1 - h_j) W_jd, and the whole entry is squared."
)
def slope_not_squared(x, W, b):
    h = code(x, W, b)
    return h * (1 - h) @ (W**2).sum(-1)


@contractive_penalty.mistake(
    "You take a root at the end: the norm. The penalty is its square, the plain sum of "
    "all squared entries."
)
def root_taken(x, W, b):
    return by_the_chain_rule(x, W, b).sqrt()


@contractive_penalty.mistake(
    "You differentiate the sum of the units, then square. Two units that move against "
    "each other cancel there. Square every entry of the Jacobian first, then add. "
    "(autograd of h.sum() does just this.)"
)
def units_added_first(x, W, b):
    h = code(x, W, b)
    return (((h * (1 - h)) @ W) ** 2).sum(-1)


@contractive_penalty.mistake(
    "1 - h^2 is the slope of a tanh. These units are sigmoids; their slope is h (1 - h)"
    ", at most a quarter."
)
def slope_of_tanh(x, W, b):
    return (1 - code(x, W, b) ** 2) ** 2 @ (W**2).sum(-1)


@contractive_penalty.mistake(
    "Your number does not depend on the picture: it is the size of W alone. How much a "
    "unit moves depends on where on its sigmoid the picture puts it."
)
def weights_only(x, W, b):
    return (W**2).sum().expand(len(x))


@contractive_penalty.mistake(
    "You average the squared entries of the Jacobian. The squared Frobenius norm is "
    "their sum."
)
def mean_of_entries(x, W, b):
    return by_the_chain_rule(x, W, b) / W.numel()


# -- sparse_penalty: find the bug ------------------------------------------------------


def draw_codes_and_decoder(g):
    """Five codes of four units, some negative, some off; six pixels."""
    h = normal(g, 5, 4) * (uniform(g, 5, 4) < 0.7)
    return {"h": h, "W": normal(g, 6, 4) * (0.5 + uniform(g, 4))}


sparse_penalty = Question(
    "sparse_penalty", points=3, draw=draw_codes_and_decoder, atol=ATOL, why=WHY
)


@sparse_penalty.right
def length_of_each_stroke(h, W):
    return (h[:, None] * W).norm(dim=1).sum(-1)  # (num_images, dim_x, hidden)


@sparse_penalty.right
def size_times_length(h, W):
    return h.abs() @ (W**2).sum(0).sqrt()


@sparse_penalty.mistake(
    "Still sick: small codes are cheap, and the decoder makes up for it. Charge a unit "
    "for what it draws, h_j times its column of W."
)
def still_sick(h, W):
    return h.abs().sum(-1)


@sparse_penalty.mistake(
    "You charge the lengths of the columns, whether a unit is on or not. Nobody is "
    "asked to switch off; multiply each length by |h_j| before you add."
)
def units_never_asked(h, W):
    return W.norm(dim=0).sum().expand(len(h))


@sparse_penalty.mistake(
    "You square the lengths. Then codes twice as large with columns half as long cost "
    "half as much: the way round the penalty is open again, in the other direction."
)
def lengths_squared(h, W):
    return h.abs() @ (W**2).sum(0)


@sparse_penalty.mistake(
    "You measure the finished picture W h. Two units whose strokes cancel then cost "
    "nothing. Take the length of each unit's own stroke, then add."
)
def whole_picture(h, W):
    return (h @ W.T).norm(dim=-1)


@sparse_penalty.mistake(
    "A unit that is negative gets money back. Only how strongly it is on may count: "
    "take the absolute value of h."
)
def lost_absolute_value(h, W):
    return h @ W.norm(dim=0)


@sparse_penalty.mistake(
    "You measure a stroke by the sum of its absolute entries. That closes the way round"
    " too, but the question says length: the root of the sum of squares."
)
def entries_added_up(h, W):
    return h.abs() @ W.abs().sum(0)


@sparse_penalty.mistake(
    "You add up squared lengths. That closes the way round, but a square hardly charges"
    " what is small already: all strokes shrink and none is switched off. A length "
    "charges the last bit as much as the first."
)
def strokes_squared(h, W):
    return h**2 @ (W**2).sum(0)


@sparse_penalty.mistake(
    "You multiply by one size for the whole of W. Stretch one unit's column and shrink "
    "its h, and the penalty changes again: each unit needs its own column's length."
)
def one_length_for_all(h, W):
    return h.abs().sum(-1) * W.norm()


# -- draw_codes ------------------------------------------------------------------------


def draw_bells(g):
    """Five bells in three coordinates, none near the prior; twelve draws."""
    mu, log_sigma = 2 * normal(g, 5, 3), -0.5 - uniform(g, 5, 3)
    u = (torch.arange(12) + uniform(g, 12)) / 12
    u = u[torch.randperm(12, generator=g)]
    return {"mu": mu, "log_sigma": log_sigma, "u": u, "eps": normal(g, 12, 3)}


draw_codes = Question("draw_codes", points=1, draw=draw_bells, atol=ATOL, why=WHY)


def from_bell(n, mu, log_sigma, eps):
    return mu[n] + log_sigma[n].exp() * eps


@draw_codes.right
def by_index(mu, log_sigma, u, eps):
    return from_bell((u * len(mu)).long(), mu, log_sigma, eps)


@draw_codes.right
def by_one_hot(mu, log_sigma, u, eps):
    edges = torch.arange(1, len(mu)) / len(mu)
    chosen = one_hot(
        torch.bucketize(u.contiguous(), edges, right=True), len(mu)
    ).double()
    return torch.addcmul(chosen @ mu, chosen @ log_sigma.exp(), eps)


@draw_codes.mistake(
    "You return the noise: that is the prior, where writing starts. The pool is where "
    "the codes are, and the difference between the two is what the question is about."
)
def from_the_prior(mu, log_sigma, u, eps):
    return eps


@draw_codes.mistake(
    "You draw from one bell with the average mean and the average width. A pool of "
    "bells is no bell: first u picks one picture, then eps moves in that one's bell."
)
def average_bell(mu, log_sigma, u, eps):
    return mu.mean(0) + log_sigma.exp().mean(0) * eps


@draw_codes.mistake(
    "You draw from one bell with the pool's mean and the pool's spread. It fills the "
    "gaps between the codes, where the pool has nothing. First u picks one picture."
)
def one_bell_over_all(mu, log_sigma, u, eps):
    spread = ((2 * log_sigma).exp().mean(0) + mu.var(0, correction=0)).sqrt()
    return mu.mean(0) + spread * eps


@draw_codes.mistake(
    "You round u to the nearest picture, so the first and the last come half as often "
    "as the others. With N pictures, number n has u in [n / N, (n + 1) / N): round "
    "N u down."
)
def rounded(mu, log_sigma, u, eps):
    return from_bell((u * (len(mu) - 1)).round().long(), mu, log_sigma, eps)


@draw_codes.mistake(
    "You read log_sigma as the log of a variance: your draws scatter too far. Here it "
    "is the log of sigma itself: sigma = exp(log_sigma), with no half."
)
def log_variance(mu, log_sigma, u, eps):
    return by_index(mu, log_sigma / 2, u, eps)


@draw_codes.mistake(
    "You return the means of the bells. The noise is missing: a code is drawn from its "
    "bell, mean plus sigma times eps."
)
def no_noise(mu, log_sigma, u, eps):
    return mu[(u * len(mu)).long()]


@draw_codes.mistake(
    "You stretch the noise by log sigma. That can be negative, and a sigma cannot: take"
    " the exponential first."
)
def lost_exponential(mu, log_sigma, u, eps):
    n = (u * len(mu)).long()
    return mu[n] + log_sigma[n] * eps


# -- hidden_beta -----------------------------------------------------------------------


def draw_programs(g):
    """Four programs; sigma is far from 1, and so are all factors."""
    return {
        "error_weight": 1.5 + 2 * uniform(g, 4),
        "divided_by": torch.tensor([16.0, 64.0, 784.0, 3072.0]),
        "kl_weight": 0.3 + 0.4 * uniform(g, 4),
        "sigma": 0.2 + 0.4 * uniform(g, 4),
    }


hidden_beta = Question("hidden_beta", points=2, draw=draw_programs, atol=ATOL, why=WHY)


@hidden_beta.right
def by_two_factors(error_weight, divided_by, kl_weight, sigma):
    per_error = error_weight / divided_by
    return kl_weight / per_error / (2 * sigma**2)


@hidden_beta.right
def by_slopes(error_weight, divided_by, kl_weight, sigma):
    """One more unit of squared error: nats of the density against units of the loss."""
    p = Normal(torch.zeros_like(sigma), sigma)
    nats = p.log_prob(torch.zeros_like(sigma)) - p.log_prob(torch.ones_like(sigma))
    return kl_weight * nats * divided_by / error_weight


@hidden_beta.mistake(
    "Upside down: this is what the error is multiplied by when the KL counts once. "
    "beta stands before the KL when the log-likelihood counts once."
)
def upside_down(error_weight, divided_by, kl_weight, sigma):
    return 1 / by_two_factors(error_weight, divided_by, kl_weight, sigma)


@hidden_beta.mistake(
    "sigma is a standard deviation, and the density has its square: minus log p(x | z) "
    "is the squared error over 2 sigma^2, and a constant."
)
def sigma_for_variance(error_weight, divided_by, kl_weight, sigma):
    return by_two_factors(error_weight, divided_by, kl_weight, sigma.sqrt())


@hidden_beta.mistake(
    "You lost the half: minus log p(x | z) is the squared error over TWO sigma^2, and a"
    " constant."
)
def lost_half(error_weight, divided_by, kl_weight, sigma):
    return 2 * by_two_factors(error_weight, divided_by, kl_weight, sigma)


@hidden_beta.mistake(
    "You left out divided_by. A program that averages over pixels makes the error that "
    "much cheaper, and so the KL that much dearer."
)
def mean_not_noticed(error_weight, divided_by, kl_weight, sigma):
    return by_two_factors(error_weight, 1, kl_weight, sigma)


@hidden_beta.mistake(
    "divided_by works the other way: who divides the error makes it cheap, and beside a"
    " cheap error the KL is dear. beta grows with it."
)
def divided_the_other_way(error_weight, divided_by, kl_weight, sigma):
    return by_two_factors(error_weight, 1 / divided_by, kl_weight, sigma)


@hidden_beta.mistake(
    "You compare the two weights in the program and forget the decoder's width. The "
    "squared error is counted in pixel values, a log-likelihood in nats: there are "
    "1 / (2 sigma^2) nats to a unit."
)
def width_forgotten(error_weight, divided_by, kl_weight, sigma):
    return kl_weight * divided_by / error_weight


@hidden_beta.mistake(
    "You left out kl_weight: it is the one place where the program says how much the KL"
    " shall count."
)
def kl_weight_left_out(error_weight, divided_by, kl_weight, sigma):
    return by_two_factors(error_weight, divided_by, 1, sigma)


@hidden_beta.mistake(
    "error_weight works the other way: a program that makes the error count more has a "
    "smaller beta. Divide by it."
)
def error_weight_multiplied(error_weight, divided_by, kl_weight, sigma):
    return by_two_factors(1 / error_weight, divided_by, kl_weight, sigma)


# -- awake: predict, then measure ------------------------------------------------------


def draw_directions(g):
    """Five directions: one asleep with sigma^2 alone, one asleep because of beta."""
    sigma, beta = 0.4 + 0.3 * uniform(g, 1).item(), 2.5 + uniform(g, 1).item()
    ratio = torch.tensor([0.2, 0.6, 1.8, 4.0, 20.0]) * (1 + 0.3 * uniform(g, 5))
    ratio = ratio[torch.randperm(5, generator=g)]
    return {"variances": beta * sigma**2 * ratio, "sigma": sigma, "beta": beta}


awake = Question(
    "awake",
    points=3,
    draw=draw_directions,
    atol=1e-4,
    why="a search over w, v and s ends within 1e-6; the nearest mistake is 0.02 away",
)


@awake.right
def by_paper(variances, sigma, beta):
    return 0.5 * (variances / (beta * sigma**2)).log().clamp(min=0)


@awake.right
def by_turns(variances, sigma, beta):
    """Coordinate ascent on the bound: the best width and slope, then the best w."""
    dear, w = beta * sigma**2, torch.ones_like(variances)
    for _ in range(1000):
        v, s2 = w / (w**2 + dear), dear / (w**2 + dear)
        w = v * variances / (v**2 * variances + s2)
    return 0.5 * (v**2 * variances + s2 - 1 - s2.log())


@awake.mistake(
    "Some of your prices are negative, and a KL never is. Below beta sigma^2 the best w"
    " is zero: the coordinate sleeps and costs nothing."
)
def never_asleep(variances, sigma, beta):
    return 0.5 * (variances / (beta * sigma**2)).log()


@awake.mistake(
    "Twice too much: the KL of a bell has a half in front, and log s is half of the log"
    " of s^2."
)
def lost_half_of_price(variances, sigma, beta):
    return 2 * by_paper(variances, sigma, beta)


@awake.mistake(
    "Your price holds for beta = 1. A dearer KL makes the coordinate say less: beta "
    "stands beside sigma^2 wherever that appears."
)
def beta_not_felt(variances, sigma, beta):
    return by_paper(variances, sigma, 1)


@awake.mistake(
    "You took the decoder's w^2 to be the whole variance of the data. The noise carries"
    " a part of it: the best w^2 is the variance minus beta sigma^2."
)
def noise_not_taken_off(variances, sigma, beta):
    return 0.5 * (variances / (beta * sigma**2)).log1p()


@awake.mistake(
    "This is beta times the KL, what the bound pays. Asked for is the KL itself, the "
    "nats that the code holds."
)
def price_times_beta(variances, sigma, beta):
    return beta * by_paper(variances, sigma, beta)


@awake.mistake(
    "You compare a variance with a standard deviation. sigma enters squared: the noise "
    "of a pixel has variance sigma^2."
)
def sigma_not_squared(variances, sigma, beta):
    return by_paper(variances, sigma**0.5, beta)


@awake.mistake(
    "You ask beta who sleeps, and forget it for those who are awake. They say less too:"
    " the price is measured from beta sigma^2, not from sigma^2."
)
def beta_only_at_the_door(variances, sigma, beta):
    return by_paper(variances, sigma, 1) * (variances > beta * sigma**2)


@awake.mistake(
    "The mean of the code is v x, and its square is on average v^2 times the variance "
    "of x. Your KL has v^2 alone."
)
def data_not_averaged(variances, sigma, beta):
    dear = beta * sigma**2
    w2 = (variances - dear).clamp(min=0)
    s2 = dear / (w2 + dear)
    return 0.5 * (w2 / (w2 + dear) ** 2 + s2 - 1 - s2.log())


# -- outrun: construct a case ----------------------------------------------------------


def draw_errors(g):
    """Four coders, with a width and a share of wrong copies each."""
    return {"sigma": 0.2 + 0.4 * uniform(g, 4), "miss": 0.02 + 0.08 * uniform(g, 4)}


outrun = Question(
    "outrun",
    points=3,
    draw=draw_errors,
    atol=1e-6,
    why="a search by halving ends within 1e-8; the nearest mistake is 1e-3 away",
)


def tail(t):
    return torch.special.ndtr(-t)


def coder(sigma, a):
    """What follows from sigma and a: the share of outer pictures, the mean KL."""
    price = 0.5 * (5 * a**2 + sigma**2 - 1) - sigma.log()
    return torch.stack([a, 2 * tail(2 * a), price])


def spacing(sigma, chance):
    """The a for which a walk of more than a has this chance, in one direction."""
    return -sigma * torch.special.ndtri(chance)


@outrun.right
def by_quantile(sigma, miss):
    return coder(sigma, spacing(sigma, miss / 1.5))


@outrun.right
def by_halving(sigma, miss):
    """Count wrong copies of all four bells between the walls, and halve."""
    centres, walls = (
        torch.tensor([-3.0, -1.0, 1.0, 3.0]),
        torch.tensor([-2.0, 0.0, 2.0]),
    )
    low, high = torch.zeros_like(miss), 10 * sigma
    for _ in range(60):
        a = (low + high) / 2
        bells = Normal(centres[:, None] * a, sigma)
        below = torch.cat([torch.zeros(1, 4, len(a)),
                           bells.cdf((walls[:, None] * a)[:, None]),
                           torch.ones(1, 4, len(a))])  # fmt: skip
        share = below.diff(dim=0)  # (cell, bell, case)
        too_many = 1 - share.diagonal().mean(-1) > miss
        low, high = a.where(too_many, low), high.where(too_many, a)
    prior = Normal(0.0, 1.0)
    written = 1 - (prior.cdf(2 * a) - prior.cdf(-2 * a))
    kls = kl_divergence(bells, prior)
    return torch.stack([a, written, kls.mean(0)])


@outrun.mistake(
    "You count the outer pictures as if they had a wall on both sides. A code that "
    "walks outwards from 3a is still copied right: two of the four can fail to one "
    "side only."
)
def walls_on_both_sides(sigma, miss):
    return coder(sigma, spacing(sigma, miss / 2))


@outrun.mistake(
    "You count every picture as if it had a wall on one side only. The two inner ones "
    "can fail to the left and to the right."
)
def one_wall_each(sigma, miss):
    return coder(sigma, spacing(sigma, miss))


@outrun.mistake(
    "Your a is right for sigma = 1. What counts is how many widths the wall is away: "
    "a / sigma."
)
def width_left_out(sigma, miss):
    return coder(sigma, spacing(torch.ones_like(sigma), miss / 1.5))


@outrun.mistake(
    "Your second row starts from the codes, one bell as often as the other: of course "
    "half is outer then. Writing starts from the prior, N(0, 1)."
)
def started_from_the_codes(sigma, miss):
    rows = by_quantile(sigma, miss)
    return torch.stack([rows[0], torch.full_like(miss, 0.5), rows[2]])


@outrun.mistake(
    "Your second row is one of the two outer pictures. Asked for is how often either of"
    " them is written: both tails of the prior."
)
def one_tail(sigma, miss):
    rows = by_quantile(sigma, miss)
    return torch.stack([rows[0], rows[1] / 2, rows[2]])


@outrun.mistake(
    "In your third row all bells stand at plus or minus a. Two of them stand at 3a and "
    "pay nine times as much for it: on average 5 a^2."
)
def price_of_the_inner(sigma, miss):
    rows = by_quantile(sigma, miss)
    return torch.stack([rows[0], rows[1], rows[2] - 2 * rows[0] ** 2])


@outrun.mistake(
    "Your outer cells begin where the inner codes stand. The wall is half-way between "
    "two centres, a and 3a."
)
def wall_at_the_inner_code(sigma, miss):
    rows = by_quantile(sigma, miss)
    return torch.stack([rows[0], 2 * tail(rows[0]), rows[2]])


@outrun.mistake(
    "Your writing starts from a bell of width sigma. The prior is N(0, 1), however "
    "narrow the encoder's bells are."
)
def prior_of_width_sigma(sigma, miss):
    rows = by_quantile(sigma, miss)
    return torch.stack([rows[0], 2 * tail(2 * rows[0] / sigma), rows[2]])


@outrun.mistake(
    "Your third row is the price of all four pictures together. Asked for is the mean: "
    "the pictures are equally frequent, and each pays its own."
)
def prices_added_up(sigma, miss):
    rows = by_quantile(sigma, miss)
    return torch.stack([rows[0], rows[1], 4 * rows[2]])


QUESTIONS = [
    linear_autoencoder,
    denoise,
    contractive_penalty,
    sparse_penalty,
    draw_codes,
    hidden_beta,
    awake,
    outrun,
]
