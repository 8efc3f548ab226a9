# SPDX-License-Identifier: Apache-2.0
"""Rows by the hundred thousand: COPY on PostgreSQL, executemany on SQLite. Which rows is for others to say; what they leave out has the
model's default. Django must be loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

AT_ONCE = 5_000
Value = str | int | None
Row = tuple[Value, ...]


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Every row has a value for each of the columns named; instants as `instant` writes them, without tabs or line breaks in texts."""
    others = [field for field in model._meta.concrete_fields if field.column not in names and not _made_by_database(field)]  # noqa: SLF001 - Django's documented way to the fields
    columns = [*names, *(field.column for field in others)]
    quote = connection.ops.quote_name
    rest = tuple(_plain(field.get_default()) for field in others)
    into = f"{quote(model._meta.db_table)} ({', '.join(quote(str(column)) for column in columns)})"  # noqa: SLF001 - as above
    _write(into, len(columns), (row + rest for row in rows))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def instant(at: datetime) -> str:
    """As both databases take it; UTC, whole seconds."""
    return at.astimezone(UTC).isoformat(" ", "seconds")[:19]


def analyze() -> None:
    """What the database does by itself before long: tidy up, and count what came in for whoever plans."""
    tidy = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if tidy else "ANALYZE")


def _write(into: str, width: int, rows: Iterator[Row]) -> None:
    """PostgreSQL takes text with tabs between the columns. All of it or nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {into} FROM STDIN") as copy:
                while part := list(islice(rows, AT_ONCE)):
                    copy.write("".join("\t".join("\\N" if v is None else str(v) for v in row) + "\n" for row in part))
            return
        statement = f"INSERT INTO {into} VALUES ({', '.join(['%s'] * width)})"  # noqa: S608 - names of our own tables
        while part := list(islice(rows, AT_ONCE)):
            cursor.executemany(statement, part)


def _made_by_database(field: Any) -> bool:
    return isinstance(field, models.AutoField)


def _plain(value: Any) -> Value:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return instant(value)
    return json.dumps(value) if isinstance(value, dict | list) else value
