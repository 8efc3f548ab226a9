# SPDX-License-Identifier: Apache-2.0
"""Making the key work of bookings due. What the work is, is planned in `core/keys.py` and done in `operations/keys.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from einlass.core.bookings import LONGEST_MARGIN, Status
from einlass.core.grants import GRANTING, grant_for
from einlass.core.keys import MOST_URGENT, OPEN, KeyState, opens_and_has_to_go, urgency
from einlass.models import Access, Booking, Branch, Key, LockSystem
from einlass.operations.wakeups import Wakeup, somebody_listens, wake
from einlass.queries.bookings import real, with_facts
from einlass.queries.keys import OPEN_STATES, due_work

# So many of those that become due at once are handed over at once, the soonest start first; the rest within a minute.
AT_ONCE = 50
QUOTA = "quota_exhausted"
UNFINISHED_STATES = sorted(state.value for state in OPEN - {KeyState.LIVE})


def make_due(booking: Booking, *, now: datetime, reason: str) -> None:
    """Have this booking's key looked at now, and wake a worker after the commit. Nothing where no lock system is concerned (R1)."""
    if booking.branch.lock_system_id is None and not booking.keys.filter(state__in=OPEN_STATES).exists():
        return
    pressing = _pressing(booking, now=now)
    due = {"next_check_at": now, "reason": reason, "urgency": pressing, "attempts": 0}
    due["handed_at"] = now if somebody_listens() else None
    if not Access.objects.filter(booking=booking).update(changes=F("changes") + 1, **due):
        Access.objects.create(booking=booking, **due)
    wake(Wakeup(booking=booking.pk, system=str(booking.branch.lock_system_id), urgency=pressing, start=booking.start))


def _pressing(booking: Booking, *, now: datetime) -> int:
    """After a move the old key may open something much sooner than the booking itself, or now (F30)."""
    held = list(booking.keys.filter(state__in=OPEN_STATES))
    if any(row.valid_from <= now < row.valid_until for row in held):
        grant = grant_for(with_facts(Booking.objects.filter(pk=booking.pk)).get().facts()).grant
        if opens_and_has_to_go(grant, [row.facts() for row in held], now=now):
            return MOST_URGENT
    start = min([booking.start, *(row.valid_from for row in held)])
    return urgency(start=start, end=booking.end, status=Status(booking.status), now=now)


def make_due_together(bookings: Iterable[Booking], *, now: datetime, reason: str) -> None:
    """The same for several that concern one another. In one order, so that two who do so at the same time do not wait for one another."""
    for booking in sorted(bookings, key=lambda booking: booking.pk):
        make_due(booking, now=now, reason=reason)


def make_due_for_room(system: LockSystem, site_id: str, *, now: datetime) -> int:
    """A door holds one key less than before: whoever waits for room is looked at, the soonest start first (F41). Returns how many."""
    waiting = Access.objects.filter(problem=QUOTA, booking__branch__lock_system=system, booking__branch__site_id=site_id)
    with transaction.atomic():
        lock_in_order(waiting)
        return waiting.update(next_check_at=now, handed_at=None, changes=F("changes") + 1)


def lock_in_order(work: QuerySet[Access]) -> None:
    """Rows that are to be changed all at once, locked in the order of `make_due_together`; within the caller's transaction."""
    list(work.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def make_coming_due(*, branch: Branch | None, now: datetime, reason: str) -> int:
    """Have the keys of all coming and running bookings looked at (R17, F36): those that come next at once, the others within a minute.

    Bookings that ended otherwise count as long as their key might still open. Returns how many.
    """
    concerned = Q(branch__lock_system__isnull=False) | Exists(Key.objects.filter(booking=OuterRef("pk"), state__in=OPEN_STATES))
    bookings = real(Booking.objects.filter(concerned, end__gt=now - LONGEST_MARGIN))
    if branch is not None:
        bookings = bookings.filter(branch=branch)
    Access.objects.bulk_create(
        [Access(booking_id=pk) for pk in bookings.filter(access__isnull=True).values_list("pk", flat=True)],
        ignore_conflicts=True,
        batch_size=500,
    )
    with transaction.atomic():
        work = Access.objects.filter(booking__in=bookings)
        lock_in_order(work)
        if somebody_listens():
            transaction.on_commit(lambda: hand_over_due(now=now, at_most=AT_ONCE), robust=True)
        return work.update(next_check_at=now, reason=reason, attempts=0, handed_at=None, changes=F("changes") + 1)


def hand_over_due(*, now: datetime, at_most: int = 1000) -> int:
    """Give the engine what is due and was lost, or was never handed over; the soonest start first. Returns how many."""
    opens = Key.objects.filter(booking=OuterRef("booking"), state=KeyState.REVOKING.value, valid_from__lte=now, valid_until__gt=now)
    due = list(due_work(now=now).annotate(opens=Exists(opens))[:at_most])
    with transaction.atomic():
        handed = Access.objects.filter(pk__in=[work.pk for work in due])
        lock_in_order(handed)
        handed.update(handed_at=now)
    for work in due:
        booking = work.booking
        # What was far away when it was made due may be near by now: after a day without the vendor the soonest start goes first (F06).
        near = urgency(start=booking.start, end=booking.end, status=Status(booking.status), now=now)
        near = MOST_URGENT if work.opens else near
        system = str(booking.branch.lock_system_id)
        wake(Wakeup(booking=booking.pk, system=system, urgency=min(work.urgency, near), start=booking.start))
    return len(due)


def find_forgotten(*, now: datetime, at_most: int = 500) -> int:
    """The net under everything: coming bookings that nobody ever made due, and unfinished keys without a next attempt (I8)."""
    granting = [status.value for status in GRANTING]
    coming = Booking.objects.filter(branch__lock_system__enabled=True, status__in=granting, end__gt=now, access__isnull=True)
    missing = [Access(booking_id=pk, next_check_at=now, reason="forgotten") for pk in coming.values_list("pk", flat=True)[:at_most]]
    Access.objects.bulk_create(missing, ignore_conflicts=True)
    unfinished = Key.objects.filter(state__in=UNFINISHED_STATES, booking__access__next_check_at__isnull=True)
    stuck = list(unfinished.values_list("booking_id", flat=True)[:at_most])
    return len(missing) + Access.objects.filter(pk__in=stuck).update(next_check_at=now, reason="forgotten", handed_at=None)
