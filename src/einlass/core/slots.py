# SPDX-License-Identifier: Apache-2.0
"""Which starts are offered, and which rooms are free for them. Knows neither zones (`hours.py`) nor tables."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, reduce
from heapq import nsmallest
from operator import itemgetter

from einlass.core.bookings import Actor
from einlass.core.hours import DAY, OpeningHours, epoch_minute, local_date, open_minutes
from einlass.core.windows import Window

Taken = Mapping[int, Sequence[Window]]  # room id → its blocked windows, buffers included
Pairs = list[tuple[int, int]]
# Why a start is not offered, in the order in which the reasons are looked for.
REASONS = ("duration", "past", "notice", "horizon", "closed", "step")
_FARTHEST = 36_500  # days; a horizon beyond a hundred years means none
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """What the operator set for a service. Minutes of elapsed time; the horizon in local days."""

    durations: tuple[int, ...]
    step: int
    buffer_before: int = 0
    buffer_after: int = 0
    notice_minutes: int = 0
    horizon_days: int = 365

    def __post_init__(self) -> None:
        if self.step < 1 or any(duration < 1 for duration in self.durations):
            raise ValueError("steps and durations last at least a minute")
        if min(self.buffer_before, self.buffer_after, self.notice_minutes, self.horizon_days) < 0:
            raise ValueError("buffers, notice and horizon are not negative")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time that can be booked, as instants in UTC, with the rooms that are free for it in the operator's order."""

    start: datetime
    end: datetime
    rooms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The slots that start on a local day, in order."""

    day: date
    slots: tuple[Slot, ...]


def blocked_window(rules: ServiceRules, window: Window) -> Window:
    """What a booking takes of its room: itself and both buffers, which may lie outside the opening hours."""
    return window.widened(before_minutes=rules.buffer_before, after_minutes=rules.buffer_after)


def rules_for(rules: ServiceRules, *, actor: Actor) -> ServiceRules:
    """The rules as they bind somebody: no notice holds for the staff, who know whether the room can be made ready."""
    return replace(rules, notice_minutes=0) if actor is Actor.STAFF else rules


def free_rooms(rules: ServiceRules, *, rooms: Sequence[int], taken: Taken, window: Window) -> tuple[int, ...]:
    """The rooms that have nothing else in the blocked window of a booking, in the order given."""
    blocked = blocked_window(rules, window)
    return tuple(room for room in rooms if not any(blocked.collides(other) for other in taken.get(room, ())))


def offered_days(
    rules: ServiceRules,
    hours: OpeningHours,
    *,
    rooms: Sequence[int],
    taken: Taken,
    duration: int,
    first: date,
    last: date,
    now: datetime,
) -> tuple[SlotDay, ...]:
    """Each local day from `first` to `last` inclusive with the starts offered on it and, for each, the free rooms; `duration` in minutes.

    A start is offered when it lies at opening + n × step of elapsed time, the booking lies within opening time (windows that touch count
    as one), and now + notice <= start < the end of the local day now + horizon_days. A start after midnight is listed on
    the day on which it happens, although its opening belongs to the day before. Agrees with `why_not_offered`.
    """
    grid = offered_starts(rules, hours, duration=duration, first=first, last=last, now=now)
    free = free_at(grid, rooms=rooms, forbidden={room: _forbidden(rules, duration, taken.get(room, ())) for room in rooms})
    starts = sorted(free)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return tuple(SlotDay(day, tuple(_slots(starts, free, hours.zone, day, duration))) for day in days)


def why_not_offered(rules: ServiceRules, hours: OpeningHours, *, start: datetime, duration: int, now: datetime) -> str | None:
    """None when the start is offered, rooms apart, else the first of REASONS that is against it; `duration` in minutes."""
    if duration not in rules.durations:
        return "duration"
    start, now = start.astimezone(UTC), now.astimezone(UTC)  # local ones would be compared and added by the clock on the wall
    if start < now:
        return "past"
    if start < now + timedelta(minutes=rules.notice_minutes):
        return "notice"
    if start >= _instant(_horizon_end(rules, hours, now)):
        return "horizon"
    minute = _floor(start)
    day = local_date(start, hours.zone)
    windows = _windows(hours, day, day, duration)
    if not any(a <= minute and start + timedelta(minutes=duration) <= _instant(b) for a, b in merged(windows)):
        return "closed"
    whole = not (start.second or start.microsecond)
    return None if whole and any(a <= minute < b and (minute - a) % rules.step == 0 for a, b in windows) else "step"


def nearest(slots: Iterable[Slot], wanted: datetime, count: int = 3) -> tuple[Slot, ...]:
    """The `count` slots whose starts are nearest to `wanted`, earlier ones first where two are equally near; returned in order of time."""
    return tuple(sorted(nsmallest(count, slots, key=lambda slot: (abs(slot.start - wanted), slot.start))))


def offered_starts(rules: ServiceRules, hours: OpeningHours, *, duration: int, first: date, last: date, now: datetime) -> list[range]:
    """The offered starts of these local days as ranges of minutes since 1970 (UTC), rooms apart; one range a window."""
    last = min(last, _last_day(rules, hours, now))
    first = max(first, local_date(now, hours.zone))
    if duration not in rules.durations or first > last:
        return []
    earliest = max(_ceil(now) + rules.notice_minutes, epoch_minute(hours.zone, first, 0, 0))
    stop = epoch_minute(hours.zone, last, DAY, 0)
    windows = _windows(hours, first, last, duration)
    whole = merged(windows)
    ends = [end for _, end in whole]
    grid: list[range] = []
    for opens, closes in windows:
        until = min(closes, ends[bisect_left(ends, closes)] - duration + 1, stop)
        skipped = max(0, -(-(earliest - opens) // rules.step))
        starts = range(opens + skipped * rules.step, until, rules.step)
        if starts:
            grid.append(starts)
    return grid


def free_at(grid: Sequence[range], *, rooms: Sequence[int], forbidden: Mapping[int, Pairs]) -> dict[int, tuple[int, ...]]:
    """Each start of the grid with the rooms free for it, in the order given; `forbidden` as `_forbidden` makes it."""
    free: defaultdict[int, list[int]] = defaultdict(list)
    for room in dict.fromkeys(rooms):
        for start in {start for starts in grid for part in _outside(starts, forbidden[room]) for start in part}:
            free[start].append(room)
    alike: dict[tuple[int, ...], tuple[int, ...]] = {}
    found = ((start, tuple(some)) for start, some in free.items())
    return {start: alike.setdefault(some, some) for start, some in found}


def free_ranges(
    rules: ServiceRules,
    hours: OpeningHours,
    *,
    rooms: Sequence[int],
    taken: Taken,
    duration: int,
    first: date,
    last: date,
    now: datetime,
) -> list[range]:
    """The starts for which at least one room is free, as ranges of minutes since 1970 (UTC): what `offered_days` lists, without saying
    which rooms. Work for each window and booking, none for each start. Ranges share starts where opening windows overlap."""
    forbidden = [_forbidden(rules, duration, taken.get(room, ())) for room in rooms]
    if not forbidden:
        return []
    nowhere = reduce(_both, forbidden)
    grid = offered_starts(rules, hours, duration=duration, first=first, last=last, now=now)
    return [part for starts in grid for part in _outside(starts, nowhere) if part]


def _both(some: Pairs, others: Pairs) -> Pairs:
    """What lies in both; each in order and apart, and so is the result."""
    result: Pairs = []
    at = beside = 0
    while at < len(some) and beside < len(others):
        start, end = max(some[at][0], others[beside][0]), min(some[at][1], others[beside][1])
        if start < end:
            result.append((start, end))
        if some[at][1] <= end:
            at += 1
        else:
            beside += 1
    return result


def merged(pairs: Iterable[tuple[int, int]]) -> Pairs:
    """Pairs [start, end) in order, those that touch or overlap made one."""
    result: Pairs = []
    for start, end in sorted(pairs):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def _windows(hours: OpeningHours, first: date, last: date, duration: int) -> Pairs:
    """The windows that a booking starting on these local days may touch: from the night before to the day on which the longest ends."""
    days = (last - first).days + duration // DAY + 4
    return [pair for n in range(days) for pair in open_minutes(hours, first + timedelta(days=n - 1))]


def _horizon_end(rules: ServiceRules, hours: OpeningHours, now: datetime) -> int:
    return epoch_minute(hours.zone, _last_day(rules, hours, now), DAY, 0)


def _last_day(rules: ServiceRules, hours: OpeningHours, now: datetime) -> date:
    return local_date(now, hours.zone) + timedelta(days=min(rules.horizon_days, _FARTHEST))


def _forbidden(rules: ServiceRules, duration: int, taken: Iterable[Window]) -> Pairs:
    """The starts that would collide with what is taken, as pairs [first, end) of minutes since 1970, in order and apart."""
    before = rules.buffer_after + duration - 1
    after = rules.buffer_before
    return merged((_floor(window.start) - before, _ceil(window.end) + after) for window in taken)


def _outside(starts: range, forbidden: Pairs) -> Iterator[range]:
    """The parts of the range that no forbidden pair covers: work for each pair, not for each start."""
    position, step = starts.start, starts.step
    for at in range(bisect_right(forbidden, position, key=itemgetter(1)), len(forbidden)):
        first, end = forbidden[at]
        if first >= starts.stop:
            break
        yield range(position, first, step)
        position -= (position - end) // step * step  # the first start of the range at or after the end
    yield range(position, starts.stop, step)


def _slots(starts: list[int], free: Mapping[int, tuple[int, ...]], zone: str, day: date, duration: int) -> Iterator[Slot]:
    if not starts:  # also the way out for days on which the calendar ends
        return
    midnight, next_midnight = epoch_minute(zone, day, 0, 0), epoch_minute(zone, day, DAY, 0)
    for minute in starts[bisect_left(starts, midnight) : bisect_left(starts, next_midnight)]:
        yield Slot(_instant(minute), _instant(minute + duration), free[minute])


@lru_cache(maxsize=65536)  # pages ask for the same weeks again and again
def _instant(minute: int) -> datetime:
    return _EPOCH + timedelta(minutes=minute)


def _floor(instant: datetime) -> int:
    return (instant - _EPOCH) // _MINUTE


def _ceil(instant: datetime) -> int:
    return -((_EPOCH - instant) // _MINUTE)
