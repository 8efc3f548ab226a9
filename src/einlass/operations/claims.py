# SPDX-License-Identifier: Apache-2.0
"""The right to work at one booking's key: a lease that is renewed, and a fence that tells an old holder from the present one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from einlass.models import Access, Booking
from einlass.operations.wakeups import Wakeup, wake
from einlass.queries.keys import concerned

LEASE = timedelta(seconds=30)
# A lease is renewed when a third of it is gone: one answer of at most 15 s always fits into the rest.
RENEW_AFTER_SECONDS = 10.0

Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Somebody else has this booking by now: what we know is old, and nothing more may be written by us (F22)."""


@dataclass(slots=True)
class Claim:
    """The right to work at one booking, as long as the fence is ours."""

    booking: int
    fence: int
    clock: Clock
    renewed: float
    # Requests that went out to a vendor under this claim.
    requests: int = 0

    def renew(self) -> None:
        """Before every call to the vendor. Raises LeaseLost."""
        if time.monotonic() - self.renewed >= RENEW_AFTER_SECONDS:
            self.hold()
        self.requests += 1

    def hold(self) -> None:
        """Extend the lease; inside a transaction this also keeps every other worker out until it commits. Raises LeaseLost."""
        held = Access.objects.filter(booking_id=self.booking, fence=self.fence).update(lease_until=self.clock() + LEASE)
        if not held:
            raise LeaseLost
        self.renewed = time.monotonic()


def claim_booking(booking_id: int, *, clock: Clock) -> Claim | None:
    """Take the booking by one conditional update; None where it is not due, somebody is at it, or the integration is off (R1).

    The conditions stand on the access row alone: with a join they move into a subquery, which PostgreSQL does not check again
    after waiting for another worker, and both would have it. The fence is read under the same row lock.
    """
    now = clock()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    switched_on = concerned(Booking.objects.filter(pk=booking_id))
    with transaction.atomic():
        due = Access.objects.filter(free, booking_id=booking_id, next_check_at__lte=now, booking__in=switched_on)
        if not due.update(lease_until=now + LEASE, fence=F("fence") + 1):
            return None
        fence = Access.objects.values_list("fence", flat=True).get(booking_id=booking_id)
    return Claim(booking=booking_id, fence=fence, clock=clock, renewed=time.monotonic())


def look_again(booking_id: int, *, now: datetime) -> None:
    """Make the booking due once more: who lost his lease may have written down a late answer that nobody has planned with (F22)."""
    Access.objects.filter(booking_id=booking_id).update(next_check_at=now, handed_at=None, changes=F("changes") + 1)


def come_back_after_lease(booking_id: int, *, now: datetime) -> None:
    """Somebody is at a booking that is due: come back when his lease ends, because he may be dead (F18, F19)."""
    held = Access.objects.filter(booking_id=booking_id, next_check_at__lte=now, lease_until__gt=now)
    found = held.values_list("lease_until", "urgency", "booking__branch__lock_system_id").first()
    if found is not None:
        lease_until, urgency, system = found
        wake(Wakeup(booking=booking_id, system=str(system), urgency=urgency, not_before=lease_until))
