# SPDX-License-Identifier: Apache-2.0
"""Reading the vendor's log of taps, keeping it with the bookings for as long as the operator wants, and letting it go. Whose a tap was:
`core/door_log.py`. Off until somebody switches it on: then nobody is asked and nothing is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from einlass.core.door_log import FIRST_READING, REPORTED_WITHIN, SeenTap, whose
from einlass.core.windows import Window
from einlass.locks.port import Entries, LockFailure, TellsEntries
from einlass.locks.redaction import redacted
from einlass.models import Branch, DoorEntry, LockSystem, VendorCall
from einlass.models.sealed import CannotUnseal
from einlass.operations.claims import Clock
from einlass.operations.lock_systems import driver_of, note_failure, note_success
from einlass.queries.door_log import branches_to_read, holders_at, log_is_kept_for
from einlass.queries.keys import due_work

log = structlog.get_logger()

# Keys that have to open this soon, and those that have to go now, are asked for first.
URGENT = 2


def read_due(*, clock: Clock) -> int:
    """Read the log of every site of which it can tell something now. Returns how many were read."""
    return sum(read_site(branch, clock=clock) for branch in branches_to_read(now=clock()))


def read_site(branch: Branch, *, clock: Clock) -> bool:
    """One reading, from where the last one ended; a little of it again, because a lock may report late. False where nobody was asked, or
    nothing was learnt: the next reading goes on from the same place."""
    system, now = branch.lock_system, clock()
    if system is None or _waits(system, now=now):
        return False
    since = max(branch.entries_read_until or now - FIRST_READING, now - FIRST_READING) - REPORTED_WITHIN
    try:
        driver = driver_of(system, clock=clock)
        if not isinstance(driver, TellsEntries):
            return False
        found = _asked(branch, system, driver, since=since, clock=clock)
    except (LockFailure, CannotUnseal) as failure:
        if isinstance(failure, LockFailure):
            note_failure(system, failure, now=clock())
        return False
    note_success(system, now=clock())
    _keep(branch, found.taps, window=Window(since, now + timedelta(minutes=1)))
    if not found.complete:
        log.warning("door_log_incomplete", branch=branch.key)
        return False
    Branch.objects.filter(pk=branch.pk).update(entries_read_until=now)
    return True


def forget_old(*, now: datetime) -> int:
    """Delete what was kept for long enough, and all of it while the log is off. Returns how many."""
    days = log_is_kept_for()
    if days is None:
        Branch.objects.filter(entries_read_until__isnull=False).update(entries_read_until=None)
        return DoorEntry.objects.all().delete()[0]
    # A reading that was under way while somebody was erased may have named his booking once more.
    over = Q(at__lt=now - timedelta(days=days)) | Q(booking__erased_at__isnull=False)
    return DoorEntry.objects.filter(over).delete()[0]


def _waits(system: LockSystem, *, now: datetime) -> bool:
    """An account that is away is not asked, and urgent work goes before."""
    away = system.not_before is not None and system.not_before > now
    return away or due_work(now=now).filter(booking__branch__lock_system=system, urgency__lte=URGENT).exists()


def _asked(branch: Branch, system: LockSystem, driver: TellsEntries, *, since: datetime, clock: Clock) -> Entries:
    """With one call row (I9). Raises LockFailure."""
    call = VendorCall.objects.create(lock_system=system, site_id=branch.site_id, kind="door_log", started_at=clock())
    try:
        found = driver.entries(branch.site_id, since=since)
    except LockFailure as failure:
        VendorCall.objects.filter(pk=call.pk).update(ended_at=clock(), outcome="failed", detail=failure.detail[:300])
        raise
    VendorCall.objects.filter(pk=call.pk).update(ended_at=clock(), outcome="ok")
    return found


def _keep(branch: Branch, taps: tuple[SeenTap, ...], *, window: Window) -> None:
    """Once each, however often they are read. The phone is looked at here and not kept."""
    known = set(DoorEntry.objects.filter(branch=branch, vendor_id__in=[tap.id for tap in taps]).values_list("vendor_id", flat=True))
    doors = set(branch.doors.values_list("component", flat=True))
    fresh = [tap for tap in taps if tap.id not in known and tap.component in doors]
    holders = holders_at(branch, window) if fresh else []
    rows = [
        DoorEntry(
            branch=branch,
            booking_id=whose(tap, holders),
            component=tap.component,
            at=tap.at,
            opened=tap.opened,
            reason=redacted(tap.reason)[:100],
            vendor_id=tap.id,
        )
        for tap in fresh
    ]
    DoorEntry.objects.bulk_create(rows, ignore_conflicts=True)
