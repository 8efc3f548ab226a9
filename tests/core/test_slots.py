# SPDX-License-Identifier: Apache-2.0
"""Which starts are offered: the list and the single check say the same, whatever the rules."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einlass.core.hours import OpeningHours, Span, local_date
from einlass.core.slots import (
    REASONS,
    ServiceRules,
    Slot,
    SlotDay,
    blocked_window,
    free_ranges,
    free_rooms,
    merged,
    nearest,
    offered_days,
    why_not_offered,
)
from einlass.core.windows import Window

ZURICH = "Europe/Zurich"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAILY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY = date(2027, 1, 4)
NOON_BEFORE = datetime(2027, 1, 3, 11, tzinfo=UTC)


def daily(*spans: str) -> OpeningHours:
    return OpeningHours.from_config(zone=ZURICH, week={day: list(spans) for day in DAILY})


def rules(**changes: object) -> ServiceRules:
    values: dict[str, object] = {"durations": (60,), "step": 30, **changes}
    return ServiceRules(**values)  # type: ignore[arg-type]  # the tests name only what they change


def at(hour: int, minute: int = 0, *, day: date = MONDAY) -> datetime:
    """Wall time in Zurich, as UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZURICH)).astimezone(UTC)


def taken(*times: tuple[int, int]) -> list[Window]:
    """From full hour to full hour on Monday."""
    return [Window(at(a), at(b)) for a, b in times]


def offered(
    service: ServiceRules,
    hours: OpeningHours,
    *,
    first: date = MONDAY,
    last: date = MONDAY,
    now: datetime = NOON_BEFORE,
    duration: int = 60,
    rooms: tuple[int, ...] = (1,),
    busy: dict[int, list[Window]] | None = None,
) -> tuple[SlotDay, ...]:
    return offered_days(service, hours, rooms=rooms, taken=busy or {}, duration=duration, first=first, last=last, now=now)


def clock(days: tuple[SlotDay, ...]) -> list[str]:
    return [slot.start.astimezone(ZoneInfo(ZURICH)).strftime("%H:%M") for day in days for slot in day.slots]


def test_starts_lie_on_the_step_from_the_opening_and_end_by_closing() -> None:
    days = offered(rules(), daily("08:10-10:30"))

    assert clock(days) == ["08:10", "08:40", "09:10"]
    assert days[0] == SlotDay(
        MONDAY,
        (
            Slot(at(8, 10), at(9, 10), (1,)),
            Slot(at(8, 40), at(9, 40), (1,)),
            Slot(at(9, 10), at(10, 10), (1,)),
        ),
    )


def test_last_start_ends_exactly_at_closing() -> None:
    assert clock(offered(rules(), daily("08:00-09:00"))) == ["08:00"]
    assert clock(offered(rules(), daily("08:00-08:59"))) == []


def test_every_day_asked_for_is_answered() -> None:
    days = offered(rules(), daily(), last=date(2027, 1, 6))

    assert days == (SlotDay(MONDAY, ()), SlotDay(date(2027, 1, 5), ()), SlotDay(date(2027, 1, 6), ()))
    assert offered(rules(), daily(), first=date(2027, 1, 5), last=MONDAY) == ()


def test_duration_that_the_service_does_not_have_is_not_offered() -> None:
    assert clock(offered(rules(durations=(30, 90)), daily("08:00-10:00"), duration=60)) == []
    assert clock(offered(rules(durations=(30, 90)), daily("08:00-10:00"), duration=90)) == ["08:00", "08:30"]


def test_windows_that_touch_count_as_one_but_keep_their_steps() -> None:
    hours = daily("08:00-09:15", "09:15-11:00")

    assert clock(offered(rules(), hours)) == ["08:00", "08:30", "09:00", "09:15", "09:45"]


def test_windows_that_overlap_count_as_one_and_offer_each_start_once() -> None:
    assert clock(offered(rules(), daily("08:00-10:00", "09:00-11:00"))) == ["08:00", "08:30", "09:00", "09:30", "10:00"]


def test_gap_between_windows_is_not_bridged() -> None:
    assert clock(offered(rules(), daily("08:00-09:29", "09:30-10:30"))) == ["08:00", "09:30"]


def test_booking_may_run_through_midnight_where_the_next_day_opens_at_once() -> None:
    assert clock(offered(rules(), daily("00:00-24:00")))[-2:] == ["23:00", "23:30"]
    assert clock(offered(rules(), daily("00:00-23:00")))[-1] == "22:00"


