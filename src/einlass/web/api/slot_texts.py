# SPDX-License-Identifier: Apache-2.0
"""Free times as the text of an answer, without an object for each: a month has hundreds, and turning them into text takes most of the time.
The description of the answer is `schemas.Slots`."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from einlass.core.hours import DAY, epoch_minute
from einlass.core.wall_texts import wall_texts


def slots_json(starts: Sequence[int], *, zone: str, duration: int, first: date, last: date) -> str:
    """Free times by local day, days without any included. `starts` are minutes since 1970 (UTC) in order, `duration` minutes."""
    begin = wall_texts(starts, zone)
    end = wall_texts((start + duration for start in starts), zone)
    slots = [f'{{"start": "{a}", "end": "{b}"}}' for a, b in zip(begin, end, strict=True)]
    days = [
        f'{{"date": "{day.isoformat()}", "slots": [{", ".join(slots[since:until])}]}}'
        for day, since, until in _days(starts, zone, first, last)
    ]
    return f'{{"time_zone": {json.dumps(zone)}, "duration": {duration}, "days": [{", ".join(days)}]}}'


def _days(starts: Sequence[int], zone: str, first: date, last: date) -> Iterator[tuple[date, int, int]]:
    """Each local day and where its starts lie."""
    since = 0
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        # No start lies on a day with which the calendar ends, and that one has no midnight to come.
        until = bisect_left(starts, epoch_minute(zone, day, DAY, 0)) if since < len(starts) else since
        yield day, since, until
        since = until
