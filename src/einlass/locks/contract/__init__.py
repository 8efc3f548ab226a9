# SPDX-License-Identifier: Apache-2.0
"""The suite that every lock driver must pass, shipped so that others can write drivers (needs pytest). Vendor quirks are not tested here.

class TestAcme(DriverContract):
    @pytest.fixture
    def vendor(self) -> Vendor:
        return AcmeHarness()  # a fresh world for each test: the vendor's emulator, or one of your own
"""

from einlass.locks.contract.capabilities import CapabilitiesContract
from einlass.locks.contract.entries import EntriesContract
from einlass.locks.contract.failures import FailuresContract
from einlass.locks.contract.keys import KeysContract
from einlass.locks.contract.lists import ListsContract
from einlass.locks.contract.vendor import WAIT_SECONDS, Fault, LimitedVendor, UnreachedPhones, Vendor, an_order, plain_driver

__all__ = ["WAIT_SECONDS", "DriverContract", "Fault", "LimitedVendor", "UnreachedPhones", "Vendor", "an_order", "plain_driver"]


class DriverContract(KeysContract, ListsContract, FailuresContract, CapabilitiesContract, EntriesContract):
    """Subclass it and give it a fixture `vendor`. What a driver's capabilities do not claim is skipped, with the reason."""
