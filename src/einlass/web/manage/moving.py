# SPDX-License-Identifier: Apache-2.0
"""Moving a booking to another time or room: choose, see old and new side by side, one button (R13). From the calendar both are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.errors import FieldError, Refusal
from einlass.core.hours import local_date
from einlass.core.roles import May
from einlass.models import Booking, Room
from einlass.operations.bookings import reschedule
from einlass.web import formats, refusals
from einlass.web.manage.addresses import address
from einlass.web.manage.booking import booking_for, crumbs_to, reader_of
from einlass.web.manage.chooser import Choice, asked_in, choice_in, free_starts, times_of
from einlass.web.manage.desk import FORM, actor_of, show, staff_page
from einlass.web.manage.rows import Reader, row_of


@dataclass(frozen=True, slots=True)
class Side:
    """When and where, as it is or as it will be."""

    day: str
    span: str
    room: str


@staff_page(May.WORK, FORM)
def move(request: HttpRequest, reference: str) -> HttpResponse:
    booking = booking_for(request, reference)
    reader = reader_of(request, now=timezone.now())
    choice = _choice(request, booking, reader)
    if not row_of(booking, reader=reader).may_move:
        return _choose(request, booking, choice, reader, Refusal("not_allowed_now"))
    if request.method == "POST":
        return _move(request, booking, choice, reader)
    if "show" in request.GET or ("day" not in request.GET and choice.start is None):
        return _choose(request, booking, choice, reader)
    if choice.start is None:
        return _choose(request, booking, choice, reader, Refusal("invalid", fields=(FieldError("start", "required"),)))
    if _room_for(choice, reader) is None:
        return _choose(request, booking, choice, reader)
    return _ask(request, booking, choice, reader)


def _choice(request: HttpRequest, booking: Booking, reader: Reader) -> Choice:
    """What was chosen, the booking itself left out of what is taken."""
    asked = asked_in(request.POST if request.method == "POST" else request.GET)
    return choice_in(asked, booking.service, now=reader.now, moving=booking)


def _room_for(choice: Choice, reader: Reader) -> Room | None:
    """The room that the booking would get at the start that was chosen: the wanted one, else its own, else the first free one."""
    slots = free_starts(choice, first=choice.day, last=choice.day, now=reader.now)
    free = next((slot.rooms for slot in slots if slot.start == choice.start), ())
    wanted = choice.room.pk if choice.room else choice.moving.room_id if choice.moving else None
    given = wanted if wanted in free else next(iter(free), None)
    return next((room for room in choice.rooms if room.pk == given), None)


def _move(request: HttpRequest, booking: Booking, choice: Choice, reader: Reader) -> HttpResponse:
    start = choice.start or booking.start
    try:
        moved = reschedule(booking, start=start, duration=choice.duration, actor=actor_of(request), now=reader.now, room=choice.room)
    except Refusal as refusal:
        return _choose(request, booking, choice, reader, refusal)
    side = _side(moved.start, moved.end, moved.room, moved, reader)
    told = gettext("Moved to %(day)s, %(span)s, %(room)s.") % {"day": side.day, "span": side.span, "room": side.room}
    messages.success(request, told)
    done = redirect("manage_booking", reference=booking.reference)
    done.status_code = 303
    return done


def _ask(request: HttpRequest, booking: Booking, choice: Choice, reader: Reader) -> HttpResponse:
    """Old and new side by side."""
    start, room = choice.start, _room_for(choice, reader)
    assert start is not None
    assert room is not None
    base = reverse("manage_move", args=[booking.reference])
    context = {
        "row": row_of(booking, reader=reader),
        "old": _side(booking.start, booking.end, booking.room, booking, reader),
        "new": _side(start, start + timedelta(minutes=choice.duration), room, booking, reader),
        "choice": choice,
        "room": room,
        "start": start.isoformat(),
        "back": address(base, show=1, duration=choice.duration, start=start, room=choice.room.key if choice.room else ""),
    }
    return show(request, "manage/move_ask.html", context, at="bookings", crumbs=crumbs_to(booking, gettext("Move")))


def _side(start: datetime, end: datetime, room: Room, booking: Booking, reader: Reader) -> Side:
    zone = booking.branch.time_zone
    day = formats.day_with_year(local_date(start, zone))
    return Side(day, formats.span(start, end, zone), reader.text(room.name, room.key))


def _choose(request: HttpRequest, booking: Booking, choice: Choice, reader: Reader, refusal: Refusal | None = None) -> HttpResponse:
    errors = refusal.fields if refusal else ()
    context = {
        "row": row_of(booking, reader=reader),
        "times": times_of(choice, reader=reader),
        "ended": refusal is not None and refusal.code == "not_allowed_now",
        "refusal_title": refusals.title(refusal) if refusal else "",
        "refusal": refusals.sentence(refusal) if refusal else "",
        "wrong": {error.field: refusals.field_sentence(error) for error in errors},
    }
    status = refusals.STATUS[refusal.code] if refusal else 200
    return show(request, "manage/move.html", context, at="bookings", crumbs=crumbs_to(booking, gettext("Move")), status=status)
