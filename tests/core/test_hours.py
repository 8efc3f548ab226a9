# SPDX-License-Identifier: Apache-2.0
"""Opening hours become instants, on every night of the year."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einlass.core.hours import (
    HoursError,
    OpeningHours,
    Span,
    day_window,
    is_known_holiday_region,
    is_known_zone,
    is_public_holiday,
    local_date,
    local_instant,
    open_days,
    parse_span,
    spans_of,
    to_local,
)
from einlass.core.windows import Window

ZURICH = "Europe/Zurich"
BACK = date(2026, 10, 25)
FORWARD = date(2027, 3, 28)
DAILY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def utc(day: int, hour: int, minute: int = 0, *, month: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def daily(*spans: str, zone: str = ZURICH, holidays: str = "", exceptions: tuple[dict[str, object], ...] = ()) -> OpeningHours:
    return OpeningHours.from_config(zone=zone, week={day: list(spans) for day in DAILY}, exceptions=exceptions, holidays=holidays)


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("07:00-22:00", 420, 1320),
        ("00:00-24:00", 0, 1440),
        ("22:00-24:00", 1320, 1440),
        ("22:00-00:00", 1320, 1440),
        ("22:00-02:00", 1320, 1560),
        ("23:59-23:58", 1439, 2878),
        ("00:00-00:01", 0, 1),
        (" 7:05 – 9:00 ", 425, 540),
    ],
)
def test_parse_span_reads(text: str, opens: int, closes: int) -> None:
    assert parse_span(text) == Span(opens, closes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "07:00",
        "7-22",
        "24:00-24:00",
        "24:00-02:00",
        "07:60-08:00",
        "07:00-08:60",
        "07:00-24:01",
        "25:00-26:00",
        "08:00-08:00",
        "x07:00-08:00",
    ],
)
def test_parse_span_refuses_with_the_text(text: str) -> None:
    with pytest.raises(HoursError) as refused:
        parse_span(text)

    assert repr(text) in str(refused.value)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(("opens", "closes"), [(-1, 5), (1440, 1500), (60, 60), (60, 59), (60, 1501)])
def test_span_beyond_a_day_is_refused(opens: int, closes: int) -> None:
    with pytest.raises(HoursError):
        Span(opens, closes)


def test_span_of_exactly_a_day_is_a_span() -> None:
    assert (Span(0, 1440).closes, Span(1439, 2879).closes) == (1440, 2879)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"zone": "Europe/Bern"}, "unknown time zone 'Europe/Bern'"),
        ({"zone": "../etc/passwd"}, "unknown time zone"),
        ({"zone": "Europe"}, "unknown time zone"),
        ({"zone": ""}, "unknown time zone"),
        ({"holidays": "CH-XX"}, "unknown holiday region 'CH-XX'"),
        ({"holidays": "CH-"}, "unknown holiday region"),
        ({"holidays": "Bern"}, "unknown holiday region"),
        ({"week": {"monday": ["07:00-08:00"]}}, "unknown day 'monday'"),
        ({"week": {"mon": "07:00-08:00"}}, "no list of opening times"),
        ({"week": {"mon": 7}}, "no list of opening times"),
        ({"week": {"mon": [420]}}, "420 is no opening time"),
        ({"exceptions": [{"date": "2027-13-01", "hours": []}]}, "'2027-13-01' is no date"),
        ({"exceptions": [{"hours": []}]}, "None is no date"),
        ({"exceptions": [{"date": "2027-01-02"}, {"date": date(2027, 1, 2)}]}, "2027-01-02 stands twice"),
    ],
)
def test_from_config_refuses_with_the_reason(change: dict[str, object], words: str) -> None:
    config: dict[str, object] = {"zone": ZURICH, "week": {}, **change}

    with pytest.raises(HoursError, match=words):
        OpeningHours.from_config(**config)  # type: ignore[arg-type]  # wrong ones are the point


def test_week_has_seven_days() -> None:
    with pytest.raises(HoursError, match="seven days"):
        OpeningHours(ZURICH, ((),) * 6)


def test_from_config_sorts_and_is_hashable() -> None:
    hours = OpeningHours.from_config(
        zone=ZURICH,
        week={"mon": ["13:00-17:00", "08:00-12:00", "08:00-12:00"]},
        exceptions=[{"date": "2027-05-02", "hours": ["10:00-11:00"]}, {"date": datetime(2027, 1, 2), "hours": None}],
    )

    assert hours.week[0] == (Span(480, 720), Span(780, 1020))
    assert hours.week[1:] == ((),) * 6
    assert hours.exceptions == ((date(2027, 1, 2), ()), (date(2027, 5, 2), (Span(600, 660),)))
    assert hash(hours) == hash(OpeningHours(hours.zone, hours.week, tuple(reversed(hours.exceptions))))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        (ZURICH, True),
        ("Europe/Berlin", True),
        ("UTC", True),
        ("Europe/Bern", False),
        ("Europe", False),
        ("", False),
        ("/etc/passwd", False),
    ],
)
def test_is_known_zone(name: str, known: bool) -> None:
    assert is_known_zone(name) is known


@pytest.mark.parametrize(
    ("region", "known"),
    [
        ("CH-BE", True),
        ("DE-BY", True),
        ("AT", True),
        ("CH", True),
        ("CH-by", False),
        ("XX", False),
        ("", False),
        ("CH-", False),
        ("ch", False),
    ],
)
def test_is_known_holiday_region(region: str, known: bool) -> None:
    assert is_known_holiday_region(region) is known


@pytest.mark.parametrize(
    ("region", "day", "closed"),
    [
        ("CH-BE", date(2027, 8, 1), True),
        ("CH-BE", date(2027, 1, 2), True),
        ("CH", date(2027, 1, 2), False),
        ("DE-BY", date(2027, 1, 6), True),
        ("DE-BE", date(2027, 1, 6), False),
        ("AT", date(2027, 10, 26), True),
        ("AT", date(2027, 10, 27), False),
        ("CH-BE", date(2028, 4, 14), True),
        ("XX", date(2027, 1, 1), False),
        ("", date(2027, 1, 1), False),
    ],
)
def test_is_public_holiday(region: str, day: date, closed: bool) -> None:
    assert is_public_holiday(region, day) is closed


def test_spans_of_exception_wins_over_holiday_and_holiday_over_week() -> None:
    hours = daily(
        "08:00-18:00", holidays="CH-BE", exceptions=({"date": "2027-08-01", "hours": ["10:00-12:00"]}, {"date": "2027-08-03", "hours": []})
    )

    assert spans_of(hours, date(2027, 8, 1)) == (Span(600, 720),)
    assert spans_of(hours, date(2027, 8, 2)) == (Span(480, 1080),)
    assert spans_of(hours, date(2027, 8, 3)) == ()
    assert spans_of(hours, date(2027, 12, 25)) == ()
    assert spans_of(daily("08:00-18:00"), date(2027, 12, 25)) == (Span(480, 1080),)


def test_spans_of_counts_from_monday() -> None:
    hours = OpeningHours.from_config(zone=ZURICH, week={name: [f"0{n}:00-10:00"] for n, name in enumerate(DAILY)})

    assert [spans_of(hours, date(2027, 1, 4) + timedelta(days=n))[0].opens for n in range(7)] == [0, 60, 120, 180, 240, 300, 360]


def test_open_days_are_inclusive_and_in_order() -> None:
    days = open_days(daily("13:00-17:00", "08:00-12:00"), date(2027, 1, 4), date(2027, 1, 5))

    assert [day.day for day in days] == [date(2027, 1, 4), date(2027, 1, 5)]
    assert days[0].windows == (
        Window(utc(4, 7, month=1, year=2027), utc(4, 11, month=1, year=2027)),
        Window(utc(4, 12, month=1, year=2027), utc(4, 16, month=1, year=2027)),
    )


def test_open_days_backwards_are_none() -> None:
    assert open_days(daily("08:00-12:00"), date(2027, 1, 5), date(2027, 1, 4)) == ()


def test_span_past_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    hours = daily("22:00-02:00", exceptions=({"date": "2027-01-05", "hours": []},))
    monday, tuesday = open_days(hours, date(2027, 1, 4), date(2027, 1, 5))

    assert monday.windows == (Window(utc(4, 21, month=1, year=2027), utc(5, 1, month=1, year=2027)),)
    assert tuesday.windows == ()


@pytest.mark.parametrize(
    ("day", "span", "start", "minutes"),
    [
        (BACK, "02:30-03:30", utc(25, 0, 30), 120),
        (BACK, "02:00-03:00", utc(25, 0, 0), 120),
        (BACK, "01:00-02:30", utc(24, 23, 0), 150),
        (BACK, "02:15-02:45", utc(25, 0, 15), 90),
        (BACK, "03:00-04:00", utc(25, 2, 0), 60),
        (BACK, "00:00-24:00", utc(24, 22, 0), 1500),
        (date(2026, 10, 24), "22:00-04:00", utc(24, 20, 0), 420),
        (FORWARD, "02:30-03:30", utc(28, 1, month=3, year=2027), 30),
        (FORWARD, "01:30-02:30", utc(28, 0, 30, month=3, year=2027), 30),
        (FORWARD, "01:00-04:00", utc(28, 0, month=3, year=2027), 120),
        (FORWARD, "00:00-24:00", utc(27, 23, month=3, year=2027), 1380),
        (date(2027, 3, 27), "22:00-04:00", utc(27, 21, month=3, year=2027), 300),
    ],
)
def test_f27_open_days_when_the_clock_changes(day: date, span: str, start: datetime, minutes: int) -> None:
    (open_day,) = open_days(daily(span), day, day)

    assert open_day.windows == (Window(start, start + timedelta(minutes=minutes)),)


@pytest.mark.parametrize("span", ["02:00-03:00", "02:10-02:50", "02:59-03:00"])
def test_f27_span_that_the_clock_skips_is_not_open(span: str) -> None:
    (open_day,) = open_days(daily(span), FORWARD, FORWARD)

    assert open_day.windows == ()


def walls_around(zone: str, day: date) -> list[tuple[datetime, datetime]]:
    """Every minute around the night, as (wall time, instant), by the clock of the zone alone."""
    place = ZoneInfo(zone)
    noon = datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC)
    instants = (noon + timedelta(minutes=minute) for minute in range(-180, 600))
    return [(instant.astimezone(place).replace(tzinfo=None), instant) for instant in instants]


def expected_instant(walls: list[tuple[datetime, datetime]], wall: datetime, fold: int) -> datetime:
    """The first or last instant with this wall time, else the first one beyond it."""
    same = [instant for local, instant in walls if local == wall]
    if same:
        return same[-1] if fold else same[0]
    return next(instant for local, instant in walls if local > wall)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (ZURICH, BACK),
        (ZURICH, FORWARD),
        ("Australia/Lord_Howe", date(2027, 4, 4)),  # half an hour back
        ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour forward
        ("Atlantic/Azores", date(2026, 10, 25)),  # midnight happens twice
        ("Atlantic/Azores", date(2027, 3, 28)),  # midnight does not exist
    ],
)
def test_f27_local_instant_every_minute_both_folds(zone: str, day: date) -> None:
    walls = walls_around(zone, day)
    for minute in range(300):
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        found = [local_instant(zone, day, minute, fold) for fold in (0, 1)]
        assert found == [expected_instant(walls, wall, fold) for fold in (0, 1)], wall


@pytest.mark.parametrize("fold", [0, 1])
def test_f27_local_instant_zurich_by_hand(fold: int) -> None:
    for minute in range(120):
        assert local_instant(ZURICH, BACK, minute, fold) == utc(24, 22) + timedelta(minutes=minute)
        assert local_instant(ZURICH, BACK, 180 + minute, fold) == utc(25, 2) + timedelta(minutes=minute)
        assert local_instant(ZURICH, FORWARD, minute, fold) == utc(27, 23, month=3, year=2027) + timedelta(minutes=minute)
        assert local_instant(ZURICH, FORWARD, 180 + minute, fold) == utc(28, 1, month=3, year=2027) + timedelta(minutes=minute)
    for minute in range(60):
        assert local_instant(ZURICH, BACK, 120 + minute, fold) == utc(25, fold) + timedelta(minutes=minute)
        assert local_instant(ZURICH, FORWARD, 120 + minute, fold) == utc(28, 1, month=3, year=2027)


def test_local_instant_beyond_the_day_is_wall_time_of_the_next() -> None:
    assert local_instant(ZURICH, date(2026, 10, 24), 1440 + 180) == utc(25, 2)
    assert local_instant(ZURICH, date(2026, 10, 24), 1440 + 150, 1) == utc(25, 1, 30)


def test_local_instant_of_a_day_that_the_calendar_skipped() -> None:
    assert local_instant("Pacific/Apia", date(2011, 12, 30), 600) == datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert open_days(daily("08:00-18:00", zone="Pacific/Apia"), date(2011, 12, 30), date(2011, 12, 30))[0].windows == ()


def test_local_date_and_to_local() -> None:
    instant = utc(31, 23, 30, month=12)

    assert local_date(instant, ZURICH) == date(2027, 1, 1)
    assert to_local(instant, ZURICH).isoformat() == "2027-01-01T00:30:00+01:00"
    assert local_date(instant, "America/New_York") == date(2026, 12, 31)


@pytest.mark.parametrize(("day", "hours"), [(BACK, 25), (FORWARD, 23), (date(2027, 1, 4), 24)])
def test_day_window_lasts_as_long_as_the_day(day: date, hours: int) -> None:
    window = day_window(ZURICH, day)

    assert window.minutes == hours * 60
    assert local_date(window.start, ZURICH) == day
    assert to_local(window.end, ZURICH).isoformat()[11:16] == "00:00"


@settings(max_examples=60)
@given(
    day=st.dates(date(2020, 1, 1), date(2037, 12, 31)),
    opens=st.integers(0, 1439),
    length=st.integers(1, 1440),
    zone=st.sampled_from([ZURICH, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_window_shows_the_wall_times_of_its_span(day: date, opens: int, length: int, zone: str) -> None:
    hours = OpeningHours(zone, ((Span(opens, opens + length),),) * 7)

    for window in open_days(hours, day, day)[0].windows:
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=opens)
        assert to_local(window.start, zone).replace(tzinfo=None) >= wall
        assert to_local(window.end, zone).replace(tzinfo=None) >= wall + timedelta(minutes=length)
        assert abs(window.minutes - length) <= 60
