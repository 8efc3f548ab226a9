# SPDX-License-Identifier: Apache-2.0
"""The month as a table of days and the starts of one day in three parts, ready to be drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import dates
from django.utils.translation import gettext, ngettext

from einlass.core.hours import to_local
from einlass.core.slots import Slot
from einlass.web import formats
from einlass.web.booking.choices import iso

NOON, EVENING = 12, 17
Free = Mapping[date, tuple[Slot, ...]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the table; without `number` a day of another month, without `address` a day on which nothing is free."""

    number: str = ""
    label: str = ""
    address: str = ""
    chosen: bool = False
    today: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A link to the month before or after."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks from Monday; weeks that are over are left out."""

    title: str
    before: Step | None
    after: Step | None
    weekdays: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Start:
    """One button."""

    id: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Morning, afternoon or evening with its starts."""

    title: str
    starts: tuple[Start, ...]


def month_of(first: date, *, free: Free, chosen: date | None, today: date, last: date, address: Callable[..., str]) -> Month:
    """The month that begins on `first`; `last` is the furthest day that can be booked, `address` makes the links."""
    after = (first + timedelta(days=32)).replace(day=1)
    start = first - timedelta(days=first.weekday())
    end = after + timedelta(days=-after.weekday() % 7)
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    cells = [_cell(day, first=first, free=free, chosen=chosen, today=today, address=address) for day in days]
    weeks = [tuple(cells[n : n + 7]) for n in range(0, len(cells), 7)]
    shown = [week for n, week in enumerate(weeks) if days[n * 7 + 6] >= today]
    before = (first - timedelta(days=1)).replace(day=1)
    return Month(
        title=formats.month_in_words(first),
        before=_step(before, address) if first > today else None,
        after=_step(after, address) if after <= last else None,
        weekdays=tuple((str(dates.WEEKDAYS[n]), str(dates.WEEKDAYS_ABBR[n])) for n in range(7)),
        weeks=tuple(shown),
    )


def parts_of(slots: tuple[Slot, ...], *, zone: str, chosen: datetime | None) -> tuple[Part, ...]:
    """The starts of one day; parts without a start are left out."""
    hours = {slot.start: to_local(slot.start, zone).hour for slot in slots}
    twice = Counter(formats.clock(slot.start, zone) for slot in slots)
    titles = (gettext("Morning"), gettext("Afternoon"), gettext("Evening"))
    found: tuple[list[Start], ...] = ([], [], [])
    for slot in slots:
        part = 0 if hours[slot.start] < NOON else 1 if hours[slot.start] < EVENING else 2
        found[part].append(_start(slot, zone=zone, chosen=slot.start == chosen, twice=twice))
    return tuple(Part(title, tuple(starts)) for title, starts in zip(titles, found, strict=True) if starts)


def _cell(day: date, *, first: date, free: Free, chosen: date | None, today: date, address: Callable[..., str]) -> Cell:
    if day.month != first.month:
        return Cell()
    count = len(free.get(day, ()))
    if not count:
        words = gettext("today, nothing free") if day == today else gettext("nothing free")
        return Cell(number=str(day.day), label=words, today=day == today)
    times = ngettext("%(count)s free time", "%(count)s free times", count) % {"count": count}
    label = f"{formats.day_in_words(day)}, {times}"
    return Cell(str(day.day), label, address(month=first, day=day), chosen=day == chosen, today=day == today)


def _step(first: date, address: Callable[..., str]) -> Step:
    return Step(formats.month_in_words(first), address(month=first))


def _start(slot: Slot, *, zone: str, chosen: bool, twice: Counter[str]) -> Start:
    label = formats.clock(slot.start, zone)
    if twice[label] > 1:  # the hour that comes twice in autumn needs its name
        label = f"{label} {to_local(slot.start, zone):%Z}"
    value = iso(slot.start)
    return Start(id=f"start-{value.replace(':', '')}", value=value, label=label, chosen=chosen)
