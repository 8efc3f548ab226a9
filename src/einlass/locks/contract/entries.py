# SPDX-License-Identifier: Apache-2.0
"""The log of a vendor's doors, where a driver tells it: who was let in, who was not, and nothing that is older than was asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from einlass.locks.contract.vendor import Fault, Vendor, an_order, plain_driver
from einlass.locks.port import LockDriver, LockUnavailable, TellsEntries


class EntriesContract:
    """Skipped for a driver that is no `TellsEntries`: not every vendor keeps a log."""

    def test_log_tells_who_was_let_in_and_who_was_not(self, vendor: Vendor) -> None:
        driver, log, order = plain_driver(vendor), _telling(plain_driver(vendor)), an_order(vendor)
        driver.issue(vendor.site_id, order)
        door, early, start = vendor.doors[0], order.window.start - timedelta(hours=1), order.window.start
        lights = [vendor.opens(vendor.phone, door, at) for at in (early, start)]

        found = log.entries(vendor.site_id, since=vendor.now)

        told = sorted((tap.at, tap.component, tap.opened, tap.phone) for tap in found.taps)
        assert lights == [False, True]
        assert (found.complete, told) == (True, [(early, door, False, vendor.phone), (start, door, True, vendor.phone)])
        assert len({tap.id for tap in found.taps}) == 2

    def test_log_tells_nothing_that_is_older_than_was_asked_for(self, vendor: Vendor) -> None:
        log, at = _telling(plain_driver(vendor)), vendor.now + timedelta(days=1)
        vendor.opens(vendor.phone, vendor.doors[0], at)

        assert log.entries(vendor.site_id, since=at + timedelta(seconds=1)).taps == ()

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.NONSENSE, Fault.THROTTLED])
    def test_log_that_does_not_come_is_unavailable(self, vendor: Vendor, fault: Fault) -> None:
        log = _telling(plain_driver(vendor))
        vendor.make(fault)

        with pytest.raises(LockUnavailable):
            log.entries(vendor.site_id, since=vendor.now)

    def test_log_is_not_read_inside_a_transaction(self, vendor: Vendor) -> None:
        log = _telling(vendor.driver(before_call=lambda: None, in_transaction=lambda: True))

        with pytest.raises(RuntimeError):
            log.entries(vendor.site_id, since=vendor.now)
        assert vendor.calls() == 0


def _telling(driver: LockDriver) -> TellsEntries:
    if not isinstance(driver, TellsEntries):
        pytest.skip("the vendor keeps no log of its doors, or the driver does not tell it")
    return driver
