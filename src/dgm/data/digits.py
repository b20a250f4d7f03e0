"""Small handwritten digits that come with scikit-learn: 8x8 pixels, no download."""

import torch
from sklearn.datasets import load_digits
from torch import Tensor


def digits() -> tuple[Tensor, Tensor]:
    """Load 1,797 handwritten digits, binarized, with their labels.

    The scans have 17 grey levels, 0 to 16; a pixel is on from 8 up. Order as stored,
    in blocks, most likely one a writer: keep the last two, from 1545 on, for testing.

    Returns:
        x, zeros and ones in the default dtype, shape (1797, 64); y, 0 to 9, (1797,).

    Source: Alpaydin and Kaynak (1998), UCI repository, as shipped in scikit-learn.

    >>> x, y = digits()
    >>> x.shape, y[:5].tolist()
    (torch.Size([1797, 64]), [0, 1, 2, 3, 4])
    """
    scans = load_digits()
    x = torch.from_numpy(scans.data >= 8).to(torch.get_default_dtype())
    return x, torch.from_numpy(scans.target)
