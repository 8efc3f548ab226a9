# SPDX-License-Identifier: Apache-2.0
"""What every test stands on: which database, the emulator as the vendor, a clock that stands still. Rows are made in factories.py."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.environment import DATABASE


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """No test reaches a machine that is not this one."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in {"127.0.0.1", "::1", "localhost", "local"}:
            raise RuntimeError(f"a test tried to reach {host}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment] # the one seam through which everything goes
    yield
    socket.socket.connect = connect  # type: ignore[method-assign] # put back


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> None:
    """A password is meant to cost a quarter of a second; a thousand tests that sign somebody in need not pay it."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1


@pytest.fixture(autouse=True, scope="session")
def _tables_are_only_emptied() -> Iterator[None]:
    """After a test that commits, Django looks through all models again for permissions, which nothing here uses; and PostgreSQL takes a
    hundred times as long to make forty tables anew as to delete their few rows."""
    command = "django.core.management.commands.flush"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{command}.emit_post_migrate_signal", lambda *_args, **_kwargs: None)
        if DATABASE == "postgres":
            patch.setattr(f"{command}.sql_flush", _deletions)
        yield


def _deletions(_style: Any, connection: Any, **_options: bool) -> list[str]:
    """What empties every table, in any order: nobody watches over keys meanwhile."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {connection.ops.quote_name(name)}" for name in names)]


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> datetime:
        self.now += timedelta(**units)
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture(scope="session")
def _exivo_server() -> Iterator[Any]:
    """The emulator on a real socket of this machine, one for the run."""
    from exivo_emulator.app import create_app
    from exivo_emulator.building import demo_building
    from exivo_emulator.server import serve

    app = create_app(demo_building())
    server = serve(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data folder for a process that is started by a test."""
    return tmp_path / "data"


class Exivo:
    """The vendor as a test sees it: taps, keys, faults. Everything goes through the emulator's own control calls."""

    def __init__(self, app: Any, port: int) -> None:
        from werkzeug.test import Client

        self.app = app
        self.address = f"http://127.0.0.1:{port}/v1"
        self._client = Client(app)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.open(path, method=method, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json() if answer.data else None

    def tap(self, phone: str, component: str) -> str:
        """The reason that the door gives: open, no_key, wrong_door, too_early, too_late, revoked."""
        return str(self.ask("POST", "/control/tap", {"phone": phone, "component": component})["reason"])

    def all_keys(self) -> list[dict[str, Any]]:
        found = self.ask("GET", "/control/keys")
        return list(found["keys"] if isinstance(found, dict) else found)

    def live(self) -> list[dict[str, Any]]:
        return [key for key in self.all_keys() if key["live"]]

    def faults(self, *plan: dict[str, Any]) -> None:
        self.ask("POST", "/control/faults", list(plan))

    def calls(self, kind: str = "") -> list[dict[str, Any]]:
        """What exivo was asked, newest first."""
        log = self.ask("GET", "/control/log?limit=1000")
        entries = log["log"] if isinstance(log, dict) else log
        return [entry for entry in entries if entry.get("call") and (not kind or entry["call"] == kind)]

    def calls_once_noted(self, kind: str) -> int:
        """How many there were, where the caller hung up: exivo notes such a call when it sees that, a moment after the caller went on."""
        until = time.monotonic() + 10
        while not self.calls(kind) and time.monotonic() < until:
            time.sleep(0.05)
        return len(self.calls(kind))


@pytest.fixture
def exivo(_exivo_server: Any, clock: FakeClock, settings: Any) -> Iterator[Exivo]:
    """exivo with nothing in it, its clocks on the test's; every lock system speaks to it."""
    from einlass.locks.port import Limits

    app, port = _exivo_server
    vendor = Exivo(app, port)
    vendor.ask("POST", "/control/reset", {})
    app.world.clocks.base = clock
    settings.EXIVO_URL = vendor.address
    settings.LOCK_LIMITS = Limits(connect_seconds=1.0, answer_seconds=1.0)
    yield vendor
    vendor.ask("POST", "/control/reset", {})
