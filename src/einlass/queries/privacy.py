# SPDX-License-Identifier: Apache-2.0
"""Personal data: finding a guest's bookings, all that is kept of them, and which are due to be erased. Erasing: `operations/privacy.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from einlass.models import Booking, Key, NumberChange, Organisation
from einlass.queries.bookings import real
from einlass.queries.keys import OPEN_STATES

# Shorter words would list everybody.
SHORTEST_SEARCH = 4
SHORTEST_NUMBER = 6


def bookings_of_guest(text: str) -> QuerySet[Booking]:
    """Bookings whose guest has this e-mail address, mobile number, name (a part of it) or whose reference this is; newest first."""
    text = text.strip()
    if len(text) < SHORTEST_SEARCH:
        return Booking.objects.none()
    found = Q(guest_name__icontains=text) | Q(email__iexact=text) | Q(reference__iexact=text)
    digits = "".join(sign for sign in text if sign.isdigit()).lstrip("0")
    if len(digits) >= SHORTEST_NUMBER and not any(sign.isalpha() for sign in text):
        found |= Q(mobile__endswith=digits)
    return real(Booking.objects.filter(found)).select_related("branch", "service", "room").order_by("-start", "-id")


def with_everything(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with all that is told of them, in a fixed number of queries."""
    return bookings.select_related("branch", "service", "room", "number_change").prefetch_related(
        "keys", "messages", "events", "entries", "branch__doors"
    )


def everything_about(booking: Booking) -> dict[str, Any]:
    """All that is kept of a guest for one booking, as it is handed to him. Names nobody of the staff. Read `with_everything`."""
    wish: NumberChange | None = getattr(booking, "number_change", None)
    return {
        "reference": booking.reference,
        "status": booking.status,
        "branch": booking.branch.name,
        "service": booking.service.name,
        "room": booking.room.name,
        "start": booking.start.isoformat(),
        "end": booking.end.isoformat(),
        "time_zone": booking.branch.time_zone,
        "language": booking.language,
        "name": booking.guest_name,
        "email": booking.email,
        "mobile": booking.mobile,
        "mobile_asked_for": wish.mobile if wish else "",
        "answers": booking.answers,
        "created_at": booking.created_at.isoformat(),
        "ended_at": _instant(booking.ended_at),
        "ended_reason": booking.ended_reason,
        "keys": _keys(booking),
        "door_log": _taps(booking),
        "messages": _messages(booking),
        "events": [{"at": row.at.isoformat(), "kind": row.kind, "by": row.actor_kind, "data": row.data} for row in booking.events.all()],
    }


def _keys(booking: Booking) -> list[dict[str, Any]]:
    names = {door.component: door.name for door in booking.branch.doors.all()}
    return [
        {
            "state": row.state,
            "mobile": row.phone,
            "doors": [names.get(component) or component for component in row.doors],
            "valid_from": row.valid_from.isoformat(),
            "valid_until": row.valid_until.isoformat(),
            "ended_at": _instant(row.closed_at),
        }
        for row in booking.keys.all()
    ]


def _taps(booking: Booking) -> list[dict[str, Any]]:
    names = {door.component: door.name for door in booking.branch.doors.all()}
    return [
        {"at": row.at.isoformat(), "door": names.get(row.component) or row.component, "opened": row.opened}
        for row in sorted(booking.entries.all(), key=lambda row: row.at)
    ]


def _messages(booking: Booking) -> list[dict[str, Any]]:
    return [
        {
            "kind": row.kind,
            "to": row.to_address,
            "subject": row.subject,
            "text": row.text,
            "created_at": row.created_at.isoformat(),
            "sent_at": _instant(row.sent_at),
        }
        for row in booking.messages.all()
    ]


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def waiting_for_their_keys(*, now: datetime) -> QuerySet[Booking]:
    """Bookings whose data somebody asked to erase, and whose key may still open."""
    return Booking.objects.filter(_opens(now), erase_since__isnull=False, erased_at__isnull=True)


def older_than(days: int, *, now: datetime) -> QuerySet[Booking]:
    """Bookings with personal data that ended longer ago."""
    return Booking.objects.filter(erased_at__isnull=True, end__lt=now - timedelta(days=days))


def due_to_be_erased(*, now: datetime) -> Iterable[QuerySet[Booking]]:
    """What somebody asked for, then what was kept long enough; never a booking whose key may still open (F45)."""
    quiet = Booking.objects.filter(~_opens(now), erased_at__isnull=True)
    yield quiet.filter(erase_since__isnull=False).order_by("erase_since", "pk")
    days = Organisation.objects.values_list("keep_personal_days", flat=True).first()
    if days is not None:
        yield quiet.filter(pk__in=older_than(days, now=now)).order_by("end", "pk")


def _opens(now: datetime) -> Exists:
    return Exists(Key.objects.filter(may_open(now), booking=OuterRef("pk")))


def may_open(now: datetime) -> Q:
    """Keys that may open: at the vendor, or on a phone that has not heard that they were taken back (F33)."""
    return Q(state__in=OPEN_STATES, valid_until__gt=now) | Q(opens_until__gt=now)
