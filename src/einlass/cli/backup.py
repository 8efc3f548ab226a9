# SPDX-License-Identifier: Apache-2.0
"""`backup` and `restore`: the file, standard streams, progress, what is told. What is in it: `operations/backup.py` and `restore.py`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from einlass.cli import setup
from einlass.conf.environment import ConfigurationError, environment

if TYPE_CHECKING:
    from einlass.operations.backup import Secrets, Written
    from einlass.operations.restore import Head

STREAM = "-"
Tell = Callable[[str, int], None]


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write it; - is standard output.")],
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Also the secret key and the encryption keys: whoever has the file can read everything in it."),
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there already.")] = False,
    as_json: setup.AsJson = False,
) -> None:
    """Write everything into one file, while Einlass runs.

    It holds all bookings with names, addresses and numbers: keep it private (its mode is 0600). The two keys are not in it unless
    --with-keys is said; without them the API secrets in it cannot be read by anybody, so keep the keys in another place.
    """
    if file == STREAM and sys.stdout.isatty():
        raise ConfigurationError("Standard output is a terminal. Give a file, or send it to a program.")
    if file != STREAM and Path(file).exists() and not replace:
        raise ConfigurationError(f"{file} is there already. Say --replace to write over it.")
    setup.load_migrated()
    from einlass.operations.backup import count_rows

    with _progress("Writing", total=count_rows(), quiet=as_json) as tell:
        written = _stream(_secrets(wanted=with_keys), tell) if file == STREAM else _whole(Path(file), _secrets(wanted=with_keys), tell)
    _report_written(written, file, as_json=as_json)


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that `einlass backup` made; - is standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Allow it over a database that has something in it: all of that goes.")
    ] = False,
    other_keys: Annotated[
        bool,
        typer.Option("--other-keys", help="Allow it though this machine has other encryption keys: API secrets are then entered anew."),
    ] = False,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the keys of the backup in place too; restart Einlass afterwards.")
    ] = False,
    as_json: setup.AsJson = False,
) -> None:
    """Put a backup back, as a whole or not at all; Einlass may run meanwhile.

    Pages cannot save anything until it is done, and everybody signs in again. Afterwards Einlass compares every site with exivo as a
    whole before it makes a key or takes one back; keys of bookings that the backup does not know are listed under Readiness.
    """
    setup.load_migrated()
    with _as_file(file) as found:
        _restore(found, replace=replace, other_keys=other_keys, with_keys=with_keys, as_json=as_json)


def _restore(file: Path, *, replace: bool, other_keys: bool, with_keys: bool, as_json: bool) -> None:
    from django.conf import settings

    from einlass.conf import secrets
    from einlass.core.bookings import Actor as ActorKind
    from einlass.core.events import Actor
    from einlass.operations.restore import CannotRestore, keys_in, restore_backup

    try:
        brought = keys_in(file) if with_keys else {}
        keys = secrets.read_keys(brought["encryption_keys"]) if with_keys else settings.ENCRYPTION_KEYS
        if with_keys:
            secrets.refuse_given(environment())
        with _progress("Putting back", total=None, quiet=as_json) as tell:
            done = restore_backup(
                file,
                encryption_keys=keys,
                replace=replace,
                other_keys=other_keys,
                actor=Actor(ActorKind.STAFF, "einlass restore"),
                now=datetime.now(UTC),
                progress=tell,
            )
    except CannotRestore as error:
        raise ConfigurationError(str(error)) from error
    if with_keys:
        secrets.put_in_place(environment(), **brought)
    setup.wake_workers()
    if as_json:
        setup.print_json({"rows": sum(done.rows.values()), "backup": asdict(done.head)})
        return
    typer.echo(f"{sum(done.rows.values())} rows are back, as they were at {_when(done.head)}. Everybody signs in again.")
    typer.echo("Einlass now compares every site with exivo; until that is done it makes no key there and takes none back.")
    if with_keys:
        typer.echo("The keys of the backup are in place: restart Einlass.")


def _when(head: Head) -> str:
    return f"{datetime.fromisoformat(head.taken_at):%Y-%m-%d %H:%M} UTC"


def _secrets(*, wanted: bool) -> Secrets | None:
    if not wanted:
        return None
    from django.conf import settings

    from einlass.operations.backup import Secrets

    return Secrets(settings.SECRET_KEY, settings.ENCRYPTION_KEYS)


def _whole(file: Path, secrets: Secrets | None, tell: Tell) -> Written:
    """Under its name only once it is complete: whatever ends this early leaves no half backup there."""
    # mkstemp makes it readable for its owner alone.
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".unfinished", dir=file.absolute().parent)
    try:
        with os.fdopen(handle, "wb") as out:
            written = _write(out, secrets, tell)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    finally:
        # Gone where it has its name by now.
        Path(name).unlink(missing_ok=True)
    return written


def _stream(secrets: Secrets | None, tell: Tell) -> Written:
    written = _write(sys.stdout.buffer, secrets, tell)
    sys.stdout.buffer.flush()
    return written


def _write(out: IO[bytes], secrets: Secrets | None, tell: Tell) -> Written:
    from einlass.operations.backup import write_backup

    with tempfile.TemporaryDirectory(prefix=".backup.", dir=environment().data_dir) as scratch:
        return write_backup(out, scratch=Path(scratch), secrets=secrets, now=datetime.now(UTC), progress=tell)


def _report_written(written: Written, file: str, *, as_json: bool) -> None:
    """On standard error where the backup itself went to standard output."""
    rows = sum(written.rows.values())
    told = {"file": file, "rows": rows, "backup": written.head}
    if as_json:
        setup.print_json(told, err=file == STREAM)
        return
    typer.echo(f"{rows} rows are in {'the backup' if file == STREAM else file}.", err=file == STREAM)
    if written.head["with_keys"]:
        typer.echo("The keys are in it: whoever has this file can read everything. Keep it like a key.", err=True)
    else:
        typer.echo("The secret key and the encryption keys are not in it. Keep them in another place.", err=True)


@contextmanager
def _as_file(file: str) -> Iterator[Path]:
    """An archive is read from its end, which a stream does not have yet: it is put down first."""
    if file != STREAM:
        if not Path(file).is_file():
            raise ConfigurationError(f"There is no file {file}.")
        yield Path(file)
        return
    with tempfile.NamedTemporaryFile(prefix=".restore.", dir=environment().data_dir) as held:
        shutil.copyfileobj(sys.stdin.buffer, held)
        held.flush()
        yield Path(held.name)


@contextmanager
def _progress(what: str, *, total: int | None, quiet: bool) -> Iterator[Tell]:
    """A line on standard error that grows; without a terminal, or for programs, nothing."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        task = bar.add_task(f"{what} …", total=total)

        def tell(_table: str, rows: int) -> None:
            bar.advance(task, rows)

        yield tell
