"""oneDNN's matrix product: on some processors twice as fast, and global, so borrowed.

The library that torch takes for float32 products leaves AVX-512 unused on AMD. oneDNN
does not, but its switch asks for less precision ("bf16") and is heeded differently by
each processor: where none of its units takes bfloat16, all stays float32. So we try it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import nn

SWITCH = torch.backends.mkldnn.matmul
WORTH = 100_000  # entries of a weight; products of smaller ones get slower


@contextmanager
def onednn() -> Iterator[None]:
    """Send float32 matrix products to oneDNN, and put the switch back afterwards.

    >>> before = SWITCH.fp32_precision
    >>> with onednn():
    ...     SWITCH.fp32_precision
    'bf16'
    >>> SWITCH.fp32_precision == before
    True
    """
    before = SWITCH.fp32_precision
    SWITCH.fp32_precision = "bf16"
    try:
        yield
    finally:
        SWITCH.fp32_precision = before


@cache
def is_accurate(limit: float = 1e-5) -> bool:
    """Compare one product of a layer's size, under `onednn`, with float64's.

    Args:
        limit: largest error allowed, relative to the product's norm: float32 leaves
            about 4e-7, bfloat16 about 2e-3.
    """
    noise = torch.Generator().manual_seed(0)
    a, b = (
        torch.randn(size, generator=noise, dtype=torch.float32, device="cpu")
        for size in ((512, 784), (784, 400))
    )
    exact = a.double() @ b.double()
    with onednn():
        error = (a @ b - exact).norm() / exact.norm()
    return error.item() < limit


def pays(*modules: nn.Module) -> bool:
    """Say whether training these modules gains by `onednn` and loses no accuracy.

    >>> pays(nn.Linear(16, 32))                   # small: its own way is faster
    False
    """
    weights = [p for module in modules for p in module.parameters()]
    largest = max(weights, key=torch.numel)
    ordinary = largest.dtype == torch.float32 and largest.device.type == "cpu"
    available = torch.backends.mkldnn.is_available()
    return ordinary and largest.numel() >= WORTH and available and is_accurate()
