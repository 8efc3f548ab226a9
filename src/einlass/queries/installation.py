# SPDX-License-Identifier: Apache-2.0
"""Whether this installation can work: its database, its migrations, its workers. What the operator has to set up: `readiness.py`."""

from __future__ import annotations

from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from einlass.models import Worker


def database_answers() -> bool:
    """Whether one question to the database gets an answer."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def pending_migrations() -> tuple[str, ...]:
    """The migrations that this version brings and the database has not seen, by name. Raises DatabaseError without a database."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan)


def database_clock_skew(*, now: datetime) -> int | None:
    """This machine's clock minus the database's, in seconds; None where the database has no clock of its own (SQLite)."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    return round((now - row[0]).total_seconds()) if row else None


def worker_age_seconds(*, now: datetime) -> float | None:
    """How long ago the liveliest worker gave a sign of life; None where there never was one."""
    newest = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    return max(0.0, (now - newest).total_seconds()) if newest else None
