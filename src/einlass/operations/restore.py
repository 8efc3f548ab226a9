# SPDX-License-Identifier: Apache-2.0
"""Putting a backup back, in one transaction, on either database. Afterwards every site is compared as a whole first (F21, F54)."""

from __future__ import annotations

import base64
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.db.models import Max

from einlass import __version__
from einlass.conf.secrets import fingerprint
from einlass.core.comparing import NOT_COMPARED
from einlass.core.events import CLOCK, Actor, BackupRestored, MessageFailed
from einlass.core.messages import GIVEN_UP_AFTER, TOO_LATE
from einlass.models import Access, Booking, Branch, Installation, LockSystem, Message, User
from einlass.operations.backup import CHUNK, END, FORMAT, HEAD, KEYS, Progress, Table, schema, tables
from einlass.operations.events import record


class CannotRestore(Exception):
    """Why nothing was changed, as a sentence for the administrator."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself."""

    version: str
    schema: Mapping[str, str]
    taken_at: str
    key_fingerprint: str
    with_keys: bool


@dataclass(frozen=True, slots=True)
class Restored:
    head: Head
    rows: dict[str, int]


def head_of(file: Path) -> Head:
    """Read what a backup is. Raises CannotRestore for a file that is none, or was cut."""
    with _opened(file) as archive:
        return _head(archive)


def keys_in(file: Path) -> dict[str, str]:
    """The two keys that a backup brings along, by the names of their settings. Raises CannotRestore where it brings none."""
    with _opened(file) as archive:
        if KEYS not in archive.namelist():
            raise CannotRestore("This backup was made without --with-keys, so there are no keys in it.")
        found: dict[str, str] = json.loads(archive.read(KEYS))
        return found


def restore_backup(
    file: Path, *, encryption_keys: tuple[bytes, ...], replace: bool, other_keys: bool, actor: Actor, now: datetime, progress: Progress
) -> Restored:
    """Put every row back, or change nothing. Raises CannotRestore.

    `replace` allows it over what is there. `other_keys` allows it though this machine cannot read the secrets of the backup: they go, and
    are entered anew. What a worker has under way meanwhile is worth nothing afterwards: every fence is raised beyond what was given out.
    Records BackupRestored.
    """
    with _opened(file) as archive:
        head = _head(archive)
        _refuse_other_version(head)
        fits = head.key_fingerprint == fingerprint(encryption_keys)
        if not fits and not other_keys:
            raise CannotRestore(
                "The secrets in this backup were sealed with other encryption keys than this machine has. Give it the same "
                "EINLASS_ENCRYPTION_KEYS, or say --other-keys and enter the API secrets anew afterwards."
            )
        with transaction.atomic():
            _keep_writers_out()
            _refuse_over_others(replace=replace)
            fence = Access.objects.aggregate(highest=Max("fence"))["highest"] or 0
            rows = _load(archive, progress=progress)
            _bring_forward(fence=fence, now=now)
            _settle_keys(fingerprint(encryption_keys), fits=fits)
            record(BackupRestored(taken_at=head.taken_at, version=head.version), actor=actor, now=now)
            _give_up_old_messages(now=now)
    return Restored(head, rows)


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever is broken about it, wherever one finds out, is one sentence."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, UnicodeDecodeError, json.JSONDecodeError, _Broken) as error:
        raise CannotRestore(f"{file} is no complete backup of Einlass: it is broken or was cut. Nothing was changed.") from error


class _Broken(Exception):
    """The archive is whole and its content is not."""


def _head(archive: zipfile.ZipFile) -> Head:
    told = json.loads(archive.read(HEAD))
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise CannotRestore("This backup has a form that this version of Einlass does not know.")
    return Head(told["version"], told["schema"], told["taken_at"], told["key_fingerprint"], bool(told["with_keys"]))


def _refuse_other_version(head: Head) -> None:
    if head.schema == schema():
        return
    newer = _order_of(head.version) > _order_of(__version__)
    way = (
        "Install that version first."
        if newer
        else "Install that version, restore the backup with it, then install this one again and run `einlass migrate`."
    )
    raise CannotRestore(f"This backup was made by Einlass {head.version}, this is {__version__}, and their tables differ. {way}")


