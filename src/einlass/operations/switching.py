# SPDX-License-Identifier: Apache-2.0
"""Switching a lock system on and off, and what then happens to its keys and its branches (R1). What may be entered beside that is a
part of the configuration like any setting, see `settings.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from einlass.core.events import CLOCK, Actor, DoorSettingsChanged, SettingsChanged
from einlass.models import Access, Branch, LockSystem
from einlass.operations.access import hand_over_due
from einlass.operations.config_write import one_at_a_time
from einlass.operations.events import record
from einlass.operations.settings import Saved, key_for, save
from einlass.queries.keys import keys_of_account


def subject_of(system: LockSystem) -> str:
    """What a settings page of this account is about."""
    return f"lock_systems.{system.key}"


def add_account(*, actor: Actor, now: datetime) -> str:
    """A further account of exivo, switched off; returns its key: `exivo`, then `exivo-2`."""
    with transaction.atomic():
        one_at_a_time()
        taken = set(LockSystem.objects.values_list("key", flat=True))
        key = key_for("exivo", taken=taken.__contains__, otherwise="exivo")
        save({"lock_systems": [{"key": key}]}, subject=f"lock_systems.{key}", now=now, actor=actor)
    return key


def branches_without_account() -> QuerySet[Branch]:
    return Branch.objects.filter(active=True, lock_system__isnull=True)


def branches_to_come_along(system: LockSystem) -> QuerySet[Branch]:
    """Those that belong to it as soon as it is switched on: every branch without an account, where there is only this one to belong to."""
    alone = not LockSystem.objects.exclude(pk=system.pk).exists()
    return branches_without_account() if alone else Branch.objects.none()


def switch_on(system: LockSystem, *, actor: Actor, now: datetime) -> tuple[Branch, ...]:
    """Bookings get keys from now on, also where keys were just being taken back. Returns the branches that came along."""
    with transaction.atomic():
        one_at_a_time()
        branches = tuple(branches_to_come_along(system))
        save(_belonging(system, branches, enabled=True), subject=subject_of(system), now=now, actor=actor)
    return branches


def attach_branches(system: LockSystem, *, actor: Actor, now: datetime) -> tuple[Branch, ...]:
    """Every branch without an account belongs to this one. Returns them."""
    with transaction.atomic():
        one_at_a_time()
        branches = tuple(branches_without_account())
        if branches:
            save(_belonging(system, branches), subject="branches", now=now, actor=actor)
    return branches


def _belonging(system: LockSystem, branches: tuple[Branch, ...], **fields: Any) -> dict[str, Any]:
    belonging = [{"key": branch.key, "lock_system": system.key} for branch in branches]
    return {"lock_systems": [{"key": system.key, **fields}], "branches": belonging}


def leave_keys_to_run_out(system: LockSystem, *, actor: Actor, now: datetime) -> Saved:
    """Switch off at once: exivo is not called any more, and the keys that are there open until their time is over (R1)."""
    with transaction.atomic():
        one_at_a_time()
        was_closing = LockSystem.objects.filter(pk=system.pk, closing_since__isnull=False).update(closing_since=None)
        saved = save({"lock_systems": [{"key": system.key, "enabled": False}]}, subject=subject_of(system), now=now, actor=actor)
        if was_closing:
            _no_longer_closing(system, actor=actor, now=now)
    return saved


def take_keys_back(system: LockSystem, *, actor: Actor, now: datetime) -> None:
    """Switch off once every key is taken back: no booking gets one any more, and the workers revoke what is there.

    Records DoorSettingsChanged, which makes all coming bookings due.
    """
    with transaction.atomic():
        one_at_a_time()
        begun = LockSystem.objects.filter(pk=system.pk, enabled=True, closing_since__isnull=True).update(closing_since=now)
        if begun:
            subject = subject_of(system)
            values = [_changed(f"{subject}.enabled", old=True, new=False), _changed(f"{subject}.takes_keys_back", old=False, new=True)]
            record(DoorSettingsChanged(values), actor=actor, now=now, subject=subject)


def finish_switching_off(*, now: datetime) -> int:
    """Switch off every account whose keys are all taken back; what is left is handed over at once. Returns how many."""
    closing = list(LockSystem.objects.filter(enabled=True, closing_since__isnull=False))
    finished = sum(1 for system in closing if _finished(system, now=now))
    if finished < len(closing):
        hand_over_due(now=now)
    return finished


def _finished(system: LockSystem, *, now: datetime) -> bool:
    with transaction.atomic():
        one_at_a_time()
        closing = LockSystem.objects.filter(pk=system.pk, enabled=True, closing_since__isnull=False)
        if _has_work(system, now=now) or not closing.update(enabled=False, closing_since=None):
            return False
        _no_longer_closing(system, actor=CLOCK, now=now)
        return True


def _has_work(system: LockSystem, *, now: datetime) -> bool:
    """A worker who holds a lease may have looked before the account was closing, and be about to make a key."""
    at_work = Access.objects.filter(booking__branch__lock_system=system, lease_until__gt=now)
    return keys_of_account(system, now=now).exists() or at_work.exists()


def _no_longer_closing(system: LockSystem, *, actor: Actor, now: datetime) -> None:
    subject = subject_of(system)
    record(SettingsChanged([_changed(f"{subject}.takes_keys_back", old=True, new=False)]), actor=actor, now=now, subject=subject)


def _changed(field: str, *, old: bool, new: bool) -> dict[str, Any]:
    return {"field": field, "old": old, "new": new}
