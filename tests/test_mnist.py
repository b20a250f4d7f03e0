"""MNIST's loader on tiny files in its format; the true ones are only tried by hand."""

import gzip
import hashlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pooch
import pytest
import torch

from dgm.data import mnist as mnist_module
from dgm.data.mnist import data_folder, mnist, mnist_is_here

GREY = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8)
PIXELS = {"train": GREY, "t10k": GREY[::-1]}
LABELS = {"train": [7, 0, 9], "t10k": [1, 2, 3]}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A data folder with four tiny files in MNIST's format, and their checksums."""
    monkeypatch.setenv("DGM_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    for name in mnist_module.MD5:
        part = name.split("-")[0]
        body = bytes(8) + bytes(LABELS[part])
        if "idx3" in name:
            body = bytes(16) + PIXELS[part].tobytes()
        packed = gzip.compress(body)
        (tmp_path / "mnist" / name).write_bytes(packed)
        md5 = hashlib.md5(packed, usedforsecurity=False).hexdigest()
        monkeypatch.setitem(mnist_module.MD5, name, md5)
    return tmp_path / "mnist"


@pytest.mark.parametrize("part", ["train", "t10k"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_mnist_reads_grey_values_and_labels(shelf, part, dtype):
    torch.set_default_dtype(dtype)
    x, y = mnist(part)
    assert mnist_is_here() and x.shape == (3, 784) and x.dtype == dtype
    expected = torch.tensor([grey / 255 for grey in PIXELS[part].tolist()])
    assert (x.flatten() == expected).all()
    assert y.tolist() == LABELS[part] and y.dtype == torch.int64


def test_mnist_s_folder_can_be_set_and_has_a_default(shelf, monkeypatch):
    assert data_folder() == shelf
    for unset in (lambda: monkeypatch.setenv("DGM_DATA", ""), monkeypatch.undo):
        unset()
        monkeypatch.delenv("DGM_DATA", raising=False)
        assert data_folder() == pooch.os_cache("dgm") / "mnist"


def test_mnist_refuses_another_part():
    with pytest.raises(ValueError, match="got 'test', expected 'train' or 't10k'"):
        mnist("test")


def test_a_damaged_file_is_named_and_nothing_is_touched(shelf):
    file = shelf / "train-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(ValueError, match=r"train-labels.*is damaged.*expected.*delete"):
        mnist()
    assert mnist("t10k")[0].shape == (3, 784)


def test_no_file_and_no_network_is_one_sentence(shelf, monkeypatch):
    def no_network(*args, **kwargs):
        raise ConnectionError("a long story\nover two lines")

    (shelf / "train-images-idx3-ubyte.gz").unlink()
    monkeypatch.setattr(pooch, "retrieve", no_network)
    with pytest.raises(OSError) as refusal:
        mnist()
    sentence = str(refusal.value)
    assert not mnist_is_here() and "\n" not in sentence
    for word in ("train-images", str(shelf), "ConnectionError", "put", "DGM_DATA"):
        assert word in sentence


@pytest.fixture
def server(shelf, tmp_path, monkeypatch):
    """The shelf's four files behind HTTP on this machine; the shelf itself is empty."""
    away = shelf.rename(tmp_path / "away")
    handler = partial(QuietHandler, directory=away)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{http.server_port}/"
        monkeypatch.setattr(mnist_module, "SOURCE", address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield away
        http.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_mnist_downloads_what_is_missing_once(server, shelf):
    assert mnist()[1].tolist() == [7, 0, 9]
    for file in server.iterdir():
        file.unlink()
    assert mnist()[1].tolist() == [7, 0, 9]


def test_a_damaged_download_leaves_nothing_behind(server, shelf):
    file = server / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(OSError, match="could not be downloaded"):
        mnist()
    assert not shelf.exists() or not any(shelf.iterdir())
