"""Approximate posteriors: one row an image, or one network for all."""

import pytest
import torch

from dgm.nets import mlp
from dgm.posteriors import Encoder, LocalPosterior


def test_a_local_posterior_is_the_gaussians_it_was_given():
    mu, log_sigma = torch.randn(3, 2), torch.randn(3, 2)
    q_z = LocalPosterior(mu, log_sigma)(torch.zeros(3, 16))
    torch.testing.assert_close(q_z.mean, mu)
    torch.testing.assert_close(q_z.stddev, log_sigma.exp())
    assert (q_z.batch_shape, q_z.event_shape) == ((3,), (2,))


def test_a_local_posterior_leaves_the_tensors_it_started_from_alone():
    mu, log_sigma = torch.zeros(3, 1), torch.zeros(3, 1)
    posterior = LocalPosterior(mu, log_sigma)
    with torch.no_grad():
        for p in posterior.parameters():
            p.add_(1.0)
    assert not mu.any() and not log_sigma.any()


def test_an_image_moves_its_own_gaussian_and_no_other():
    posterior = LocalPosterior(torch.zeros(3, 2), torch.zeros(3, 2))
    q_z = posterior(torch.zeros(3, 16))
    q_z.log_prob(torch.full((3, 2), 2.0))[1].backward()
    for p in (posterior.mu, posterior.log_sigma):
        assert (p.grad != 0).all(-1).tolist() == [False, True, False]


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_a_local_posterior_knows_no_other_images(batch):
    posterior = LocalPosterior(torch.zeros(3, 1), torch.zeros(3, 1))
    with pytest.raises(ValueError, match=f"got {batch} images, expected the 3 it was"):
        posterior(torch.zeros(batch, 16))


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((3, 1), (3, 2)), ((3, 1), (1,))])
def test_a_local_posterior_wants_a_row_an_image_twice(shapes):
    with pytest.raises(ValueError, match="forget the batch axis"):
        LocalPosterior(*[torch.zeros(shape) for shape in shapes])


def test_an_encoder_reads_mu_first_and_log_sigma_second():
    encoder, x = Encoder(mlp(16, 8, 6)), torch.randint(2, (5, 16)).double()
    out, q_z = encoder.net(x), encoder(x)
    torch.testing.assert_close(q_z.mean, out[:, :3])
    torch.testing.assert_close(q_z.stddev, out[:, 3:].exp())
    assert (q_z.batch_shape, q_z.event_shape) == ((5,), (3,))


def test_an_encoder_treats_each_image_alone():
    encoder, x = Encoder(mlp(16, 8, 2)), torch.randint(2, (5, 16)).double()
    together, order = encoder(x), torch.tensor([4, 2, 0, 1, 3])
    torch.testing.assert_close(encoder(x[order]).mean, together.mean[order])
    torch.testing.assert_close(encoder(x[:1]).stddev, together.stddev[:1])


@pytest.mark.parametrize(
    "posterior",
    [
        lambda: LocalPosterior(torch.randn(5, 2), torch.randn(5, 2)),
        lambda: Encoder(mlp(16, 8, 4)),
    ],
)
def test_every_parameter_of_a_posterior_gets_a_gradient(posterior):
    posterior, x = posterior(), torch.randn(5, 16)  # no pixel that is always 0
    posterior(x).log_prob(torch.randn(7, 5, 2)).sum().backward()
    assert all((p.grad != 0).all() for p in posterior.parameters())
