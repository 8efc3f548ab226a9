# SPDX-License-Identifier: Apache-2.0
"""The history of a booking by day, newest first: what people and Einlass did, and what exivo was asked. The words: `timeline_words.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext, ngettext

from einlass.core.bookings import Actor as ActorKind
from einlass.core.hours import local_date, to_local
from einlass.core.windows import Window
from einlass.models import Booking, EventRecord, VendorCall
from einlass.web import formats
from einlass.web.manage.timeline_words import APPROVED, AT_VENDOR, SENTENCES, call_word, outcome_word, words_of


@dataclass(frozen=True, slots=True)
class Answer:
    """One call of a folded entry: when, what, how it ended, and exivo's own words, redacted when they were kept."""

    time: str
    what: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `mark` is person, system or vendor, or what a door did: opened or stayed; `note` is what somebody wrote."""

    at: datetime
    time: str
    mark: str
    sentence: str
    by: str
    note: str = ""
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineDay:
    title: str
    entries: tuple[Entry, ...]


def timeline(
    booking: Booking,
    events: Sequence[EventRecord],
    calls: Sequence[VendorCall],
    *,
    labels: Mapping[str, str],
    rooms: Mapping[str, str],
    taps: Sequence[Entry] = (),
    now: datetime,
) -> tuple[TimelineDay, ...]:
    """Both lists come newest first. Calls between two events stand together in one line."""
    zone = booking.branch.time_zone
    told = [_entry(booking, row, events, labels=labels, rooms=rooms) for row in events]
    # What exivo was asked follows from what happened, also within the same second.
    entries = sorted([*told, *taps, *_calls(calls, told, zone)], key=lambda entry: (entry.at, bool(entry.answers)), reverse=True)
    days = groupby(entries, key=lambda entry: local_date(entry.at, zone))
    today = local_date(now, zone)
    return tuple(TimelineDay(gettext("Today") if day == today else formats.day_with_year(day), tuple(group)) for day, group in days)


def _entry(
    booking: Booking, row: EventRecord, events: Sequence[EventRecord], *, labels: Mapping[str, str], rooms: Mapping[str, str]
) -> Entry:
    zone = booking.branch.time_zone
    values = words_of(row.data, labels=labels) | _times(booking, row, events)
    approved = row.kind == "booking.confirmed" and any(e.kind == "booking.requested" and e.pk < row.pk for e in events)
    found = APPROVED if approved else SENTENCES.get(row.kind)
    return Entry(
        at=row.at,
        time=formats.clock(row.at, zone),
        mark=_mark(row),
        sentence=str(found) % values if found else row.kind,
        by=_who(booking, row),
        note=_note(row, rooms),
    )


def _mark(row: EventRecord) -> str:
    if row.kind in AT_VENDOR:
        return "vendor"
    return "system" if row.actor_kind == ActorKind.CLOCK.value else "person"


def _who(booking: Booking, row: EventRecord) -> str:
    if row.kind in AT_VENDOR:
        return "exivo"
    match row.actor_kind:
        case ActorKind.CLOCK.value:
            return "Einlass"
        case ActorKind.GUEST.value if not row.actor_name:
            return gettext("%(guest)s, booking page") % {"guest": booking.guest_name or gettext("Guest")}
        case ActorKind.GUEST.value | ActorKind.API.value:
            return gettext("%(name)s, through the API") % {"name": row.actor_name}
    return row.actor_name


def _note(row: EventRecord, rooms: Mapping[str, str]) -> str:
    data = row.data
    if row.kind == "booking.moved" and data.get("old_room") != data.get("new_room"):
        return gettext("Now in %(room)s") % {"room": rooms.get(str(data["new_room"]), str(data["new_room"]))}
    if row.kind == "booking.declined" and data.get("reason") == "expired":
        return gettext("Nobody approved it in time.")
    return str(data.get("reason", "")) if row.kind in {"booking.cancelled", "booking.declined"} else ""


def _times(booking: Booking, row: EventRecord, events: Sequence[EventRecord]) -> dict[str, str]:
    """What was booked as it was told then: before the first move it was that one's old time."""
    zone = booking.branch.time_zone
    if row.kind == "booking.moved":
        old, new = _window(row, "old"), _window(row, "new")
        return {"old": _span(old, zone), "new": _span(new, zone)}
    if row.kind == "key.exposed":
        return {"exposed": _span(Window(datetime.fromisoformat(row.data["since"]), datetime.fromisoformat(row.data["until"])), zone)}
    moves = [event for event in events if event.kind == "booking.moved" and event.pk > row.pk]
    window = _window(moves[-1], "old") if moves else booking.window
    return {"span": _span(window, zone)}


def _window(row: EventRecord, which: str) -> Window:
    return Window(datetime.fromisoformat(row.data[f"{which}_start"]), datetime.fromisoformat(row.data[f"{which}_end"]))


def _span(window: Window, zone: str) -> str:
    return f"{formats.short_day(local_date(window.start, zone))}, {formats.span(window.start, window.end, zone)}"


def _calls(calls: Iterable[VendorCall], told: Sequence[Entry], zone: str) -> list[Entry]:
    """Calls of one day with no event between them are one line; its place is that of the last call."""

    def between(call: VendorCall) -> tuple[object, int]:
        return local_date(call.started_at, zone), sum(1 for entry in told if entry.at > call.started_at)

    return [_folded(list(group), zone) for _, group in groupby(calls, key=between)]


def _folded(calls: list[VendorCall], zone: str) -> Entry:
    count = len(calls)
    first = gettext("Asked: %(what)s") % {"what": call_word(calls[0].kind)}
    several = ngettext("Asked %(count)s time", "Asked %(count)s times", count) % {"count": count}
    return Entry(
        at=calls[0].started_at,
        time=formats.clock(calls[0].started_at, zone),
        mark="vendor",
        sentence=first if count == 1 else several,
        by="exivo",
        answers=tuple(_answer(call, zone) for call in calls),
    )


def _answer(call: VendorCall, zone: str) -> Answer:
    time = f"{to_local(call.started_at, zone):%H:%M:%S}"
    return Answer(time=time, what=call_word(call.kind), outcome=outcome_word(call.outcome), detail=call.detail)
