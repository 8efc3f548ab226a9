# SPDX-License-Identifier: Apache-2.0
"""What a guest is told by mail, and when: after what happened to his booking, and a day before it starts. The texts are templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from einlass.core.bookings import Status
from einlass.core.events import (
    BookingCancelled,
    BookingConfirmed,
    BookingDeclined,
    BookingMoved,
    BookingRequested,
    Event,
    KeyReady,
)
from einlass.models import Access, Booking
from einlass.operations.message_values import booking_values, clock, day_of, language_of, letter
from einlass.operations.messages import queue
from einlass.queries.bookings import with_facts
from einlass.queries.services import organisation
from einlass.queries.templates import wording

REMINDED_BEFORE = timedelta(hours=24)
REMINDER = "message_reminder"
TEMPLATES: Mapping[type[Event], str] = {
    BookingRequested: "message_received",
    BookingConfirmed: "message_confirmed",
    BookingMoved: "message_moved",
    BookingCancelled: "message_cancelled",
    BookingDeclined: "message_declined",
    KeyReady: "message_key_ready",
}
# A reason that the clock gives is no sentence for a guest.
UNSAID = frozenset({"expired"})


def tell_guest(event: Event, booking: Booking, *, now: datetime) -> None:
    """Write the message that follows from the event, in the caller's transaction. Nothing where the guest gave no address."""
    if isinstance(event, BookingConfirmed | BookingMoved):
        _count_anew(booking, moved=isinstance(event, BookingMoved), now=now)
    kind = TEMPLATES[type(event)]
    if not booking.email:
        return
    booking = with_facts(Booking.objects.filter(pk=booking.pk)).get()
    extra = _extra(event, booking)
    if extra is None:
        return
    once = f"{kind}.{booking.pk}.{event.generation if isinstance(event, KeyReady) else booking.sequence}"
    _write(kind, booking, extra, once=once, now=now)


def remind_due(*, now: datetime, at_most: int = 500) -> int:
    """Remind guests whose booking starts within a day. Returns how many."""
    soon = Booking.objects.filter(status=Status.CONFIRMED.value, reminded_at__isnull=True, start__gt=now, start__lte=now + REMINDED_BEFORE)
    reminded = 0
    for booking in with_facts(soon.exclude(email="").order_by("start"))[:at_most]:
        with transaction.atomic():
            # Whoever cancels or moves at this moment is either seen here, or waits for us.
            ours = soon.filter(pk=booking.pk, sequence=booking.sequence).update(reminded_at=now)
            if ours:
                _write(REMINDER, booking, {}, once=f"{REMINDER}.{booking.pk}.{booking.sequence}", now=now)
                reminded += 1
    return reminded


def _write(kind: str, booking: Booking, extra: dict[str, str], *, once: str, now: datetime) -> None:
    operator = organisation()
    language = language_of(booking, operator)
    values = booking_values(booking, operator, language=language) | extra
    made = letter(kind, wording(kind, language=language, operator=operator), values, language=language, operator=operator)
    queue(
        kind=kind,
        to=booking.email,
        language=language,
        subject=made.subject,
        text=made.text,
        html=made.html,
        once=once,
        booking=booking,
        now=now,
    )


def _extra(event: Event, booking: Booking) -> dict[str, str] | None:
    """What the event adds to the values of its booking; None where the guest need not be told."""
    match event:
        case KeyReady():
            facts = booking.facts()
            return {} if facts.status is Status.CONFIRMED and booking.keys.exists() else None
        case BookingMoved():
            start, zone = datetime.fromisoformat(event.old_start), booking.branch.time_zone
            language = language_of(booking, organisation())
            return {"old_day": day_of(start, zone, language=language), "old_time": clock(start, zone)}
        case BookingCancelled() | BookingDeclined():
            # A key is taken back only where there was one.
            told = {"reason": "" if event.reason in UNSAID else event.reason}
            return told if booking.keys.exists() else told | {"doors": ""}
    return {}


def _count_anew(booking: Booking, *, moved: bool, now: datetime) -> None:
    """The reminder and the alarms count towards the start. Who has just been told a start within a day needs no reminder of it."""
    reminded = now if booking.start - now < REMINDED_BEFORE else None
    if reminded is not None or booking.reminded_at is not None:
        Booking.objects.filter(pk=booking.pk).update(reminded_at=reminded)
        booking.reminded_at = reminded
    if moved:
        Access.objects.filter(booking=booking).update(alarmed_minutes=None)
