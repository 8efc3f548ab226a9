# SPDX-License-Identifier: Apache-2.0
"""Folders that take long to make (a migrated database, a configured house): made once for a run, by whoever asks first, and copied."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.environment import SHARED


def prepared(name: str, make: Callable[[Path], None]) -> Path:
    """The finished folder of this name; `make` fills it where nobody of this run has done so yet. Copy it, do not write into it."""
    ready = Path(os.environ[SHARED]) / f"prepared-{name}"
    with _alone():
        if not ready.exists():
            unfinished = ready.with_name(f"unfinished-{name}-{os.getpid()}")
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(ready)
    return ready


@contextmanager
def _alone() -> Iterator[None]:
    """The test processes of a run wait for one another, or each would make the same."""
    with (Path(os.environ[SHARED]) / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
