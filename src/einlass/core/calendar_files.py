# SPDX-License-Identifier: Apache-2.0
"""A booking as a calendar file (RFC 5545), to be fetched or sent (RFC 5546). What stands in it: `operations/calendar_entries.py`.

A calendar takes a later file for the same entry where UID and ORGANIZER are the same and SEQUENCE has risen; else it doubles it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from icalendar import Calendar, Component, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText
from icalendar.parser import Contentline

from einlass.core.bookings import Status
from einlass.core.hours import ClockChange, clock_changes, to_local

# Where a line was too long and goes on in the next one.
FOLD = re.compile(r"\r\n[ \t]")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Method(StrEnum):
    """What the file asks of a calendar. PUBLISH is for whoever fetches it himself, the others come by mail."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


# What a booking that takes its room is in a calendar; one that was ended early is cancelled there.
_STATUS = {
    Status.HELD: "TENTATIVE",
    Status.PENDING: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.NO_SHOW: "CONFIRMED",
}


@dataclass(frozen=True, slots=True)
class Party:
    """Who invites, or who is invited."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking as a calendar shows it. `stamp` is when the file was made."""

    uid: str
    sequence: int
    stamp: datetime
    status: Status
    start: datetime
    end: datetime
    zone: str
    summary: str
    location: str
    description: str
    url: str
    organizer: Party
    attendee: Party


def calendar_file(entry: Entry, *, method: Method) -> str:
    """The file: lines of at most 75 octets that end with CR LF, and the rules of the zone's clocks with it."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Einlass//Einlass//EN")
    calendar.add("method", method.value)
    event = _event(entry, method=method)
    if any("TZID" in event[name].params for name in ("dtstart", "dtend")):
        calendar.add_component(_zone(entry))
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode()


def with_word_replaced(written: str, old: str, new: str) -> str:
    """The file with another word, also where the end of a line cuts it in two; it has no sign that would have to be escaped."""
    lines = FOLD.sub("", written).replace(old, new).split("\r\n")
    folded: list[bytes] = [Contentline(line).to_ical() for line in lines]  # type: ignore[no-untyped-call] # icalendar gives it no types
    return b"\r\n".join(folded).decode()


def method_for(status: Status) -> Method:
    """What a message about a booking in this state asks of the guest's calendar."""
    return Method.REQUEST if status in _STATUS else Method.CANCEL


def _event(entry: Entry, *, method: Method) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamp.astimezone(UTC))
    event.add("dtstart", _wall_time(entry.start, entry.zone))
    event.add("dtend", _wall_time(entry.end, entry.zone))
    event.add("summary", entry.summary)
    event.add("location", entry.location)
    event.add("description", entry.description)
    event.add("url", entry.url)
    event.add("status", _STATUS.get(entry.status, "CANCELLED"))
    event.add("transp", "OPAQUE" if entry.status in _STATUS else "TRANSPARENT")
    event.add("organizer", _address(entry.organizer))
    # Whoever fetches the file is nobody's guest (RFC 5546, 3.2.1).
    if method is not Method.PUBLISH:
        event.add("attendee", _attendee(entry.attendee))
    return event


def _wall_time(instant: datetime, zone: str) -> datetime:
    """The time on the clock of the place. Where the clock goes back, a wall time means its first occurrence (RFC 5545, 3.3.5), so the
    second one can only be said in UTC."""
    local = to_local(instant, zone)
    return instant.astimezone(UTC) if local.fold else local


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.address}")
    if party.name:
        address.params["CN"] = vText(party.name)
    return address


def _attendee(party: Party) -> vCalAddress:
    """He has booked, so nobody asks him whether he comes."""
    address = _address(party)
    address.params |= {
        "ROLE": vText("REQ-PARTICIPANT"),
        "PARTSTAT": vText("ACCEPTED"),
        "RSVP": vText("FALSE"),
        "CUTYPE": vText("INDIVIDUAL"),
    }
    return address


def _zone(entry: Entry) -> Timezone:
    """The zone as it is around the booking. Not the library's own, which lists every change since 1970, those of spring an hour late: an
    onset is told in the time before it (RFC 5545, 3.6.5)."""
    zone = Timezone()
    zone.add("tzid", entry.zone)
    first, last = entry.start.year - 1, entry.end.year + 1
    changes = clock_changes(entry.zone, first, last)
    if not changes or changes[0].at > entry.start:
        local = to_local(datetime(first, 1, 1, tzinfo=UTC), entry.zone)
        offset = local.utcoffset() or timedelta()
        zone.add_component(_observance(ClockChange(local.astimezone(UTC), offset, offset, local.tzname() or "")))
    alike = sorted(changes, key=lambda change: (change.before, change.after, change.name))
    for _, group in groupby(alike, key=lambda change: (change.before, change.after, change.name)):
        for part in _observances(list(group), years=last - first + 1):
            zone.add_component(part)
    return zone


def _observances(changes: Sequence[ClockChange], *, years: int) -> Iterator[Component]:
    """One yearly rule where the changes follow one, which every calendar knows to read; else each by itself."""
    rule = _yearly_rule(changes) if len(changes) == years else None
    if rule is None:
        yield from map(_observance, changes)
        return
    part = _observance(changes[0])
    part.add("rrule", rule)
    yield part


def _observance(change: ClockChange) -> Component:
    part = TimezoneDaylight() if change.after > change.before else TimezoneStandard()
    part.add("dtstart", _onset(change))
    part.add("tzoffsetfrom", change.before)
    part.add("tzoffsetto", change.after)
    part.add("tzname", change.name)
    return part


def _onset(change: ClockChange) -> datetime:
    """What the clock shows at the moment at which it is moved."""
    return (change.at + change.before).replace(tzinfo=None)


def _yearly_rule(changes: Sequence[ClockChange]) -> dict[str, object] | None:
    """Such as the last Sunday of March; None where they follow no such rule."""
    onsets = [_onset(change) for change in changes]
    if len({(onset.month, onset.weekday(), onset.hour, onset.minute) for onset in onsets}) != 1:
        return None
    ordinals = {(onset.day - 1) // 7 + 1 for onset in onsets}
    is_last = all(onset.day + 7 > monthrange(onset.year, onset.month)[1] for onset in onsets)
    if not is_last and len(ordinals) != 1:
        return None
    ordinal = -1 if is_last else ordinals.pop()
    return {"freq": "yearly", "bymonth": onsets[0].month, "byday": f"{ordinal}{WEEKDAYS[onsets[0].weekday()]}"}
