# SPDX-License-Identifier: Apache-2.0
"""Ways to a vendor without a network: an application in this process, or answers written down by the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from einlass.locks.exivo.driver import ExivoDriver, build
from einlass.locks.port import Limits, LockAccount

SITE = "51000000-0000-4000-8000-000000000001"
KEY = "7e000000-0000-4000-8000-000000000001"
DOOR = "b0000000-0000-4000-8000-000000000001"
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SECRET = "a0000000-0000-4000-8000-0000000000ff"


class InProcess(httpx2.BaseTransport):
    """A WSGI application as a vendor. What it raises is what a socket would do; every request is counted."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._inner = httpx2.WSGITransport(app=app)
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append((request.method, request.url.path))
        self.bodies.append(request.read())
        try:
            response = self._inner.handle_request(request)
            response.read()
        except ConnectionResetError as error:
            raise httpx2.ReadError("connection reset by peer") from error
        except TimeoutError as error:
            raise httpx2.ReadTimeout("timed out") from error
        return response


@dataclass
class Scripted(httpx2.BaseTransport):
    """Answers every request by `answer`, or in turn from `answers` where it runs out last."""

    answers: list[httpx2.Response | Exception] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)

    __hash__ = object.__hash__


def says(status: int, body: object = None, *, headers: dict[str, str] | None = None) -> httpx2.Response:
    """An answer with JSON, with text as it stands, or (None) with nothing."""
    content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return httpx2.Response(status, headers=headers, content=content)


def account(**changes: Any) -> LockAccount:
    facts: dict[str, Any] = {
        "base_url": "https://exivo.example/v1",
        "api_key": "a0000000-0000-4000-8000-000000000001",
        "api_secret": SECRET,
        "mobile_app_name": "dormakaba mobile access",
        "mobile_app_id": "100200",
        "limits": Limits(calls_per_second=100_000, calls_at_once=8),
    }
    return LockAccount(**{**facts, **changes})


def driver_on(transport: httpx2.BaseTransport, **changes: Any) -> ExivoDriver:
    return build(account(**changes), before_call=lambda: None, in_transaction=lambda: False, transport=transport, clock=lambda: NOW)


def a_visit(**changes: object) -> dict[str, object]:
    """One key as exivo lists it."""
    return {
        "id": KEY,
        "expired": False,
        "revoked": False,
        "name": "Seminarraum Aare · EL-7K3M9Q2W4T",
        "validFrom": "2026-09-02T08:00:00Z",
        "validTo": "2026-09-02T09:30:00Z",
        "components": [DOOR],
        "formFactor": "ma-phone",
        "publicRegistrationId": "+41781234567",
        "mobileApp": {"name": "dormakaba mobile access", "id": "100200"},
        "installNotification": False,
        **changes,
    }
