# SPDX-License-Identifier: Apache-2.0
"""Half-open spans of instants."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.core.windows import Window

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")


def window(start: int, end: int) -> Window:
    return Window(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))


WINDOWS = st.builds(lambda start, length: window(start, start + length), st.integers(-50, 50), st.integers(1, 50))


@pytest.mark.parametrize(
    ("first", "second", "collide"),
    [
        ((0, 60), (60, 120), False),
        ((60, 120), (0, 60), False),
        ((0, 61), (60, 120), True),
        ((0, 60), (0, 60), True),
        ((0, 60), (10, 20), True),
        ((10, 20), (0, 60), True),
        ((0, 10), (20, 30), False),
    ],
)
def test_collides_touching_ones_do_not(first: tuple[int, int], second: tuple[int, int], collide: bool) -> None:
    assert window(*first).collides(window(*second)) is collide


@given(WINDOWS, WINDOWS)
def test_collides_exactly_when_an_instant_is_shared(first: Window, second: Window) -> None:
    shared = any(first.start + timedelta(minutes=m) in second for m in range(first.minutes))

    assert first.collides(second) is shared
    assert second.collides(first) is shared


def test_contains_its_start_and_not_its_end() -> None:
    hour = window(0, 60)

    assert [NOON + timedelta(minutes=m) in hour for m in (-1, 0, 59, 60)] == [False, True, True, False]


@pytest.mark.parametrize(("inner", "covered"), [((0, 60), True), ((1, 59), True), ((-1, 60), False), ((0, 61), False), ((70, 80), False)])
def test_covers(inner: tuple[int, int], covered: bool) -> None:
    assert window(0, 60).covers(window(*inner)) is covered


@pytest.mark.parametrize("end", [0, -1])
def test_window_ends_after_it_starts(end: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        window(0, end)


@pytest.mark.parametrize(("start", "end"), [(NOON.replace(tzinfo=None), NOON), (NOON, NOON.replace(tzinfo=None))])
def test_window_needs_aware_instants(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="aware"):
        Window(start, end)


def test_window_keeps_utc_whatever_zone_it_came_in() -> None:
    local = Window(datetime(2027, 1, 12, 14, tzinfo=ZURICH), datetime(2027, 1, 12, 18, tzinfo=ZURICH))

    assert local.start.isoformat() == "2027-01-12T13:00:00+00:00"
    assert local.end.isoformat() == "2027-01-12T17:00:00+00:00"
    assert local == Window(datetime(2027, 1, 12, 13, tzinfo=UTC), datetime(2027, 1, 12, 17, tzinfo=UTC))


def test_windows_are_ordered_by_start_then_end() -> None:
    assert sorted([window(5, 9), window(0, 9), window(0, 3)]) == [window(0, 3), window(0, 9), window(5, 9)]


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("night", [datetime(2026, 10, 25), datetime(2027, 3, 28)])
def test_f27_widened_is_elapsed_time_at_every_minute_of_the_night(night: datetime, fold: int) -> None:
    for minute in range(360):
        start = (night + timedelta(minutes=minute)).replace(tzinfo=ZURICH, fold=fold)
        end = start.astimezone(UTC) + timedelta(minutes=60)

        wide = Window(start, end).widened(before_minutes=15, after_minutes=20)

        assert wide.start.timestamp() == start.timestamp() - 15 * 60
        assert wide.end.timestamp() == start.timestamp() + 80 * 60
        assert wide.minutes == 95


def test_minutes_is_elapsed_time() -> None:
    night = Window(datetime(2026, 10, 25, 1, tzinfo=ZURICH), datetime(2026, 10, 25, 4, tzinfo=ZURICH))

    assert night.minutes == 240
    assert Window(NOON, NOON + timedelta(seconds=119)).minutes == 1
