"""MNIST at full size: found in the data folder, or downloaded and checked."""

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pooch
import torch
from torch import Tensor

SOURCE = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}


def data_folder() -> Path:
    """Name the folder of MNIST's files: $DGM_DATA/mnist, else one in the user's cache.

    >>> data_folder().name
    'mnist'
    """
    return Path(os.environ.get("DGM_DATA") or pooch.os_cache("dgm")) / "mnist"


def mnist_is_here() -> bool:
    """Say whether all four files lie in the data folder; nothing is downloaded."""
    return all((data_folder() / name).is_file() for name in MD5)


def mnist(part: str = "train") -> tuple[Tensor, Tensor]:
    """Load MNIST as grey values and labels; download it if the folder lacks it.

    Args:
        part: "train" (60,000 images) or "t10k" (10,000 images).

    Returns:
        x, from 0 to 1 in the default dtype, shape (num_data, 784); y, 0 to 9.

    Raises:
        ValueError: for another part, or a file whose checksum is wrong.
        OSError: if a file is neither here nor to be had.

    Source: LeCun, Cortes and Burges (1998).
    """
    if part not in ("train", "t10k"):
        raise ValueError(f"part: got {part!r}, expected 'train' or 't10k'")
    pixels = np.frombuffer(_read(f"{part}-images-idx3-ubyte.gz"), np.uint8, offset=16)
    labels = np.frombuffer(_read(f"{part}-labels-idx1-ubyte.gz"), np.uint8, offset=8)
    x = torch.from_numpy(pixels.reshape(-1, 784) / 255).to(torch.get_default_dtype())
    return x, torch.from_numpy(labels.astype(np.int64))


def _read(name: str) -> bytes:
    path = data_folder() / name
    if not path.is_file():
        _download(name, path.parent)
    packed = path.read_bytes()
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if found != MD5[name]:
        raise ValueError(
            f"{path} is damaged: its MD5 is {found}, expected {MD5[name]}; "
            "delete it and run this again"
        )
    return gzip.decompress(packed)


def _download(name: str, folder: Path) -> None:
    try:  # pooch writes beside the target and moves it there when the checksum is right
        pooch.retrieve(SOURCE + name, f"md5:{MD5[name]}", name, folder)
    except Exception as error:
        raise OSError(
            f"{name} is not in {folder} and could not be downloaded from {SOURCE} "
            f"({type(error).__name__}); put MNIST's four .gz files there, or set "
            "DGM_DATA to a folder that has them in a subfolder mnist"
        ) from error
