"""Every example in a docstring is exactly true, as a reader would type it."""

import doctest
import importlib
import pkgutil

import pytest
import torch

import classroom
import dgm

MODULES = [
    module.name
    for package in (dgm, classroom)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    torch.set_default_dtype(torch.float32)  # a reader's Python starts so
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0
