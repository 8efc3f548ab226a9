# SPDX-License-Identifier: Apache-2.0
"""Making a command ready to work. Django is loaded here and only when a command needs it, so that `--help` stays quick."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def load() -> None:
    """Read the settings and load Django. Raises ConfigurationError."""
    import django

    from einlass.conf.environment import environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "einlass.conf.settings")
    environment().data_dir.mkdir(parents=True, exist_ok=True)
    django.setup()
    from django.utils import translation

    translation.activate("en")


def load_migrated() -> None:
    """The same, and raises ConfigurationError where the database is not migrated."""
    load()
    from einlass.conf import startup

    startup.verify()


def migrate() -> None:
    """Bring the database and the engine's own tables up to date."""
    load()
    from django.core.management import call_command

    from einlass.jobs import engine

    call_command("migrate", interactive=False, verbosity=0)
    engine.migrate()


def register_engine() -> None:
    """Have this process hand its wake-ups to the workers. Loading the engine takes a second, so only who has something to say does."""
    from einlass.jobs.engine import DbosEngine
    from einlass.operations import wakeups

    wakeups.register(DbosEngine())


def wake_workers() -> None:
    """Hand over the key work that is due, instead of leaving it to the workers' sweep of the next minute."""
    from einlass.operations.access import hand_over_due

    register_engine()
    hand_over_due(now=datetime.now(UTC))


def let_go_of_database() -> None:
    """Before this process only watches over others, or becomes a server that forks."""
    from django.db import connections

    for connection in connections.all():
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL only


def print_json(data: Any, *, err: bool = False) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2), err=err)
