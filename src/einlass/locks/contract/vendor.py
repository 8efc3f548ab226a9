# SPDX-License-Identifier: Apache-2.0
"""What the suite asks of a harness: a world at a vendor, what can be done to it behind a driver's back, and what is asked of a driver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from einlass.core.keys import SeenKey
from einlass.core.windows import Window
from einlass.locks.port import (
    BeforeCall,
    KeyOrder,
    LockDriver,
)

WAIT_SECONDS = 7.0


class Fault(StrEnum):
    """What a harness can make the vendor do from now on, until the world ends or `make(Fault.NONE)`."""

    NONE = "none"
    ANSWER_LOST = "answer_lost"  # what changes something is applied; its answer never comes
    REQUEST_LOST = "request_lost"  # nothing is applied; no answer comes
    DOWN = "down"  # every call is answered by an error of the vendor
    THROTTLED = "throttled"  # every call is turned away for WAIT_SECONDS
    NONSENSE = "nonsense"  # every call succeeds with something that is no answer
    LIST_CUT = "list_cut"  # a later page of the list of keys does not come
    LIST_EMPTY = "list_empty"  # the list of keys comes back empty


class Vendor(Protocol):
    """A fresh world: one account, one site that has two doors at least, a gateway, and a component without a type."""

    @property
    def site_id(self) -> str: ...
    @property
    def doors(self) -> tuple[str, ...]: ...
    @property
    def gateway(self) -> str: ...
    @property
    def untyped(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def now(self) -> datetime: ...
    @property
    def secrets(self) -> tuple[str, ...]: ...

    def driver(self, *, before_call: BeforeCall, in_transaction: Callable[[], bool]) -> LockDriver: ...

    def rejected_driver(self) -> LockDriver:
        """One whose credentials the vendor does not accept."""

    def make(self, fault: Fault) -> None: ...

    def calls(self) -> int:
        """Requests that reached the vendor, of any kind."""

    def creations(self) -> int:
        """Requests to create a key that reached the vendor, whatever came of them."""

    def revocations(self) -> int:
        """Requests to take a key back that reached the vendor, whatever came of them."""

    def openings(self) -> list[tuple[str, str]]:
        """Requests to open a door that reached the vendor, whatever came of them: the door, and the person that was named."""

    def remove(self, key_id: str) -> None:
        """Delete a key at the vendor behind the product's back."""

    def add_foreign(self) -> str:
        """Make a key that is not ours, as somebody does in the vendor's own app; gives its id."""

    def crowd(self) -> None:
        """Add keys until their list takes several pages, if the vendor's list has pages."""

    def opens(self, phone: str, door: str, at: datetime) -> bool:
        """Whether the lock would let this phone in at that instant, by what the phone carries now."""


@runtime_checkable
class UnreachedPhones(Protocol):
    """A harness of a vendor that does not take back at once."""

    def lose_phones(self) -> None:
        """No phone hears of anything from now on."""

    def reach_phones(self) -> None:
        """All phones synchronise now, and go on doing so."""


@runtime_checkable
class LimitedVendor(Protocol):
    """A harness of a vendor whose doors hold so many keys and no more."""

    @property
    def slots(self) -> int: ...

    def move_to(self, now: datetime) -> None:
        """Let time pass."""


def nothing() -> None:
    return None


def outside() -> bool:
    return False


def plain_driver(vendor: Vendor) -> LockDriver:
    return vendor.driver(before_call=nothing, in_transaction=outside)


def an_order(vendor: Vendor, *, marker: str = "EL-7K3M9Q2W4T") -> KeyOrder:
    """An order that a driver must be able to carry out: all doors of the harness, tomorrow for an hour and a half."""
    start = vendor.now.replace(microsecond=0) + timedelta(days=1)
    return KeyOrder(
        marker=marker,
        label=f"Seminarraum Aare · {marker}",
        phone=vendor.phone,
        doors=frozenset(vendor.doors),
        window=Window(start, start + timedelta(minutes=90)),
        notify=False,
    )


def a_phone(number: int) -> str:
    """Somebody else's."""
    return f"+4179000{number:04}"


def is_the_order(seen: SeenKey, order: KeyOrder) -> bool:
    return (seen.marker, seen.name, seen.phone, seen.doors, seen.window, seen.revoked, seen.expired) == (
        order.marker,
        order.label,
        order.phone,
        order.doors,
        order.window,
        False,
        False,
    )


def questions(driver: LockDriver, vendor: Vendor, key_id: str) -> list[Callable[[], object]]:
    return [
        lambda: driver.site(vendor.site_id),
        lambda: driver.components(vendor.site_id),
        lambda: driver.read(vendor.site_id, key_id),
        lambda: driver.listing(vendor.site_id, known=frozenset(), now=vendor.now),
    ]


def acts(driver: LockDriver, vendor: Vendor, key_id: str) -> list[Callable[[], object]]:
    return [
        *questions(driver, vendor, key_id),
        lambda: driver.issue(vendor.site_id, an_order(vendor)),
        lambda: driver.revoke(vendor.site_id, key_id),
        lambda: open_door(driver, vendor, vendor.doors[0]),
    ]


def open_door(driver: LockDriver, vendor: Vendor, component: str, *, allow_unknown: frozenset[str] = frozenset()) -> None:
    driver.open_door(vendor.site_id, component, who="Nadia Keller", allow_unknown=allow_unknown)
