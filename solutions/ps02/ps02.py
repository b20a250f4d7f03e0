"""Problem set 02, latent-variable models: how each answer is judged, and what we say.

The statements stand in ps02.md. Here, for each question: inputs, tolerance and reason,
right answers (the first is the reference), and the mistakes that have a name.
"""

import math

import torch
from torch.distributions import (
    Bernoulli,
    Categorical,
    Independent,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
)
from torch.nn.functional import one_hot

from classroom.question import Question

ATOL = 1e-8
WHY = "float64: right answers agree to about 1e-11, the nearest mistake is 0.01 away"


def normal(g, *shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def uniform(g, *shape):
    return torch.rand(*shape, generator=g, dtype=torch.float64)


def draw_line(g):
    """W and sigma: two or three z, two more pixels than z; no sigma near 1."""
    dim_z = 2 + int(2 * uniform(g, 1))
    return {"W": normal(g, dim_z + 2, dim_z), "sigma": 0.4 + 0.3 * uniform(g, 1)[0]}


def draw_ppca(g):
    """A model, and four pictures that it may have drawn."""
    line = draw_line(g)
    dim_x, dim_z = line["W"].shape
    b = 1 + uniform(g, dim_x)
    x = b + normal(g, 4, dim_z) @ line["W"].T + line["sigma"] * normal(g, 4, dim_x)
    return {"x": x, "W": line["W"], "b": b, "sigma": line["sigma"]}


def eye(W, axis=0):
    return torch.eye(W.shape[axis])


# -- ppca_covariance -------------------------------------------------------------------


ppca_covariance = Question("ppca_covariance", points=1, draw=draw_line, atol=ATOL,
                           why=WHY)  # fmt: skip


@ppca_covariance.right
def loadings_and_noise(W, sigma):
    return W @ W.T + sigma**2 * eye(W)


@ppca_covariance.right
def column_by_column(W, sigma):
    noise = torch.full((len(W),), 1.0) * sigma.square()
    return torch.diag(noise) + sum(torch.outer(w, w) for w in W.unbind(1))


@ppca_covariance.mistake(
    "You add sigma where sigma^2 belongs. A covariance is made of squares, and sigma is"
    " the standard deviation of the noise."
)
def sigma_unsquared(W, sigma):
    return W @ W.T + sigma * eye(W)


@ppca_covariance.mistake(
    "You add the noise to every entry, as if all pixels shared one draw of it. Each has"
    " its own, so it counts on the diagonal alone: sigma^2 times torch.eye."
)
def one_noise_for_all(W, sigma):
    return W @ W.T + sigma**2


@ppca_covariance.mistake(
    "You lost the noise. Without it all pictures lie on a flat sheet, and beside the "
    "sheet the density is zero."
)
def no_noise(W, sigma):
    return W @ W.T


@ppca_covariance.mistake(
    "W^T W goes from z to z. What is asked goes from pixel to pixel: W W^T has one row "
    "for each pixel."
)
def from_z_to_z(W, sigma):
    return W.T @ W + sigma**2 * eye(W, 1)


@ppca_covariance.mistake(
    "The diagonal is right and the rest is zero. But pixels that hang on the same z "
    "move together: that is all that W is for."
)
def diagonal_alone(W, sigma):
    return torch.diag((W**2).sum(1) + sigma**2)


# -- ppca_log_prob ---------------------------------------------------------------------


ppca_log_prob = Question("ppca_log_prob", points=2, draw=draw_ppca, atol=ATOL,
                         why=WHY)  # fmt: skip


def log_normal(away, covariance, constant=math.tau, volume=0.5):
    """Score rows that are `away` from the mean; the other two are there to be wrong."""
    distance = (away @ torch.linalg.inv(covariance) * away).sum(1)
    log_volume = volume * torch.logdet(covariance)
    return -0.5 * (distance + len(covariance) * math.log(constant)) - log_volume


@ppca_log_prob.right
def by_the_formula(x, W, b, sigma):
    return log_normal(x - b, loadings_and_noise(W, sigma))


@ppca_log_prob.right
def by_the_library(x, W, b, sigma):
    return MultivariateNormal(b, loadings_and_noise(W, sigma)).log_prob(x)


@ppca_log_prob.right
def in_z_alone(x, W, b, sigma):
    """Inverse and determinant of the small matrix: cheap where pixels are many."""
    small, away = W.T @ W / sigma**2 + eye(W, 1), (x - b) / sigma
    told = away @ W / sigma
    distance = (away**2).sum(1) - (told * torch.linalg.solve(small, told.T).T).sum(1)
    log_volume = torch.logdet(small) + len(W) * (math.tau * sigma**2).log()
    return -0.5 * (distance + log_volume)


@ppca_log_prob.mistake(
    "The constant is lost: -(D/2) log 2 pi, one for each pixel. Without it this is no "
    "density: its area is not 1."
)
def lost_constant(x, W, b, sigma):
    return log_normal(x - b, loadings_and_noise(W, sigma), constant=1)


@ppca_log_prob.mistake(
    "The log determinant has lost its half. det C is made of variances, and a density "
    "is divided by standard deviations, by their square roots."
)
def whole_determinant(x, W, b, sigma):
    return log_normal(x - b, loadings_and_noise(W, sigma), volume=1)


@ppca_log_prob.mistake(
    "The log determinant has the wrong sign: a wider bell must be lower at its centre, "
    "not higher."
)
def wider_is_higher(x, W, b, sigma):
    return log_normal(x - b, loadings_and_noise(W, sigma), volume=-0.5)


@ppca_log_prob.mistake(
    "You add sigma where sigma^2 belongs. A covariance is made of squares, and sigma is"
    " the standard deviation of the noise."
)
def bell_of_unsquared_sigma(x, W, b, sigma):
    return log_normal(x - b, sigma_unsquared(W, sigma))


@ppca_log_prob.mistake(
    "You score the pixels one by one, each with its own variance. That is the best bell"
    " without a z: what the pixels have in common is lost."
)
def pixels_on_their_own(x, W, b, sigma):
    return log_normal(x - b, diagonal_alone(W, sigma))


@ppca_log_prob.mistake(
    "You forgot z. N(x; b, sigma^2 I) is p(x|z) at the one point z = 0; p(x) collects "
    "all z, and they spread the pictures by W W^T."
)
def only_the_middle_z(x, W, b, sigma):
    return log_normal(x - b, sigma**2 * eye(W))


# -- ppca_posterior --------------------------------------------------------------------


ppca_posterior = Question("ppca_posterior", points=3, draw=draw_ppca, atol=ATOL,
                          why=WHY)  # fmt: skip


def precision_of(W, sigma):
    return eye(W, 1) + W.T @ W / sigma**2


@ppca_posterior.right
def by_completing_the_square(x, W, b, sigma):
    S = torch.linalg.inv(precision_of(W, sigma))
    return torch.cat([(x - b) @ W @ S / sigma**2, S])


@ppca_posterior.right
def by_conditioning(x, W, b, sigma):
    """From the joint bell of z and x: covariances, and the wide inverse."""
    told = torch.linalg.solve(loadings_and_noise(W, sigma), W)  # (dim_x, dim_z)
    return torch.cat([(x - b) @ told, eye(W, 1) - W.T @ told])


def with_mean(mean, W, sigma):
    return torch.cat([mean, torch.linalg.inv(precision_of(W, sigma))])


@ppca_posterior.mistake(
    "S is right; the means are bare projections W^T (x - b). Long columns of W would "
    "make them larger, when they should make z smaller and surer: S / sigma^2 is "
    "missing in front."
)
def bare_projection(x, W, b, sigma):
    return with_mean((x - b) @ W, W, sigma)


@ppca_posterior.mistake(
    "S is right; the means are the least-squares fit of W z to x - b, which knows no "
    "prior. The prior pulls every z towards 0, the more the noisier the picture: I + "
    "W^T W / sigma^2, and you have lost the I."
)
def least_squares(x, W, b, sigma):
    return with_mean((x - b) @ torch.linalg.pinv(W).T, W, sigma)


@ppca_posterior.mistake(
    "S is right; the means are not divided by sigma^2. The noisier the picture, the "
    "less it should say."
)
def mean_not_over_variance(x, W, b, sigma):
    mean = by_completing_the_square(x, W, b, sigma)[: len(x)]
    return with_mean(sigma**2 * mean, W, sigma)


@ppca_posterior.mistake(
    "The means are right; S has lost sigma^2. The inverse of W^T W + sigma^2 I is S / "
    "sigma^2: handy for the mean, but it is not the covariance. For W = 0, S must be "
    "the prior's, I."
)
def lost_variance_in_s(x, W, b, sigma):
    mean = by_completing_the_square(x, W, b, sigma)[: len(x)]
    return torch.cat([mean, torch.linalg.inv(precision_of(W, sigma)) / sigma**2])


@ppca_posterior.mistake(
    "You divide by sigma where sigma^2 belongs: the log of a bell has the variance in "
    "its denominator."
)
def divided_by_sigma(x, W, b, sigma):
    return by_completing_the_square(x, W, b, sigma.sqrt())


@ppca_posterior.mistake(
    "The means are right; below them stands the precision, the curvature of the log. "
    "The covariance is its inverse: a sharp hill is a narrow one."
)
def precision_for_covariance(x, W, b, sigma):
    mean = by_completing_the_square(x, W, b, sigma)[: len(x)]
    return torch.cat([mean, precision_of(W, sigma)])


# -- ppca_fit --------------------------------------------------------------------------


def draw_cloud(g):
    """Nine pictures of five pixels, the directions unequal; one to three z."""
    x = normal(g, 9, 5) * torch.tensor([2.0, 1.5, 1.0, 0.7, 0.5]) @ normal(g, 5, 5)
    return {"x": x + 3 * normal(g, 5), "dim_z": 1 + int(3 * uniform(g, 1))}


ppca_fit = Question("ppca_fit", points=3, draw=draw_cloud, atol=1e-7,
                    why="float64: entries of C are up to 100, right answers agree to "
                    "about 1e-12, the nearest mistake is 0.01 away")  # fmt: skip


def spectrum(x):
    """Variances along the data's own directions, largest first, and the directions."""
    away = x - x.mean(0)
    variance, U = torch.linalg.eigh(away.T @ away / len(x))
    return variance.flip(0), U.flip(1)


def rebuilt(U, variance):
    return U * variance @ U.T


def with_noise(x, dim_z, noise):
    """Put `noise` in place of all variances but the dim_z largest."""
    variance, U = spectrum(x)
    return rebuilt(U, torch.where(torch.arange(len(U)) < dim_z, variance, noise))


@ppca_fit.right
def rest_replaced_by_its_mean(x, dim_z):
    return with_noise(x, dim_z, spectrum(x)[0][dim_z:].mean())


@ppca_fit.right
def by_tipping_and_bishop(x, dim_z):
    """W = U (Lambda - sigma^2 I)^(1/2), from a singular value decomposition."""
    _, s, Vt = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    variance = s**2 / len(x)
    left_over = variance[dim_z:].sum() / (x.shape[1] - dim_z)
    W = Vt[:dim_z].T * (variance[:dim_z] - left_over).sqrt()
    return W @ W.T + left_over * eye(W)


@ppca_fit.mistake(
    "You take the next variance for sigma^2. It is the largest of those that are left; "
    "one number must serve all of them, and the likelihood chooses their mean."
)
def next_variance(x, dim_z):
    return with_noise(x, dim_z, spectrum(x)[0][dim_z])


@ppca_fit.mistake(
    "Along its own directions your model is wider than the data, by sigma^2: W took the"
    " whole variance, and the noise came on top. The noise is everywhere, so W has only"
    " the rest to add: lambda - sigma^2."
)
def noise_counted_twice(x, dim_z):
    variance, U = spectrum(x)
    noise = variance[dim_z:].mean()
    return rebuilt(U[:, :dim_z], variance[:dim_z]) + noise * eye(U)


@ppca_fit.mistake(
    "You did not take off the mean. Directions are those in which pictures differ from "
    "their mean, not from a black picture."
)
def not_centred(x, dim_z):
    mirrored = torch.cat([x, -x])
    return rest_replaced_by_its_mean(mirrored, dim_z)


@ppca_fit.mistake(
    "Everything is too large by N / (N - 1). Maximum likelihood divides by N (torch.cov"
    " does not, unless told correction=0)."
)
def over_n_minus_one(x, dim_z):
    return rest_replaced_by_its_mean(x, dim_z) * len(x) / (len(x) - 1)


@ppca_fit.mistake(
    "You share the left-over variance out among all pixels. Only dim_x - dim_z "
    "directions are left to the noise alone: the mean runs over those."
)
def shared_among_all(x, dim_z):
    return with_noise(x, dim_z, spectrum(x)[0][dim_z:].sum() / x.shape[1])


@ppca_fit.mistake(
    "You keep the directions in which the data vary least. torch.linalg.eigh sorts from"
    " small to large: the last columns are yours."
)
def smallest_kept(x, dim_z):
    variance, U = spectrum(x)
    kept = torch.arange(len(U)) >= len(U) - dim_z
    return rebuilt(U, torch.where(kept, variance, variance[~kept].mean()))


@ppca_fit.mistake(
    "You rebuilt the data from their first directions and stopped there. That is PCA: "
    "across all other directions this model allows no spread at all, and its density is"
    " zero almost everywhere. sigma^2 is what is left for them."
)
def no_noise_left(x, dim_z):
    return with_noise(x, dim_z, torch.tensor(0.0))


# -- same_density: construct a case ----------------------------------------------------


def draw_loadings(g):
    """Five pixels, two z; a plain turn leaves the second pixel upside down."""
    W = torch.cat([0.5 + uniform(g, 2, 2), normal(g, 3, 2)])
    return {"W": W if torch.det(W[:2]) < 0 else W.flip(1)}


same_density = Question("same_density", points=3, draw=draw_loadings, atol=ATOL,
                        why=WHY)  # fmt: skip


def turned(W, mirrored):
    a, c = W[0] / W[0].norm()
    other = torch.stack([-c, a])
    return W @ torch.stack([W[0] / W[0].norm(), -other if mirrored else other], 1)


@same_density.right
def by_hand(W):
    return turned(W, mirrored=torch.det(W[:2]) < 0)


@same_density.right
def by_qr(W):
    """W^T = Q R, so W Q = R^T has its upper corner empty, up to signs."""
    lower = torch.linalg.qr(W.T).R.T
    return lower * lower.diagonal().sign()


@same_density.right
def by_cholesky(W):
    """Only W W^T counts: take its triangular root."""
    outer = W @ W.T
    top = torch.linalg.cholesky(outer[:2, :2])
    return torch.cat([top, torch.linalg.solve_triangular(top, outer[:2, 2:],
                                                         upper=False).T])  # fmt: skip


@same_density.mistake(
    "You cut the entry off. Pixel 1 then varies less than before, and less together "
    "with the others: another density. Turn the columns into each other instead."
)
def cut_off(W):
    return W * torch.tensor([[1.0, 0.0]] + [[1.0, 1.0]] * (len(W) - 1))


@same_density.mistake(
    "You turned the first row and left the others where they were. Every pixel has its "
    "old variance, but pixel 1 goes along with the others in a new way. One turn for "
    "all rows: W R."
)
def first_row_turned(W):
    return torch.cat([torch.stack([W[0].norm(), W[0, 0] * 0])[None], W[1:]])


@same_density.mistake(
    "You took a multiple of one column off the other. That empties the corner, and "
    "changes W W^T: the two z would no longer be independent. Only turns and mirrors "
    "leave N(0, I) as it is."
)
def sheared(W):
    return torch.stack([W[:, 0], W[:, 1] - W[:, 0] * W[0, 1] / W[0, 0]], 1)


@same_density.mistake(
    "The density is the same and the corner is empty, but W'[1, 1] is negative. Change "
    "the sign of the second column: -z_2 is as good a bell as z_2."
)
def not_mirrored(W):
    return turned(W, mirrored=torch.det(W[:2]) > 0)


@same_density.mistake(
    "You changed the sign of pixel 2's row, not of the second column. That turns one "
    "pixel upside down and leaves the others as they are: another covariance. A mirror "
    "works on z, so it changes a whole column."
)
def pixel_upside_down(W):
    V = not_mirrored(W)
    return torch.cat([V[:1], -V[1:2], V[2:]])


@same_density.mistake(
    "You turned the wrong way: the sign of the sine is off, and the corner is not "
    "empty. Ask where the turn takes the first row; it should be (length, 0)."
)
def turned_the_wrong_way(W):
    a, c = W[0] / W[0].norm()
    return W @ torch.stack([torch.stack([a, c]), torch.stack([-c, a])])


@same_density.mistake(
    "You exchanged the columns. The density is the same, and so is the claim: pixel 1 "
    "still hangs on both z. Turn until its row is (length, 0)."
)
def columns_exchanged(W):
    return W.flip(1)


@same_density.mistake(
    "This is -W. The density is the same, and so is the claim: pixel 1 still hangs on "
    "both z. There are more ways to leave N(0, I) as it is than to change signs."
)
def all_signs_changed(W):
    return -W


# -- mixture_log_prob ------------------------------------------------------------------


def draw_mixture(g):
    """Three kinds, as many pictures, 46 pixels; the second picture underflows.

    Thirty pixels are hardly ever on, and all are on in the second picture. That there
    are as many pictures as kinds lets a wrong axis pass silently. (Below 1e-15 torch's
    Bernoulli clamps its probabilities, and a right answer would be wrong.)
    """
    theta = 0.1 + 0.8 * uniform(g, 3, 46)
    theta[:, :30] = 1e-12 * (1 + uniform(g, 3, 30))
    x = (uniform(g, 3, 46) < 0.5).double()
    x[:, :30] = 0
    x[1, :30] = 1
    log_pi = (normal(g, 3) + torch.tensor([1.0, 0.0, -1.0])).log_softmax(0)
    return {"x": x, "log_pi": log_pi, "theta": theta}


mixture_log_prob = Question("mixture_log_prob", points=2, draw=draw_mixture, atol=ATOL,
                            why=WHY)  # fmt: skip


def kind_log_lik(x, theta):
    return x @ theta.log().T + (1 - x) @ (-theta).log1p().T  # (pictures, k)


@mixture_log_prob.right
def log_sum_of_joints(x, log_pi, theta):
    return (kind_log_lik(x, theta) + log_pi).logsumexp(1)


@mixture_log_prob.right
def by_mixture_same_family(x, log_pi, theta):
    kinds = Independent(Bernoulli(theta), 1)
    return MixtureSameFamily(Categorical(logits=log_pi), kinds).log_prob(x)


@mixture_log_prob.right
def one_kind_after_the_other(x, log_pi, theta):
    total = torch.full((len(x),), -math.inf)
    for log_share, p_on in zip(log_pi, theta, strict=True):
        log_lik = torch.where(x == 1, p_on, 1 - p_on).log().sum(1)
        total = torch.logaddexp(total, log_share + log_lik)
    return total


@mixture_log_prob.mistake(
    "You exponentiate before you sum: for an unlikely picture every term is 0 by then, "
    "and its log is -inf. Stay in logs: torch.logsumexp."
)
def exponentiated_first(x, log_pi, theta):
    return (log_pi.exp() * kind_log_lik(x, theta).exp()).sum(1).log()


@mixture_log_prob.mistake(
    "You average the logs. The log comes last: a picture that one kind draws well "
    "is a good picture, whatever the others think of it. (Yours is a lower bound; "
    "chapter 05 says whose.)"
)
def mean_of_logs(x, log_pi, theta):
    return kind_log_lik(x, theta) @ log_pi.exp()


@mixture_log_prob.mistake(
    "You mix the pictures, not their probabilities: this is the log-likelihood under "
    "the mean of the thetas, a model whose pixels are independent. One z is drawn for "
    "the whole picture, so mix after the product over pixels."
)
def mixed_before_the_product(x, log_pi, theta):
    return kind_log_lik(x, (log_pi.exp() @ theta)[None])[:, 0]


@mixture_log_prob.mistake(
    "The weights are lost: you sum p(x|z=c) over the kinds, and a sum over all "
    "pictures would give k, not 1. Add log pi_c before the logsumexp."
)
def lost_weights(x, log_pi, theta):
    return kind_log_lik(x, theta).logsumexp(1)


@mixture_log_prob.mistake(
    "You take the best kind alone. The others may have drawn the picture too: sum "
    "over them, do not choose."
)
def best_kind(x, log_pi, theta):
    return (kind_log_lik(x, theta) + log_pi).amax(1)


@mixture_log_prob.mistake(
    "The log weights lie along the pictures. A tensor of shape (k,) is matched with the"
    " last axis, so the kinds must be the last one; torch is silent, because there"
    " are as many pictures here as kinds."
)
def weights_along_the_pictures(x, log_pi, theta):
    return (kind_log_lik(x, theta) + log_pi[:, None]).logsumexp(1)


@mixture_log_prob.mistake(
    "You count only the pixels that are on. A dark pixel says something too: it had the"
    " probability 1 - theta."
)
def dark_pixels_forgotten(x, log_pi, theta):
    return (x @ theta.log().T + log_pi).logsumexp(1)


@mixture_log_prob.mistake(
    "You sum over the pictures, and keep the kinds. Each picture has its own log p(x): "
    "the sum runs over the kinds. Torch is silent, because there are as many pictures "
    "here as kinds."
)
def summed_over_pictures(x, log_pi, theta):
    return (kind_log_lik(x, theta) + log_pi).logsumexp(0)


# -- draw_pictures: find the bug -------------------------------------------------------


def draw_uniforms(g):
    """Four kinds, fourteen pictures of eight pixels; the third kind is common."""
    log_pi = (0.5 * normal(g, 4) + torch.tensor([0.0, 0.5, 1.5, 0.0])).log_softmax(0)
    return {"log_pi": log_pi, "theta": uniform(g, 4, 8), "u": uniform(g, 14, 9)}


draw_pictures = Question("draw_pictures", points=2, draw=draw_uniforms, atol=ATOL,
                         why="zeros and ones: right answers are equal, a mistake has "
                         "a pixel that differs by 1")  # fmt: skip


def chosen(log_pi, u):
    """Number of the stretch that the first uniform of each row falls into."""
    ends = log_pi.exp().cumsum(0)[:-1]
    return (u[:, :1] >= ends).sum(1)


@draw_pictures.right
def one_z_for_all_pixels(log_pi, theta, u):
    return (u[:, 1:] < theta[chosen(log_pi, u)]).double()


@draw_pictures.right
def by_one_hot(log_pi, theta, u):
    which = torch.searchsorted(log_pi.exp().cumsum(0), u[:, 0].contiguous(), right=True)
    z = one_hot(which.clamp(max=len(theta) - 1), len(theta)).double()
    return torch.where(u[:, 1:] < z @ theta, 1.0, 0.0)


@draw_pictures.mistake(
    "This is the sick sampler, or one like it: each pixel is on as often as it should "
    "be, but nothing ties the pixels together. Draw z first, once for the whole "
    "picture, and use its row of theta for all pixels."
)
def from_the_mean_picture(log_pi, theta, u):
    return (u[:, 1:] < log_pi.exp() @ theta).double()


@draw_pictures.mistake(
    "You always take the likeliest kind. z is drawn, too: kind c in the share pi_c of "
    "the pictures."
)
def always_the_likeliest(log_pi, theta, u):
    return (u[:, 1:] < theta[log_pi.argmax()]).double()


@draw_pictures.mistake(
    "These are the probabilities of the pixels, theta of the z that was drawn. A "
    "picture is made of zeros and ones: compare with u."
)
def probabilities_for_pixels(log_pi, theta, u):
    return theta[chosen(log_pi, u)]


@draw_pictures.mistake(
    "Black and white have changed places: a pixel is on where its u is *below* theta, "
    "which happens in the share theta of all cases."
)
def negative(log_pi, theta, u):
    return (u[:, 1:] >= theta[chosen(log_pi, u)]).double()


@draw_pictures.mistake(
    "You compare the first u with the shares themselves. The stretches lie one after "
    "the other, so their ends are sums: pi_1, pi_1 + pi_2, ... (torch.cumsum)."
)
def shares_not_added_up(log_pi, theta, u):
    return (u[:, 1:] < theta[(u[:, :1] >= log_pi.exp()[:-1]).sum(1)]).double()


@draw_pictures.mistake(
    "You are one stretch too far: u below pi_1 belongs to the first kind, whose "
    "row is theta[0]."
)
def one_too_far(log_pi, theta, u):
    after = (chosen(log_pi, u) + 1) % len(theta)
    return (u[:, 1:] < theta[after]).double()


@draw_pictures.mistake(
    "You cut [0, 1) into stretches of equal length, as if all kinds were equally "
    "likely. Kind c gets a stretch of the length pi_c."
)
def stretches_all_alike(log_pi, theta, u):
    return (u[:, 1:] < theta[(u[:, 0] * len(theta)).long()]).double()


# -- gmm_log_prob ----------------------------------------------------------------------


def draw_clouds(g):
    """Three bells of unequal widths in the plane; the last point is far from all."""
    x = 1.5 * normal(g, 4, 2)
    x[3] += 60
    log_pi = (normal(g, 3) + torch.tensor([1.0, 0.0, -1.0])).log_softmax(0)
    sigma = torch.tensor([0.4, 0.7, 1.4]) * (1 + 0.2 * uniform(g, 3))
    return {"x": x, "log_pi": log_pi, "mu": 1.5 * normal(g, 3, 2), "sigma": sigma}


gmm_log_prob = Question("gmm_log_prob", points=3, draw=draw_clouds, atol=1e-7,
                        why="float64: the far point has about -2000 nats; right "
                        "answers agree to about 1e-12 of that, the nearest mistake is "
                        "0.01 away")  # fmt: skip


def bell_log_lik(x, mu, sigma, heights=1.0):
    """log N(x; mu_k, sigma_k^2 I), (points, k); `heights` may be wrong."""
    squares = (x[:, None] - mu).square().sum(-1)
    height = -x.shape[1] * (sigma.log() + 0.5 * math.log(math.tau))
    return heights * height - 0.5 * squares / sigma**2


@gmm_log_prob.right
def log_sum_of_bells(x, log_pi, mu, sigma):
    return (bell_log_lik(x, mu, sigma) + log_pi).logsumexp(1)


@gmm_log_prob.right
def by_normal_and_logaddexp(x, log_pi, mu, sigma):
    q = Normal(mu[:, None], sigma[:, None, None])
    joints = log_pi[:, None] + q.log_prob(x).sum(-1)  # (k, points)
    total = joints[0]
    for row in joints[1:]:
        total = torch.logaddexp(total, row)
    return total


@gmm_log_prob.mistake(
    "Your bells have no heights: the factor 1 / (2 pi sigma_k^2)^(D/2) is lost. Where "
    "widths differ it decides who drew the point: a wide bell is low."
)
def no_heights(x, log_pi, mu, sigma):
    return (bell_log_lik(x, mu, sigma, heights=0.0) + log_pi).logsumexp(1)


@gmm_log_prob.mistake(
    "Your heights are those of a bell on a line. In D dimensions every coordinate "
    "brings its own factor 1 / (sqrt(2 pi) sigma_k): D of them."
)
def height_of_one_coordinate(x, log_pi, mu, sigma):
    logs = bell_log_lik(x, mu, sigma, heights=1 / x.shape[1])
    return (logs + log_pi).logsumexp(1)


@gmm_log_prob.mistake(
    "You read sigma as the variance. It is the standard deviation: sigma^2 divides the "
    "squares."
)
def sigma_for_variance(x, log_pi, mu, sigma):
    return log_sum_of_bells(x, log_pi, mu, sigma.sqrt())


@gmm_log_prob.mistake(
    "You draw a new z for every coordinate: you mix first and multiply the coordinates "
    "afterwards. A point has one z. Sum the logs over its coordinates, then mix."
)
def a_z_for_every_coordinate(x, log_pi, mu, sigma):
    bells = Normal(mu, sigma[:, None]).log_prob(x[:, None])  # (points, k, D)
    return (bells + log_pi[:, None]).logsumexp(1).sum(1)


@gmm_log_prob.mistake(
    "You average the logs. The log comes last: a point that one bell explains is well "
    "explained, however far it is from the others."
)
def mean_of_log_bells(x, log_pi, mu, sigma):
    return bell_log_lik(x, mu, sigma) @ log_pi.exp()


@gmm_log_prob.mistake(
    "You exponentiate before you sum: far from all bells every density is 0 by then, "
    "and its log is -inf. Stay in logs: torch.logsumexp."
)
def bells_after_exp(x, log_pi, mu, sigma):
    return (bell_log_lik(x, mu, sigma).exp() @ log_pi.exp()).log()


@gmm_log_prob.mistake(
    "The weights are lost: you sum the bells as they are, and the area under that is k,"
    " not 1. Add log pi_c before the logsumexp."
)
def bells_unweighted(x, log_pi, mu, sigma):
    return bell_log_lik(x, mu, sigma).logsumexp(1)


QUESTIONS = [
    ppca_covariance,
    ppca_log_prob,
    ppca_posterior,
    ppca_fit,
    same_density,
    mixture_log_prob,
    draw_pictures,
    gmm_log_prob,
]
