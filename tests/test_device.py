"""The device is CUDA where torch sees it, the CPU elsewhere; both run the same loop.

Where there is no GPU a tape stands in for its graph: it notes each operation with the
tensors it read and wrote, and plays them back on the same memory, as a graph does.
"""

import copy
import itertools
from contextlib import contextmanager, nullcontext

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from dgm.bounds import elbo_closed_kl
from dgm.device import Replayed, pick_device
from dgm.latent_variable import BernoulliDecoder, LatentVariableModel, StandardNormal
from dgm.nets import mlp
from dgm.posteriors import Encoder
from dgm.training import fit


@pytest.mark.parametrize(("seen", "kind"), [(True, "cuda"), (False, "cpu")])
def test_the_device_is_cuda_where_torch_sees_it(seen, kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: seen)
    assert pick_device() == torch.device(kind)


def vae():
    model = LatentVariableModel(StandardNormal(2), BernoulliDecoder(mlp(2, 8, 16)))
    return model, Encoder(mlp(16, 8, 4))


def vae_bound(model, posterior):
    def bound(x):
        q_z = posterior(x)
        return elbo_closed_kl(model, q_z, x, q_z.rsample((1,)))

    return bound


def test_a_vae_trains_on_the_picked_device():
    device = pick_device()
    model, posterior = (module.to(device) for module in vae())
    data, bound = (
        torch.randint(2, (64, 16), device=device).double(),
        vae_bound(model, posterior),
    )
    steps = list(fit(bound, data, model, posterior, steps=6, batch=16))
    assert steps[-1].elbo.device.type == device.type
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


class Tape(TorchDispatchMode):
    """A CUDA graph in slow motion, on the CPU."""

    def __init__(self):
        super().__init__()
        self.played, self.notes, self.before = 0, [], {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("operation not permitted when stream is capturing")
        for tensor in tree_leaves(args) if func._schema.is_mutable else ():
            if isinstance(tensor, torch.Tensor):
                self.before.setdefault(tensor, tensor.detach().clone())
        out = func(*args, **(kwargs or {}))
        self.notes.append((func, args, kwargs or {}, out))
        return out

    @contextmanager
    def record(self):
        noise = torch.get_rng_state()
        with self:
            yield
        torch.set_rng_state(noise)
        with torch.no_grad():  # a record computes nothing
            for tensor, value in self.before.items():
                tensor.copy_(value)

    @torch.no_grad()
    def replay(self):
        self.played += 1
        for func, args, kwargs, out in self.notes:
            for old, new in zip(
                tree_leaves(out), tree_leaves(func(*args, **kwargs)), strict=True
            ):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


@pytest.fixture
def tapes(monkeypatch):
    """Let the CPU pass for a GPU; return the tapes that are made."""
    made = []
    stream = type("Stream", (), {"wait_stream": lambda self, other: None})
    for name, stand_in in {
        "CUDAGraph": lambda: made.append(Tape()) or made[-1],
        "graph": Tape.record,
        "Stream": stream,
        "current_stream": stream,
        "stream": nullcontext,
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(torch.Tensor, "is_cuda", True, raising=False)
    return made


def test_a_replayed_run_is_the_run(tapes):
    """Step size, batches and noise go on changing, and each record keeps its ELBO."""
    start, data, ends = vae(), torch.randint(2, (64, 16)).double(), []
    for replay in (True, False):
        torch.manual_seed(1)
        modules = copy.deepcopy(start)
        steps = list(
            fit(vae_bound(*modules), data, *modules, steps=12, batch=16, replay=replay)
        )
        weights = [p.detach().flatten() for m in modules for p in m.parameters()]
        ends.append(torch.cat([*weights, torch.stack([s.elbo for s in steps])]))
    assert len(tapes) == 1 and tapes[0].played == 9
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-9, atol=1e-9)


def test_a_bound_that_reads_back_is_refused_and_may_run_line_by_line(tapes):
    (model, posterior), data = vae(), torch.ones(8, 16)
    whole = vae_bound(model, posterior)

    def reads(x):
        return whole(x) * (1.0 if x.sum().item() > 0 else 2.0)

    run = fit(reads, data, model, posterior, steps=5, batch=4)
    assert len(list(itertools.islice(run, 3))) == 3
    with pytest.raises(RuntimeError, match=r"nothing read back.*replay=False"):
        next(run)
    assert len(list(fit(reads, data, model, steps=5, batch=4, replay=False))) == 5


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: see the tape above")
def test_a_gpu_replays_what_it_would_compute():
    start, data = vae(), torch.randint(2, (64, 16), device="cuda").double()
    torch.manual_seed(1)
    modules = [module.to("cuda") for module in copy.deepcopy(start)]
    optimizer = torch.optim.SGD(
        [p for m in modules for p in m.parameters()], lr=torch.tensor(0.01).cuda()
    )

    def step(x):
        q_z = modules[1](x)
        loss = -elbo_closed_kl(modules[0], q_z, x, q_z.mean[None]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return -loss.detach()

    replayed = Replayed(step)
    values = [replayed(data[:16]) for _ in range(8)]
    assert all(a < b for a, b in itertools.pairwise(values))
