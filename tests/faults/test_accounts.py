# SPDX-License-Identifier: Apache-2.0
"""F39 and F40: credentials that are refused, and a site that answers as another one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.faults.watched import Watched

from einlass.core.access import AccessState
from einlass.models import Branch, LockSystem, Message
from einlass.operations.account_alarms import KIND
from einlass.operations.lock_systems import seal_secret
from einlass.queries.readiness import readiness

REJECTED = {"kind": "reject_credentials"}


def failing(house: Watched, *codes: str) -> list[str]:
    return [check.code for check in readiness(now=house.clock.now) if not check.ok and check.code in codes]


def everything(house: Watched) -> int:
    return len(house.exivo.calls())


@pytest.mark.parametrize("at_work", [1, 5])
def test_f39_refused_credentials_stop_the_account_after_one_call(house: Watched, at_work: int) -> None:
    bookings = [house.book(hours=24 + 3 * n) for n in range(at_work)]
    house.faults(REJECTED)
    before = everything(house)

    house.ring()
    for _ in range(14):
        house.forward(minutes=1)
        house.minute()
        house.sweep()

    assert everything(house) == before + 1
    assert {house.access(booking).problem for booking in bookings} == {"credentials_rejected"}
    assert {house.state(booking) for booking in bookings} == {AccessState.TROUBLE}
    assert failing(house, "credentials_accepted") == ["credentials_accepted"]


def test_f39_refused_credentials_are_tried_again_by_one_call_each_quarter_of_an_hour(house: Watched) -> None:
    make.make_user("owner@example.org")
    make.make_user("manager@example.org", role="manager")
    booking = house.book()
    house.faults(REJECTED)
    house.ring()
    before = everything(house)

    house.pass_minutes(46)

    assert everything(house) == before + 3
    told = Message.objects.get(kind=KIND)
    assert (told.to_address, told.booking) == ("owner@example.org", None)
    for said in ("API-Schlüssel oder Secret stimmt nicht", "answered 401", f"Erste betroffene Buchung: {booking.reference}"):
        assert said in told.text

    # Another secret that is wrong as well is another incident.
    with house.step():
        system = LockSystem.objects.get()
        seal_secret(system, "a0000000-0000-4000-8000-0000000000aa")
        system.save()
    house.pass_minutes(16, of=4)
    assert Message.objects.filter(kind=KIND).count() == 2


def test_f39_refused_credentials_that_only_the_sweep_meets_stop_the_account_as_well(house: Watched) -> None:
    make.make_user()
    house.ready()
    house.faults(REJECTED)
    before = everything(house)

    house.sweep()
    house.forward(minutes=10)
    house.sweep()
    house.minute()

    assert (everything(house), failing(house, "credentials_accepted")) == (before + 1, ["credentials_accepted"])
    assert Message.objects.filter(kind=KIND).count() == 1
    house.rest()


def test_f39_credentials_mended_over_there_go_on_by_themselves(house: Watched) -> None:
    booking = house.book()
    house.faults(REJECTED)
    house.ring()

    house.faults()
    house.pass_minutes(16)

    assert (house.state(booking), failing(house, "credentials_accepted")) == (AccessState.READY, [])
    house.rest()


def test_f39_new_credentials_go_on_at_once(house: Watched) -> None:
    system = LockSystem.objects.get()
    seal_secret(system, "a0000000-0000-4000-8000-0000000000aa")
    system.save()
    booking = house.book()
    house.ring()
    assert house.access(booking).problem == "credentials_rejected"

    house.forward(minutes=1)
    with house.step():
        system = LockSystem.objects.get()
        seal_secret(system, make.API_SECRET)
        system.save()
    house.minute()
    house.forward(minutes=15)
    house.minute()

    assert house.state(booking) is AccessState.READY
    house.rest()


def test_f40_site_that_answers_as_another_one_is_changed_in_nothing(house: Watched) -> None:
    make.make_user("owner@example.org")
    kept, cancelled, moved = (house.ready(hours=24 + 3 * n) for n in range(3))
    asked = house.asked()
    house.faults({"call": "info", "kind": "other_site"})
    house.sweep()

    house.cancel(cancelled)
    house.move(moved, start=moved.start + timedelta(hours=6))
    new = house.book(hours=72)
    house.pass_minutes(60, of=5)

    assert house.asked() == asked
    assert Branch.objects.get().site_confirmed_at is None
    assert [house.access(booking).problem for booking in (cancelled, moved, new)] == ["site_mismatch"] * 3
    assert failing(house, "site_confirmed") == ["site_confirmed"]
    assert len(house.live(kept)) == 1
    told = Message.objects.get(kind=KIND)
    assert (told.to_address, "gehört zu einer anderen Site" in told.text) == ("owner@example.org", True)
    problem = house.view(new).problem
    assert problem is not None
    assert "the vendor answered for site" in problem.detail
    assert problem.next_attempt_at == (Branch.objects.get().site_checked_at or house.clock.now) + timedelta(minutes=5)

    house.faults()
    house.pass_minutes(10)
    assert [house.state(booking) for booking in (kept, cancelled, moved, new)] == [
        AccessState.READY,
        AccessState.CLOSED,
        AccessState.READY,
        AccessState.READY,
    ]
    house.rest()


def test_f40_site_without_its_connection_service_is_changed_in_nothing(house: Watched) -> None:
    booking = house.ready()
    asked = house.asked()
    house.faults({"kind": "connection_inactive"})
    house.cancel(booking)
    house.pass_minutes(30, of=5)

    assert len(house.asked()) <= len(asked) + 1
    assert (house.access(booking).problem, len(house.live(booking))) == ("site_unconfirmed", 1)

    house.faults()
    house.pass_minutes(10)
    assert house.live(booking) == []
    house.rest()


def test_f40_probe_of_an_account_that_was_away_hears_that_another_site_answers(house: Watched) -> None:
    booking = house.ready()
    house.cancel(booking)
    house.faults({"call": "*", "kind": "status", "status": 503})
    house.pass_minutes(4)
    assert LockSystem.objects.get().state == "unreachable"
    asked = house.asked()

    house.faults({"call": "info", "kind": "other_site"})
    house.pass_minutes(2)

    assert (house.asked(), house.access(booking).problem, len(house.live(booking))) == (asked, "site_mismatch", 1)
    house.rest()
    assert house.live(booking) == []


def test_f39_site_that_is_confirmed_and_refuses_keys_is_not_hammered(house: Watched) -> None:
    booking = house.book()
    house.faults({"call": "create", "kind": "connection_inactive"})

    house.ring()
    house.pass_minutes(14, of=2)

    assert (house.asked(), house.state(booking)) == (["create"], AccessState.TROUBLE)
    house.rest()
    assert house.state(booking) is AccessState.READY
