# SPDX-License-Identifier: Apache-2.0
"""The commands that run something: web, worker, both, the demo, the emulator. How processes are kept alive is in `supervisor.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from einlass.cli import setup

EMULATOR_PORT = 8090


def up() -> None:
    """Migrate, then run the web server and the worker until Ctrl-C."""
    from einlass import supervisor
    from einlass.conf.environment import environment

    setup.migrate()
    setup.let_go_of_database()
    typer.echo(f"Einlass: {environment().base_url}/   staff: {environment().base_url}/manage/   (Ctrl-C stops)")
    raise typer.Exit(supervisor.run_parts(supervisor.web_and_worker()))


def demo(
    emulator_port: Annotated[int, typer.Option(min=1, max=65535, help="Where exivo's emulator and its panel listen.")] = EMULATOR_PORT,
) -> None:
    """Load the demo and run everything with it, exivo's emulator included, until Ctrl-C."""
    from einlass.cli import demonstration

    raise typer.Exit(demonstration.run(emulator_port=emulator_port))


def serve() -> None:
    """Run the web server only."""
    setup.load_migrated()
    setup.let_go_of_database()
    from einlass import supervisor

    supervisor.serve()


def worker() -> None:
    """Run a worker only: it makes the keys and takes them back."""
    setup.load_migrated()
    from einlass.jobs import worker as process

    process.run()


def migrate() -> None:
    """Bring the database up to date; run it before a new version serves."""
    setup.migrate()
    typer.echo("The database is up to date.")


def emulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = EMULATOR_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    building: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Building file; the demo's where left out.")] = None,
) -> None:
    """Run the emulator of exivo's cloud, with its building to play with."""
    command = [sys.executable, "-m", "exivo_emulator", "--port", str(port), "--host", host]
    # It becomes this process: signals reach it as they are, and neither package imports the other.
    os.execv(sys.executable, [*command, "--building", str(building)] if building else command)  # noqa: S606 - our own command
