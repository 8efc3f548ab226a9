# SPDX-License-Identifier: Apache-2.0
"""What we need of an engine, as a port: somebody who calls back soon. Rows are the truth, the engine is only the alarm clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from django.db import transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wakeup:
    """Look at this booking's key. `system` keeps the work of one vendor account together; lower `urgency` goes first."""

    booking: int
    system: str
    urgency: int = 5
    not_before: datetime | None = None
    start: datetime | None = None

    @property
    def priority(self) -> int:
        """Lower goes first: the urgency, and among equals the soonest start (F06). Fits into 31 bits for a century."""
        minutes = int(self.start.timestamp() // 60) if self.start else 0
        return self.urgency * 100_000_000 + minutes


@dataclass(frozen=True, slots=True)
class OpeningWakeup:
    """Open this door now. It counts for seconds only, so it waits behind no key; one that is lost is dropped, not done later."""

    opening: int


class Engine(Protocol):
    """Who calls `jobs` back. A wake-up may be lost or come twice: the sweep finds what was lost, claims make twice harmless."""

    def enqueue(self, wakeup: Wakeup | OpeningWakeup) -> None: ...


class NoEngine:
    """Stands in until start-up registers one: a process without an engine leaves its wake-ups to the sweep."""

    def enqueue(self, wakeup: Wakeup | OpeningWakeup) -> None:
        log.debug("wakeup_left_to_the_sweep", wakeup=repr(wakeup))


_engine: Engine = NoEngine()


def register(engine: Engine) -> None:
    """Called once at start-up by whoever runs the process."""
    global _engine  # noqa: PLW0603 - one engine per process is the point of the port
    _engine = engine


def somebody_listens() -> bool:
    """Whether wake-ups of this process reach an engine, so that the sweep need not look at them at once."""
    return not isinstance(_engine, NoEngine)


def wake(wakeup: Wakeup | OpeningWakeup) -> None:
    """Hand the wake-up over after the commit. Losing it is harmless, so no failure of the engine reaches the caller (R15)."""
    transaction.on_commit(lambda: _hand_over(wakeup), robust=True)


def _hand_over(wakeup: Wakeup | OpeningWakeup) -> None:
    _engine.enqueue(wakeup)
