# SPDX-License-Identifier: Apache-2.0
"""`einlass demo`: a seminar house, everything running, and what to try. The data is in `einlass.demo`."""

from __future__ import annotations

import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime

import typer

from einlass import supervisor
from einlass.cli import setup
from einlass.conf.environment import ConfigurationError, Environment, environment

STARTS_WITHIN_SECONDS = 60.0
LOOK_SECONDS = 0.1
TRY = """
  Booking page   {base}/
  Staff          {base}/manage/
                 {email}, password {password}
  Building       {panel}/
                 the emulator: doors, a phone, a clock to move

  To try: book a room with your own mobile number, choose the number in the building and tap a door
  before the time (red), within it (green) and at another door (red). Then move or cancel the booking.

  All data is in {data}. Ctrl-C stops.
"""


def run(*, emulator_port: int) -> int:
    """Everything until Ctrl-C; returns the exit status. Raises ConfigurationError for taken ports and for data that is no demo."""
    panel = f"http://127.0.0.1:{emulator_port}"
    env = _environment(panel)
    for port, name in ((env.port, "EINLASS_PORT"), (emulator_port, "--emulator-port")):
        _refuse_taken_port(port, name)
    typer.echo("Preparing the database …")
    setup.migrate()
    _refuse_foreign_data(env)
    setup.let_go_of_database()

    def ready() -> None:
        typer.echo("Starting …")
        _wait_for(f"{panel}/control/clock")
        _load()
        _wait_for(f"http://{env.host}:{env.port}/health")
        _tell(env, panel)

    return supervisor.run_parts([supervisor.emulator_part(port=emulator_port), *supervisor.web_and_worker()], ready=ready)


def _environment(panel: str) -> Environment:
    """The settings with what the demo needs: exivo is the emulator, two web processes, few lines in the log."""
    os.environ["EINLASS_EXIVO_URL"] = f"{panel}/v1"
    os.environ.setdefault("EINLASS_LOG_LEVEL", "warning")
    os.environ.setdefault("EINLASS_WORKERS", "2")
    os.environ.setdefault("EINLASS_MAIL_URL", "console:")
    if "EINLASS_PORT" in os.environ:
        os.environ.setdefault("EINLASS_BASE_URL", f"http://localhost:{os.environ['EINLASS_PORT']}")
    environment.cache_clear()
    return environment()


def _refuse_taken_port(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(f"Port {port} cannot be used: {error.strerror}. Choose another with {name}.") from error


def _refuse_foreign_data(env: Environment) -> None:
    from einlass.demo.loader import NotEmpty, refuse_foreign_data

    try:
        refuse_foreign_data()
    except NotEmpty as error:
        raise ConfigurationError(
            f"{env.data_dir.absolute()} holds an installation of your own (branches {error}); a demo would mix with it. "
            "Set EINLASS_DATA_DIR to an empty folder."
        ) from None


def _load() -> None:
    from einlass.demo.loader import load_demo

    # So that the worker makes the keys at once; without an engine they would wait for its sweep.
    setup.register_engine()
    for warning in load_demo(datetime.now(UTC)).warnings:
        typer.echo(warning, err=True)
    setup.let_go_of_database()


def _wait_for(address: str, *, clock: Callable[[], float] = time.monotonic) -> None:
    deadline = clock() + STARTS_WITHIN_SECONDS
    while clock() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own addresses
                return
        except (urllib.error.URLError, OSError):
            time.sleep(LOOK_SECONDS)
    raise ConfigurationError(f"{address} did not answer within {STARTS_WITHIN_SECONDS:.0f} seconds; the lines above may say why.")


def _tell(env: Environment, panel: str) -> None:
    from einlass.demo.loader import OWNER_EMAIL, OWNER_PASSWORD

    typer.echo(TRY.format(base=env.base_url, panel=panel, email=OWNER_EMAIL, password=OWNER_PASSWORD, data=env.data_dir.absolute()))
