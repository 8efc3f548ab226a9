# SPDX-License-Identifier: Apache-2.0
"""The gates before any call to a vendor for a booking: what hinders a step, and until when. The steps are done in `keys.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from einlass.core import key_steps as steps
from einlass.core import keys as core
from einlass.core.brake import is_explained
from einlass.core.comparing import is_compared
from einlass.core.keys import KeyState
from einlass.core.locks import LockSystemState
from einlass.models import Key, LockSystem
from einlass.models.neighbours import GRANTING_STATES
from einlass.operations.access import QUOTA
from einlass.operations.key_rows import Situation

MOST_UNDONE_A_DAY = 2
# The sweep itself makes all that waited for it due; this is only the net below.
COMPARED_WITHIN = timedelta(minutes=1)
# What passes by itself, beside which something else may be the thing to say.
PASSING = frozenset({"", "vendor_unreachable", "throttled", "outcome_unknown"})
# As long as the one call may take that asks whether an account is back.
PROBED_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Why the vendor may not be asked for this booking now, and when it is looked at again."""

    problem: str
    until: datetime
    detail: str = ""


def hindrance(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """The first gate that is shut, None where the vendor may be asked."""
    gates = (_held_up, _uncompared, _braked, _undone_too_often, _left_to_a_person, _behind_others, _probed_by_another)
    return next((found for gate in gates if (found := gate(situation, step, now=now))), None)


def asked_system(situation: Situation, step: steps.Step) -> LockSystem | None:
    """Which lock system a step would ask: that of the key it is about, which the branch may have left; else the branch's."""
    match step:
        case steps.Revoke(key, _) | steps.Amend(key, _) | steps.ReadBack(key) | steps.Observe(key) | steps.Listen(key):
            return situation.row(key).lock_system
    return situation.booking.branch.lock_system


def elsewhere(situation: Situation, step: steps.Step) -> core.Place | None:
    """Where a step would ask, if that is not where the key ought to be: the branch was given to another site or lock system."""
    grant = situation.entitlement.grant
    match step:
        case steps.Revoke(key, _) | steps.ReadBack(key) | steps.Observe(key) | steps.Listen(key) if grant is not None:
            return key.place if key.place != (grant.lock_system, grant.site_id) else None
    return None


def is_double(situation: Situation, step: steps.Step) -> bool:
    """F04, F10: whether this takes back the surplus one of two keys, and the one that the booking ought to have is there."""
    grant = situation.entitlement.grant
    if not isinstance(step, steps.Revoke) or step.reason != core.DUPLICATE or grant is None:
        return False
    others = [held for row in situation.rows if row.pk != step.key.id and (held := row.facts()).state in core.AT_VENDOR]
    return any(held.serves(grant) for held in others)


def to_be_told(situation: Situation, step: steps.Step, problem: str) -> str:
    """While the surplus key has to wait for something that passes, that there are two is what people have to know."""
    return core.DUPLICATE if problem in PASSING and is_double(situation, step) else problem


def _held_up(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """Gates before any call: integration off (R1), site not confirmed (R3, F40), an account that is away (F05, F06, F39)."""
    branch = situation.booking.branch
    system = asked_system(situation, step)
    if system is None or not system.enabled:
        return HeldUp("", now + core.FAR_AT_MOST)
    # A site in doubt takes nothing back either: its keys are left as they are until somebody mended it.
    if branch.lock_system is not None and branch.lock_system.enabled and not branch.site_is_confirmed:
        return HeldUp(branch.site_doubt, now + core.FAR_AT_MOST, branch.site_detail)
    return _paused(system, now=now)


def _paused(system: LockSystem, *, now: datetime) -> HeldUp | None:
    if system.not_before is not None and system.not_before > now:
        problems = {LockSystemState.THROTTLED.value: "throttled", LockSystemState.CREDENTIALS_REJECTED.value: "credentials_rejected"}
        return HeldUp(problems.get(system.state, "vendor_unreachable"), system.not_before, system.state_detail)
    return None


def _probed_by_another(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """F06: of an account that was away one call asks whether it is back. Whoever moves `not_before` first makes it; the last gate, so that
    it is made."""
    system = asked_system(situation, step)
    if system is None or system.not_before is None:
        return None
    away = LockSystem.objects.filter(pk=system.pk, not_before=system.not_before).exclude(state=LockSystemState.WORKING.value)
    if away.update(not_before=now + PROBED_WITHIN):
        return None
    system.refresh_from_db(fields=["state", "state_detail", "not_before"])
    return _paused(system, now=now)


def _uncompared(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """F54, F21: after an upgrade or a restored backup the site is only looked at until it was compared as a whole."""
    branch = situation.booking.branch
    if isinstance(step, steps.Observe | steps.ReadBack | steps.Listen) or not branch.site_is_confirmed or is_compared(branch.compared_by):
        return None
    return HeldUp("not_compared", now + COMPARED_WITHIN)


def _braked(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """F46: while a site's brake is on, only revocations that the booking itself or a person explains go ahead."""
    if not isinstance(step, steps.Revoke) or is_explained(step.key, situation.booking.facts()) or _is_closing(situation, step.key):
        return None
    if situation.booking.branch.brake_since is not None:
        return HeldUp("held_by_brake", now + core.FAR_AT_MOST)
    # I11: that the vendor lists none of the doors just now takes no key back; the key could not be given again.
    if situation.entitlement.grant is None and situation.entitlement.problem == "door_missing":
        return HeldUp("door_missing", now + core.FAR_AT_MOST)
    return None


def _is_closing(situation: Situation, key: core.HeldKey) -> bool:
    """Whether a person said that all keys of this account are to be taken back (R1)."""
    return situation.row(key).lock_system.closing_since is not None


def _undone_too_often(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """F11, F09: a key that was undone or changed over there twice within a day is not made a third time without a person.
    What was so before somebody asked for a new key no longer counts: he agreed (F26)."""
    if not isinstance(step, steps.Issue):
        return None
    counted = [row for row in situation.rows if not core.was_reissued(row.drifted)]
    undone = [row for row in counted if row.state == KeyState.GONE.value or row.drifted not in {"", "doubled"}]
    if sum(1 for row in undone if row.created_at > now - timedelta(days=1)) < MOST_UNDONE_A_DAY:
        return None
    return HeldUp("changed_outside", now + core.FAR_AT_MOST)


def _left_to_a_person(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """F12: where the branch wants it so, a key that was deleted while its booking runs is made again only when somebody asks for it."""
    if not isinstance(step, steps.Issue) or situation.booking.branch.remake_running or now not in step.grant.window:
        return None
    gone = [row for row in situation.rows if row.state == KeyState.GONE.value and row.generation == situation.access.generation]
    deleted = any(row.closed_at is not None and row.closed_at >= step.grant.window.start for row in gone)
    return HeldUp("changed_outside", now + core.FAR_AT_MOST) if deleted else None


def _behind_others(situation: Situation, step: steps.Step, *, now: datetime) -> HeldUp | None:
    """F41: where a door holds so many keys and no more, whoever begins sooner and waits for room gets it first."""
    if not isinstance(step, steps.Issue):
        return None
    booking, grant = situation.booking, step.grant
    waiting = Key.objects.filter(state=KeyState.WANTED.value, lock_system=grant.lock_system, site_id=grant.site_id, valid_until__gt=now)
    sooner = waiting.filter(booking__access__problem=QUOTA, booking__start__lt=booking.start, booking__status__in=GRANTING_STATES)
    if not any(grant.doors & set(doors) for doors in sooner.exclude(booking=booking).values_list("doors", flat=True)):
        return None
    return HeldUp(QUOTA, now + core.FAR_AT_MOST)