def test_start_after_midnight_is_listed_on_the_day_on_which_it_happens() -> None:
    hours = OpeningHours.from_config(zone=ZURICH, week={"mon": ["22:00-02:00"]})
    monday, tuesday = offered(rules(), hours, last=date(2027, 1, 5))

    assert clock((monday,)) == ["22:00", "22:30", "23:00", "23:30"]
    assert clock((tuesday,)) == ["00:00", "00:30", "01:00"]
    assert clock(offered(rules(), hours, first=date(2027, 1, 5), last=date(2027, 1, 5))) == ["00:00", "00:30", "01:00"]


def test_booking_longer_than_a_day_needs_every_day_open() -> None:
    long = rules(durations=(2880,), step=720)

    assert clock(offered(long, daily("00:00-24:00"), duration=2880)) == ["00:00", "12:00"]
    shut = OpeningHours.from_config(
        zone=ZURICH, week={day: ["00:00-24:00"] for day in DAILY}, exceptions=[{"date": "2027-01-06", "hours": []}]
    )
    assert clock(offered(long, shut, duration=2880)) == ["00:00"]


def test_f27_night_with_25_hours_offers_the_hour_twice() -> None:
    night = date(2026, 10, 25)
    days = offered(rules(), daily("01:00-04:00"), first=night, last=night, now=at(12, day=date(2026, 10, 24)))

    assert clock(days) == ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    assert [b.start - a.start for a, b in zip(days[0].slots, days[0].slots[1:], strict=False)] == [timedelta(minutes=30)] * 6


def test_f27_night_with_23_hours_leaves_the_hour_out() -> None:
    night = date(2027, 3, 28)

    assert clock(offered(rules(), daily("01:00-05:00"), first=night, last=night)) == ["01:00", "01:30", "03:00", "03:30", "04:00"]


def test_notice_counts_from_now_and_includes_the_very_minute() -> None:
    hours = daily("08:00-11:00")

    assert clock(offered(rules(notice_minutes=60), hours, now=at(7, 30))) == ["08:30", "09:00", "09:30", "10:00"]
    assert clock(offered(rules(notice_minutes=60), hours, now=at(7, 30) + timedelta(seconds=1))) == ["09:00", "09:30", "10:00"]
    assert clock(offered(rules(), hours, now=at(10))) == ["10:00"]
    assert clock(offered(rules(), hours, now=at(10) + timedelta(microseconds=1))) == []


def test_horizon_reaches_to_the_end_of_its_local_day() -> None:
    now = at(23, 30, day=date(2027, 1, 3))
    days = offered(rules(horizon_days=1), daily("22:00-02:00"), last=date(2027, 1, 6), now=now)

    assert [clock((day,)) for day in days] == [["00:00", "00:30", "01:00", "22:00", "22:30", "23:00", "23:30"], [], []]
    assert clock(offered(rules(horizon_days=0), daily("08:00-10:00"), last=date(2027, 1, 9), now=at(8, 30))) == ["08:30", "09:00"]


def test_horizon_beyond_all_calendars_means_none() -> None:
    far = rules(horizon_days=2**31)

    assert clock(offered(far, daily("08:00-09:00"))) == ["08:00"]
    assert why_not_offered(far, daily("08:00-09:00"), start=datetime.max.replace(tzinfo=UTC), duration=60, now=NOON_BEFORE) == "horizon"
    assert why_not_offered(far, daily("08:00-09:00"), start=datetime.min.replace(tzinfo=UTC), duration=60, now=NOON_BEFORE) == "past"


def test_taken_time_leaves_out_the_starts_that_collide() -> None:
    assert clock(offered(rules(), daily("08:00-12:00"), busy={1: taken((9, 10))})) == ["08:00", "10:00", "10:30", "11:00"]


def test_taken_windows_need_not_be_sorted_or_apart() -> None:
    busy = {1: taken((11, 12), (9, 11), (9, 10))}

    assert clock(offered(rules(), daily("08:00-13:00"), busy=busy)) == ["08:00", "12:00"]


def test_taken_seconds_count_as_the_whole_minute() -> None:
    busy = {1: [Window(at(9) + timedelta(seconds=30), at(10) + timedelta(seconds=30))]}

    assert clock(offered(rules(step=1, durations=(60,)), daily("07:59-11:03"), busy=busy)) == ["07:59", "08:00", "10:01", "10:02", "10:03"]


