# SPDX-License-Identifier: Apache-2.0
"""Keys that open although they ought not to: back after they were gone, not ended with their time, not taken back in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, Branch, EventRecord, Key, Service
from einlass.operations.bookings import cancel
from einlass.operations.key_sweep import sweep_site
from einlass.operations.keys import reconcile
from einlass.operations.probes import probe_lock_systems
from einlass.queries.bookings import booking_by_reference
from einlass.queries.dashboard import dashboard
from einlass.queries.keys import access_of

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(service: Service, clock: FakeClock) -> Booking:
    """Tomorrow, with its key at exivo."""
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    return booking


def sweep(booking: Booking, clock: FakeClock) -> None:
    clock.forward(minutes=10)
    assert sweep_site(booking.branch_id, clock=clock) is not None
    reconcile(booking.pk, clock=clock)


def drifts() -> list[str]:
    return [row.data["what"] for row in EventRecord.objects.filter(kind="key.drifted").order_by("id")]


def exposures() -> list[tuple[str, str]]:
    return [(row.data["since"], row.data["until"]) for row in EventRecord.objects.filter(kind="key.exposed")]


def revoked_over_there(key: Key, exivo: Exivo, *, revoked: bool) -> None:
    exivo.ask("PATCH", f"/control/keys/{key.vendor_id}", {"revoked": revoked})


def test_key_that_comes_back_beside_its_successor_is_taken_back(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    first = Key.objects.get()
    revoked_over_there(first, exivo, revoked=True)
    sweep(booking, clock)
    revoked_over_there(first, exivo, revoked=False)
    assert len(exivo.live()) == 2

    sweep(booking, clock)

    assert (len(exivo.live()), drifts()) == (1, ["revoked", "returned"])
    assert [key.state for key in Key.objects.order_by("id")] == ["revoked", "live"]


def test_key_that_comes_back_without_a_successor_is_used_again(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    first = Key.objects.get()
    for _ in range(2):
        revoked_over_there(Key.objects.get(state="live"), exivo, revoked=True)
        sweep(booking, clock)
    assert Access.objects.get().problem == "changed_outside"

    revoked_over_there(first, exivo, revoked=False)
    sweep(booking, clock)

    assert [key["id"] for key in exivo.live()] == [first.vendor_id]
    assert (Key.objects.get(pk=first.pk).state, Access.objects.get().problem) == ("live", "")


def test_key_that_was_taken_back_and_comes_back_is_taken_back_again(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    key = Key.objects.get()
    cancel(booking, actor=GUEST, now=clock.now)
    reconcile(booking.pk, clock=clock)
    revoked_over_there(key, exivo, revoked=False)

    sweep(booking, clock)

    assert (exivo.live(), drifts(), Key.objects.get().state) == ([], ["returned"], "revoked")


def test_key_closed_long_ago_that_was_prolonged_over_there_is_taken_back(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    key = Key.objects.get()
    clock.now = key.valid_until
    reconcile(booking.pk, clock=clock)
    clock.forward(days=9)
    later = (clock.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    exivo.ask("PATCH", f"/control/keys/{key.vendor_id}", {"validTo": later})
    assert len(exivo.live()) == 1

    sweep(booking, clock)

    assert (exivo.live(), drifts(), Key.objects.get().state) == ([], ["overdue"], "revoked")


def test_key_of_a_branch_that_has_left_the_site_is_found_by_the_branch_that_is_there(
    booking: Booking, clock: FakeClock, exivo: Exivo
) -> None:
    key = Key.objects.get()
    cancel(booking, actor=GUEST, now=clock.now)
    reconcile(booking.pk, clock=clock)
    branch = booking.branch
    Branch.objects.update(site_id="51000000-0000-4000-8000-000000000002")
    make.make_branch(now=clock.now, key="bern-2", lock_system=branch.lock_system, doors={})
    revoked_over_there(key, exivo, revoked=False)
    clock.forward(minutes=10)

    found = sweep_site(Branch.objects.get(key="bern-2").pk, clock=clock)
    reconcile(booking.pk, clock=clock)

    assert (found and (found.drifted, found.unknown), exivo.live(), Key.objects.get().state) == ((1, 0), [], "revoked")


def test_key_closed_as_gone_that_lives_is_used_by_the_worker_who_sees_it(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    key = Key.objects.get()
    revoked_over_there(key, exivo, revoked=True)
    clock.forward(minutes=10)
    assert sweep_site(booking.branch_id, clock=clock) is not None
    exivo.faults({"call": "create", "kind": "reset_before", "times": 1})
    reconcile(booking.pk, clock=clock)
    revoked_over_there(key, exivo, revoked=False)
    clock.forward(minutes=2)

    reconcile(booking.pk, clock=clock)

    assert ([live["id"] for live in exivo.live()], Key.objects.get(pk=key.pk).state) == ([key.vendor_id], "live")
    assert drifts() == ["revoked", "returned"]


def test_key_just_taken_back_is_not_believed_back_by_a_list_that_lags(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    cancel(booking, actor=GUEST, now=clock.now)
    reconcile(booking.pk, clock=clock)
    exivo.faults({"call": "list", "kind": "stale_read", "seconds": 120})
    clock.forward(seconds=45)
    sweep_site(booking.branch_id, clock=clock)

    assert (drifts(), Key.objects.get().state) == ([], "revoked")


def test_f43_key_that_outlives_its_time_is_taken_back_and_told(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"kind": "ignores_end"})
    ended = Key.objects.get().valid_until
    clock.now = ended
    reconcile(booking.pk, clock=clock)
    assert (Key.objects.get().state, exivo.tap(make.MOBILE, make.AARE)) == ("expired", "open")

    sweep(booking, clock)

    assert (Key.objects.get().state, exivo.tap(make.MOBILE, make.AARE), drifts()) == ("revoked", "revoked", ["overdue"])
    assert exposures() == [(ended.isoformat(), clock.now.isoformat())]


def test_f43_key_that_outlives_its_time_and_cannot_be_taken_back_is_told_on_the_start_page(
    booking: Booking, clock: FakeClock, exivo: Exivo
) -> None:
    exivo.faults({"kind": "ignores_end"}, {"kind": "revoke_ignored"})
    clock.now = Key.objects.get().valid_until
    reconcile(booking.pk, clock=clock)
    sweep(booking, clock)
    for _ in range(4):
        clock.forward(seconds=40)
        reconcile(booking.pk, clock=clock)

    found = booking_by_reference(booking.reference)
    assert found is not None
    view = access_of(found, now=clock.now)
    assert (view.state, view.problem and view.problem.code) == (AccessState.REVOKING, "failed_to_expire")
    assert [need.booking for need in dashboard([booking.branch], now=clock.now).keys] == [booking]

    exivo.faults()
    clock.forward(minutes=15)
    reconcile(booking.pk, clock=clock)
    assert (Access.objects.get().problem, Key.objects.get().state) == ("", "revoked")


def test_key_that_ends_with_its_time_is_nobodys_incident(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = Key.objects.get().valid_until
    reconcile(booking.pk, clock=clock)
    sweep(booking, clock)

    assert (Key.objects.get().state, exposures(), drifts()) == ("expired", [], [])


@pytest.mark.parametrize("hours_before", [2, -1])
def test_f32_key_that_could_not_be_taken_back_until_its_end_is_an_incident(
    booking: Booking, clock: FakeClock, exivo: Exivo, hours_before: int
) -> None:
    key = Key.objects.get()
    clock.now = key.valid_from - timedelta(hours=hours_before)
    cancelled = clock.now
    exivo.faults({"kind": "status", "status": 503})
    cancel(booking, actor=STAFF, now=clock.now)
    while clock.now < key.valid_until:
        reconcile(booking.pk, clock=clock)
        probe_lock_systems(now=clock.now)
        clock.forward(minutes=5)

    reconcile(booking.pk, clock=clock)

    key.refresh_from_db()
    assert (key.state, key.closed_reason) == ("expired", "window_over")
    assert exposures() == [(max(cancelled, key.valid_from).isoformat(), key.valid_until.isoformat())]
    assert len([call for call in exivo.calls("revoke") if call["status"] == 503]) >= 3
