"""Problem set 01, bars and decoders: how each answer is judged, and what we say.

The statements stand in ps01.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

import math

import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily
from torch.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    linear,
    softplus,
)
from torch.special import xlogy

from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-13, the nearest mistake is 0.02 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


# -- bars_log_prob ---------------------------------------------------------------------


def draw_bars(g):
    """Six images: three of pure noise, three noisy bars; no two weights are equal."""
    bars = torch.eye(4).repeat(1, 4)[torch.randint(4, (3,), generator=g)]
    noisy = (bars - (uniform(g, 3, 16) < 0.1).double()).abs()
    x = torch.cat([(uniform(g, 3, 16) < 0.4).double(), noisy])
    flip = 0.05 + 0.3 * uniform(g, 1).item()
    return {"x": x, "flip": flip, "weights": normal(g, 4).softmax(0)}


bars_log_prob = Question("bars_log_prob", points=3, draw=draw_bars, atol=ATOL, why=WHY)


def log_lik_of_columns(x, flip):
    wrong = (x[:, None] != torch.eye(4).repeat(1, 4)).sum(-1)
    return wrong * math.log(flip) + (16 - wrong) * math.log(1 - flip)


@bars_log_prob.right
def by_counting(x, flip, weights):
    return (log_lik_of_columns(x, flip) + weights.log()).logsumexp(-1)


@bars_log_prob.right
def by_multiplying(x, flip, weights):
    on = flip + (1 - 2 * flip) * torch.eye(4).repeat(1, 4)  # p(x_d = 1), column by row
    p = torch.where(x[:, None] == 1, on, 1 - on).prod(-1)
    return (p @ weights).log()


@bars_log_prob.right
def by_library(x, flip, weights):
    on = flip + (1 - 2 * flip) * torch.eye(4).repeat(1, 4)
    columns = Independent(Bernoulli(on), 1)
    return MixtureSameFamily(Categorical(weights), columns).log_prob(x)


@bars_log_prob.mistake(
    "You average the logs. A mixture averages probabilities, and takes the log last; "
    "the mean of the logs is never above the log of the mean."
)
def mean_of_logs(x, flip, weights):
    return log_lik_of_columns(x, flip) @ weights


@bars_log_prob.mistake(
    "You add the four columns without their weights. Over all images your "
    "probabilities add up to 4: each column brings a whole 1 that the weights should "
    "share out."
)
def lost_weights(x, flip, weights):
    return log_lik_of_columns(x, flip).logsumexp(-1)


@bars_log_prob.mistake(
    "You give every column a quarter. Here the columns are not equally likely: use "
    "`weights`."
)
def equal_weights(x, flip, weights):
    return log_lik_of_columns(x, flip).logsumexp(-1) - math.log(4)


@bars_log_prob.mistake(
    "A wrong pixel has probability flip, a right one 1 - flip. You have them the other"
    " way round, so the best images are those that look least like a bar."
)
def swapped_flip(x, flip, weights):
    return by_counting(x, 1 - flip, weights)


@bars_log_prob.mistake(
    "You pay for wrong pixels and forget the right ones: each of those has probability"
    " 1 - flip, which is not 1."
)
def free_right_pixels(x, flip, weights):
    wrong = (x[:, None] != torch.eye(4).repeat(1, 4)).sum(-1)
    return (wrong * math.log(flip) + weights.log()).logsumexp(-1)


@bars_log_prob.mistake(
    "Your bars lie down. Pixel d stands in row d // 4 and column d % 4, so column c is"
    " the pixels c, c + 4, c + 8, c + 12."
)
def rows_for_columns(x, flip, weights):
    return by_counting(x.reshape(-1, 4, 4).mT.reshape(-1, 16), flip, weights)


@bars_log_prob.mistake(
    "You add the weights to logs as they are. In logs a factor becomes a summand: "
    "add log w."
)
def weights_without_log(x, flip, weights):
    return (log_lik_of_columns(x, flip) + weights).logsumexp(-1)


@bars_log_prob.mistake(
    "You keep the best column and drop the others. The image may have come from any "
    "of the four: their probabilities add up. (Where one column explains it far "
    "better than the rest, the two nearly agree.)"
)
def best_column_only(x, flip, weights):
    return (log_lik_of_columns(x, flip) + weights.log()).amax(-1)


@bars_log_prob.mistake(
    "This is p(x) itself. Its log was asked for: probabilities of many pixels soon "
    "get too small to be written down."
)
def not_yet_a_log(x, flip, weights):
    return by_counting(x, flip, weights).exp()


# -- kl_to_truth -----------------------------------------------------------------------


def draw_two(g):
    """Six images, one of which never occurs: its log-probability is minus infinity."""
    p = normal(g, 6).softmax(0)
    p[torch.randint(6, (1,), generator=g)] = 0
    return {"log_p": (p / p.sum()).log(), "log_model": normal(g, 6).log_softmax(0)}


kl_to_truth = Question("kl_to_truth", points=2, draw=draw_two, atol=ATOL, why=WHY)


@kl_to_truth.right
def where_it_occurs(log_p, log_model):
    occurs = log_p > -math.inf
    return (log_p.exp() * (log_p - log_model))[occurs].sum()


@kl_to_truth.right
def by_xlogy(log_p, log_model):
    p = log_p.exp()
    return (xlogy(p, p) - p * log_model).sum()


@kl_to_truth.mistake(
    "An image that never occurs has p = 0 and log p = -inf, and 0 * -inf is not a "
    "number. In the limit p log p goes to 0: such an image adds nothing, so leave it "
    "out."
)
def zero_times_infinity(log_p, log_model):
    return (log_p.exp() * (log_p - log_model)).sum()


@kl_to_truth.mistake(
    "Your arguments are swapped: the average is over the truth, so p weighs the "
    "differences, not the model."
)
def swapped(log_p, log_model):
    return where_it_occurs(log_model, log_p)


@kl_to_truth.mistake(
    "Your arguments are swapped: the average is over the truth, so p weighs the "
    "differences, not the model. (Leaving out the images with p = 0 hid that this KL "
    "is infinite.)"
)
def swapped_and_cut(log_p, log_model):
    occurs = log_p > -math.inf
    return (log_model.exp() * (log_model - log_p))[occurs].sum()


@kl_to_truth.mistake(
    "You average over the images as if each were equally likely. Weigh each difference"
    " with the image's probability, p = exp(log_p)."
)
def unweighted(log_p, log_model):
    occurs = log_p > -math.inf
    return (log_p - log_model)[occurs].mean()


@kl_to_truth.mistake(
    "This is the cross-entropy, -sum p log model: the price of the model's code. The "
    "KL is what it costs more than the truth's own: subtract the entropy."
)
def cross_entropy(log_p, log_model):
    return -(log_p.exp() * log_model).sum()


@kl_to_truth.mistake(
    "This is minus the KL. It must never be negative: log p comes first, the model's "
    "log-probability is subtracted."
)
def wrong_sign(log_p, log_model):
    return -where_it_occurs(log_p, log_model)


@kl_to_truth.mistake(
    "You weigh with p and then divide by the number of images as well. The weights "
    "p add up to 1 already: take the plain sum."
)
def weighed_and_averaged(log_p, log_model):
    return where_it_occurs(log_p, log_model) / len(log_p)


@kl_to_truth.mistake(
    "You weigh with log p. An average weighs with the probability itself, p = "
    "exp(log_p)."
)
def weighed_with_logs(log_p, log_model):
    occurs = log_p > -math.inf
    return (log_p * (log_p - log_model))[occurs].sum()


# -- best_independent_pixels -----------------------------------------------------------


def draw_world(g):
    """Seven of the eight images of three pixels: no pixel is on in half of them."""
    all_images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    x = all_images[torch.randperm(8, generator=g)[:7]]
    return {"x": x, "p": normal(g, 7).softmax(0)}


best_independent_pixels = Question(
    "best_independent_pixels", points=3, draw=draw_world, atol=ATOL, why=WHY
)


def with_kl(x, p, probs, log_model):
    return torch.cat([probs, (p * (p.log() - log_model)).sum()[None]])


def log_prob_of_pixels(x, probs):
    return (xlogy(x, probs) + xlogy(1 - x, 1 - probs)).sum(-1)


@best_independent_pixels.right
def by_means(x, p):
    probs = p @ x
    return with_kl(x, p, probs, log_prob_of_pixels(x, probs))


@best_independent_pixels.right
def by_entropies(x, p):
    pixels = Bernoulli(p @ x)
    kl = pixels.entropy().sum() - Categorical(p).entropy()
    return torch.cat([pixels.probs, kl[None]])


@best_independent_pixels.mistake(
    "You leave every pixel at one half. That is the best model of someone who has seen"
    " no image; you know how often each pixel is on."
)
def half_everywhere(x, p):
    probs = torch.full((x.shape[1],), 0.5)
    return with_kl(x, p, probs, log_prob_of_pixels(x, probs))


@best_independent_pixels.mistake(
    "You rounded the probabilities to 0 and 1. Such a model rules out images that do "
    "occur, and its KL is infinite: keep the means as they are."
)
def thresholded(x, p):
    probs = (p @ x > 0.5).double()
    return with_kl(x, p, probs, log_prob_of_pixels(x, probs))


@best_independent_pixels.mistake(
    "You average the images as if each were equally likely. Image n counts p[n] times."
)
def unweighted_means(x, p):
    probs = x.mean(0)
    return with_kl(x, p, probs, log_prob_of_pixels(x, probs))


@best_independent_pixels.mistake(
    "You count only the pixels that are on. A pixel that is off has probability 1 - "
    "probs[d], and that too must be paid for."
)
def only_pixels_that_are_on(x, p):
    probs = p @ x
    return with_kl(x, p, probs, xlogy(x, probs).sum(-1))


@best_independent_pixels.mistake(
    "The probabilities are right. The last number is the cross-entropy, -sum p log "
    "model: subtract the entropy of the truth and you have the KL."
)
def cross_entropy_of_pixels(x, p):
    right = by_means(x, p)
    right[-1] += Categorical(p).entropy()
    return right


@best_independent_pixels.mistake(
    "The probabilities are right. In the KL your arguments are swapped: the truth p "
    "weighs the differences, and log p comes first."
)
def swapped_kl(x, p):
    probs = p @ x
    log_model = log_prob_of_pixels(x, probs)
    kl = (log_model.exp() * (log_model - p.log())).sum()
    return torch.cat([probs, kl[None]])


@best_independent_pixels.mistake(
    "The probabilities are right. In the KL you average over the images as if each "
    "were equally likely: weigh with p."
)
def kl_of_equal_images(x, p):
    probs = p @ x
    kl = (p.log() - log_prob_of_pixels(x, probs)).mean()
    return torch.cat([probs, kl[None]])


@best_independent_pixels.mistake(
    "The probabilities are right. The last number is minus the KL: log p comes "
    "first, and the model's log-probability is subtracted."
)
def minus_the_kl(x, p):
    return by_means(x, p) * torch.tensor([1.0] * x.shape[1] + [-1.0])


@best_independent_pixels.mistake(
    "You weigh with p and then divide by the number of images as well. The weights "
    "p add up to 1 already: take the plain sum."
)
def weighed_and_divided(x, p):
    probs = p @ x / len(x)
    return with_kl(x, p, probs, log_prob_of_pixels(x, probs))


# -- same_means: construct a case ------------------------------------------------------


def draw_means(g):
    """Six pairs of means, among them a < b and a > b, sums above and below one."""
    a = torch.tensor([0.2, 0.3, 0.6, 0.8, 0.1, 0.9]) + 0.08 * uniform(g, 6)
    b = torch.tensor([0.6, 0.1, 0.8, 0.3, 0.2, 0.7]) + 0.08 * uniform(g, 6)
    return {"a": a, "b": b}


same_means = Question("same_means", points=2, draw=draw_means, atol=ATOL, why=WHY)


def table(a, b, both_on):
    return torch.stack([1 - a - b + both_on, b - both_on, a - both_on, both_on])


@same_means.right
def as_often_as_possible(a, b):
    return table(a, b, torch.minimum(a, b))


@same_means.right
def with_one_uniform(a, b):
    """Both pixels look at the same u: on where u < a, and where u < b."""
    zero = torch.zeros_like(a)
    off = 1 - torch.maximum(a, b)
    return torch.stack([off, (b - a).maximum(zero), (a - b).maximum(zero), 1 - off
                        - (a - b).abs()])  # fmt: skip


@same_means.mistake(
    "These are independent pixels, p(1, 1) = a b. The means are right, and yet this is"
    " the model that you were to build a case against: let the pixels agree more "
    "often."
)
def independent(a, b):
    return table(a, b, a * b)


@same_means.mistake(
    "Your pixels avoid each other: they agree as rarely as the means allow. The other "
    "extreme was asked for."
)
def as_rarely_as_possible(a, b):
    return table(a, b, (a + b - 1).clamp(min=0))


@same_means.mistake(
    "You take p(1, 1) = a. Where a > b that leaves p(0, 1) = b - a, which is negative:"
    " both pixels cannot be on together more often than the rarer one is."
)
def both_on_is_a(a, b):
    return table(a, b, a)


@same_means.mistake(
    "Your four numbers do not add up to one. Both pixels on is counted in a and again "
    "in b, so p(0, 0) = 1 - a - b + p(1, 1)."
)
def counted_twice(a, b):
    off = 1 - a - b
    return torch.cat([off[None], as_often_as_possible(a, b)[1:]])


@same_means.mistake(
    "p(0, 1) and p(1, 0) have changed places: the first pixel is the one with mean a, "
    "and the order is p(0, 0), p(0, 1), p(1, 0), p(1, 1)."
)
def wrong_order(a, b):
    return as_often_as_possible(b, a)


@same_means.mistake(
    "You take p(1, 1) as large as the larger mean. The rarer pixel is not on that "
    "often: p(0, 1) or p(1, 0) comes out negative."
)
def as_often_as_the_commoner(a, b):
    return table(a, b, torch.maximum(a, b))


@same_means.mistake(
    "Your pixels always agree, and both are on with probability (a + b) / 2. That "
    "moves their means; where a and b differ, they cannot always agree."
)
def always_agree(a, b):
    both = (a + b) / 2
    return torch.stack([1 - both, 0 * both, 0 * both, both])


@same_means.mistake(
    "The first and the last row are right. Where a and b differ, one pixel is "
    "sometimes on alone: without that your four numbers do not add up to one."
)
def never_alone(a, b):
    right = as_often_as_possible(a, b)
    return torch.stack([right[0], 0 * a, 0 * a, right[3]])


# -- decoder_logits --------------------------------------------------------------------


def draw_decoder(g):
    """Five z of two numbers, three hidden units, four pixels: no sizes are equal."""
    z, W1, b1 = normal(g, 5, 2), normal(g, 3, 2), normal(g, 3)
    return {"z": z, "W1": W1, "b1": b1, "W2": normal(g, 4, 3), "b2": normal(g, 4)}


decoder_logits = Question("decoder_logits", points=1, draw=draw_decoder, atol=ATOL,
                          why=WHY)  # fmt: skip


@decoder_logits.right
def by_matrices(z, W1, b1, W2, b2):
    return torch.tanh(z @ W1.T + b1) @ W2.T + b2


@decoder_logits.right
def by_linear(z, W1, b1, W2, b2):
    return linear(linear(z, W1, b1).tanh(), W2, b2)


@decoder_logits.mistake(
    "You return probabilities. Stop one step earlier, at the logits: they lose no "
    "digits, and the likelihood takes them as they are."
)
def sigmoid_at_the_end(z, W1, b1, W2, b2):
    return by_matrices(z, W1, b1, W2, b2).sigmoid()


@decoder_logits.mistake(
    "There is no tanh. Two linear layers on top of each other are one linear layer: "
    "the curve through pixel space would be a straight line."
)
def no_tanh(z, W1, b1, W2, b2):
    return (z @ W1.T + b1) @ W2.T + b2


@decoder_logits.mistake(
    "There is a tanh after the second layer too. It holds every logit between -1 and "
    "1, so no pixel could be surer than 73 percent."
)
def tanh_twice(z, W1, b1, W2, b2):
    return by_matrices(z, W1, b1, W2, b2).tanh()


@decoder_logits.mistake(
    "The second bias, b2, is missing: it says how bright each pixel is before z has "
    "spoken."
)
def lost_second_bias(z, W1, b1, W2, b2):
    return by_matrices(z, W1, b1, W2, 0)


@decoder_logits.mistake(
    "Your hidden layer is a relu. The question asks for tanh, whose curve is smooth."
)
def relu_for_tanh(z, W1, b1, W2, b2):
    return linear(linear(z, W1, b1).relu(), W2, b2)


@decoder_logits.mistake(
    "The first bias, b1, is missing: without it every hidden unit is zero at z = 0."
)
def lost_first_bias(z, W1, b1, W2, b2):
    return by_matrices(z, W1, 0, W2, b2)


@decoder_logits.mistake(
    "Your hidden units are sigmoids, between 0 and 1. A tanh runs from -1 to 1."
)
def sigmoid_for_tanh(z, W1, b1, W2, b2):
    return linear(linear(z, W1, b1).sigmoid(), W2, b2)


# -- bernoulli_log_lik -----------------------------------------------------------------


def draw_pixels(g):
    """Four images of five pixels; two of them are so unlikely that sigmoid gives 0."""
    logits, x = 2 * normal(g, 4, 5), (uniform(g, 4, 5) < 0.5).double()
    logits[0, 1], logits[2, 3] = 800, -800
    x[0, 1], x[2, 3] = 0, 1
    return {"logits": logits, "x": x}


bernoulli_log_lik = Question(
    "bernoulli_log_lik",
    points=3,
    draw=draw_pixels,
    atol=ATOL,
    why=WHY + "; clamped values can look right, so the gradient is compared too",
    gradients=("logits",),
)


@bernoulli_log_lik.right
def by_softplus(logits, x):
    return (x * logits - softplus(logits)).sum(-1)


@bernoulli_log_lik.right
def by_cross_entropy(logits, x):
    return -binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


@bernoulli_log_lik.right
def by_bernoulli(logits, x):
    return Bernoulli(logits=logits).log_prob(x).sum(-1)


@bernoulli_log_lik.mistake(
    "You go through probabilities: far out, sigmoid gives exactly 0 or 1, and the log "
    "of 0 is -inf (and 0 * -inf is not a number). Stay with the logits: log p = logit "
    "- softplus(logit), log(1 - p) = -softplus(logit)."
)
def probabilities_on_the_way(logits, x):
    p = logits.sigmoid()
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)


@bernoulli_log_lik.mistake(
    "You go through probabilities, and torch's binary_cross_entropy then cuts every "
    "log off at -100: an image of log-probability -800 would look like one of -100. "
    "binary_cross_entropy_with_logits takes the logits as they are."
)
def cut_off_at_minus_100(logits, x):
    return -binary_cross_entropy(logits.sigmoid(), x, reduction="none").sum(-1)


@bernoulli_log_lik.mistake(
    "You take the logits for probabilities already: log(logit) is not a number as soon"
    " as a logit is negative."
)
def logits_taken_for_probabilities(logits, x):
    return (x * logits.log() + (1 - x) * (1 - logits).log()).sum(-1)


@bernoulli_log_lik.mistake(
    "The sigmoid is taken twice: what you pass on as logits are probabilities already,"
    " so every pixel is on with probability 0.5 to 0.73."
)
def sigmoid_twice(logits, x):
    return by_softplus(logits.sigmoid(), x)


@bernoulli_log_lik.mistake(
    "You average over the pixels. The log-probability of an image is a sum over its "
    "pixels; the mean is another unit, and weighs wrongly against every other term."
)
def mean_over_pixels(logits, x):
    return by_softplus(logits, x) / logits.shape[-1]


@bernoulli_log_lik.mistake(
    "This is minus the log-likelihood: a loss. Here bigger is better; the minus sign "
    "is put in front in the training step, once."
)
def a_loss(logits, x):
    return -by_softplus(logits, x)


@bernoulli_log_lik.mistake(
    "You write log(1 + exp(logit)) as it stands: at a logit of 800 the exp is "
    "infinite. torch.nn.functional.softplus is the same function and knows what to "
    "do there."
)
def exponential_overflows(logits, x):
    return (x * logits - (1 + logits.exp()).log()).sum(-1)


@bernoulli_log_lik.mistake(
    "You count only the pixels that are on. A pixel that is off has probability 1 - "
    "p, and that must be paid for too."
)
def off_pixels_for_free(logits, x):
    return (x * torch.nn.functional.logsigmoid(logits)).sum(-1)


# -- sample_images ---------------------------------------------------------------------


def draw_uniforms(g):
    """Four draws of two images of eight pixels."""
    return {"logits": 1.5 * normal(g, 2, 8), "u": uniform(g, 4, 2, 8)}


sample_images = Question("sample_images", points=2, draw=draw_uniforms, atol=ATOL,
                         why="zeros and ones are exact")  # fmt: skip


@sample_images.right
def below_p(logits, u):
    return (u < logits.sigmoid()).double()


@sample_images.right
def below_logit(logits, u):
    return torch.where(u.logit() < logits, 1.0, 0.0)


@sample_images.mistake(
    "You return the probabilities. They are the mean image, grey wherever the model is"
    " in doubt; a sample is black and white: compare each u with its probability."
)
def mean_image(logits, u):
    return logits.sigmoid().expand_as(u)


@sample_images.mistake(
    "You round the probabilities and never look at u: every draw is the same image, "
    "the most likely one."
)
def rounded(logits, u):
    return logits.sigmoid().round().expand_as(u)


@sample_images.mistake(
    "You compare u, which lies between 0 and 1, with a logit, which does not: a pixel "
    "with logit 1 would always be on. Take the sigmoid first."
)
def logits_for_probabilities(logits, u):
    return (u < logits).double()


@sample_images.mistake(
    "You have the negative: u lies below p with probability p, so on means u < p."
)
def negative(logits, u):
    return (u > logits.sigmoid()).double()


@sample_images.mistake(
    "All pixels of an image share one u, so they go on together. Each pixel has its "
    "own."
)
def one_u_per_image(logits, u):
    return (u[..., :1] < logits.sigmoid()).double()


@sample_images.mistake(
    "You made the probabilities with a softmax: they add up to 1 over the pixels, "
    "as if just one of them could be on. Each pixel has a sigmoid of its own."
)
def softmax_for_sigmoid(logits, u):
    return (u < logits.softmax(-1)).double()


# -- log_average: find the bug ---------------------------------------------------------


def draw_log_lik(g):
    """Five z by three images; one image is so unlikely that its exp is zero."""
    log_lik = 2 * normal(g, 5, 3) - 6
    log_lik[:, 1] -= 900
    return {"log_lik": log_lik}


log_average = Question("log_average", points=3, draw=draw_log_lik, atol=ATOL, why=WHY)


@log_average.right
def repaired(log_lik):
    return log_lik.logsumexp(0) - math.log(len(log_lik))


@log_average.right
def from_the_largest(log_lik):
    top = log_lik.max(0).values
    return top + (log_lik - top).exp().mean(0).log()


@log_average.mistake(
    "Still sick. This is the log of a sum: with as many z as there are rows, the "
    "probabilities of all images add up to that many, not to 1."
)
def still_a_sum(log_lik):
    return log_lik.logsumexp(0)


@log_average.mistake(
    "You average the logs, not the probabilities. That is a lower bound of what was "
    "asked (Jensen's inequality), and it will be a chapter of its own."
)
def mean_of_the_logs(log_lik):
    return log_lik.mean(0)


@log_average.mistake(
    "You subtract log 4 whatever comes. The mean is over all rows of log_lik, and "
    "there may be more or fewer than four."
)
def always_log_4(log_lik):
    return log_lik.logsumexp(0) - math.log(4)


@log_average.mistake(
    "You subtract the log of the number of images. The mean is over z, the rows; each "
    "image, each column of log_lik, has its own."
)
def log_of_number_of_images(log_lik):
    return log_lik.logsumexp(0) - math.log(log_lik.shape[1])


@log_average.mistake(
    "You exponentiate before you sum: below about -745, exp gives 0, and its log is "
    "-inf. torch.logsumexp takes the largest one out first."
)
def exponentiated_first(log_lik):
    return log_lik.exp().mean(0).log()


@log_average.mistake(
    "You divide by the sum over the images that were passed in, so that they add up to"
    " 1. But there are other images, and log p(x) of one image does not depend on its "
    "neighbours in the batch."
)
def normalized_over_the_batch(log_lik):
    return log_lik.logsumexp(0).log_softmax(0)


@log_average.mistake(
    "You divide the log by the number of z. The average is inside the log: there a "
    "division by n is a subtraction of log n."
)
def divided_outside_the_log(log_lik):
    return log_lik.logsumexp(0) / len(log_lik)


@log_average.mistake(
    "You add log n. The sum over z is too large, so log n is subtracted."
)
def log_n_added(log_lik):
    return log_lik.logsumexp(0) + math.log(len(log_lik))


@log_average.mistake(
    "You take the best z and drop the others. The average is over all of them, and "
    "is below its largest term."
)
def best_z_only(log_lik):
    return log_lik.amax(0)


QUESTIONS = [
    bars_log_prob,
    kl_to_truth,
    best_independent_pixels,
    same_means,
    decoder_logits,
    bernoulli_log_lik,
    sample_images,
    log_average,
]
