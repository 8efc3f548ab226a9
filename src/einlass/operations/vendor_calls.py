# SPDX-License-Identifier: Apache-2.0
"""The written trace of what a vendor was asked apart from the work at one key: sites, doors, lists (I9). Asks nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from einlass.locks.port import LockFailure, LockNeedsOperator, LockOutcomeUnknown, LockRefused, LockUnavailable
from einlass.models import LockSystem, VendorCall

# What concerns no booking is kept for so long; the rest goes with its booking.
KEPT_FOR = timedelta(days=30)


@dataclass(slots=True)
class Requests:
    """Counts what goes out: the hook before each request to a vendor."""

    count: int = 0

    def __call__(self) -> None:
        self.count += 1


@contextmanager
def traced(system: LockSystem, kind: str, *, site_id: str, clock: Callable[[], datetime]) -> Iterator[Requests]:
    """One row for what is asked inside, however many requests it takes; a list of 20,000 keys is one row, too."""
    requests, outcome, detail = Requests(), "ok", ""
    began = clock()
    try:
        yield requests
    except LockFailure as failure:
        outcome, detail = outcome_of(failure), failure.detail[:300]
        raise
    finally:
        # An account that is only being tried out may have no row yet.
        if requests.count and system.pk is not None:
            VendorCall.objects.create(
                lock_system=system,
                site_id=site_id[:100],
                kind=kind,
                started_at=began,
                ended_at=clock(),
                outcome=outcome,
                detail=detail,
                requests=requests.count,
            )


def outcome_of(failure: LockFailure) -> str:
    match failure:
        case LockOutcomeUnknown():
            return "unknown"
        case LockRefused():
            return "refused"
        case LockNeedsOperator():
            return f"needs_operator_{failure.what}"[:20]
        case LockUnavailable(throttled=True):
            return "throttled"
        case _:
            return "unavailable"


def forget_old(*, now: datetime, at_most: int = 5000) -> int:
    """Delete the trace of what concerned no booking and is older than a month. Returns how many."""
    old = VendorCall.objects.filter(started_at__lt=now - KEPT_FOR, booking__isnull=True, key__isnull=True)
    return VendorCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:at_most])).delete()[0]
