# SPDX-License-Identifier: Apache-2.0
"""A key that ought to be gone and may open the next booking's doors: told in time, once, to those who can do something."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Access, Booking, Message, Room, Service
from einlass.operations.bookings import cancel
from einlass.operations.keys import reconcile
from einlass.operations.revocation_alarms import raise_revocation_alarms
from einlass.queries.dashboard import dashboard

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(clock: FakeClock, exivo: Exivo) -> Service:
    service = make.make_house(clock.now)
    make.make_user("owner@example.org")
    make.make_user("staff@example.org", role="staff", branches=[service.branch])
    make.make_user("elsewhere@example.org", role="staff")
    return service


def taken_back_in_vain(service: Service, clock: FakeClock, exivo: Exivo, *, hours: float = 3) -> Booking:
    """Cancelled, and exivo says yes and keeps the key."""
    booking = make.make_booking(service, now=clock.now, hours=hours)
    reconcile(booking.pk, clock=clock)
    exivo.faults({"kind": "revoke_ignored"})
    cancel(booking, actor=STAFF, now=clock.now)
    for _ in range(4):
        reconcile(booking.pk, clock=clock)
        clock.forward(seconds=40)
    return booking


def told() -> list[str]:
    return list(Message.objects.filter(kind="message_key_stays").order_by("id").values_list("to_address", flat=True))


def raised(*instants: datetime) -> list[int]:
    return [raise_revocation_alarms(now=instant) for instant in instants]


def test_f42_key_that_stays_is_tried_again_and_told_an_hour_before_the_next_booking(
    service: Service, clock: FakeClock, exivo: Exivo
) -> None:
    booking = taken_back_in_vain(service, clock, exivo)
    following = make.make_booking(service, now=booking.start - timedelta(hours=3), hours=3, mobile="079 000 11 22")
    access = Access.objects.get(booking=booking)
    assert (access.problem, access.next_check_at is not None) == ("failed_to_revoke", True)

    hour_before = following.start - timedelta(hours=1)
    found = raised(hour_before - timedelta(seconds=1), hour_before, hour_before + timedelta(minutes=1), following.start)

    assert (found, told()) == ([0, 1, 0, 0], ["owner@example.org", "staff@example.org"])
    text = Message.objects.filter(kind="message_key_stays")[0].text
    assert f"Nächste Buchung: {following.reference}, 13:00" in text
    assert "Der Schlüssel von Lea Baumann ist noch nicht zurückgenommen. Er kann bis 15:15 öffnen." in text
    assert [need.booking for need in dashboard([service.branch], now=hour_before).keys if need.booking == booking] == [booking]


def test_f42_key_that_went_at_last_alarms_nobody(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = taken_back_in_vain(service, clock, exivo)
    following = make.make_booking(service, now=booking.start - timedelta(hours=3), hours=3, mobile="079 000 11 22")
    exivo.faults()
    clock.forward(minutes=15)
    reconcile(booking.pk, clock=clock)

    assert (raised(following.start - timedelta(minutes=30)), told(), exivo.live()) == ([0], [], [])


def test_f33_room_sold_again_while_exivo_is_away_is_told(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now, hours=3)
    reconcile(booking.pk, clock=clock)
    exivo.faults({"kind": "status", "status": 503})
    cancel(booking, actor=STAFF, now=clock.now)
    reconcile(booking.pk, clock=clock)
    following = make.make_booking(service, now=clock.now, hours=3.5, mobile="079 000 11 22")

    assert raised(clock.now + timedelta(minutes=1), following.start - timedelta(minutes=50)) == [0, 1]


@pytest.mark.parametrize(("doors", "told_of"), [([make.GURTEN], 0), ([make.AARE], 1)])
def test_other_room_is_told_only_where_the_key_opens_a_door_of_it(
    service: Service, clock: FakeClock, exivo: Exivo, doors: list[str], told_of: int
) -> None:
    booking = taken_back_in_vain(service, clock, exivo)
    other: Room = make.make_room(service.branch, "gurten", doors=doors)
    elsewhere = make.make_service(service.branch, "gurten", rooms=[other])
    following = make.make_booking(elsewhere, now=booking.start - timedelta(hours=3), hours=3, mobile="079 000 11 22")

    assert raised(following.start - timedelta(minutes=30)) == [told_of]
