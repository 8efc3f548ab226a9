# SPDX-License-Identifier: Apache-2.0
"""An emulator in process with a clock that only tests move, and clients that speak to it as Einlass does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from exivo_emulator import Emulator, create_app, demo_building

BERN = "51000000-0000-4000-8000-000000000001"
THUN = "51000000-0000-4000-8000-000000000002"
ENTRANCE = "b0000000-0000-4000-8000-000000000001"
CLOAKROOM = "b0000000-0000-4000-8000-000000000002"
AARE = "b0000000-0000-4000-8000-000000000004"
GURTEN = "b0000000-0000-4000-8000-000000000005"
GATEWAY = "b0000000-0000-4000-8000-000000000009"
UNTYPED = "b0000000-0000-4000-8000-000000000010"
PHONE = "+41781234567"
KEY, SECRET = "a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-0000000000ff"
NOW = datetime(2027, 1, 12, 9, 0, tzinfo=UTC)


class HandClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def payload(**changes: Any) -> dict[str, Any]:
    """A body that is right in every respect; a change to `...` leaves the field out."""
    body = {
        "validFrom": "2027-01-12T12:45:00Z",
        "validTo": "2027-01-12T17:15:00Z",
        "components": [ENTRANCE, AARE],
        "publicRegistrationId": PHONE,
        "formFactor": "ma-phone",
        "mobileApp": {"name": "dormakaba mobile access", "id": "100200"},
        "installNotification": True,
        "name": "Seminarraum Aare · EL-7K3M9Q2W4T",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


@dataclass
class Bench:
    """The emulator and both ways to speak to it. `slept` collects the seconds that faults would have waited."""

    clock: HandClock
    slept: list[float]
    emulator: Emulator
    http: httpx2.Client
    api: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.api = self.api_of(BERN)

    def api_of(self, site: str, *, key: str = KEY, secret: str = SECRET) -> httpx2.Client:
        transport = httpx2.WSGITransport(app=self.emulator)
        return httpx2.Client(transport=transport, base_url=f"http://exivo/v1/{site}", auth=(key, secret))

    def create(self, **changes: Any) -> dict[str, Any]:
        answer = self.api.post("/digitalKeyVisits", json=payload(**changes))
        assert answer.status_code == 200, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def faults(self, *plan: dict[str, Any]) -> None:
        assert self.http.post("/control/faults", json=list(plan)).status_code == 200

    def all_keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/control/keys").json()
        return found

    def tap(self, component: str = ENTRANCE, *, phone: str = PHONE) -> str:
        answer = self.http.post("/control/tap", json={"phone": phone, "component": component}).json()
        assert answer["light"] == ("green" if answer["reason"] == "open" else "red")
        return str(answer["reason"])

    def doors_at(self, now: str) -> None:
        assert self.http.post("/control/clock", json={"now": now}).status_code == 200


@pytest.fixture
def bench() -> Iterator[Bench]:
    clock, slept = HandClock(), list[float]()
    emulator = create_app(demo_building(), clock=clock, sleep=slept.append)
    with httpx2.Client(transport=httpx2.WSGITransport(app=emulator), base_url="http://emulator") as http:
        yield Bench(clock, slept, emulator, http)
