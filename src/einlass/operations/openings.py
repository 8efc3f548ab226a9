# SPDX-License-Identifier: Apache-2.0
"""Opening a door now, because a person asked: intent, commit, one call, result. Never late, and never a second time after a lost answer."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from einlass.core.errors import Refusal
from einlass.core.events import CLOCK, Actor, DoorOpeningAsked, DoorOpeningEnded
from einlass.core.grants import Admissible, DoorUse
from einlass.core.locks import LockSystemState
from einlass.core.openings import OPENING_COUNTS_FOR, OpeningState
from einlass.locks.port import LockFailure, LockOutcomeUnknown
from einlass.models import Booking, Branch, Door, DoorOpening, LockSystem, VendorCall
from einlass.models.sealed import CannotUnseal
from einlass.operations.claims import Clock
from einlass.operations.events import record
from einlass.operations.lock_systems import driver_of, note_failure, note_success
from einlass.operations.vendor_calls import outcome_of
from einlass.operations.wakeups import OpeningWakeup, wake

log = structlog.get_logger()

# A call ends within 15 s, so whoever sent one a minute ago and wrote no result is dead, and nobody knows what the door did.
RESULT_OVERDUE = timedelta(seconds=60)


class _TooLate(Exception):
    """The wish no longer counts, and nothing was sent yet."""


def openable(door: Door) -> bool:
    """Whether the staff may open it: chosen, listed by the vendor, and never a gateway or a type that nobody allowed (R5)."""
    return door.use != DoorUse.NONE.value and door.missing_since is None and door.admissible is Admissible.YES


def ask(branch: Branch, component: str, *, actor: Actor, now: datetime, booking: Booking | None = None) -> DoorOpening:
    """Write the wish down and wake a worker; while one for the same door is under way it is that one.

    Raises Refusal: doors_off (R1, R3), door_not_openable (R5). Records DoorOpeningAsked.
    """
    _refuse_off(branch)
    with transaction.atomic():
        door = Door.objects.select_for_update(no_key=True).filter(branch=branch, component=component).first()
        if door is None or not openable(door):
            raise Refusal("door_not_openable")
        under_way = _under_way(branch, component, now=now)
        if under_way is not None:
            return under_way
        opening = DoorOpening.objects.create(
            branch=branch,
            booking=booking,
            component=component,
            door_name=door.name or component,
            asked_by=actor.name,
            asked_at=now,
            expires_at=now + OPENING_COUNTS_FOR,
        )
        record(DoorOpeningAsked(component=component, name=opening.door_name), actor=actor, now=now, booking=booking, branch=branch)
        wake(OpeningWakeup(opening=opening.pk))
    return opening


def do(opening_id: int, *, clock: Clock) -> None:
    """Ask the vendor, once. What another worker took, what is over, and what is late does nothing."""
    opening = DoorOpening.objects.select_related("branch__lock_system", "booking").filter(pk=opening_id).first()
    if opening is None or opening.state != OpeningState.ASKED.value:
        return
    refused = _refused(opening, now=clock())
    if refused is not None:
        _end(opening, *refused, now=clock(), taken=OpeningState.ASKED)
        return
    call = _claimed(opening, now=clock())
    if call is not None:
        state, detail = _ask_vendor(opening, call, clock=clock)
        _end(opening, state, detail, now=clock(), taken=OpeningState.SENT)


def drop_late(*, now: datetime) -> int:
    """End what was never done in time, and what was sent by somebody who wrote no result. Returns how many."""
    late = DoorOpening.objects.filter(state=OpeningState.ASKED.value, expires_at__lte=now)
    lost = DoorOpening.objects.filter(state=OpeningState.SENT.value, expires_at__lte=now - RESULT_OVERDUE)
    ends = [(opening, OpeningState.DROPPED) for opening in late] + [(opening, OpeningState.UNKNOWN) for opening in lost]
    return sum(_end(opening, state, "", now=now, taken=OpeningState(opening.state)) for opening, state in ends)


def _refuse_off(branch: Branch) -> None:
    system = branch.lock_system
    if system is None or not system.enabled or not branch.site_is_confirmed:
        raise Refusal("doors_off")


def _under_way(branch: Branch, component: str, *, now: datetime) -> DoorOpening | None:
    waiting = DoorOpening.objects.filter(branch=branch, component=component, expires_at__gt=now)
    return waiting.filter(state__in=[OpeningState.ASKED.value, OpeningState.SENT.value]).first()


def _refused(opening: DoorOpening, *, now: datetime) -> tuple[OpeningState, str] | None:
    """What ends it before anything is sent: it is late, or what allowed it is no longer so."""
    if opening.expires_at <= now:
        return OpeningState.DROPPED, ""
    try:
        _refuse_off(opening.branch)
    except Refusal as refusal:
        return OpeningState.REFUSED, refusal.code
    door = Door.objects.filter(branch=opening.branch, component=opening.component).first()
    if door is None or not openable(door):
        return OpeningState.REFUSED, "door_not_openable"
    system = _system(opening)
    if system.state == LockSystemState.THROTTLED.value and system.not_before is not None and system.not_before > now:
        return OpeningState.REFUSED, "throttled"
    return None


def _claimed(opening: DoorOpening, *, now: datetime) -> VendorCall | None:
    """The intent, committed before the call (I9); None where another worker has taken it."""
    with transaction.atomic():
        asked = DoorOpening.objects.filter(pk=opening.pk, state=OpeningState.ASKED.value, expires_at__gt=now)
        if not asked.update(state=OpeningState.SENT.value):
            return None
        return VendorCall.objects.create(
            lock_system=_system(opening), site_id=opening.branch.site_id, booking=opening.booking, kind="open", started_at=now
        )


def _ask_vendor(opening: DoorOpening, call: VendorCall, *, clock: Clock) -> tuple[OpeningState, str]:
    """One call, and how it ended."""
    system = _system(opening)
    try:
        _send(opening, system, clock=clock)
    except LockFailure as failure:
        note_failure(system, failure, now=clock())
        state = OpeningState.UNKNOWN if isinstance(failure, LockOutcomeUnknown) else OpeningState.REFUSED
        return _written(call, state, outcome_of(failure), failure.detail, now=clock())
    except _TooLate:
        return _written(call, OpeningState.DROPPED, "not_sent", "", now=clock())
    except CannotUnseal:
        return _written(call, OpeningState.REFUSED, "not_sent", "this machine has other encryption keys", now=clock())
    note_success(system, now=clock())
    return _written(call, OpeningState.OPENED, "ok", "", now=clock())


def _send(opening: DoorOpening, system: LockSystem, *, clock: Clock) -> None:
    def in_time() -> None:
        if clock() >= opening.expires_at:
            raise _TooLate

    doors = Door.objects.filter(branch=opening.branch, allow_unknown=True)
    allowed = frozenset(doors.values_list("component", flat=True))
    driver = driver_of(system, clock=clock, before_call=in_time)
    driver.open_door(opening.branch.site_id, opening.component, who=opening.asked_by, allow_unknown=allowed)


def _written(call: VendorCall, state: OpeningState, outcome: str, detail: str, *, now: datetime) -> tuple[OpeningState, str]:
    VendorCall.objects.filter(pk=call.pk).update(ended_at=now, outcome=outcome, detail=detail[:300])
    return state, detail


def _end(opening: DoorOpening, state: OpeningState, detail: str, *, now: datetime, taken: OpeningState) -> int:
    """Write the end and say so, if it still is as we took it. Records DoorOpeningEnded."""
    with transaction.atomic():
        ours = DoorOpening.objects.filter(pk=opening.pk, state=taken.value)
        if not ours.update(state=state.value, detail=detail[:300], ended_at=now):
            return 0
        ended = DoorOpeningEnded(component=opening.component, name=opening.door_name, state=state.value)
        record(ended, actor=CLOCK, now=now, booking=opening.booking, branch=opening.branch)
    log.info("door_opening_ended", component=opening.component, state=state.value)
    return 1


def _system(opening: DoorOpening) -> LockSystem:
    system = opening.branch.lock_system
    assert system is not None
    return system
