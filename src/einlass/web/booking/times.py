# SPDX-License-Identifier: Apache-2.0
"""Everything the page of free times shows, for booking and for moving. What is free is decided in core and read in queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from django.utils.translation import gettext, ngettext

from einlass.core.hours import local_date
from einlass.core.slots import Slot
from einlass.core.windows import Window
from einlass.models import Booking, Service
from einlass.queries.availability import free_days, nearest_free, next_free
from einlass.web import formats
from einlass.web.booking.choices import Choice, address, iso
from einlass.web.booking.months import Month, Part, month_of, parts_of
from einlass.web.booking.offers import Offer, door_hours
from einlass.web.fields import Typed, kept_in


@dataclass(frozen=True, slots=True)
class Place:
    """Which free times, and under which address: a service's, or those of a booking that moves.

    The booking that moves and the visitor's own hold are left out of what is taken.
    """

    service: Service
    offer: Offer
    base: str
    following: str
    now: datetime
    moving: Booking | None = None
    held: Booking | None = None

    @property
    def leave_out(self) -> Booking | None:
        return self.moving or self.held

    @property
    def token(self) -> str | None:
        """The name of the hold in addresses and forms."""
        return self.held.link_token if self.held else None

    def holding(self, held: Booking) -> Place:
        return replace(self, held=held)

    def keeps(self, *, start: datetime, duration: int) -> bool:
        """Whether this is the time that is held for the visitor."""
        return self.held is not None and self.held.window == Window(start, start + timedelta(minutes=duration))

    @property
    def zone(self) -> str:
        return self.service.branch.time_zone

    @property
    def today(self) -> date:
        return local_date(self.now, self.zone)

    @property
    def last_day(self) -> date:
        return self.today + timedelta(days=self.service.horizon_days)


@dataclass(frozen=True, slots=True)
class Option:
    """One duration, or one proposed time."""

    label: str
    address: str = ""
    chosen: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The line beside the one next step."""

    day: str
    span: str
    opens: str


@dataclass(frozen=True, slots=True)
class Times:
    """The page, ready to be drawn."""

    offer: Offer
    base: str
    following: str
    duration: int
    durations: tuple[Option, ...]
    month: Month
    missed: str
    day: str
    parts: tuple[Part, ...]
    chosen: Chosen | None
    count: str
    empty: str
    next_free: Option | None
    hold: str
    here: str
    kept: tuple[tuple[str, str], ...]


def duration_of(service: Service, choice: Choice) -> int:
    """The chosen duration in minutes where it is offered, else the first one."""
    offered: list[int] = service.durations
    return choice.duration if choice.duration in offered else offered[0]


def times(place: Place, choice: Choice, *, kept: Typed | None = None) -> Times:
    """The free times around what was chosen; the first free day is preselected, a start never is."""
    duration = duration_of(place.service, choice)
    first = _month_shown(place, choice, duration)
    free = _free(place, first, duration)
    day = _day_shown(place, choice, free)
    slots = free.get(day, ()) if day else ()
    chosen = next((slot for slot in slots if slot.start == choice.start), None)
    to = partial(address, place.base, duration=duration, hold=place.token)
    upcoming = None if any(free.values()) else _next_after(place, first, duration)
    return Times(
        offer=place.offer,
        base=place.base,
        following=place.following,
        duration=duration,
        durations=_durations(place, duration=duration, first=first, day=day, start=chosen.start if chosen else None),
        month=month_of(first, free=free, chosen=day, today=place.today, last=place.last_day, address=to),
        missed=_missed(choice.day, free) if day else "",
        day=formats.day_in_words(day) if day else "",
        parts=parts_of(slots, zone=place.zone, chosen=chosen.start if chosen else None),
        chosen=_chosen(place, chosen) if chosen else None,
        count=ngettext("%(count)s free time", "%(count)s free times", len(slots)) % {"count": len(slots)},
        empty="" if any(free.values()) else _nothing_free(first, upcoming),
        next_free=_proposal(place, upcoming, duration) if upcoming else None,
        hold=place.token or "",
        here=to(month=first, day=day, start=chosen.start if chosen else None),
        kept=kept_in(kept or {}),
    )


