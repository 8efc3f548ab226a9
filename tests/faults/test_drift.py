# SPDX-License-Identifier: Apache-2.0
"""F11 to F17: what somebody changes at the vendor behind our back, lists that do not tell all, clocks that differ."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests import factories as make
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.locks.exivo.words import instant_of
from einlass.models import EventRecord, LockSystem, Message
from einlass.queries.dashboard import dashboard
from einlass.queries.readiness import readiness

ZURICH = ZoneInfo("Europe/Zurich")
DOORS = frozenset({make.AARE, *make.ALWAYS_OPEN})


def is_listed(house: Watched) -> bool:
    return next(check.ok for check in readiness(now=house.clock.now) if check.code == "keys_listed")


def ten_minutes(house: Watched) -> None:
    house.forward(minutes=10)
    house.minute()
    house.sweep()


def test_f11_key_deleted_before_the_start_is_made_again_within_a_quarter_of_an_hour(house: Watched) -> None:
    booking = house.ready()
    house.delete_key(booking)

    ten_minutes(house)

    assert (house.state(booking), len(house.live(booking))) == (AccessState.READY, 1)
    assert EventRecord.objects.get(kind="key.drifted").data["what"] == "deleted"
    house.rest()


def test_f11_key_deleted_twice_in_a_day_waits_for_a_person_who_may_ask_for_it(house: Watched) -> None:
    make.make_user()
    booking = house.ready(hours=72)
    for _ in range(2):
        house.delete_key(booking)
        ten_minutes(house)

    ten_minutes(house)
    assert (house.asked(), house.access(booking).problem) == (["create", "create"], "changed_outside")
    assert house.state(booking) is AccessState.TROUBLE
    house.rest(waiting=[booking])
    assert "zweimal an einem Tag" in Message.objects.get(kind="message_key_changed").text

    house.reissue(booking)
    house.ring()
    assert house.state(booking) is AccessState.READY
    house.rest()


def test_f12_key_deleted_while_the_booking_runs_is_made_as_soon_as_it_is_seen(house: Watched) -> None:
    make.make_user("owner@example.org")
    make.make_user("staff@example.org", role="staff", branches=[house.service.branch])
    booking = house.ready()
    house.until(booking.start + timedelta(minutes=5))
    house.delete_key(booking)
    assert house.opens(booking) == "no_key"

    house.sweep()

    assert (house.opens(booking), house.state(booking)) == ("open", AccessState.ACTIVE)
    assert EventRecord.objects.filter(kind="key.drifted", booking=booking).count() == 1
    told = Message.objects.filter(kind="message_key_changed").order_by("pk")
    assert [mail.to_address for mail in told] == ["owner@example.org", "staff@example.org"]
    assert (booking.reference in told[0].text, "gelöscht, während die Buchung läuft" in told[0].text) == (True, True)
    house.rest()
    assert told.count() == 2


def test_f12_key_deleted_while_the_booking_runs_waits_for_a_person_where_the_branch_wants_it_so(house: Watched) -> None:
    make.make_user()
    house.change_branch(access={"remake_running": False})
    booking = house.ready()
    house.until(booking.start + timedelta(minutes=5))
    house.delete_key(booking)

    house.sweep()
    house.pass_minutes(10, of=5)
    assert (house.asked("create"), house.access(booking).problem) == (["create"], "changed_outside")
    assert "nicht von selbst neu gemacht" in Message.objects.get(kind="message_key_changed").text
    house.rest(waiting=[booking])

    house.reissue(booking)
    house.ring()
    assert house.opens(booking) == "open"
    house.rest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("components", [make.AARE, make.GURTEN, *make.ALWAYS_OPEN]),
        ("validTo", "2026-11-30T09:00:00Z"),
        ("phone", make.OTHER_MOBILE),
    ],
)
def test_f13_key_widened_over_there_is_put_right_and_what_differed_is_told(house: Watched, field: str, value: object) -> None:
    booking = house.ready()
    house.change_key(booking, **{field: value})

    ten_minutes(house)

    assert [(key.doors, key.phone) for key in house.live(booking)] == [(DOORS, booking.mobile)]
    told = {"components": "doors", "validTo": "window", "phone": "phone"}
    assert EventRecord.objects.get(kind="key.drifted").data["what"] == told[field]
    house.rest()


def test_f14_key_of_others_for_the_same_phone_and_door_is_left_alone(house: Watched) -> None:
    booking = house.ready()
    foreign = house.add_foreign_key(booking)
    ten_minutes(house)
    told = house.view(booking)
    assert (told.state, told.problem and (told.problem.code, told.problem.detail)) == (AccessState.READY, ("overlap_unmanaged", "Hauswart"))

    house.cancel(booking)
    house.ring()
    house.until(booking.start)

    assert [key["id"] for key in house.exivo.live()] == [foreign]
    assert house.opens(booking) == "open"
    told = house.view(booking)
    assert told.problem is not None
    assert (told.state, told.problem.code, told.problem.next_attempt_at) == (AccessState.CLOSED, "overlap_unmanaged", None)
    assert told.others_until == house.seen.window_of(booking.pk).end
    assert f"kann noch bis {told.others_until.astimezone(ZURICH):%H:%M} öffnen" in Message.objects.get(kind="message_cancelled").text
    assert [need.booking.pk for need in dashboard([house.service.branch], now=house.clock.now).keys] == [booking.pk]

    house.over_there("DELETE", f"/control/keys/{foreign}")
    ten_minutes(house)
    told = house.view(booking)
    assert (told.state, told.problem, told.others_until) == (AccessState.CLOSED, None, None)
    house.rest()


@pytest.mark.parametrize(
    "other",
    [{"phone": make.OTHER_MOBILE}, {"components": [make.GURTEN]}, {"validFrom": "2026-12-24T09:00:00Z", "validTo": "2026-12-24T10:00:00Z"}],
    ids=["phone", "door", "time"],
)
def test_f14_key_of_others_that_does_not_overlap_is_no_problem(house: Watched, other: dict[str, object]) -> None:
    booking = house.ready()
    foreign = house.add_foreign_key(booking)
    house.over_there("PATCH", f"/control/keys/{foreign}", other)

    ten_minutes(house)

    assert (house.state(booking), house.view(booking).problem) == (AccessState.READY, None)
    house.rest()


@pytest.mark.parametrize(
    "faults",
    [
        [{"call": "list", "kind": "empty_list"}, {"call": "read", "kind": "status", "status": 500}],
        [{"call": "list", "kind": "truncated_page", "items": 1, "broken": True}],
        [{"call": "list", "kind": "status", "status": 500}],
        [{"call": "list", "kind": "html"}],
    ],
    ids=["empty", "cut", "fails", "html"],
)
def test_f15_list_that_does_not_tell_all_changes_nothing(house: Watched, faults: list[dict[str, object]]) -> None:
    bookings = [house.ready(hours=24), house.ready(hours=48)]
    house.faults(*faults)

    for _ in range(3):
        ten_minutes(house)

    assert house.asked() == ["create", "create"]
    assert {house.state(booking) for booking in bookings} == {AccessState.READY}
    house.rest()


@pytest.mark.parametrize(
    "faults",
    [
        [{"call": "list", "kind": "empty_list"}, {"call": "read", "kind": "status", "status": 500}],
        [{"call": "list", "kind": "status", "status": 500}],
    ],
    ids=["empty", "fails"],
)
def test_f15_list_that_does_not_tell_all_for_half_an_hour_is_told_to_the_owner_once(
    house: Watched, faults: list[dict[str, object]]
) -> None:
    make.make_user("owner@example.org")
    make.make_user("manager@example.org", role="manager")
    house.ready()
    house.faults(*faults)
    told = Message.objects.filter(kind="message_account_trouble")

    house.sweep()
    house.pass_minutes(29, of=14.5)
    assert (told.count(), is_listed(house)) == (0, True)
    house.pass_minutes(20, of=5)

    assert ([mail.to_address for mail in told], is_listed(house)) == (["owner@example.org"], False)
    house.rest()
    assert (told.count(), is_listed(house)) == (1, True)


def test_f15_cut_list_permits_no_second_key(house: Watched) -> None:
    house.ready(hours=48)
    house.faults({"call": "create", "kind": "reset_before", "times": 1}, {"call": "list", "kind": "html"})
    booking = house.book()
    house.ring()

    house.pass_minutes(5, of=2.5)

    assert house.asked() == ["create", "create"]
    house.rest()
    assert house.state(booking) is AccessState.READY


def test_f16_stale_reading_after_a_write_is_waited_out(house: Watched) -> None:
    house.faults({"call": "read", "kind": "stale_read", "seconds": 60, "times": 2})
    booking = house.book()

    house.ring()
    for _ in range(3):
        house.forward(seconds=5)
        house.ring()

    assert (house.state(booking), house.asked()) == (AccessState.READY, ["create"])
    house.rest()


def test_f16_stale_list_after_a_write_leads_to_no_second_write(house: Watched) -> None:
    booking = house.ready()
    house.faults({"call": "*", "kind": "stale_read", "seconds": 60, "times": 4})

    house.forward(seconds=5)
    house.sweep()
    house.forward(seconds=5)
    house.sweep()

    assert (house.state(booking), house.asked()) == (AccessState.READY, ["create"])
    house.rest()


@pytest.mark.parametrize("seconds", [-3600, 240])
def test_f17_wrong_clock_over_there_is_measured_shown_and_widens_nothing(house: Watched, seconds: int) -> None:
    house.over_there("POST", "/control/clock", {"offset_seconds": seconds, "api": True, "doors": False})

    house.sweep()
    booking = house.ready()

    assert abs((LockSystem.objects.get().clock_skew_seconds or 0) + seconds) <= 2
    shown = next(check for check in readiness(now=house.clock.now) if check.code == "vendor_clock_agrees")
    assert not shown.ok
    sent = next(call.sent for call in house.seen.calls if call.kind == "create")
    window = house.seen.window_of(booking.pk)
    assert (instant_of(sent["validFrom"]), instant_of(sent["validTo"])) == (window.start, window.end)
    house.rest()


def test_f17_booking_that_runs_already_never_asks_for_more_than_its_time(house: Watched) -> None:
    house.over_there("POST", "/control/clock", {"offset_seconds": -120, "api": True, "doors": False})
    booking = house.book(hours=0, duration=120, actor=STAFF)

    house.ring()

    assert house.state(booking) is AccessState.ACTIVE
    assert house.opens(booking) == "open"
    house.rest()
