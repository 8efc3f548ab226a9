# SPDX-License-Identifier: Apache-2.0
"""Free times as they are read: what takes a room, what frees it, and how many queries it takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests import factories as make
from tests.conftest import FakeClock

from einlass.core.events import GUEST
from einlass.models import Booking, Service
from einlass.operations.bookings import cancel
from einlass.queries.availability import free_days, nearest_free, next_free, rooms_for

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def service(clock: FakeClock) -> Service:
    return make.make_house(clock.now)


def starts(service: Service, clock: FakeClock, **leave_out: Any) -> list[str]:
    days = free_days(service, duration=120, first=TUESDAY, last=TUESDAY, now=clock.now, **leave_out)
    return [f"{slot.start:%H:%M}" for day in days for slot in day.slots]


def test_a_booking_takes_its_time_and_a_cancelled_one_gives_it_back(service: Service, clock: FakeClock) -> None:
    assert "09:00" in starts(service, clock)

    booking = make.make_booking(service, now=clock.now)
    taken = {"07:30", "08:00", "08:30", "09:00", "09:30", "10:00", "10:30"}
    assert taken & set(starts(service, clock)) == set()
    assert {"07:00", "11:00"} <= set(starts(service, clock))
    assert "09:30" in starts(service, clock, leave_out=booking)

    cancel(booking, actor=GUEST, now=clock.now)
    assert taken <= set(starts(service, clock))


@pytest.mark.parametrize("bookings", [1, 3])
def test_a_month_takes_two_queries_however_many_bookings(
    service: Service, clock: FakeClock, bookings: int, django_assert_num_queries: Any
) -> None:
    for number in range(bookings):
        make.make_booking(service, now=clock.now, hours=24 + 3 * number)
    again = Service.objects.select_related("branch").get()

    with django_assert_num_queries(2):
        free_days(again, duration=60, first=TUESDAY, last=TUESDAY + timedelta(days=30), now=clock.now)


def test_next_free_looks_beyond_an_empty_month(service: Service, clock: FakeClock) -> None:
    service.branch.opening_hours = {"sat": ["10:00-12:00"]}
    service.branch.exceptions = [{"date": f"2026-{day}", "hours": []} for day in ("11-28", "12-05", "12-12", "12-19", "12-26")]
    slot = next_free(service, duration=120, first=TUESDAY, now=clock.now)

    assert slot is not None
    assert slot.start == datetime(2027, 1, 2, 9, 0, tzinfo=UTC)


def test_next_free_ends_at_the_horizon(service: Service, clock: FakeClock) -> None:
    service.branch.opening_hours = {}

    assert next_free(service, duration=60, first=TUESDAY, now=clock.now) is None


def test_nearest_free_are_around_the_time_that_was_taken(service: Service, clock: FakeClock) -> None:
    booking: Booking = make.make_booking(service, now=clock.now, duration=60)

    found = nearest_free(service, wanted=booking.start, duration=60, now=clock.now)

    assert [f"{slot.start:%H:%M}" for slot in found] == ["07:30", "08:00", "10:00"]


def test_rooms_come_in_the_order_of_the_operator_and_leave_out_small_ones(service: Service, clock: FakeClock) -> None:
    service.rooms.add(make.make_room(service.branch, "hall", capacity=None), through_defaults={"position": 2})
    service.rooms.add(make.make_room(service.branch, "closed", active=False), through_defaults={"position": 1})

    assert [room.key for room in rooms_for(service)] == ["aare", "hall"]
    assert [room.key for room in rooms_for(service, persons=25)] == ["hall"]