def is_free(place: Place, *, start: datetime, duration: int) -> bool:
    """Whether this start can be booked at this moment."""
    day = local_date(start, place.zone)
    days = free_days(place.service, duration=duration, first=day, last=day, now=place.now, leave_out=place.leave_out)
    return any(slot.start == start for free in days for slot in free.slots)


def nearest(place: Place, *, start: datetime, duration: int) -> tuple[Option, ...]:
    """Up to three free times nearest to one that was taken meanwhile."""
    slots = nearest_free(place.service, wanted=start, duration=duration, now=place.now, leave_out=place.leave_out)
    return tuple(_nearby(place, slot, duration) for slot in slots)


def _month_shown(place: Place, choice: Choice, duration: int) -> date:
    first = choice.month_shown(place.zone)
    if first is None:
        slot = next_free(place.service, duration=duration, first=place.today, now=place.now, leave_out=place.leave_out)
        first = local_date(slot.start, place.zone) if slot else place.today
    return min(max(first, place.today), place.last_day).replace(day=1)


def _free(place: Place, first: date, duration: int) -> dict[date, tuple[Slot, ...]]:
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    days = free_days(place.service, duration=duration, first=max(first, place.today), last=last, now=place.now, leave_out=place.leave_out)
    return {found.day: found.slots for found in days}


def _day_shown(place: Place, choice: Choice, free: Mapping[date, tuple[Slot, ...]]) -> date | None:
    wanted = choice.day or (local_date(choice.start, place.zone) if choice.start else None)
    if wanted and free.get(wanted):
        return wanted
    days = [day for day, slots in free.items() if slots]
    later = (day for day in days if choice.day and day > choice.day)
    return next(later, days[0] if days else None)


def _missed(wanted: date | None, free: Mapping[date, tuple[Slot, ...]]) -> str:
    """That the day that was asked for is not the one that is shown."""
    if wanted is None or free.get(wanted):
        return ""
    return gettext("Nothing is free on %(day)s.") % {"day": formats.day_in_words(wanted)}


def _next_after(place: Place, first: date, duration: int) -> Slot | None:
    return next_free(place.service, duration=duration, first=max(first, place.today), now=place.now, leave_out=place.leave_out)


def _durations(place: Place, *, duration: int, first: date, day: date | None, start: datetime | None) -> tuple[Option, ...]:
    offered: list[int] = place.service.durations
    return tuple(
        Option(
            label=formats.length_short(minutes),
            address=address(place.base, duration=minutes, month=first, day=day, start=start, hold=place.token),
            chosen=minutes == duration,
        )
        for minutes in offered
    )


def _chosen(place: Place, slot: Slot) -> Chosen:
    opens = ""
    if place.offer.opens_doors:
        doors = door_hours(place.service.branch, Window(slot.start, slot.end))
        hours = {"from": formats.clock(doors.start, place.zone), "until": formats.clock(doors.end, place.zone)}
        opens = gettext("Your phone opens the doors from %(from)s to %(until)s.") % hours
    day = formats.day_in_words(local_date(slot.start, place.zone))
    return Chosen(day=day, span=formats.span(slot.start, slot.end, place.zone), opens=opens)


def _nothing_free(first: date, upcoming: Slot | None) -> str:
    if upcoming is None:
        return gettext("At the moment nothing is free. Please ask us.")
    return gettext("Nothing is left in %(month)s.") % {"month": formats.month_name(first)}


def _proposal(place: Place, slot: Slot, duration: int) -> Option:
    day = local_date(slot.start, place.zone)
    to = address(place.base, duration=duration, month=day.replace(day=1), day=day, start=slot.start, hold=place.token)
    return Option(label=formats.moment(slot.start, place.zone), address=to)


def _nearby(place: Place, slot: Slot, duration: int) -> Option:
    day = formats.short_day(local_date(slot.start, place.zone))
    return Option(
        label=f"{day}, {formats.span(slot.start, slot.end, place.zone)}",
        address=address(place.following, duration=duration, start=slot.start),
        value=iso(slot.start),
    )
