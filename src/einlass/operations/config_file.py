# SPDX-License-Identifier: Apache-2.0
"""`einlass apply`: a configuration file becomes the configuration, as a whole or not at all. Its parts: the other `config_*` files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from einlass.core.events import Actor, ConfigurationApplied
from einlass.models.sealed import CannotUnseal
from einlass.operations.config_check import Checked, Known, check
from einlass.operations.config_errors import validated
from einlass.operations.config_export import differences, exported
from einlass.operations.config_pictures import Pictures, read_pictures
from einlass.operations.config_prune import prune as remove_missing
from einlass.operations.config_vendor import Secrets, ask, check_complete, read_secrets
from einlass.operations.config_write import Changes, one_at_a_time, write, write_answers
from einlass.operations.config_yaml import ConfigError, ConfigFileError, read
from einlass.operations.events import record
from einlass.operations.lock_systems import SiteAnswer

__all__ = ["Applied", "ConfigError", "ConfigFileError", "apply"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a file changed (nothing the second time), and what a person ought to know although all is saved."""

    changes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


class _OnlyTried(Exception):
    """Takes the transaction of a dry run back. Never leaves this file."""


def apply(
    text: str, *, source: str, prune: bool = False, dry_run: bool = False, now: datetime, actor: Actor, ask_vendor: bool = True
) -> Applied:
    """Merge the file by keys into the configuration; `prune` also removes what it leaves out, `dry_run` only says what would change.

    exivo is asked first, for its sites and components, wherever the integration is on (R1, R3, R5); not reaching it is a warning.
    Raises ConfigFileError with every error, and then nothing was changed. Records ConfigurationApplied where anything changed.
    """
    document = read(text, source=source)
    checked = Checked(validated(document), document, Known.read())
    check(checked)
    secrets, pictures = read_secrets(checked), read_pictures(checked)
    check_complete(checked)
    answers: dict[str, SiteAnswer] = {}
    warnings: list[str] = []
    changes = Changes()
    try:
        if ask_vendor:
            answers, warnings = ask(checked, secrets, now=now)
        _refuse_faulty(checked)
        _write(checked, secrets, pictures, answers, changes=changes, prune=prune, dry_run=dry_run, now=now, actor=actor)
    except CannotUnseal:
        checked.document.fault(("lock_systems",), "this machine has other encryption keys than the database: nothing can be changed here")
        _refuse_faulty(checked)
    except _OnlyTried:
        pass
    return Applied(tuple(changes.lines), tuple(warnings))


def _write(
    checked: Checked,
    secrets: Secrets,
    pictures: Pictures,
    answers: dict[str, SiteAnswer],
    *,
    changes: Changes,
    prune: bool,
    dry_run: bool,
    now: datetime,
    actor: Actor,
) -> None:
    with transaction.atomic():
        one_at_a_time()
        before = exported()
        write(checked.file, secrets=secrets, pictures=pictures, changes=changes)
        write_answers(answers, changes=changes, now=now, actor=actor)
        if prune:
            remove_missing(checked.file, document=checked.document, changes=changes, now=now)
            _refuse_faulty(checked)
        if changes.lines:
            values = list(differences(before, exported()))
            record(ConfigurationApplied(changes=changes.lines, values=values), actor=actor, now=now)
        if dry_run:
            raise _OnlyTried


def _refuse_faulty(checked: Checked) -> None:
    if checked.document.errors:
        raise ConfigFileError(checked.document.errors)
