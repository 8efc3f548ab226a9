# SPDX-License-Identifier: Apache-2.0
"""The door log: off until it is switched on, read while there is something to tell, kept with the booking, gone in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Booking, Branch, DoorEntry, LockSystem, Organisation, Service, VendorCall
from einlass.operations.bookings import cancel, no_show
from einlass.operations.door_log import forget_old, read_due
from einlass.operations.keys import reconcile
from einlass.operations.privacy import erase
from einlass.queries.door_log import entries_of, last_entry_at, nobody_came_to
from einlass.queries.privacy import everything_about, with_everything

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(clock: FakeClock, exivo: Exivo) -> Service:
    made = make.make_house(clock.now)
    Organisation.objects.update(door_log_days=30)
    return made


@pytest.fixture
def booking(service: Service, clock: FakeClock) -> Booking:
    """Starts in an hour and lasts two; its key is there."""
    return ready(service, clock, hours=1)


def ready(service: Service, clock: FakeClock, *, hours: float, mobile: str = "078 123 45 67") -> Booking:
    made = make.make_booking(service, now=clock.now, hours=hours, mobile=mobile)
    reconcile(made.pk, clock=clock)
    return made


def told(booking: Booking) -> list[tuple[str, bool, int]]:
    """The taps of a booking: the door, whether it opened, minutes after the start."""
    return [(tap.component, tap.opened, int((tap.at - booking.start).total_seconds() // 60)) for tap in entries_of(booking)]


def nobody(clock: FakeClock) -> list[Booking]:
    return nobody_came_to(None, branches=list(Branch.objects.all()), now=clock.now)


def over(booking: Booking, clock: FakeClock) -> None:
    clock.now = booking.end + timedelta(minutes=16)


def test_taps_are_kept_with_the_booking_whose_phone_it_was(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = booking.start - timedelta(minutes=20)
    exivo.tap(make.MOBILE, make.ENTRANCE)
    clock.now = booking.start - timedelta(minutes=5)
    exivo.tap(make.MOBILE, make.ENTRANCE)
    exivo.tap(make.MOBILE, make.GURTEN)
    exivo.tap(make.OTHER_MOBILE, make.ENTRANCE)

    assert read_due(clock=clock) == 1

    assert told(booking) == [(make.ENTRANCE, False, -20), (make.ENTRANCE, True, -5), (make.GURTEN, False, -5)]
    (stranger,) = DoorEntry.objects.filter(booking=None)
    assert (stranger.component, stranger.opened, stranger.reason) == (make.ENTRANCE, False, "")
    assert Branch.objects.get().entries_read_until == clock.now


def test_reading_again_keeps_each_tap_once(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.AARE)
    read_due(clock=clock)
    clock.forward(minutes=3)
    exivo.tap(make.MOBILE, make.AARE)

    read_due(clock=clock)
    read_due(clock=clock)

    assert told(booking) == [(make.AARE, True, 0), (make.AARE, True, 3)]


def test_while_it_is_off_exivo_is_not_asked(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    Organisation.objects.update(door_log_days=None)
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.AARE)

    assert read_due(clock=clock) == 0

    assert (exivo.calls("accesslog"), list(DoorEntry.objects.all())) == ([], [])


@pytest.mark.parametrize("hindrance", ["no booking", "site", "switched off", "away", "urgent"])
def test_nobody_is_asked_where_nothing_can_be_told(booking: Booking, clock: FakeClock, exivo: Exivo, hindrance: str) -> None:
    clock.now = booking.start
    match hindrance:
        case "no booking":
            cancel(booking, actor=STAFF, now=clock.now)
            reconcile(booking.pk, clock=clock)
        case "site":
            Branch.objects.update(site_confirmed_at=None)
        case "switched off":
            LockSystem.objects.update(enabled=False)
        case "away":
            LockSystem.objects.update(not_before=clock.now + timedelta(seconds=30))
        case "urgent":
            make.make_booking(booking.service, now=clock.now, hours=3.5)
            booking.access.__class__.objects.exclude(pk=booking.pk).update(urgency=2, handed_at=None)

    assert (read_due(clock=clock), exivo.calls("accesslog")) == (0, [])


def test_log_of_a_booking_is_read_until_locks_had_time_to_report(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    read = []
    for minutes in (-30, 0, 130, 150, 200, 240):
        clock.now = booking.start + timedelta(minutes=minutes)
        read.append(read_due(clock=clock))

    assert read == [0, 1, 1, 1, 1, 0]


def test_reading_that_fails_goes_on_from_the_same_place(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.AARE)
    exivo.faults({"kind": "status", "call": "accesslog"})
    failed = read_due(clock=clock)
    exivo.faults()
    clock.forward(minutes=5)

    assert (failed, read_due(clock=clock), told(booking)) == (0, 1, [(make.AARE, True, 0)])
    calls = VendorCall.objects.filter(kind="door_log").order_by("pk")
    assert [call.outcome for call in calls] == ["failed", "ok"]


def test_no_phone_number_is_kept(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.AARE)
    exivo.tap(make.OTHER_MOBILE, make.AARE)

    read_due(clock=clock)

    kept = str([*DoorEntry.objects.values(), *VendorCall.objects.filter(kind="door_log").values()])
    assert [phone for phone in (make.MOBILE, make.OTHER_MOBILE) if phone[3:] in kept] == []


def test_entries_go_after_their_days_and_at_once_when_the_log_is_switched_off(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.AARE)
    read_due(clock=clock)

    clock.forward(days=30)
    kept = forget_old(now=clock.now)
    gone = forget_old(now=clock.forward(seconds=1))
    DoorEntry.objects.create(branch=booking.branch, booking=booking, component=make.AARE, at=clock.now, opened=True, vendor_id="x")
    Organisation.objects.update(door_log_days=None)

    assert (kept, gone, forget_old(now=clock.now)) == (0, 1, 1)
    assert Branch.objects.get().entries_read_until is None


def test_guest_gets_his_taps_and_takes_them_with_him(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.AARE)
    exivo.tap(make.OTHER_MOBILE, make.AARE)
    read_due(clock=clock)
    handed_out = everything_about(with_everything(Booking.objects.filter(pk=booking.pk)).get())
    clock.now = booking.end + timedelta(minutes=20)
    reconcile(booking.pk, clock=clock)

    erase([booking], actor=STAFF, now=clock.now)

    assert handed_out["door_log"] == [{"at": booking.start.isoformat(), "door": make.NAMES[make.AARE], "opened": True}]
    assert list(DoorEntry.objects.values_list("booking", flat=True)) == [None]


def test_reading_that_was_under_way_names_no_erased_guest(booking: Booking, clock: FakeClock) -> None:
    DoorEntry.objects.create(branch=booking.branch, booking=booking, component=make.AARE, at=clock.now, opened=True, vendor_id="x")
    Booking.objects.update(erased_at=clock.now)

    assert forget_old(now=clock.now) == 1


def test_nobody_came_is_suggested_and_never_set(booking: Booking, clock: FakeClock) -> None:
    over(booking, clock)
    before = nobody(clock)
    read_due(clock=clock)

    assert (before, nobody(clock)) == ([], [booking])
    assert Booking.objects.get().status == "confirmed"
    no_show(booking, actor=STAFF, now=clock.now)
    assert nobody(clock) == []


@pytest.mark.parametrize("door", [make.AARE, make.ENTRANCE, make.GURTEN])
def test_whoever_was_at_a_door_came_also_where_it_stayed_closed(booking: Booking, clock: FakeClock, exivo: Exivo, door: str) -> None:
    clock.now = booking.start
    exivo.tap(make.MOBILE, door)
    over(booking, clock)
    read_due(clock=clock)

    assert nobody(clock) == []


@pytest.mark.parametrize(("door", "suggested"), [(make.AARE, False), (make.ENTRANCE, True)])
def test_stranger_at_the_door_of_the_room_may_have_been_the_guest(
    booking: Booking, clock: FakeClock, exivo: Exivo, door: str, suggested: bool
) -> None:
    clock.now = booking.start
    exivo.tap(make.OTHER_MOBILE, door)
    over(booking, clock)
    read_due(clock=clock)

    assert bool(nobody(clock)) is suggested


def test_nobody_is_missed_whose_door_the_staff_opened(booking: Booking, clock: FakeClock) -> None:
    times = {"asked_at": booking.start, "expires_at": booking.start, "ended_at": booking.start}
    booking.openings.create(branch=booking.branch, component=make.AARE, asked_by="Nadia Keller", state="opened", **times)
    over(booking, clock)
    read_due(clock=clock)

    assert nobody(clock) == []


def test_nobody_is_missed_who_had_no_key(service: Service, clock: FakeClock) -> None:
    without = make.make_booking(service, now=clock.now, hours=1)
    clock.now = without.end + timedelta(minutes=16)
    Branch.objects.update(entries_read_until=clock.now)

    assert nobody(clock) == []


def test_nobody_is_missed_whose_taps_may_be_gone(booking: Booking, clock: FakeClock) -> None:
    over(booking, clock)
    read_due(clock=clock)
    Organisation.objects.update(door_log_days=1)

    clock.now = booking.start + timedelta(hours=23)
    fresh = nobody(clock)
    clock.now = booking.start + timedelta(hours=25)

    assert (fresh, nobody(clock)) == ([booking], [])


def test_last_tap_at_a_door_is_this_bookings_or_nobodys(service: Service, booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    other = ready(service, clock, hours=5, mobile="079 000 11 22")
    clock.now = booking.start
    exivo.tap(make.MOBILE, make.ENTRANCE)
    clock.forward(minutes=1)
    exivo.tap(make.OTHER_MOBILE, make.ENTRANCE)
    read_due(clock=clock)

    mine, theirs = (last_entry_at(each, make.ENTRANCE, moment=clock.now) for each in (booking, other))

    assert mine is not None
    assert theirs is not None
    assert (mine.at, mine.opened) == (booking.start, True)
    assert (theirs.at, theirs.opened) == (booking.start + timedelta(minutes=1), False)
    assert last_entry_at(booking, make.ENTRANCE, moment=booking.start - timedelta(seconds=1)) is None


def test_suggestions_cost_the_same_for_one_and_for_three(service: Service, clock: FakeClock) -> None:
    counted = []
    for hours in (1, 3, 5):
        made = ready(service, clock, hours=hours)
        Branch.objects.update(entries_read_until=made.end + timedelta(hours=1))
        at = FakeClock(made.end + timedelta(minutes=20))
        with CaptureQueriesContext(connection) as queries:
            found = nobody(at)
        counted.append((len(queries), len(found)))

    assert [count for _, count in counted] == [1, 2, 3]
    assert len({queries for queries, _ in counted}) == 1
