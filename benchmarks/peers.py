"""Other people's libraries on the same VAE, 784-400-20, and the same images.

Pyro, pythae and Lightning run as installed, as their own examples use them: Adam with a
step size of 1e-3, data in this process. A loop is what `benchmarks.tutorial` says.
"""

import contextlib
import io
import logging
import tempfile
import warnings

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.rows import Watch
from benchmarks.tutorial import Loop, Pictures, Tutorial


def pyro(x: Tensor, batch: int) -> Loop:
    """Pyro's own VAE example: model and guide as programs, SVI with Trace_ELBO."""
    import pyro as library
    import pyro.distributions as dist
    from pyro.infer import SVI, Trace_ELBO

    def net(*sizes: int) -> nn.Sequential:
        a, b, c = sizes
        return nn.Sequential(nn.Linear(a, b), nn.Softplus(), nn.Linear(b, c))

    decoder, encoder = net(20, 400, 784), net(784, 400, 40)

    def model(x: Tensor) -> None:
        library.module("decoder", decoder)
        with library.plate("data", len(x)):
            zero = torch.zeros(len(x), 20)
            z = library.sample("z", dist.Normal(zero, zero + 1).to_event(1))
            pixels = torch.sigmoid(decoder(z))
            seen = dist.Bernoulli(pixels, validate_args=False).to_event(1)
            library.sample("x", seen, obs=x)

    def guide(x: Tensor) -> None:
        library.module("encoder", encoder)
        with library.plate("data", len(x)):
            mu, log_sigma = encoder(x).chunk(2, -1)
            library.sample("z", dist.Normal(mu, log_sigma.exp()).to_event(1))

    library.clear_param_store()
    svi = SVI(model, guide, library.optim.Adam({"lr": 1e-3}), Trace_ELBO())
    loader = DataLoader(TensorDataset(x), batch, shuffle=True, drop_last=True)
    total = [0.0]

    def run(watch: Watch) -> None:
        watch.start()
        for (part,) in loader:
            total[0] += svi.step(part)
        watch.stop()

    return run


def lightning(x: Tensor, batch: int) -> Loop:
    """A LightningModule and a Trainer as in Lightning's tutorials; the epoch alone."""
    import lightning as library

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(library.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = Tutorial()

        def training_step(self, part: list, _: int) -> Tensor:
            loss = self.net.loss(part[0].view(-1, 784)) / len(part[0])
            self.log("loss", loss, prog_bar=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    class Epoch(library.Callback):
        def on_train_epoch_start(self, *_: object) -> None:
            self.watch.start()

        def on_train_epoch_end(self, *_: object) -> None:
            self.watch.stop()

    loader = DataLoader(Pictures(x), batch, shuffle=True, drop_last=True)
    module, epoch = Module(), Epoch()

    def run(watch: Watch) -> None:
        epoch.watch = watch
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            library.Trainer(
                max_epochs=1, accelerator="cpu", logger=False, callbacks=[epoch],
                enable_checkpointing=False, enable_model_summary=False,
            ).fit(module, loader)  # fmt: skip

    return run


def pythae(x: Tensor, batch: int) -> Loop:
    """pythae's VAE with its BaseTrainer, one training epoch of it."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.h = nn.Sequential(nn.Linear(784, 400), nn.ReLU())
            self.mu, self.logvar = nn.Linear(400, 20), nn.Linear(400, 20)

        def forward(self, x: Tensor) -> ModelOutput:
            h = self.h(x.reshape(-1, 784))
            return ModelOutput(embedding=self.mu(h), log_covariance=self.logvar(h))

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid()
            )

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.net(z).reshape(-1, 1, 28, 28))

    config = VAEConfig((1, 28, 28), latent_dim=20, reconstruction_loss="bce")
    data = BaseDataset(x.reshape(-1, 1, 28, 28), torch.zeros(len(x)))
    folder = tempfile.TemporaryDirectory()
    training = BaseTrainerConfig(
        folder.name, per_device_train_batch_size=batch, no_cuda=True, num_epochs=1,
        learning_rate=1e-3,
    )  # fmt: skip
    logging.disable(logging.WARNING)  # it tells what it is about to do
    trainer = BaseTrainer(VAE(config, Encoder(), Decoder()), data, None, training)
    trainer.prepare_training()
    logging.disable(logging.NOTSET)
    trainer.folder = folder  # it is kept as long as its user

    def run(watch: Watch) -> None:
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            watch.start()
            trainer.train_step(epoch=1)
            watch.stop()

    return run
