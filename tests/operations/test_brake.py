# SPDX-License-Identifier: Apache-2.0
"""The brake after it has stopped (F46): left as it is, changed back over there, or overtaken. That it stops: `test_key_sweep.py`."""

from __future__ import annotations

from datetime import timedelta

import pytest
import tests.factories as make
from tests.conftest import NOW, Exivo, FakeClock

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, Branch, EventRecord, Key, Service
from einlass.operations.bookings import cancel
from einlass.operations.brake import decide_brake
from einlass.operations.key_sweep import sweep_site
from einlass.operations.keys import reconcile
from einlass.queries.brake import digest_of, held_keys
from einlass.queries.keys import access_of

pytestmark = pytest.mark.django_db(transaction=True)
NADIA = Actor(ActorKind.STAFF, "Nadia Keller")


@pytest.fixture
def service(transactional_db: None) -> Service:
    return make.make_house(NOW)


@pytest.fixture
def bookings(service: Service, clock: FakeClock, exivo: Exivo) -> list[Booking]:
    """Seven whose keys somebody changed over there; the sweep has found it and stopped."""
    made = [make.make_booking(service, now=clock.now, hours=24 + 3 * n) for n in range(7)]
    for booking in made:
        reconcile(booking.pk, clock=clock)
    for key in Key.objects.all():
        change(exivo, key, [make.AARE])
    swept(service, clock, made)
    return made


def change(exivo: Exivo, key: Key, components: list[str]) -> None:
    exivo.ask("PATCH", f"/control/keys/{key.vendor_id}", {"components": components})


def swept(service: Service, clock: FakeClock, bookings: list[Booking]) -> None:
    clock.now += timedelta(minutes=10)
    sweep_site(service.branch_id, clock=clock)
    for booking in bookings:
        reconcile(booking.pk, clock=clock)


def states(clock: FakeClock) -> list[AccessState]:
    return [access_of(booking, now=clock.now).state for booking in Booking.objects.order_by("start")]


def test_f46_keys_that_a_person_leaves_stay_and_stay_in_trouble(
    service: Service, bookings: list[Booking], clock: FakeClock, exivo: Exivo
) -> None:
    branch = Branch.objects.get()
    decide_brake(branch, "keep", seen=digest_of(branch, held_keys(branch, now=clock.now)), actor=NADIA, now=clock.now)
    swept(service, clock, bookings)

    assert states(clock) == [AccessState.TROUBLE] * 7
    assert set(Access.objects.values_list("problem", flat=True)) == {"held_by_brake"}
    assert [set(key["components"]) for key in exivo.live()] == [{make.AARE}] * 7
    assert (Branch.objects.get().brake_count, EventRecord.objects.filter(kind="brake.engaged").count()) == (7, 1)


def test_f46_the_brake_ends_once_nothing_waits_any_more(service: Service, bookings: list[Booking], clock: FakeClock, exivo: Exivo) -> None:
    cancel(bookings[0], actor=GUEST, now=clock.now)
    for key in Key.objects.filter(booking__in=bookings[1:6]):
        change(exivo, key, key.doors)
    swept(service, clock, bookings)
    assert (Branch.objects.get().brake_count, states(clock)) == (1, [AccessState.CLOSED] + [AccessState.READY] * 5 + [AccessState.TROUBLE])

    last = Key.objects.get(booking=bookings[6])
    change(exivo, last, last.doors)
    swept(service, clock, bookings)

    assert (Branch.objects.get().brake_since, states(clock)[1:]) == (None, [AccessState.READY] * 6)
    # Six keys were never touched: what was changed back is the one that was made.
    assert Key.objects.filter(booking__in=bookings[1:]).count() == 6
    assert list(EventRecord.objects.filter(kind__startswith="brake.").values_list("kind", "actor_kind")) == [
        ("brake.engaged", "clock"),
        ("brake.ended", "clock"),
    ]


def test_f46_a_decision_about_keys_that_were_not_shown_is_refused(service: Service, bookings: list[Booking], clock: FakeClock) -> None:
    branch = Branch.objects.get()
    shown = digest_of(branch, held_keys(branch, now=clock.now))
    cancel(bookings[0], actor=GUEST, now=clock.now)

    with pytest.raises(Refusal) as refusal:
        decide_brake(branch, "release", seen=shown, actor=NADIA, now=clock.now)

    assert (refusal.value.code, Branch.objects.get().brake_since) == ("changed_meanwhile", branch.brake_since)
