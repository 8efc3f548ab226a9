# SPDX-License-Identifier: Apache-2.0
"""Bookings that follow one another in a room, and how long both keys open at once. What keeps two bookings apart is `core/slots.py`;
where a margin ends, `core/grants.py:key_window`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from einlass.core.bookings import LONGEST_MARGIN
from einlass.core.grants import grant_for
from einlass.core.windows import Window
from einlass.models import Booking, Service
from einlass.models.neighbours import GRANTING_STATES, beside
from einlass.queries.bookings import with_facts


def overlapping_minutes(services: list[Service], *, margins: int) -> dict[str, int]:
    """{service: minutes} where the key of one booking is still valid when that of the next in the same room begins to be.

    `margins` are the minutes before and after a booking together. Between two bookings lie the buffer after the first and the
    buffer before the second, whichever services they are of. Services come with their rooms.
    """
    by_room: dict[int, list[Service]] = {}
    for service in services:
        for room in service.rooms.all():
            by_room.setdefault(room.pk, []).append(service)
    found: dict[str, int] = {}
    for sharing in by_room.values():
        before = min(service.buffer_before for service in sharing)
        after = min(service.buffer_after for service in sharing)
        for service in sharing:
            gap = min(service.buffer_after + before, after + service.buffer_before)
            if margins > gap:
                found[service.key] = max(found.get(service.key, 0), margins - gap)
    return found


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another guest's booking beside one, and when the keys of both open."""

    booking: Booking
    window: Window


def overlaps_of(booking: Booking) -> tuple[Overlap, ...]:
    """The bookings before and after this one, of other guests in the same room or at its doors, whose keys open at the same time.
    Those that run at the same time anyway are none. Read the booking with `with_facts`; a fixed number of queries."""
    mine = grant_for(booking.facts()).grant
    if mine is None:
        return ()
    near = beside(Booking.objects.all(), branch=booking.branch_id, room=booking.room_id, its_doors=booking.room_id)
    reach = {"start__lt": mine.window.end + LONGEST_MARGIN, "end__gt": mine.window.start - LONGEST_MARGIN}
    others = with_facts(near.filter(**reach).exclude(mobile=booking.mobile).exclude(pk=booking.pk)).order_by("start", "id")
    found = [(other, grant_for(other.facts()).grant) for other in others if not other.window.collides(booking.window)]
    return tuple(
        Overlap(other, Window(max(mine.window.start, grant.window.start), min(mine.window.end, grant.window.end)))
        for other, grant in found
        if grant is not None and grant.window.collides(mine.window)
    )


def whose_margins_end_at(booking: Booking, windows: Iterable[Window], *, now: datetime) -> QuerySet[Booking]:
    """The bookings whose keys may have to change because this one comes to these times or goes from there. More of them than need be:
    what is right already costs one comparison."""
    branch = booking.branch
    reach = timedelta(minutes=max(branch.early_minutes, branch.late_minutes))
    near = Q()
    for window in windows:
        near |= Q(start__lt=window.end + reach, end__gt=window.start - reach)
    shrinking = Booking.objects.filter(near, branch=branch, branch__shrink_margins=True, end__gt=now - LONGEST_MARGIN)
    theirs = shrinking.filter(status__in=GRANTING_STATES)
    return theirs.exclude(pk=booking.pk).select_related("branch")