def _order_of(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", version)]


def _keep_writers_out() -> None:
    """SQLite's transaction has the database for itself from its first statement. On PostgreSQL pages can still be looked at."""
    if connection.vendor != "postgresql":
        return
    names = ", ".join(connection.ops.quote_name(table.name) for table in tables())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _refuse_over_others(*, replace: bool) -> None:
    if replace or not any(model.objects.exists() for model in (Booking, Branch, User)):
        return
    raise CannotRestore("There is something in this database already. With --replace all of it goes, and the backup takes its place.")


def _load(archive: zipfile.ZipFile, *, progress: Progress) -> dict[str, int]:
    Session.objects.all().delete()
    every = tables()
    with connection.cursor() as cursor:
        for table in every:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table.name)}")  # noqa: S608 - a table of ours
    rows = {}
    for table in every:
        with archive.open(table.file) as member:
            rows[table.label] = _load_table(member, table, progress=progress)
    if json.loads(archive.read(END)) != {"rows": rows}:
        raise _Broken
    return rows


def _load_table(member: IO[bytes], table: Table, *, progress: Progress) -> int:
    if json.loads(member.readline()) != table.columns:
        raise _Broken
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in table.fields)
    places = ", ".join(["%s"] * len(table.fields))
    insert = f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({places})"  # noqa: S608 - a table of ours
    loaded = 0
    lines = iter(member)
    while chunk := list(islice(lines, CHUNK)):
        with connection.cursor() as cursor:
            cursor.executemany(insert, [_as_stored(json.loads(line), table.fields) for line in chunk])
        loaded += len(chunk)
        progress(table.label, len(chunk))
    return loaded


def _as_stored(values: list[Any], fields: tuple[models.Field[Any, Any], ...]) -> list[Any]:
    return [field.get_db_prep_save(_read(value, field), connection) for value, field in zip(values, fields, strict=True)]


def _read(value: Any, field: models.Field[Any, Any]) -> Any:
    """The value that `backup.py` wrote as JSON, as its column has it."""
    if value is None:
        return None
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(value)
    return base64.b64decode(value) if isinstance(field, models.BinaryField) else value


def _bring_forward(*, fence: int, now: datetime) -> None:
    """Nothing that was given out before counts now: no lease, no fence, no number of a row; and no site counts as compared."""
    highest = max(fence, Access.objects.aggregate(highest=Max("fence"))["highest"] or 0)
    Access.objects.update(fence=highest + 1, lease_until=None, handed_at=None)
    Branch.objects.update(compared_by=NOT_COMPARED, sweep_lease_until=None)
    LockSystem.objects.update(not_before=None)
    if connection.vendor == "postgresql":
        _move_sequences()


def _give_up_old_messages(*, now: datetime) -> None:
    """What waited to be sent may have gone out after the backup was made. What is as old as the outbox lets nothing become is no news to
    anybody; the rest goes out, perhaps once more. Records MessageFailed."""
    old = Message.objects.filter(next_attempt_at__isnull=False, created_at__lte=now - GIVEN_UP_AFTER)
    for message in old.select_related("booking__branch"):
        record(MessageFailed(message=message.kind), actor=CLOCK, now=now, booking=message.booking)
    old.filter(booking=None).update(text="", html="")
    old.update(next_attempt_at=None, failed_at=now, error=f"{TOO_LATE}: it waited in the backup")


def _move_sequences() -> None:
    """Never backwards: a number that was given out since the backup must not come again while somebody still works with its row."""
    quote = connection.ops.quote_name
    for table in tables():
        key = next((field for field in table.fields if isinstance(field, models.AutoField)), None)
        if key is None:
            continue
        name, column = quote(table.name), quote(str(key.column))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [name, key.column])
            sequence = cursor.fetchone()[0]
            highest = f"SELECT COALESCE(MAX({column}), 1) FROM {name}"  # noqa: S608 - a table of ours
            cursor.execute(f"SELECT setval(%s, GREATEST(({highest}), (SELECT last_value FROM {sequence})))", [sequence])  # noqa: S608 - a sequence of ours


def _settle_keys(ours: str, *, fits: bool) -> None:
    """The fingerprint is the one of this machine; secrets that it cannot read are gone, so that the readiness page asks for them."""
    Installation.objects.update_or_create(id=1, defaults={"key_fingerprint": ours})
    if not fits:
        LockSystem.objects.update(sealed_secret="", secret_last4="")
