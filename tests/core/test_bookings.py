# SPDX-License-Identifier: Apache-2.0
"""States, who may do what, and deadlines."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.core.bookings import (
    ACTORS,
    BLOCKING,
    FINAL,
    LEADS_TO,
    SHOWN,
    TRANSITIONS,
    Action,
    Actor,
    Status,
    allowed,
    deadline,
    hold_expired,
    in_time,
    may_become,
    shown,
    within_deadline,
)

START = datetime(2027, 1, 12, 13, tzinfo=UTC)
SECOND = timedelta(seconds=1)

MAY = {
    ("held", "pending"),
    ("held", "confirmed"),
    ("held", "cancelled"),
    ("held", "lapsed"),
    ("pending", "confirmed"),
    ("pending", "declined"),
    ("pending", "cancelled"),
    ("confirmed", "cancelled"),
    ("confirmed", "completed"),
    ("confirmed", "no_show"),
    ("completed", "no_show"),
    ("no_show", "completed"),
}


@pytest.mark.parametrize("old", Status)
@pytest.mark.parametrize("new", Status)
def test_may_become(old: Status, new: Status) -> None:
    assert may_become(old, new) is ((old.value, new.value) in MAY)


def test_every_state_has_an_exit_or_is_final() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert {Status.CANCELLED, Status.DECLINED, Status.LAPSED} == FINAL


def test_nothing_that_gave_its_room_back_takes_it_again() -> None:
    assert not [(old, new) for old, new in MAY if old not in BLOCKING and new in BLOCKING]


@given(st.lists(st.sampled_from(Status)))
def test_every_way_through_the_states_leads_out_of_the_room(wishes: list[Status]) -> None:
    state = Status.HELD
    left = False
    for wish in wishes:
        if may_become(state, wish):
            state = wish
        left = left or state not in BLOCKING
        assert left is (state not in BLOCKING)


ALLOWED = {
    (Action.REQUEST, Status.HELD): "guest staff api",
    (Action.CONFIRM, Status.HELD): "guest staff api",
    (Action.CONFIRM, Status.PENDING): "staff api",
    (Action.DECLINE, Status.PENDING): "staff api clock",
    (Action.CANCEL, Status.HELD): "guest staff api clock",
    (Action.CANCEL, Status.PENDING): "guest staff api clock",
    (Action.CANCEL, Status.CONFIRMED): "guest staff api clock",
    (Action.MOVE, Status.HELD): "guest staff api",
    (Action.MOVE, Status.PENDING): "guest staff api",
    (Action.MOVE, Status.CONFIRMED): "guest staff api",
    (Action.COMPLETE, Status.CONFIRMED): "staff api clock",
    (Action.COMPLETE, Status.NO_SHOW): "staff api clock",
    (Action.NO_SHOW, Status.CONFIRMED): "staff api clock",
    (Action.NO_SHOW, Status.COMPLETED): "staff api clock",
    (Action.LAPSE, Status.HELD): "clock",
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_allowed(action: Action, status: Status) -> None:
    who = [actor.value for actor in Actor if allowed(action, status=status, actor=actor)]

    assert " ".join(who) == ALLOWED.get((action, status), "")


def test_every_action_says_who_and_where_to() -> None:
    assert set(ACTORS) == set(Action)
    assert set(LEADS_TO) == set(Action) - {Action.MOVE}


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (0, START),
        (60, START - timedelta(hours=1)),
        (1440, START - timedelta(days=1)),
        (-5, START),
        (2**31, datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_deadline(until: int, expected: datetime) -> None:
    assert deadline(START, until_minutes=until) == expected


def test_f27_deadline_is_elapsed_time_across_a_clock_change() -> None:
    start = datetime(2026, 10, 25, 9, tzinfo=ZoneInfo("Europe/Zurich"))

    assert deadline(start, until_minutes=1440).isoformat() == "2026-10-24T08:00:00+00:00"


@pytest.mark.parametrize(
    ("until", "now", "in_time_for_guest"),
    [
        (60, START - timedelta(hours=1), True),
        (60, START - timedelta(hours=1) + SECOND, False),
        (60, START - timedelta(hours=1) - SECOND, True),
        (0, START, True),
        (0, START + SECOND, False),
    ],
)
def test_within_deadline(until: int, now: datetime, in_time_for_guest: bool) -> None:
    assert within_deadline(START, until_minutes=until, now=now) is in_time_for_guest
    assert in_time(start=START, until_minutes=until, actor=Actor.GUEST, now=now) is in_time_for_guest


@pytest.mark.parametrize("actor", [Actor.STAFF, Actor.API, Actor.CLOCK])
def test_in_time_staff_always(actor: Actor) -> None:
    assert in_time(start=START, until_minutes=60, actor=actor, now=START + timedelta(hours=1))


@given(until=st.integers(0, 10**6), late=st.integers(1, 10**6))
def test_guest_is_never_in_time_after_the_start(until: int, late: int) -> None:
    assert not within_deadline(START, until_minutes=until, now=START + timedelta(seconds=late))


def test_hold_expired_at_the_very_instant() -> None:
    assert hold_expired(START, START)
    assert hold_expired(START, START + SECOND)
    assert not hold_expired(START, START - SECOND)


def test_hold_expired_when_the_hour_comes_twice() -> None:
    local = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Zurich"))

    assert not hold_expired(local.replace(minute=10, fold=1), local)


def test_lapsed_is_shown_as_cancelled_and_the_rest_as_it_is() -> None:
    assert {status: shown(status) for status in Status} == SHOWN
    assert [status for status in Status if shown(status) is not status] == [Status.LAPSED]
    assert shown(Status.LAPSED) is Status.CANCELLED
