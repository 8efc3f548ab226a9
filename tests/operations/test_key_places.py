# SPDX-License-Identifier: Apache-2.0
"""Keys at a site or a lock system that the branch has left: looked for there, taken back there, and in nobody's way."""

from __future__ import annotations

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Access, Booking, Branch, Door, Key, LockSystem, Service, VendorCall
from einlass.operations.keys import reconcile
from einlass.operations.lock_systems import seal_secret
from einlass.operations.settings import save
from einlass.operations.switching import finish_switching_off, leave_keys_to_run_out, take_keys_back

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
THUN = "51000000-0000-4000-8000-000000000002"
THUN_DOOR = "c0000000-0000-4000-8000-000000000003"
pytestmark = pytest.mark.django_db(transaction=True)


def second_account(*, enabled: bool = True) -> LockSystem:
    return make.make_lock_system(key="exivo-2", enabled=enabled)


def give_branch(clock: FakeClock, system: LockSystem) -> None:
    """As a person does on the branch's page; the vendor confirms the site again."""
    save({"branches": [{"key": "bern", "lock_system": system.key}]}, subject="branches.bern", now=clock.now, actor=STAFF)
    Branch.objects.update(site_confirmed_at=clock.now)


def go_to_thun(clock: FakeClock) -> None:
    Branch.objects.update(site_id=THUN, site_confirmed_at=clock.now)
    branch = Branch.objects.get()
    Door.objects.update(missing_since=clock.now)
    Door.objects.create(branch=branch, component=THUN_DOOR, use="always", kind="doorFitting", read_at=clock.now, name="Kursraum")
    Access.objects.update(next_check_at=clock.now)


def settle(booking: Booking, clock: FakeClock) -> None:
    for _ in range(6):
        reconcile(booking.pk, clock=clock)
        clock.forward(seconds=40)


def places() -> list[tuple[str, str]]:
    return [(key.site_id, key.state) for key in Key.objects.order_by("id")]


def test_lost_answer_is_looked_for_at_the_site_that_was_asked(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "reset_after", "times": 1})
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    go_to_thun(clock)

    settle(booking, clock)

    assert places() == [(make.BERN, "revoked"), (THUN, "live")]
    assert [key["site"] for key in exivo.live()] == [THUN]


def test_lost_answer_is_looked_for_at_the_account_that_was_asked(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "reset_after", "times": 1})
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    other = second_account()
    give_branch(clock, other)

    settle(booking, clock)

    assert [(key.lock_system.key, key.state) for key in Key.objects.order_by("id")] == [("exivo", "revoked"), ("exivo-2", "live")]
    assert set(VendorCall.objects.filter(kind="list").values_list("lock_system__key", flat=True)) == {"exivo"}
    assert len(exivo.live()) == 1


@pytest.mark.parametrize(("lost", "state", "problem"), [(True, "sending", "outcome_unknown"), (False, "revoking", "failed_to_revoke")])
@pytest.mark.parametrize("answer", [{"kind": "connection_inactive"}, {"kind": "status", "status": 404}], ids=["403", "404"])
def test_site_that_the_branch_has_left_and_that_says_no_holds_up_no_new_key(
    service: Service, clock: FakeClock, exivo: Exivo, *, lost: bool, state: str, problem: str, answer: dict[str, object]
) -> None:
    exivo.faults(*([{"call": "create", "kind": "reset_after", "times": 1}] if lost else []))
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    go_to_thun(clock)
    Door.objects.exclude(component=THUN_DOOR).delete()
    exivo.faults({"site": make.BERN, **answer})

    settle(booking, clock)

    access = Access.objects.get()
    assert places() == [(make.BERN, state), (THUN, "live")]
    assert (access.problem, access.ready_generation, access.next_check_at is not None) == (problem, access.generation, True)
    assert Branch.objects.get().site_confirmed_at is not None

    # It is asked again, though rarely, and the old key goes as soon as that is possible.
    exivo.faults()
    clock.forward(minutes=15)
    settle(booking, clock)

    assert (places(), [key["site"] for key in exivo.live()]) == ([(make.BERN, "revoked"), (THUN, "live")], [THUN])
    assert Access.objects.get().problem == ""


def test_account_that_the_branch_has_left_and_that_rejects_us_holds_up_no_new_key(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    seal_secret(old := LockSystem.objects.get(), "wrong")
    old.save()
    give_branch(clock, second_account())

    settle(booking, clock)

    assert [(key.lock_system.key, key.state) for key in Key.objects.order_by("id")] == [("exivo", "revoking"), ("exivo-2", "live")]
    assert (Access.objects.get().problem, len(exivo.calls("revoke"))) == ("failed_to_revoke", 1)


@pytest.mark.parametrize("lost", [False, True])
def test_account_that_is_switched_off_holds_up_no_key_of_the_next_one(
    service: Service, clock: FakeClock, exivo: Exivo, *, lost: bool
) -> None:
    exivo.faults(*([{"call": "create", "kind": "reset_after", "times": 1}] if lost else []))
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    leave_keys_to_run_out(LockSystem.objects.get(), actor=STAFF, now=clock.now)
    give_branch(clock, second_account())

    settle(booking, clock)

    assert [(key.lock_system.key, key.state) for key in Key.objects.order_by("id")] == [
        ("exivo", "sending" if lost else "live"),
        ("exivo-2", "live"),
    ]
    assert VendorCall.objects.filter(lock_system__key="exivo", started_at__gte=clock.now).count() == 0

    clock.now = booking.end
    clock.forward(minutes=16)
    reconcile(booking.pk, clock=clock)

    assert [key.state for key in Key.objects.order_by("id")] == ["expired", "expired"]


def test_account_that_takes_its_keys_back_does_so_after_its_branch_has_left(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    take_keys_back(LockSystem.objects.get(), actor=STAFF, now=clock.now)
    give_branch(clock, second_account())

    settle(booking, clock)
    finish_switching_off(now=clock.now)

    assert [(key.lock_system.key, key.state) for key in Key.objects.order_by("id")] == [("exivo", "revoked"), ("exivo-2", "live")]
    assert LockSystem.objects.get(key="exivo").enabled is False


def test_branch_whose_new_account_is_not_on_yet_has_its_keys_taken_back(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)

    give_branch(clock, second_account(enabled=False))
    settle(booking, clock)

    assert (places(), exivo.live()) == ([(make.BERN, "revoked")], [])
    assert Access.objects.get().next_check_at is None


def test_branch_given_to_another_account_is_not_held_by_its_brake(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    Branch.objects.update(brake_since=clock.now)
    give_branch(clock, second_account())

    settle(booking, clock)

    assert len(exivo.live()) == 1
    assert [key.state for key in Key.objects.order_by("id")] == ["revoked", "live"]
