# SPDX-License-Identifier: Apache-2.0
"""Opening hours: wall time of a place turned into instants. The only file that knows zones; which starts are offered is in `slots.py`."""

from __future__ import annotations

import re
import zoneinfo
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter

import holidays as public_holidays

from einlass.core.windows import Window

DAY = 1440  # minutes of wall time
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*[-\u2013]\s*([0-9]{1,2}):([0-9]{2})\s*")


class HoursError(ValueError):
    """Opening hours that cannot be read. The message is for the person who wrote the configuration."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from `opens` to `closes`: minutes of local wall time since midnight of the day; `closes` is up to 24 h later, so beyond 1440."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < DAY or not self.opens < self.closes <= self.opens + DAY:
            raise HoursError(f"opening hours from minute {self.opens} to {self.closes} are not within 24 hours")


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a place is open. `week` starts on Monday; `exceptions` replace a day; `holidays` is "" or a region such as "CH-BE", "AT"."""

    zone: str
    week: tuple[tuple[Span, ...], ...]
    exceptions: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    holidays: str = ""

    def __post_init__(self) -> None:
        """Raises HoursError for an unknown zone or region, a week of other than 7 days, or a date named twice."""
        object.__setattr__(self, "exceptions", tuple(sorted(self.exceptions)))
        if not is_known_zone(self.zone):
            raise HoursError(f"unknown time zone {self.zone!r}")
        if self.holidays and not is_known_holiday_region(self.holidays):
            raise HoursError(f"unknown holiday region {self.holidays!r}: write a country or a country and its part, such as AT or CH-BE")
        if len(self.week) != len(WEEKDAYS):
            raise HoursError("a week has seven days")
        days = [day for day, _ in self.exceptions]
        if len(days) != len(set(days)):
            twice = next(day for day in days if days.count(day) > 1)
            raise HoursError(f"{twice.isoformat()} stands twice among the exceptions")

    @classmethod
    def from_config(
        cls,
        *,
        zone: str,
        week: Mapping[str, Iterable[str]],
        exceptions: Iterable[Mapping[str, object]] = (),
        holidays: str = "",
    ) -> OpeningHours:
        """From the words of the configuration file. Raises HoursError with a sentence that names what is wrong."""
        unknown = sorted(set(map(str, week)) - set(WEEKDAYS))
        if unknown:
            raise HoursError(f"unknown day {unknown[0]!r}: the days are {', '.join(WEEKDAYS)}")
        return cls(
            zone=zone,
            week=tuple(_spans(week.get(name)) for name in WEEKDAYS),
            exceptions=tuple((_date(item.get("date")), _spans(item.get("hours"))) for item in exceptions),
            holidays=holidays,
        )


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The windows that open on a local day, one for each span, in order; they may touch or overlap (see `slots.py` for what that means)."""

    day: date
    windows: tuple[Window, ...]


@lru_cache(maxsize=1024)
def parse_span(text: str) -> Span:
    """Read "07:00-22:00", "00:00-24:00", or "22:00-02:00", which runs into the next day. Raises HoursError."""
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise HoursError(f"{text!r} is no opening time: write it as 07:00-22:00")
    hour, minute, last_hour, last_minute = map(int, found.groups())
    opens, closes = hour * 60 + minute, last_hour * 60 + last_minute
    if minute > 59 or last_minute > 59 or opens >= DAY or closes > DAY:
        raise HoursError(f"{text!r} names a time that no day has: times go from 00:00 to 24:00, and no day opens at 24:00")
    if opens == closes:
        raise HoursError(f"{text!r} opens and closes at the same time: write 00:00-24:00 for the whole day")
    return Span(opens, closes if closes > opens else closes + DAY)


def _spans(texts: object) -> tuple[Span, ...]:
    if texts is None:
        return ()
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise HoursError(f"{texts!r} is no list of opening times: write [07:00-22:00], or [] for closed")
    return tuple(sorted({parse_span(text) if isinstance(text, str) else _no_span(text) for text in texts}))


def overlap(texts: Iterable[str]) -> bool:
    """Whether any two of these opening times of one day overlap; those that touch do not. Raises HoursError."""
    spans = sorted(parse_span(text) for text in texts)
    return any(later.opens < earlier.closes for earlier, later in pairwise(spans))


def _no_span(value: object) -> Span:
    raise HoursError(f"{value!r} is no opening time: write it as 07:00-22:00")


def _date(value: object) -> date:
    """A date as YAML reads it, or as the database keeps it."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise HoursError(f"{value!r} is no date: write it as 2027-01-02") from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_known_zone(name: str) -> bool:
    """Whether this is an IANA zone such as Europe/Zurich."""
    return name in _zones()


def known_zones() -> tuple[str, ...]:
    """Every IANA zone by its name."""
    return tuple(sorted(_zones()))


@cache
def _regions() -> Mapping[str, frozenset[str]]:
    return {country: frozenset(parts) for country, parts in public_holidays.list_supported_countries().items()}


def is_known_holiday_region(region: str) -> bool:
    """Whether the holidays of this country ("AT") or this part of one ("CH-BE") are known."""
    country, dash, part = region.partition("-")
    return country in _regions() and (not dash or part in _regions()[country])


@cache
def holiday_regions(country: str) -> tuple[tuple[str, str], ...]:
    """(code, name in the language of the place) of each part of a country whose holidays are known: ("CH-BE", "Bern")."""
    parts = _regions().get(country, frozenset())
    names = public_holidays.country_holidays(country).get_subdivision_aliases() if parts else {}
    named = ((f"{country}-{part}", next(iter(names.get(part, ())), part)) for part in parts)
    return tuple(sorted(named, key=itemgetter(1)))


