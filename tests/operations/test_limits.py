# SPDX-License-Identifier: Apache-2.0
"""How often somebody may do what: counted in the database, by hour, under a digest; and how many coming bookings one number may have."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from tests import factories as make
from tests.conftest import NOW

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.core.limits import LIMITS, Deed
from einlass.jobs import work
from einlass.models import Booking, DeedCount, Service, ServiceRoom
from einlass.operations import bookings, limits, privacy

pytestmark = pytest.mark.django_db
ADDRESS = "192.0.2.7"


def refused(deed: Deed, who: str = ADDRESS, *, now: Any = NOW) -> bool:
    try:
        limits.count(deed, who, now=now)
    except Refusal:
        return True
    return False


@pytest.mark.parametrize("deed", list(Deed))
def test_limit_lets_through_exactly_so_many(deed: Deed) -> None:
    most = LIMITS[deed].most

    assert [refused(deed) for _ in range(most + 2)] == [False] * most + [True, True]


def test_limit_counts_each_address_and_each_deed_by_itself() -> None:
    for _ in range(LIMITS[Deed.CODE].most):
        limits.count(Deed.CODE, ADDRESS, now=NOW)

    assert refused(Deed.CODE)
    assert not refused(Deed.CODE, "192.0.2.8")
    assert not refused(Deed.BOOKING)


def test_limit_is_over_with_its_hour() -> None:
    for _ in range(LIMITS[Deed.CODE].most + 1):
        refused(Deed.CODE)

    assert refused(Deed.CODE, now=NOW + timedelta(minutes=59))
    assert not refused(Deed.CODE, now=NOW + timedelta(minutes=60))


@pytest.mark.parametrize(("factor", "most"), [(0.5, 5), (2, 20), (0.01, 1)])
def test_limit_is_stretched_by_the_setting(settings: Any, factor: float, most: int) -> None:
    settings.LIMIT_FACTOR = factor

    assert [refused(Deed.CODE) for _ in range(most + 1)] == [False] * most + [True]


def test_limit_of_factor_nothing_is_none(settings: Any) -> None:
    settings.LIMIT_FACTOR = 0

    assert [refused(Deed.CODE) for _ in range(30)] == [False] * 30


def test_address_itself_is_not_kept() -> None:
    limits.count(Deed.CODE, ADDRESS, now=NOW)
    limits.count(Deed.BOOKING, ADDRESS, now=NOW)

    rows = list(DeedCount.objects.values_list("who", flat=True))
    assert [ADDRESS in who for who in rows] == [False, False]
    assert len(set(rows)) == 2


def test_counts_are_deleted_once_their_hour_is_over() -> None:
    limits.count(Deed.CODE, ADDRESS, now=NOW)

    assert limits.forget_old(now=NOW + timedelta(minutes=59)) == 0
    assert limits.forget_old(now=NOW + timedelta(minutes=60)) == 1
    assert DeedCount.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_limit_holds_for_many_at_once() -> None:
    outcomes: list[bool] = []

    def ask() -> None:
        outcomes.extend(refused(Deed.CODE) for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(outcomes) == {False: LIMITS[Deed.CODE].most, True: 30 - LIMITS[Deed.CODE].most}


@pytest.fixture
def service() -> Service:
    """At most two coming bookings for one number."""
    house = make.make_house(NOW, durations=[60, 120])
    make.make_organisation(most_open_bookings=2)
    return house


def test_number_has_at_most_so_many_coming_bookings(service: Service) -> None:
    for hours in (24, 48):
        make.make_booking(service, now=NOW, hours=hours)

    with pytest.raises(Refusal, match="too_many"):
        make.make_booking(service, now=NOW, hours=72)
    make.make_booking(service, now=NOW, hours=72, mobile="079 000 11 22")

    assert Counter(Booking.objects.values_list("mobile", flat=True)) == {make.MOBILE: 2, make.OTHER_MOBILE: 1}


def test_number_written_otherwise_is_the_same(service: Service) -> None:
    for hours in (24, 48):
        make.make_booking(service, now=NOW, hours=hours)

    with pytest.raises(Refusal, match="too_many"):
        make.make_booking(service, now=NOW, hours=72, mobile="+41 78 123 45 67")


@pytest.mark.parametrize("gone", ["cancelled", "over", "erased"])
def test_number_books_again_once_a_booking_no_longer_counts(service: Service, gone: str) -> None:
    first = make.make_booking(service, now=NOW, hours=24)
    make.make_booking(service, now=NOW, hours=48)
    now = NOW
    if gone == "cancelled":
        bookings.cancel(first, actor=GUEST, now=NOW)
    elif gone == "over":
        now = first.end
    else:
        privacy.erase([first], actor=GUEST, now=NOW)

    make.make_booking(service, now=now, hours=72)

    assert Booking.objects.count() == 3


@pytest.mark.parametrize("actor", [Actor(ActorKind.STAFF, "Nadia"), Actor(ActorKind.API, "shop"), Actor(ActorKind.GUEST, "shop")])
def test_number_is_free_for_staff_and_programs(service: Service, actor: Actor) -> None:
    for hours in (24, 48, 72, 96):
        make.make_booking(service, now=NOW, hours=hours, actor=actor)

    assert Booking.objects.count() == 4
    assert DeedCount.objects.count() == 0


def test_number_without_limit_books_on(service: Service) -> None:
    make.make_organisation(most_open_bookings=None)

    for hours in range(24, 24 + 15 * 2, 2):
        make.make_booking(service, now=NOW, hours=hours)

    assert Booking.objects.count() == 15


def test_number_that_books_and_cancels_is_stopped_too(service: Service) -> None:
    for _ in range(LIMITS[Deed.BOOKING_OF_NUMBER].most):
        bookings.cancel(make.make_booking(service, now=NOW, hours=24), actor=GUEST, now=NOW)

    with pytest.raises(Refusal, match="too_many"):
        make.make_booking(service, now=NOW, hours=24)


@pytest.mark.django_db(transaction=True)
def test_number_keeps_to_its_limit_when_many_are_sent_at_once(service: Service) -> None:
    rooms = [make.make_room(service.branch, f"r{n}") for n in range(6)]
    for position, room in enumerate(rooms):
        ServiceRoom.objects.create(service=service, room=room, position=position + 1)
    outcomes: list[str] = []

    def ask(hours: int) -> None:
        try:
            make.make_booking(service, now=NOW, hours=hours)
            outcomes.append("booked")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(24 + 3 * n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(outcomes) == {"booked": 2, "too_many": 4}


def test_counts_are_deleted_by_the_clock() -> None:
    limits.count(Deed.CODE, ADDRESS, now=NOW)

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        work.minutely()

    assert DeedCount.objects.count() == 0
