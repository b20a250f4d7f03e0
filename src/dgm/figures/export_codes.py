"""Train the four autoencoders that the figure `codes` shows, and write `codes.json`.

    python -m dgm.figures.export_codes

Data: 8x8 digits; the last 252 scans, other writers, stay unseen. Coder: 64 -> 32 tanh
-> 2 tanh and back with the same weights; only the rule differs. About 10 s on one core.
"""

import json
import os

import torch

from dgm.autoencoders import Autoencoder, contractive, copying, denoising, sparse
from dgm.data.digits import digits
from dgm.figures import HERE
from dgm.figures.export import pack
from dgm.figures.export_digits import SHOWN, UNSEEN, hex_digits
from dgm.training import fit

SIZES = (64, 32, 2)
RULES = {
    "free": copying,
    "sparse": lambda coder: sparse(coder, 1.0),
    "denoising": lambda coder: denoising(coder, 0.2),
    "contractive": lambda coder: contractive(coder, 1.0),
}


def train_coder(rule: str) -> Autoencoder:
    """Fit a coder under one of `RULES`, in float32 from a fixed seed."""
    torch.manual_seed(0)
    coder = Autoencoder(*SIZES)
    score, x = RULES[rule](coder), digits()[0][:UNSEEN]
    for _ in fit(score, x, coder, steps=3000, batch=128, lr=0.01):
        pass
    return coder


def main() -> None:
    """Train, and replace `codes.json` in one stroke."""
    torch.set_num_threads(1)  # sums in one order
    coders = {rule: train_coder(rule) for rule in RULES}
    x, y = (part[UNSEEN : UNSEEN + SHOWN] for part in digits())
    stored = {
        "coders": {rule: pack(coder) for rule, coder in coders.items()},
        "shown": [hex_digits(row) for row in x],
        "kinds": "".join(str(label) for label in y.tolist()),
    }
    part = HERE / "codes.json.part"
    part.write_text(json.dumps(stored) + "\n", "utf8")
    os.replace(part, HERE / "codes.json")
    for rule, coder in coders.items():
        print(f"{rule:12s} {copying(coder)(x).mean():.2f} nats a copy")


if __name__ == "__main__":
    main()
