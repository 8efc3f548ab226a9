# SPDX-License-Identifier: Apache-2.0
"""The main job by what the doors do: booked, ready, moved, cancelled, and what a vendor can do in between."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, EventRecord, Key, LockSystem, Service, VendorCall
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.claims import LeaseLost, claim_booking
from einlass.operations.keys import reconcile
from einlass.operations.probes import probe_lock_systems
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import access_of

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


def work(booking: Booking, clock: FakeClock) -> None:
    reconcile(booking.pk, clock=clock)


def state(booking: Booking, now: datetime) -> AccessState:
    found = booking_by_reference(booking.reference)
    assert found is not None
    return access_of(found, now=now).state


def test_a_booking_opens_its_doors_in_its_time(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)

    work(booking, clock)

    assert state(booking, clock.now) is AccessState.READY
    assert [set(key["components"]) for key in exivo.live()] == [{make.AARE, *make.ALWAYS_OPEN}]
    clock.now = booking.start - timedelta(minutes=15, seconds=1)
    assert exivo.tap(make.MOBILE, make.AARE) == "too_early"
    clock.now = booking.start - timedelta(minutes=15)
    assert [exivo.tap(make.MOBILE, door) for door in (make.AARE, *make.ALWAYS_OPEN)] == ["open"] * 4
    assert exivo.tap(make.MOBILE, make.GURTEN) == "wrong_door"
    assert state(booking, clock.now) is AccessState.ACTIVE
    clock.now = booking.end + timedelta(minutes=15)
    assert exivo.tap(make.MOBILE, make.AARE) == "too_late"
    assert state(booking, clock.now) is AccessState.CLOSED


def test_r7_the_meeting_room_opens_the_consulting_room_entrance_and_cloakroom_and_nothing_else(clock: FakeClock, exivo: Exivo) -> None:
    make.make_organisation()
    branch = make.make_branch(now=clock.now, lock_system=make.make_lock_system())
    make.make_questions()
    meeting = make.make_service(branch, "meeting", rooms=[make.make_room(branch, "meeting")], doors=[make.CONSULTING])
    booking = make.make_booking(meeting, now=clock.now)

    work(booking, clock)

    clock.now = booking.start
    every = [make.ENTRANCE, make.CLOAKROOM, make.WC, make.AARE, make.GURTEN, make.MEETING, make.CONSULTING]
    opened = [door for door in every if exivo.tap(make.MOBILE, door) == "open"]
    assert opened == [make.ENTRANCE, make.CLOAKROOM, make.WC, make.CONSULTING]


def test_cancelling_takes_the_key_back(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    work(booking, clock)

    cancel(booking, actor=GUEST, now=clock.now)
    work(booking, clock)

    clock.now = booking.start
    assert exivo.tap(make.MOBILE, make.AARE) == "revoked"
    assert exivo.live() == []
    assert state(booking, clock.now) is AccessState.CLOSED


def test_moving_takes_the_old_key_back_before_it_makes_the_new_one(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    work(booking, clock)
    old_start = booking.start

    moved = reschedule(booking, start=booking.start + timedelta(days=1), duration=None, actor=GUEST, now=clock.now)
    work(booking, clock)

    assert [call["call"] for call in reversed(exivo.calls()) if call["call"] in {"create", "revoke"}] == ["create", "revoke", "create"]
    clock.now = old_start
    assert exivo.tap(make.MOBILE, make.AARE) == "too_early"
    clock.now = moved.start
    assert exivo.tap(make.MOBILE, make.AARE) == "open"
    assert len(exivo.live()) == 1


def test_i7_a_guest_inside_keeps_a_key_while_the_booking_is_prolonged(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now, hours=1, duration=60)
    work(booking, clock)
    clock.now = booking.start + timedelta(minutes=30)

    reschedule(booking, start=booking.start, duration=120, actor=STAFF, now=clock.now)
    work(booking, clock)

    assert [call["call"] for call in reversed(exivo.calls()) if call["call"] in {"create", "revoke"}] == ["create", "create", "revoke"]
    assert [exivo.tap(make.MOBILE, make.AARE), len(exivo.live())] == ["open", 1]


def test_r1_switched_off_asks_exivo_nothing(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    LockSystem.objects.update(enabled=False)

    booking = make.make_booking(Service.objects.get(), now=clock.now)
    work(booking, clock)

    assert exivo.calls() == []
    assert state(booking, clock.now) is AccessState.NONE


def test_r1_switched_off_a_key_that_is_there_is_left_alone_and_still_told(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    work(booking, clock)
    asked = len(exivo.calls())

    LockSystem.objects.update(enabled=False)
    Access.objects.update(next_check_at=clock.now)
    work(booking, clock)
    assert (len(exivo.calls()), state(booking, clock.now), len(exivo.live())) == (asked, AccessState.READY, 1)

    LockSystem.objects.update(enabled=True)
    work(booking, clock)
    assert (state(booking, clock.now), len(exivo.all_keys())) == (AccessState.READY, 1)


def test_f22_a_worker_that_lost_its_lease_writes_nothing_more_and_the_key_is_looked_at_again(
    service: Service, clock: FakeClock, exivo: Exivo
) -> None:
    booking = make.make_booking(service, now=clock.now)
    slow = claim_booking(booking.pk, clock=clock)
    assert slow is not None
    assert claim_booking(booking.pk, clock=clock) is None
    clock.forward(seconds=31)

    work(booking, clock)

    assert state(booking, clock.now) is AccessState.READY
    with pytest.raises(LeaseLost):
        slow.hold()
    assert len(exivo.all_keys()) == 1


def test_f02_a_lost_answer_ends_in_one_key(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "reset_after", "times": 1})
    booking = make.make_booking(service, now=clock.now)

    work(booking, clock)
    assert state(booking, clock.now) is AccessState.PREPARING
    clock.forward(minutes=1)
    work(booking, clock)

    assert state(booking, clock.now) is AccessState.READY
    assert len(exivo.all_keys()) == 1


def test_f01_a_call_that_never_arrived_is_made_again_after_a_complete_listing(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "create", "kind": "reset_before", "times": 1})
    booking = make.make_booking(service, now=clock.now)

    work(booking, clock)
    clock.forward(seconds=10)
    work(booking, clock)
    assert exivo.all_keys() == []
    clock.forward(minutes=1)
    work(booking, clock)

    assert state(booking, clock.now) is AccessState.READY
    assert len(exivo.all_keys()) == 1


def test_f15_an_incomplete_listing_permits_no_second_create(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    make_first = make.make_booking(service, now=clock.now, hours=48)
    work(make_first, clock)
    exivo.faults(
        {"call": "create", "kind": "reset_before", "times": 1},
        {"call": "list", "kind": "empty_list"},
        {"call": "read", "kind": "status", "status": 500},
    )
    booking = make.make_booking(service, now=clock.now)

    work(booking, clock)
    for _ in range(5):
        clock.forward(minutes=2)
        work(booking, clock)

    assert len(exivo.all_keys()) == 1
    assert state(booking, clock.now) is not AccessState.READY


def test_f06_exivo_away_leaves_the_booking_and_the_key_follows(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "*", "kind": "status", "status": 503})
    bookings = [make.make_booking(service, now=clock.now, hours=24 + 24 * n) for n in range(4)]
    for booking in bookings:
        work(booking, clock)
    asked = len(exivo.calls())
    for booking in bookings:
        clock.forward(milliseconds=1)
        work(booking, clock)
    assert len(exivo.calls()) == asked
    assert {state(booking, clock.now) for booking in bookings} == {AccessState.PREPARING}

    exivo.faults()
    clock.forward(seconds=31)
    probe_lock_systems(now=clock.now)
    for booking in bookings:
        work(booking, clock)
        if state(booking, clock.now) is not AccessState.READY:
            clock.forward(seconds=40)
            work(booking, clock)

    assert {state(booking, clock.now) for booking in bookings} == {AccessState.READY}
    assert len(exivo.live()) == 4


def test_f39_rejected_credentials_stop_after_one_call(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"call": "*", "kind": "reject_credentials"})
    first = make.make_booking(service, now=clock.now)
    second = make.make_booking(service, now=clock.now, hours=48)

    work(first, clock)
    asked = len(exivo.calls())
    work(second, clock)

    assert len(exivo.calls()) == asked == 1
    assert state(first, clock.now) is AccessState.TROUBLE
    assert Access.objects.get(booking=second).problem == "credentials_rejected"


def test_a_door_that_is_a_gateway_after_all_is_left_out(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.ask("POST", "/control/components", {"site": make.BERN, "id": make.WC, "templateIdentifier": "someGATEWAYthing"})
    booking = make.make_booking(service, now=clock.now)

    work(booking, clock)

    assert [set(key["components"]) for key in exivo.live()] == [{make.AARE, make.ENTRANCE, make.CLOAKROOM}]
    assert service.branch.doors.get(component=make.WC).use == "none"


def test_f37_a_door_that_is_gone_when_the_key_is_made_is_left_out_at_once(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    exivo.ask("POST", "/control/components", {"site": make.BERN, "id": make.WC, "removed": True})
    booking = make.make_booking(service, now=clock.now)

    work(booking, clock)

    assert [set(key["components"]) for key in exivo.live()] == [{make.AARE, make.ENTRANCE, make.CLOAKROOM}]
    access = Access.objects.get(booking=booking)
    assert (state(booking, clock.now), access.problem, Key.objects.get().doors) == (
        AccessState.READY,
        "door_missing",
        sorted([make.AARE, make.ENTRANCE, make.CLOAKROOM]),
    )


def test_i9_every_call_that_changes_something_has_its_row(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    work(booking, clock)
    cancel(booking, actor=GUEST, now=clock.now)
    work(booking, clock)

    calls = list(VendorCall.objects.order_by("pk").values_list("kind", "outcome"))
    assert calls == [("issue", "ok"), ("read", "ok"), ("revoke", "ok"), ("read", "ok")]
    kinds = list(EventRecord.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["booking.confirmed", "key.ready", "booking.cancelled", "key.revoked"]


def test_i10_no_whole_number_stands_in_events_or_calls(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    work(booking, clock)

    written = str(list(EventRecord.objects.values())) + str(list(VendorCall.objects.values()))
    assert "781234567" not in written


def test_the_end_of_the_window_closes_the_row_without_asking(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now)
    work(booking, clock)
    asked = len(exivo.calls())

    clock.now = booking.end + timedelta(minutes=15)
    work(booking, clock)

    assert len(exivo.calls()) == asked
    assert Key.objects.get().state == "expired"
    assert Access.objects.get().next_check_at is None
