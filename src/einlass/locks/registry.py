# SPDX-License-Identifier: Apache-2.0
"""Which vendors there are, and a driver for an account. Importable from `operations.keys` and `operations.lock_systems` only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, cast

import httpx2

from einlass.locks.exivo import driver as exivo
from einlass.locks.port import BeforeCall, LockAccount, LockDriver

ENTRY_POINTS = "einlass.lock_drivers"


class Build(Protocol):
    """What a vendor's driver is made with. `transport` replaces the network in tests; `clock` gives an aware instant."""

    def __call__(
        self,
        account: LockAccount,
        *,
        before_call: BeforeCall,
        in_transaction: Callable[[], bool],
        transport: httpx2.BaseTransport | None,
        clock: Callable[[], datetime],
    ) -> LockDriver: ...


VENDORS: dict[str, Build] = {"exivo": exivo.build}


class UnknownVendor(KeyError):
    """No driver of this name is built in or installed."""

    def __str__(self) -> str:
        return f"no lock driver named {self.args[0]!r}; there are: {', '.join(vendors())}"


def vendors() -> tuple[str, ...]:
    """Every vendor's name, sorted. Loads no driver."""
    return tuple(sorted({*VENDORS, *(point.name for point in entry_points(group=ENTRY_POINTS))}))


def driver_for(
    vendor: str,
    account: LockAccount,
    *,
    before_call: BeforeCall,
    in_transaction: Callable[[], bool],
    transport: httpx2.BaseTransport | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> LockDriver:
    """A driver of this account. Raises UnknownVendor. Drivers of one account share their connections and their pace."""
    build = VENDORS.get(vendor) or _installed(vendor)
    return build(account, before_call=before_call, in_transaction=in_transaction, transport=transport, clock=clock)


@cache
def _installed(vendor: str) -> Build:
    """A driver that another package brings under the entry point group; a built-in one is never replaced by it."""
    for point in entry_points(group=ENTRY_POINTS, name=vendor):
        return cast("Build", point.load())
    raise UnknownVendor(vendor)
