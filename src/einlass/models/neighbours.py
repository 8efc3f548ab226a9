# SPDX-License-Identifier: Apache-2.0
"""Who is beside a booking, and what is read with it of that: two expressions. What a key has of it: `core/grants.py:key_window`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, DateTimeField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import CombinedExpression

from einlass.core.bookings import LONGEST_MARGIN
from einlass.core.grants import GRANTING
from einlass.models.branches import Room

if TYPE_CHECKING:
    from einlass.models.bookings import Booking

# A row by its number, or as a query around this one names it.
Named = int | OuterRef
# As the facts of a booking name them.
TIMES = ("last_ended", "next_begins")
GRANTING_STATES = sorted(status.value for status in GRANTING)


def neighbour_times(bookings: QuerySet[Booking]) -> dict[str, Case]:
    """When the neighbours of a booking of the outer query come and go, where its branch wants to know."""
    # Whoever has two bookings in a row keeps his own time: only other guests count, by their number.
    others = beside(bookings, branch=OuterRef("branch_id"), room=OuterRef("room_id"), its_doors=OuterRef(OuterRef("room_id")))
    others = others.exclude(mobile=OuterRef("mobile"))
    before = others.filter(end__lte=OuterRef("start"), end__gt=_away("start", -LONGEST_MARGIN)).order_by("-end")
    after = others.filter(start__gte=OuterRef("end"), start__lt=_away("end", LONGEST_MARGIN)).order_by("start")
    return {"last_ended": _wanted(before.values("end")), "next_begins": _wanted(after.values("start"))}


def beside(bookings: QuerySet[Booking], *, branch: Named, room: Named, its_doors: Named) -> QuerySet[Booking]:
    """The bookings that grant doors in the same room, or in a room with one of its doors. The doors that everybody passes and those of
    the service say nothing: through the main entrance go the guests of all rooms. `its_doors` is the room as a query within names it."""
    with_its_doors = Room.objects.filter(doors__rooms=its_doors).values("pk")
    return bookings.filter(Q(room=room) | Q(room__in=with_its_doors), branch=branch, status__in=GRANTING_STATES)


def _wanted(times: QuerySet[Booking, object]) -> Case:
    return Case(When(branch__shrink_margins=True, then=Subquery(times[:1])), default=None, output_field=DateTimeField())


def _away(name: str, by: timedelta) -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(OuterRef(name) + by, output_field=DateTimeField())
