# SPDX-License-Identifier: Apache-2.0
"""One booking as the staff see it: facts, what can be done, its key, its history. What is done is done by the pages beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.bookings import Action, Actor, Status, allowed
from einlass.core.grants import GRANTING
from einlass.core.roles import May
from einlass.models import Booking, DoorEntry
from einlass.operations.addresses import own_page
from einlass.queries.bookings import with_facts
from einlass.queries.door_log import entries_of, log_is_kept_for, nobody_came_to
from einlass.queries.history import history_of, questions_answered
from einlass.queries.keys import access_of
from einlass.queries.messages import messages_of
from einlass.queries.neighbours import Overlap, overlaps_of
from einlass.queries.scope import visible_bookings
from einlass.web import formats
from einlass.web.context import operator_of
from einlass.web.fields import Reading
from einlass.web.manage.booking_key import staff_key
from einlass.web.manage.booking_messages import messages_in_words
from einlass.web.manage.desk import Crumb, show, staff_of, staff_page
from einlass.web.manage.desk import allowed as role_allows
from einlass.web.manage.door_log import DoorLog, door_log, taps_in_time
from einlass.web.manage.guest_facts import guest_facts, labels_of
from einlass.web.manage.rows import Reader, row_of
from einlass.web.manage.timeline import timeline
from einlass.web.manage.why import why_box


@dataclass(frozen=True, slots=True)
class Doable:
    """What can be done to the booking as it is now; the role comes on top."""

    confirm: bool
    decline: bool
    move: bool
    cancel: bool
    no_show: bool
    answers: bool


@staff_page(May.LOOK)
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    found, now = booking_for(request, reference), timezone.now()
    reader, access = reader_of(request, now=now), access_of(found, now=now)
    questions, history = questions_answered(found), history_of(found)
    reading, taps = reading_of(request, found), entries_of(found)
    context = {
        "row": row_of(found, reader=reader),
        "booking": found,
        "reason": _reason(found),
        "booked_at": formats.recent(found.created_at, found.branch.time_zone, now=now),
        "own_address": own_page(found),
        "can": doable(found, now=now),
        "why": why_box(found, access, request.GET.dict(), now=now),
        "key": staff_key(found, access, now=now),
        "log": _log(found, taps, now=now),
        "overlaps": [_in_words(overlap, zone=found.branch.time_zone) for overlap in overlaps_of(found)],
        "guest": guest_facts(found.answers, questions, reading),
        "written": messages_in_words(messages_of(found), found.branch.time_zone, now=now),
        "timeline": timeline(
            found,
            history.events,
            history.calls,
            labels=labels_of(questions, reading),
            taps=taps_in_time(found, taps),
            rooms={room.key: reader.text(room.name, room.key) for room in history.rooms},
            now=now,
        ),
    }
    return show(request, "manage/booking.html", context, at="bookings", crumbs=crumbs_to(found))


@staff_page(May.LOOK)
def key(request: HttpRequest, reference: str) -> HttpResponse:
    """The key card alone; nothing (204) when it is still as the page shows it."""
    found, now = booking_for(request, reference), timezone.now()
    card = staff_key(found, access_of(found, now=now), now=now)
    if card.digest == request.GET.get("seen"):
        return HttpResponse(status=204)
    context = {"row": row_of(found, reader=reader_of(request, now=now)), "key": card, "may": {"work": role_allows(request, May.WORK)}}
    return render(request, "manage/_booking_key.html", context)


def booking_for(request: HttpRequest, reference: str) -> Booking:
    """The booking, if its branch is one of the person's. Raises Http404."""
    # PostgreSQL refuses to look for a NUL, which an address may hold.
    bookings = visible_bookings(staff_of(request)).filter(reference=reference.upper().replace("\0", ""))
    found = with_facts(bookings).first()
    if found is None:
        raise Http404
    return found


def doable(found: Booking, *, now: datetime) -> Doable:
    """By the booking's state and the clock; the staff know no deadline."""
    status, coming = Status(found.status), found.end > now

    def may(action: Action) -> bool:
        return allowed(action, status=status, actor=Actor.STAFF)

    return Doable(
        confirm=status is Status.PENDING and coming,
        decline=may(Action.DECLINE),
        move=may(Action.MOVE) and coming,
        cancel=may(Action.CANCEL) and coming and status is not Status.PENDING,
        no_show=may(Action.NO_SHOW) and found.end <= now,
        answers=may(Action.MOVE) and coming,
    )


def reader_of(request: HttpRequest, *, now: datetime) -> Reader:
    """Whoever is signed in, as rows are put for him."""
    default = operator_of(request).default_language
    return Reader(language=request.LANGUAGE_CODE, default=default, now=now, may_act=role_allows(request, May.WORK))


def reading_of(request: HttpRequest, found: Booking) -> Reading:
    """In which words the questions of the booking are put."""
    return Reading(request.LANGUAGE_CODE, operator_of(request).default_language, found.branch.country)


def crumbs_to(found: Booking, *further: str) -> tuple[Crumb, ...]:
    """The path to the booking, or to a page below it."""
    here = reverse("manage_booking", args=[found.reference]) if further else ""
    return (Crumb(gettext("Bookings"), reverse("manage_bookings")), Crumb(found.reference, here), *(Crumb(word) for word in further))


def _log(found: Booking, taps: Sequence[DoorEntry], *, now: datetime) -> DoorLog | None:
    """None while it is off, and where there was no key."""
    if found.status not in GRANTING or log_is_kept_for() is None:
        return None
    return door_log(found, taps, nobody=bool(nobody_came_to([found.pk], branches=[found.branch], now=now)), now=now)


@dataclass(frozen=True, slots=True)
class OtherKey:
    """Another guest's key that opens at the same time, in words (F35)."""

    span: str
    guest: str
    reference: str


def _in_words(overlap: Overlap, *, zone: str) -> OtherKey:
    other, window = overlap.booking, overlap.window
    return OtherKey(formats.span(window.start, window.end, zone), other.guest_name or other.reference, other.reference)


def _reason(found: Booking) -> str:
    """What somebody wrote when it ended."""
    return gettext("Nobody approved it in time.") if found.ended_reason == "expired" else found.ended_reason
