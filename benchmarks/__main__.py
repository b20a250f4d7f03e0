"""Measure everything, or what you name; print a table, write _build/bench.json.

Run: make bench, or python -m benchmarks [training bars ...] (MNIST where DGM_DATA
names it). Leave the machine alone meanwhile. What was measured before, and is not now,
stays in the file. Of the IWAE table, which takes longer than all the rest, it reports
what `python -m benchmarks.iwae_table` has finished.
"""

import importlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULT = Path(__file__).parents[1] / "_build/bench.json"
PARTS = (
    "bars", "training", "evaluation", "estimators", "amortization", "growth",
    "figures", "book", "gpu", "iwae_table",
)  # fmt: skip
PACKAGES = ("torch", "numpy", "pyro-ppl", "lightning", "pythae", "jupyter-book")


def main(names):
    """Measure part by part; what is done is written down before the next begins."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(
            f"got {', '.join(sorted(unknown))}, expected some of {' '.join(PARTS)}"
        )
    os.environ["TQDM_DISABLE"] = "1"
    parts = before()
    names = names or PARTS
    begun = time.perf_counter()
    for number, name in enumerate(names, 1):
        minutes = (time.perf_counter() - begun) / 60
        print(f"\n[{number}/{len(names)}] {name}   ({minutes:.0f} min)", flush=True)
        found = []
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            print(row, flush=True)
            found.append(asdict(row) | {"part": name})
        if found:  # where there is no GPU, what one measured stays
            parts[name] = {"date": date.today().isoformat(), "rows": found}
            write(parts)


def before():
    """Read what an earlier run has measured, part by part."""
    if not RESULT.exists():
        return {}
    found = json.loads(RESULT.read_text("utf8"))
    return {
        name: {"date": day, "rows": [r for r in found["rows"] if r["part"] == name]}
        for name, day in found["parts"].items()
    }


def write(parts):
    """Write the whole file or leave the old one."""
    result = machine() | {
        "parts": {name: part["date"] for name, part in parts.items()},
        "rows": [row for part in parts.values() for row in part["rows"]],
    }
    RESULT.parent.mkdir(exist_ok=True)
    beside = RESULT.with_suffix(".half")
    beside.write_text(json.dumps(result, indent=1) + "\n", "utf8")
    beside.replace(RESULT)


def machine():
    """Name the processor, the system and the versions."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text("utf8").splitlines()
        names = (line.split(":", 1)[1] for line in lines if "model name" in line)
        model = next(names, model).strip()
    return {
        "machine": {"processor": model, "cores": os.cpu_count(),
                    "system": platform.system(), "load": os.getloadavg()},
        "versions": {"python": platform.python_version()}
        | {name: found for name in PACKAGES if (found := installed(name))},
    }  # fmt: skip


def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
