# SPDX-License-Identifier: Apache-2.0
"""When staff are told of a key that is not confirmed, and when a message is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from einlass.core.alarms import due_alarm
from einlass.core.messages import retry_at

START = datetime(2027, 1, 12, 13, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_left", "last", "mark"),
    [
        (1441, None, None),
        (1440, None, 1440),
        (1439, 1440, None),
        (121, 1440, None),
        (120, 1440, 120),
        (31, 120, None),
        (30, 120, 30),
        (29, 30, None),
        # Marks that were missed are one alarm, and the last one is never told twice.
        (119, None, 120),
        (10, None, 30),
        (10, 1440, 30),
        (-5, None, 30),
        (-5, 30, None),
    ],
)
def test_due_alarm(minutes_left: int, last: int | None, mark: int | None) -> None:
    assert due_alarm(window_start=START, now=START - timedelta(minutes=minutes_left), last=last) == mark


def test_due_alarm_over_all_minutes_is_raised_three_times() -> None:
    last, raised = None, []
    for minutes_left in range(2000, -60, -1):
        mark = due_alarm(window_start=START, now=START - timedelta(minutes=minutes_left), last=last)
        if mark is not None:
            raised.append((minutes_left, mark))
            last = mark

    assert raised == [(1440, 1440), (120, 120), (30, 30)]


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (5000, 60)])
def test_retry_at(attempts: int, minutes: int) -> None:
    assert retry_at(attempts=attempts, created_at=START, now=START) == START + timedelta(minutes=minutes)


def test_retry_at_is_never_after_two_days() -> None:
    two_days = START + timedelta(days=2)

    assert retry_at(attempts=40, created_at=START, now=two_days - timedelta(seconds=1)) is not None
    assert retry_at(attempts=40, created_at=START, now=two_days) is None
