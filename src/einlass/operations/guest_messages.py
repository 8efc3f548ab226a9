# SPDX-License-Identifier: Apache-2.0
"""What a guest is told, by mail and SMS, and when: after what happened to his booking, and a day before it. The texts are templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Required, TypedDict

from django.db import transaction
from django.db.models import Q

from einlass.core.bookings import Status
from einlass.core.calendar_files import Method, method_for
from einlass.core.events import (
    BookingCancelled,
    BookingConfirmed,
    BookingDeclined,
    BookingMoved,
    BookingRequested,
    Event,
    KeyReady,
)
from einlass.core.messages import MAIL, SMS
from einlass.models import Access, Booking, Organisation
from einlass.operations.calendar_entries import calendar_of
from einlass.operations.message_values import Letter, booking_values, clock, clock_after, day_of, language_of, letter
from einlass.operations.messages import queue
from einlass.queries.bookings import with_facts
from einlass.queries.keys import access_of
from einlass.queries.services import organisation
from einlass.queries.templates import wording

REMINDED_BEFORE = timedelta(hours=24)
REMINDER, KEY_READY = "message_reminder", "message_key_ready"
# It tells of the key; in the calendar nothing is different.
WITHOUT_CALENDAR = frozenset({KEY_READY})
TEMPLATES: Mapping[type[Event], str] = {
    BookingRequested: "message_received",
    BookingConfirmed: "message_confirmed",
    BookingMoved: "message_moved",
    BookingCancelled: "message_cancelled",
    BookingDeclined: "message_declined",
    KeyReady: KEY_READY,
}
# A reason that the clock gives is no sentence for a guest.
UNSAID = frozenset({"expired"})


def tell_guest(event: Event, booking: Booking, *, now: datetime) -> None:
    """Write the messages that follow from the event, in the caller's transaction. Nothing where the guest cannot be reached."""
    if isinstance(event, BookingConfirmed | BookingMoved):
        _count_anew(booking, moved=isinstance(event, BookingMoved), now=now)
    kind, operator = TEMPLATES[type(event)], organisation()
    if not _channels(kind, booking, operator):
        return
    booking = with_facts(Booking.objects.filter(pk=booking.pk)).get()
    extra = _extra(event, booking, now=now)
    if extra is None:
        return
    cause = event.generation if isinstance(event, KeyReady) else booking.sequence
    _write(kind, booking, operator, extra, cause=cause, now=now)


def remind_due(*, now: datetime, at_most: int = 500) -> int:
    """Remind guests whose booking starts within a day. Returns how many."""
    operator = organisation()
    soon = Booking.objects.filter(status=Status.CONFIRMED.value, reminded_at__isnull=True, start__gt=now, start__lte=now + REMINDED_BEFORE)
    nobody = Q(email="") if _sms_of(REMINDER) not in operator.sms_messages else Q(email="", mobile="")
    reminded = 0
    for booking in with_facts(soon.exclude(nobody).order_by("start"))[:at_most]:
        with transaction.atomic():
            # Whoever cancels or moves at this moment is either seen here, or waits for us.
            ours = soon.filter(pk=booking.pk, sequence=booking.sequence).update(reminded_at=now)
            if ours:
                _write(REMINDER, booking, operator, {}, cause=booking.sequence, now=now)
                reminded += 1
    return reminded


def _sms_of(kind: str) -> str:
    """The short form of a message: message_moved, sms_moved."""
    return kind.replace("message_", "sms_", 1)


def _channels(kind: str, booking: Booking, operator: Organisation) -> dict[str, tuple[str, str]]:
    """By which ways the guest is told: the template and his address of each. SMS only where the operator wants this one sent."""
    ways = {MAIL: (kind, booking.email), SMS: (_sms_of(kind), booking.mobile if _sms_of(kind) in operator.sms_messages else "")}
    return {channel: way for channel, way in ways.items() if way[1]}


def _write(kind: str, booking: Booking, operator: Organisation, extra: dict[str, str], *, cause: int, now: datetime) -> None:
    language = language_of(booking, operator)
    # Who waits for an approval has no key (R17), also when his request was moved.
    no_key = {"doors": ""} if Status(booking.status) is Status.PENDING else {}
    values = booking_values(booking, operator, language=language) | no_key | extra
    for channel, (key, address) in _channels(kind, booking, operator).items():
        made = letter(key, wording(key, language=language, operator=operator), values, language=language, operator=operator)
        queue(
            kind=key,
            to=address,
            language=language,
            once=f"{key}.{booking.pk}.{cause}",
            booking=booking,
            channel=channel,
            useful_until=_useful_until(kind, booking),
            now=now,
            **(_as_sms(made) if channel == SMS else _as_mail(made, kind, booking, operator, now=now)),
        )


class Content(TypedDict, total=False):
    """What is written, as the outbox keeps it."""

    subject: str
    text: Required[str]
    html: str
    calendar: str
    calendar_method: Method


def _as_sms(made: Letter) -> Content:
    return {"text": made.text.strip()}


def _as_mail(made: Letter, kind: str, booking: Booking, operator: Organisation, *, now: datetime) -> Content:
    content: Content = {"subject": made.subject, "text": made.text, "html": made.html}
    if kind in WITHOUT_CALENDAR:
        return content
    # Kept with the message: what happens to the booking until it is sent does not change what is said here.
    method = method_for(Status(booking.status))
    calendar = calendar_of(booking, operator, method=method, language=made.language, now=now)
    return content | {"calendar": calendar, "calendar_method": method}


def _useful_until(kind: str, booking: Booking) -> datetime | None:
    """A reminder of what has begun, or the key of what is over, only confuses."""
    return {REMINDER: booking.start, KEY_READY: booking.end}.get(kind)


def _extra(event: Event, booking: Booking, *, now: datetime) -> dict[str, str] | None:
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
            return told | _other_key(booking, now=now) if booking.keys.exists() else told | {"doors": ""}
    return {}


def _other_key(booking: Booking, *, now: datetime) -> dict[str, str]:
    """F14: only our own key is taken back, so nobody is told that his phone opens no more while it does."""
    until = access_of(booking, now=now).others_until
    language = language_of(booking, organisation())
    return {"other_key_until": clock_after(until, booking.start, booking.branch.time_zone, language=language)} if until else {}


def _count_anew(booking: Booking, *, moved: bool, now: datetime) -> None:
    """The reminder and the alarms count towards the start. Who has just been told a start within a day needs no reminder of it."""
    reminded = now if booking.start - now < REMINDED_BEFORE else None
    if reminded is not None or booking.reminded_at is not None:
        Booking.objects.filter(pk=booking.pk).update(reminded_at=reminded)
        booking.reminded_at = reminded
    if moved:
        Access.objects.filter(booking=booking).update(alarmed_minutes=None)
