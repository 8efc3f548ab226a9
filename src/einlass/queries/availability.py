# SPDX-License-Identifier: Apache-2.0
"""Free times of a service. Which starts are offered is decided in `core/slots.py`; here is only what it is given to decide on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from einlass.core.bookings import BLOCKING, Actor, Status
from einlass.core.hours import local_date
from einlass.core.slots import Slot, SlotDay, free_ranges, nearest, offered_days, rules_for
from einlass.core.windows import Window
from einlass.models import Booking, Room, Service

# Longest reach of a booking beyond the days asked for: a buffer, a night past midnight, the widest zone offset.
REACH = timedelta(days=3)
BLOCKING_STATES = sorted(status.value for status in BLOCKING)


def rooms_for(service: Service, *, persons: int = 0) -> list[Room]:
    """The rooms it may be given, in the operator's order; a question of kind `persons` leaves out those that are too small."""
    rooms = Room.objects.filter(serviceroom__service=service, active=True).order_by("serviceroom__position", "serviceroom__id")
    return [room for room in rooms if room.capacity is None or room.capacity >= persons]


def taken_windows(
    rooms: Sequence[int], *, start: datetime, end: datetime, now: datetime, leave_out: Booking | None = None
) -> dict[int, list[Window]]:
    """Blocked times of the rooms that reach into [start, end), sorted, in one range query; a hold that ran out blocks nothing.

    `leave_out` is the booking that moves, or the visitor's own hold.
    """
    found: dict[int, list[Window]] = defaultdict(list)
    blocking = Booking.objects.filter(room_id__in=rooms, status__in=BLOCKING_STATES, blocked_from__lt=end, blocked_until__gt=start)
    rows = blocking.exclude(status=Status.HELD.value, held_until__lte=now).order_by("blocked_from")
    if leave_out is not None:
        rows = rows.exclude(pk=leave_out.pk)
    for room, blocked_from, blocked_until in rows.values_list("room_id", "blocked_from", "blocked_until"):
        found[room].append(Window(blocked_from, blocked_until))
    return found


def _taken_around(
    rooms: Sequence[int], *, first: date, last: date, now: datetime, leave_out: Booking | None = None
) -> dict[int, list[Window]]:
    """What may collide with a booking that starts on these local days."""
    start = datetime.combine(first, datetime.min.time(), tzinfo=now.tzinfo) - REACH
    end = datetime.combine(last, datetime.min.time(), tzinfo=now.tzinfo) + REACH
    return taken_windows(rooms, start=start, end=end, now=now, leave_out=leave_out)


def free_days(
    service: Service,
    *,
    duration: int,
    first: date,
    last: date,
    now: datetime,
    leave_out: Booking | None = None,
    actor: Actor = Actor.GUEST,
) -> tuple[SlotDay, ...]:
    """The starts offered to `actor` each day from `first` to `last` inclusive; `duration` in minutes. Two queries, however many days."""
    rooms = [room.pk for room in rooms_for(service)]
    hours = service.branch.hours()
    taken = _taken_around(rooms, first=first, last=last, now=now, leave_out=leave_out)
    rules = rules_for(service.rules(), actor=actor)
    return offered_days(rules, hours, rooms=rooms, taken=taken, duration=duration, first=first, last=last, now=now)


def free_starts(service: Service, *, duration: int, first: date, last: date, now: datetime) -> list[int]:
    """What `free_days` lists for a guest, as minutes since 1970 (UTC) in order, for whoever need not know in which rooms."""
    rooms = [room.pk for room in rooms_for(service)]
    taken = _taken_around(rooms, first=first, last=last, now=now)
    found = free_ranges(
        service.rules(), service.branch.hours(), rooms=rooms, taken=taken, duration=duration, first=first, last=last, now=now
    )
    return sorted({start for part in found for start in part})


def next_free(
    service: Service, *, duration: int, first: date, now: datetime, leave_out: Booking | None = None, actor: Actor = Actor.GUEST
) -> Slot | None:
    """The first offered start on or after the local day `first`, a month at a time up to the horizon."""
    horizon = local_date(now, service.branch.time_zone) + timedelta(days=service.horizon_days)
    day = max(first, local_date(now, service.branch.time_zone))
    while day <= horizon:
        last = min(day + timedelta(days=30), horizon)
        days = free_days(service, duration=duration, first=day, last=last, now=now, leave_out=leave_out, actor=actor)
        slot = next((slot for free in days for slot in free.slots), None)
        if slot is not None:
            return slot
        day = last + timedelta(days=1)
    return None


def nearest_free(service: Service, *, wanted: datetime, duration: int, now: datetime, leave_out: Booking | None = None) -> tuple[Slot, ...]:
    """The three free starts nearest to one that was taken meanwhile, within a fortnight around it."""
    day = local_date(wanted, service.branch.time_zone)
    days = free_days(service, duration=duration, first=day - timedelta(days=7), last=day + timedelta(days=7), now=now, leave_out=leave_out)
    return nearest([slot for free in days for slot in free.slots], wanted, count=3)
