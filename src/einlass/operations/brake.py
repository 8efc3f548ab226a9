# SPDX-License-Identifier: Apache-2.0
"""The brake of a site (F46): it stops what no change explains, a person lets it go ahead or leaves the keys as they are, and it ends
where nothing waits any more. What it holds back: `core/brake.py`; who asks it: `keys.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import structlog
from django.db import transaction

from einlass.core.brake import brake_allows, brake_engages
from einlass.core.errors import Refusal
from einlass.core.events import CLOCK, Actor, BrakeEnded, BrakeEngaged, BrakeKept, BrakeReleased
from einlass.models import Branch
from einlass.operations.events import record
from einlass.queries.brake import digest_of, held_keys

log = structlog.get_logger()

Decision = Literal["release", "keep"]


def engage_brake(branch: Branch, *, revocations: int, live: int, now: datetime) -> bool:
    """Too many revocations that nobody's change explains stop and wait for a person. Returns whether the brake is on. Records
    BrakeEngaged."""
    if branch.brake_since is not None:
        return True
    if not brake_engages(revocations=revocations, live=live):
        return False
    branch.brake_since, branch.brake_count = now, revocations
    with transaction.atomic():
        branch.save(update_fields=["brake_since", "brake_count"])
        record(BrakeEngaged(planned=revocations, allowed=brake_allows(live)), actor=CLOCK, now=now, branch=branch)
    log.error("brake_engaged", branch=branch.key, planned=revocations, live=live)
    return True


def decide_brake(branch: Branch, decision: Decision, *, seen: str, actor: Actor, now: datetime) -> None:
    """A person says what becomes of the keys that he was shown; `seen` is the digest of them. Left as they are, they stay named as in
    trouble, and may be let go later. Records BrakeReleased or BrakeKept.

    Raises Refusal: changed_meanwhile where others wait by now, or none.
    """
    with transaction.atomic():
        locked = Branch.objects.select_for_update(of=("self",), no_key=True).select_related("lock_system").get(pk=branch.pk)
        held = held_keys(locked, now=now)
        if locked.brake_since is None or digest_of(locked, held) != seen:
            raise Refusal("changed_meanwhile")
        if decision == "release":
            release_brake(locked, actor=actor, now=now)
        else:
            record(BrakeKept(keys=len(held)), actor=actor, now=now, branch=locked)


def release_brake(branch: Branch, *, actor: Actor, now: datetime) -> None:
    """Let the waiting revocations go ahead. Records BrakeReleased."""
    with transaction.atomic():
        Branch.objects.filter(pk=branch.pk).update(brake_since=None, brake_count=0)
        record(BrakeReleased(), actor=actor, now=now, branch=branch)


def count_again(branch: Branch, *, now: datetime) -> None:
    """After a comparison: as many wait as are told. Where none is left, nobody is asked any more. Records BrakeEnded."""
    if branch.brake_since is None:
        return
    waiting = len(held_keys(branch, now=now))
    ours = Branch.objects.filter(pk=branch.pk, brake_since=branch.brake_since)
    if waiting:
        ours.update(brake_count=waiting)
        return
    with transaction.atomic():
        if ours.update(brake_since=None, brake_count=0):
            record(BrakeEnded(), actor=CLOCK, now=now, branch=branch)
