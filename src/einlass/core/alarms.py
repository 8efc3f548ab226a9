# SPDX-License-Identifier: Apache-2.0
"""When staff are told that a key is not confirmed. Whether it is, and who is told: `operations/alarms.py`."""

from __future__ import annotations

from datetime import datetime, timedelta

# Minutes before the key has to open: a day, two hours, half an hour.
MARKS = (1440, 120, 30)
# A key that somebody has just asked for is being made: that alone is no reason to alarm anybody.
GRACE = timedelta(minutes=2)


def due_alarm(*, window_start: datetime, now: datetime, last: int | None) -> int | None:
    """The mark at which staff are told now, None where they know already. Of several marks that were missed only the latest is told."""
    left = window_start - now
    passed = [mark for mark in MARKS if left <= timedelta(minutes=mark)]
    mark = min(passed, default=None)
    return None if mark is None or (last is not None and last <= mark) else mark