@lru_cache(maxsize=512)
def _holidays_of(region: str, year: int) -> frozenset[date]:
    country, _, part = region.partition("-")
    return frozenset(public_holidays.country_holidays(country, subdiv=part or None, years=year, expand=False))


def is_public_holiday(region: str, day: date) -> bool:
    """Whether the day is a public holiday there; observances that close nothing do not count. Never in a region that is not known."""
    return is_known_holiday_region(region) and day in _holidays_of(region, day.year)


def spans_of(hours: OpeningHours, day: date) -> tuple[Span, ...]:
    """The spans that open on this local day: an exception wins, then a holiday closes, then the week counts."""
    at = bisect_left(hours.exceptions, day, key=itemgetter(0))
    if at < len(hours.exceptions) and hours.exceptions[at][0] == day:
        return hours.exceptions[at][1]
    if hours.holidays and is_public_holiday(hours.holidays, day):
        return ()
    return hours.week[day.weekday()]


def open_days(hours: OpeningHours, first: date, last: date) -> tuple[OpenDay, ...]:
    """Every local day from `first` to `last` inclusive with its windows as instants (F27).

    A span past midnight belongs to the day on which it opens. Where the clock goes back, an opening means the earlier
    and a closing the later of the two equal wall times: nobody finds a door of an open house shut. So "02:30-03:30" lasts two
    hours on that night, and the grid of starts begins at the first 02:30. Where the clock goes forward, a wall time
    that does not exist means the first instant after the gap: "02:30-03:30" lasts half an hour, "02:00-03:00" not at all.
    """
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(OpenDay(day, tuple(Window(_instant(a), _instant(b)) for a, b in open_minutes(hours, day))) for day in days)


def open_minutes(hours: OpeningHours, day: date) -> tuple[tuple[int, int], ...]:
    """The windows of one day as pairs of minutes since 1970 (UTC); spans that a clock change swallows are left out."""
    spans = spans_of(hours, day)
    pairs = [(epoch_minute(hours.zone, day, s.opens, 0), epoch_minute(hours.zone, day, s.closes, 1)) for s in spans]
    return tuple((opens, closes) for opens, closes in pairs if opens < closes)


@lru_cache(maxsize=16384)
def epoch_minute(zone: str, day: date, minute: int, fold: int) -> int:
    """The instant of a wall time as whole minutes since 1970 (UTC); see `local_instant`."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - wall time, made an instant below
    place = zoneinfo.ZoneInfo(zone)
    early, late = (_offset(wall.replace(tzinfo=place, fold=f)) for f in (0, 1))
    since = int((wall.replace(tzinfo=UTC) - _EPOCH).total_seconds())
    if early >= late:  # it exists, once (equal) or twice: the clock went back in between
        return (since - (late if fold else early)) // 60
    return _end_of_gap(place, since - late, since - early) // 60


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _offset(wall: datetime) -> int:
    offset = wall.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _end_of_gap(place: tzinfo, before: int, after: int) -> int:
    """The second at which the clock went forward, found between one before and one after it."""
    old = _offset(datetime.fromtimestamp(before, place))
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(datetime.fromtimestamp(middle, place)) == old:
            before = middle
        else:
            after = middle
    return after


def _instant(minute: int) -> datetime:
    return _EPOCH + timedelta(minutes=minute)


def local_instant(zone: str, day: date, minute: int, fold: int = 0) -> datetime:
    """The instant (UTC) of `minute` minutes of wall time after midnight of the local day; beyond 1440 on the following days.

    `fold` picks the earlier (0) or the later (1) where the clock goes back; a wall time that does not exist is the first
    instant after the gap.
    """
    return _instant(epoch_minute(zone, day, minute, fold))


def to_local(instant: datetime, zone: str) -> datetime:
    """The same instant as aware wall time of the place. For showing only: adding to it is wall-clock arithmetic."""
    return instant.astimezone(zoneinfo.ZoneInfo(zone))


def local_date(instant: datetime, zone: str) -> date:
    """The day on the wall of the place at this instant."""
    return to_local(instant, zone).date()


def day_window(zone: str, day: date) -> Window:
    """The whole local day as instants: 23, 24 or 25 hours."""
    return Window(local_instant(zone, day, 0, 0), local_instant(zone, day, DAY, 0))


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks of a place are moved: when, how far it was from UTC before and is after, and how its time is called from then on."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str


@lru_cache(maxsize=256)
def clock_changes(zone: str, first: int, last: int) -> tuple[ClockChange, ...]:
    """Every change of the years `first` to `last`, in order."""
    place = zoneinfo.ZoneInfo(zone)
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last + 1))
    days = ((second, second + DAY * 60) for second in range(start, end, DAY * 60))
    changed = [(a, b) for a, b in days if _offset(datetime.fromtimestamp(a, place)) != _offset(datetime.fromtimestamp(b, place))]
    return tuple(_change(place, _end_of_gap(place, a, b)) for a, b in changed)


def _change(place: tzinfo, second: int) -> ClockChange:
    old, new = (datetime.fromtimestamp(at, place) for at in (second - 1, second))
    before, after = (timedelta(seconds=_offset(local)) for local in (old, new))
    return ClockChange(datetime.fromtimestamp(second, UTC), before, after, new.tzname() or "")
