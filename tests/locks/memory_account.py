# SPDX-License-Identifier: Apache-2.0
"""The made-up vendor of `memory_house.py` as an account of Einlass, so that the real operations work with keys unlike exivo's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from tests import factories as make
from tests.conftest import FakeClock
from tests.locks.memory_driver import MemoryDriver
from tests.locks.memory_house import House, Traits

from einlass.locks import registry
from einlass.locks.port import BeforeCall, LockAccount, LockDriver
from einlass.models import Access, Booking, Key, Service
from einlass.operations.keys import reconcile
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import AccessView, access_of

SECRET = "the-secret-of-the-house"


@dataclass
class Memory:
    """A house with one service that opens its front door and its room."""

    house: House
    service: Service
    clock: FakeClock

    def book(self, *, hours: float = 24, duration: int = 120, mobile: str = "078 123 45 67") -> Booking:
        return make.make_booking(self.service, now=self.clock.now, hours=hours, duration=duration, mobile=mobile)

    def ready(self, *, hours: float = 24, duration: int = 120, mobile: str = "078 123 45 67") -> Booking:
        booking = self.book(hours=hours, duration=duration, mobile=mobile)
        self.work(booking)
        assert [row.state for row in self.rows(booking)] == ["live"]
        return booking

    def work(self, booking: Booking) -> None:
        reconcile(booking.pk, clock=self.clock)

    def settle(self, booking: Booking) -> None:
        """Rounds until nothing is due any more, as far as pauses of less than a minute go."""
        for _ in range(6):
            self.work(booking)
            self.clock.forward(seconds=40)

    def rows(self, booking: Booking) -> list[Key]:
        return list(Key.objects.filter(booking=booking).order_by("pk"))

    def view(self, booking: Booking) -> AccessView:
        found = booking_by_reference(booking.reference)
        assert found is not None
        return access_of(found, now=self.clock.now)

    def access(self, booking: Booking) -> Access:
        return Access.objects.get(booking=booking)

    def opens(self, booking: Booking, *, minutes: float = 0, door: str = "room") -> bool:
        """Whether the guest's phone opens so many minutes after the start of his booking, by what it carries now."""
        return self.house.opens(booking.mobile, door, booking.start + timedelta(minutes=minutes))

    def changes(self) -> list[str]:
        """What was asked that changes something, in order."""
        return [what for what, _ in self.house.requests if what in {"put", "drop"}]


def make_memory(patch: pytest.MonkeyPatch, clock: FakeClock, traits: Traits | None = None) -> Memory:
    house = House(traits or Traits(), now=clock.now, zone=ZoneInfo("Europe/Zurich"), secret=SECRET)

    def build(
        account: LockAccount,
        *,
        before_call: BeforeCall,
        in_transaction: Callable[[], bool],
        transport: httpx2.BaseTransport | None,
        clock: Callable[[], datetime],
    ) -> LockDriver:
        return MemoryDriver(house, secret=account.api_secret, before_call=before_call, in_transaction=in_transaction, clock=clock)

    # As an installed package would bring it.
    patch.setitem(registry.VENDORS, "memory", build)
    make.make_organisation()
    system = make.make_lock_system(vendor="memory", secret=SECRET)
    doors = {"front": "always", "room": "services"}
    branch = make.make_branch(now=clock.now, lock_system=system, site_id=house.site_id, doors=doors)
    make.make_questions()
    service = make.make_service(branch, rooms=[make.make_room(branch, doors=["room"])])
    return Memory(house, service, clock)
