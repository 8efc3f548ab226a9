# SPDX-License-Identifier: Apache-2.0
"""What is put right and checked when a process starts: SQLite's triggers, the fingerprint of the encryption keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate

from einlass.conf.environment import ConfigurationError
from einlass.conf.secrets import fingerprint
from einlass.models import overlap


def connect() -> None:
    """Have the triggers installed anew after every migration: SQLite drops them whenever a migration rebuilds the table."""
    post_migrate.connect(_install_overlap_triggers, dispatch_uid="einlass_overlap_triggers")
    checks.register(checks.Tags.database)(_check_overlap_is_refused)


def _install_overlap_triggers(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    overlap.install(connections[using])


def _check_overlap_is_refused(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    return [
        checks.Error("The database does not refuse overlapping bookings.", hint="Run `einlass migrate`.", id="einlass.E001")
        for alias in databases or []
        if overlap.is_missing(connections[alias])
    ]


def reach() -> None:
    """Raises OperationalError where PostgreSQL does not answer: the pool would try for ten seconds, and then speak of itself."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        import psycopg

        with connection.wrap_database_errors:
            psycopg.connect(settings.ENVIRONMENT.database_url, connect_timeout=5).close()


def verify() -> None:
    """Before anything is served or worked on. Raises ConfigurationError when the database would accept a double booking.

    A database that was never migrated says so too: nothing may run on half a schema.
    """
    reach()
    connection = connections[DEFAULT_DB_ALIAS]
    if not overlap.is_refused(connection):
        raise ConfigurationError("The database is not migrated, or does not refuse overlapping bookings. Run `einlass migrate` first.")


def keys_belong_here() -> bool:
    """Whether this process has the encryption keys that this database was used with; the first process to ask sets them.

    With other keys bookings go on and no lock system is asked (F48): no secret can be read, and none may be overwritten.
    """
    from einlass.models import Installation

    ours = fingerprint(settings.ENCRYPTION_KEYS)
    row, _ = Installation.objects.get_or_create(id=1, defaults={"key_fingerprint": ours})
    return row.key_fingerprint == ours
