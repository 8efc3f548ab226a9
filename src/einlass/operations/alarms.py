# SPDX-License-Identifier: Apache-2.0
"""Telling the staff that a key is not confirmed before its guest stands at the door. When: `core/alarms.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import translation

from einlass.core.access import AccessState
from einlass.core.alarms import GRACE, MARKS, due_alarm
from einlass.core.bookings import Status
from einlass.models import Access, Booking, Branch
from einlass.operations.key_problems import problem_sentence
from einlass.operations.message_values import clock, clock_after
from einlass.operations.staff_mail import about, staff_of, write_to
from einlass.queries.bookings import with_facts
from einlass.queries.keys import AccessView, access_of
from einlass.queries.services import organisation

KIND = "message_key_trouble"
UNCONFIRMED = frozenset({AccessState.PREPARING, AccessState.CHANGING, AccessState.TROUBLE})
# The first mark, and the longest margin that a branch may set on top of it.
AHEAD = timedelta(minutes=MARKS[0], days=1)
# What makes a key be made: for a moment after it the key is on its way, and nobody is alarmed.
ASKED_FOR = ("booking.confirmed", "booking.moved", "booking.answers_changed", "key.reissue_asked")


def raise_alarms(*, now: datetime, at_once: int = 200) -> int:
    """Tell the staff of every coming booking whose key is not confirmed at a mark, the soonest first. Returns of how many bookings."""
    settled = Q(access__ready_generation=F("access__generation"), access__problem="")
    # Those that open no door were looked at and are at rest.
    needs_no_key = Q(access__digest="", access__problem="", access__next_check_at__isnull=True)
    coming = Booking.objects.filter(
        status=Status.CONFIRMED.value, branch__lock_system__enabled=True, start__lte=now + AHEAD, end__gt=now, access__isnull=False
    )
    at_a_mark = coming.exclude(settled).exclude(needs_no_key).filter(_untold(now=now))
    # All of them, however many an outage of a day leaves behind: none may crowd out another.
    waiting = list(at_a_mark.order_by("start", "pk").values_list("pk", flat=True))
    some = (waiting[begin : begin + at_once] for begin in range(0, len(waiting), at_once))
    return sum(_alarm(booking, now=now) for bookings in some for booking in _with_asked(bookings))


def _untold(*, now: datetime) -> Q:
    """Those that a mark was passed of since staff were last told. A window may begin later than its margin says (F35), never sooner."""
    margins = Branch.objects.filter(lock_system__enabled=True).values_list("early_minutes", flat=True).distinct()
    found = Q(pk__in=[])
    for early in margins:
        for mark in MARKS:
            due = Q(branch__early_minutes=early, start__lte=now + timedelta(minutes=mark + early))
            found |= due & (Q(access__alarmed_minutes__isnull=True) | Q(access__alarmed_minutes__gt=mark))
    return found


def _with_asked(bookings: Sequence[int]) -> QuerySet[Booking]:
    asked = Booking.objects.filter(pk__in=bookings).annotate(asked_at=Max("events__at", filter=Q(events__kind__in=ASKED_FOR)))
    return with_facts(asked).order_by("start", "pk")


def _alarm(booking: Booking, *, now: datetime) -> bool:
    view = access_of(booking, now=now)
    if view.state not in UNCONFIRMED or view.valid_from is None:
        return False
    asked_at: datetime = getattr(booking, "asked_at", None) or booking.created_at
    if now - asked_at < GRACE:
        return False
    last = booking.access.alarmed_minutes
    mark = due_alarm(window_start=view.valid_from, now=now, last=last)
    if mark is None:
        return False
    with transaction.atomic():
        # Whoever moves or cancels it at this moment is either seen here, or waits for us and counts anew.
        as_read = Booking.objects.select_for_update(no_key=True).filter(pk=booking.pk, sequence=booking.sequence, status=booking.status)
        if not as_read.values_list("pk").first():
            return False
        # By one conditional update: another worker that sees the same mark writes nothing.
        if not Access.objects.filter(pk=booking.pk, alarmed_minutes=last).update(alarmed_minutes=mark):
            return False
        _write(booking, view, once=f"{KIND}.{booking.pk}.{booking.sequence}.{mark}", now=now)
    return True


def _write(booking: Booking, view: AccessView, *, once: str, now: datetime) -> None:
    operator = organisation()
    language, zone = operator.default_language, booking.branch.time_zone
    again = view.problem.next_attempt_at if view.problem else None
    with translation.override(language):
        problem = problem_sentence(view.problem.code) if view.problem else ""
    values = about(booking, operator) | {
        "problem": problem,
        "next_attempt": clock_after(again, now, zone, language=language) if again and again > now else "",
        "key_from": clock_after(view.valid_from or booking.start, booking.start, zone, language=language),
        "time": clock(booking.start, zone),
    }
    write_to(staff_of(booking.branch), KIND, values, operator=operator, once=once, booking=booking, useful_until=booking.end, now=now)
