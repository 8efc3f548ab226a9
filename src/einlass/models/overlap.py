# SPDX-License-Identifier: Apache-2.0
"""The database's own refusal of two bookings over one blocked time of a room: an exclusion constraint or triggers, by vendor."""

from __future__ import annotations

from typing import Any

NAME = "no_overlap"
STATES = "('held','pending','confirmed')"

POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"ALTER TABLE einlass_booking ADD CONSTRAINT {NAME} EXCLUDE USING gist "
    f"(room_id WITH =, tstzrange(blocked_from, blocked_until, '[)') WITH &&) WHERE (status IN {STATES})",
)

_COLLIDES = (
    "SELECT 1 FROM einlass_booking o WHERE o.room_id = NEW.room_id AND o.id IS NOT NEW.id "  # noqa: S608 - constants of this file
    f"AND o.status IN {STATES} AND o.blocked_from < NEW.blocked_until AND o.blocked_until > NEW.blocked_from"
)
# Django writes instants as text of one fixed form in UTC, so comparing the text compares the instants.
SQLITE = {
    f"{NAME}_insert": f"CREATE TRIGGER {NAME}_insert BEFORE INSERT ON einlass_booking WHEN NEW.status IN {STATES} BEGIN "
    f"SELECT RAISE(ABORT, '{NAME}') WHERE EXISTS ({_COLLIDES}); END",
    f"{NAME}_update": f"CREATE TRIGGER {NAME}_update BEFORE UPDATE OF room_id, blocked_from, blocked_until, status ON einlass_booking "
    f"WHEN NEW.status IN {STATES} BEGIN SELECT RAISE(ABORT, '{NAME}') WHERE EXISTS ({_COLLIDES}); END",
}


def install(connection: Any) -> None:
    """Put the refusal in place where it is not. Safe to run at any time and twice; does nothing before the table exists."""
    if not is_missing(connection):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, statement in SQLITE.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(statement)
        else:
            for statement in POSTGRESQL:
                cursor.execute(statement)


def is_missing(connection: Any) -> bool:
    """Whether the table of bookings is there without the refusal; before it exists nothing is missing."""
    return "einlass_booking" in connection.introspection.table_names() and not is_refused(connection)


def is_refused(connection: Any) -> bool:
    """Whether the refusal is in place as written above, so that an older or weaker one counts as missing."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'einlass_booking'")
            return dict(cursor.fetchall()) == SQLITE
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = %s AND contype = 'x'", [NAME])
        return bool(cursor.fetchone()[0] == 1)
