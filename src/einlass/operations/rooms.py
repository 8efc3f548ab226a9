# SPDX-License-Identifier: Apache-2.0
"""Giving a booking or a hold its room: locks, holds that ran out, the first free room. Which times are offered is `core/slots.py`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from einlass.core.bookings import Status
from einlass.core.errors import FieldError, Refusal
from einlass.core.events import Actor
from einlass.core.slots import blocked_window, free_rooms, rules_for, why_not_offered
from einlass.core.windows import Window
from einlass.models import Booking, Room, Service
from einlass.queries.availability import rooms_for, taken_windows


def refuse_unoffered(service: Service, *, start: datetime, duration: int, actor: Actor, now: datetime) -> None:
    """Raises Refusal not_offered where the service does not start then, or not for so long; rooms apart."""
    reason = why_not_offered(rules_for(service.rules(), actor=actor.kind), service.branch.hours(), start=start, duration=duration, now=now)
    if reason:
        raise Refusal("not_offered", fields=(FieldError("duration" if reason == "duration" else "start", reason),))


def take_room(booking: Booking, *, window: Window, persons: int, now: datetime, wanted: Room | None = None, hold: str = "") -> None:
    """Give the booking the first free room of its service, or the one that is wanted, and write it. Raises Refusal slot_taken.

    The rooms' rows are locked in the order of their ids, so that two wishes for several rooms cannot wait for one another;
    after that the check cannot be overtaken. The database's own refusal of an overlap remains the last word.
    With `hold`, the visitor's own hold by its token, that row becomes the booking: its time is free for others at no instant.
    """
    rooms = _locked_rooms(booking.service, persons=persons, wanted=wanted)
    _take_up(booking, hold)
    rules = booking.service.rules()
    blocked = blocked_window(rules, window)
    _lapse(rooms, blocked, now=now)
    leave_out = booking if booking.pk else None
    taken = taken_windows(list(rooms), start=blocked.start, end=blocked.end, now=now, leave_out=leave_out)
    preferred = sorted(rooms, key=lambda pk: pk != booking.room_id)
    free = free_rooms(rules, rooms=preferred, taken=taken, window=window)
    if not free:
        raise Refusal("slot_taken")
    booking.room = rooms[free[0]]
    booking.start, booking.end = window.start, window.end
    booking.blocked_from, booking.blocked_until = blocked.start, blocked.end
    try:
        with transaction.atomic():
            booking.save()
        booking.forget_neighbours()
    except IntegrityError as error:
        if "no_overlap" not in str(error):
            raise
        raise Refusal("slot_taken") from error


def _locked_rooms(service: Service, *, persons: int, wanted: Room | None) -> dict[int, Room]:
    """The rooms that may be given, in the operator's order, locked until the end of the transaction."""
    rooms = {room.pk: room for room in rooms_for(service, persons=persons)}
    if not rooms:
        raise Refusal("invalid" if persons else "not_offered", fields=(FieldError("persons", "too_many_persons"),) if persons else ())
    if wanted is not None and wanted.pk not in rooms:
        raise _not_this_room(service, wanted)
    if wanted is not None:
        rooms = {wanted.pk: rooms[wanted.pk]}
    locked = Room.objects.select_for_update(no_key=True).filter(pk__in=rooms).order_by("pk").values_list("pk", "active")
    # Somebody may have taken a room out of use while we waited for it.
    still = {pk for pk, active in locked if active}
    rooms = {pk: room for pk, room in rooms.items() if pk in still}
    if not rooms or not Service.objects.filter(pk=service.pk).exists():
        raise Refusal("slot_taken")
    return rooms


def _take_up(booking: Booking, token: str) -> None:
    """Write over the row of this hold, and keep its room where that is possible. A hold that is no more is no hold."""
    # PostgreSQL refuses to look for a NUL, which a form may hold.
    if not token or "\0" in token:
        return
    held = Booking.objects.select_for_update().filter(link_token=token, status=Status.HELD.value).first()
    if held is None:
        return
    booking.pk, booking.reference, booking.room_id = held.pk, held.reference, held.room_id
    if booking.status == Status.HELD.value:
        # A hold that is moved keeps its name, as it stands in addresses, and its age. A booking gets a name that stood in none.
        booking.link_token, booking.created_at = held.link_token, held.created_at


def _lapse(rooms: Collection[int], blocked: Window, *, now: datetime) -> None:
    """Holds that ran out give their time back to whoever wants it; the database would still count them."""
    over = Booking.objects.filter(room_id__in=rooms, status=Status.HELD.value, held_until__lte=now)
    over.filter(blocked_from__lt=blocked.end, blocked_until__gt=blocked.start).update(status=Status.LAPSED.value)


def _not_this_room(service: Service, wanted: Room) -> Refusal:
    """Why the service cannot be held in this room: it is not one of its own, or too small for so many people."""
    ours = wanted.active and service.rooms.filter(pk=wanted.pk).exists()
    return Refusal("invalid", fields=(FieldError("room", "room_too_small" if ours else "not_a_choice"),))
