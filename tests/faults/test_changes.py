# SPDX-License-Identifier: Apache-2.0
"""F28 to F34: bookings that are moved or cancelled while their keys are being made, open doors, or cannot be reached."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.models import EventRecord, Message
from einlass.operations.revocation_alarms import KIND

AWAY = {"kind": "status", "status": 503}


def test_f28_moved_while_the_answer_of_its_key_is_lost_ends_in_one_key(house: Watched) -> None:
    booking = house.book()
    house.faults({"call": "create", "kind": "reset_after", "times": 1})
    house.work(booking)

    house.move(booking, start=booking.start + timedelta(hours=3))
    house.pass_minutes(2, of=0.5)

    assert [row.state for row in house.rows(booking)] == ["revoked", "live"]
    assert house.asked() == ["create", "revoke", "create"]
    house.rest()


def test_f28_moved_before_its_key_was_asked_for_asks_once(house: Watched) -> None:
    booking = house.book()
    house.move(booking, start=booking.start + timedelta(hours=3))
    house.ring()

    assert (house.asked(), house.state(booking)) == (["create"], AccessState.READY)
    house.rest()


def test_f29_prolonged_while_it_runs_has_the_new_key_before_the_old_one_goes(house: Watched) -> None:
    booking = house.ready(hours=2)
    house.until(booking.start + timedelta(minutes=20))

    house.move(booking, duration=240)
    house.ring()

    assert (house.asked(), house.opens(booking)) == (["create", "create", "revoke"], "open")
    assert house.state(booking) is AccessState.ACTIVE
    house.rest()


def test_f30_moved_away_while_it_runs_gives_the_old_key_back_first(house: Watched) -> None:
    booking = house.ready(hours=2)
    house.until(booking.start + timedelta(minutes=20))

    house.move(booking, start=booking.start + timedelta(days=1))
    house.ring()

    assert (house.asked(), house.opens(booking)) == (["create", "revoke", "create"], "too_early")
    house.rest()


def test_f30_moved_away_while_exivo_is_down_makes_no_second_key_beside_the_first(house: Watched) -> None:
    booking = house.ready(hours=2)
    house.until(booking.start + timedelta(minutes=20))
    house.faults({"call": "revoke", **AWAY})

    house.move(booking, start=booking.start + timedelta(days=1))
    house.pass_minutes(5)

    assert (house.asked("create"), len(house.live(booking))) == (["create"], 1)
    house.faults()
    house.pass_minutes(2, of=0.5)
    assert (house.state(booking), house.opens(booking)) == (AccessState.READY, "too_early")
    house.rest()


@pytest.mark.parametrize(
    "fault", [{"kind": "reset_after", "times": 1}, {"kind": "late", "seconds": 900, "times": 1}], ids=lambda fault: str(fault["kind"])
)
def test_f31_cancelled_while_it_is_made_has_whatever_appears_taken_back(house: Watched, fault: dict[str, object]) -> None:
    booking = house.book()
    house.faults({"call": "create", **fault})
    house.work(booking)

    house.cancel(booking)
    house.pass_minutes(30)

    assert (house.live(booking), house.asked()) == ([], ["create", "revoke"])
    assert house.state(booking) is AccessState.CLOSED
    house.rest()


def test_f31_key_that_appears_hours_after_the_cancellation_is_taken_back(house: Watched) -> None:
    booking = house.book(hours=8)
    house.faults({"call": "create", "kind": "late", "seconds": 6 * 3600, "times": 1})
    house.work(booking)
    house.cancel(booking)

    house.forward(hours=6, minutes=5)
    house.round()

    assert (house.live(booking), house.asked()) == ([], ["create", "revoke"])
    house.rest()


def test_f32_cancelled_while_exivo_is_away_until_the_end_is_closed_as_an_incident(house: Watched) -> None:
    booking = house.ready(hours=1, duration=60)
    house.faults(AWAY)
    house.cancel(booking)

    house.pass_minutes(140, of=5)

    row = house.rows(booking)[0]
    assert (row.state, row.closed_reason) == ("expired", "window_over")
    exposed = EventRecord.objects.get(kind="key.exposed").data
    assert (exposed["since"], exposed["until"]) == (row.valid_from.isoformat(), row.valid_until.isoformat())
    house.rest()


def test_f32_cancelled_while_exivo_is_away_is_taken_back_when_it_answers_again(house: Watched) -> None:
    booking = house.ready(hours=1, duration=60)
    house.faults(AWAY)
    house.cancel(booking)
    house.pass_minutes(20)

    house.faults()
    house.pass_minutes(1, of=0.5)

    assert (house.live(booking), house.state(booking)) == ([], AccessState.CLOSED)
    assert not EventRecord.objects.filter(kind="key.exposed").exists()
    house.rest()


def test_f33_cancelled_key_that_may_still_open_says_until_when_and_the_next_one_is_warned(house: Watched) -> None:
    """exivo does not tell whether a phone has synchronised: until it says that the key is revoked, it may open until its end."""
    make.make_user("owner@example.org")
    booking = house.ready(hours=2)
    house.faults(AWAY)
    house.cancel(booking)
    house.minute()
    view = house.view(booking)

    assert (view.state, view.valid_until) == (AccessState.REVOKING, booking.end + timedelta(minutes=15))

    house.book(hours=2.5, mobile="079 000 11 22", actor=STAFF)
    house.pass_minutes(100, of=10)

    assert list(Message.objects.filter(kind=KIND).values_list("booking", "to_address")) == [(booking.pk, "owner@example.org")]
    house.rest()


def test_f34_two_bookings_of_one_phone_that_touch_have_a_key_each(house: Watched) -> None:
    first = house.ready(hours=2, duration=60)
    second = house.ready(hours=3, duration=60)
    assert (len(house.live(first)), len(house.live(second))) == (1, 1)

    house.cancel(first)
    house.ring()

    assert (house.live(first), len(house.live(second))) == ([], 1)
    house.until(second.start - timedelta(minutes=10))
    assert house.opens(second) == "open"
    house.rest()


def test_f34_cancelling_one_takes_no_time_and_no_door_of_the_other(house: Watched) -> None:
    room = make.make_room(house.service.branch, "gurten", doors=[make.GURTEN])
    other = make.make_service(house.service.branch, "gurten", rooms=[room])
    first = house.ready(hours=2)
    second = house.ready(hours=3, service=other)
    house.until(second.start)

    house.cancel(first)
    house.ring()

    opened = [house.opens(second, door) for door in (make.GURTEN, *make.ALWAYS_OPEN, make.AARE)]
    assert opened == ["open"] * 4 + ["wrong_door"]
    house.rest()
