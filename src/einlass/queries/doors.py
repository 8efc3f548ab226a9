# SPDX-License-Identifier: Apache-2.0
"""Which coming bookings hang on the doors of a branch: what a change of its settings concerns. Which doors one opens: `core/grants.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from einlass.core.grants import GRANTING, DoorUse
from einlass.models import Booking, Branch, Door

# How many bookings a row of the doors links to.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Concerned:
    """The coming bookings that open a door: how many, and the references of the first ones."""

    count: int
    references: tuple[str, ...]


def coming_keys(branch: Branch, *, now: datetime) -> int:
    """How many coming or running bookings of the branch open a door of it, or will."""
    if branch.lock_system is None or not branch.lock_system.grants:
        return 0
    coming = _coming(branch, now=now)
    if not branch.doors.filter(use=DoorUse.ALWAYS.value).exists():
        named = Q(service__doors__use=DoorUse.SERVICES.value) | Q(room__doors__use=DoorUse.SERVICES.value)
        coming = coming.filter(named).distinct()
    return coming.count()


def concerned_by(branch: Branch, *, now: datetime) -> Mapping[int, Concerned]:
    """Per chosen door of the branch what opens it; a fixed number of queries."""
    bookings = list(_coming(branch, now=now).order_by("start", "id").values_list("reference", "service_id", "room_id"))
    found: dict[int, Concerned] = {}
    for door in branch.doors.exclude(use=DoorUse.NONE.value).prefetch_related("services", "rooms"):
        references = _references(door, bookings)
        if references:
            found[door.pk] = Concerned(len(references), tuple(references[:SHOWN]))
    return found


def _coming(branch: Branch, *, now: datetime) -> QuerySet[Booking]:
    return Booking.objects.filter(branch=branch, status__in=[status.value for status in GRANTING], end__gt=now)


def _references(door: Door, bookings: list[tuple[str, int, int]]) -> list[str]:
    if door.use == DoorUse.ALWAYS.value:
        return [reference for reference, _, _ in bookings]
    services, rooms = {service.pk for service in door.services.all()}, {room.pk for room in door.rooms.all()}
    return [reference for reference, service, room in bookings if service in services or room in rooms]
