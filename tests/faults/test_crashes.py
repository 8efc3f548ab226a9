# SPDX-License-Identifier: Apache-2.0
"""F18 to F20, F22, F23: a worker dies at every write and every call, the database goes away, two workers, wake-ups in any order."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from tests.environment import DATABASE
from tests.faults.watched import Watched

from einlass.core.access import AccessState
from einlass.jobs import work
from einlass.models import Access, Booking, VendorCall

WRITES = ("INSERT", "UPDATE", "DELETE")
# Up to more writes than any round of one booking makes. Each database has every other one, both have all; with `make chaos` each has all.
MANY = os.environ.get("EINLASS_TEST_CHAOS") == "many"
POINTS = range(40) if MANY else range(1 if DATABASE == "postgres" else 0, 40, 2)


class Died(BaseException):
    """The process is gone: nothing that comes after it is carried out, whatever is still unwound."""


class Mortal:
    """Counts the writes of this connection; from the n-th on none is carried out any more."""

    def __init__(self, at: int, error: type[BaseException]) -> None:
        self.left = at
        self.dead = False
        self._error = error

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES):
            self.dead = self.dead or self.left == 0
            self.left -= 1
        if self.dead and not sql.startswith(("SAVEPOINT", "ROLLBACK", "RELEASE")):
            raise self._error("killed by the test")
        return execute(sql, params, many, context)


@contextmanager
def dying(at: int, error: type[BaseException] = Died) -> Iterator[Mortal]:
    mortal = Mortal(at, error)
    with connection.execute_wrapper(mortal):
        try:
            yield mortal
        except error:
            assert mortal.dead


def lives_of(house: Watched, prepare: Callable[[int], Booking], error: type[BaseException]) -> int:
    """Die once before each of these writes of the work at a fresh booking; returns how many points there were."""
    for point in POINTS:
        booking = prepare(point)
        house.bell.waiting.clear()
        with house.step(), dying(point, error) as mortal:
            work.reconcile(booking.pk)
        if not mortal.dead:
            return point
    raise AssertionError("work without end")


def booked(house: Watched) -> Callable[[int], Booking]:
    return lambda point: house.book(hours=24 + 3 * point)


def moved(house: Watched) -> Callable[[int], Booking]:
    def prepare(point: int) -> Booking:
        booking = house.ready(hours=24 + 3 * point)
        return house.move(booking, start=booking.start, duration=60)

    return prepare


def cancelled(house: Watched) -> Callable[[int], Booking]:
    def prepare(point: int) -> Booking:
        booking = house.ready(hours=24 + 3 * point)
        house.cancel(booking)
        return booking

    return prepare


@pytest.mark.parametrize("prepare", [booked, moved, cancelled])
def test_f18_f19_death_before_any_write_ends_in_what_ought_to_be(
    house: Watched, prepare: Callable[[Watched], Callable[[int], Booking]]
) -> None:
    points = lives_of(house, prepare(house), Died)

    assert points >= 6
    house.rest()


@pytest.mark.parametrize("kind", ["create", "revoke"])
def test_f19_death_before_the_call_leaves_the_same_step_to_the_next(house: Watched, kind: str) -> None:
    booking = house.ready() if kind == "revoke" else house.book()
    if kind == "revoke":
        house.cancel(booking)
    before = house.asked(kind)
    house.bell.waiting.clear()

    with house.step(), dying(10**6) as mortal, house.at_request(kind, lambda: _kill(mortal)):
        work.reconcile(booking.pk)

    assert house.asked(kind) == before
    assert VendorCall.objects.filter(outcome="").count() == 1
    house.rest()
    assert house.asked(kind) == [*before, kind]


@pytest.mark.parametrize("kind", ["create", "revoke"])
def test_f18_death_after_the_call_is_a_lost_answer(house: Watched, kind: str) -> None:
    booking = house.ready() if kind == "revoke" else house.book()
    if kind == "revoke":
        house.cancel(booking)
    house.bell.waiting.clear()

    with house.step(), dying(10**6) as mortal, house.at_answer(kind, lambda: _kill(mortal)):
        work.reconcile(booking.pk)

    assert VendorCall.objects.filter(outcome="").count() == 1
    house.rest()
    assert (len(house.exivo.all_keys()), house.asked("create")) == (1, ["create"])


def _kill(mortal: Mortal) -> None:
    mortal.dead = True
    raise Died


@pytest.mark.parametrize("prepare", [booked, cancelled])
def test_f20_database_that_goes_away_before_any_write_loses_a_transaction_or_nothing(
    house: Watched, prepare: Callable[[Watched], Callable[[int], Booking]]
) -> None:
    points = lives_of(house, prepare(house), OperationalError)

    assert points >= 6
    house.rest()


def test_f20_no_call_goes_out_whose_intent_is_not_committed(house: Watched) -> None:
    booking = house.book()
    found: list[tuple[bool, int]] = []

    def look() -> None:
        found.append((connection.in_atomic_block, VendorCall.objects.filter(kind="issue", outcome="").count()))

    with house.at_request("create", look):
        house.ring()

    assert found == [(False, 1)]
    assert house.state(booking) is AccessState.READY
    house.rest()


@pytest.mark.parametrize("kind", ["create", "visit"])
@pytest.mark.parametrize("late", [0, 31])
def test_f22_second_worker_in_the_middle_of_a_call_makes_no_second_key(house: Watched, kind: str, late: int) -> None:
    booking = house.book()

    def another() -> None:
        house.clock.forward(seconds=late)
        work.reconcile(booking.pk)

    with house.at_answer(kind, another):
        house.ring()
    house.rest()

    assert (house.state(booking), house.asked("create")) == (AccessState.READY, ["create"])


def test_f22_two_workers_at_a_cancelled_booking_revoke_it_once(house: Watched) -> None:
    booking = house.ready()
    house.cancel(booking)

    def another() -> None:
        house.clock.forward(seconds=31)
        work.reconcile(booking.pk)

    with house.at_answer("revoke", another):
        house.ring()
    house.rest()

    assert (house.state(booking), house.live(booking)) == (AccessState.CLOSED, [])


def test_f22_answer_that_comes_after_the_lease_is_kept_as_a_fact(house: Watched) -> None:
    booking = house.book()

    def another_has_it() -> None:
        Access.objects.update(fence=99)

    with house.at_answer("create", another_has_it):
        house.ring()

    assert house.rows(booking)[0].vendor_id == house.live(booking)[0].id
    house.rest()
    assert (house.state(booking), house.asked("create")) == (AccessState.READY, ["create"])


@pytest.mark.parametrize("seed", range(3))
def test_f23_wakeups_twice_and_in_any_order_have_one_effect(house: Watched, seed: int) -> None:
    bookings = [house.book(hours=24 + 3 * n) for n in range(3)]
    house.move(bookings[0], start=bookings[0].start, duration=60)
    house.cancel(bookings[1])
    house.bell.waiting = house.bell.waiting * 3
    random.Random(seed).shuffle(house.bell.waiting)

    while house.bell.waiting:
        house.work(Booking.objects.get(pk=house.bell.waiting.pop().booking))  # type: ignore[union-attr] # only of bookings here

    assert house.asked() == ["create", "create"]
    assert [len(house.live(booking)) for booking in bookings] == [1, 0, 1]
    house.rest()


def test_f23_all_wakeups_lost_is_made_good_within_a_minute(house: Watched) -> None:
    booking = house.book()
    house.bell.waiting.clear()

    house.forward(seconds=91)
    house.minute()

    assert house.state(booking) is AccessState.READY
    house.rest()
