# SPDX-License-Identifier: Apache-2.0
"""The sweep against the vendor's list: what somebody deleted, changed or doubled over there is found and put right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, Branch, EventRecord, Key, Service
from einlass.operations.bookings import cancel
from einlass.operations.brake import release_brake
from einlass.operations.key_sweep import Swept, sweep_site
from einlass.operations.keys import reconcile

pytestmark = pytest.mark.django_db(transaction=True)


def ready(service: Service, clock: FakeClock, *, hours: float = 24) -> Booking:
    booking = make.make_booking(service, now=clock.now, hours=hours)
    reconcile(booking.pk, clock=clock)
    return booking


def sweep(service: Service, clock: FakeClock) -> Swept:
    clock.forward(minutes=10)
    found = sweep_site(service.branch_id, clock=clock)
    assert found is not None
    for booking in Booking.objects.all():
        reconcile(booking.pk, clock=clock)
    return found


def test_a_site_without_a_difference_changes_nothing(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock)

    assert sweep(service, clock) == Swept("bern", keys=1, complete=True)
    assert len(exivo.all_keys()) == 1


def test_f11_a_key_deleted_over_there_is_made_again(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = ready(service, clock)
    exivo.ask("DELETE", f"/control/keys/{Key.objects.get().vendor_id}")

    found = sweep(service, clock)

    assert (found.drifted, len(exivo.live())) == (1, 1)
    clock.now = booking.start
    assert exivo.tap(make.MOBILE, make.AARE) == "open"
    assert EventRecord.objects.get(kind="key.drifted").data == {"marker": Key.objects.first().marker, "what": "deleted"}  # type: ignore[union-attr] # there is one


def test_a_key_revoked_over_there_is_made_again(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock)
    exivo.ask("PATCH", f"/control/keys/{Key.objects.get().vendor_id}", {"revoked": True})

    sweep(service, clock)

    assert [key["revoked"] for key in exivo.all_keys()] == [True, False]


def test_f13_a_door_added_over_there_goes_again(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock)
    wide = [make.AARE, make.GURTEN, *make.ALWAYS_OPEN]
    exivo.ask("PATCH", f"/control/keys/{Key.objects.get().vendor_id}", {"components": wide})

    found = sweep(service, clock)

    assert found.drifted == 1
    assert [set(key["components"]) for key in exivo.live()] == [{make.AARE, *make.ALWAYS_OPEN}]


def test_f14_keys_that_are_not_ours_are_never_touched(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock)
    start = (clock.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    end = (clock.now + timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    exivo.ask(
        "POST",
        "/control/keys",
        {"name": "Hauswart", "phone": make.MOBILE, "components": [make.AARE], "validFrom": start, "validTo": end},
    )
    cancel(Booking.objects.get(), actor=GUEST, now=clock.now)

    found = sweep(service, clock)

    assert found.not_ours == 1
    assert [key["name"] for key in exivo.live()] == ["Hauswart"]


def test_f04_a_key_applied_long_after_its_answer_was_lost_is_taken_back(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "late", "seconds": 300, "times": 1})
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    clock.forward(minutes=1)
    reconcile(booking.pk, clock=clock)
    assert len(exivo.live()) == 1

    found = sweep(service, clock)

    assert found.taken_in == 1
    assert (len(exivo.all_keys()), len(exivo.live())) == (2, 1)
    assert Key.objects.get(state="live").vendor_id == exivo.live()[0]["id"]


def test_f10_a_doubled_key_is_reduced_to_one(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "duplicate", "times": 1})
    ready(service, clock)
    assert len(exivo.live()) == 2

    sweep(service, clock)

    assert (len(exivo.all_keys()), len(exivo.live())) == (2, 1)


def test_f15_an_empty_list_where_keys_are_known_changes_nothing(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock)
    exivo.faults({"call": "list", "kind": "empty_list"}, {"call": "read", "kind": "status", "status": 500})

    found = sweep(service, clock)

    assert (found.complete, found.drifted, len(exivo.live())) == (False, 0, 1)
    assert Key.objects.get().state == "live"


def test_f37_a_component_that_vanished_leaves_the_keys_and_is_left_out_of_new_ones(
    service: Service, clock: FakeClock, exivo: Exivo
) -> None:
    ready(service, clock)
    exivo.ask("POST", "/control/components", {"site": make.BERN, "id": make.WC, "removed": True})

    sweep(service, clock)
    ready(service, clock, hours=48 + 20 / 60)

    opened = [set(key["components"]) for key in exivo.live()]
    assert opened == [{make.AARE, *make.ALWAYS_OPEN}, {make.AARE, make.ENTRANCE, make.CLOAKROOM}]
    assert set(Access.objects.values_list("problem", flat=True)) == {"door_missing"}
    assert EventRecord.objects.get(kind="doors.changed").data == {"components": [make.WC], "cause": "vendor"}


def test_i11_a_list_without_any_of_the_doors_takes_no_key_back(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = ready(service, clock)
    for door in (make.AARE, *make.ALWAYS_OPEN):
        exivo.ask("POST", "/control/components", {"site": make.BERN, "id": door, "removed": True})

    sweep(service, clock)
    assert len(exivo.live()) == 1

    cancel(booking, actor=GUEST, now=clock.now)
    sweep(service, clock)
    assert exivo.live() == []


def test_f11_a_key_that_is_deleted_again_and_again_waits_for_a_person(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock, hours=72)
    for _ in range(3):
        for key in exivo.live():
            exivo.ask("DELETE", f"/control/keys/{key['id']}")
        sweep(service, clock)

    assert exivo.live() == []
    assert Access.objects.get().problem == "changed_outside"


def test_an_empty_component_list_is_not_believed(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    ready(service, clock)
    exivo.faults({"call": "components", "kind": "empty_list"})

    sweep(service, clock)

    assert len(exivo.live()) == 1
    assert service.branch.doors.filter(missing_since__isnull=False).count() == 0


def test_f40_a_site_that_answers_with_another_id_stops_all_changes(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = ready(service, clock)
    exivo.faults({"call": "info", "kind": "other_site"})

    sweep(service, clock)
    cancel(booking, actor=GUEST, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert Branch.objects.get().site_confirmed_at is None
    assert len(exivo.live()) == 1
    assert Access.objects.get().problem == "site_mismatch"


def test_f46_the_brake_holds_what_nobody_explained_and_lets_a_cancellation_pass(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    bookings = [ready(service, clock, hours=24 + 3 * n) for n in range(7)]
    for key in Key.objects.all():
        exivo.ask("PATCH", f"/control/keys/{key.vendor_id}", {"components": [make.AARE]})

    found = sweep(service, clock)
    assert found.braked
    assert [key["revoked"] for key in exivo.all_keys()] == [False] * 7
    cancel(bookings[0], actor=GUEST, now=clock.now)
    reconcile(bookings[0].pk, clock=clock)
    assert len(exivo.live()) == 6
    assert set(Access.objects.exclude(booking=bookings[0]).values_list("problem", flat=True)) == {"held_by_brake"}

    release_brake(Branch.objects.get(), actor=Actor(ActorKind.STAFF, "Nadia Keller"), now=clock.now)
    for booking in bookings:
        reconcile(booking.pk, clock=clock)

    assert [set(key["components"]) for key in exivo.live()] == [{make.AARE, *make.ALWAYS_OPEN}] * 6


def test_two_sweeps_of_one_site_do_not_run_at_once(service: Service, clock: FakeClock) -> None:
    Branch.objects.update(sweep_lease_until=clock.now + timedelta(minutes=1))

    assert sweep_site(service.branch_id, clock=clock) is None