def test_buffers_keep_distance_but_may_lie_outside_the_hours() -> None:
    buffered = rules(step=15, buffer_before=15, buffer_after=30)

    assert clock(offered(buffered, daily("08:00-09:00"))) == ["08:00"]
    assert clock(offered(buffered, daily("07:00-12:00"), busy={1: taken((9, 10))})) == [
        "07:00",
        "07:15",
        "07:30",
        "10:15",
        "10:30",
        "10:45",
        "11:00",
    ]


def test_each_start_carries_the_free_rooms_in_the_order_given() -> None:
    days = offered(rules(step=60), daily("08:00-11:00"), rooms=(7, 3, 5), busy={3: taken((8, 9)), 7: taken((9, 10)), 5: taken((8, 10))})

    assert [slot.rooms for slot in days[0].slots] == [(7,), (3,), (7, 3, 5)]


def test_room_named_twice_counts_once_and_no_room_offers_nothing() -> None:
    assert offered(rules(step=60), daily("08:00-09:00"), rooms=(1, 1))[0].slots[0].rooms == (1,)
    assert clock(offered(rules(step=60), daily("08:00-09:00"), rooms=())) == []


@pytest.mark.parametrize(
    ("start", "duration", "reason"),
    [
        (at(8), 60, None),
        (at(8).astimezone(ZoneInfo(ZURICH)), 60, None),
        (at(9), 60, None),
        (at(8), 61, "duration"),
        (at(8), 0, "duration"),
        (at(8), -60, "duration"),
        (at(6, 59), 60, "past"),
        (at(7, 29), 60, "notice"),
        (at(7, 30), 60, "closed"),
        (at(9, 30), 60, "closed"),
        (at(10), 60, "closed"),
        (at(8, 1), 60, "step"),
        (at(8) + timedelta(seconds=1), 60, "step"),
        (at(8) + timedelta(microseconds=1), 60, "step"),
        (at(9) + timedelta(seconds=1), 60, "closed"),
        (at(8, day=date(2027, 1, 6)), 60, None),
        (at(23, 59, day=date(2027, 1, 6)), 60, "closed"),
        (at(0, day=date(2027, 1, 7)), 60, "horizon"),
    ],
)
def test_why_not_offered(start: datetime, duration: int, reason: str | None) -> None:
    service = rules(notice_minutes=30, horizon_days=2)

    assert why_not_offered(service, daily("08:00-10:00"), start=start, duration=duration, now=at(7)) == reason


def test_f27_why_not_offered_counts_elapsed_time_whatever_zone_it_is_asked_in() -> None:
    local = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(ZURICH), fold=1)
    hours = daily("01:00-03:00")

    assert why_not_offered(rules(), hours, start=local.replace(fold=0), duration=60, now=NOON_BEFORE - timedelta(days=80)) is None
    assert why_not_offered(rules(), hours, start=local, duration=60, now=NOON_BEFORE - timedelta(days=80)) == "closed"
    assert why_not_offered(rules(), hours, start=local.replace(fold=0), duration=60, now=local.replace(minute=0)) == "past"


def test_f27_notice_is_elapsed_time_also_for_a_local_now() -> None:
    now = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo(ZURICH))
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 on the wall, for the second time

    assert why_not_offered(rules(notice_minutes=120), daily("00:00-24:00"), start=start, duration=60, now=now) is None
    assert why_not_offered(rules(notice_minutes=121), daily("00:00-24:00"), start=start, duration=60, now=now) == "notice"


@pytest.mark.parametrize("day", [date.min, date.max, date(2026, 12, 1)])
def test_days_long_gone_or_far_ahead_offer_nothing(day: date) -> None:
    assert offered(rules(), daily("00:00-24:00"), first=day, last=day) == (SlotDay(day, ()),)


