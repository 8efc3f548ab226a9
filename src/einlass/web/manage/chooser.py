# SPDX-License-Identifier: Apache-2.0
"""Choosing a time for the staff, when booking for somebody and when moving: length, day, room, free starts. What is free is core's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import QueryDict
from django.utils.translation import gettext

from einlass.core.bookings import Actor
from einlass.core.errors import FieldError
from einlass.core.hours import local_date, to_local
from einlass.core.slots import Slot, nearest, rules_for, why_not_offered
from einlass.models import Booking, Room, Service
from einlass.queries.availability import free_days, rooms_for
from einlass.web import formats
from einlass.web.manage.addresses import day_in, instant_in, iso, minutes_in
from einlass.web.manage.rows import Reader
from einlass.web.refusals import field_sentence

NOON, EVENING = 12, 17
# Where a day has nothing free, and around a time that was taken, so many days are looked through.
AROUND = timedelta(days=7)
AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen so far, checked against the service: an unknown room or a length that is not offered counts as nothing."""

    service: Service
    rooms: tuple[Room, ...]
    duration: int
    day: date
    room: Room | None
    start: datetime | None
    moving: Booking | None = None

    @property
    def zone(self) -> str:
        return self.service.branch.time_zone

    @property
    def end(self) -> datetime | None:
        return self.start + timedelta(minutes=self.duration) if self.start else None


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a select or one button: what is sent, what is read."""

    value: str
    label: str
    chosen: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Morning, afternoon or evening."""

    title: str
    starts: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """The free times of the day, ready to be drawn. `wrong` says why the start that was chosen is none of them."""

    durations: tuple[Option, ...]
    rooms: tuple[Option, ...]
    day: date
    day_words: str
    parts: tuple[Part, ...]
    is_free: bool
    wrong: str
    nearest: tuple[Option, ...]


def asked_in(query: QueryDict) -> dict[str, str]:
    """What was sent; one of the proposed times takes the place of the day and the start."""
    asked = {name: str(value) for name, value in query.items()}
    if proposed := asked.get("nearest"):
        return {name: value for name, value in asked.items() if name != "day"} | {"start": proposed}
    return asked


def choice_in(query: Mapping[str, str], service: Service, *, now: datetime, moving: Booking | None = None) -> Choice:
    """Read from an address or a form. A start says its day; a moving booking keeps its length and its day unless told."""
    zone = service.branch.time_zone
    start = instant_in(query.get("start", ""))
    booked_on = local_date(moving.start, zone) if moving else local_date(now, zone)
    day = (local_date(start, zone) if start and "day" not in query else None) or day_in(query.get("day", "")) or booked_on
    if start and local_date(start, zone) != day:
        start = None
    rooms = tuple(rooms_for(service))
    return Choice(
        service=service,
        rooms=rooms,
        duration=_duration(service, minutes_in(query.get("duration", "")), moving),
        day=max(day, local_date(now, zone)),
        room=next((room for room in rooms if room.key == query.get("room")), None),
        start=start,
        moving=moving,
    )


def times_of(choice: Choice, *, reader: Reader) -> Times:
    """Everything the chooser shows."""
    slots = free_starts(choice, first=choice.day, last=choice.day, now=reader.now)
    is_free = any(slot.start == choice.start for slot in slots)
    looked_for = choice.start is not None and not is_free
    return Times(
        durations=tuple(Option(str(m), formats.length_short(m), m == choice.duration) for m in _durations(choice)),
        rooms=tuple(Option(r.key, reader.text(r.name, r.key), r == choice.room) for r in choice.rooms),
        day=choice.day,
        day_words=formats.day_with_year(choice.day),
        parts=_parts(slots, choice),
        is_free=is_free,
        wrong=_why_not(choice, reader) if looked_for else "",
        nearest=_nearest(choice, reader) if looked_for or not slots else (),
    )


def free_starts(choice: Choice, *, first: date, last: date, now: datetime) -> list[Slot]:
    """The starts that the staff may choose on these days, in the room where one was chosen; a running booking may keep its own."""
    moving = choice.moving
    since = min(now, moving.start) if moving and moving.end > now else now
    days = free_days(choice.service, duration=choice.duration, first=first, last=last, now=since, leave_out=moving, actor=Actor.STAFF)
    own = moving.start if moving else None
    slots = (slot for found in days for slot in found.slots if slot.start >= now or slot.start == own)
    return [slot for slot in slots if choice.room is None or choice.room.pk in slot.rooms]


def _duration(service: Service, asked: int | None, moving: Booking | None) -> int:
    offered: Sequence[int] = service.durations
    booked = moving.window.minutes if moving else None
    wanted = asked if asked in offered else booked
    if wanted is not None:
        return wanted
    return offered[0] if offered else 0


def _durations(choice: Choice) -> list[int]:
    """What is offered; a booking of another length, from before a change of the service, shows its own as well."""
    return sorted({*choice.service.durations, choice.duration} - {0})


def _parts(slots: Sequence[Slot], choice: Choice) -> tuple[Part, ...]:
    twice = Counter(formats.clock(slot.start, choice.zone) for slot in slots)
    found: tuple[list[Option], ...] = ([], [], [])
    for slot in slots:
        local = to_local(slot.start, choice.zone)
        label = f"{local:%H:%M}"
        if twice[label] > 1:  # the hour that comes twice in autumn needs its name
            label = f"{label} {local:%Z}"
        part = 0 if local.hour < NOON else 1 if local.hour < EVENING else 2
        value = iso(slot.start)
        found[part].append(Option(value, label, slot.start == choice.start, id=f"start-{value.replace(':', '')}"))
    titles = (gettext("Morning"), gettext("Afternoon"), gettext("Evening"))
    return tuple(Part(title, tuple(starts)) for title, starts in zip(titles, found, strict=True) if starts)


def _why_not(choice: Choice, reader: Reader) -> str:
    """Not offered at all, or taken; with the time, so that it is clear what is spoken of."""
    assert choice.start is not None
    rules = rules_for(choice.service.rules(), actor=Actor.STAFF)
    reason = why_not_offered(rules, choice.service.branch.hours(), start=choice.start, duration=choice.duration, now=reader.now)
    if reason:
        return field_sentence(FieldError("start", reason))
    return gettext("%(time)s is taken.") % {"time": formats.clock(choice.start, choice.zone)}


def _nearest(choice: Choice, reader: Reader) -> tuple[Option, ...]:
    """The three free starts nearest to what was wanted, within a week around it; on an empty day the next three."""
    today = local_date(reader.now, choice.zone)
    if choice.start:
        first, last, wanted = max(today, choice.day - AROUND), choice.day + AROUND, choice.start
    else:
        first, last, wanted = choice.day, choice.day + AHEAD, reader.now
    slots = nearest(free_starts(choice, first=first, last=last, now=reader.now), wanted, count=3)
    return tuple(Option(iso(slot.start), formats.moment(slot.start, choice.zone)) for slot in slots)
