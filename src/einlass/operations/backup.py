# SPDX-License-Identifier: Apache-2.0
"""Writing a backup: every row of ours as one instant saw it, in one archive, while the product runs. Putting it back: `restore.py`."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from einlass import __version__
from einlass.conf.secrets import fingerprint
from einlass.models import DeedCount, Installation, Worker

FORMAT = 1
HEAD, END, KEYS = "backup.json", "end.json", "keys.json"
# Whose tables are kept. Sessions are not: whoever is signed in signs in again, and a backup lets nobody in.
APPS = ("einlass", "account", "mfa")
# Counts of this hour and heartbeats of this minute: of no use to anybody later.
LEFT_OUT: frozenset[type[models.Model]] = frozenset({DeedCount, Worker})
CHUNK = 2000

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds: its head, and how many rows of each table."""

    head: dict[str, Any]
    rows: dict[str, int]


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The two keys of the installation as text, for a backup that is to bring them along. Not printable."""

    secret_key: str
    encryption_keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a backup. `label` is its name in the archive, `name` the one in the database."""

    label: str
    name: str
    fields: tuple[models.Field[Any, Any], ...]
    rows: models.Manager[Any]

    @property
    def file(self) -> str:
        return f"rows/{self.label}.jsonl"

    @property
    def columns(self) -> list[str]:
        return [field.attname for field in self.fields]


def tables() -> tuple[Table, ...]:
    """Every table of a backup, those between two tables included; always in the same order."""
    found = [model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)]
    return tuple(sorted((_table(model) for model in found if model not in LEFT_OUT), key=lambda table: table.label))


def _table(model: type[models.Model]) -> Table:
    about = model._meta  # noqa: SLF001 - Django documents it as public
    rows = model._base_manager  # noqa: SLF001 - documented too; unlike `objects` it leaves out nothing
    return Table(about.label_lower, about.db_table, tuple(about.concrete_fields), rows)


def count_rows() -> int:
    """About how many rows a backup made now would hold, for whoever watches it grow."""
    return sum(table.rows.count() for table in tables())


def write_backup(out: IO[bytes], *, scratch: Path, secrets: Secrets | None, now: datetime, progress: Progress) -> Written:
    """Write the archive to `out`, which need not be seekable. Memory does not grow with the number of rows.

    `scratch` takes a copy of an SQLite database for as long as this lasts. With `secrets` the archive opens what it holds, so it has to
    be kept like them.
    """
    with _instant(scratch), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        head = _head(now=now) | {"with_keys": secrets is not None}
        archive.writestr(HEAD, json.dumps(head, indent=2))
        if secrets is not None:
            archive.writestr(KEYS, json.dumps(_as_text(secrets)))
        rows = {}
        for table in tables():
            with archive.open(table.file, "w", force_zip64=True) as member:
                rows[table.label] = _write_table(member, table, progress=progress)
        # Whoever reads it knows by this that it was written to its end, whatever the archive itself says.
        archive.writestr(END, json.dumps({"rows": rows}))
    return Written(head, rows)


def schema() -> dict[str, str]:
    """The last migration of each app whose tables are kept."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {app: max((name for of, name in applied if of == app), default="") for app in APPS}


def _head(*, now: datetime) -> dict[str, Any]:
    row = Installation.objects.first()
    return {
        "format": FORMAT,
        "version": __version__,
        "schema": schema(),
        "taken_at": now.isoformat(),
        "database": connection.vendor,
        "key_fingerprint": (row.key_fingerprint if row else "") or fingerprint(settings.ENCRYPTION_KEYS),
    }


def _as_text(secrets: Secrets) -> dict[str, str]:
    keys = " ".join(base64.b64encode(key).decode() for key in secrets.encryption_keys)
    return {"secret_key": secrets.secret_key, "encryption_keys": keys}


def _write_table(member: IO[bytes], table: Table, *, progress: Progress) -> int:
    member.write(_line(table.columns))
    written = 0
    rows = table.rows.order_by("pk").values_list(*table.columns).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        member.write(b"".join(_line([_plain(value) for value in row]) for row in chunk))
        written += len(chunk)
        progress(table.label, len(chunk))
    return written


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it; `restore.py` knows by the column what it was."""
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


@contextmanager
def _instant(scratch: Path) -> Iterator[None]:
    """The database stands still for this thread while writers go on: a snapshot on PostgreSQL, a copy on SQLite."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with _copied(scratch):
        yield


@contextmanager
def _copied(scratch: Path) -> Iterator[None]:
    """SQLite's own online copy takes the database's place for this thread: consistent, and writers wait for no more than the few seconds
    that copying takes, whatever the journal's mode."""
    file = scratch / "copy.sqlite3"
    connection.ensure_connection()
    live = connection.connection
    copy = connection.get_new_connection(connection.get_connection_params() | {"database": str(file)})
    try:
        live.backup(copy)
        connection.connection = copy
        yield
    finally:
        connection.connection = live
        copy.close()
        file.unlink(missing_ok=True)