@pytest.mark.parametrize(
    "changes",
    [
        {"step": 0},
        {"durations": (0,)},
        {"durations": (60, -1)},
        {"buffer_before": -1},
        {"buffer_after": -1},
        {"notice_minutes": -1},
        {"horizon_days": -1},
    ],
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        rules(**changes)


def test_blocked_window_has_both_buffers() -> None:
    assert blocked_window(rules(buffer_before=10, buffer_after=20), Window(at(8), at(9))) == Window(at(7, 50), at(9, 20))


def test_free_rooms_keeps_the_order_and_lets_neighbours_touch() -> None:
    busy = {1: taken((7, 8)), 2: taken((7, 8), (9, 10)), 3: taken((8, 9))}

    assert free_rooms(rules(), rooms=(4, 3, 2, 1), taken=busy, window=Window(at(8), at(9))) == (4, 2, 1)
    assert free_rooms(rules(buffer_after=1), rooms=(4, 3, 2, 1), taken=busy, window=Window(at(8), at(9))) == (4, 1)


def test_nearest_returns_them_in_order_of_time() -> None:
    slots = [Slot(at(hour), at(hour + 1), (1,)) for hour in (15, 8, 12, 16, 10)]

    assert [slot.start for slot in nearest(slots, at(14))] == [at(12), at(15), at(16)]
    assert [slot.start for slot in nearest(slots, at(9), 1)] == [at(8)]
    assert nearest([], at(9)) == ()


def test_merged_joins_what_touches() -> None:
    assert merged([(5, 6), (1, 3), (3, 4), (7, 9), (7, 8)]) == [(1, 4), (5, 6), (7, 9)]


# The nights of the clock change, an ordinary week, and New Year, in the zone with the nights.
FIRST_DAYS = [date(2026, 10, 24), date(2027, 3, 27), date(2027, 1, 4), date(2026, 12, 31)]
SPANS = st.builds(
    lambda opens, length: Span(opens, opens + length), st.integers(0, 95).map(lambda n: n * 15), st.integers(1, 96).map(lambda n: n * 15)
)
HOURS = st.builds(
    lambda week: OpeningHours(ZURICH, tuple(tuple(day) for day in week)), st.lists(st.lists(SPANS, max_size=2), min_size=7, max_size=7)
)
RULES = st.builds(
    ServiceRules,
    durations=st.sampled_from([(30,), (45, 60), (1500,), (60, 240)]),
    step=st.sampled_from([15, 20, 30, 45, 60]),
    buffer_before=st.sampled_from([0, 10, 30]),
    buffer_after=st.sampled_from([0, 5, 60]),
    notice_minutes=st.sampled_from([0, 1, 90, 1440]),
    horizon_days=st.sampled_from([0, 1, 2, 365]),
)
BUSY = st.dictionaries(st.integers(1, 3), st.lists(st.tuples(st.integers(-300, 3200), st.integers(1, 400)), max_size=6), max_size=3)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(service=RULES, hours=HOURS, busy=BUSY, first=st.sampled_from(FIRST_DAYS), ahead=st.integers(-2000, 3000), pick=st.integers(0, 1))
def test_list_and_single_check_agree(
    *, service: ServiceRules, hours: OpeningHours, busy: dict[int, list[tuple[int, int]]], first: date, ahead: int, pick: int
) -> None:
    duration = service.durations[pick % len(service.durations)]
    base = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(ZURICH)).astimezone(UTC)
    now = base + timedelta(minutes=ahead, seconds=ahead % 3)
    rooms = (3, 1, 2)
    windows = {
        room: sorted(Window(base + timedelta(minutes=a), base + timedelta(minutes=a + length)) for a, length in times)
        for room, times in busy.items()
    }
    last = first + timedelta(days=1)

    days = offered_days(service, hours, rooms=rooms, taken=windows, duration=duration, first=first, last=last, now=now)

    expected: dict[date, list[Slot]] = {first: [], last: []}
    for minute in range(-60, 52 * 60, 5):
        start = base + timedelta(minutes=minute)
        day = local_date(start, ZURICH)
        reason = why_not_offered(service, hours, start=start, duration=duration, now=now)
        assert reason is None or reason in REASONS
        if reason is None and day in expected:
            window = Window(start, start + timedelta(minutes=duration))
            if free := free_rooms(service, rooms=rooms, taken=windows, window=window):
                expected[day].append(Slot(window.start, window.end, free))
    assert days == tuple(SlotDay(day, tuple(slots)) for day, slots in expected.items())
    ranges = free_ranges(service, hours, rooms=rooms, taken=windows, duration=duration, first=first, last=last, now=now)
    starts = {EPOCH + timedelta(minutes=start) for part in ranges for start in part}
    assert starts == {slot.start for listed in days for slot in listed.slots}
