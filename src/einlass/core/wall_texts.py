# SPDX-License-Identifier: Apache-2.0
"""Many instants at once as text on the wall of a place, ISO 8601 with offset. One at a time is `to_local(…).isoformat()` and the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from einlass.core.hours import DAY, clock_changes, to_local

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_CLOCK = tuple(f"T{minute // 60:02}:{minute % 60:02}:00" for minute in range(DAY))


def wall_texts(minutes: Iterable[int], zone: str) -> list[str]:
    """Of minutes since 1970 (UTC) in ascending order: the offset is looked up once for each stretch between two clock changes.

    For years from 1972 on; before, some places were off by seconds.
    """
    texts: list[str] = []
    until = shift = 0
    offset = ""
    for minute in minutes:
        if not offset or minute >= until:
            shift, offset, until = _stretch(minute, zone)
        day, rest = divmod(minute + shift, DAY)
        texts.append(f"{_date(day)}{_CLOCK[rest]}{offset}")
    return texts


def _stretch(minute: int, zone: str) -> tuple[int, str, int]:
    """The offset in force at this minute, as minutes and as text, and the minute up to which it is so (at most to the end of the year)."""
    instant = _EPOCH + timedelta(minutes=minute)
    shift = int((to_local(instant, zone).utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(shift), 60)
    ends = [change.at for change in clock_changes(zone, instant.year, instant.year) if change.at > instant]
    end = min([datetime(instant.year + 1, 1, 1, tzinfo=UTC), *ends])
    return shift, f"{'-' if shift < 0 else '+'}{hours:02}:{rest:02}", (end - _EPOCH) // timedelta(minutes=1)


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    return date.fromordinal(_FIRST_DAY + day).isoformat()
