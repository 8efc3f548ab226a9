# SPDX-License-Identifier: Apache-2.0
"""The bookings that are measured on, from a fixed seed: values only. How they get into a database is in `bulk.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

SEED = 20261124
ZONE = "Europe/Zurich"
ROOMS = 10  # of a branch
OPENS, CLOSES = 8, 20  # on the clock of the wall, every day of the week; a start every hour, an hour long
STARTS = CLOSES - OPENS
MONTH = 31  # days that a month's question asks for


@dataclass(frozen=True, slots=True)
class Size:
    """So many branches of ten rooms each; bookings from `days_back` days ago to `days` days from now, spread by chance."""

    branches: int
    bookings: int
    days: int = 90
    days_back: int = 0

    @property
    def each(self) -> int:
        """Bookings of one branch."""
        return self.bookings // self.branches


# The large ones are as densely booked as the small one, so that the same question has as much to say in each.
SMALL = Size(branches=1, bookings=2_000)
MIDDLE = Size(branches=5, bookings=100_000, days_back=810)
LARGE = Size(branches=50, bookings=1_000_000, days_back=810)
SIZES = {"small": SMALL, "middle": MIDDLE, "large": LARGE}


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """One hour of one room; `room` counts from 0 within its branch."""

    start: datetime
    room: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(hours=1)


def booked(size: Size, branch: int, *, first: date) -> list[Spot]:
    """What is booked at the branch, in order of time. `first` is the first coming day."""
    whole = (size.days_back + size.days) * STARTS * ROOMS
    chosen = sorted(_chance("booked", branch).sample(range(whole), size.each))
    openings = _openings(size, first)
    return [_spot(number, openings) for number in chosen]


def free(size: Size, branch: int, *, first: date) -> list[Spot]:
    """The coming hours that nobody has booked, shuffled."""
    taken = set(booked(size, branch, first=first))
    coming = Size(branches=1, bookings=0, days=size.days)
    openings = _openings(coming, first)
    every = (_spot(number, openings) for number in range(size.days * STARTS * ROOMS))
    left = [spot for spot in every if spot not in taken]
    _chance("free", branch).shuffle(left)
    return left


def later(count: int, *, first: date, after: int) -> Iterator[Spot]:
    """So many hours from `after` days on, where the data set has nothing."""
    openings = _openings(Size(branches=1, bookings=0, days=after + count // (STARTS * ROOMS) + 1), first)
    beginning = after * STARTS * ROOMS
    return (_spot(number, openings) for number in range(beginning, beginning + count))


def mobile(number: int) -> str:
    """A valid Swiss number for each guest; the emulator sends nothing to it."""
    return f"+4178{number:07d}"


def answers(number: int) -> dict[str, str]:
    return {
        "first_name": f"Lea {number}",
        "last_name": "Baumann",
        "email": f"lea.{number}@example.org",
        "mobile": mobile(number),
    }


def month_of(first: date) -> tuple[date, date]:
    """The days that are asked for: from the first coming day on."""
    return first, first + timedelta(days=MONTH - 1)


def _chance(what: str, branch: int) -> Random:
    return Random(f"{SEED} {what} {branch}")  # noqa: S311 - repeatable on purpose


def _openings(size: Size, first: date) -> Sequence[datetime]:
    """When each day opens, in UTC. Clocks change at night, so a day's hours lie at equal distances from it."""
    zone, hour = ZoneInfo(ZONE), time(OPENS)
    days = (first + timedelta(days=n) for n in range(-size.days_back, size.days))
    return [datetime.combine(day, hour, tzinfo=zone).astimezone(UTC) for day in days]


def _spot(number: int, openings: Sequence[datetime]) -> Spot:
    slot, room = divmod(number, ROOMS)
    day, hour = divmod(slot, STARTS)
    return Spot(openings[day] + timedelta(hours=hour), room)
