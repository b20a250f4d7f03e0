"""The device is CUDA where torch sees it, the CPU elsewhere; both run the same loop."""

import pytest
import torch

from dgm.bounds import elbo_closed_kl
from dgm.device import pick_device
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp
from dgm.posteriors import Encoder
from dgm.training import fit


@pytest.mark.parametrize(("seen", "kind"), [(True, "cuda"), (False, "cpu")])
def test_the_device_is_cuda_where_torch_sees_it(seen, kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: seen)
    assert pick_device() == torch.device(kind)


def test_a_vae_trains_on_the_picked_device():
    device = pick_device()
    model = LatentVariableModel(StandardNormal(2), BernoulliDecoder(mlp(2, 8, 16)))
    model, posterior = model.to(device), Encoder(mlp(16, 8, 4)).to(device)
    data = torch.randint(2, (64, 16), device=device).double()

    def bound(x):
        q_z = posterior(x)
        return elbo_closed_kl(model, q_z, x, q_z.rsample((1,)))

    steps = list(fit(bound, data, model, posterior, steps=3, batch=16))
    assert steps[-1].elbo.device.type == device.type
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())
