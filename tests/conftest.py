# SPDX-License-Identifier: Apache-2.0
"""What every test stands on: which database, the emulator as the vendor, a clock that stands still. Rows are made in factories.py."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import postgres

DATABASE = os.environ.get("EINLASS_TEST_DATABASE", "sqlite")
CLUSTER = "EINLASS_TEST_POSTGRES_URL"
_scratch = tempfile.TemporaryDirectory(prefix="einlass-test-")
_cluster: postgres.Cluster | None = None

os.environ.update(
    {
        "EINLASS_DATA_DIR": _scratch.name,
        "EINLASS_SECRET_KEY": "a key that is only good for tests",
        "EINLASS_ENCRYPTION_KEYS": "YSBrZXkgdGhhdCBpcyBvbmx5IGdvb2QgZm9yIHRlc3Q=",
        "EINLASS_BASE_URL": "http://testserver",
        "EINLASS_LOG_LEVEL": "warning",
        "DJANGO_SETTINGS_MODULE": "einlass.conf.settings",
        # The browser's driver runs an event loop in the thread of the tests; our code itself is not asynchronous.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
)
os.environ.pop("EINLASS_DATABASE_URL", None)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Nothing: the environment above is set before Django is loaded because this file is read first."""


def _choose_database() -> None:
    global _cluster  # noqa: PLW0603 - one cluster for the whole run, ended with it
    if DATABASE == "postgres":
        if CLUSTER not in os.environ:
            _cluster = postgres.Cluster.start()
            os.environ[CLUSTER] = _cluster.url
        os.environ["EINLASS_DATABASE_URL"] = os.environ[CLUSTER]


_choose_database()


def pytest_unconfigure() -> None:
    if _cluster is not None:
        _cluster.stop()


def pytest_report_header() -> str:
    return f"einlass database: {DATABASE}"


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """No test reaches a machine that is not this one."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in {"127.0.0.1", "::1", "localhost", "local"}:
            raise RuntimeError(f"a test tried to reach {host}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign] # the one seam through which everything goes
    yield
    socket.socket.connect = connect  # type: ignore[method-assign] # put back


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
    from exivo_emulator.building import default_building
    from werkzeug.serving import make_server

    app = create_app(default_building())
    server = make_server("127.0.0.1", 0, app, threaded=True)
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
