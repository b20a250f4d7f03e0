"""Where to compute: a CUDA GPU if there is one, else the CPU; and how a GPU keeps pace.

A training step of a small network is about a hundred short kernels. A GPU is done with
each of them before Python has asked for the next. Recorded once as a CUDA graph, the
whole step is asked for at once.
"""

from collections.abc import Callable

import torch
from torch import Tensor

TrainStep = Callable[[Tensor], Tensor]  # a batch (batch, dim_x) -> its mean bound


def pick_device() -> torch.device:
    """Return the CUDA device if torch sees one, else the CPU; everything runs on both.

    >>> pick_device().type in ("cpu", "cuda")
    True
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Replayed:
    """A training step that a GPU plays back, a CUDA graph.

    The first calls run as they are, and train; the next one records. What the step
    reads from Python is then frozen as it stood: it may change through tensors alone.

    Args:
        step: from a batch to its mean bound; of fixed shapes, drawing its noise on the
            device of its batch, and reading nothing back to Python.
        warm_up: calls before the record, so that whatever is made once is there.

    Raises:
        RuntimeError: at the record, if the step cannot be recorded.

    Page: book/10_vae_full.md.
    """

    def __init__(self, step: TrainStep, warm_up: int = 3) -> None:
        self.step, self.warm_up, self.graph = step, warm_up, None

    def __call__(self, x: Tensor) -> Tensor:
        """Train on a batch; return its mean bound, which the next call leaves alone."""
        if self.warm_up:
            self.warm_up -= 1
            return self._aside(x)
        if self.graph is None:
            self._record(x)
        self.x.copy_(x)
        self.graph.replay()
        return self.elbo.clone()

    def _aside(self, x: Tensor) -> Tensor:
        """Run on a stream beside the usual one, as CUDA wants it before a record."""
        usual, side = torch.cuda.current_stream(), torch.cuda.Stream()
        side.wait_stream(usual)
        with torch.cuda.stream(side):
            elbo = self.step(x)
        usual.wait_stream(side)
        return elbo

    def _record(self, x: Tensor) -> None:
        """Note down what the step asks of the GPU; nothing is computed yet."""
        self.x, graph = x.clone(), torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self.elbo = self.step(self.x)
        except RuntimeError as error:
            raise RuntimeError(
                "the step cannot be recorded as a CUDA graph: expected fixed shapes, "
                "noise drawn on x.device and nothing read back to Python; mend the "
                "bound, or run it line by line with fit(..., replay=False)"
            ) from error
        self.graph = graph
