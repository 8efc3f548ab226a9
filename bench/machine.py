# SPDX-License-Identifier: Apache-2.0
"""On what was measured: without it two figures cannot be compared. The fixed piece of work tells how fast the machine was just then."""

from __future__ import annotations

import hashlib
import os
import platform
import statistics
import subprocess
import time
from dataclasses import dataclass

TIMES = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """`load` is that of the last minute: above `cores` others were at work too."""

    cores: int
    processor: str
    system: str
    python: str
    commit: str
    load: float
    fixed_work_ms: int


def facts() -> Machine:
    return Machine(
        cores=os.cpu_count() or 1,
        processor=platform.machine(),
        system=platform.system(),
        python=platform.python_version(),
        commit=_commit(),
        load=round(os.getloadavg()[0], 1),
        fixed_work_ms=round(fixed_work() * 1000),
    )


def fixed_work() -> float:
    """Seconds of one core for the same work everywhere: plain Python and some hashing, the median of several times."""
    return statistics.median(_once() for _ in range(TIMES))


def _once() -> float:
    started = time.perf_counter()
    total = sum(number * number % 7 for number in range(400_000))
    digest = hashlib.sha256()
    for number in range(20_000):
        digest.update(f"{number}{total}".encode())
    sorted(str(number) for number in range(50_000))
    return time.perf_counter() - started


def _commit() -> str:
    """Of the sources that were measured; with a + where something in them is not committed."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    return done.stdout.strip() or "unknown"
