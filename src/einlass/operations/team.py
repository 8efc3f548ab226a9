# SPDX-License-Identifier: Apache-2.0
"""Changing an account of the staff: role, branches, on or off. Inviting somebody: `invitations.py`; own password: `users.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from einlass.core.errors import FieldError, Refusal
from einlass.core.events import Actor, UserChanged
from einlass.core.roles import BOUND_TO_BRANCHES, Role
from einlass.models import Branch, User
from einlass.operations.config_export import differences, digest_of
from einlass.operations.config_write import one_at_a_time
from einlass.operations.events import record


def member_part(user: User) -> dict[str, Any]:
    """What of an account can be changed, as a page shows it and as the log of changes tells it."""
    return {
        "name": user.name,
        "role": user.role,
        "branches": sorted(branch.key for branch in user.branches.all()),
        "active": user.is_active,
    }


def branches_for(role: Role, branches: Sequence[Branch]) -> list[Branch]:
    """The branches that the role is bound to: at least one, and none for those who see all. Raises Refusal: branches_missing."""
    if role not in BOUND_TO_BRANCHES:
        return []
    if not branches:
        raise Refusal("invalid", fields=(FieldError("branches", "branches_missing"),))
    return list(branches)


def change_member(
    user: User, *, name: str, role: Role, branches: Sequence[Branch], active: bool, seen: str, now: datetime, actor: Actor
) -> tuple[dict[str, Any], ...]:
    """Save what a page says of somebody. `seen` is the digest of what the page showed. Returns {field, old, new} of what changed.

    Raises Refusal: changed_meanwhile; invalid with last_owner or branches_missing. Records UserChanged.
    """
    with transaction.atomic():
        # Two owners who demote each other at the same moment wait for one another here.
        one_at_a_time()
        row = User.objects.select_for_update().get(pk=user.pk)
        old = member_part(row)
        if digest_of(old) != seen:
            raise Refusal("changed_meanwhile")
        bound = branches_for(role, branches)
        _keep_an_owner(row, role=role, active=active)
        row.name, row.role, row.is_active = name, role.value, active
        row.save(update_fields=["name", "role", "is_active"])
        row.branches.set(bound)
        values = tuple(differences(old, {**old, **_new_part(row, bound)}))
        if values:
            record(UserChanged(email=row.email, values=list(values)), actor=actor, now=now)
    return values


def _new_part(row: User, bound: Sequence[Branch]) -> dict[str, Any]:
    return {"name": row.name, "role": row.role, "branches": sorted(branch.key for branch in bound), "active": row.is_active}


def _keep_an_owner(row: User, *, role: Role, active: bool) -> None:
    """Somebody who can sign in has to be able to do everything; an invitation that nobody followed yet does not count."""
    stays = role is Role.OWNER and active
    if stays or row.role != Role.OWNER.value or not row.is_active or row.invited_at is not None:
        return
    others = User.objects.filter(role=Role.OWNER.value, is_active=True, invited_at__isnull=True).exclude(pk=row.pk)
    if not others.exists():
        raise Refusal("invalid", fields=(FieldError("active" if role is Role.OWNER else "role", "last_owner"),))
