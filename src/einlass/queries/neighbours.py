# SPDX-License-Identifier: Apache-2.0
"""Bookings that follow one another in a room, and how long both keys open at once. What keeps two bookings apart is `core/slots.py`."""

from __future__ import annotations

from einlass.models import Service


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
