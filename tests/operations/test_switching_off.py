# SPDX-License-Identifier: Apache-2.0
"""Switching an account off, by what the doors do: keys taken back, or left to run out; and on again (R1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.jobs import work
from einlass.models import Access, Booking, Branch, EventRecord, LockSystem, Service
from einlass.operations.config_export import exported
from einlass.operations.keys import reconcile
from einlass.operations.probes import probe_lock_systems
from einlass.operations.settings import save
from einlass.operations.switching import add_account, finish_switching_off, leave_keys_to_run_out, switch_on, take_keys_back
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import access_of, keys_of_account

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(service: Service, clock: FakeClock) -> Booking:
    """Tomorrow, with its key at exivo."""
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    return booking


def system() -> LockSystem:
    return LockSystem.objects.get()


def state(booking: Booking, now: datetime) -> AccessState:
    found = booking_by_reference(booking.reference)
    assert found is not None
    return access_of(found, now=now).state


def test_take_back_revokes_the_key_and_the_door_says_so(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    take_keys_back(system(), actor=STAFF, now=clock.now)
    while_closing = state(booking, clock.now)
    reconcile(booking.pk, clock=clock)

    assert (while_closing, state(booking, clock.now)) == (AccessState.REVOKING, AccessState.CLOSED)
    assert exivo.live() == []
    clock.now = booking.start
    assert exivo.tap(make.MOBILE, make.AARE) == "revoked"


def test_take_back_switches_off_once_no_key_is_left(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    take_keys_back(system(), actor=STAFF, now=clock.now)
    early = finish_switching_off(now=clock.now)
    held = keys_of_account(system(), now=clock.now).count()
    reconcile(booking.pk, clock=clock)
    late = finish_switching_off(now=clock.now)

    assert (early, held, late) == (0, 1, 1)
    assert (system().enabled, system().closing_since) == (False, None)
    fields = [
        (value["field"], value["new"])
        for event in EventRecord.objects.filter(subject="lock_systems.exivo").order_by("id")
        for value in event.data["values"]
    ]
    assert fields == [
        ("lock_systems.exivo.enabled", False),
        ("lock_systems.exivo.takes_keys_back", True),
        ("lock_systems.exivo.takes_keys_back", False),
    ]


def test_take_back_waits_for_a_worker_who_may_be_making_a_key(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)
    booking.access.lease_until = clock.now + timedelta(seconds=30)
    booking.access.save()

    take_keys_back(system(), actor=STAFF, now=clock.now)
    during = finish_switching_off(now=clock.now)
    after = finish_switching_off(now=clock.forward(seconds=31))

    assert (during, after) == (0, 1)


def test_take_back_is_not_held_up_by_the_brake(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    Branch.objects.update(brake_since=clock.now)

    take_keys_back(system(), actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert exivo.live() == []


def test_take_back_makes_no_new_key_meanwhile(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    take_keys_back(system(), actor=STAFF, now=clock.now)

    booking = make.make_booking(Service.objects.get(), now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert exivo.calls("create") == []
    assert state(booking, clock.now) is AccessState.NONE


def test_take_back_exivo_away_waits_and_leaving_the_rest_ends_it(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "*", "kind": "status", "status": 503})
    take_keys_back(system(), actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)
    waiting = (finish_switching_off(now=clock.now), state(booking, clock.now))

    leave_keys_to_run_out(system(), actor=STAFF, now=clock.now)

    assert waiting == (0, AccessState.REVOKING)
    assert (system().enabled, system().closing_since, len(exivo.live())) == (False, None, 1)


def test_take_back_taken_back_makes_keys_again(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    take_keys_back(system(), actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)

    switch_on(system(), actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert (system().grants, state(booking, clock.now), len(exivo.live())) == (True, AccessState.READY, 1)


def test_left_to_run_out_the_key_opens_and_exivo_is_not_called(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    asked = len(exivo.calls())

    leave_keys_to_run_out(system(), actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)
    probe_lock_systems(now=clock.now)

    assert (len(exivo.calls()), state(booking, clock.now)) == (asked, AccessState.READY)
    clock.now = booking.start
    assert exivo.tap(make.MOBILE, make.AARE) == "open"


def test_switching_on_the_only_account_takes_every_branch_along(clock: FakeClock) -> None:
    make.make_organisation()
    bern, thun = make.make_branch(doors={}), make.make_branch(key="thun", name="Thun", doors={})
    key = add_account(actor=STAFF, now=clock.now)

    came = switch_on(system(), actor=STAFF, now=clock.now)

    assert (key, came, system().grants) == ("exivo", (bern, thun), True)
    assert list(Branch.objects.values_list("lock_system__key", flat=True)) == ["exivo", "exivo"]


def test_switching_on_a_second_account_takes_no_branch_along(clock: FakeClock) -> None:
    make.make_organisation()
    make.make_branch(lock_system=make.make_lock_system(enabled=False), doors={})
    make.make_branch(key="thun", name="Thun", doors={})
    key = add_account(actor=STAFF, now=clock.now)

    came = switch_on(LockSystem.objects.get(key=key), actor=STAFF, now=clock.now)

    assert (key, came) == ("exivo-2", ())


def test_account_without_key_and_secret_is_never_called(clock: FakeClock, exivo: Exivo) -> None:
    make.make_organisation()
    make.make_branch(site_id=make.BERN, doors={})
    add_account(actor=STAFF, now=clock.now)

    switch_on(system(), actor=STAFF, now=clock.now)
    asked = probe_lock_systems(now=clock.now)

    assert (asked, exivo.calls()) == (0, [])


def test_switching_off_counts_as_off_in_the_file_from_the_first_moment(service: Service, clock: FakeClock) -> None:
    take_keys_back(system(), actor=STAFF, now=clock.now)

    assert exported()["lock_systems"][0]["enabled"] is False


def test_take_back_hands_the_work_over_within_the_next_round(booking: Booking, clock: FakeClock) -> None:
    take_keys_back(system(), actor=STAFF, now=clock.now)
    waiting = Access.objects.get().handed_at

    finish_switching_off(now=clock.now)

    assert (waiting, Access.objects.get().handed_at) == (None, clock.now)


def test_take_back_is_ended_by_the_jobs_of_a_worker(booking: Booking, clock: FakeClock) -> None:
    now = datetime.now(UTC)
    take_keys_back(system(), actor=STAFF, now=now)
    reconcile(booking.pk, clock=lambda: now)

    work.probe()

    assert system().enabled is False


def test_file_that_says_off_does_not_end_taking_back(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    """The export says off from the first moment; applied, it must not leave the keys that are still to be taken back."""
    take_keys_back(system(), actor=STAFF, now=clock.now)

    save({"lock_systems": [{"key": "exivo", "enabled": False}]}, subject="lock_systems.exivo", now=clock.now, actor=STAFF)
    reconcile(booking.pk, clock=clock)

    assert (system().enabled, exivo.live()) == (True, [])
    assert system().closing_since is not None


def test_branch_with_keys_does_not_leave_its_account(booking: Booking, clock: FakeClock) -> None:
    part = {"branches": [{"key": "bern", "lock_system": None}]}

    with pytest.raises(Refusal) as refused:
        save(part, subject="branches.bern", now=clock.now, actor=STAFF)
    take_keys_back(system(), actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)
    save(part, subject="branches.bern", now=clock.now, actor=STAFF)

    assert [(error.field, error.code) for error in refused.value.fields] == [("lock_system", "keys_left")]
    assert Branch.objects.get().lock_system is None
