# SPDX-License-Identifier: Apache-2.0
"""What happened to the booking, told to the guest: few lines, newest first. What the staff read is `web/manage/timeline.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.bookings import Actor as ActorKind
from einlass.core.hours import local_date
from einlass.models import Booking, EventRecord
from einlass.queries.history import told_to_guest
from einlass.web import formats

BY_GUEST = ActorKind.GUEST.value
# Of each kind of event what is said when the guest did it, and when anybody else did.
SENTENCES = {
    "booking.requested": (_("Asked for"), _("Asked for by us")),
    "booking.confirmed": (_("Booked"), _("Booked by us")),
    "booking.moved": (_("Moved by you from %(old)s to %(new)s"), _("Moved by us from %(old)s to %(new)s")),
    "booking.cancelled": (_("Cancelled by you"), _("Cancelled by us")),
    "booking.declined": (_("Not accepted"), _("Not accepted")),
    "booking.link_renewed": (_("This page has a new address"), _("This page has a new address")),
    "key.ready": (_("Key ready"), _("Key ready")),
}
ANSWERS = (_("Details corrected by you"), _("Details corrected by us"))
NUMBER = (_("Mobile number changed by you"), _("Mobile number changed by us"))


@dataclass(frozen=True, slots=True)
class Line:
    when: str
    sentence: str


def history(booking: Booking, *, now: datetime) -> tuple[Line, ...]:
    """In the language of the page, in the time of the branch."""
    told = told_to_guest(booking)
    zone = booking.branch.time_zone
    return tuple(
        Line(formats.recent(row.at, zone, now=now), _sentence(row, told.events, told.number_questions, zone)) for row in told.events
    )


def _sentence(row: EventRecord, events: Sequence[EventRecord], numbers: frozenset[str], zone: str) -> str:
    if row.kind == "booking.confirmed" and any(e.kind == "booking.requested" and e.pk < row.pk for e in events):
        return gettext("Confirmed by us")
    both = _answers(row, numbers) if row.kind == "booking.answers_changed" else SENTENCES[row.kind]
    said = str(both[0] if row.actor_kind == BY_GUEST else both[1])
    return said % {"old": _span(row.data, "old", zone), "new": _span(row.data, "new", zone)} if row.kind == "booking.moved" else said


def _answers(row: EventRecord, numbers: frozenset[str]) -> tuple[object, object]:
    return NUMBER if numbers & set(row.data.get("questions", ())) else ANSWERS


def _span(data: Mapping[str, str], which: str, zone: str) -> str:
    start, end = (datetime.fromisoformat(data[f"{which}_{edge}"]) for edge in ("start", "end"))
    return f"{formats.short_day(local_date(start, zone))}, {formats.span(start, end, zone)}"
