# SPDX-License-Identifier: Apache-2.0
"""Whose a tap was, and when it may be suggested that nobody came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from einlass.core.door_log import Attendance, Holder, SeenTap, nobody_came, whose
from einlass.core.windows import Window

START = datetime(2027, 1, 12, 13, tzinfo=UTC)
PHONE, OTHER = "+41781234567", "+41790001122"


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def holder(booking: int, start: int, *, phone: str = PHONE, doors: str = "room entrance") -> Holder:
    """A booking of an hour with a quarter before and after."""
    booked = Window(at(start), at(start + 60))
    widened = booked.widened(before_minutes=15, after_minutes=15)
    return Holder(booking, f"key-{booking}", phone, frozenset(doors.split()), widened, booked)


FIRST, SECOND = holder(1, 0), holder(2, 60)
ELSEWHERE = holder(3, 0, doors="cellar entrance")


@pytest.mark.parametrize(
    ("minutes", "component", "opened", "holders", "booking"),
    [
        (5, "room", True, [FIRST], 1),
        (-15, "room", True, [FIRST], 1),
        (5, "cellar", True, [FIRST], None),
        (-16, "room", True, [FIRST], None),
        # Not let in, but certainly this guest's phone.
        (-40, "room", False, [FIRST], 1),
        (5, "cellar", False, [FIRST], 1),
        (-3 * 24 * 60, "room", False, [FIRST], None),
        # One guest twice in a row: at the seam it is the booking that runs.
        (50, "room", True, [FIRST, SECOND], 1),
        (60, "room", True, [FIRST, SECOND], 2),
        (70, "room", True, [FIRST, SECOND], 2),
        (-40, "room", False, [FIRST, SECOND], None),
        # One guest with two rooms at once: his own door says it, the entrance does not.
        (5, "room", True, [FIRST, ELSEWHERE], 1),
        (5, "cellar", True, [FIRST, ELSEWHERE], 3),
        (5, "entrance", True, [FIRST, ELSEWHERE], None),
        (5, "room", True, [holder(1, 0, phone=OTHER)], None),
        (5, "room", True, [], None),
    ],
)
def test_tap_is_of_the_booking_whose_phone_it_was(
    minutes: int, component: str, opened: bool, holders: list[Holder], booking: int | None
) -> None:
    assert whose(SeenTap("t", component, at(minutes), opened, phone=PHONE), holders) == booking


def test_key_says_more_than_the_phone() -> None:
    tap = SeenTap("t", "room", at(5), opened=True, phone=PHONE, key_id="key-2")

    assert whose(tap, [FIRST, SECOND]) == 2
    assert whose(replace(tap, key_id="key-9"), [FIRST, SECOND]) is None


def test_tap_without_phone_and_key_is_nobodys() -> None:
    assert whose(SeenTap("t", "room", at(5), opened=True), [replace(FIRST, phone="")]) is None


def test_phone_is_not_shown() -> None:
    assert PHONE not in repr([SeenTap("t", "room", at(5), opened=True, phone=PHONE), FIRST])


OVER = Attendance(window=FIRST.window, had_key=True, read_until=at(75), kept_since=at(-15), taps=0)


@pytest.mark.parametrize(
    ("seen", "now", "suggested"),
    [
        (OVER, 75, True),
        (OVER, 74, False),
        (replace(OVER, taps=1), 75, False),
        (replace(OVER, had_key=False), 75, False),
        (replace(OVER, read_until=None), 75, False),
        (replace(OVER, read_until=at(74)), 75, False),
        (replace(OVER, kept_since=at(-14)), 75, False),
    ],
)
def test_nobody_came_only_where_the_log_would_tell_of_anybody(seen: Attendance, now: int, suggested: bool) -> None:
    assert nobody_came(seen, now=at(now)) is suggested
