# SPDX-License-Identifier: Apache-2.0
"""The contract of every lock driver, held by a driver with other capabilities than exivo's: what exivo cannot show is shown here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.locks.memory_driver import MemoryDriver, entries_of, union, written
from tests.locks.memory_house import House, Traits

from einlass.core.windows import Window
from einlass.locks.contract import DriverContract, Fault, Vendor, an_order, plain_driver
from einlass.locks.port import BeforeCall, LockDriver, LockUnavailable


class InMemory:
    """A house of its own for each test."""

    def __init__(self, traits: Traits) -> None:
        self.house = House(traits)
        self.site_id = self.house.site_id
        self.doors = ("front", "room")
        self.gateway, self.untyped = "hub", "hatch"
        self.phone = "+41781234567"
        self.secrets = (self.house.secret, "another-secret")
        self.slots = traits.slots

    @property
    def now(self) -> datetime:
        return self.house.now

    def driver(self, *, before_call: BeforeCall, in_transaction: Callable[[], bool]) -> LockDriver:
        clock = lambda: self.house.now  # noqa: E731 - the house's clock, as a function
        return MemoryDriver(self.house, secret=self.house.secret, before_call=before_call, in_transaction=in_transaction, clock=clock)

    def rejected_driver(self) -> LockDriver:
        clock = lambda: self.house.now  # noqa: E731 - the house's clock, as a function
        return MemoryDriver(self.house, secret="another-secret", before_call=lambda: None, in_transaction=lambda: False, clock=clock)

    def make(self, fault: Fault) -> None:
        self.house.fault = fault

    def calls(self) -> int:
        return len(self.house.requests)

    def creations(self) -> int:
        return self.house.counted()["put"]

    def revocations(self) -> int:
        return self.house.counted()["drop"]

    def openings(self) -> list[tuple[str, str]]:
        asked = [about.partition(" ") for what, about in self.house.requests if what == "unlock"]
        return [(door, who) for door, _, who in asked]

    def remove(self, key_id: str) -> None:
        name, _, marker = key_id.partition("/")
        credential = self.house.credentials[name]
        kept = [each for each in entries_of(credential) if each.marker != marker]
        self.house.credentials[name] = replace(credential, memo=written(kept), timetable={}, version=credential.version + 1)

    def add_foreign(self) -> str:
        return self.house.add_person("+41790001122", {"front": (self.house.span(self.now, self.now + timedelta(days=900)),)}) + "/"

    def crowd(self) -> None:
        self.house.crowd(120)

    def opens(self, phone: str, door: str, at: datetime) -> bool:
        return self.house.opens(phone, door, at)

    def lose_phones(self) -> None:
        self.house.reachable = False

    def reach_phones(self) -> None:
        self.house.reachable = True
        self.house.synchronise()

    def move_to(self, now: datetime) -> None:
        self.house.now = now


class TestMemoryHouse(DriverContract):
    """Keys per person, changeable windows, delayed revocation."""

    @pytest.fixture
    def vendor(self) -> Vendor:
        return InMemory(Traits())


class TestHouseWithFewSlots(DriverContract):
    """The same with three times for each door."""

    @pytest.fixture
    def vendor(self) -> Vendor:
        return InMemory(Traits(slots=3))


class TestHouseWithOneTimeForEachPerson(DriverContract):
    """A person has one time for a door: a second key is refused, the first is changed in place."""

    @pytest.fixture
    def vendor(self) -> Vendor:
        return InMemory(Traits(times_per_person=1))


class TestHouseOfLocalTime(DriverContract):
    """Doors look at a clock on the wall."""

    @pytest.fixture
    def vendor(self) -> Vendor:
        return InMemory(Traits(local_time=True))


def test_two_workers_at_one_person_lose_nothing() -> None:
    vendor = InMemory(Traits())
    first, second = an_order(vendor), replace(an_order(vendor), marker="EL-0000000002", label="Aare · EL-0000000002")
    begun: list[object] = []

    def somebody_was_faster() -> None:
        """Just before the write of the first worker, the second one writes."""
        if not begun and vendor.house.requests[-1:] == [("find", vendor.phone)]:
            begun.append(plain_driver(vendor).issue(vendor.site_id, second))

    with pytest.raises(LockUnavailable):
        vendor.driver(before_call=somebody_was_faster, in_transaction=lambda: False).issue(vendor.site_id, first)
    plain_driver(vendor).issue(vendor.site_id, first)

    listing = plain_driver(vendor).listing(vendor.site_id, known=frozenset(), now=vendor.now)
    assert {key.marker for key in listing.keys} == {first.marker, second.marker}


def test_time_that_a_person_entered_stays() -> None:
    vendor = InMemory(Traits())
    order, driver = an_order(vendor), plain_driver(vendor)
    evening = (order.window.end + timedelta(hours=3), order.window.end + timedelta(hours=4))
    vendor.house.add_person(vendor.phone, {"front": (evening,)})

    issued = driver.issue(vendor.site_id, order)
    both = [vendor.opens(vendor.phone, "front", at) for at in (order.window.start, evening[0])]
    driver.revoke(vendor.site_id, issued.id)

    assert (both, vendor.opens(vendor.phone, "front", order.window.start), vendor.opens(vendor.phone, "front", evening[0])) == (
        [True, True],
        False,
        True,
    )


def test_union_merges_what_touches() -> None:
    at = [datetime(2026, 9, 1, hour, tzinfo=UTC) for hour in range(8, 16)]

    merged = union([Window(at[4], at[5]), Window(at[0], at[2]), Window(at[2], at[3]), Window(at[1], at[2])])

    assert merged == (Window(at[0], at[3]), Window(at[4], at[5]))
