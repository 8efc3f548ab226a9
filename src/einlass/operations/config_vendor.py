# SPDX-License-Identifier: Apache-2.0
"""What the vendor says to a configuration file before anything is written: secrets are found, sites and components asked for (R3, R5)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from einlass.conf.startup import keys_belong_here
from einlass.models import Branch, LockSystem
from einlass.operations import config_schema as schema
from einlass.operations.config_check import CHOSEN, Checked
from einlass.operations.config_fields import given
from einlass.operations.config_types import EnvironmentSecret, FileSecret, Secret
from einlass.operations.lock_systems import SiteAnswer, ask_site, seal_secret

SAYS_NO = {
    "credentials_rejected": "exivo does not accept the API key or the API secret",
    "unknown_site": "exivo does not know this site",
    "site_mismatch": "exivo answers for another site",
    "not_active": "exivo refuses this site: perhaps its Connection service is not active",
}


@dataclass(slots=True)
class Secrets:
    """The plain values of what the file keeps elsewhere, by lock system and field. Not printable."""

    values: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def of(self, system: str, name: str) -> str | None:
        return self.values.get((system, name))


def read_secrets(checked: Checked) -> Secrets:
    """The secrets that the file names. One that cannot be found is a fault at its line, and so is any on a machine that could
    not read it again: it has other encryption keys than the database (F48)."""
    secrets = Secrets()
    for system in checked.file.lock_systems:
        if "api_secret" in system.model_fields_set and not keys_belong_here():
            sentence = "cannot be stored: this machine has other encryption keys than the database"
            checked.document.fault(system.at("api_secret"), sentence, code="other_encryption_keys")
            continue
        for name in sorted(system.model_fields_set & {"api_key", "api_secret"}):
            try:
                secrets.values[system.key, name] = _plain(getattr(system, name), beside=Path(checked.document.source).parent)
            except LookupError as error:
                checked.document.fault(system.at(name), str(error.args[0]))
    return secrets


def _plain(secret: Secret, *, beside: Path) -> str:
    match secret:
        case EnvironmentSecret(env=name):
            if not (value := os.environ.get(name, "").strip()):
                raise LookupError(f"the environment variable {name} is not set")
            return value
        case FileSecret(file=name):
            try:
                value = (beside / name).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise LookupError(f"{name} cannot be read: {getattr(error, 'strerror', '') or 'it is no text'}") from None
            if not value:
                raise LookupError(f"{name} is empty")
            return value
        case str():
            return secret


def check_complete(checked: Checked) -> None:
    """A file that switches the integration on says with what (R2); the page asks for it as soon as it is on."""
    for system in checked.file.lock_systems:
        old = checked.known.lock_systems.get(system.key) or LockSystem()
        raw = checked.raw(system.at()) or {}
        there = {"api_key": bool(old.api_key), "api_secret": bool(old.sealed_secret)}
        for name in ("api_key", "api_secret") if system.enabled else ():
            if name not in raw and not there[name]:
                checked.document.fault(system.at(name), "is missing: enabled: true needs the API key and the API secret")


def ask(checked: Checked, secrets: Secrets, *, now: datetime) -> tuple[dict[str, SiteAnswer], list[str]]:
    """The vendor's answer for each branch that the file concerns, and the warnings. A no is a fault at its line.

    A lock system that does not answer is not asked again for its next branch.
    """
    answers: dict[str, SiteAnswer] = {}
    away: dict[str, SiteAnswer] = {}
    for branch, system, site_id in _sites(checked, secrets):
        answer = away.get(system.key) or ask_site(system, site_id, now=now)
        answers[branch] = answer
        if answer.code in {"unreachable", "credentials_rejected"}:
            away[system.key] = answer
        _judge(checked, branch, system.key, answer)
    warnings = [_away(checked, branch) for branch, answer in answers.items() if answer.code == "unreachable"]
    return answers, warnings


def _away(checked: Checked, branch_key: str) -> str:
    """An exivo that is away takes nothing back that it confirmed before (I11); a new site waits for it (R3)."""
    old = checked.known.branches.get(branch_key)
    item = next((branch for branch in checked.file.branches if branch.key == branch_key), None)
    same = item is None or (
        old is not None and old.lock_system is not None and checked.place_of(item) == (old.lock_system.key, old.site_id)
    )
    if old is not None and old.site_is_confirmed and same:
        return f"exivo does not answer for branch {branch_key}: everything is saved, its doors were not read again"
    return f"exivo does not answer for branch {branch_key}: everything is saved, and its keys wait until the site is confirmed"


def _sites(checked: Checked, secrets: Secrets) -> Iterator[tuple[str, LockSystem, str]]:
    """(branch, its lock system as it will be, its site as it will be) wherever the integration will be on."""
    systems = {**checked.known.lock_systems}
    for item in checked.file.lock_systems:
        systems[item.key] = as_it_will_be(item, secrets)
    in_file = {branch.key for branch in checked.file.branches}
    wanted = [(branch.key, checked.system_of(branch), checked.site_of(branch)) for branch in checked.file.branches]
    changed = {item.key for item in checked.file.lock_systems}
    wanted += [
        (old.key, old.lock_system.key, old.site_id)
        for old in checked.known.branches.values()
        if old.key not in in_file and old.lock_system and old.lock_system.key in changed
    ]
    for branch, key, site_id in wanted:
        system = systems.get(key)
        if system and system.enabled and site_id and system.api_key and system.sealed_secret:
            yield branch, system, site_id


def as_it_will_be(item: schema.LockSystem, secrets: Secrets) -> LockSystem:
    """The row that the item makes, not saved."""
    row = LockSystem.objects.filter(key=item.key).first() or LockSystem(key=item.key)
    for name, value in given(item, new=row.pk is None).items():
        setattr(row, name, value)
    row.api_key = secrets.of(item.key, "api_key") or row.api_key
    if secret := secrets.of(item.key, "api_secret"):
        seal_secret(row, secret)
    return row


def _judge(checked: Checked, branch_key: str, system_key: str, answer: SiteAnswer) -> None:
    branch = next((branch for branch in checked.file.branches if branch.key == branch_key), None)
    system = next((system for system in checked.file.lock_systems if system.key == system_key), None)
    if answer.code in SAYS_NO:
        path = branch.at("site_id") if branch else system.at("key") if system else ()
        if answer.code == "credentials_rejected" and system:
            path = system.at("api_secret" if "api_secret" in system.model_fields_set else "api_key")
        where = "" if branch or answer.code == "credentials_rejected" else f" of branch {branch_key}"
        detail = f" ({answer.detail})" if answer.detail else ""
        checked.document.fault(path, f"{SAYS_NO[answer.code]}{where}{detail}", code=answer.code)
    elif answer.code == "confirmed" and branch:
        _judge_doors(checked, branch, answer)


def _judge_doors(checked: Checked, branch: schema.Branch, answer: SiteAnswer) -> None:
    """R5, F37: an empty list where components were known before is not believed (I11)."""
    old = checked.known.branches.get(branch.key) or Branch()
    rows = list(old.doors.all()) if old.pk and old.site_id == checked.site_of(branch) else []
    if not answer.components and any(row.read_at for row in rows):
        return
    kinds = {component.id: component.kind for component in answer.components}
    known = {row.component for row in rows}
    uses = checked.uses(branch.key)
    for door in branch.doors:
        chosen = uses[door.component] in CHOSEN
        if chosen and door.component in kinds:
            checked.forbid(door, kind=kinds[door.component], old=rows)
        elif door.component not in kinds and (chosen or door.component not in known):
            sentence = f"exivo does not list this component at site {answer.name}"
            checked.document.fault(door.at("component"), sentence, code="door_not_listed")
