# SPDX-License-Identifier: Apache-2.0
"""F01 to F10: calls that are lost, late, throttled or answered by nonsense. After each step every invariant is checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests import factories as make
from tests.faults.watched import Watched

from einlass.core.access import AccessState
from einlass.jobs import work
from einlass.models import EventRecord, LockSystem, Message, VendorCall

DOORS = frozenset({make.AARE, *make.ALWAYS_OPEN})


def after_the_lag(house: Watched) -> None:
    house.forward(seconds=31)
    house.minute()


def test_f01_key_that_was_never_made_is_made_after_a_complete_list(house: Watched) -> None:
    house.faults({"call": "create", "kind": "reset_before", "times": 1})
    booking = house.book()

    house.ring()
    assert (house.state(booking), house.access(booking).problem) == (AccessState.PREPARING, "outcome_unknown")
    after_the_lag(house)

    assert house.state(booking) is AccessState.READY
    assert house.asked("create", "visits") == ["create", "visits", "create"]
    house.rest()


@pytest.mark.parametrize(
    "fault",
    [{"kind": "reset_after"}, {"kind": "timeout_after"}, {"kind": "status_after", "status": 502}, {"kind": "status_after", "status": 504}],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_f02_f03_key_whose_answer_was_lost_is_found_by_its_mark(house: Watched, fault: dict[str, Any]) -> None:
    house.faults({"call": "create", "times": 1, **fault})
    booking = house.book()

    house.ring()
    after_the_lag(house)

    assert house.state(booking) is AccessState.READY
    assert (house.asked("create"), len(house.exivo.all_keys())) == (["create"], 1)
    assert Message.objects.filter(kind="message_key_ready").count() <= 1
    house.rest()


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
def test_f02_f03_revocation_whose_answer_was_lost_is_found_done(house: Watched, kind: str) -> None:
    booking = house.ready()
    house.faults({"call": "revoke", "kind": kind, "times": 1})
    house.cancel(booking)

    house.ring()
    after_the_lag(house)

    assert (house.state(booking), house.live(booking)) == (AccessState.CLOSED, [])
    house.rest()


def test_f04_key_applied_after_we_looked_leaves_the_right_one_and_is_told_once(house: Watched) -> None:
    make.make_user()
    house.faults({"call": "create", "kind": "late", "seconds": 300, "times": 1})
    booking = house.book()
    house.ring()

    house.forward(seconds=10)
    house.minute()
    assert house.asked("create") == ["create"]
    after_the_lag(house)
    right = house.live(booking)
    house.forward(minutes=10)
    assert len(house.live(booking)) == 2
    house.sweep()
    house.rest()

    assert (house.state(booking), house.live(booking)) == (AccessState.READY, right)
    assert EventRecord.objects.filter(kind="key.revoked").count() == 1
    assert [event.data for event in EventRecord.objects.filter(kind="key.trouble", data__problem="duplicate")] == [{"problem": "duplicate"}]
    assert "zwei Schlüssel" in Message.objects.get(kind="message_key_changed").text


@pytest.mark.parametrize(("retry_after", "pause"), [(40, 40), ("date", 30), ("absent", 60), ("absurd", 900)])
def test_f05_throttled_account_pauses_as_a_whole_for_as_long_as_it_is_told(house: Watched, retry_after: object, pause: int) -> None:
    house.faults({"call": "create", "kind": "throttle", "retry_after": retry_after, "times": 1})
    first, second = house.book(), house.book(hours=48)

    house.ring()

    until = LockSystem.objects.get().not_before
    assert until is not None
    assert abs((until - house.clock.now).total_seconds() - pause) <= 2
    assert {house.access(each).problem for each in (first, second)} == {"throttled"}
    assert house.asked() == ["create"]
    house.until(until - timedelta(seconds=1))
    house.minute()
    assert house.asked() == ["create"]
    house.forward(seconds=2)
    house.minute()
    assert {house.state(each) for each in (first, second)} == {AccessState.READY}
    house.rest()


def test_f05_being_throttled_again_and_again_is_not_being_away(house: Watched) -> None:
    house.faults({"call": "create", "kind": "throttle", "retry_after": 1, "times": 5})
    booking = house.book()

    for _ in range(5):
        house.ring()
        house.forward(seconds=2)
        house.minute()
        assert LockSystem.objects.get().state != "unreachable"
    house.faults({"call": "create", "kind": "reset_before", "times": 1})
    house.ring()

    assert LockSystem.objects.get().failures <= 1
    house.rest()
    assert house.state(booking) is AccessState.READY


def test_f05_throttled_before_its_start_is_told_to_the_staff(house: Watched) -> None:
    make.make_user()
    house.faults({"call": "create", "kind": "throttle", "retry_after": "absurd"})
    house.book(hours=1)
    house.ring()

    house.forward(minutes=20)
    house.minute()

    assert "exivo" in Message.objects.get(kind="message_key_trouble").text
    house.rest()


@pytest.mark.parametrize(("minutes", "look"), [(30, 5), (360, 30)])
def test_f06_storm_leaves_the_bookings_and_afterwards_the_soonest_start_goes_first(house: Watched, minutes: int, look: int) -> None:
    make.make_user()
    house.faults({"call": "*", "kind": "status", "status": 503})
    late = house.book(hours=60)
    soon = house.book(hours=minutes / 60 + 2)
    house.ring()

    house.pass_minutes(minutes, of=look)
    middle = house.book(hours=30)
    house.ring()

    # One probe for each look, and the few calls before anybody knew.
    assert len(house.exivo.calls()) <= minutes / look + 6
    assert {house.state(each) for each in (late, soon, middle)} <= {AccessState.PREPARING, AccessState.TROUBLE}
    alarms = Message.objects.filter(kind="message_key_trouble", booking=soon).count()
    assert alarms <= 3
    house.faults()
    house.forward(minutes=1)
    house.minute()
    made = [call.marker for call in house.seen.calls if call.kind == "create" and call.status == 200]
    assert made == [house.rows(each)[-1].marker for each in (soon, middle, late)]
    house.rest()


def test_f06_account_that_may_be_back_is_asked_by_exactly_one_call(house: Watched) -> None:
    """However many bookings wait for that moment, and however many workers look at them at once."""
    house.faults({"call": "create", "kind": "status", "status": 503})
    first = house.book(hours=3)
    others = [house.book(hours=24 + 3 * n) for n in range(5)]
    house.ring()
    house.faults({"call": "*", "kind": "status", "status": 503})
    account = LockSystem.objects.get()
    assert (account.state, account.not_before is not None) == ("unreachable", True)

    def meanwhile() -> None:
        for other in others:
            work.reconcile(other.pk)

    asked = []
    for _ in range(2):
        house.until(LockSystem.objects.get().not_before or house.clock.now)
        before = len(house.exivo.calls())
        with house.at_request("visits", meanwhile):
            house.ring()
        asked.append(len(house.exivo.calls()) - before)
    assert asked == [1, 1]

    # It is back: whoever asks first lets all the others go on.
    house.faults()
    house.until(LockSystem.objects.get().not_before or house.clock.now)
    with house.at_request("visits", meanwhile):
        house.ring()
    after_the_lag(house)
    assert {house.state(each) for each in (first, *others)} == {AccessState.READY}
    house.rest()


def test_f07_slow_reading_ends_in_time_and_makes_no_second_key(house: Watched) -> None:
    house.faults({"call": "read", "kind": "slow", "seconds": 1.5, "times": 1})
    booking = house.book()

    house.ring()
    assert (house.state(booking), house.access(booking).problem) == (AccessState.PREPARING, "vendor_unreachable")
    after_the_lag(house)

    assert (house.state(booking), house.asked()) == (AccessState.READY, ["create"])
    house.rest()


def test_f07_worker_whose_lease_ran_out_in_a_slow_call_writes_no_more(house: Watched) -> None:
    booking = house.book()

    def another_takes_over() -> None:
        house.clock.forward(seconds=31)
        house.work(booking)

    with house.at_answer("create", another_takes_over):
        house.ring()
    after_the_lag(house)

    assert (house.state(booking), house.asked("create")) == (AccessState.READY, ["create"])
    assert house.access(booking).fence >= 2
    house.rest()


@pytest.mark.parametrize("kind", ["html", "error_body", "schema"])
def test_f08_nonsense_is_no_success_and_leaves_its_words(house: Watched, kind: str) -> None:
    ready = house.ready(hours=48)
    house.faults({"call": "*", "kind": kind})
    booking = house.book()

    house.ring()
    house.pass_minutes(11, of=5)

    assert house.state(booking) in {AccessState.PREPARING, AccessState.TROUBLE}
    assert (house.asked(), house.state(ready)) == (["create", "create"][: len(house.asked())], AccessState.READY)
    kept = VendorCall.objects.exclude(outcome="ok").exclude(outcome="").values_list("detail", flat=True)
    assert any("200" in detail and "<" not in detail for detail in kept)
    house.rest()


@pytest.mark.parametrize("missing", ["doors", "window", "phone"])
def test_f09_half_a_key_is_never_ready_and_goes_before_the_whole_one(house: Watched, missing: str) -> None:
    house.faults({"call": "create", "kind": "half_key", "missing": missing, "times": 1})
    booking = house.book()

    house.ring()
    assert house.state(booking) is AccessState.PREPARING
    after_the_lag(house)

    assert (house.asked(), house.state(booking)) == (["create", "revoke", "create"], AccessState.READY)
    assert EventRecord.objects.get(kind="key.drifted").data["what"] == missing
    house.rest()


def test_f09_vendor_that_makes_half_keys_only_waits_for_a_person(house: Watched) -> None:
    house.faults({"call": "create", "kind": "half_key", "missing": "doors"})
    booking = house.book()

    house.ring()
    house.pass_minutes(5, of=2.5)

    assert (house.asked("create"), house.access(booking).problem) == (["create", "create"], "changed_outside")
    assert house.live(booking) == []
    house.rest(waiting=[booking])


def test_f10_key_that_was_made_twice_is_reduced_to_one(house: Watched) -> None:
    house.faults({"call": "create", "kind": "duplicate", "times": 1})
    booking = house.ready()
    assert len(house.live(booking)) == 2

    house.forward(minutes=10)
    house.sweep()

    assert (house.state(booking), [key.doors for key in house.live(booking)]) == (AccessState.READY, [DOORS])
    house.rest()


def test_f10_surplus_key_that_cannot_be_taken_back_yet_is_told_as_what_it_is(house: Watched) -> None:
    make.make_user()
    house.faults({"call": "create", "kind": "duplicate", "times": 1})
    booking = house.ready()
    house.faults({"call": "revoke", "kind": "status", "status": 503})

    house.forward(minutes=10)
    house.sweep()
    house.pass_minutes(5, of=2.5)

    problem = house.view(booking).problem
    assert problem is not None
    assert (problem.code, "503" in problem.detail, house.state(booking)) == ("duplicate", True, AccessState.READY)
    assert (problem.next_attempt_at or house.clock.now) > house.clock.now
    house.rest()
    assert house.view(booking).problem is None
    assert Message.objects.filter(kind="message_key_changed").count() == 1
