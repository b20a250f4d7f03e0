"""Train the VAE whose latent plane the figure shows, and write `digits.json`.

    python -m dgm.figures.export_digits

Data: 8x8 digits; the last 252 scans, other writers, stay unseen. Model: z from
N(0, I) in the plane, decoder 2 -> 48 tanh -> 64, encoder back, one draw an image.
About 10 s on one core.
"""

import base64
import json
import os

import torch
from torch import Tensor

from dgm.data.digits import digits
from dgm.figures import HERE
from dgm.figures.export import pack
from dgm.latent_variable import LatentVariableModel
from dgm.posteriors import Encoder
from dgm.training import fit
from dgm.vae import vae, vae_bound

UNSEEN, SHOWN, HIDDEN = 1545, 150, 48


def train() -> tuple[LatentVariableModel, Encoder]:
    """Fit decoder and encoder in float32 from a fixed seed."""
    torch.manual_seed(0)
    model, posterior = vae(64, HIDDEN, 2)
    bound = vae_bound(model, posterior)
    x = digits()[0][:UNSEEN]
    for _ in fit(bound, x, model, posterior, steps=6000, batch=128, lr=0.01):
        pass
    return model, posterior


def hex_digits(x: Tensor) -> str:
    """Write a binary image as hexadecimal digits, four pixels each, row by row.

    >>> hex_digits(torch.tensor([0.0, 0, 0, 1, 1, 0, 1, 0]))
    '1a'
    """
    bits = "".join(str(int(v)) for v in x)
    return f"{int(bits, 2):0{len(bits) // 4}x}"


def unpack(weights: str, net: torch.nn.Module) -> torch.nn.Module:
    """Load a network's weights, as `pack` wrote them, and turn it to float64."""
    flat = torch.frombuffer(bytearray(base64.b64decode(weights)), dtype=torch.float32)
    torch.nn.utils.vector_to_parameters(flat, net.parameters())
    return net.double()


def main() -> None:
    """Train, and replace `digits.json` in one stroke."""
    torch.set_num_threads(1)  # sums in one order
    model, posterior = train()
    x, y = (part[UNSEEN : UNSEEN + SHOWN] for part in digits())
    stored = {
        "decoder": pack(model),
        "encoder": pack(posterior),
        "codes": [hex_digits(row) for row in x],
        "labels": "".join(str(label) for label in y.tolist()),
    }
    part = HERE / "digits.json.part"
    part.write_text(json.dumps(stored) + "\n", "utf8")
    os.replace(part, HERE / "digits.json")
    with torch.no_grad():
        elbo = torch.stack([vae_bound(model, posterior)(x) for _ in range(100)]).mean()
    print(f"ELBO of {SHOWN} unseen digits: {elbo:.2f} nats each")


if __name__ == "__main__":
    main()
