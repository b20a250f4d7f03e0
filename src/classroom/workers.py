"""Run many submissions side by side: Dask's workers, each with a sandbox of its own.

A worker gets text and inputs and gives back numbers, as JSON: it knows no right answer
and no gradebook, and may run the same submission twice without harm.
"""

import contextlib
import json
import logging
import os
from collections.abc import Iterator

from distributed import Client, LocalCluster

from classroom.check import decode
from classroom.question import encode
from classroom.sandbox import shared
from classroom.supervise import Step, supervise, unsandboxed

LOOPBACK = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:")


def unit(cells: list[str], calls: str, seconds: float, shut_in: bool) -> str:
    """Run one submission, on a worker; what was seen, as JSON."""
    start = shared().job if shut_in else unsandboxed
    seen = supervise(cells, json.loads(calls, object_hook=decode), seconds, start)
    return json.dumps(list(seen.items()), default=encode)


def seen_of(text: str) -> dict[Step, dict]:
    """Read what a worker saw."""
    return {step: saw for step, saw in json.loads(text, object_hook=decode)}


@contextlib.contextmanager
def cluster(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """Connect to a scheduler, or start one here with a worker for each core.

    Raises:
        ValueError: for an address that others on the network could reach unasked: a
            scheduler runs whatever it is sent.
    """
    if scheduler and not scheduler.startswith(("tls://", *LOOPBACK)):
        raise ValueError(
            f"--scheduler: got {scheduler}, expected tls://... or a loopback address "
            "such as tcp://127.0.0.1:8786: a scheduler runs what anybody sends it"
        )
    if scheduler:
        with Client(scheduler, timeout="30s") as client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers or os.cpu_count(),
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.ERROR,
        ) as here,
        Client(here) as client,
    ):
        yield client
