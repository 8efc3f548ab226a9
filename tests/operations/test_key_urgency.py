# SPDX-License-Identifier: Apache-2.0
"""What goes first: the revocation of a key that lets somebody in now, before everything else, by whatever way it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.faults.watched import Bell

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.keys import MOST_URGENT
from einlass.models import Access, Booking, LockSystem, Service
from einlass.operations import wakeups
from einlass.operations.access import hand_over_due
from einlass.operations.answers import answers_digest, change_answers
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.key_sweep import sweep_site
from einlass.operations.keys import reconcile
from einlass.operations.wakeups import Wakeup

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(service: Service, clock: FakeClock) -> Booking:
    """Its key opens now."""
    booking = make.make_booking(service, now=clock.now, hours=1)
    reconcile(booking.pk, clock=clock)
    clock.now = booking.start + timedelta(minutes=30)
    return booking


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    wakeups.register(bell)
    yield bell
    wakeups.register(wakeups.NoEngine())


def moved_away(booking: Booking, clock: FakeClock) -> None:
    reschedule(booking, start=booking.start + timedelta(days=20), duration=None, actor=STAFF, now=clock.now)


def other_number(booking: Booking, clock: FakeClock) -> None:
    told = booking.answers | {"mobile": "079 000 11 22"}
    change_answers(booking, told, actor=STAFF, now=clock.now, seen=answers_digest(booking))


def cancelled(booking: Booking, clock: FakeClock) -> None:
    cancel(booking, actor=STAFF, now=clock.now)


def prolonged(booking: Booking, clock: FakeClock) -> None:
    reschedule(booking, start=booking.start, duration=240, actor=STAFF, now=clock.now)


def widened(booking: Booking, clock: FakeClock) -> None:
    """Over there, as the sweep finds it."""
    assert sweep_site(booking.branch_id, clock=clock) is not None


@pytest.mark.parametrize(
    ("change", "urgent"), [(cancelled, True), (moved_away, True), (other_number, True), (widened, True), (prolonged, False)]
)
def test_key_that_opens_now_and_has_to_go_is_first_of_all(
    running: Booking, service: Service, clock: FakeClock, exivo: Exivo, bell: Bell, *, change: object, urgent: bool
) -> None:
    if change is widened:
        key = running.keys.get().vendor_id
        exivo.ask("PATCH", f"/control/keys/{key}", {"components": [make.AARE, make.GURTEN, *make.ALWAYS_OPEN]})
    # As urgent as anything else can be: it begins in no time.
    room = make.make_room(service.branch, "gurten", doors=[make.GURTEN])
    other = make.make_service(service.branch, "gurten", rooms=[room])
    soon = make.make_booking(other, now=clock.now, hours=0.5, actor=STAFF)

    change(Booking.objects.get(pk=running.pk), clock)  # type: ignore[operator] # one of the above

    first = bell.next(clock.now)
    assert isinstance(first, Wakeup)
    assert (first.booking, first.urgency == MOST_URGENT, soon.pk != running.pk) == (running.pk, urgent, True)


def test_key_that_could_not_be_taken_back_before_it_opened_is_first_when_it_does(
    service: Service, clock: FakeClock, exivo: Exivo, bell: Bell
) -> None:
    """Moved while exivo was away: what was far off then opens a door now."""
    booking = make.make_booking(service, now=clock.now, hours=6)
    reconcile(booking.pk, clock=clock)
    start = booking.start
    exivo.faults({"kind": "status", "status": 503})
    reschedule(booking, start=start + timedelta(days=20), duration=None, actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)
    clock.now = start
    others = [make.make_booking(service, now=clock.now, hours=2 + 3 * n, duration=60) for n in range(3)]
    LockSystem.objects.update(state="working", not_before=None)
    Access.objects.update(next_check_at=clock.now, handed_at=None)
    bell.waiting.clear()

    hand_over_due(now=clock.now)

    rung = [wakeup for _ in range(4) if isinstance(wakeup := bell.next(clock.now), Wakeup)]
    assert [wakeup.booking for wakeup in rung] == [booking.pk, *(other.pk for other in others)]
    assert [wakeup.urgency == MOST_URGENT for wakeup in rung] == [True, False, False, False]
