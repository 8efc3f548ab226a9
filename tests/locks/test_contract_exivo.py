# SPDX-License-Identifier: Apache-2.0
"""The contract of every lock driver, held by the exivo driver against the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from tests.locks.wires import InProcess, account

from einlass.locks.contract import WAIT_SECONDS, DriverContract, Fault, Vendor
from einlass.locks.exivo.driver import build
from einlass.locks.port import BeforeCall, LockDriver
from exivo_emulator.app import create_app
from exivo_emulator.building import demo_building

# ANSWER_LOST and REQUEST_LOST each stand for more than one way of losing it; one of each is enough for the contract.
PLANS: dict[Fault, list[dict[str, Any]]] = {
    Fault.NONE: [],
    Fault.ANSWER_LOST: [
        {"kind": "reset_after", "call": "create"},
        {"kind": "timeout_after", "call": "revoke"},
        {"kind": "reset_after", "call": "unlock"},
    ],
    Fault.REQUEST_LOST: [
        {"kind": "timeout_before", "call": "create"},
        {"kind": "reset_before", "call": "revoke"},
        {"kind": "timeout_before", "call": "unlock"},
    ],
    Fault.DOWN: [{"kind": "status", "status": 502}],
    Fault.THROTTLED: [{"kind": "throttle", "retry_after": int(WAIT_SECONDS)}],
    Fault.NONSENSE: [{"kind": "html"}],
    Fault.LIST_CUT: [{"kind": "list_fails_after_page", "call": "list"}],
    Fault.LIST_EMPTY: [{"kind": "empty_list", "call": "list"}],
}


class Emulated:
    """The demo building in this process."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        building = demo_building()
        self._app = create_app(building, clock=lambda: self.now, in_process=True)
        self._wire = InProcess(self._app)
        self._control = httpx2.Client(transport=httpx2.WSGITransport(app=self._app), base_url="http://emulator")
        self._account = account(api_key=building.account.api_key, api_secret=building.account.api_secret)
        site = building.sites[0]
        self.site_id = site.id
        self.doors = tuple(each.id for each in site.components if isinstance(each.template, str) and not each.is_gateway)
        self.gateway = next(each.id for each in site.components if each.is_gateway)
        self.untyped = next(each.id for each in site.components if each.template is None)
        self.phone = building.phones[0]
        self.secrets = (building.account.api_secret, "another-secret")

    def driver(self, *, before_call: BeforeCall, in_transaction: Callable[[], bool]) -> LockDriver:
        return build(self._account, before_call=before_call, in_transaction=in_transaction, transport=self._wire, clock=lambda: self.now)

    def rejected_driver(self) -> LockDriver:
        rejected = account(api_key=self._account.api_key, api_secret="another-secret")
        return build(rejected, before_call=lambda: None, in_transaction=lambda: False, transport=self._wire)

    def make(self, fault: Fault) -> None:
        self.control("POST", "/control/faults", PLANS[fault])

    def calls(self) -> int:
        return len(self._wire.requests)

    def creations(self) -> int:
        return sum(method == "POST" and path.endswith("/digitalKeyVisits") for method, path in self._wire.requests)

    def revocations(self) -> int:
        return sum(method == "POST" and path.endswith("/revoke") for method, path in self._wire.requests)

    def openings(self) -> list[tuple[str, str]]:
        sent = zip(self._wire.requests, self._wire.bodies, strict=True)
        asked = [(path, body) for (method, path), body in sent if (method, path.rpartition("/")[2]) == ("POST", "unlock")]
        return [(path.split("/")[-2], json.loads(body)["delegatedUser"]) for path, body in asked]

    def remove(self, key_id: str) -> None:
        self.control("DELETE", f"/control/keys/{key_id}")

    def add_foreign(self) -> str:
        made: str = self.control("POST", "/control/keys", self._foreign("Putzequipe")).json()["id"]
        return made

    def crowd(self) -> None:
        self.control("POST", "/control/keys", [self._foreign(f"Gast {number}") for number in range(1100)])

    def opens(self, phone: str, door: str, at: datetime) -> bool:
        self.control("POST", "/control/clock", {"now": at.isoformat()})
        light: str = self.control("POST", "/control/tap", {"phone": phone, "component": door}).json()["light"]
        return light == "green"

    def _foreign(self, name: str) -> dict[str, object]:
        times = {"validFrom": "2020-01-01T00:00:00Z", "validTo": "2099-01-01T00:00:00Z"}
        return {"site": self.site_id, "name": name, "phone": "+41790001122", "components": [self.doors[0]], **times}

    def control(self, method: str, path: str, body: object = None) -> httpx2.Response:
        return self._control.request(method, path, json=body).raise_for_status()


class TestExivo(DriverContract):
    @pytest.fixture
    def vendor(self) -> Vendor:
        return Emulated()
