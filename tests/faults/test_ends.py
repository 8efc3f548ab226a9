# SPDX-License-Identifier: Apache-2.0
"""F42 to F46: keys that do not go, do not end, are made late, belong to somebody who is erased, or would all go at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.models import Booking, Branch, EventRecord, Message
from einlass.operations.brake import release_brake
from einlass.operations.privacy import erase
from einlass.operations.revocation_alarms import KIND
from einlass.queries.dashboard import dashboard


def test_f42_key_that_stays_valid_is_tried_again_and_told_before_the_next_booking(house: Watched) -> None:
    make.make_user("owner@example.org")
    booking = house.ready(hours=3)
    house.faults({"kind": "revoke_ignored"})
    house.cancel(booking)
    house.pass_minutes(2, of=0.5)
    assert (house.state(booking), house.access(booking).problem) == (AccessState.REVOKING, "failed_to_revoke")
    tried = len(house.asked("revoke"))

    hours = (booking.start - house.clock.now).total_seconds() / 3600
    following = house.book(hours=hours, mobile="079 000 11 22", actor=STAFF)
    house.until(following.start - timedelta(minutes=61))
    house.minute()
    assert not Message.objects.filter(kind=KIND).exists()
    house.until(following.start - timedelta(minutes=60))
    house.minute()

    assert list(Message.objects.filter(kind=KIND).values_list("to_address", flat=True)) == ["owner@example.org"]
    assert [need.booking.pk for need in dashboard([house.service.branch], now=house.clock.now).keys] == [booking.pk]
    assert len(house.asked("revoke")) > tried
    house.rest()
    assert (house.live(booking), house.state(booking)) == ([], AccessState.CLOSED)


def test_f43_key_that_outlives_its_end_is_taken_back_and_told_as_an_incident(house: Watched) -> None:
    booking = house.ready(hours=1, duration=60)
    house.faults({"kind": "ignores_end"})
    ended = booking.end + timedelta(minutes=15)
    house.until(ended + timedelta(minutes=1))
    house.minute()
    assert house.opens(booking) == "open"

    # By then exivo's clock, too, says that it is over.
    house.until(ended + timedelta(minutes=11))
    house.sweep()

    assert (house.rows(booking)[0].state, house.opens(booking)) == ("revoked", "revoked")
    exposed = EventRecord.objects.get(kind="key.exposed").data
    assert (exposed["since"], exposed["until"]) == (ended.isoformat(), house.clock.now.isoformat())
    house.rest()


@pytest.mark.parametrize("minutes_before", [0, 6, 15])
def test_f44_booked_at_its_start_has_its_key_at_once(house: Watched, minutes_before: int) -> None:
    house.forward(minutes=30 - minutes_before)
    booking = house.book(hours=minutes_before / 60)
    house.ring()

    assert (house.state(booking), house.opens(booking)) == (AccessState.ACTIVE, "open")
    house.rest()


def test_f44_vendor_that_takes_no_start_in_the_past_gets_now(house: Watched) -> None:
    house.faults({"kind": "refuses_past_start"})
    booking = house.book(hours=0)
    house.ring()

    assert house.state(booking) is AccessState.ACTIVE
    house.forward(seconds=6)
    assert (house.opens(booking), house.asked()) == ("open", ["create", "create"])
    assert house.rows(booking)[0].valid_until == booking.end + timedelta(minutes=15)


def test_f45_erased_guest_loses_his_key_before_his_data(house: Watched) -> None:
    booking = house.ready()
    house.faults({"call": "revoke", "kind": "status", "status": 503})
    with house.step():
        erase([Booking.objects.get()], actor=STAFF, now=house.clock.now)
    house.pass_minutes(10)
    assert (Booking.objects.get().mobile, len(house.live(booking))) == (make.MOBILE, 1)

    house.faults()
    house.pass_minutes(3)

    assert (Booking.objects.get().mobile, Booking.objects.get().guest_name, house.live(booking)) == ("", "", [])
    assert {row.phone for row in house.rows(booking)} == {""}
    house.rest()


def test_f46_many_revocations_that_nobody_explains_wait_for_a_person(house: Watched) -> None:
    bookings = [house.ready(hours=24 + 3 * n) for n in range(7)]
    for booking in bookings:
        house.change_key(booking, components=[make.AARE])
    house.forward(minutes=10)

    house.sweep()
    house.minute()
    assert (house.asked("revoke"), Branch.objects.get().brake_count) == ([], 7)
    assert {house.access(booking).problem for booking in bookings} == {"held_by_brake"}

    house.cancel(bookings[0])
    house.ring()
    assert house.live(bookings[0]) == []

    with house.step():
        release_brake(Branch.objects.get(), actor=STAFF, now=house.clock.now)
    house.minute()
    assert {house.state(booking) for booking in bookings[1:]} == {AccessState.READY}
    house.rest()


def test_f46_revocations_that_people_explain_are_not_held(house: Watched) -> None:
    bookings = [house.ready(hours=24 + 3 * n) for n in range(7)]
    for booking in bookings:
        house.cancel(booking)
    house.ring()
    house.forward(minutes=10)
    house.sweep()

    assert (len(house.asked("revoke")), Branch.objects.get().brake_since) == (7, None)
    house.rest()
