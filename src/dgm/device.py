"""Where to compute: a CUDA GPU if there is one, else the CPU."""

import torch


def pick_device() -> torch.device:
    """Return the CUDA device if torch sees one, else the CPU; everything runs on both.

    >>> pick_device().type in ("cpu", "cuda")
    True
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
