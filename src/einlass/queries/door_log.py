# SPDX-License-Identifier: Apache-2.0
"""What is kept of the vendor's door log: of one booking, of one door, and to which bookings nobody came. Reading it in is
`operations/door_log.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q

from einlass.core.bookings import LONGEST_MARGIN, Status
from einlass.core.door_log import FIRST_READING, REACH, REPORTED_WITHIN, SUGGESTED_FOR, Attendance, Holder, nobody_came
from einlass.core.grants import DoorUse, chosen_doors, key_window
from einlass.core.keys import KeyState
from einlass.core.openings import OpeningState
from einlass.core.windows import Window
from einlass.models import Booking, Branch, DoorEntry, DoorOpening, Key, Organisation
from einlass.models.neighbours import GRANTING_STATES
from einlass.queries.bookings import with_facts

# Of these it may still be said that nobody came.
UNSAID = (Status.CONFIRMED.value, Status.COMPLETED.value)
WAS_THERE = (KeyState.LIVE.value, KeyState.EXPIRED.value)


def log_is_kept_for() -> int | None:
    """Days; None where the log is off."""
    return Organisation.objects.values_list("door_log_days", flat=True).first()


def branches_to_read(*, now: datetime) -> list[Branch]:
    """Those whose log can tell something of a booking: one runs, or was over when the log was last read; never while it is off (R1)."""
    if log_is_kept_for() is None:
        return []
    ready = Branch.objects.filter(lock_system__enabled=True, site_confirmed_at__isnull=False).exclude(site_id="")
    return [branch for branch in ready.select_related("lock_system") if _has_something_to_tell(branch, now=now)]


def _has_something_to_tell(branch: Branch, *, now: datetime) -> bool:
    read_until = max(branch.entries_read_until or now - FIRST_READING, now - FIRST_READING)
    over = read_until - REPORTED_WITHIN - timedelta(minutes=branch.late_minutes)
    near = {"start__lt": now + timedelta(minutes=branch.early_minutes), "end__gt": over}
    return Booking.objects.filter(branch=branch, status__in=GRANTING_STATES, keys__state__in=WAS_THERE, **near).exists()


def holders_at(branch: Branch, window: Window) -> list[Holder]:
    """The keys of the branch that may have been held at a door within that time."""
    keys = Key.objects.filter(
        branch=branch, site_id=branch.site_id, valid_from__lt=window.end + REACH, valid_until__gt=window.start - REACH
    )
    made = keys.exclude(vendor_id="").exclude(phone="").select_related("booking")
    return [
        Holder(
            booking=key.booking_id,
            key_id=key.vendor_id,
            phone=key.phone,
            doors=frozenset(key.doors),
            window=Window(key.valid_from, key.valid_until),
            booked=key.booking.window,
        )
        for key in made
    ]


def entries_of(booking: Booking) -> list[DoorEntry]:
    """The taps of this booking, oldest first."""
    return list(DoorEntry.objects.filter(booking=booking).order_by("at", "id"))


def last_entry_at(booking: Booking, component: str, *, moment: datetime) -> DoorEntry | None:
    """The last tap at this door until then, of this booking or of nobody known: somebody else's is none of its business."""
    there = DoorEntry.objects.filter(Q(booking=booking) | Q(booking=None), branch=booking.branch_id, component=component)
    return there.filter(at__lte=moment, at__gt=moment - REACH).order_by("-at", "-id").first()


def nobody_came_to(bookings: Iterable[int] | None, *, branches: Sequence[Branch], now: datetime) -> list[Booking]:
    """The bookings of these branches (or these alone) of which it may be suggested that nobody came; a fixed number of queries."""
    days = log_is_kept_for()
    if days is None:
        return []
    kept_since = now - min(SUGGESTED_FOR, timedelta(days=days))
    over = Booking.objects.filter(branch__in=list(branches), status__in=UNSAID, end__lte=now, start__gt=kept_since)
    if bookings is not None:
        over = over.filter(pk__in=list(bookings))
    opened = DoorOpening.objects.filter(booking=OuterRef("pk"), state=OpeningState.OPENED.value)
    silent = over.filter(~Exists(opened), branch__entries_read_until__gte=F("end")).annotate(own_taps=Count("entries")).filter(own_taps=0)
    found = list(with_facts(silent).order_by("start", "id"))
    unknown = _unknown_taps(found)
    return [booking for booking in found if nobody_came(_attendance(booking, unknown, kept_since=kept_since), now=now)]


def _unknown_taps(bookings: Sequence[Booking]) -> list[DoorEntry]:
    """Taps of nobody known at these branches within the time of these bookings."""
    if not bookings:
        return []
    first = min(booking.start for booking in bookings) - LONGEST_MARGIN
    there = DoorEntry.objects.filter(booking=None, branch__in={booking.branch_id for booking in bookings}, at__gt=first)
    return list(there)


def _attendance(booking: Booking, unknown: Sequence[DoorEntry], *, kept_since: datetime) -> Attendance:
    facts = booking.facts()
    window = key_window(facts)
    own = {door.component for door in chosen_doors(facts) if door.use != DoorUse.ALWAYS}
    near = [tap for tap in unknown if tap.branch_id == booking.branch_id and tap.component in own and tap.at in window]
    here = [key for key in booking.keys.all() if key.site_id == booking.branch.site_id]
    kept = [key for key in here if key.state in WAS_THERE and key.read_at is not None and not key.drifted]
    return Attendance(
        window=window,
        had_key=any(Window(key.valid_from, key.valid_until).covers(booking.window) for key in kept),
        read_until=booking.branch.entries_read_until,
        kept_since=kept_since,
        taps=len(near),
    )
