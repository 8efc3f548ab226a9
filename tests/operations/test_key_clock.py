# SPDX-License-Identifier: Apache-2.0
"""Clocks that differ, and starts that have passed: measured, told, and never a reason for more time than was booked (F17, F44)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.access import AccessState
from einlass.models import Access, Booking, Key, LockSystem, Service, VendorCall
from einlass.operations.key_sweep import sweep_site
from einlass.operations.keys import reconcile
from einlass.operations.vendor_calls import KEPT_FOR, forget_old
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import AccessView, access_of
from einlass.queries.readiness import readiness

pytestmark = pytest.mark.django_db(transaction=True)


def view(booking: Booking, clock: FakeClock) -> AccessView:
    found = booking_by_reference(booking.reference)
    assert found is not None
    return access_of(found, now=clock.now)


def wrong_by(exivo: Exivo, seconds: int) -> None:
    exivo.ask("POST", "/control/clock", {"offset_seconds": seconds, "api": True})


@pytest.mark.parametrize(("seconds", "told"), [(0, ""), (29, ""), (600, "clock_skew"), (-600, "clock_skew")])
def test_f17_clocks_that_differ_are_measured_and_told_and_widen_nothing(  # noqa: PLR0917 - pytest gives them by name
    service: Service, clock: FakeClock, exivo: Exivo, seconds: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon, later = (make.make_booking(service, now=clock.now, hours=hours) for hours in (3, 48))
    for booking in (soon, later):
        reconcile(booking.pk, clock=clock)
    booked = {(key.valid_from, key.valid_until) for key in Key.objects.all()}
    LockSystem.objects.update(clock_skew_seconds=None)
    monkeypatch.setattr("einlass.locks.exivo.client._date_of", lambda answer: clock.now + timedelta(seconds=seconds))

    clock.forward(minutes=10)
    sweep_site(service.branch_id, clock=clock)
    for booking in (soon, later):
        reconcile(booking.pk, clock=clock)

    problems = [found.code if (found := view(booking, clock).problem) else "" for booking in (soon, later)]
    assert problems == [told, ""]
    assert LockSystem.objects.get().clock_skew_seconds == -seconds
    assert [check.ok for check in readiness(now=clock.now) if check.code == "vendor_clock_agrees"] == [not told]
    assert view(soon, clock).state is AccessState.READY
    assert ({(key.valid_from, key.valid_until) for key in Key.objects.all()}, len(exivo.all_keys())) == (booked, 2)


def test_f17_clocks_that_agree_again_are_no_problem_any_more(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now, hours=3)
    LockSystem.objects.update(clock_skew_seconds=600)
    reconcile(booking.pk, clock=clock)
    first = view(booking, clock).problem
    assert first is not None
    assert (first.code, first.next_attempt_at) == ("clock_skew", clock.now + timedelta(minutes=15))

    LockSystem.objects.update(clock_skew_seconds=0)
    clock.forward(minutes=15)
    reconcile(booking.pk, clock=clock)

    assert view(booking, clock).problem is None
    assert Access.objects.get().next_check_at == Key.objects.get().valid_until


@pytest.mark.parametrize("ahead", [0, 60])
def test_f17_start_that_is_refused_as_past_becomes_now(service: Service, clock: FakeClock, exivo: Exivo, ahead: int) -> None:
    exivo.faults({"kind": "refuses_past_start"})
    wrong_by(exivo, ahead)
    LockSystem.objects.update(clock_skew_seconds=-ahead)
    booking = make.make_booking(service, now=clock.now, hours=0)
    reconcile(booking.pk, clock=clock)

    key = Key.objects.get()
    assert (key.state, key.valid_from) == ("live", clock.now + timedelta(seconds=ahead + 5))
    assert key.valid_until == booking.end + timedelta(minutes=15)
    assert len(exivo.live()) == 1
    assert [call["status"] for call in exivo.calls("create")] == [200, 400]

    clock.forward(minutes=10)
    sweep_site(service.branch_id, clock=clock)
    reconcile(booking.pk, clock=clock)
    assert (view(booking, clock).state, len(exivo.all_keys())) == (AccessState.ACTIVE, 1)


def test_f17_start_that_is_refused_again_is_refused(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "status", "status": 400})
    booking = make.make_booking(service, now=clock.now, hours=0)

    reconcile(booking.pk, clock=clock)

    assert (len(exivo.calls("create")), Access.objects.get().problem) == (2, "refused")


def test_i9_every_request_to_the_vendor_is_counted_in_a_row(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "reset_after", "times": 1})
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    clock.forward(minutes=1)
    reconcile(booking.pk, clock=clock)
    clock.forward(minutes=9)
    exivo.ask("DELETE", f"/control/keys/{Key.objects.get().vendor_id}")
    sweep_site(service.branch_id, clock=clock)
    exivo.faults({"call": "list", "kind": "status", "status": 503})
    sweep_site(service.branch_id, clock=clock)

    rows = VendorCall.objects.values_list("kind", "outcome", "requests")
    assert sum(requests for _, _, requests in rows) == len(exivo.calls())
    assert ("list", "unavailable", 1) in rows
    assert all(requests for _, _, requests in rows)


def test_trace_of_what_concerned_no_booking_is_kept_for_a_month(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    clock.forward(minutes=10)
    sweep_site(service.branch_id, clock=clock)
    kept = set(VendorCall.objects.filter(booking=booking).values_list("pk", flat=True))
    others = VendorCall.objects.filter(booking=None).count()

    assert (others, forget_old(now=clock.now + KEPT_FOR)) == (2, 0)
    assert forget_old(now=clock.now + KEPT_FOR + timedelta(seconds=1)) == 2
    assert set(VendorCall.objects.values_list("pk", flat=True)) == kept
