# SPDX-License-Identifier: Apache-2.0
"""The time band of one key: its axis, its window, the moments one can jump to and in which of them the clock stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Moment = Literal["early", "lead", "during", "trail", "late"]
MOMENTS: tuple[Moment, ...] = ("early", "lead", "during", "trail", "late")
_STEPS = (15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
_OUTSIDE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Band:
    """All instants in the site's zone. `first` and `last` bound the axis; `booking_*` is the window without its margins."""

    first: datetime
    last: datetime
    step: timedelta
    window_from: datetime
    window_to: datetime
    booking_from: datetime
    booking_to: datetime

    @property
    def minutes(self) -> int:
        return round((self.last - self.first).total_seconds() / 60)

    def percent(self, instant: datetime) -> float:
        """Where an instant lies on the axis, 0 to 100."""
        share = elapsed(self.first, instant) / elapsed(self.first, self.last)
        return min(max(share * 100, 0.0), 100.0)

    def ticks(self) -> list[datetime]:
        count = round(elapsed(self.first, self.last) / self.step)
        return [shift(self.first, self.step * n) for n in range(count + 1)]

    def jump(self, moment: Moment) -> datetime:
        match moment:
            case "early":
                return shift(self.window_from, -_OUTSIDE)
            case "lead":
                return _middle(self.window_from, self.booking_from)
            case "during":
                return _middle(self.booking_from, self.booking_to)
            case "trail":
                return _middle(self.booking_to, self.window_to)
            case "late":
                return shift(self.window_to, _OUTSIDE)

    def moment(self, now: datetime) -> Moment:
        edges = (self.window_from, self.booking_from, self.booking_to, self.window_to)
        return MOMENTS[sum(now >= edge for edge in edges)]


def elapsed(first: datetime, last: datetime) -> timedelta:
    """Real time between two instants: aware arithmetic within one zone would go by the wall clock."""
    return timedelta(seconds=last.timestamp() - first.timestamp())


def shift(instant: datetime, by: timedelta) -> datetime:
    return datetime.fromtimestamp(instant.timestamp() + by.total_seconds(), instant.tzinfo)


def _middle(first: datetime, last: datetime) -> datetime:
    return shift(first, elapsed(first, last) / 2)


def band_of(window_from: datetime, window_to: datetime, *, zone: ZoneInfo, early: timedelta, late: timedelta) -> Band:
    """The emulator knows a key's window only; the margins in it are those that the building file assumes."""
    start, end = window_from.astimezone(zone), window_to.astimezone(zone)
    length = elapsed(start, end)
    if early + late >= length:
        early = late = length / 4
    pad = max(timedelta(hours=1), length * 0.3)
    step = _step(length + 2 * pad)
    first = _floor(shift(start, -pad), step)
    steps = -(-elapsed(first, shift(end, pad)) // step)
    return Band(
        first=first,
        last=shift(first, step * steps),
        step=step,
        window_from=start,
        window_to=end,
        booking_from=shift(start, early),
        booking_to=shift(end, -late),
    )


def _step(length: timedelta) -> timedelta:
    return next((timedelta(minutes=each) for each in _STEPS if length <= timedelta(minutes=each) * 5), length / 4)


def _floor(instant: datetime, step: timedelta) -> datetime:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return shift(midnight, (elapsed(midnight, instant) // step) * step)
